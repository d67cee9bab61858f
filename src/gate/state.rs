//! What the gate is known to do, as controllers and people see it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Sensor;

/// Where the gate is, as HomeKit names it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
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

/// An end of the travel: where the gate is meant to be.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    /// The open end.
    Open,
    /// The closed end.
    Closed,
}

impl Target {
    /// The other end.
    pub(crate) const fn opposite(self) -> Self {
        match self {
            Self::Open => Self::Closed,
            Self::Closed => Self::Open,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Closed => "closed",
        })
    }
}

/// How a state is known.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confidence {
    /// A limit switch agrees: the one of the end that the gate is at, or, for a gate that is not said
    /// to be closed, the one of the closed end by not reporting.
    Sensed,
    /// Nothing says so: the gate was told to go there and had the time for it.
    Assumed,
}

/// What is wrong with the gate or its sensors. It stays until a limit switch says better, or else until a restart.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// Both limit switches report at once.
    #[error("both limit switches report, and a gate is at one end at most: check closed_switch and open_switch")]
    BothEnds,
    /// The gate was sent away from this end, and its limit switch went on reporting for the whole travel.
    #[error("the gate was sent off but its {0} end still reports: it did not move, or that limit switch sticks")]
    NotLeft(Target),
    /// The gate was on its way to this end, and its limit switch did not report within the travel.
    #[error("the gate did not reach its {0} end in time: it was stopped on the way, or that limit switch is dead")]
    NotReached(Target),
    /// This input failed, and tells nothing any more.
    #[error(
        "{0} cannot be read any more, and what it said last is not believed: see the log, mend it, and start again"
    )]
    Unread(Sensor),
}

/// What HomeKit is shown while the gate rests between its ends.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ShownWhenStopped {
    /// Open: every version of Home knows what to say, and people can walk in.
    #[default]
    Open,
    /// Stopped, which some versions of Home show as a fault or as still moving.
    Stopped,
}

/// The gate's state as controllers and people see it. It changes as a whole, so that nobody ever
/// sees a new `current` beside an old `target`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct State {
    /// Where the gate is.
    pub current: DoorState,
    /// The same for HomeKit: a gate that stopped half-way is shown as the owner likes.
    pub shown: DoorState,
    /// Where it is meant to be. A gate that stopped half-way is meant to be open: it lets people through.
    pub target: Target,
    /// How `current` is known.
    pub confidence: Confidence,
    /// The photo cell reports somebody or something in the way. Always false without a photo cell.
    pub obstruction: bool,
    /// What is wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fault: Option<Fault>,
    /// A warning runs: the gate will close by itself when it is over.
    pub warning: bool,
    /// The gate has not been closed for longer than `left_open_after`. Always false without that setting.
    pub left_open: bool,
    /// Every request is refused.
    pub lockout: bool,
    /// Nothing but the wall button closes the gate.
    pub hold_open: bool,
}
