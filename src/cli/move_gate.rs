//! `portcullis open`, `close` and `toggle`

use std::io::{self, Write};

use super::client::{Client, ClientError};
use super::error::CommandError;
use super::status::sentence;
use super::{Move, print_json};
use crate::api::{Answer, Done};
use crate::config::Config;

pub(super) fn run(config: &Config, request: &str, options: &Move) -> Result<(), CommandError> {
    let name = choose(config, options.name.gate.as_deref())?;
    let done: Done = Client::new(config)?.post(&["gates", name, request]).map_err(judge)?;
    if options.json.json {
        return print_json(&done);
    }
    let mut out = io::stdout().lock();
    let answer = match done.answer {
        Answer::Pulsed => "Pressed the button.",
        Answer::Already => "Nothing to do.",
        Answer::Warned => "It warns first, and closes then.",
        Answer::CalledOff => "Called off.",
    };
    writeln!(out, "{answer} {}", sentence(&done.gate))?;
    Ok(())
}

/// The gate's own rules refused it, or something else was wrong.
fn judge(error: ClientError) -> CommandError {
    match error {
        ClientError::Refused { status: 403 | 409 | 429, detail } => CommandError::GateRefused(detail),
        other => other.into(),
    }
}

/// The gate that is meant: the named one, whatever its case, or the only one.
pub(super) fn choose<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a str, CommandError> {
    let chosen = match (name, config.gates.as_slice()) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), gates) => gates.iter().find(|gate| gate.name.is_same(name)),
    };
    chosen.map(|gate| gate.name.as_str()).ok_or_else(|| {
        let names: Vec<_> = config.gates.iter().map(|gate| format!("{:?}", gate.name.as_str())).collect();
        CommandError::WhichGate(names.join(", "))
    })
}
