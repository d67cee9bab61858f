//! From what was observed to a verdict and what mends it.

use std::net::IpAddr;
use std::time::Duration;

use super::{Health, Part, PartHealth, Verdict};
use crate::duration::in_words;

/// What was observed, to be judged.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    /// How late the daemon comes to what is due.
    pub(super) late: Duration,
    /// Gates whose relays nobody holds, by name.
    pub(super) unheld: Vec<String>,
    /// The addresses that are advertised; none when nothing is to be.
    pub(super) addresses: Option<Vec<IpAddr>>,
    pub(super) mdns: Mdns,
    pub(super) is_paired: bool,
    pub(super) sessions: usize,
    /// How long ago a controller was heard, or, if none was, the daemon started.
    pub(super) silent: Duration,
    /// How long controllers may be silent.
    pub(super) patience: Duration,
}

/// What came of asking for our own record.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) enum Mdns {
    /// Nobody asked lately.
    #[default]
    NotAsked,
    /// It was answered.
    Answered,
    /// So many times in a row it was not.
    Silent(u32),
    /// It could not be asked, for this reason.
    CannotAsk(String),
    /// Another machine, at this address, answered with our identity.
    Copied(IpAddr),
}

impl Health {
    pub(super) fn judge(observed: &Observed) -> Self {
        let parts = vec![process(observed), keeper(observed), network(observed), mdns(observed), controllers(observed)];
        let verdict = parts.iter().map(|part| part.verdict).max().unwrap_or(Verdict::Ok);
        Self { verdict, parts }
    }
}

fn ok(part: Part, what: impl Into<String>) -> PartHealth {
    PartHealth { part, verdict: Verdict::Ok, what: what.into(), mend: None, is_known: true }
}

fn not_ok(part: Part, verdict: Verdict, what: impl Into<String>, mend: &str) -> PartHealth {
    PartHealth { part, verdict, what: what.into(), mend: Some(mend.to_owned()), is_known: true }
}

fn process(observed: &Observed) -> PartHealth {
    if observed.late < LATE {
        return ok(Part::Process, "the daemon runs");
    }
    let what = format!("the daemon comes {} ms late to what is due", observed.late.as_millis());
    not_ok(Part::Process, Verdict::Warning, what, "see with top what else keeps this computer busy")
}

fn keeper(observed: &Observed) -> PartHealth {
    if observed.unheld.is_empty() {
        return ok(Part::Keeper, "the relays are held");
    }
    let what = format!("nobody holds the relays of {}: a press would fail", observed.unheld.join(", "));
    not_ok(Part::Keeper, Verdict::Failing, what, "another keeper is started by itself; if it stays so, see the log")
}

fn network(observed: &Observed) -> PartHealth {
    match &observed.addresses {
        None => ok(Part::Network, "nothing is advertised, as the configuration says"),
        Some(addresses) if addresses.is_empty() => not_ok(
            Part::Network,
            Verdict::Failing,
            "no network interface has an address that phones could use",
            "see that the Wi-Fi is connected, or the cable plugged in: ip address",
        ),
        Some(addresses) => {
            let shown: Vec<_> = addresses.iter().filter(|address| address.is_ipv4()).map(IpAddr::to_string).collect();
            let shown = if shown.is_empty() { "IPv6 only".to_owned() } else { shown.join(", ") };
            ok(Part::Network, format!("phones can come by {shown}"))
        }
    }
}

fn mdns(observed: &Observed) -> PartHealth {
    const MEND: &str =
        "see that the router passes multicast on between Wi-Fi and cable; portcullis doctor looks closer";
    match &observed.mdns {
        _ if observed.addresses.is_none() => ok(Part::Mdns, "nothing is advertised, as the configuration says"),
        Mdns::NotAsked => PartHealth { is_known: false, ..ok(Part::Mdns, "our own record was not asked for lately") },
        Mdns::Answered => ok(Part::Mdns, "our own record is answered as a phone would ask for it"),
        // One packet is easily lost.
        Mdns::Silent(1) => not_ok(Part::Mdns, Verdict::Warning, "our own record was not answered once", MEND),
        Mdns::Silent(times) => {
            let what = format!("our own record was not answered {times} times in a row: phones cannot find us");
            not_ok(Part::Mdns, Verdict::Failing, what, MEND)
        }
        Mdns::Copied(by) => not_ok(
            Part::Mdns,
            Verdict::Failing,
            format!("{by} answers with our identity: a second copy of the state runs there"),
            "stop one of the two; to have two gates, make one of them anew with: portcullis reset",
        ),
        Mdns::CannotAsk(why) => {
            not_ok(Part::Mdns, Verdict::Warning, format!("our own record cannot be asked for: {why}"), MEND)
        }
    }
}

fn controllers(observed: &Observed) -> PartHealth {
    let Observed { is_paired, sessions, silent, patience, .. } = observed;
    match () {
        () if !is_paired => ok(Part::Controllers, "no controller is paired yet"),
        () if *silent <= *patience && *sessions == 0 => ok(Part::Controllers, "a controller was heard lately"),
        () if *silent <= *patience => ok(Part::Controllers, "controllers are connected"),
        () => not_ok(
            Part::Controllers,
            Verdict::Warning,
            format!("no controller was heard for {}", in_words(*patience)),
            "open Home on a phone in this network; a home hub would stay connected",
        ),
    }
}

