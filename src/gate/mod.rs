//! The gate as a pure state machine: a request or the time goes in, effects come out.
//!
//! It has no clock, does no I/O and writes no log. Its one law:
//!
//! > **Only a request pulses.** [`Gate::new`] and [`Gate::tick`] never do; a request for what the
//! > gate already does never does; and no pulse starts before the last one is over for
//! > [`limits::PULSE_GAP`].
//!
//! A `Gate` is a value. Who must not believe in a pulse that failed asks a clone and keeps it only
//! once the relay has answered.

pub(crate) mod limits;

mod opener;
mod request;
mod state;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

pub(crate) use limits::{OpenTime, PulseLength, Travel};
pub(crate) use opener::Opener;
pub(crate) use request::{Accepted, Event, Record, Refusal, Request, Requester};
pub(crate) use state::{Confidence, DoorState, State, Target};

/// How one gate behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Settings {
    /// What a press means to the opener.
    pub opener: Opener,
    /// How long a press lasts.
    pub pulse: PulseLength,
    /// From one end to the other.
    pub travel: Travel,
    /// The opener closes the gate by itself after it has rested open for this long.
    pub closes_itself_after: Option<OpenTime>,
    /// Whether a request to close may pulse though nothing confirms that the gate is open.
    pub close_when_assumed: bool,
}

/// What must happen now. At most one pulse and one change of state: the types allow no more.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use = "a pulse or a new state must be carried out"]
pub(crate) struct Effects {
    /// Press the button.
    pub pulse: Option<PulseLength>,
    /// Tell the new state, all of it at once.
    pub state: Option<State>,
    /// Call [`Gate::tick`] at this time; it replaces what was said before. `None`: nothing is due.
    pub wake_at: Option<Instant>,
    /// Lines for the log and the history, oldest first.
    pub records: Vec<Record>,
}

/// One gate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Gate {
    settings: Settings,
    phase: Phase,
    /// No pulse starts before.
    rests_until: Option<Instant>,
}

impl Gate {
    /// A gate of which the last that is known is `remembered`; [`DoorState::Closed`] when nothing is.
    ///
    /// A remembered movement may have begun at any time, so it is given the whole travel from now.
    /// What was remembered of the last pulse is not needed: the relay that is taken anew is idle.
    pub(crate) fn new(settings: Settings, remembered: DoorState, now: Instant) -> Self {
        let mut gate = Self { settings, phase: Phase::Closed, rests_until: None };
        if settings.opener.travels() {
            gate.phase = match remembered {
                DoorState::Closed => Phase::Closed,
                DoorState::Open => gate.open_since(now),
                DoorState::Opening => Phase::Opening { from: None, since: now },
                DoorState::Closing => Phase::Closing { from: None, since: now },
                DoorState::Stopped => Phase::Stopped,
            };
        }
        gate
    }

    /// Somebody wants something. The answer is the caller's to give, the effects are the caller's to carry out.
    #[must_use = "the effects must be carried out"]
    pub(crate) fn request(
        &mut self,
        request: Request,
        by: Requester,
        now: Instant,
    ) -> (Result<Accepted, Refusal>, Effects) {
        let before = self.state();
        let mut records = self.advance(now);
        let (answer, pulse) = match self.decide(request, now) {
            Ok(Some(press)) => {
                self.press(press, now);
                (Ok(Accepted::Pulsed), Some(press.length))
            }
            Ok(None) => (Ok(Accepted::Already), None),
            Err(refusal) => (Err(refusal), None),
        };
        let event = Event::Asked { request, by, answer };
        records.push(Record { at: now, event });
        (answer, Effects { pulse, ..self.effects(before, records) })
    }

    /// Time has passed. Never pulses.
    pub(crate) fn tick(&mut self, now: Instant) -> Effects {
        let before = self.state();
        let records = self.advance(now);
        self.effects(before, records)
    }

    /// The state as of the last call.
    pub(crate) fn state(&self) -> State {
        let current = self.door();
        State { current, target: current.committed().unwrap_or(Target::Open), confidence: Confidence::Assumed }
    }

