//! What the gate is known to do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the gate is, as HomeKit names it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DoorState {
    /// At the open end.
    Open,
    /// At the closed end.
    Closed,
    /// On the way to the open end.
    Opening,
    /// On the way to the closed end.
    Closing,
    /// Resting between the ends.
    Stopped,
}

impl DoorState {
    /// Whether the gate is between its ends and on its way to one.
    pub(crate) const fn is_moving(self) -> bool {
        matches!(self, Self::Opening | Self::Closing)
    }

    /// The end that the gate is at or on its way to; none when it stopped half-way.
    pub(crate) const fn committed(self) -> Option<Target> {
        match self {
            Self::Open | Self::Opening => Some(Target::Open),
            Self::Closed | Self::Closing => Some(Target::Closed),
            Self::Stopped => None,
        }
    }
}

impl fmt::Display for DoorState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Opening => "opening",
            Self::Closing => "closing",
            Self::Stopped => "stopped",
        })
    }
}

/// Where the gate is meant to be.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    /// The open end.
    Open,
    /// The closed end.
    Closed,
}

/// How a state is known.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confidence {
    /// A limit switch says so.
    Sensed,
    /// Nothing says so: the gate was told to go there and had the time for it.
    Assumed,
}

/// The gate's state as controllers and people see it. It changes as a whole, so that nobody ever
/// sees a new `current` beside an old `target`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct State {
    /// Where the gate is.
    pub current: DoorState,
    /// Where it is meant to be. A gate that stopped half-way is meant to be open: it lets people through.
    pub target: Target,
    /// How `current` is known.
    pub confidence: Confidence,
}
