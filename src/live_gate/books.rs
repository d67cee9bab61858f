//! What is written down about a gate: the history, and what it must know again after a restart.

use std::sync::Arc;

use super::recording::{self, Aside};
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
    pub(super) fn write(&self, gate: &str, record: &Record, aside: Aside<'_>) {
        self.history.write(recording::line(gate, record, aside, &self.names));
    }

    pub(super) fn keep(&self, gate: &str, what: Remembered) {
        self.memory.keep(gate, what);
    }
}
