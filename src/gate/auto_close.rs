//! `auto_close_after`: when to close a gate that was left open, and when to stop trying.

use std::time::{Duration, Instant};

use super::inputs::Heeds;
use super::turn::Turn;
use super::{Confidence, Event, Gate, Motion, Request, Requester, limits};

/// Counts the time that a gate rests open, and the closings that failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AutoClose {
    after: Option<Duration>,
    /// Since when the gate may be waiting to be closed.
    armed: Option<Instant>,
    /// A closing is under way.
    tries: bool,
    failures: u8,
    /// It was said that no more closings are tried.
    is_told: bool,
}

impl AutoClose {
    /// Off when `after` is `None`.
    pub(super) const fn new(after: Option<Duration>, failures: u8) -> Self {
        Self { after, armed: None, tries: false, failures, is_told: failures >= limits::FAILED_CLOSINGS }
    }

    /// Looks at the gate after each input: `may_arm` says whether it is sensed to rest open and nothing
    /// forbids to close it. Tells whether it just gave up.
    pub(super) fn watch(&mut self, motion: Motion, may_arm: bool, now: Instant) -> bool {
        if motion == Motion::Closed {
            self.tries = false;
            self.failures = 0;
        } else if self.tries && motion != Motion::Closing {
            self.fail();
        }
        let is_armed = self.after.is_some() && may_arm && !self.tries && !self.has_given_up();
        self.armed = if is_armed { self.armed.or(Some(now)) } else { None };
        let gives_up = self.has_given_up() && !self.is_told;
        self.is_told = self.has_given_up();
        gives_up
    }

    /// When the gate is to be closed, unless something else happens before.
    pub(super) fn due(&self) -> Option<Instant> {
        Some(self.armed? + self.after?)
    }

    /// The wait begins anew.
    pub(super) const fn disarm(&mut self) {
        self.armed = None;
    }

    /// The button is pressed for a closing; the gate is closing now.
    pub(super) const fn begin(&mut self) {
        self.tries = true;
    }

    /// A closing came to nothing.
    pub(super) const fn fail(&mut self) {
        self.tries = false;
        self.armed = None;
        self.failures = self.failures.saturating_add(1);
    }

    pub(super) const fn failures(&self) -> u8 {
        self.failures
    }

    const fn has_given_up(&self) -> bool {
        self.failures >= limits::FAILED_CLOSINGS
    }
}

impl Gate {
    /// Looks whether the gate waits to be closed from here. Tells whether that was just given up.
    pub(super) fn arm(&mut self) -> bool {
        let motion = self.place.motion();
        let may_arm = matches!(motion, Motion::Open | Motion::Stopped { .. })
            && self.place.confidence() == Confidence::Sensed
            && self.knows_the_way()
            && self.heeds != Heeds::Nobody
            && !(self.place.is_obstructed() || self.hold_open || self.lockout)
            && self.pursuit.as_ref().is_none_or(|pursuit| !pursuit.goes_on());
        self.auto_close.watch(motion, may_arm, self.now)
    }

    /// Asks for a closing that is due.
    pub(super) fn close_by_itself(&mut self, turn: &mut Turn) {
        let now = self.now;
        match self.auto_close.due() {
            Some(due) if due <= now && now <= due + limits::FRESH => {
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
}
