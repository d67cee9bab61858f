//! What must hold of the figures of one run on a quiet machine.

use std::fmt::Write as _;

use crate::figures::{Promise, Row, short, times};
use crate::servers::Kind;

/// How many times ours is ahead of the best of the others, in every row.
const LEAD: f64 = 4.0;

/// What does not hold, each in a sentence.
pub(crate) fn broken(rows: &[Row]) -> Vec<String> {
    rows.iter().filter(|row| !row.figures.is_empty()).flat_map(broken_in).collect()
}

fn broken_in(row: &Row) -> Vec<String> {
    let name = &row.name;
    let Some(ours) = row.ours() else { return vec![format!("{name}: {} cannot do it", Kind::Hap.name())] };
    let mut broken = Vec::new();
    if row.ahead().is_some_and(|ahead| ahead < LEAD) {
        broken.push(format!("{name}: {} ahead of the best of the others, not {LEAD}×", times(row.ahead())));
    }
    match row.promise {
        Some(Promise::AtMost(most)) if ours.least > most => {
            broken.push(format!("{name}: {}, more than {}", short(ours.least), short(most)));
        }
        Some(Promise::OfFloor(most)) if row.of_floor().is_none_or(|of_floor| of_floor > most) => {
            broken.push(format!("{name}: {} of the floor, more than {most}×", times(row.of_floor())));
        }
        _ => {}
    }
    broken
}

/// The same as a paragraph of the page.
pub(crate) fn text(broken: &[String]) -> String {
    if broken.is_empty() {
        return "All that must hold held in this run.\n".to_owned();
    }
    let mut text = String::from("What must hold and did not in this run:\n\n");
    for broken in broken {
        let _ = writeln!(text, "- {broken}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::{Figure, Unit};

    fn row(figures: &[Option<f64>]) -> Row {
        let figures = figures.iter().map(|value| value.map(Figure::once)).collect();
        Row { figures, floor: Some(Figure::once(10.0)), ..Row::new("read", Unit::Microseconds) }
    }

    fn count(row: Row) -> usize {
        broken(&[row]).len()
    }

    #[test]
    fn a_lead_below_four_times_is_told() {
        assert_eq!(count(row(&[Some(10.0), Some(90.0), Some(40.0)])), 0);
        assert_eq!(count(row(&[Some(10.0), Some(90.0), Some(39.0)])), 1);
        assert_eq!(count(row(&[Some(0.0), Some(3.0)])), 0);
    }

    #[test]
    fn what_ours_cannot_do_is_told_and_what_others_cannot_is_not() {
        assert_eq!(count(row(&[None, Some(40.0)])), 1);
        assert_eq!(count(row(&[Some(40.0), None])), 0);
    }

    #[test]
    fn a_figure_above_its_bound_is_told() {
        let lead = [Some(10.0), Some(90.0)];
        assert_eq!(count(row(&lead).promise(Promise::AtMost(10.0))), 0);
        assert_eq!(count(row(&lead).promise(Promise::AtMost(9.9))), 1);
        assert_eq!(count(row(&lead).promise(Promise::OfFloor(1.0))), 0);
        assert_eq!(count(row(&lead).promise(Promise::OfFloor(0.9))), 1);
        assert_eq!(count(Row { floor: None, ..row(&lead) }.promise(Promise::OfFloor(1.0))), 1);
    }
}
