//! The gate as it is seen.

use std::time::Instant;

use super::pursuit::{Pursuit, Stage};
use super::{DoorState, Gate, ShownWhenStopped, State, Target, Travel};

impl Gate {
    /// The state as of the last call.
    pub(crate) fn state(&self) -> State {
        let current = self.place.motion().door();
        let is_shown_open = self.settings.shown_when_stopped == ShownWhenStopped::Open;
        State {
            current,
            shown: if current == DoorState::Stopped && is_shown_open { DoorState::Open } else { current },
            target: self.committed().unwrap_or(Target::Open),
            confidence: self.place.confidence(),
            obstruction: self.place.is_obstructed(),
            fault: self.place.fault(),
            warning: self.is_warning(),
            left_open: self.left_open_at().is_some_and(|at| at <= self.now),
            lockout: self.lockout,
            hold_open: self.hold_open,
        }
    }

    /// How long it is expected to travel from one end to the other.
    pub(crate) fn travel(&self) -> Travel {
        self.place.travel()
    }

    /// When [`Gate::tick`] is next due, if ever.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        let pursuit = self.pursuit.as_ref().map(|pursuit| pursuit.due);
        let left_open = self.left_open_at().filter(|at| *at > self.now);
        [self.place.due(), pursuit, self.auto_close.due(), left_open].into_iter().flatten().min()
    }

    /// Until when every press is refused, because the last one has to be over first.
    pub(crate) const fn rests_until(&self) -> Instant {
        self.rests_until
    }

    /// The end that the gate is at, goes to, or is about to be sent to.
    pub(super) fn committed(&self) -> Option<Target> {
        let pursued = self.pursuit.as_ref().and_then(Pursuit::target);
        pursued.or(self.place.motion().committed())
    }

    pub(super) fn is_warning(&self) -> bool {
        self.pursuit.as_ref().is_some_and(|pursuit| pursuit.stage == Stage::Warns)
    }

    pub(super) fn left_open_at(&self) -> Option<Instant> {
        Some(self.open_since? + self.settings.left_open_after?.get())
    }
}
