//! `portcullis release`

use std::path::{Path, PathBuf};

use hap::store::FileStoreView;

use super::error::CommandError;
use crate::config::state_dir::{self, NoStateDir};
use crate::document::DocumentError;
use crate::driven;
use crate::hardware::{self, Output};

/// Puts every output to idle, once: those of the configuration, and those that a daemon that was killed drove by another one.
/// Each is tried, and what is in the way is told at the end. A relay that a running daemon holds is an error, and is not
/// touched, where the kernel knows who holds it: the driver `rppal` writes to registers, which belong to nobody, and ends a
/// daemon's pulse too.
///
/// `named` is the file of the configuration that the command line names; `resolve` finds the state directory, given what the
/// configuration says of it.
pub(super) fn run(
    named: Option<&Path>,
    resolve: impl FnOnce(Option<&Path>) -> Result<PathBuf, NoStateDir>,
) -> Result<(), CommandError> {
    let (config, configured) = state_dir::find(named);
    let state_dir = resolve(configured.as_deref())?;
    let mut problems = Vec::new();
    let left = left(&state_dir).unwrap_or_else(|problem| {
        problems.push(problem.to_string());
        Vec::new()
    });
    let outputs = config.as_ref().map(|config| hardware::outputs(config, &state_dir)).unwrap_or_default();
    for output in &left {
        match hardware::let_go(output, config.as_ref().ok(), &outputs) {
            Err(error) if !error.is_anothers() => problems.push(error.to_string()),
            _ => {}
        }
    }
    // Where the wiring of a pin is another by now, these know its idle level.
    problems.extend(outputs.iter().filter_map(|output| hardware::release(output).err()).map(|error| error.to_string()));
    let is_config = config.is_err();
    problems.extend(config.err().map(|error| error.to_string()));
    if problems.is_empty() { Ok(()) } else { Err(CommandError::NotReleased { problems, is_config }) }
}

fn left(state_dir: &Path) -> Result<Vec<Output>, DocumentError> {
    let state = FileStoreView::open(state_dir)?;
    driven::left(state.load(driven::DOCUMENT))
}