    /// When [`Gate::tick`] is next due, if ever.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        match self.phase {
            Phase::Closed | Phase::Stopped => None,
            Phase::Open { closes } => closes,
            Phase::Opening { from, since } => Some(since + self.travel().saturating_sub(from.unwrap_or_default())),
            Phase::Closing { from, since } => Some(since + from.unwrap_or(self.travel())),
        }
    }

    /// Goes through everything that was due by `now`, each at its own time.
    fn advance(&mut self, now: Instant) -> Vec<Record> {
        let mut records = Vec::new();
        // Ends: a phase that is due leads to one step on, and being closed is never due.
        while let Some(at) = self.wake_at().filter(|at| *at <= now) {
            self.phase = match self.phase {
                Phase::Opening { .. } => self.open_since(at),
                Phase::Open { .. } if self.settings.opener.travels() => self.closing_since(at),
                Phase::Open { .. } | Phase::Closing { .. } | Phase::Closed => Phase::Closed,
                Phase::Stopped => Phase::Stopped,
            };
            records.push(Record { at, event: Event::Became(self.door()) });
        }
        records
    }

    /// The press that `request` needs, if any. The only place that grants a pulse.
    fn decide(&self, request: Request, now: Instant) -> Result<Option<Press>, Refusal> {
        let door = self.door();
        let opener = self.settings.opener;
        let (wanted, length) = match request {
            Request::Stop if door.is_moving() => return Err(Refusal::CannotStop),
            Request::Stop => return Ok(None),
            // Home sends the target twice, and so do two people at the door.
            Request::Open | Request::Close if door.committed() == request.target() => return Ok(None),
            Request::Close if !opener.can_close() => return Err(Refusal::CannotClose),
            Request::Close if !self.may_close() => return Err(Refusal::StateAssumed),
            Request::Open => (Target::Open, None),
            Request::Close => (Target::Closed, None),
            Request::Toggle(length) => (opener.pressed(door, Target::Open), length),
        };
        if self.rests_until.is_some_and(|until| now < until) {
            return Err(Refusal::Busy);
        }
        Ok(Some(Press { wanted, length: length.unwrap_or(self.settings.pulse) }))
    }

    /// Whether a press that is meant to close can be trusted not to open.
    fn may_close(&self) -> bool {
        self.settings.close_when_assumed || self.state().confidence == Confidence::Sensed
    }

    /// The button goes down at `now`: what the opener makes of it.
    fn press(&mut self, press: Press, now: Instant) {
        let end = now + press.length.get();
        self.rests_until = Some(end + limits::PULSE_GAP);
        let opener = self.settings.opener;
        self.phase = if !opener.travels() {
            Phase::Open { closes: Some(end) }
        } else {
            match (opener.pressed(self.door(), press.wanted), self.phase) {
                // Already open: a self-closing opener begins its wait anew.
                (Target::Open, Phase::Open { .. }) => self.open_since(now),
                (Target::Open, Phase::Opening { .. }) => self.phase,
                (Target::Open, _) => Phase::Opening { from: self.opened(now), since: now },
                (Target::Closed, _) => Phase::Closing { from: self.opened(now), since: now },
            }
        };
    }

    /// How far the gate is open, in travel time from the closed end, if that is known.
    fn opened(&self, now: Instant) -> Option<Duration> {
        match self.phase {
            Phase::Closed => Some(Duration::ZERO),
            Phase::Open { .. } => Some(self.travel()),
            Phase::Opening { from, since } => {
                from.map(|from| (from + now.saturating_duration_since(since)).min(self.travel()))
            }
            Phase::Closing { from, since } => {
                from.map(|from| from.saturating_sub(now.saturating_duration_since(since)))
            }
            Phase::Stopped => None,
        }
    }

    fn open_since(&self, at: Instant) -> Phase {
        Phase::Open { closes: self.settings.closes_itself_after.map(|wait| at + wait.get()) }
    }

    fn closing_since(&self, at: Instant) -> Phase {
        Phase::Closing { from: Some(self.travel()), since: at }
    }

    fn door(&self) -> DoorState {
        match self.phase {
            Phase::Closed => DoorState::Closed,
            Phase::Open { .. } => DoorState::Open,
            Phase::Opening { .. } => DoorState::Opening,
            Phase::Closing { .. } => DoorState::Closing,
            Phase::Stopped => DoorState::Stopped,
        }
    }

    fn travel(&self) -> Duration {
        self.settings.travel.get()
    }

    fn effects(&self, before: State, records: Vec<Record>) -> Effects {
        let state = Some(self.state()).filter(|state| *state != before);
        Effects { pulse: None, state, wake_at: self.wake_at(), records }
    }
}

/// Where the gate is, with what it takes to know when it gets on. `from` is how far open it was when
/// it started, in travel time from the closed end; when that is unknown it may need the whole travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    Closed,
    Opening { from: Option<Duration>, since: Instant },
    Open { closes: Option<Instant> },
    Closing { from: Option<Duration>, since: Instant },
    Stopped,
}

/// One press of the button.
#[derive(Clone, Copy, Debug)]
struct Press {
    wanted: Target,
    length: PulseLength,
}

impl Request {
    const fn target(self) -> Option<Target> {
        match self {
            Self::Open => Some(Target::Open),
            Self::Close => Some(Target::Closed),
            Self::Stop | Self::Toggle(_) => None,
        }
    }
}
