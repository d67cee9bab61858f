//! `portcullis release`

use std::path::Path;

use super::error::CommandError;
use crate::config::Config;
use crate::hardware;

/// Puts every output to idle, once. A relay that a running daemon holds is not touched, and that is an error.
pub(super) fn run(config: &Config, state_dir: &Path) -> Result<(), CommandError> {
    Ok(hardware::release(&hardware::outputs(config, state_dir))?)
}
