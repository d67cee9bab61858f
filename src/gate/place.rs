//! Where the gate is: what was pressed, what the sensors say, and the time, put together.

use std::time::{Duration, Instant};

use super::limits;
use super::travel::{Run, Runs};
use super::{Confidence, Fault, Motion, Mover, Remembered, Sensor, Sensors, Settings, Target, Travel};

/// The gate's place. It decides nothing; it follows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    motion: Motion,
    /// When `motion` began.
    since: Instant,
    /// How far open the gate was then, in travel from the closed end. Unknown: it may need the whole travel.
    from: Option<Duration>,
    mover: Mover,
    sensors: Sensors,
    /// What a movement showed to be wrong.
    missed: Option<Fault>,
    /// A sensor that can no longer be read.
    unread: Option<Sensor>,
    run: Option<Run>,
    runs: Runs,
    configured: Travel,
    closes_itself_after: Option<Duration>,
}

/// What the gate did, for the record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    /// It does something else now.
    Became(Motion, Mover),
    /// It made a whole run, with which the travel is known to be this long, and whether that is new.
    Ran(Travel, bool),
}

impl Place {
    /// A gate of which this is remembered, with what the sensors say now.
    pub(super) fn new(settings: &Settings, remembered: &Remembered, sensors: Sensors, now: Instant) -> Self {
        let stopped = Motion::Stopped { after: None };
        let was = remembered.motion;
        // It was set off just now, and may not have left its switch yet.
        let leaves = was.heading().filter(|_| remembered.age.is_some_and(|age| age < limits::SETTLES));
        let motion = match (sensors.closed_switch, sensors.open_switch) {
            (Some(true), Some(true)) => stopped,
            (Some(true), _) if leaves == Some(Target::Open) => was,
            (_, Some(true)) if leaves == Some(Target::Closed) => was,
            (Some(true), _) => Motion::Closed,
            (_, Some(true)) => Motion::Open,
            // Seen to be at neither end: what was remembered may hold if it does not say that it is at one.
            (Some(false), Some(false)) if was == Motion::Closed || was == Motion::Open => stopped,
            (Some(false), None) if was == Motion::Closed => Motion::Open,
            (None, Some(false)) if was == Motion::Open => stopped,
            _ => was,
        };
        let known = if motion == was { remembered.age } else { None };
        Self {
            motion,
            since: known.and_then(|age| now.checked_sub(age)).unwrap_or(now),
            from: None,
            mover: Mover::Outside,
            sensors,
            missed: None,
            unread: None,
            run: None,
            runs: remembered.runs.clone(),
            configured: settings.travel,
            closes_itself_after: settings.closes_itself_after.map(super::OpenTime::get),
        }
    }

    /// A rest that is only assumed is taken to be `motion`, from `now` on.
    pub(super) fn assume(&mut self, motion: Motion, now: Instant) {
        if self.confidence() == Confidence::Assumed && self.motion.rests() && self.fault().is_none() {
            self.motion = motion;
            self.since = now;
        }
    }

    /// A button was pressed, and the opener makes this of it.
    pub(super) fn pressed(&mut self, motion: Motion, now: Instant) {
        // A whole run begins where the gate rests at an end; a press on the way spoils one.
        self.run = match (self.motion, motion) {
            (Motion::Closed, Motion::Opening) => Some(Run::new(Target::Closed, now)),
            (Motion::Open, Motion::Closing) => Some(Run::new(Target::Open, now)),
            _ => None,
        };
        // What keeps moving as before keeps its timetable.
        if motion != self.motion || motion.rests() {
            self.begin(motion, Mover::Request, now);
        }
    }

