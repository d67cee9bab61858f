//! A gate in operation: the model, its relay, the time, and those who watch it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use log::{error, info, warn};
use thiserror::Error;
use tokio::sync::Notify;

use crate::gate::{Accepted, DoorState, Effects, Event, Gate, Record, Refusal, Request, Requester, Settings, State};
use crate::hardware::{PulseEnd, Relay, RelayError};

/// One gate of the daemon.
pub(crate) struct LiveGate {
    name: String,
    inner: Mutex<Inner>,
    /// Something became due at another time.
    rescheduled: Notify,
}

struct Inner {
    gate: Gate,
    relay: Relay,
    watchers: Vec<Watcher>,
}

type Watcher = Box<dyn Fn(State) + Send>;

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
    Relay(#[from] RelayError),
}

impl LiveGate {
    /// A gate at rest; nothing moves because of this.
    pub(crate) fn new(name: &str, settings: Settings, relay: Relay) -> Arc<Self> {
        let gate = Gate::new(settings, DoorState::Closed, Instant::now());
        let inner = Inner { gate, relay, watchers: Vec::new() };
        Arc::new(Self { name: name.to_owned(), inner: Mutex::new(inner), rescheduled: Notify::new() })
    }

    /// Calls `watcher` with every new state, in order, before the request that caused it is answered.
    pub(crate) fn watch(&self, watcher: impl Fn(State) + Send + 'static) {
        self.lock().watchers.push(Box::new(watcher));
    }

    /// Somebody wants something; the button is down when this returns with a pulse.
    pub(crate) fn request(&self, request: Request, by: Requester) -> Result<Granted, Denied> {
        let mut inner = self.lock();
        // The copy is kept once the relay has answered: a pulse that failed moves nothing.
        let mut asked = inner.gate.clone();
        let (answer, effects) = asked.request(request, by, Instant::now());
        let pulse = match effects.pulse {
            Some(length) => match inner.relay.pulse(length) {
                Ok(end) => Some(end),
                Err(error) => {
                    error!("gate {:?}: {request}: the relay failed: {error}", self.name);
                    return Err(error.into());
                }
            },
            None => None,
        };
        inner.gate = asked;
        self.carry_out(&inner, &effects);
        Ok(Granted { accepted: answer?, pulse })
    }

    /// Lets time pass for the gate, for ever.
    pub(crate) async fn run(&self) {
        loop {
            let wake_at = self.lock().gate.wake_at();
            tokio::select! {
                () = until(wake_at) => self.tick(),
                () = self.rescheduled.notified() => {}
            }
        }
    }

    /// Ends a running pulse now; for an orderly stop.
    pub(crate) fn release(&self) {
        self.lock().relay.release();
    }

    /// The state as last known.
    pub(crate) fn state(&self) -> State {
        self.lock().gate.state()
    }

    /// The gate's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn tick(&self) {
        let mut inner = self.lock();
        let effects = inner.gate.tick(Instant::now());
        self.carry_out(&inner, &effects);
    }

    /// All but the pulse, which comes first and may fail.
    fn carry_out(&self, inner: &Inner, effects: &Effects) {
        if let Some(state) = effects.state {
            for watcher in &inner.watchers {
                watcher(state);
            }
        }
        for record in &effects.records {
            self.log(record);
        }
        self.rescheduled.notify_one();
    }

    fn log(&self, Record { event, .. }: &Record) {
        match event {
            Event::Asked { answer: Err(_), .. } => warn!("gate {:?}: {event}", self.name),
            _ => info!("gate {:?}: {event}", self.name),
        }
    }

    /// The gate is whole between two calls, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
