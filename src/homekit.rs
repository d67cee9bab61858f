//! The gates as HomeKit shows them.

use std::sync::Arc;
use std::time::Duration;

use hap::catalogue::{CurrentDoorState, GarageDoorOpener, Switch, TargetDoorState};
use hap::{Accessory, Category, Information, Status, WriteContext};
use log::{info, warn};
use tokio::runtime::Handle;

use crate::config::{AccessoryKind, Config};
use crate::gate::{DoorState, Refusal, Request, Requester, State, Target};
use crate::live_gate::{Denied, LiveGate};

/// How long a switch reads on after it was pressed: long enough to be seen, and under a second, so that an automation
/// that looks again finds it off.
const SWITCH_READS_ON: Duration = Duration::from_millis(700);

/// What HomeKit sees: one gate as itself, several behind a bridge.
pub(crate) struct Presentation {
    /// Accessory 1.
    pub(crate) primary: Accessory,
    /// Those behind it.
    pub(crate) bridged: Vec<Accessory>,
}

/// The category of accessory 1, which the setup payload names.
pub(crate) fn category(config: &Config) -> Category {
    match config.gates.as_slice() {
        [gate] => match gate.accessory {
            AccessoryKind::GarageDoor => Category::GarageDoorOpener,
            AccessoryKind::Switch => Category::Switch,
        },
        _ => Category::Bridge,
    }
}

/// The name of accessory 1.
pub(crate) fn name(config: &Config) -> &str {
    match config.gates.as_slice() {
        [gate] => gate.name.as_str(),
        _ => config.homekit.name.as_str(),
    }
}

/// Builds the accessories of `gates`, which stand in the order of the configuration.
pub(crate) fn present(config: &Config, gates: &[Arc<LiveGate>], runtime: &Handle) -> Presentation {
    let mut accessories =
        config.gates.iter().zip(gates).map(|(gate, live)| accessory(gate.accessory, live, runtime)).collect::<Vec<_>>();
    if accessories.len() == 1
        && let Some(primary) = accessories.pop()
    {
        return Presentation { primary, bridged: Vec::new() };
    }
    let mut bridge = Accessory::new(information(name(config)), Category::Bridge);
    bridge.on_identify(|| info!("identify: this is the bridge"));
    Presentation { primary: bridge, bridged: accessories }
}

fn information(name: &str) -> Information<'_> {
    Information {
        name,
        manufacturer: "Portcullis",
        model: "Portcullis",
        // A gate keeps its rooms and automations as long as it keeps its name; HomeKit wants two characters.
        serial_number: if name.len() < 2 { "gate" } else { name },
        firmware_revision: env!("CARGO_PKG_VERSION"),
    }
}

fn accessory(kind: AccessoryKind, gate: &Arc<LiveGate>, runtime: &Handle) -> Accessory {
    let category = match kind {
        AccessoryKind::GarageDoor => Category::GarageDoorOpener,
        AccessoryKind::Switch => Category::Switch,
    };
    let mut accessory = Accessory::new(information(gate.name()), category);
    let name = gate.name().to_owned();
    accessory.on_identify(move || info!("identify: this is gate {name:?}"));
    match kind {
        AccessoryKind::GarageDoor => garage_door(&mut accessory, gate),
        AccessoryKind::Switch => switch(&mut accessory, gate, runtime),
    }
    accessory
}

/// A garage door without lock characteristics: with them Apple's automation editor offers lock and unlock.
fn garage_door(accessory: &mut Accessory, gate: &Arc<LiveGate>) {
    let door = accessory.add(GarageDoorOpener::new());
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

/// Target before current, both in one batch: the tile hangs in "Opening…" when only one of them changes (HAP §13.1).
fn show(door: &GarageDoorOpener, state: State) {
    door.target_door_state.set(match state.target {
        Target::Open => TargetDoorState::Open,
        Target::Closed => TargetDoorState::Closed,
    });
    door.current_door_state.set(match state.current {
        DoorState::Open => CurrentDoorState::Open,
        DoorState::Closed => CurrentDoorState::Closed,
        DoorState::Opening => CurrentDoorState::Opening,
        DoorState::Closing => CurrentDoorState::Closing,
        DoorState::Stopped => CurrentDoorState::Stopped,
    });
}

/// A switch that presses the button when it is put on, and goes off by itself; putting it off does nothing.
fn switch(accessory: &mut Accessory, gate: &Arc<LiveGate>, runtime: &Handle) {
    let switch = accessory.add(Switch::new());
    accessory.set_primary(&switch);
    let gate = Arc::clone(gate);
    let runtime = runtime.clone();
    let shown = switch.on.clone();
    switch.on.on_write_now(move |on, context| {
        // While it still reads on, "on" is the press that was made already: Home sends it twice.
        if !on || shown.get() {
            return Ok(());
        }
        ask(&gate, Request::Toggle(None), context)?;
        let shown = shown.clone();
        runtime.spawn(async move {
            tokio::time::sleep(SWITCH_READS_ON).await;
            shown.set(false);
        });
        Ok(())
    });
}

fn ask(gate: &LiveGate, request: Request, context: &WriteContext) -> Result<(), Status> {
    let by = Requester::Controller(context.controller().to_string());
    match gate.request(request, by) {
        Ok(_) => Ok(()),
        Err(denied) => {
            let status = status(&denied);
            warn!("gate {:?}: the controller is told {} for {request}: {denied}", gate.name(), status.code());
            Err(status)
        }
    }
}

/// A refusal fails the action and leaves the tile; only a relay that fails makes it "No Response".
fn status(denied: &Denied) -> Status {
    match denied {
        Denied::Refused(Refusal::Busy) => Status::Busy,
        Denied::Refused(_) => Status::NotAllowed,
        Denied::Relay(_) => Status::Unable,
    }
}
