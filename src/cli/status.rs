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
    let known = match gate.state.confidence {
        Confidence::Sensed => "by its switch",
        Confidence::Assumed => "assumed",
    };
    format!("{}: {}, {known}.", gate.name, gate.state.current)
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
