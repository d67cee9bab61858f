//! A gate in operation: the model, its relays, the time, and those who watch it.

mod books;
mod recording;
mod sensing;
mod simulation;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use log::{error, info, warn};
use thiserror::Error;
use tokio::sync::Notify;

pub(crate) use self::books::Books;
pub(crate) use self::sensing::Sensing;
pub(crate) use self::simulation::{Happening, Simulation};
use crate::config::AccessoryKind;
use crate::gate::{
    Accepted, Change, Contact, Effects, Event, Foreseen, Gate, Hold, Opener, Press, Record, Refusal, Request,
    Requester, Sensor, State, Travel,
};
use crate::hardware::{PulseEnd, Relay, RelayError};
use crate::standstill::Standstill;

/// One gate of the daemon.
pub(crate) struct LiveGate {
    name: String,
    make: Make,
    books: Books,
    standstill: Arc<Standstill>,
    inner: Mutex<Inner>,
    /// Something became due at another time.
    rescheduled: Notify,
}

struct Inner {
    gate: Gate,
    outputs: Outputs,
    watchers: Vec<Watcher>,
    timers: Vec<Timer>,
    /// Since when it does what it does; none before anything happened.
    since: Option<Instant>,
}

type Watcher = Box<dyn Fn(State) + Send>;
type Timer = Box<dyn Fn(Duration) + Send>;

/// What a gate is made of, which does not change while the daemon runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Make {
    /// What a press means to its opener.
    pub opener: Opener,
    /// What HomeKit takes it for.
    pub accessory: AccessoryKind,
    /// Whether nothing real presses its button.
    pub simulated: bool,
}

/// A gate at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    /// What it does, as far as that is known.
    pub(crate) state: State,
    /// Since when `state.current` is so; none when that was before the daemon's start.
    pub(crate) since: Option<Instant>,
    /// How long it is expected to travel.
    pub(crate) travel: Travel,
    /// What a press of its one button would do.
    pub(crate) press: Result<Foreseen, Refusal>,
}

/// What is wired to the gate's opener, and beside it.
pub(crate) struct Outputs {
    /// The only contact, or the one that opens.
    pub main: Relay,
    /// The one that closes.
    pub close: Option<Relay>,
    /// The one that stops.
    pub stop: Option<Relay>,
    /// The light or the beeper that warns.
    pub warning: Option<Relay>,
    /// A gate with nothing real behind its contacts.
    pub simulation: Option<Arc<Simulation>>,
}

/// What became of a request that was granted.
pub(crate) struct Granted {
    /// Whether there was anything to do.
    pub(crate) accepted: Accepted,
    /// The end of the pulse, if there is one.
    pub(crate) pulse: Option<PulseEnd>,
}

/// Why a request did nothing.
#[derive(Debug, Error)]
pub(crate) enum Denied {
    /// The gate's own rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The relay did not press the button.
    #[error("the relay failed: {0}")]
    Relay(#[from] PressError),
}

impl Denied {
    /// Whether nothing happened, and the same request may well be granted in a moment.
    pub(crate) const fn is_for_now(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                matches!(refusal, Refusal::Busy | Refusal::TooMany | Refusal::Stale | Refusal::Stopping)
            }
            Self::Relay(PressError::Relay(error)) => {
                matches!(error, RelayError::Busy | RelayError::Late | RelayError::NoKeeper)
            }
            Self::Relay(PressError::NotWired) => false,
        }
    }
}

/// Why a button was not pressed.
#[derive(Debug, Error)]
pub(crate) enum PressError {
    /// The relay, or what holds it.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The opener has a contact that nothing is wired to. The configuration allows no such opener.
    #[error("nothing is wired to that contact")]
    NotWired,
}

impl LiveGate {
    /// The gate that `gate` is the model of; nothing moves because of this.
    pub(crate) fn new(
        name: &str,
        make: Make,
        gate: Gate,
        outputs: Outputs,
        books: Books,
        standstill: Arc<Standstill>,
    ) -> Arc<Self> {
        let name = name.to_owned();
        let inner = Mutex::new(Inner { gate, outputs, watchers: Vec::new(), timers: Vec::new(), since: None });
        Arc::new(Self { name, make, books, standstill, inner, rescheduled: Notify::new() })
    }

