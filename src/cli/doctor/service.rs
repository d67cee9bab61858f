//! Whether the daemon runs, and how it says it is.

use std::time::Duration;

use super::finding::Finding;
use crate::duration::in_words;
use crate::health::{Health, Part, Verdict};

const PLACE: &str = "daemon";

/// What the running daemon says, or why nothing.
#[derive(Clone, Debug)]
pub(super) enum Daemon {
    /// Its local API answered.
    Answers {
        version: String,
        uptime_s: u64,
        /// Its own verdict, if it gave one.
        health: Option<Health>,
    },
    /// Nobody listens there.
    Silent,
    /// Something answered that is of no use.
    Odd(String),
}

/// `daemon` is none where it cannot be asked. `pid`: the process that holds the state directory, if one is known to.
pub(super) fn judge(daemon: Option<&Daemon>, pid: Option<u32>) -> Vec<Finding> {
    match (daemon, pid) {
        (None, Some(pid)) => vec![Finding::fine(PLACE, format!("it runs (process {pid})"))],
        (Some(Daemon::Answers { version, uptime_s, health }), _) => {
            let uptime = in_words(Duration::from_secs(*uptime_s));
            let mut findings = vec![Finding::fine(PLACE, format!("version {version} has run for {uptime}"))];
            if version != env!("CARGO_PKG_VERSION") {
                let what = format!("version {version} runs, and this is {}", env!("CARGO_PKG_VERSION"));
                findings.push(
                    Finding::warning(PLACE, what)
                        .because("an update takes effect only when the daemon starts anew")
                        .mend("restart it: sudo systemctl restart portcullis"),
                );
            }
            let parts = health.iter().flat_map(|health| &health.parts);
            // The network and mDNS have places of their own, looked at from here.
            findings.extend(parts.filter(|it| !matches!(it.part, Part::Network | Part::Mdns)).map(|part| {
                let what = part.what.clone();
                let unexplained = match part.verdict {
                    Verdict::Ok => return Finding::fine(PLACE, what),
                    Verdict::Warning => Finding::warning(PLACE, what),
                    Verdict::Failing => Finding::problem(PLACE, what),
                };
                let mend = part.mend.as_deref().unwrap_or("see what the daemon says of it: journalctl -u portcullis");
                unexplained.because(why(part.part)).mend(mend)
            }));
            findings
        }
        (None | Some(Daemon::Silent), None) => vec![
            Finding::note(PLACE, "it does not run")
                .mend("portcullis run")
                .mend("or, where it is a service: sudo systemctl enable --now portcullis"),
        ],
        (Some(Daemon::Silent), Some(pid)) => vec![
            Finding::problem(PLACE, format!("process {pid} runs, and its local API does not answer"))
                .because("it hangs, still starts, or listens elsewhere: [api] listen was changed since it started")
                .mend("restart it: sudo systemctl restart portcullis"),
        ],
        (Some(Daemon::Odd(reason)), _) => {
            vec![
                Finding::warning(PLACE, reason.clone())
                    .because("so how it is could not be asked")
                    .mend("ask as somebody who may read its token: sudo portcullis doctor")
                    .mend("if [api] was changed since it started: sudo systemctl restart portcullis"),
            ]
        }
    }
}

const fn why(part: Part) -> &'static str {
    match part {
        Part::Process => "phones wait for their answers",
        Part::Keeper => "nothing can press the button",
        Part::Controllers => "either nobody was home, or phones and the home hub cannot reach the gate",
        Part::Network | Part::Mdns => "phones cannot find the gate",
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;
    use crate::health::PartHealth;

    fn answers(part: Part, verdict: Verdict) -> Daemon {
        let mend = (verdict != Verdict::Ok).then(|| "do this".to_owned());
        let health = Health {
            verdict,
            parts: vec![PartHealth { part, verdict, what: "so it is".to_owned(), mend, is_known: true }],
        };
        Daemon::Answers { version: env!("CARGO_PKG_VERSION").to_owned(), uptime_s: 7, health: Some(health) }
    }

    #[test]
    fn what_the_daemon_says_of_itself_is_told_with_why_and_mend() {
        let keeper = judge(Some(&answers(Part::Keeper, Verdict::Failing)), Some(7)).remove(1);
        assert_eq!((keeper.severity, keeper.mends.as_slice()), (Severity::Problem, ["do this".to_owned()].as_slice()));
        assert!(keeper.why.is_some());
        let controllers = judge(Some(&answers(Part::Controllers, Verdict::Warning)), Some(7)).remove(1);
        assert_eq!(controllers.severity, Severity::Warning);
        assert_eq!(judge(Some(&answers(Part::Process, Verdict::Ok)), Some(7)).remove(1).severity, Severity::Fine);
        assert_eq!(judge(Some(&answers(Part::Mdns, Verdict::Failing)), Some(7)).len(), 1);
    }

    #[test]
    fn an_old_daemon_behind_a_new_program_is_told_with_why_and_mend() {
        let old = Daemon::Answers { version: "0.0.1".to_owned(), uptime_s: 7, health: None };
        let found = judge(Some(&old), Some(7)).remove(1);
        assert!(found.severity == Severity::Warning && found.why.is_some() && !found.mends.is_empty(), "{found:?}");
    }

    #[test]
    fn one_that_does_not_run_is_no_problem_and_one_that_hangs_is() {
        assert_eq!(judge(Some(&Daemon::Silent), None).remove(0).severity, Severity::Note);
        assert_eq!(judge(Some(&Daemon::Silent), Some(7)).remove(0).severity, Severity::Problem);
        assert_eq!(judge(None, None).remove(0).severity, Severity::Note);
        assert_eq!(judge(None, Some(7)).remove(0).severity, Severity::Fine);
        let odd = judge(Some(&Daemon::Odd("404".to_owned())), None).remove(0);
        assert!(odd.severity == Severity::Warning && odd.why.is_some() && odd.mends.len() == 2, "{odd:?}");
    }
}
