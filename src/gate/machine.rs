//! The machine: what may pulse, when, and what is told of it.

use std::time::Instant;

use super::auto_close::AutoClose;
use super::effects::{Effects, Turn};
use super::opener::{Next, Reaction};
use super::place::{Change, Place};
use super::pursuit::{Pursuit, Stage};
use super::rate::Rate;
use super::{
    Accepted, Event, GivenUp, Hold, Motion, Mover, Press, Refusal, Request, Requester, Sensor, Settings, Target, limits,
};

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
    fn may_be_stale(&self) -> bool {
        matches!(self.heeds, Heeds::After(time) if self.now <= time)
    }

    /// What to do about a request that is new.
    fn answer(&mut self, request: Request, by: &Requester, turn: &mut Turn) -> Result<Accepted, Refusal> {
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
    fn go_on(&mut self, turn: &mut Turn) {
        let now = self.now;
        let is_fresh = |due: Instant| now <= due + limits::FRESH;
        if let Some(pursuit) = self.pursuit.take_if(|pursuit| pursuit.due <= now)
            && pursuit.goes_on()
        {
            let (request, by) = (pursuit.request, pursuit.by.clone());
            let step = match is_fresh(pursuit.due) {
                true => self.pursue(pursuit, turn).map_err(GivenUp::Refused),
                false => Err(GivenUp::Late),
            };
            match step {
                Ok(Accepted::Already | Accepted::CalledOff) => {}
                Ok(Accepted::Pulsed | Accepted::Warned) => self.note(turn, Event::Followed { request, by }),
                Err(why) => self.give_up(request, by, why, turn),
            }
        }
        match self.auto_close.due() {
            Some(due) if due <= now && is_fresh(due) => {
                let (request, by) = (Request::Close, Requester::AutoClose);
                let answer = self.answer(request, &by, turn);
                self.note(turn, Event::Asked { request, by, answer });
                if answer.is_err() {
                    self.auto_close.fail();
                }
            }
            Some(due) if due <= now => self.auto_close.disarm(),
            _ => {}
        }
    }

    /// Calls off whatever was still to come, be it a second pulse or an announced closing.
    fn call_off(&mut self, why: GivenUp, turn: &mut Turn) {
        if let Some(pursuit) = self.pursuit.take()
            && pursuit.goes_on()
        {
            self.give_up(pursuit.request, pursuit.by, why, turn);
        }
    }

    fn give_up(&mut self, request: Request, by: Requester, why: GivenUp, turn: &mut Turn) {
        // To be called off by somebody is no failure; they may be under the gate.
        let is_called_off =
            matches!(why, GivenUp::Superseded | GivenUp::MovedOutside | GivenUp::Refused(Refusal::Stopping));
        if by == Requester::AutoClose && !is_called_off {
            self.auto_close.fail();
        }
        self.note(turn, Event::GaveUp { request, by, why });
    }

    /// The gate did something.
    fn follow(&mut self, at: Instant, change: Change, turn: &mut Turn) {
        match change {
            Change::Ran(travel, is_new) => {
                turn.learned = Some(travel);
                if is_new {
                    self.note_at(at, turn, Event::Learned(travel));
                }
            }
            Change::Became(motion, by) => {
                // What was to come was meant for a gate that nobody else moves.
                if by != Mover::Request {
                    self.call_off(GivenUp::MovedOutside, turn);
                }
                self.note_at(at, turn, Event::Became { door: motion.door(), by });
            }
        }
    }

    /// Goes through everything that was due by `now`, each at its own time.
    fn begin(&mut self, now: Instant) -> Turn {
        let before = self.state();
        self.now = self.now.max(now);
        let mut turn = Turn::new(before);
        self.pass(&mut turn);
        turn
    }

    fn pass(&mut self, turn: &mut Turn) {
        while let Some((at, change)) = self.place.pass(self.now) {
            self.follow(at, change, turn);
        }
    }

    fn end(&mut self, mut turn: Turn) -> Effects {
        self.pass(&mut turn);
        self.go_on(&mut turn);
        self.open_since = match self.place.motion() {
            Motion::Closed => None,
            _ => self.open_since.or(Some(self.now)),
        };
        if self.arm() {
            self.note(&mut turn, Event::AutoCloseGaveUp);
        }
        let state = self.state();
        if state.fault != turn.before.fault {
            self.note(&mut turn, Event::Fault(state.fault));
        }
        Effects {
            press: turn.press,
            warning: Some(state.warning).filter(|on| *on != turn.before.warning),
            state: Some(state).filter(|state| *state != turn.before),
            wake_at: self.wake_at(),
            records: turn.records,
            learned: turn.learned,
        }
    }
}
