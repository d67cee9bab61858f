//! An accessory server without sockets, as large as asked for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pairing::{Change, ControllerId, Pairing, Permissions, PublicKey, State};
use rand_core::CryptoRng;

use super::line::Line;
use crate::accessory::{Accessory, Category, Information};
use crate::catalogue::{CurrentDoorState, GarageDoorOpener, LightBulb, TargetDoorState};
use crate::controller::Identity;
use crate::database::Database;
use crate::events::Hub;
use crate::host::Host;
use crate::ids::Ids;
use crate::sync::lock;

/// How large a home is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Accessories behind the bridge; none makes it a plain garage door.
    pub bridged: usize,
    /// Services of a light bulb in each of them, three characteristics each.
    pub services: usize,
    /// Pairings, the first controller's included.
    pub pairings: usize,
}

impl Default for Size {
    /// A garage door with one controller.
    fn default() -> Self {
        Self { bridged: 0, services: 1, pairings: 1 }
    }
}

/// An accessory server without sockets. The garage door is accessory 1; its states are those of [`Home::door_states`].
pub struct Home {
    pub(super) host: Host,
    pub(super) now: Instant,
    pub(super) rng: Box<dyn CryptoRng>,
    admin: Identity,
    door: GarageDoorOpener,
    lines: u64,
    /// The sessions that were woken and have not run.
    woken: Arc<Mutex<Vec<Arc<Sleeper>>>>,
}

/// What is known of a session that does not run.
struct Sleeper {
    nth: usize,
    is_woken: AtomicBool,
}

impl Home {
    /// A home of this size, whose randomness is `rng`. The last controller that was paired opens the sessions.
    #[must_use]
    pub fn new(size: Size, mut rng: Box<dyn CryptoRng>) -> Self {
        let hub = Arc::new(Hub::default());
        let about = Information { name: "Garage", serial_number: "G-1", ..Information::default() };
        let mut garage = Accessory::new(about, Category::GarageDoorOpener);
        let door = garage.add(GarageDoorOpener::new());
        door.target_door_state.set(TargetDoorState::Closed);
        door.current_door_state.set(CurrentDoorState::Closed);
        let moved = door.clone();
        door.target_door_state.on_write_now(move |target, _| {
            moved.current_door_state.set(match target {
                TargetDoorState::Open => CurrentDoorState::Open,
                TargetDoorState::Closed => CurrentDoorState::Closed,
            });
            Ok(())
        });
        let mut accessories = vec![garage];
        for nth in 0..size.bridged {
            let (name, serial_number) = (&*format!("Lamp {nth}"), &*format!("L-{nth}"));
            let mut lamp =
                Accessory::new(Information { name, serial_number, ..Information::default() }, Category::Lighting);
            for _ in 0..size.services {
                lamp.add(LightBulb::new().with_brightness(50).with_hue(1.5));
            }
            accessories.push(lamp);
        }
        let database = Database::build(&accessories, &mut Ids::default(), &hub).expect("sound accessories");
        let mut state = State::new(&mut rng);
        let admin = Identity::random(controller_id(0), &mut rng);
        for nth in 1..size.pairings {
            let mut key = [0; 32];
            rng.fill_bytes(&mut key);
            state.apply(&Change::AddPairing(Pairing {
                id: controller_id(nth),
                public_key: PublicKey(key),
                permissions: Permissions::ADMIN,
            }));
        }
        if size.pairings > 0 {
            let (id, public_key) = (*admin.id(), admin.public_key());
            state.apply(&Change::AddPairing(Pairing { id, public_key, permissions: Permissions::ADMIN }));
        }
        Self {
            host: Host::new(state, database, hub, None),
            now: Instant::now(),
            rng,
            admin,
            door,
            lines: 0,
            woken: Arc::default(),
        }
    }

    /// A session that is open already.
    pub fn session(&mut self) -> Line {
        let nth = usize::try_from(self.lines).expect("few sessions");
        self.lines += 1;
        let sleeper = Arc::new(Sleeper { nth, is_woken: AtomicBool::new(false) });
        let woken = Arc::clone(&self.woken);
        // Once woken it needs no more of it; so there is room for all that wait, and nothing grows while it is measured.
        lock(&woken).reserve(nth + 1);
        let wake = move || {
            if !sleeper.is_woken.swap(true, Ordering::Relaxed) {
                lock(&woken).push(Arc::clone(&sleeper));
            }
        };
        Line::session(self.lines, self, Box::new(wake))
    }

    /// One of the sessions that were woken, which from now on may be woken again. The first that was opened is 0.
    pub fn woken(&mut self) -> Option<usize> {
        let sleeper = lock(&self.woken).pop()?;
        sleeper.is_woken.store(false, Ordering::Relaxed);
        Some(sleeper.nth)
    }

    /// The iids of CurrentDoorState and TargetDoorState.
    #[must_use]
    pub fn door_states(&self) -> (u64, u64) {
        let find = |name: &str| {
            let found = (1..1000).find(|iid| {
                self.host.database.find(1, *iid).is_some_and(|(_, entry)| entry.cell.definition.name == name)
            });
            found.expect("a garage door")
        };
        (find("CurrentDoorState"), find("TargetDoorState"))
    }

    /// The door moves by itself.
    pub fn move_door(&mut self, open: bool) {
        let state = if open { CurrentDoorState::Open } else { CurrentDoorState::Closed };
        self.door.current_door_state.set(state);
    }

    /// Time passes.
    pub fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// How many characteristics there are.
    #[must_use]
    pub fn characteristics(&self) -> usize {
        (0..).take_while(|index| self.host.database.get(*index).is_some()).count()
    }

    pub(super) fn admin_id(&self) -> ControllerId {
        *self.admin.id()
    }
}

fn controller_id(nth: usize) -> ControllerId {
    ControllerId::try_from(&*format!("5F2C9A1E-7B3D-4E60-8A4F-{nth:012}")).expect("36 bytes")
}
