//! A garage door that takes five seconds from one end to the other.
//!
//!     cargo run -p portcullis-hap --example garage_door [STATE_DIRECTORY [ADDRESS]]
//!
//! Shortcut: Ctrl-C ends it without a goodbye on the network. `Handle::stop` would say one.
#![expect(clippy::print_stdout, reason = "an example speaks to its user")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hap::catalogue::{CurrentDoorState, GarageDoorOpener, TargetDoorState};
use hap::store::FileStore;
use hap::{Accessory, Category, Information, Server, Status};

/// Moves the door: shows that it moves now, and that it has arrived unless it was turned round meanwhile.
fn go(door: &GarageDoorOpener, target: TargetDoorState, travels: &Arc<AtomicU64>) {
    let travel = travels.fetch_add(1, Ordering::Relaxed) + 1;
    let (moving, arrived) = match target {
        TargetDoorState::Open => (CurrentDoorState::Opening, CurrentDoorState::Open),
        TargetDoorState::Closed => (CurrentDoorState::Closing, CurrentDoorState::Closed),
    };
    // The tile looks at both: told one after the other, it would say "Opening…" a second too long.
    hap::batch(|| {
        door.target_door_state.set(target);
        door.current_door_state.set(moving);
    });
    let (door, travels) = (door.clone(), Arc::clone(travels));
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        if travels.load(Ordering::Relaxed) == travel {
            door.current_door_state.set(arrived);
        }
    });
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = arguments.next().unwrap_or_else(|| "target/garage_door".to_owned());
    let address = arguments.next().unwrap_or_else(|| "[::]:51826".to_owned()).parse()?;

    let about = Information { name: "Garage", serial_number: "EX-GARAGE", ..Information::default() };
    let mut garage = Accessory::new(about, Category::GarageDoorOpener);
    let door = garage.add(GarageDoorOpener::new());
    // Both, or the tile begins with "Closing…": 0 is open.
    door.target_door_state.set(TargetDoorState::Closed);
    door.current_door_state.set(CurrentDoorState::Closed);
    let (moved, travels) = (door.clone(), Arc::default());
    door.target_door_state.on_write_now(move |target, _| {
        if target == TargetDoorState::Closed && moved.obstruction_detected.get() {
            return Err(Status::NotAllowed);
        }
        // Home sends a target twice at times; the second one must not turn the door round.
        if target != moved.target_door_state.get() {
            go(&moved, target, &travels);
        }
        Ok(())
    });

    let server = Server::builder(garage).store(FileStore::open(state)?).bind(address).start().await?;
    println!("listening on {}, setup code {}", server.handle().address(), server.handle().setup_code());
    server.run().await;
    Ok(())
}