    /// A limit switch reports or no longer does, since `at`; or the photo cell. Without such a sensor, nothing happens.
    pub(super) fn sense(&mut self, sensor: Sensor, active: bool, at: Instant) -> Vec<Change> {
        let Some(level) = self.sensors.level_mut(sensor).filter(|level| **level != active) else {
            return Vec::new();
        };
        *level = active;
        let end = match sensor {
            Sensor::ClosedSwitch => Target::Closed,
            Sensor::OpenSwitch => Target::Open,
            Sensor::Obstruction => return self.obstruct(active, at),
        };
        let is_elsewhere = self.sensors.at(end.opposite()) == Some(true);
        match (active, is_elsewhere) {
            (true, true) => self.become_stopped(at),
            // It was still there when the button was pressed: this is no arrival, it has not left yet.
            (true, false) if at < self.since && self.motion.heading() == Some(end.opposite()) => Vec::new(),
            (true, false) => self.arrive(end, at),
            (false, true) => self.arrive(end.opposite(), at),
            (false, false) => self.leave(end, at),
        }
    }

    /// A sensor can no longer be read. Without its limit switches the state is assumed; without its photo cell, there may be
    /// something in the way.
    pub(super) fn lose(&mut self, sensor: Sensor, now: Instant) {
        if self.sensors.level_mut(sensor).is_none() {
            return;
        }
        match sensor {
            Sensor::ClosedSwitch => self.sensors.closed_switch = None,
            Sensor::OpenSwitch => self.sensors.open_switch = None,
            Sensor::Obstruction => self.sensors.obstruction = Some(true),
        }
        self.unread = self.unread.or(Some(sensor));
        // Where it rests is not measured any more: a wait for its opener begins here.
        if self.motion == Motion::Open {
            self.since = now;
        }
        self.run = None;
    }

    /// Whatever is due by `now` happens, at most one thing; call until there is nothing.
    pub(super) fn pass(&mut self, now: Instant) -> Option<(Instant, Change)> {
        let at = self.due().filter(|at| *at <= now)?;
        let (motion, mover) = match (self.motion, self.motion.heading()) {
            (Motion::Stopped { .. }, _) => (self.still_at().map_or(self.motion, Motion::at), self.mover),
            (Motion::Open, _) => (Motion::Closing, Mover::Opener),
            (_, Some(end)) if self.sensors.at(end.opposite()) == Some(true) => {
                self.missed = Some(Fault::NotLeft(end.opposite()));
                (Motion::at(end.opposite()), Mover::Opener)
            }
            (_, Some(end)) if self.sensors.at(end) == Some(false) => {
                self.missed = Some(Fault::NotReached(end));
                // An opener that was closing and is not closed may have reversed: nobody knows its next way.
                (Motion::Stopped { after: Some(end).filter(|end| *end == Target::Open) }, Mover::Outside)
            }
            (_, Some(end)) => (Motion::at(end), self.mover),
            (rest, None) => (rest, self.mover),
        };
        self.begin(motion, mover, at);
        Some((at, Change::Became(motion, mover)))
    }

    /// When something is due, if ever.
    pub(super) fn due(&self) -> Option<Instant> {
        let after = match self.motion {
            Motion::Closed => return None,
            Motion::Stopped { .. } => {
                self.still_at()?;
                limits::SETTLES
            }
            // A switch at the open end tells when it leaves, and nothing closes on an obstruction.
            Motion::Open if self.sensors.open_switch == Some(true) || self.sensors.obstruction == Some(true) => {
                return None;
            }
            Motion::Open => self.closes_itself_after?,
            Motion::Opening => self.time_to(Target::Open, |travel, from| travel.saturating_sub(from)),
            Motion::Closing => self.time_to(Target::Closed, |_, from| from),
        };
        Some(self.since + after)
    }

    pub(super) const fn motion(&self) -> Motion {
        self.motion
    }

    pub(super) fn confidence(&self) -> Confidence {
        let Sensors { closed_switch: closed, open_switch: open, .. } = self.sensors;
        let is_sensed = match (self.motion, closed, open) {
            (_, Some(true), Some(true)) => false,
            (Motion::Closed, closed, _) => closed == Some(true),
            (Motion::Open, _, Some(open)) => open,
            (Motion::Closing, _, Some(open)) => !open,
            (Motion::Open | Motion::Opening | Motion::Closing | Motion::Stopped { .. }, closed, _) => {
                closed == Some(false)
            }
        };
        if is_sensed { Confidence::Sensed } else { Confidence::Assumed }
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        let both = self.sensors.closed_switch == Some(true) && self.sensors.open_switch == Some(true);
        if both { Some(Fault::BothEnds) } else { self.unread.map(Fault::Unread).or(self.missed) }
    }

