//! What controllers would refuse, found before they do.
//!
//! A phone that is offered an accessory with a fault says "Accessory out of compliance", or nothing at all, and the fault
//! may show only when somebody pairs again (HAP §14). So a server looks at its accessories when it starts:
//! [errors](Severity::Error) stop the start, all of them listed, and [warnings](Severity::Warning) are logged.
//! [`Builder::lint`](crate::Builder::lint) looks without starting, for a test of your own:
//!
//! ```
//! use hap::catalogue::Switch;
//! use hap::{Accessory, Category, Information, Server};
//!
//! let about = Information { name: "Fan 🌀", serial_number: "F-1", ..Information::default() };
//! let mut fan = Accessory::new(about, Category::Switch);
//! fan.add(Switch::new());
//! let findings = Server::builder(fan).lint();
//! assert_eq!(
//!     findings[0].to_string(),
//!     "error in accessory \"Fan 🌀\": the name \"Fan 🌀\" holds '🌀'; \
//!      use letters, digits, spaces and apostrophes, and begin and end with a letter or digit"
//! );
//! ```

mod accessory;
mod characteristic;
mod fault;
mod service;
mod text;

use std::fmt;

use thiserror::Error;

pub use self::fault::Fault;
pub(crate) use self::service::PROTOCOL_VERSION;
use crate::accessory::Accessory;
use crate::limits;

/// One thing that is wrong with the accessories.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// Whether it stops the start.
    pub severity: Severity,
    /// Where it is: the accessory, and within it the service.
    pub place: String,
    /// What it is.
    pub what: Fault,
    /// What to do about it.
    pub mend: String,
}

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// Controllers take it, and the user may be surprised.
    Warning,
    /// Controllers are known to refuse it, or the library cannot serve it.
    Error,
}

/// The accessories cannot be served as they are: mend the program, or the configuration it made them from.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("controllers would refuse these accessories:{}", list(findings))]
pub struct Rejected {
    findings: Vec<Finding>,
}

impl Rejected {
    /// For a fault that only the building itself could see.
    pub(crate) fn because(what: Fault) -> Self {
        let mut report = Report::default();
        report.at("the server");
        report.fault(what);
        Self { findings: report.findings }
    }

    /// All errors, at least one.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, place, what, mend } = self;
        write!(f, "{severity} in {place}: {what}; {mend}")
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Looks at all accessories of a server, the first one being accessory 1; errors come first.
pub(crate) fn findings(accessories: &[Accessory]) -> Vec<Finding> {
    let mut report = Report::default();
    report.at("the server");
    let count = accessories.len();
    if count > limits::ACCESSORIES {
        report.fault(Fault::TooMany { what: "accessories", count, most: limits::ACCESSORIES });
    }
    for (position, accessory) in accessories.iter().enumerate() {
        accessory::check(accessory, accessories, position, &mut report);
    }
    let mut findings = report.findings;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Logs the warnings; the errors are the caller's to show.
pub(crate) fn pass(accessories: &[Accessory]) -> Result<(), Rejected> {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        findings(accessories).into_iter().partition(|finding| finding.severity == Severity::Error);
    for warning in &warnings {
        log::warn!("{warning}");
    }
    if errors.is_empty() { Ok(()) } else { Err(Rejected { findings: errors }) }
}

/// What was found so far, and where the look is now.
#[derive(Default)]
struct Report {
    findings: Vec<Finding>,
    place: String,
}

impl Report {
    fn at(&mut self, place: impl Into<String>) {
        self.place = place.into();
    }

    fn fault(&mut self, what: Fault) {
        self.findings.push(Finding { severity: what.severity(), place: self.place.clone(), mend: what.mend(), what });
    }
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("\n  {finding}")).collect()
}

#[cfg(test)]
mod tests;
