//! Rules about one characteristic: its definition, and its value.

use super::{Fault, Report};
use crate::catalogue::CHARACTERISTICS;
use crate::characteristic::Cell;
use crate::definition::{Definition, Format};

/// Bytes of a string at most (HAP §9.4).
const LONGEST_STRING: u16 = 256;

/// Looks at a characteristic by itself.
pub(super) fn check(cell: &Cell, report: &mut Report) {
    let definition = cell.definition;
    if let Some(contradiction) = contradiction(definition) {
        report.fault(Fault::Definition { characteristic: definition.name, contradiction });
    }
    if let Some(what) = difference_from_apples(definition) {
        report.fault(Fault::NotApples { characteristic: definition.name, what });
    }
    let unfit = cell.refused().or_else(|| cell.metadata().check(cell.value()).err());
    if let Some(limit) = unfit {
        report.fault(Fault::Value { characteristic: definition.name, limit });
    }
}

/// What does not go together in a definition (HAP §9.4).
fn contradiction(definition: &Definition) -> Option<&'static str> {
    let Definition { format, perms, .. } = *definition;
    let has_range = definition.min.is_some() || definition.max.is_some() || definition.step.is_some();
    let fits = |number: Option<crate::definition::Number>| number.is_none_or(|it| it.in_format(format).is_some());
    let is_ordered = match (definition.min, definition.max) {
        (Some(min), Some(max)) => min.as_f64() <= max.as_f64(),
        _ => true,
    };
    let values = definition.valid_values;
    let is_allowed = |value: &u8| {
        let value = f64::from(*value);
        definition.min.is_none_or(|min| min.as_f64() <= value) && definition.max.is_none_or(|max| value <= max.as_f64())
    };
    let rules = [
        (perms.is_empty(), "permits nothing"),
        (!perms.is_consistent(), "permits events without reading, or demands something of writes it does not permit"),
        (!perms.contains(definition.admin_only), "keeps for admins what it permits to nobody"),
        (has_range && format.range().is_none(), "gives a range to what is no number"),
        (
            format.range().is_some() && !(fits(definition.min) && fits(definition.max) && fits(definition.step)),
            "has a limit that its format cannot hold",
        ),
        (!is_ordered, "has a lowest value above its highest"),
        (definition.step.is_some_and(|step| step.as_f64() <= 0.0), "has a step of nothing"),
        (!values.is_empty() && format != Format::UInt8, "lists values, and its format is not uint8"),
        (!values.is_sorted() || !values.iter().all(is_allowed), "lists values out of order or out of range"),
        (definition.max_len.is_some() && format != Format::String, "has a longest text and is no text"),
        (
            definition.max_len.is_some_and(|most| most == 0 || most > LONGEST_STRING),
            "has a text of 0 or over 256 bytes",
        ),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map(|(_, contradiction)| contradiction)
}

/// How a definition of one of Apple's types differs from the catalogue's.
fn difference_from_apples(definition: &'static Definition) -> Option<&'static str> {
    definition.kind.short()?;
    let apples = CHARACTERISTICS.iter().find(|other| other.kind == definition.kind)?;
    if apples.format != definition.format {
        return Some("format");
    }
    (apples.perms != definition.perms).then_some("set of permissions")
}