/// A daemon that comes later than this to what is due would press the button late.
const LATE: Duration = Duration::from_millis(500);

#[cfg(test)]
pub(super) mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn well() -> Observed {
        Observed {
            late: Duration::from_millis(2),
            unheld: Vec::new(),
            addresses: Some(vec![Ipv4Addr::new(192, 168, 1, 2).into()]),
            mdns: Mdns::Answered,
            is_paired: true,
            sessions: 1,
            silent: Duration::from_secs(60),
            patience: Duration::from_secs(3600),
        }
    }

    /// The worst verdict, and the parts that are not well.
    fn found(observed: &Observed) -> (Verdict, Vec<Part>) {
        let health = Health::judge(observed);
        for part in &health.parts {
            assert_eq!(part.mend.is_some(), part.verdict != Verdict::Ok, "{part:?}");
        }
        let unwell = health.parts.iter().filter(|part| part.verdict != Verdict::Ok);
        (health.verdict, unwell.map(|part| part.part).collect())
    }

    #[test]
    fn all_parts_are_judged_and_a_healthy_gate_is_ok() {
        let health = Health::judge(&well());
        let parts: Vec<_> = health.parts.iter().map(|part| part.part.to_string()).collect();
        assert_eq!(parts, ["process", "keeper", "network", "mdns", "controllers"]);
        assert_eq!(found(&well()), (Verdict::Ok, vec![]));
    }

    /// What is wrong with one part, how bad that is, and which part it is.
    fn unwell() -> Vec<(Observed, Verdict, Part)> {
        use Verdict::{Failing, Warning};
        vec![
            (Observed { late: LATE, ..well() }, Warning, Part::Process),
            (Observed { unheld: vec!["Gate".to_owned()], ..well() }, Failing, Part::Keeper),
            (Observed { addresses: Some(Vec::new()), ..well() }, Failing, Part::Network),
            (Observed { mdns: Mdns::Silent(1), ..well() }, Warning, Part::Mdns),
            (Observed { mdns: Mdns::Silent(2), ..well() }, Failing, Part::Mdns),
            (Observed { mdns: Mdns::CannotAsk("no".to_owned()), ..well() }, Warning, Part::Mdns),
            (Observed { mdns: Mdns::Copied(Ipv4Addr::LOCALHOST.into()), ..well() }, Failing, Part::Mdns),
            (Observed { silent: Duration::from_secs(3601), ..well() }, Warning, Part::Controllers),
        ]
    }

    /// Every part, and every sentence that is said of it, for those who translate them.
    #[cfg(feature = "page")]
    pub(crate) fn sentences() -> Vec<(Part, String)> {
        let quiet = [
            well(),
            Observed { sessions: 0, ..well() },
            Observed { is_paired: false, ..well() },
            Observed { addresses: None, ..well() },
            Observed { addresses: Some(vec![std::net::Ipv6Addr::LOCALHOST.into()]), ..well() },
            Observed { mdns: Mdns::NotAsked, ..well() },
        ];
        let silent = [60, 6_000, 600_000].map(|minutes| {
            let patience = Duration::from_secs(minutes * 60);
            Observed { silent: Duration::MAX, patience, ..well() }
        });
        let all = unwell().into_iter().map(|(observed, ..)| observed).chain(quiet).chain(silent);
        let parts = all.flat_map(|observed| Health::judge(&observed).parts);
        parts
            .flat_map(|part| [Some(part.what), part.mend].into_iter().flatten().map(move |it| (part.part, it)))
            .collect()
    }

    #[test]
    fn each_part_that_is_unwell_is_named_with_its_mend() {
        for (observed, verdict, part) in unwell() {
            assert_eq!(found(&observed), (verdict, vec![part]), "{observed:?}");
        }
    }

    #[test]
    fn what_was_not_asked_is_not_known_to_be_well() {
        let known = |mdns| {
            let health = Health::judge(&Observed { mdns, ..well() });
            health.parts.iter().filter(|part| part.is_known).count()
        };
        assert_eq!((known(Mdns::NotAsked), known(Mdns::Answered)), (4, 5));
    }

    #[test]
    fn the_worst_part_is_the_verdict() {
        let observed = Observed { late: LATE, addresses: Some(Vec::new()), ..well() };
        assert_eq!(found(&observed), (Verdict::Failing, vec![Part::Process, Part::Network]));
    }

    #[test]
    fn what_the_configuration_leaves_out_is_no_fault() {
        let observed = Observed { addresses: None, mdns: Mdns::Silent(9), is_paired: false, ..well() };
        assert_eq!(found(&Observed { silent: Duration::MAX, ..observed }), (Verdict::Ok, vec![]));
    }

    #[test]
    fn the_silence_of_controllers_is_said_in_the_right_number() {
        let said = |patience| {
            let patience = Duration::from_secs(patience);
            let health = Health::judge(&Observed { silent: Duration::MAX, patience, ..well() });
            health.parts.into_iter().find(|part| part.part == Part::Controllers).unwrap().what
        };
        for (patience, words) in
            [(60, "60 seconds"), (90, "90 seconds"), (300, "5 minutes"), (36_000, "10 hours"), (604_800, "7 days")]
        {
            assert_eq!(said(patience), format!("no controller was heard for {words}"));
        }
    }
}
