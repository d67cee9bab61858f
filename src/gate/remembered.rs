//! What a gate must know again after a restart.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::travel::Runs;
use super::{Motion, Target};

/// What survives a restart. Written down and read again, it never makes a gate move.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Remembered {
    /// What the gate did last.
    pub motion: Motion,
    /// The last whole runs.
    pub runs: Runs,
    /// Every request is refused.
    pub lockout: bool,
    /// Nothing but the wall button closes the gate.
    pub hold_open: bool,
    /// How many closings by `auto_close_after` failed since the gate was closed.
    pub failed_closings: u8,
    /// How long ago this was true; `None` when no clock can tell. For the reader to fill in.
    #[serde(skip)]
    pub age: Option<Duration>,
}

/// Where a gate is taken to be after a restart, when nothing senses it and what was remembered is
/// older than any movement.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AssumedAtStart {
    /// Where it was.
    #[default]
    Remembered,
    /// Open.
    Open,
    /// Closed.
    Closed,
}

impl AssumedAtStart {
    pub(super) const fn motion(self) -> Option<Motion> {
        match self {
            Self::Remembered => None,
            Self::Open => Some(Motion::at(Target::Open)),
            Self::Closed => Some(Motion::at(Target::Closed)),
        }
    }
}
