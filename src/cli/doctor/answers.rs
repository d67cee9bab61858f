//! Whether phones find us when they ask, and who else answers as if it were us.

use std::collections::BTreeSet;
use std::net::IpAddr;

use hap::discovery::{Asked, Expected};

use super::finding::Finding;
use crate::counted::counted;

const PLACE: &str = "mDNS";

/// What came of asking as a phone would.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    /// Our name on the network.
    pub(super) name: String,
    /// The interfaces on which it was asked, each with why that failed, if so.
    pub(super) asked: Vec<(String, Option<String>)>,
    pub(super) own: Vec<Answer>,
    pub(super) reflected: Vec<Answer>,
    pub(super) copies: Vec<Answer>,
    pub(super) namesakes: Vec<Answer>,
    pub(super) others: usize,
}

/// An answer, as far as it is judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    pub(super) interface: String,
    pub(super) from: IpAddr,
    /// From this machine.
    pub(super) here: bool,
    /// The name that it tells.
    pub(super) name: String,
}

impl Answers {
    pub(super) fn new(asked: &Asked, expected: &Expected) -> Self {
        let seen = asked.compare(expected);
        let those = |answers: &[&hap::discovery::Answer]| {
            let of = |answer: &&hap::discovery::Answer| Answer {
                interface: answer.interface.clone(),
                from: answer.from,
                here: answer.here,
                name: answer.instance.clone(),
            };
            answers.iter().map(of).collect()
        };
        Self {
            name: expected.instance().to_owned(),
            asked: asked.interfaces.clone(),
            own: those(&seen.own),
            reflected: those(&seen.reflected),
            copies: those(&seen.copies),
            namesakes: those(&seen.namesakes),
            others: seen.others.len(),
        }
    }
}

/// `runs`: whether a daemon runs, whose answer there should be.
pub(super) fn judge(answers: &Answers, runs: bool) -> Vec<Finding> {
    let Answers { name, asked, own, reflected, copies, namesakes, others } = answers;
    let mut findings = Vec::new();
    // Loopback counts only where there is nothing else: no phone is there.
    let is_outside = |interface: &String| interface != "lo";
    let is_alone = !asked.iter().any(|(interface, _)| is_outside(interface));
    for (interface, failed) in asked.iter().filter(|(interface, _)| is_alone || is_outside(interface)) {
        if let Some(reason) = failed {
            let finding = Finding::problem(PLACE, format!("{interface}: cannot ask: {reason}"));
            findings.push(
                finding
                    .because("the daemon cannot advertise there either")
                    .mend("see who keeps UDP port 5353 for itself: sudo ss -ulpn 'sport = :5353'"),
            );
            continue;
        }
        let answered = own.iter().find(|answer| answer.interface == *interface);
        findings.push(match (answered, runs) {
            (Some(answer), _) if answer.name.eq_ignore_ascii_case(name) => {
                Finding::fine(PLACE, format!("{interface}: asked as a phone would, {name:?} answered"))
            }
            (Some(answer), _) => {
                let what = format!("{interface}: advertised as {:?}, since something else has the name {name:?}", answer.name);
                Finding::warning(PLACE, what)
                    .because("phones that know the gate still find it by its identity; new ones see an odd name")
                    .mend("give the gate another name in the configuration, or stop what has this one, and restart the daemon")
            }
            (None, false) => Finding::note(PLACE, format!("{interface}: {name:?} does not answer, as no daemon runs")),
            (None, true) => Finding::problem(PLACE, format!("{interface}: asked as a phone would, {name:?} did not answer"))
                .because("phones on that network say \"No Response\", or do not find the gate")
                .mend("let mDNS through the firewall: sudo ufw allow 5353/udp")
                .mend("see what the daemon says of it: journalctl -u portcullis | grep -i -e mdns -e advertis")
                .mend(
                    "if it answers here but not to phones: switch off IGMP snooping and client isolation in the Wi-Fi \
                     access point",
                ),
        });
    }
    findings.extend([true, false].into_iter().filter_map(|here| copy(copies, here)));
    findings.extend([true, false].into_iter().filter_map(|here| namesake(namesakes, here)));
    if let Some(senders) = senders(reflected.iter()) {
        findings.push(Finding::note(PLACE, format!("our record is also sent on by {senders}: an mDNS reflector")));
    }
    if *others > 0 && own.is_empty() && runs {
        findings.push(Finding::note(
            PLACE,
            format!("{} of other accessories came: the network carries mDNS", counted(*others, "answer")),
        ));
    }
    findings
}

/// Somebody answers with our identity.
fn copy(copies: &[Answer], here: bool) -> Option<Finding> {
    let senders = senders(copies.iter().filter(|answer| answer.here == here))?;
    let who = if here { "another program on this machine".to_owned() } else { senders };
    Some(
        Finding::problem(PLACE, format!("our identity is also answered by {who}"))
            .because(
                "a copy of this state runs there, a cloned memory card or a restored backup: phones go to one or the other, \
                 and pairings get lost",
            )
            .mend("switch one of the two off; the one that is to be another accessory: portcullis reset"),
    )
}

