//! An output in the daemon's hands.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::error::RelayError;
use super::keeper::Shared;
use crate::gate::PulseLength;

/// The output that presses the button of one gate's remote, or lights a lamp.
///
/// It is idle unless [`Relay::pulse`] was called and that pulse is not over, or [`Relay::set`] switched it on.
#[derive(Clone, Debug)]
pub(crate) struct Relay {
    keeper: Arc<Shared>,
    line: u8,
}

impl Relay {
    pub(super) fn new(keeper: Arc<Shared>, line: u8) -> Self {
        Self { keeper, line }
    }

    /// Presses the button for `length`. It is down when this returns; the value returned tells when
    /// it is up again. Blocks until the edge has happened: well under a millisecond, and half a second at most.
    pub(crate) fn pulse(&self, length: PulseLength) -> Result<PulseEnd, RelayError> {
        self.keeper.pulse(self.line, length).map(PulseEnd)
    }

    /// Switches a light on or off. It is so when this returns; off ends a pulse, too.
    pub(crate) fn set(&self, on: bool) -> Result<(), RelayError> {
        self.keeper.set(self.line, on)
    }

    /// Whether there is a keeper that holds it. Without one, a press fails.
    pub(crate) fn is_held(&self) -> bool {
        self.keeper.is_held()
    }

    /// Ends a running pulse now. For an orderly stop.
    pub(crate) fn release(&self) {
        // Without a keeper there is nothing on, and one that does not answer is replaced at idle.
        let _ = self.set(false);
    }
}

/// Resolves when a pulse is over. The pulse does not depend on it: it may be dropped.
#[derive(Debug)]
pub(crate) struct PulseEnd(oneshot::Receiver<()>);

impl PulseEnd {
    /// Waits until the button is up, which is at most the pulse's length from its start.
    pub(crate) async fn ended(self) {
        // The sender is dropped at the end of the pulse, and that is the message.
        let _ = self.0.await;
    }

    /// The same, outside a runtime.
    pub(crate) fn wait(self) {
        let _ = self.0.blocking_recv();
    }
}
