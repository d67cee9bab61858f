//! `portcullis release`

use std::path::Path;

use super::error::CommandError;
use crate::config::Config;
use crate::hardware;

/// Puts every output to idle, once. A relay that a running daemon holds is an error, and is not touched, where the kernel
/// knows who holds it: the driver `rppal` writes to registers, which belong to nobody, and ends a daemon's pulse too.
pub(super) fn run(config: &Config, state_dir: &Path) -> Result<(), CommandError> {
    Ok(hardware::release(&hardware::outputs(config, state_dir))?)
}