    pub(super) fn is_obstructed(&self) -> bool {
        self.sensors.obstruction == Some(true)
    }

    pub(super) fn travel(&self) -> Travel {
        self.runs.travel(self.configured)
    }

    pub(super) const fn runs(&self) -> &Runs {
        &self.runs
    }

    fn begin(&mut self, motion: Motion, mover: Mover, at: Instant) {
        self.from = self.opened(at);
        self.motion = motion;
        self.mover = mover;
        self.since = at;
    }

    fn become_stopped(&mut self, at: Instant) -> Vec<Change> {
        self.run = None;
        let stopped = Motion::Stopped { after: None };
        let is_new = self.motion != stopped;
        self.begin(stopped, Mover::Outside, at);
        is_new.then_some(Change::Became(stopped, Mover::Outside)).into_iter().collect()
    }

    fn arrive(&mut self, end: Target, at: Instant) -> Vec<Change> {
        self.missed = None;
        let is_expected = self.motion.committed() == Some(end);
        let mover = if is_expected { self.mover } else { Mover::Outside };
        let is_new = self.motion != Motion::at(end);
        self.begin(Motion::at(end), mover, at);
        let mut changes: Vec<_> = is_new.then_some(Change::Became(self.motion, mover)).into_iter().collect();
        let before = self.travel();
        if let Some(run) = self.run.take().and_then(|run| run.ends(end, at))
            && self.runs.add(run, self.configured)
        {
            changes.push(Change::Ran(self.travel(), self.travel() != before));
        }
        changes
    }

    fn leave(&mut self, end: Target, at: Instant) -> Vec<Change> {
        self.missed = None;
        self.run = Some(Run::new(end, at));
        let away = Motion::toward(end.opposite());
        let is_expected = self.motion == away;
        let closes_itself = end == Target::Open && self.closes_itself_after.is_some();
        let mover = match is_expected {
            true => self.mover,
            false if closes_itself => Mover::Opener,
            false => Mover::Outside,
        };
        // Whatever is left by a switch was at that switch.
        self.motion = Motion::at(end);
        self.begin(away, mover, at);
        if is_expected { Vec::new() } else { vec![Change::Became(away, mover)] }
    }

    /// An opener that meets an obstruction while it closes opens again. Where it only stops, a switch
    /// tells; and where there is none, it is safer to say open of a closed gate than the reverse.
    fn obstruct(&mut self, active: bool, at: Instant) -> Vec<Change> {
        match self.motion {
            Motion::Closing if active => {
                self.run = None;
                self.begin(Motion::Opening, Mover::Opener, at);
                vec![Change::Became(Motion::Opening, Mover::Opener)]
            }
            // A gate that closes itself begins its wait anew once the way is free.
            Motion::Open if !active => {
                self.since = at;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// The end whose switch reports, of a gate that was stopped before it had left it.
    fn still_at(&self) -> Option<Target> {
        match (self.sensors.closed_switch, self.sensors.open_switch) {
            (Some(true), Some(true)) => None,
            (Some(true), _) => Some(Target::Closed),
            (_, Some(true)) => Some(Target::Open),
            _ => None,
        }
    }

    /// How long the way to `end` may take. To a switch it may take its margin, from wherever.
    fn time_to(&self, end: Target, rest: impl FnOnce(Duration, Duration) -> Duration) -> Duration {
        let travel = self.travel();
        if self.sensors.at(end).is_some() {
            return travel.get() + limits::margin(travel);
        }
        self.from.map_or(travel.get(), |from| rest(travel.get(), from))
    }

    /// How far the gate is open, in travel from the closed end, if that is known.
    fn opened(&self, now: Instant) -> Option<Duration> {
        let travel = self.travel().get();
        let gone = now.saturating_duration_since(self.since);
        match self.motion {
            Motion::Closed => Some(Duration::ZERO),
            Motion::Open => Some(travel),
            Motion::Opening => self.from.map(|from| (from + gone).min(travel)),
            Motion::Closing => self.from.map(|from| from.saturating_sub(gone)),
            Motion::Stopped { .. } => self.from,
        }
    }
}