/// Somebody answers with our name.
fn namesake(namesakes: &[Answer], here: bool) -> Option<Finding> {
    let those = || namesakes.iter().filter(|answer| answer.here == here);
    let (senders, name) = (senders(those())?, &those().next()?.name);
    Some(if here {
        Finding::problem(PLACE, format!("another program on this machine, most likely Avahi, answers as {name:?}"))
            .because("phones may be sent to it, and cannot pair with what is there")
            .mend(
                "remove the service that names it from /etc/avahi/services, then: sudo systemctl restart avahi-daemon",
            )
    } else {
        Finding::warning(PLACE, format!("our name {name:?} is also that of {senders}"))
            .because("phones show two of a name, and one of them gets another")
            .mend("give one of them another name")
    })
}

/// The addresses that these came from, each once; a machine may have several.
fn senders<'a>(answers: impl Iterator<Item = &'a Answer>) -> Option<String> {
    let senders: BTreeSet<_> = answers.map(|answer| answer.from).collect();
    let senders: Vec<_> = senders.iter().map(IpAddr::to_string).collect();
    (!senders.is_empty()).then(|| senders.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn answer(interface: &str, from: &str, name: &str) -> Answer {
        let from: IpAddr = from.parse().unwrap();
        let here = from == IpAddr::from([10, 0, 0, 1]);
        Answer { interface: interface.to_owned(), from, here, name: name.to_owned() }
    }

    fn answers() -> Answers {
        let asked = ["lo", "wlan0"].map(|name| (name.to_owned(), None)).to_vec();
        Answers { name: "Gate EEFF".to_owned(), asked, ..Answers::default() }
    }

    fn only(answers: &Answers, runs: bool) -> Finding {
        let mut findings = judge(answers, runs);
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.remove(0)
    }

    #[test]
    fn our_own_answer_is_fine_and_its_absence_is_a_problem_of_a_running_daemon() {
        let own = Answers { own: vec![answer("wlan0", "10.0.0.1", "Gate EEFF")], ..answers() };
        assert_eq!(only(&own, true).severity, Severity::Fine);
        assert_eq!(only(&answers(), true).severity, Severity::Problem);
        assert_eq!(only(&answers(), false).severity, Severity::Note);
    }

    #[test]
    fn an_answer_on_loopback_alone_reaches_no_phone() {
        let own = Answers { own: vec![answer("lo", "10.0.0.1", "Gate EEFF")], ..answers() };
        assert_eq!(only(&own, true).severity, Severity::Problem);
        let asked = vec![("lo".to_owned(), None)];
        assert_eq!(only(&Answers { asked, ..own }, true).severity, Severity::Fine);
    }

    #[test]
    fn a_port_that_somebody_keeps_for_himself_is_told() {
        let asked = vec![("wlan0".to_owned(), Some("Address already in use".to_owned()))];
        let finding = only(&Answers { asked, ..answers() }, true);
        assert!(finding.severity == Severity::Problem && finding.mends[0].contains("5353"), "{finding:?}");
    }

    #[test]
    fn whoever_answers_as_us_is_named_once() {
        let own = Answers { own: vec![answer("wlan0", "10.0.0.1", "Gate EEFF")], ..answers() };
        let clone = |from| answer("wlan0", from, "Gate EEFF (2)");
        let copies = vec![clone("10.0.0.9"), clone("10.0.0.9"), clone("fe80::9")];
        let found = judge(&Answers { copies, ..own.clone() }, true);
        assert_eq!(found.len(), 2);
        assert!(found[1].severity == Severity::Problem && found[1].what.ends_with("by 10.0.0.9, fe80::9"), "{found:?}");
        let avahi = judge(&Answers { namesakes: vec![answer("wlan0", "10.0.0.1", "Gate EEFF")], ..own.clone() }, true);
        assert!(avahi[1].severity == Severity::Problem && avahi[1].what.contains("Avahi"), "{avahi:?}");
        let other = judge(&Answers { namesakes: vec![answer("wlan0", "10.0.0.7", "Gate EEFF")], ..own.clone() }, true);
        assert_eq!(other[1].severity, Severity::Warning);
        let renamed = Answers { own: vec![answer("wlan0", "10.0.0.1", "Gate EEFF (2)")], ..answers() };
        assert!(only(&renamed, true).what.contains("(2)"));
        let reflected = judge(&Answers { reflected: vec![answer("wlan0", "10.0.0.254", "Gate EEFF")], ..own }, true);
        assert_eq!(reflected[1].severity, Severity::Note);
    }
}
