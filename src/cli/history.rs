//! `portcullis history`

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::client::Client;
use super::error::CommandError;
use super::{History, print_json};
use crate::config::Config;
use crate::history::{self, Line};

pub(super) fn run(config: &Config, state_dir: &Path, options: &History) -> Result<(), CommandError> {
    let most = options.lines.min(history::limits::LINES);
    let lines = match history::newest(state_dir, most) {
        Ok(lines) => lines,
        // The state directory is the daemon's alone; it may still answer whom it trusts.
        Err(error) if error.source.kind() == ErrorKind::PermissionDenied => {
            Client::new(config)?.get_with(&["history"], &[("n", &most.to_string())])?
        }
        Err(error) => return Err(error.into()),
    };
    if options.json.json { print_json(&lines) } else { print(&mut io::stdout().lock(), &lines) }
}

fn print(out: &mut impl Write, lines: &[Line]) -> Result<(), CommandError> {
    if lines.is_empty() {
        writeln!(out, "Nothing has happened yet.")?;
    }
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
