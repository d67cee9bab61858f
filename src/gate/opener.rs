//! What a press of the button means to the opener behind it.

use super::{DoorState, Target};

/// How the opener answers to its one contact.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Opener {
    /// Each press sends the gate the other way, also while it moves.
    Step,
    /// A press always opens; the opener closes by itself.
    OpenOnly,
    /// A lock's release or a strike: open for as long as it is pressed, and nothing travels.
    Momentary,
}

impl Opener {
    /// Where the gate goes when the button is pressed while its door is in `state`.
    ///
    /// From a stop half-way the direction is unknown: the `wanted` one is assumed.
    pub(super) const fn pressed(self, state: DoorState, wanted: Target) -> Target {
        match (self, state) {
            (Self::OpenOnly | Self::Momentary, _) => Target::Open,
            (Self::Step, DoorState::Closed | DoorState::Closing) => Target::Open,
            (Self::Step, DoorState::Open | DoorState::Opening) => Target::Closed,
            (Self::Step, DoorState::Stopped) => wanted,
        }
    }

    /// Whether a press can close the gate at all.
    pub(super) const fn can_close(self) -> bool {
        matches!(self, Self::Step)
    }

    /// Whether the gate takes time between open and closed.
    pub(super) const fn travels(self) -> bool {
        !matches!(self, Self::Momentary)
    }
}
