//! Switches that press a button: only *on* acts, and they go off by themselves.

use std::sync::Arc;
use std::time::Duration;

use hap::Characteristic;
use hap::catalogue::On;
use tokio::runtime::Handle;

use super::ask::ask;
use crate::gate::Request;
use crate::live_gate::LiveGate;

/// How long a switch reads on after it was pressed: long enough to be seen, and under a second, so that an automation
/// that looks again finds it off.
const READS_ON: Duration = Duration::from_millis(700);
const _: () = assert!(READS_ON.as_millis() < 1000);

/// Asks the gate for `request` when `on` is put on; putting it off does nothing.
pub(super) fn press_on(on: &Characteristic<On>, gate: &Arc<LiveGate>, request: Request, runtime: &Handle) {
    let gate = Arc::clone(gate);
    let runtime = runtime.clone();
    let shown = on.clone();
    on.on_write_now(move |pressed, context| {
        // While it still reads on, "on" is the press that was made already: Home sends it twice.
        if !pressed || shown.get() {
            return Ok(());
        }
        ask(&gate, request, context)?;
        let shown = shown.clone();
        runtime.spawn(async move {
            tokio::time::sleep(READS_ON).await;
            shown.set(false);
        });
        Ok(())
    });
}
