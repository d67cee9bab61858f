//! What is written down about a gate: the history, and what it must know again after a restart.

use std::sync::Arc;

use super::recording;
use crate::gate::{Record, Remembered};
use crate::history::History;
use crate::memory::Memory;
use crate::names::Names;

/// Where a gate's doings are written. Nothing here waits for a disk.
#[derive(Clone)]
pub(crate) struct Books {
    /// Who opened it, and when.
    pub history: Arc<History>,
    /// What it did last.
    pub memory: Arc<Memory>,
    /// What people call the controllers.
    pub names: Arc<Names>,
}

impl Books {
    pub(super) fn write(&self, gate: &str, record: &Record, failure: Option<&str>) {
        self.history.write(recording::line(gate, record, failure, &self.names));
    }

    /// What is so since a press of the button just now.
    pub(super) fn keep_press(&self, gate: &str, what: Remembered) {
        self.memory.keep_press(gate, what);
    }

    pub(super) fn keep(&self, gate: &str, what: Remembered) {
        self.memory.keep(gate, what);
    }
}
