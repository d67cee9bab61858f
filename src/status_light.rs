//! The LED that is on while the daemon runs, and blinks to show which one it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use log::warn;
use tokio::runtime::Handle;

use crate::hardware::Relay;

/// How often it changes while it blinks: seen from across a yard, and quick to tell from steady.
const HALF: Duration = Duration::from_millis(250);

/// How often it goes off. HomeKit has an accessory show itself for five seconds at most.
const BLINKS: u32 = 8;

/// The status LED.
pub(crate) struct StatusLight {
    output: Relay,
    runtime: Handle,
    blinks: AtomicBool,
}

impl StatusLight {
    /// Lights `output`, until whoever holds it lets go.
    pub(crate) fn new(output: Relay, runtime: Handle) -> Arc<Self> {
        let light = Self { output, runtime, blinks: AtomicBool::new(false) };
        light.set(true);
        Arc::new(light)
    }

    /// Blinks for four seconds, and is lit then as before. To ask again meanwhile changes nothing.
    pub(crate) fn blink(self: &Arc<Self>) {
        if self.blinks.swap(true, Ordering::Relaxed) {
            return;
        }
        let light = Arc::clone(self);
        self.runtime.spawn(async move {
            for _ in 0..BLINKS {
                light.set(false);
                tokio::time::sleep(HALF).await;
                light.set(true);
                tokio::time::sleep(HALF).await;
            }
            light.blinks.store(false, Ordering::Relaxed);
        });
    }

    fn set(&self, on: bool) {
        if let Err(error) = self.output.set(on) {
            warn!("the status LED cannot be put {}: {error}", if on { "on" } else { "off" });
        }
    }
}
