//! Where the gate is and which way it goes.

use serde::{Deserialize, Serialize};

use super::{DoorState, Target};

/// What the gate does, with what the opener remembers of it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Motion {
    /// It rests at the closed end.
    #[default]
    Closed,
    /// It goes to the open end.
    Opening,
    /// It rests at the open end.
    Open,
    /// It goes to the closed end.
    Closing,
    /// It rests between the ends.
    Stopped {
        /// The way it went before, if that is known. Openers with one contact go the other way next.
        after: Option<Target>,
    },
}

impl Motion {
    /// On the way to `end`.
    pub(crate) const fn toward(end: Target) -> Self {
        match end {
            Target::Open => Self::Opening,
            Target::Closed => Self::Closing,
        }
    }

    /// At rest at `end`.
    pub(crate) const fn at(end: Target) -> Self {
        match end {
            Target::Open => Self::Open,
            Target::Closed => Self::Closed,
        }
    }

    /// The end it goes to, while it goes.
    pub(crate) const fn heading(self) -> Option<Target> {
        match self {
            Self::Opening => Some(Target::Open),
            Self::Closing => Some(Target::Closed),
            Self::Closed | Self::Open | Self::Stopped { .. } => None,
        }
    }

    /// The end it is at or goes to; none when it stopped between them.
    pub(crate) const fn committed(self) -> Option<Target> {
        match self {
            Self::Opening | Self::Open => Some(Target::Open),
            Self::Closing | Self::Closed => Some(Target::Closed),
            Self::Stopped { .. } => None,
        }
    }

    /// Whether it rests, wherever.
    pub(crate) const fn rests(self) -> bool {
        self.heading().is_none()
    }

    /// The same without what the opener remembers.
    pub(crate) const fn door(self) -> DoorState {
        match self {
            Self::Closed => DoorState::Closed,
            Self::Opening => DoorState::Opening,
            Self::Open => DoorState::Open,
            Self::Closing => DoorState::Closing,
            Self::Stopped { .. } => DoorState::Stopped,
        }
    }
}
