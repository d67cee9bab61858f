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
    /// In the order of [`Kind::ALL`]; none for what a server cannot do. Empty for what only has a floor.
    pub(crate) figures: Vec<Option<Figure>>,
    /// Everything rested before each measurement, so that there are few.
    pub(crate) is_rested: bool,
    /// What must hold of ours, besides its lead.
    pub(crate) promise: Option<Promise>,
}

/// What must hold of our figure.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) enum Promise {
    /// The least of it is at most this, in the row's unit.
    AtMost(f64),
    /// It is at most so many times [the floor](Row::of_floor).
    OfFloor(f64),
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

    /// The median, where there is one.
    fn usual(&self) -> f64 {
        self.median.unwrap_or(self.least)
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
        Self { name: name.into(), unit, floor: None, figures: Vec::new(), is_rested: false, promise: None }
    }

    pub(crate) fn rested(self) -> Self {
        Self { is_rested: true, ..self }
    }

    pub(crate) fn promise(self, promise: Promise) -> Self {
        Self { promise: Some(promise), ..self }
    }

    /// Our figure.
    pub(crate) fn ours(&self) -> Option<Figure> {
        *self.figures.first()?
    }

    /// How many times the best of the others ours is ahead: above one, we are better; infinite where ours is none at all.
    /// By what is usual, the median.
    pub(crate) fn ahead(&self) -> Option<f64> {
        let ours = self.ours()?.usual();
        let others = self.figures.iter().skip(1).flatten().map(Figure::usual);
        let ratio = match self.unit {
            Unit::PerSecond => ours / others.max_by(f64::total_cmp)?,
            _ => others.min_by(f64::total_cmp)? / ours,
        };
        // None of nothing is neither ahead nor behind.
        (!ratio.is_nan()).then_some(ratio)
    }

    /// How many times the floor ours is, by the least: what else the machine does adds to either. After rests by the median:
    /// the least of few is chance.
    pub(crate) fn of_floor(&self) -> Option<f64> {
        let by = |figure: Figure| if self.is_rested { figure.usual() } else { figure.least };
        let (ours, floor) = (by(self.ours()?), by(self.floor?));
        Some(if self.unit == Unit::PerSecond { floor / ours } else { ours / floor })
    }
}

/// The table, in Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from("| least / median | floor |");
    for kind in Kind::ALL {
        let _ = write!(text, " {} |", kind.name());
    }
    text.push_str(" ahead | of the floor |\n| --- |");
    text.push_str(&" --- |".repeat(Kind::ALL.len() + 3));
    text.push('\n');
    for row in rows {
        let _ = write!(text, "| {}{} | {} |", row.name, row.unit.word(), shown(row.floor));
        for nth in 0..Kind::ALL.len() {
            let _ = write!(text, " {} |", shown(row.figures.get(nth).copied().flatten()));
        }
        let _ = writeln!(text, " {} | {} |", times(row.ahead()), times(row.of_floor()));
    }
    text
}

/// A ratio as people read it.
pub(crate) fn times(ratio: Option<f64>) -> String {
    match ratio {
        None => "–".to_owned(),
        Some(ratio) if ratio.is_infinite() => "∞".to_owned(),
        Some(ratio) => format!("{}×", short(ratio)),
    }
}

fn shown(figure: Option<Figure>) -> String {
    match figure {
        None => "–".to_owned(),
        Some(Figure { least, median: None }) => short(least),
        Some(Figure { least, median: Some(median) }) => format!("{} / {}", short(least), short(median)),
    }
}

/// Three digits at most say all that such figures know.
pub(crate) fn short(value: f64) -> String {
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
        assert_eq!(row(Unit::Count, &[0.0, 3.0]).ahead(), Some(f64::INFINITY));
        assert_eq!(row(Unit::Count, &[0.0, 0.0]).ahead(), None);
    }

    #[test]
    fn ahead_is_by_what_is_usual_and_of_the_floor_by_the_least_unless_there_are_few() {
        let figure = |least, median| Some(Figure { least, median: Some(median) });
        let row = Row { figures: vec![figure(5.0, 10.0), figure(10.0, 40.0)], ..row(Unit::Microseconds, &[]) };
        let row = Row { floor: figure(4.0, 8.0), ..row };
        assert_eq!((row.ahead(), row.of_floor()), (Some(4.0), Some(1.25)));
        let row = Row { floor: figure(4.0, 5.0), ..row }.rested();
        assert_eq!((row.ahead(), row.of_floor()), (Some(4.0), Some(2.0)));
    }

    #[test]
    fn of_the_floor_is_above_one_whatever_the_unit() {
        let on = |floor, row| Row { floor: Some(Figure::once(floor)), ..row };
        assert_eq!(on(10.0, row(Unit::Microseconds, &[15.0])).of_floor(), Some(1.5));
        assert_eq!(on(30.0, row(Unit::PerSecond, &[15.0])).of_floor(), Some(2.0));
    }

    #[test]
    fn the_table_has_a_line_for_each_row_and_a_column_for_each_server() {
        let floor_only = Row { floor: Some(Figure::once(5.0)), ..row(Unit::Microseconds, &[]) };
        let table = table(&[floor_only, row(Unit::Microseconds, &[10.0, 90.0, 40.0, 50.0])]);
        let columns: Vec<_> = table.lines().map(|line| line.matches('|').count()).collect();
        assert_eq!(columns, [9, 9, 9, 9], "{table}");
        assert!(table.ends_with("| read, µs | – | 10.0 | 90.0 | 40.0 | 50.0 | 4.00× | – |\n"), "{table}");
    }
}
