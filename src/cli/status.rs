//! `portcullis status`

use std::io::{self, Write};

use super::Json;
use super::client::Client;
use super::error::CommandError;
use crate::api::{GateState, Status};
use crate::config::Config;
use crate::gate::Confidence;

pub(super) fn run(config: &Config, Json { json }: Json) -> Result<(), CommandError> {
    let status: Status = Client::new(config)?.get(&["status"])?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(&status).map_err(io::Error::from)?)?;
        return Ok(());
    }
    for gate in &status.gates {
        writeln!(out, "{}", sentence(gate))?;
    }
    if status.paired {
        writeln!(
            out,
            "Paired with {}, {} open.",
            count(status.controllers, "controller"),
            count(status.sessions, "session")
        )?;
    } else {
        writeln!(out, "Not paired: portcullis pair shows the code.")?;
    }
    Ok(())
}

/// A gate's state in words.
pub(super) fn sentence(gate: &GateState) -> String {
    let known = match gate.confidence {
        Confidence::Sensed => "by its switch",
        Confidence::Assumed => "assumed",
    };
    let mut sentence = format!("{}: {}, {known}", gate.name, gate.current);
    for (is_so, words) in [
        (gate.warning, "warns that it will close"),
        (gate.obstruction, "something is in the way"),
        (gate.left_open, "left open"),
        (gate.hold_open, "held open"),
        (gate.lockout, "locked out"),
    ] {
        if is_so {
            sentence.push_str(", ");
            sentence.push_str(words);
        }
    }
    sentence.push('.');
    if let Some(fault) = &gate.fault {
        sentence.push_str(" Fault: ");
        sentence.push_str(fault);
        sentence.push('.');
    }
    sentence
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AccessoryKind;
    use crate::gate::{DoorState, Foreseen, Opener, Target};

    fn gate() -> GateState {
        GateState {
            name: "Gate".to_owned(),
            current: DoorState::Open,
            target: Target::Open,
            confidence: Confidence::Assumed,
            obstruction: false,
            fault: None,
            warning: false,
            left_open: false,
            lockout: false,
            hold_open: false,
            since: None,
            press: Some(Foreseen::Close),
            press_refused: None,
            travel_ms: 18_000,
            opener: Opener::Step,
            accessory: AccessoryKind::GarageDoor,
            simulated: false,
        }
    }

    #[test]
    fn a_gate_is_one_sentence_that_says_how_it_is_known() {
        assert_eq!(sentence(&gate()), "Gate: open, assumed.");
        assert_eq!(sentence(&GateState { confidence: Confidence::Sensed, ..gate() }), "Gate: open, by its switch.");
    }

    #[test]
    fn what_is_unusual_about_a_gate_is_said_and_a_fault_in_its_own_words() {
        let gate = GateState { obstruction: true, lockout: true, fault: Some("a switch sticks".to_owned()), ..gate() };
        assert_eq!(
            sentence(&gate),
            "Gate: open, assumed, something is in the way, locked out. Fault: a switch sticks."
        );
    }
}
