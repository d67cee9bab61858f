//! A gate as a garage door opener, which is what HomeKit has for gates (HAP §13.1).
//!
//! Without lock characteristics: with them Apple's automation editor offers lock and unlock instead of open and close.

use std::sync::Arc;

use hap::Accessory;
use hap::catalogue::{CurrentDoorState, GarageDoorOpener, TargetDoorState};

use super::ask::ask;
use crate::gate::{DoorState, Request, State, Target};
use crate::live_gate::LiveGate;

/// Makes `accessory` a garage door that shows and moves `gate`.
pub(super) fn add(accessory: &mut Accessory, gate: &Arc<LiveGate>) {
    // Beside extras it is one of several services, and each says which one it is.
    let door = accessory.add(GarageDoorOpener::new().with_name(gate.name()));
    accessory.set_primary(&door);
    show(&door, gate.state());
    let shown = door.clone();
    gate.watch(move |state| show(&shown, state));
    let gate = Arc::clone(gate);
    door.target_door_state.on_write_now(move |target, context| {
        let request = match target {
            TargetDoorState::Open => Request::Open,
            TargetDoorState::Closed => Request::Close,
        };
        ask(&gate, request, context)
    });
}

/// Target before current, both in one message, whichever thread sets them: the tile hangs in "Opening…" while it knows of
/// only one of them.
fn show(door: &GarageDoorOpener, state: State) {
    hap::batch(|| {
        door.target_door_state.set(match state.target {
            Target::Open => TargetDoorState::Open,
            Target::Closed => TargetDoorState::Closed,
        });
        door.current_door_state.set(match state.shown {
            DoorState::Open => CurrentDoorState::Open,
            DoorState::Closed => CurrentDoorState::Closed,
            DoorState::Opening => CurrentDoorState::Opening,
            DoorState::Closing => CurrentDoorState::Closing,
            DoorState::Stopped => CurrentDoorState::Stopped,
        });
        door.obstruction_detected.set(state.obstruction);
    });
}
