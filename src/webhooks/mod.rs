//! Tells other programs of movements, refusals, faults, and of a gate that was left open: `[[webhook]]`.
//!
//! Nobody at the gate waits for a receiver: events are handed to a thread for each, and wait there.

mod event;
mod limits;
mod receiver;
mod sign;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use log::warn;
use thiserror::Error;

use self::event::Event;
use self::receiver::Receiver;
use crate::config::Webhook;
use crate::history::{self, History, Line};
use crate::live_gate::LiveGate;
use crate::secret::SecretError;

/// Why the webhooks cannot start.
#[derive(Debug, Error)]
pub(crate) enum WebhookError {
    /// The secret of one.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The system.
    #[error("no thread for a webhook: {0}")]
    Thread(io::Error),
}

/// Tells the configured receivers of all that happens from now on. What moved the gates last is in `state_dir`.
pub(crate) fn start(
    webhooks: &[Webhook],
    gates: &[Arc<LiveGate>],
    history: &History,
    state_dir: &Path,
) -> Result<(), WebhookError> {
    if webhooks.is_empty() {
        return Ok(());
    }
    let receivers: Vec<_> = webhooks.iter().map(Receiver::start).collect::<Result<_, _>>()?;
    let receivers = Arc::new(receivers);
    let moved = Arc::new(LastMoved::read(state_dir));
    for gate in gates {
        let (name, receivers, moved) = (gate.name().to_owned(), Arc::clone(&receivers), Arc::clone(&moved));
        let last = Mutex::new(gate.state());
        gate.watch(move |state| {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            for event in Event::of_change(&name, &last, &state, moved.of(&name).as_ref()) {
                tell(&receivers, event);
            }
            *last = state;
        });
    }
    history.watch(move |line| {
        moved.hear(line);
        if let Some(event) = Event::of_line(line) {
            tell(&receivers, event);
        }
    });
    Ok(())
}

/// The line of what moved each gate last, by the gate's name.
struct LastMoved(Mutex<HashMap<String, Line>>);

impl LastMoved {
    fn read(state_dir: &Path) -> Self {
        let lines = history::newest(state_dir, limits::LOOKED_THROUGH).unwrap_or_else(|problem| {
            warn!("webhooks do not know what moved the gates last: {problem}");
            Vec::new()
        });
        let moved = Self(Mutex::default());
        lines.iter().for_each(|line| moved.hear(line));
        moved
    }

    fn hear(&self, line: &Line) {
        if let Some(gate) = line.gate.as_ref().filter(|_| line.what.moves()) {
            self.lock().insert(gate.clone(), line.clone());
        }
    }

    fn of(&self, gate: &str) -> Option<Line> {
        self.lock().get(gate).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(receivers: &[Receiver], event: Event) {
    let event = Arc::new(event);
    for receiver in receivers {
        receiver.tell(&event);
    }
}
