//! The plot: how many times the best of the others needs what ours needs.

use std::path::Path;

use plotters::prelude::*;

use crate::Failure;
use crate::figures::Row;

const WIDTH: u32 = 900;
const ROW: u32 = 26;
/// Left of the bars, for the rows' names.
const NAMES: u32 = 330;
const TITLE: u32 = 50;

/// One bar a row, on a logarithmic scale.
pub(crate) fn write(path: &Path, rows: &[Row]) -> Result<(), Failure> {
    let bars: Vec<_> = rows.iter().filter_map(|row| Some((row.name.as_str(), row.ahead()?))).collect();
    let count = u32::try_from(bars.len())?;
    let most = bars.iter().map(|(_, ahead)| *ahead).fold(10.0, f64::max);
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let area = SVGBackend::new(path, (WIDTH, TITLE + ROW * (count + 2))).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "The best of HAP-NodeJS, Homebridge and HAP-python against hap: how many times more",
            ("sans-serif", 16),
        )
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(NAMES)
        .build_cartesian_2d((1.0..most * 1.3).log_scale(), (0..count).into_segmented())?;
    let name = |at: &SegmentValue<u32>| match at {
        SegmentValue::CenterOf(at) | SegmentValue::Exact(at) => {
            // The first row on top.
            let row = count.checked_sub(at + 1).and_then(|row| usize::try_from(row).ok());
            row.and_then(|row| bars.get(row)).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
        }
        SegmentValue::Last => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(bars.len())
        .y_label_formatter(&name)
        .x_label_formatter(&|value| format!("{value:.0}×"))
        .label_style(("sans-serif", 13))
        .draw()?;
    let rectangles = bars.iter().rev().zip(0_u32..).map(|((_, ahead), at)| {
        let corners = [(1.0, SegmentValue::Exact(at)), (ahead.max(1.0), SegmentValue::Exact(at + 1))];
        let mut bar = Rectangle::new(corners, RGBColor(0x1f, 0x77, 0x6f).filled());
        bar.set_margin(4, 4, 0, 0);
        bar
    });
    chart.draw_series(rectangles)?;
    area.present()?;
    Ok(())
}
