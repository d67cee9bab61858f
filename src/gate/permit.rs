//! What forbids a pulse, and how long it may be.

use super::pursuit::Pursuit;
use super::turn::Turn;
use super::{Confidence, Event, Gate, Motion, PulseLength, Refusal, Request};

impl Gate {
    /// Whether the next pulse of a pursuit may be given now; `closes` when it sets the gate off to close.
    pub(super) fn permit(&self, pursuit: &Pursuit, closes: bool) -> Result<(), Refusal> {
        // A contact that tells directions closes, whatever the state.
        let may_assume = self.settings.opener.behaviour().tells_directions() || self.settings.close_when_assumed;
        let is_closing = closes && pursuit.by.is_remote();
        let is_assumed = self.place.confidence() == Confidence::Assumed;
        match () {
            () if pursuit.request == Request::Close && is_assumed && !may_assume => Err(Refusal::StateAssumed),
            () if pursuit.request == Request::Close && !self.knows_the_way() => Err(Refusal::WayUnknown),
            () if is_closing && self.place.is_obstructed() => Err(Refusal::Obstructed),
            () if is_closing && self.hold_open => Err(Refusal::HeldOpen),
            () if self.now < self.rests_until => Err(Refusal::Busy),
            () if self.rate.is_full(self.now) => Err(Refusal::TooMany),
            () => Ok(()),
        }
    }

    /// Whether a press that is to close the gate does: from where it was stopped, only its opener may know, and it may be
    /// allowed all the same.
    pub(super) fn knows_the_way(&self) -> bool {
        self.place.motion() != (Motion::Stopped { after: None })
            || self.settings.opener.behaviour().tells_directions()
            || self.settings.close_when_assumed
    }

    /// How long the button is pressed.
    pub(super) fn length(&self, request: Request, turn: &mut Turn) -> PulseLength {
        let Request::Toggle(Some(asked)) = request else { return self.settings.pulse };
        let given = PulseLength::nearest(asked);
        if given.get() != asked {
            self.note(turn, Event::Clamped { asked, given });
        }
        given
    }
}
