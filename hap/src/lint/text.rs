//! Names and other texts (HAP §1.2, §9.6).

use super::{Fault, Report};

/// A name that the Home app takes: letters and digits of any script, spaces and apostrophes.
pub(super) fn name(name: &str, report: &mut Report) {
    if name.is_empty() {
        return report.fault(Fault::Empty("name"));
    }
    if let Some(character) = name.chars().find(|it| !it.is_alphanumeric() && !" '’".contains(*it)) {
        return report.fault(Fault::NameCharacter { name: name.to_owned(), character });
    }
    let ends = [name.chars().next(), name.chars().next_back()];
    if !ends.iter().all(|end| end.is_some_and(char::is_alphanumeric)) {
        report.fault(Fault::NameEnds(name.to_owned()));
    }
}

/// A text that must hold at least `least` bytes.
pub(super) fn required(what: &'static str, text: &str, least: usize, report: &mut Report) {
    if text.is_empty() {
        report.fault(Fault::Empty(what));
    } else if text.len() < least {
        report.fault(Fault::TooShort { what, text: text.to_owned(), least });
    } else if text.trim() != text || text.chars().any(char::is_control) {
        report.fault(Fault::Untidy { what, text: text.to_owned() });
    }
}

/// A revision: `x[.y[.z]]`.
pub(super) fn revision(what: &'static str, text: &str, report: &mut Report) {
    let numbers: Vec<_> = text.split('.').collect();
    // `parse` would take a sign.
    let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u32>().is_ok();
    if numbers.len() > 3 || !numbers.iter().all(is_number) {
        report.fault(Fault::Revision { what, text: text.to_owned() });
    }
}
