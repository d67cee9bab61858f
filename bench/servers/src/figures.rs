//! Figures: what was measured, of which server.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::servers::Kind;

/// One row of the table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    /// What cannot be beaten, measured in the same run.
    pub(crate) floor: Option<Figure>,
    /// In the order of [`Kind::ALL`]; none for what a server cannot do.
    pub(crate) figures: Vec<Option<Figure>>,
}

/// What the figures of a row are.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(crate) enum Unit {
    /// Less is better.
    Milliseconds,
    /// Less is better.
    Microseconds,
    /// Less is better.
    Mebibytes,
    /// More is better.
    PerSecond,
    /// Less is better.
    Count,
}

/// One measurement, or many.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) least: f64,
    /// None of what was measured once.
    pub(crate) median: Option<f64>,
}

impl Figure {
    pub(crate) const fn once(value: f64) -> Self {
        Self { least: value, median: None }
    }

    /// The least and the median of some times; `None` when there are none.
    pub(crate) fn of(times: &[Duration], unit: Unit) -> Option<Self> {
        let mut values: Vec<_> = times.iter().map(|time| unit.of(*time)).collect();
        values.sort_by(f64::total_cmp);
        Some(Self { least: *values.first()?, median: values.get(values.len() / 2).copied() })
    }
}

impl Unit {
    pub(crate) fn of(self, time: Duration) -> f64 {
        match self {
            Self::Microseconds => time.as_secs_f64() * 1e6,
            _ => time.as_secs_f64() * 1e3,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Milliseconds => ", ms",
            Self::Microseconds => ", µs",
            Self::Mebibytes => ", MiB",
            Self::PerSecond | Self::Count => "",
        }
    }
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), unit, floor: None, figures: Vec::new() }
    }

    /// How many times the best of the others ours is ahead: above one, we are better. By the least, which other work on
    /// the machine disturbs least.
    pub(crate) fn ahead(&self) -> Option<f64> {
        let (ours, others) = self.figures.split_first()?;
        let ours = (*ours)?.least;
        let others = others.iter().flatten().map(|figure| figure.least);
        let (best, ratio) = match self.unit {
            Unit::PerSecond => (others.max_by(f64::total_cmp)?, ours / others_max(self)),
            _ => {
                let best = others.min_by(f64::total_cmp)?;
                (best, best / ours)
            }
        };
        (best.is_finite() && ratio.is_finite()).then_some(ratio)
    }
}

fn others_max(row: &Row) -> f64 {
    row.figures.iter().skip(1).flatten().map(|figure| figure.least).max_by(f64::total_cmp).unwrap_or_default()
}

/// The table, in Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from("| least / median | floor |");
    for kind in Kind::ALL {
        let _ = write!(text, " {} |", kind.name());
    }
    text.push_str(" ahead |\n| --- |");
    text.push_str(&" --- |".repeat(Kind::ALL.len() + 2));
    text.push('\n');
    for row in rows {
        let _ = write!(text, "| {}{} | {} |", row.name, row.unit.word(), shown(row.floor));
        for figure in &row.figures {
            let _ = write!(text, " {} |", shown(*figure));
        }
        let ahead = row.ahead().map_or_else(|| "–".to_owned(), |ahead| format!("{}×", short(ahead)));
        let _ = writeln!(text, " {ahead} |");
    }
    text
}

fn shown(figure: Option<Figure>) -> String {
    match figure {
        None => "–".to_owned(),
        Some(Figure { least, median: None }) => short(least),
        Some(Figure { least, median: Some(median) }) => format!("{} / {}", short(least), short(median)),
    }
}

/// Three digits at most say all that such figures know.
fn short(value: f64) -> String {
    match value {
        value if value >= 1e4 => format!("{:.0} k", value / 1e3),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(unit: Unit, values: &[f64]) -> Row {
        let figures = values.iter().map(|value| Some(Figure::once(*value))).collect();
        Row { figures, ..Row::new("read", unit) }
    }

    #[test]
    fn ahead_is_against_the_best_of_the_others() {
        assert_eq!(row(Unit::Microseconds, &[10.0, 90.0, 40.0]).ahead(), Some(4.0));
        assert_eq!(row(Unit::PerSecond, &[90.0, 10.0, 30.0]).ahead(), Some(3.0));
        assert_eq!(row(Unit::PerSecond, &[90.0]).ahead(), None);
    }

    #[test]
    fn the_table_has_a_line_for_each_row_and_a_column_for_each_server() {
        let table = table(&[row(Unit::Microseconds, &[10.0, 90.0, 40.0, 50.0])]);
        let columns: Vec<_> = table.lines().map(|line| line.matches('|').count()).collect();
        assert_eq!(columns, [8, 8, 8], "{table}");
        assert!(table.ends_with("| read, µs | – | 10.0 | 90.0 | 40.0 | 50.0 | 4.00× |\n"), "{table}");
    }
}