    /// Calls `watcher` with every new state, in order, before the request that caused it is answered.
    pub(crate) fn watch(&self, watcher: impl Fn(State) + Send + 'static) {
        self.lock().watchers.push(Box::new(watcher));
    }

    /// Calls `timer` with the time that each request took until the relay had answered.
    #[cfg(feature = "api")]
    pub(crate) fn time(&self, timer: impl Fn(Duration) + Send + 'static) {
        self.lock().timers.push(Box::new(timer));
    }

    /// Somebody wants something; the button is down when this returns with a pulse.
    pub(crate) fn request(&self, request: Request, by: Requester) -> Result<Granted, Denied> {
        let began = Instant::now();
        let mut inner = self.lock();
        if let Some(found) = self.standstill.last() {
            inner.gate.stood_still(found);
        }
        // The copy is kept once the relay has answered: a pulse that failed moves nothing.
        let mut asked = inner.gate.clone();
        let (answer, effects) = asked.request(request, by.clone(), Instant::now());
        let pulse = match inner.outputs.press(effects.press) {
            Ok(pulse) => {
                inner.follow(asked);
                self.carry_out(&mut inner, &effects, None);
                pulse
            }
            Err(error) => {
                self.press_failed(&mut inner, Some((request, by)), &error);
                inner.took(began);
                return Err(error.into());
            }
        };
        inner.took(began);
        Ok(Granted { accepted: answer?, pulse })
    }

    /// Somebody wanted something too long ago: it is told, and moves nothing.
    pub(crate) fn asked_before(&self, request: Request, by: Requester) {
        self.input(|gate, now| gate.asked_before(request, by, now));
    }

    /// Puts a hold on or off, which moves nothing.
    pub(crate) fn hold(&self, hold: Hold, on: bool, by: Requester) -> Result<(), Denied> {
        let found = self.standstill.last();
        let mut answer = Ok(());
        self.input(|gate, now| {
            if let Some(found) = found {
                gate.stood_still(found);
            }
            let (given, effects) = gate.hold(hold, on, by, now);
            answer = given;
            effects
        });
        Ok(answer?)
    }

    /// A sensor's report, without its bounces.
    pub(crate) fn sense(&self, sensor: Sensor, change: Change) {
        self.input(|gate, now| gate.sensor(sensor, change.active, change.at, now));
    }

    /// A sensor of which nothing is heard any more.
    pub(crate) fn lose(&self, sensor: Sensor) {
        self.input(|gate, now| gate.lose(sensor, now));
    }

    /// Lets time pass for the gate, for ever.
    pub(crate) async fn run(&self) {
        loop {
            let wake_at = self.lock().gate.wake_at();
            tokio::select! {
                () = until(wake_at) => self.input(Gate::tick),
                () = self.rescheduled.notified() => {}
            }
        }
    }

    /// Refuses everybody from now on, calls off what was still to come, and ends running pulses: for an orderly stop.
    pub(crate) fn leave(&self) {
        self.input(Gate::leave);
        self.lock().outputs.all().for_each(Relay::release);
    }

    /// The state as last known.
    pub(crate) fn state(&self) -> State {
        self.lock().gate.state()
    }

    /// Until when every press is refused, because the last one has to be over first.
    pub(crate) fn rests_until(&self) -> Instant {
        self.lock().gate.rests_until()
    }

    /// All that can be seen of it.
    pub(crate) fn look(&self) -> Look {
        let inner = self.lock();
        let gate = &inner.gate;
        Look { state: gate.state(), since: inner.since, travel: gate.travel(), press: gate.foresee(Instant::now()) }
    }

    /// Whether its relays are held by somebody who would let go of them; a press fails while they are not.
    pub(crate) fn is_held(&self) -> bool {
        self.lock().outputs.main.is_held()
    }

