//! The machine: what may pulse, and when. It fits on two printed pages, and `.ci/pure` sees that it stays so.

use super::inputs::Heeds;
use super::opener::{Next, Reaction};
use super::pursuit::{Pursuit, Stage};
use super::turn::Turn;
use super::{Accepted, Event, Gate, GivenUp, Motion, Press, Refusal, Request, Requester, Target, limits};

impl Gate {
    /// What to do about a request that is new.
    pub(super) fn answer(&mut self, request: Request, by: &Requester, turn: &mut Turn) -> Result<Accepted, Refusal> {
        match self.heeds {
            Heeds::Nobody => return Err(Refusal::Stopping),
            // The gate itself knows when it asks.
            Heeds::After(_) if self.may_be_stale() && *by != Requester::AutoClose => {
                // However old it is: nobody is hurt by a gate that stays where it is.
                if self.committed() != request.target() {
                    self.call_off(GivenUp::Superseded, turn);
                }
                return Err(Refusal::Stale);
            }
            Heeds::Everybody | Heeds::After(_) => {}
        }
        if self.lockout {
            return Err(Refusal::LockedOut);
        }
        // Home sends the target twice, and so do two people at the door.
        if request.target().is_some() && self.committed() == request.target() {
            return Ok(Accepted::Already);
        }
        // A switch of HomeKit has no target, and all the same two people put it on together.
        let is_switched = |pursuit: &Pursuit| {
            pursuit.stage != Stage::Warns && pursuit.request == Request::Toggle(None) && pursuit.by.is_homekit()
        };
        if request == Request::Toggle(None) && by.is_homekit() && self.pursuit.as_ref().is_some_and(is_switched) {
            return Ok(Accepted::Already);
        }
        let was_warning = self.is_warning();
        self.call_off(GivenUp::Superseded, turn);
        let goes_elsewhere = request.target().is_some_and(|target| self.committed() != Some(target));
        if was_warning && !goes_elsewhere {
            return Ok(Accepted::CalledOff);
        }
        self.pursue(Pursuit::new(request, by.clone(), self.now), turn)
    }

    /// The next step of a pursuit: a pulse, or the warning before it. The only place that grants a pulse.
    fn pursue(&mut self, mut pursuit: Pursuit, turn: &mut Turn) -> Result<Accepted, Refusal> {
        let (opener, options, motion) = (self.settings.opener.behaviour(), self.settings.options, self.place.motion());
        let (contact, is_last) = match opener.serves(pursuit.request, motion, pursuit.awake, options)? {
            Next::Done => return Ok(Accepted::Already),
            Next::Press(contact) => (contact, false),
            Next::Last(contact) => (contact, true),
        };
        let reaction = opener.reacts(contact, motion, pursuit.awake, options);
        let leads_to = |reaction| match reaction {
            Reaction::Becomes(motion) => motion,
            Reaction::Moves => Motion::toward(pursuit.target().unwrap_or(Target::Open)),
            Reaction::Wakes => motion,
        };
        // Who wakes the opener to close the gate is closing it: it would be asleep again after the warning.
        let closes = leads_to(opener.reacts(contact, motion, true, options)) == Motion::Closing;
        let becomes = leads_to(reaction);
        self.permit(&pursuit, closes)?;
        let warning = self.settings.remote_close_warning.get();
        if closes && pursuit.by.is_remote() && !pursuit.warned && !warning.is_zero() {
            let due = self.now + warning;
            self.pursuit = Some(Pursuit { stage: Stage::Warns, due, warned: true, ..pursuit });
            return Ok(Accepted::Warned);
        }
        let length = self.length(pursuit.request, turn);
        turn.press = Some(Press { contact, length });
        turn.untold = turn.press;
        self.rests_until = self.now + length.get() + limits::PULSE_GAP;
        self.rate.count(self.now);
        pursuit.awake = reaction == Reaction::Wakes;
        if !pursuit.awake {
            self.place.pressed(becomes, self.now);
        }
        if pursuit.by == Requester::AutoClose && becomes == Motion::Closing {
            self.auto_close.begin();
        }
        pursuit.pulses += 1;
        let ends = is_last || pursuit.pulses >= limits::PULSES_A_REQUEST;
        pursuit.stage = if ends { Stage::Ends } else { Stage::Pulses };
        pursuit.due = if ends { self.rests_until.max(self.now + limits::REPEAT) } else { self.rests_until };
        self.pursuit = Some(pursuit);
        Ok(Accepted::Pulsed)
    }

    /// Goes on with what is due.
    pub(super) fn go_on(&mut self, turn: &mut Turn) {
        let now = self.now;
        if let Some(pursuit) = self.pursuit.take_if(|pursuit| pursuit.due <= now)
            && pursuit.goes_on()
        {
            let (request, by) = (pursuit.request, pursuit.by.clone());
            let step = match now <= pursuit.due + limits::FRESH {
                true => self.pursue(pursuit, turn).map_err(GivenUp::Refused),
                false => Err(GivenUp::Late),
            };
            match step {
                Ok(Accepted::Already | Accepted::CalledOff) => {}
                Ok(Accepted::Pulsed | Accepted::Warned) => self.note(turn, Event::Followed { request, by }),
                Err(why) => self.give_up(request, by, why, turn),
            }
        }
        self.close_by_itself(turn);
    }
}
