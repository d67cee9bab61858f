//! What is wrong with the pins: before the daemon has them, and whether it can have them.

use super::finding::Finding;
use crate::config::{Active, Config, Pin, Relay};
use crate::hardware;

/// What is known of a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Line {
    Free,
    /// A running daemon has it.
    Ours,
    /// It cannot be had.
    Unusable(String),
}

/// What the machine tells of its pins.
pub(super) struct Pins<'a> {
    /// The text of config.txt, empty where there is none.
    pub(super) firmware: &'a str,
    /// Why the registers of a Raspberry Pi cannot be used, if so.
    pub(super) registers: Option<&'a str>,
    /// What is known of a line.
    pub(super) line: &'a dyn Fn(&Pin) -> Line,
}

pub(super) fn judge(config: &Config, pins: &Pins<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gate in &config.gates {
        for (key, relay) in gate.relays() {
            let place = format!("gate {:?}: {key}", gate.name.as_str());
            output(&place, relay, key != "warning", pins, &mut findings);
        }
        for (key, input) in gate.inputs() {
            let place = format!("gate {:?}: {key}", gate.name.as_str());
            let Some(line) = input.line(&gate.relay) else {
                findings.push(Finding::note(place, "simulated: nothing real is read"));
                continue;
            };
            if let Pin::Number(pin) = line.pin {
                findings.push(at_boot(
                    &place,
                    hardware::input_at_boot(pin, line.pull),
                    "the daemon is told what is not so",
                ));
            }
            findings.push(usable(&place, &line.pin, pins));
        }
    }
    if let Some(led) = &config.status_led {
        output("status_led", led, false, pins, &mut findings);
    }
    findings
}

/// `presses`: whether it is a button that would be pressed at boot, and not a light that is on.
fn output(place: &str, relay: &Relay, presses: bool, pins: &Pins<'_>, findings: &mut Vec<Finding>) {
    let (pin, active) = match relay {
        Relay::Simulated { .. } => return findings.push(Finding::note(place, "simulated: nothing real moves")),
        Relay::Gpiochip { pin, active } => (pin.clone(), *active),
        Relay::Rppal { pin, active } => {
            let finding = pins.registers.map(|reason| {
                Finding::problem(place, reason)
                    .because("the daemon does not start without them")
                    .mend("let the kernel switch the line: driver = \"gpiochip\"")
            });
            findings.extend(finding);
            (Pin::Number(*pin), *active)
        }
    };
    if let Pin::Number(number) = pin {
        // What a light does meanwhile moves no gate.
        if presses {
            let found = hardware::output_at_boot(number, active, pins.firmware);
            findings.push(at_boot(place, found, "a power cut in the night would open the gate"));
        }
    } else if active == Active::Low {
        let what = "whether this line is low while the computer starts, only its board's papers can say";
        findings.push(Finding::note(place, what));
    }
    findings.push(usable(place, &pin, pins));
}

fn at_boot(place: &str, found: hardware::Finding, why: &str) -> Finding {
    let hardware::Finding { is_problem, what, mends } = found;
    let mut mends = mends.into_iter();
    let finding = match (is_problem, mends.next()) {
        (true, first) => {
            let first = first.unwrap_or_else(|| "choose another pin: docs/wiring.md".to_owned());
            Finding::problem(place, what).because(why).mend(first)
        }
        (false, None) => Finding::fine(place, what),
        (false, Some(first)) => Finding::note(place, what).mend(first),
    };
    mends.fold(finding, Finding::mend)
}

/// Whether the kernel has such a line, and who has it.
fn usable(place: &str, pin: &Pin, pins: &Pins<'_>) -> Finding {
    match (pins.line)(pin) {
        Line::Free => Finding::fine(place, "the line is there, and free"),
        Line::Ours => Finding::fine(place, "the line is there, and the running daemon has it"),
        Line::Unusable(reason) => Finding::problem(place, reason)
            .because("the daemon does not start without it")
            .mend("see which lines there are, and who has them: sudo apt install gpiod; sudo gpioinfo"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn findings(text: &str, line: &Line) -> Vec<Finding> {
        let config = Config::parse(text, "portcullis.toml").unwrap();
        judge(&config, &Pins { firmware: "", registers: None, line: &|_| line.clone() })
    }

    #[test]
    fn a_simulated_gate_has_no_problem() {
        let found = findings("", &Line::Unusable("nobody asked".to_owned()));
        assert_eq!(found[0], Finding::note("gate \"Gate\": relay", "simulated: nothing real moves"));
        assert!(found.iter().all(|finding| finding.severity == Severity::Note), "{found:?}");
    }

    #[test]
    fn a_wrong_pin_is_told_with_its_mends() {
        let found = findings("[[gate]]\n[gate.relay]\npin = 17\nactive = \"low\"\n", &Line::Free).remove(0);
        assert_eq!(found.severity, Severity::Problem);
        assert!(found.what.starts_with("from power-on") && found.why.is_some(), "{found:?}");
        assert_eq!(found.mends[1], "or put a resistor of 4.7 kΩ between GPIO17 and 3.3 V");
    }

    #[test]
    fn a_light_that_is_on_at_boot_is_no_problem_of_its_pin() {
        let found = findings("[status_led]\npin = 5\n[[gate]]\n[gate.relay]\ndriver = \"simulated\"\n", &Line::Free);
        assert!(found.iter().all(|finding| finding.severity < Severity::Warning), "{found:?}");
    }

    #[test]
    fn a_line_that_cannot_be_had_is_a_problem_unless_the_daemon_has_it() {
        let gate = "[[gate]]\n[gate.relay]\npin = 17\n";
        let of = |line| findings(gate, &line).pop().unwrap();
        assert_eq!(of(Line::Ours).severity, Severity::Fine);
        let unusable = of(Line::Unusable("this user may not open it: add it to the group gpio".to_owned()));
        assert!(unusable.severity == Severity::Problem && unusable.what.contains("gpio"), "{unusable:?}");
        assert!(unusable.why.is_some() && !unusable.mends.is_empty(), "{unusable:?}");
    }

    #[test]
    fn registers_that_cannot_be_used_are_a_problem_with_why_and_mend() {
        let text = "[[gate]]\n[gate.relay]\ndriver = \"rppal\"\npin = 17\n";
        let config = Config::parse(text, "portcullis.toml").unwrap();
        let found = judge(&config, &Pins { firmware: "", registers: Some("no /dev/gpiomem"), line: &|_| Line::Free });
        assert_eq!((found[0].severity, found[0].what.as_str()), (Severity::Problem, "no /dev/gpiomem"));
        assert!(found[0].why.is_some() && !found[0].mends.is_empty(), "{found:?}");
    }

    #[test]
    fn every_output_and_input_has_its_place() {
        let inputs = ["closed_switch", "open_switch", "obstruction", "button"].map(|key| format!("[gate.{key}]\n"));
        let outputs = ["relay", "close_relay", "stop_relay", "warning"]
            .map(|key| format!("[gate.{key}]\ndriver = \"simulated\"\n"));
        let text = format!("[[gate]]\nopener = \"open-close\"\n{}{}", outputs.concat(), inputs.concat());
        let mut places: Vec<_> = findings(&text, &Line::Free).into_iter().map(|finding| finding.place).collect();
        places.dedup();
        assert_eq!(places.len(), 8, "{places:?}");
    }
}
