//! A gate and its clock, which moves only when the test says so.

use std::time::{Duration, Instant};

use super::*;

pub(super) const TRAVEL: Duration = Duration::from_secs(18);
pub(super) const PULSE: Duration = Duration::from_secs(1);

pub(super) struct Day {
    pub(super) gate: Gate,
    pub(super) now: Instant,
    pub(super) records: Vec<Record>,
    pub(super) states: Vec<State>,
    pub(super) presses: Vec<Contact>,
    pub(super) warnings: Vec<bool>,
}

impl Day {
    pub(super) fn with(settings: Settings) -> Self {
        Self::sensing(settings, Sensors::default())
    }

    pub(super) fn sensing(settings: Settings, sensors: Sensors) -> Self {
        Self::remembering(settings, Remembered::default(), sensors)
    }

    /// The day begins when the first pulse may be given.
    pub(super) fn remembering(settings: Settings, remembered: Remembered, sensors: Sensors) -> Self {
        let start = Instant::now();
        let gate = Gate::new(settings, remembered, sensors, start);
        let (records, states, presses, warnings) = Default::default();
        let mut day = Self { gate, now: start, records, states, presses, warnings };
        day.pass(limits::PULSE_GAP);
        day
    }

    fn take(&mut self, effects: Effects) {
        assert_eq!(effects.wake_at, self.gate.wake_at());
        self.presses.extend(effects.press.map(|press| press.contact));
        self.warnings.extend(effects.warning);
        self.states.extend(effects.state);
        self.records.extend(effects.records);
    }

    pub(super) fn ask(&mut self, request: Request) -> Result<Accepted, Refusal> {
        self.ask_by(request, Requester::LocalApi(None))
    }

    pub(super) fn ask_by(&mut self, request: Request, by: Requester) -> Result<Accepted, Refusal> {
        let (answer, effects) = self.gate.request(request, by, self.now);
        assert_eq!(effects.press.is_some(), answer == Ok(Accepted::Pulsed));
        self.take(effects);
        answer
    }

    pub(super) fn sense(&mut self, sensor: Sensor, active: bool) {
        let effects = self.gate.sensor(sensor, active, self.now, self.now);
        self.take(effects);
    }

    pub(super) fn hold(&mut self, hold: Hold, on: bool) {
        let (_, effects) = self.gate.hold(hold, on, Requester::LocalApi(None), self.now);
        self.take(effects);
    }

    pub(super) fn leave(&mut self) {
        let effects = self.gate.leave(self.now);
        self.take(effects);
    }

    pub(super) fn lose(&mut self, sensor: Sensor) {
        let effects = self.gate.lose(sensor, self.now);
        self.take(effects);
    }

    /// Lets time pass, waking the gate whenever it asked for it.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.gate.wake_at().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            let effects = self.gate.tick(self.now);
            self.take(effects);
        }
        self.now = end;
    }

    /// Lets time pass while nobody wakes the gate, and wakes it then.
    pub(super) fn stall(&mut self, time: Duration) {
        self.now += time;
        let effects = self.gate.tick(self.now);
        self.take(effects);
    }

    pub(super) fn door(&self) -> DoorState {
        self.gate.state().current
    }

    pub(super) fn told(&self) -> Vec<String> {
        self.records.iter().map(|record| record.event.to_string()).collect()
    }
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn remembering(motion: Motion) -> Remembered {
    Remembered { motion, ..Remembered::default() }
}

/// A closed gate that has a limit switch at its closed end.
pub(super) const AT_CLOSED: Sensors =
    Sensors { closed_switch: Some(true), open_switch: None, obstruction: Some(false) };
/// A closed gate that has a limit switch at each end.
pub(super) const BETWEEN_BOTH: Sensors =
    Sensors { closed_switch: Some(true), open_switch: Some(false), obstruction: Some(false) };
