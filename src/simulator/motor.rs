//! The motor and the leaf: a position that grows and shrinks with time.

use std::time::{Duration, Instant};

use super::Edge;
use crate::gate::{Act, Contact, Motion, Opener, Options, Sensor, Sensors, Target};

/// What the simulated opener and its gate are like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Design {
    /// What kind of opener it is.
    pub opener: Opener,
    /// What openers of its kind differ in.
    pub options: Options,
    /// From one end to the other.
    pub travel: Duration,
    /// How long the opener flashes its lamp before the gate moves.
    pub starts_after: Duration,
    /// The opener closes the gate after it has rested open for this long.
    pub closes_itself_after: Option<Duration>,
}

/// How long an opener that was woken listens for the press that counts.
const AWAKE: Duration = Duration::from_secs(10);
/// How long a motor pushes before its force limit stops it.
const PUSHES: Duration = Duration::from_secs(1);
/// A limit switch covers this part of the travel at its end.
const SWITCH: u32 = 50;

#[derive(Clone, Debug)]
pub(super) struct Motor {
    design: Design,
    motion: Motion,
    /// How far open the leaf was at `since`, in travel.
    position: Duration,
    /// When the leaf began to move or to rest; a motor that flashes first begins in the future.
    since: Instant,
    /// When the opener was told to.
    told: Instant,
    awake_until: Option<Instant>,
    is_obstructed: bool,
    is_jammed: bool,
    closed_switch: bool,
    open_switch: bool,
}

/// What happens next to the leaf.
#[derive(Clone, Copy)]
enum Step {
    Switch(Sensor, bool),
    Arrive(Target),
    GiveUp,
    CloseItself,
}

impl Motor {
    pub(super) const fn new(design: Design, now: Instant) -> Self {
        Self {
            design,
            motion: Motion::Closed,
            position: Duration::ZERO,
            since: now,
            told: now,
            awake_until: None,
            is_obstructed: false,
            is_jammed: false,
            closed_switch: true,
            open_switch: false,
        }
    }

    pub(super) fn press(&mut self, contact: Contact, now: Instant) {
        let is_awake = self.awake_until.take().is_some_and(|until| now <= until);
        match self.design.opener.behaviour().motor(contact, self.motion, is_awake, self.design.options) {
            Act::Nothing => {}
            Act::Wakes => self.awake_until = Some(now + AWAKE),
            Act::Opens if self.motion == Motion::Open => self.rest(Motion::Open, now),
            Act::Opens => self.go(Motion::Opening, now),
            Act::Closes => self.go(Motion::Closing, now),
            Act::Stops => self.rest(Motion::Stopped { after: self.motion.heading() }, now),
        }
    }

    /// Tells whether that is new.
    pub(super) fn obstruct(&mut self, is_obstructed: bool, now: Instant) -> bool {
        let is_new = self.is_obstructed != is_obstructed;
        self.is_obstructed = is_obstructed;
        match self.motion {
            Motion::Closing if is_obstructed => self.go(Motion::Opening, now),
            // The wait begins anew when the way is free.
            Motion::Open if is_new => self.since = now,
            _ => {}
        }
        is_new
    }

    pub(super) fn jam(&mut self, is_jammed: bool, now: Instant) {
        self.position = self.position(now);
        self.since = self.since.max(now);
        self.told = now;
        self.is_jammed = is_jammed;
    }

    /// The next thing that is due by `now` happens; there may be an edge with it.
    pub(super) fn pass(&mut self, now: Instant) -> Option<Option<Edge>> {
        let (at, step) = self.next().filter(|(at, _)| *at <= now)?;
        match step {
            Step::Switch(sensor, active) => {
                match sensor {
                    Sensor::ClosedSwitch => self.closed_switch = active,
                    Sensor::OpenSwitch => self.open_switch = active,
                    Sensor::Obstruction => {}
                }
                return Some(Some(Edge { sensor, active, at }));
            }
            Step::Arrive(end) => self.rest(Motion::at(end), at),
            Step::GiveUp => self.rest(Motion::Stopped { after: self.motion.heading() }, at),
            Step::CloseItself => self.go(Motion::Closing, at),
        }
        Some(None)
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.next().map(|(at, _)| at)
    }

    pub(super) const fn motion(&self) -> Motion {
        self.motion
    }

    pub(super) fn position(&self, now: Instant) -> Duration {
        let gone = if self.is_jammed { Duration::ZERO } else { now.saturating_duration_since(self.since) };
        match self.motion {
            Motion::Opening => (self.position + gone).min(self.design.travel),
            Motion::Closing => self.position.saturating_sub(gone),
            Motion::Closed | Motion::Open | Motion::Stopped { .. } => self.position,
        }
    }

    pub(super) const fn sensors(&self) -> Sensors {
        Sensors {
            closed_switch: Some(self.closed_switch),
            open_switch: Some(self.open_switch),
            obstruction: Some(self.is_obstructed),
        }
    }

    /// It moves that way.
    fn go(&mut self, motion: Motion, now: Instant) {
        // No opener closes on what its photo cell sees.
        if motion == Motion::Closing && self.is_obstructed {
            return;
        }
        if motion != self.motion {
            let flashes = if self.motion.rests() { self.design.starts_after } else { Duration::ZERO };
            self.position = self.position(now);
            self.motion = motion;
            self.since = now + flashes;
            self.told = now;
        }
    }

    fn rest(&mut self, motion: Motion, now: Instant) {
        self.position = self.position(now);
        self.motion = motion;
        self.since = now;
    }

    fn next(&self) -> Option<(Instant, Step)> {
        let (travel, switch) = (self.design.travel, self.design.travel / SWITCH);
        let reaches = |place: Duration| self.since + place.abs_diff(self.position);
        let give_up = self.is_jammed.then(|| (self.told.max(self.since) + PUSHES, Step::GiveUp));
        match self.motion {
            Motion::Opening | Motion::Closing if self.is_jammed => give_up,
            // The switches come before the end: they are not farther.
            Motion::Opening if self.closed_switch => {
                Some((reaches(switch.max(self.position)), Step::Switch(Sensor::ClosedSwitch, false)))
            }
            Motion::Opening if !self.open_switch => {
                Some((reaches((travel - switch).max(self.position)), Step::Switch(Sensor::OpenSwitch, true)))
            }
            Motion::Opening => Some((reaches(travel), Step::Arrive(Target::Open))),
            Motion::Closing if self.open_switch => {
                Some((reaches((travel - switch).min(self.position)), Step::Switch(Sensor::OpenSwitch, false)))
            }
            Motion::Closing if !self.closed_switch => {
                Some((reaches(switch.min(self.position)), Step::Switch(Sensor::ClosedSwitch, true)))
            }
            Motion::Closing => Some((reaches(Duration::ZERO), Step::Arrive(Target::Closed))),
            Motion::Open if !self.is_obstructed => {
                self.design.closes_itself_after.map(|wait| (self.since + wait, Step::CloseItself))
            }
            Motion::Open | Motion::Closed | Motion::Stopped { .. } => None,
        }
    }
}