    /// What is behind the relay, if nothing real is.
    pub(crate) fn simulation(&self) -> Option<Arc<Simulation>> {
        self.lock().outputs.simulation.clone()
    }

    /// The gate's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What it is made of.
    pub(crate) const fn make(&self) -> Make {
        self.make
    }

    /// Anything but a request. It may lead to a pulse that was granted before.
    fn input(&self, input: impl FnOnce(&mut Gate, Instant) -> Effects) {
        let mut inner = self.lock();
        let mut told = inner.gate.clone();
        let effects = input(&mut told, Instant::now());
        match inner.outputs.press(effects.press) {
            Ok(_) => {
                inner.follow(told);
                self.carry_out(&mut inner, &effects, None);
            }
            Err(error) => self.press_failed(&mut inner, None, &error),
        }
    }

    fn press_failed(&self, inner: &mut Inner, asked: Option<(Request, Requester)>, error: &PressError) {
        error!("gate {:?}: the relay failed: {error}", self.name);
        let now = Instant::now();
        if matches!(error, PressError::Relay(RelayError::NoAnswer)) {
            inner.gate.may_be_pressed(now);
            self.books.keep_press(&self.name, inner.gate.remembered());
        }
        let effects = inner.gate.press_failed(asked, now);
        self.carry_out(inner, &effects, Some(&error.to_string()));
    }

    /// All but the pulse, which comes first and may fail; then `failure` says why.
    fn carry_out(&self, inner: &mut Inner, effects: &Effects, failure: Option<&str>) {
        if let (Some(on), Some(warning)) = (effects.warning, &inner.outputs.warning)
            && let Err(error) = warning.set(on)
        {
            error!("gate {:?}: the warning cannot be put {}: {error}", self.name, if on { "on" } else { "off" });
        }
        if let Some(state) = effects.state {
            for watcher in &inner.watchers {
                watcher(state);
            }
        }
        for record in &effects.records {
            self.log(record);
            self.books.write(&self.name, record, failure);
        }
        if effects.press.is_some() {
            self.books.keep_press(&self.name, inner.gate.remembered());
        } else if !effects.records.is_empty() || effects.learned.is_some() {
            self.books.keep(&self.name, inner.gate.remembered());
        }
        self.rescheduled.notify_one();
    }

    fn log(&self, Record { event, .. }: &Record) {
        match event {
            Event::Asked { answer: Err(_), .. }
            | Event::Held { answer: Err(_), .. }
            | Event::GaveUp { .. }
            | Event::Clamped { .. }
            | Event::Fault(Some(_))
            | Event::AutoCloseGaveUp => warn!("gate {:?}: {event}", self.name),
            _ => info!("gate {:?}: {event}", self.name),
        }
    }

    /// The gate is whole between two calls, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn took(&self, began: Instant) {
        for timer in &self.timers {
            timer(began.elapsed());
        }
    }

    /// The gate is now as `gate` says.
    fn follow(&mut self, gate: Gate) {
        if gate.state().current != self.gate.state().current {
            self.since = Some(Instant::now());
        }
        self.gate = gate;
    }
}

impl Outputs {
    /// The button is down when this returns with a pulse.
    fn press(&self, press: Option<Press>) -> Result<Option<PulseEnd>, PressError> {
        let Some(Press { contact, length }) = press else { return Ok(None) };
        let relay = match contact {
            Contact::Main => Some(&self.main),
            Contact::Close => self.close.as_ref(),
            Contact::Stop => self.stop.as_ref(),
        };
        let pulse = relay.ok_or(PressError::NotWired)?.pulse(length)?;
        if let Some(simulation) = &self.simulation {
            simulation.pressed(contact);
        }
        Ok(Some(pulse))
    }

    fn all(&self) -> impl Iterator<Item = &Relay> {
        [Some(&self.main), self.close.as_ref(), self.stop.as_ref(), self.warning.as_ref()].into_iter().flatten()
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
