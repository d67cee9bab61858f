//! Tells other programs of movements, refusals, faults, and of a gate that was left open: `[[webhook]]`.
//!
//! Nobody at the gate waits for a receiver: events are handed to a thread for each, and wait there.

mod event;
mod limits;
mod receiver;
mod sign;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;

use self::event::Event;
use self::receiver::Receiver;
use crate::config::Webhook;
use crate::history::History;
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

/// Tells the configured receivers of all that happens from now on.
pub(crate) fn start(webhooks: &[Webhook], gates: &[Arc<LiveGate>], history: &History) -> Result<(), WebhookError> {
    if webhooks.is_empty() {
        return Ok(());
    }
    let receivers: Vec<_> = webhooks.iter().map(Receiver::start).collect::<Result<_, _>>()?;
    let receivers = Arc::new(receivers);
    for gate in gates {
        let (name, receivers) = (gate.name().to_owned(), Arc::clone(&receivers));
        let last = Mutex::new(gate.state());
        gate.watch(move |state| {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            for event in Event::of_change(&name, &last, &state) {
                tell(&receivers, event);
            }
            *last = state;
        });
    }
    history.watch(move |line| {
        if let Some(event) = Event::of_line(line) {
            tell(&receivers, event);
        }
    });
    Ok(())
}

fn tell(receivers: &[Receiver], event: Event) {
    let event = Arc::new(event);
    for receiver in receivers {
        receiver.tell(&event);
    }
}
