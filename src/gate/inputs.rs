//! One gate, and what it can be told.

use std::time::Instant;

use super::auto_close::AutoClose;
use super::place::Place;
use super::pursuit::Pursuit;
use super::rate::Rate;
use super::turn::Turn;
use super::{Accepted, Effects, Event, GivenUp, Hold, Refusal, Request, Requester, Sensor, Settings, limits};

/// One gate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Gate {
    pub(super) settings: Settings,
    pub(super) place: Place,
    pub(super) pursuit: Option<Pursuit>,
    pub(super) auto_close: AutoClose,
    pub(super) rate: Rate,
    /// No pulse starts before.
    pub(super) rests_until: Instant,
    /// Since when the gate is not closed.
    pub(super) open_since: Option<Instant>,
    pub(super) lockout: bool,
    pub(super) hold_open: bool,
    pub(super) heeds: Heeds,
    /// The latest time that was heard of.
    pub(super) now: Instant,
}

/// Whose requests are looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Heeds {
    Everybody,
    /// Those that come after this; an earlier one may have waited while the program stood still.
    After(Instant),
    Nobody,
}

impl Gate {
    /// Somebody wants something, just now. The answer is the caller's to give, the effects are the caller's to carry out.
    #[must_use = "the effects must be carried out"]
    pub(crate) fn request(
        &mut self,
        request: Request,
        by: Requester,
        now: Instant,
    ) -> (Result<Accepted, Refusal>, Effects) {
        let mut turn = self.begin(now);
        let answer = self.answer(request, &by, &mut turn);
        self.note(&mut turn, Event::Asked { request, by, answer });
        (answer, self.end(turn))
    }

    /// A sensor reports or no longer does since `at`, which was found out at `now`; bounces are gone already.
    pub(crate) fn sensor(&mut self, sensor: Sensor, active: bool, at: Instant, now: Instant) -> Effects {
        let mut turn = self.begin(now);
        let was_obstructed = self.place.is_obstructed();
        for change in self.place.sense(sensor, active, at.min(self.now)) {
            self.follow(at.min(self.now), change, &mut turn);
        }
        let is_obstructed = self.place.is_obstructed();
        if is_obstructed != was_obstructed {
            self.note(&mut turn, Event::Obstruction(is_obstructed));
        }
        if is_obstructed && self.is_warning() {
            self.call_off(GivenUp::Refused(Refusal::Obstructed), &mut turn);
        }
        self.end(turn)
    }

    /// Nobody will hear of this sensor any more. What it said last is not believed; a photo cell counts as obstructed.
    pub(crate) fn lose(&mut self, sensor: Sensor, now: Instant) -> Effects {
        let mut turn = self.begin(now);
        self.place.lose(sensor, self.now);
        if self.place.is_obstructed() && self.is_warning() {
            self.call_off(GivenUp::Refused(Refusal::Obstructed), &mut turn);
        }
        self.end(turn)
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Instant) -> Effects {
        let turn = self.begin(now);
        self.end(turn)
    }

    /// Nobody was there to hear who asked: what is heard for a while from now on may be old, and is refused.
    pub(crate) fn stood_still(&mut self, now: Instant) {
        if self.heeds != Heeds::Nobody {
            self.heeds = Heeds::After(now + limits::CATCHES_UP);
        }
    }

    /// Somebody wanted something too long ago: it is told, and moves nothing.
    pub(crate) fn asked_before(&mut self, request: Request, by: Requester, now: Instant) -> Effects {
        let mut turn = self.begin(now);
        self.note(&mut turn, Event::Asked { request, by, answer: Err(Refusal::Stale) });
        self.end(turn)
    }

    /// The program ends: what was still to come is called off, and from now on nothing begins.
    pub(crate) fn leave(&mut self, now: Instant) -> Effects {
        self.heeds = Heeds::Nobody;
        self.auto_close.disarm();
        let mut turn = self.begin(now);
        self.call_off(GivenUp::Refused(Refusal::Stopping), &mut turn);
        self.end(turn)
    }

    /// Puts a hold on or off. It moves nothing, and calls off what it forbids. Nobody is hurt by a hold that is put on late;
    /// one that is put off late may be wanted again by now.
    #[must_use = "the effects must be carried out"]
    pub(crate) fn hold(&mut self, hold: Hold, on: bool, by: Requester, now: Instant) -> (Result<(), Refusal>, Effects) {
        let mut turn = self.begin(now);
        let answer = if !on && self.may_be_stale() { Err(Refusal::Stale) } else { Ok(()) };
        if answer.is_ok() {
            self.put(hold, on, &mut turn);
        }
        self.note(&mut turn, Event::Held { hold, on, by, answer });
        (answer, self.end(turn))
    }

    fn put(&mut self, hold: Hold, on: bool, turn: &mut Turn) {
        match hold {
            Hold::Lockout => self.lockout = on,
            Hold::Open => self.hold_open = on,
        }
        if self.lockout {
            self.call_off(GivenUp::Refused(Refusal::LockedOut), turn);
        } else if self.hold_open && self.is_warning() {
            self.call_off(GivenUp::Refused(Refusal::HeldOpen), turn);
        }
    }

    /// The relay did not carry out a press. For the gate as it was before the call that wanted it; `asked`
    /// when that call was a request.
    pub(crate) fn press_failed(&mut self, asked: Option<(Request, Requester)>, now: Instant) -> Effects {
        let mut turn = self.begin(now);
        self.call_off(GivenUp::RelayFailed, &mut turn);
        match asked {
            Some((request, by)) => self.note(&mut turn, Event::GaveUp { request, by, why: GivenUp::RelayFailed }),
            // It may have been pressed without a warning before.
            None if self.auto_close.due().is_some_and(|due| due <= self.now) => self.auto_close.fail(),
            None => {}
        }
        self.end(turn)
    }

    /// Nobody knows whether a press that failed was carried out: it counts as one, and has to be over before the next.
    pub(crate) fn may_be_pressed(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.rests_until = self.rests_until.max(self.now + limits::PULSE_GAP);
        self.rate.count(self.now);
    }

    /// Whether what is heard now may have waited while the program stood still.
    pub(super) fn may_be_stale(&self) -> bool {
        matches!(self.heeds, Heeds::After(time) if self.now <= time)
    }
}
