//! The plot: how many times the best of the others needs what ours needs.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Failure;
use crate::figures::Row;

const WIDTH: f64 = 900.0;
const ROW: f64 = 24.0;
/// Left of the bars, for the rows' names.
const NAMES: f64 = 330.0;
/// Right of the bars, for their figures.
const FIGURES: f64 = 70.0;
const TITLE: f64 = 50.0;

const STYLE: &str = "\
  <style>
    :root { color-scheme: light dark }
    .paper { fill: #fbfaf7 } .ink { fill: #1d2329 } .soft { fill: #5b6670 } .bar { fill: #1f776f } .line { stroke: #b9c0c6 }
    text { font: 13px system-ui, \"DejaVu Sans\", sans-serif } .head { font-size: 15px; font-weight: 600 } .end { text-anchor: end }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #161b20 } .ink { fill: #e8ecef } .soft { fill: #a3afb9 } .bar { fill: #57b8ad } .line { stroke: #47525c }
    }
  </style>
";

/// One bar a row, on a logarithmic scale.
pub(crate) fn write(path: &Path, rows: &[Row]) -> Result<(), Failure> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    Ok(fs::write(path, drawing(rows))?)
}

fn drawing(rows: &[Row]) -> String {
    let bars: Vec<_> = rows.iter().filter_map(|row| Some((row.name.as_str(), row.ahead()?))).collect();
    let most = bars.iter().map(|(_, ahead)| *ahead).filter(|ahead| ahead.is_finite()).fold(10.0, f64::max);
    let right = WIDTH - FIGURES;
    // What ours needs none of reaches the right edge.
    let at = |ahead: f64| NAMES + (right - NAMES) * (ahead.clamp(1.0, most).ln() / most.ln());
    let height = TITLE + ROW * (bars.iter().map(|_| 1.0).sum::<f64>() + 1.5);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"title \
         desc\">\n  <title id=\"title\">The best of HAP-NodeJS, Homebridge and HAP-python against hap: how many times \
         more</title>\n  <desc id=\"desc\">One bar for each row of the table in performance.md, with its last \
         column.</desc>\n{STYLE}  <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"10\"/>\n  <text \
         class=\"ink head\" x=\"20\" y=\"30\">The best of HAP-NodeJS, Homebridge and HAP-python against hap: how many times \
         more</text>\n"
    );
    for step in [1.0_f64, 10.0, 100.0, 1e3, 1e4].into_iter().filter(|step| *step <= most) {
        let (x, bottom) = (at(step), height - ROW * 1.2);
        let _ = writeln!(text, "  <path class=\"line\" d=\"M{x:.1} {TITLE}V{bottom:.1}\"/>");
        let _ = writeln!(text, "  <text class=\"soft\" x=\"{x:.1}\" y=\"{:.1}\">{step}×</text>", bottom + 16.0);
    }
    let mut y = TITLE;
    for (name, ahead) in &bars {
        let (end, base) = (at(*ahead), y + ROW * 0.68);
        let _ = writeln!(text, "  <text class=\"ink end\" x=\"{}\" y=\"{base:.1}\">{name}</text>", NAMES - 10.0);
        let (top, width, tall) = (y + 4.0, (end - NAMES).max(1.0), ROW - 8.0);
        let _ = writeln!(
            text,
            "  <rect class=\"bar\" x=\"{NAMES}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{tall}\"/>"
        );
        let figure = if ahead.is_finite() { format!("{ahead:.1}×") } else { "∞".to_owned() };
        let _ = writeln!(text, "  <text class=\"soft\" x=\"{:.1}\" y=\"{base:.1}\">{figure}</text>", end + 6.0);
        y += ROW;
    }
    text.push_str("</svg>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Figure, Unit};

    #[test]
    fn every_row_that_others_have_too_has_a_bar() {
        let row = |name: &str, values: &[f64]| {
            let figures = values.iter().map(|value| Some(Figure::once(*value))).collect();
            Row { figures, ..Row::new(name, Unit::Microseconds) }
        };
        let text = drawing(&[row("read", &[10.0, 50.0]), row("alone", &[10.0]), row("at rest", &[0.0, 3.0])]);
        assert_eq!(text.matches("class=\"bar\"").count(), 2, "{text}");
        assert!(text.contains(">5.0×<") && text.contains(">∞<"), "{text}");
    }
}
