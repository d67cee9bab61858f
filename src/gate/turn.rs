//! One input on its way through the machine: everything that was due before it, it, and what comes of it.

use std::time::Instant;

use super::place::Change;
use super::{Effects, Event, Gate, GivenUp, Motion, Mover, Press, Record, Refusal, Request, Requester, State, Travel};

/// One input on its way through the machine.
pub(super) struct Turn {
    pub(super) before: State,
    pub(super) press: Option<Press>,
    /// `press`, until it is in a record.
    pub(super) untold: Option<Press>,
    pub(super) learned: Option<Travel>,
    pub(super) records: Vec<Record>,
}

impl Turn {
    pub(super) const fn new(before: State) -> Self {
        Self { before, press: None, untold: None, learned: None, records: Vec::new() }
    }
}

impl Gate {
    pub(super) fn note(&self, turn: &mut Turn, event: Event) {
        self.note_at(self.now, turn, event);
    }

    /// The pulse of this turn goes to the first that is told after it.
    pub(super) fn note_at(&self, at: Instant, turn: &mut Turn, event: Event) {
        turn.records.push(Record { at, event, press: turn.untold.take(), state: self.state() });
    }

    /// Calls off whatever was still to come, be it a second pulse or an announced closing.
    pub(super) fn call_off(&mut self, why: GivenUp, turn: &mut Turn) {
        if let Some(pursuit) = self.pursuit.take()
            && pursuit.goes_on()
        {
            self.give_up(pursuit.request, pursuit.by, why, turn);
        }
    }

    pub(super) fn give_up(&mut self, request: Request, by: Requester, why: GivenUp, turn: &mut Turn) {
        // To be called off by somebody is no failure; they may be under the gate.
        let is_called_off =
            matches!(why, GivenUp::Superseded | GivenUp::MovedOutside | GivenUp::Refused(Refusal::Stopping));
        if by == Requester::AutoClose && !is_called_off {
            self.auto_close.fail();
        }
        self.note(turn, Event::GaveUp { request, by, why });
    }

    /// The gate did something.
    pub(super) fn follow(&mut self, at: Instant, change: Change, turn: &mut Turn) {
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
    pub(super) fn begin(&mut self, now: Instant) -> Turn {
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

    pub(super) fn end(&mut self, mut turn: Turn) -> Effects {
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
