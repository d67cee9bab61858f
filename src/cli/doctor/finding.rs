//! What doctor finds, and how it is told.

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::style::Style;

/// How bad a finding is; the later the worse.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// As it should be.
    Fine,
    /// Good to know.
    Note,
    /// It works, and will not always.
    Warning,
    /// It does not work, or moves the gate when it should not.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Finding {
    /// What it is about.
    pub(super) place: String,
    pub(super) severity: Severity,
    /// What is so.
    pub(super) what: String,
    /// Why that matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    /// What mends it, one way each, the best one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) mends: Vec<String>,
}

impl Finding {
    pub(super) fn fine(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), severity: Severity::Fine, what: what.into(), why: None, mends: Vec::new() }
    }

    pub(super) fn note(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::fine(place, what) }
    }

    pub(super) fn warning(place: impl Into<String>, what: impl Into<String>) -> Unexplained {
        Unexplained(Self { severity: Severity::Warning, ..Self::fine(place, what) })
    }

    pub(super) fn problem(place: impl Into<String>, what: impl Into<String>) -> Unexplained {
        Unexplained(Self { severity: Severity::Problem, ..Self::fine(place, what) })
    }

    pub(super) fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    pub(super) fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mends.push(mend.into());
        self
    }
}

/// What is not as it should be, before it is said why that matters: nobody acts on a bare complaint.
#[must_use]
pub(super) struct Unexplained(Finding);

impl Unexplained {
    pub(super) fn because(self, why: impl Into<String>) -> Unmended {
        Unmended(self.0.because(why))
    }
}

/// The same before it is said what mends it.
#[must_use]
pub(super) struct Unmended(Finding);

impl Unmended {
    pub(super) fn mend(self, mend: impl Into<String>) -> Finding {
        self.0.mend(mend)
    }
}

/// All findings, the worst of which is the verdict.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) verdict: Severity,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        let verdict = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Fine);
        Self { verdict, findings }
    }

    pub(super) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// For people: each place once, with all that was found there.
    pub(super) fn print(&self, out: &mut impl Write, style: Style) -> io::Result<()> {
        let mut place = None;
        for finding in &self.findings {
            if place != Some(&finding.place) {
                writeln!(out, "{}", style.bold(&finding.place))?;
                place = Some(&finding.place);
            }
            let (word, painted) = match finding.severity {
                Severity::Fine => ("fine", style.good("fine")),
                Severity::Note => ("note", "note".to_owned()),
                Severity::Warning => ("warning", style.doubtful("warning")),
                Severity::Problem => ("PROBLEM", style.bad("PROBLEM")),
            };
            // Colours take no room, so the padding is counted without them.
            let padding = " ".repeat(9_usize.saturating_sub(word.len()));
            writeln!(out, "  {painted}{padding}{}", finding.what)?;
            if let Some(why) = &finding.why {
                writeln!(out, "           {why}")?;
            }
            for mend in &finding.mends {
                writeln!(out, "           mend: {mend}")?;
            }
        }
        if self.verdict < Severity::Warning {
            writeln!(out, "No problem found.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report::new(vec![
            Finding::fine("clock", "it is set"),
            Finding::problem("port", "taken").because("two cannot share it").mend("stop the other one"),
            Finding::note("port", "another thing"),
        ])
    }

    #[test]
    fn each_place_is_named_once_and_each_finding_has_its_reason_and_mend() {
        let mut out = Vec::new();
        report().print(&mut out, Style::PLAIN).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "clock\n  fine     it is set\nport\n  PROBLEM  taken\n           two cannot share it\n           mend: stop the \
             other one\n  note     another thing\n"
        );
    }

    #[test]
    fn the_verdict_is_the_worst_and_nothing_found_is_said() {
        assert_eq!(report().verdict, Severity::Problem);
        let mut out = Vec::new();
        Report::new(vec![Finding::note("port", "free")]).print(&mut out, Style::PLAIN).unwrap();
        assert!(String::from_utf8(out).unwrap().ends_with("No problem found.\n"));
    }

    #[test]
    fn json_leaves_out_what_there_is_not() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["verdict"], "problem");
        assert_eq!(json["findings"][0], serde_json::json!({"place": "clock", "severity": "fine", "what": "it is set"}));
        assert_eq!(json["findings"][1]["mends"][0], "stop the other one");
    }
}
