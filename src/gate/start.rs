//! The beginning of a gate, and what it leaves for the next one.

use std::time::{Duration, Instant};

use super::auto_close::AutoClose;
use super::inputs::Heeds;
use super::place::Place;
use super::rate::Rate;
use super::{Gate, Motion, Remembered, Sensors, Settings, limits};

impl Gate {
    /// A gate of which this is remembered, with what its sensors say now. Nothing moves and nothing is told.
    pub(crate) fn new(settings: Settings, remembered: Remembered, sensors: Sensors, now: Instant) -> Self {
        // What does not travel always reads closed.
        let (remembered, sensors) = match settings.opener.behaviour().travels() {
            true => (remembered, sensors),
            false => (
                Remembered { motion: Motion::Closed, ..remembered },
                Sensors { obstruction: sensors.obstruction, ..Sensors::default() },
            ),
        };
        let mut place = Place::new(&settings, &remembered, sensors, now);
        while place.pass(now).is_some() {}
        let window = place.travel().get() + limits::margin(place.travel());
        if settings.opener.behaviour().travels()
            && remembered.age.is_none_or(|age| age > window)
            && let Some(motion) = settings.assumed_at_start.motion()
        {
            place.assume(motion, now);
        }
        // What was remembered last may have been a pulse, and its button may be up only just now.
        let may_have_pulsed = remembered.age.is_some_and(|age| age < limits::LONGEST_PULSE + limits::PULSE_GAP);
        let mut gate = Self {
            settings,
            open_since: (place.motion() != Motion::Closed).then_some(now),
            place,
            pursuit: None,
            auto_close: AutoClose::new(settings.auto_close_after.map(|it| it.get()), remembered.failed_closings),
            rate: Rate::new(settings.pulses_a_minute),
            rests_until: if may_have_pulsed { now + limits::PULSE_GAP } else { now },
            lockout: remembered.lockout,
            hold_open: remembered.hold_open,
            heeds: Heeds::Everybody,
            now,
        };
        gate.arm();
        gate
    }

    /// What must survive a restart, as of the last call.
    pub(crate) fn remembered(&self) -> Remembered {
        Remembered {
            motion: self.place.motion(),
            runs: self.place.runs().clone(),
            lockout: self.lockout,
            hold_open: self.hold_open,
            failed_closings: self.auto_close.failures(),
            age: Some(Duration::ZERO),
        }
    }
}
