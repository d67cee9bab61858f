//! What a server reads from its store when it starts, and what it writes back.

use std::sync::Arc;

use log::info;
use pairing::store::{Generation, Loaded, Store, StoreError};
use pairing::{SetupCode, State};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::StartError;
use crate::accessory::Accessory;
use crate::database::Database;
use crate::events::Hub;
use crate::ids::Ids;

pub(super) const PAIRINGS: &str = "pairings";
const ACCESSORIES: &str = "accessories";

/// Pairings, identity and setup code: the stored ones, or new ones at the first start.
pub(super) fn pairings(
    store: &dyn Store,
    setup_code: Option<SetupCode>,
    rng: &mut dyn CryptoRng,
) -> Result<State, StartError> {
    let (mut state, fresh) = match store.load(PAIRINGS)? {
        Some(loaded) => (decode_pairings(&loaded)?, false),
        None => (State::new(rng), true),
    };
    let recoded = setup_code.filter(|code| *code != state.setup_code);
    let changed = fresh || recoded.is_some();
    if let Some(code) = recoded {
        state.setup_code = code;
    }
    if changed {
        save_pairings(store, &state)?;
    }
    Ok(state)
}

/// Pairings, identity and setup code as stored.
pub(super) fn decode_pairings(loaded: &Loaded) -> Result<State, StartError> {
    State::decode(&loaded.contents).map_err(|error| StartError::State { document: PAIRINGS, reason: error.to_string() })
}

/// Writes pairings, identity and setup code.
pub(super) fn save_pairings(store: &dyn Store, state: &State) -> Result<(), StoreError> {
    store.save(PAIRINGS, &state.encode())
}

/// Builds the database with the ids it always had, and its configuration number (HAP §1.4).
///
/// `is_paired`: controllers know the accessories by these ids, so there must be some.
///
/// What changes is saved twice before anybody hears of it. So when the newest document is damaged, the one before it says
/// the same, or the newest was never told: no id is given again, and the number is the right one.
pub(super) fn accessories(
    store: &dyn Store,
    accessories: &[Accessory],
    hub: &Arc<Hub>,
    is_paired: bool,
) -> Result<(Database, u16), StartError> {
    let loaded = store.load(ACCESSORIES)?;
    if loaded.is_none() && is_paired {
        return Err(StartError::LostIds { document: ACCESSORIES });
    }
    let stored = match &loaded {
        None => None,
        Some(loaded) => Some(Kept::decode(&loaded.contents)?),
    };
    let mut ids = stored.as_ref().map(|kept| kept.ids.clone()).unwrap_or_default();
    let database = Database::build(accessories, &mut ids, hub)?;
    let shape = database.shape();
    let configuration = match &stored {
        None => 1,
        Some(kept) if kept.shape == shape => kept.configuration,
        Some(kept) => next_configuration(kept.configuration),
    };
    let once = Kept { version: Kept::VERSION, configuration, shape, ids, is_twice: false };
    let is_new = stored.as_ref().is_none_or(|stored| once != Kept { is_twice: false, ..stored.clone() });
    if is_new {
        if stored.is_some() {
            info!("the accessories changed: configuration number {configuration}");
        }
        store.save(ACCESSORIES, &once.encode())?;
    }
    let is_newest = loaded.is_some_and(|loaded| loaded.generation == Generation::Newest);
    if is_new || !is_newest || !stored.is_some_and(|stored| stored.is_twice) {
        store.save(ACCESSORIES, &Kept { is_twice: true, ..once }.encode())?;
    }
    Ok((database, configuration))
}

/// 1 to 65535, then 1 again; never 0 (HAP §1.3).
fn next_configuration(number: u16) -> u16 {
    number.checked_add(1).unwrap_or(1)
}

/// What must survive of the accessories.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Kept {
    version: u32,
    configuration: u16,
    shape: String,
    ids: Ids,
    /// The generation before this one says the same. Until then nobody has heard of it.
    #[serde(default)]
    is_twice: bool,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

impl Kept {
    const VERSION: u32 = 1;

    fn decode(contents: &[u8]) -> Result<Self, StartError> {
        let fault = |reason: String| StartError::State { document: ACCESSORIES, reason };
        let damaged = |error: serde_json::Error| fault(error.to_string());
        // Before anything else: a newer form may differ in all but this.
        let Version { version } = serde_json::from_slice(contents).map_err(damaged)?;
        if version > u64::from(Self::VERSION) {
            return Err(fault(format!("version {version} was written by a newer program: update this one")));
        }
        serde_json::from_slice(contents).map_err(damaged)
    }

    fn encode(&self) -> Vec<u8> {
        // Numbers, strings and maps with string keys: nothing here that JSON cannot hold.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use getrandom::SysRng;
    use pairing::store::{FileStore, MemoryStore};
    use pairing::{Change, ControllerId, Pairing, Permissions};
    use rand_core::UnwrapErr;

    use super::*;
    use crate::accessory::{Category, Information};
    use crate::catalogue::{BatteryService, ContactSensor, CurrentDoorState, GarageDoorOpener, LockManagement};
    use crate::server::Server;

    /// A gate that is as its values say.
    fn gate(extra: bool, firmware: &str, is_open: bool) -> Accessory {
        let about = Information { firmware_revision: firmware, ..Information::default() };
        let mut gate = Accessory::new(about, Category::GarageDoorOpener);
        gate.add_protocol_information();
        if extra {
            gate.add(ContactSensor::new());
        }
        let door = gate.add(GarageDoorOpener::new());
        door.current_door_state.set(if is_open { CurrentDoorState::Open } else { CurrentDoorState::Closed });
        door.obstruction_detected.set(is_open);
        // A value that is read and makes no events.
        let log = gate.add(LockManagement::new());
        log.version.set(if is_open { "2" } else { "1" }.to_owned());
        gate
    }

    fn configuration(store: &MemoryStore, accessory: Accessory) -> u16 {
        accessories(store, &[accessory], &Arc::default(), false).unwrap().1
    }

    #[test]
    fn the_configuration_number_rises_by_one_when_the_shape_changes_and_stays_when_only_values_do() {
        let store = MemoryStore::default();
        assert_eq!(configuration(&store, gate(false, "1.0.0", false)), 1);
        assert_eq!(configuration(&store, gate(false, "1.0.0", true)), 1);
        assert_eq!(configuration(&store, gate(true, "1.0.0", true)), 2);
        assert_eq!(configuration(&store, gate(true, "1.0.0", false)), 2);
        assert_eq!(configuration(&store, gate(true, "1.0.1", true)), 3);
    }

    #[test]
    fn ids_that_are_lost_while_controllers_are_paired_are_not_given_anew() {
        let store = Arc::new(MemoryStore::default());
        let mut state = State::new(&mut UnwrapErr(SysRng));
        let id = ControllerId::try_from("phone").unwrap();
        let public_key = state.identity.public_key();
        state.apply(&Change::AddPairing(Pairing { id, public_key, permissions: Permissions::ADMIN }));
        save_pairings(&store, &state).unwrap();
        let start = || {
            let builder = Server::builder(gate(false, "1.0.0", false)).store(Arc::clone(&store)).advertise(false);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(builder.bind(([127, 0, 0, 1], 0).into()).start()).map(drop)
        };
        let error = start().unwrap_err();
        assert!(matches!(error, StartError::LostIds { document: "accessories" }), "{error}");
        assert!(store.load(ACCESSORIES).unwrap().is_none());
        state.apply(&Change::RemovePairing(id));
        save_pairings(&store, &state).unwrap();
        start().unwrap();
        // From now on there are ids.
        state.apply(&Change::AddPairing(Pairing { id, public_key, permissions: Permissions::ADMIN }));
        save_pairings(&store, &state).unwrap();
        start().unwrap();
    }

    #[test]
    fn an_added_service_leaves_the_ids_of_the_others_alone() {
        let store = MemoryStore::default();
        let target = |accessory| {
            let (database, _) = accessories(&store, &[accessory], &Arc::default(), false).unwrap();
            (1..100).find(|iid| {
                database.find(1, *iid).is_some_and(|(_, entry)| entry.cell.definition.name == "TargetDoorState")
            })
        };
        let before = target(gate(false, "1.0.0", false));
        assert!(before.is_some());
        assert_eq!(target(gate(true, "1.0.0", false)), before);
    }

    /// Where things stand that have these names, in accessory 1.
    fn iids(store: &dyn Store, accessory: Accessory) -> (u16, BTreeMap<&'static str, u64>) {
        let (database, configuration) = accessories(store, &[accessory], &Arc::default(), true).unwrap();
        let named = |iid| database.find(1, iid).map(|(_, entry)| (entry.cell.definition.name, iid));
        (configuration, (1..100).filter_map(named).collect())
    }

    /// A gate with a battery in the place of the contact sensor.
    fn with_battery() -> Accessory {
        let mut gate = gate(false, "1.0.0", false);
        gate.add(BatteryService::new());
        gate
    }

    /// A directory whose newest document of accessories does not read.
    fn damaged(directory: &Path) -> FileStore {
        std::fs::write(directory.join("accessories.current"), "noise").unwrap();
        FileStore::open(directory).unwrap()
    }

    #[test]
    fn damage_of_the_newest_document_loses_neither_an_id_nor_the_configuration_number() {
        let directory = tempfile::tempdir().unwrap();
        let open = || FileStore::open(directory.path()).unwrap();
        accessories(&open(), &[gate(false, "1.0.0", false)], &Arc::default(), false).unwrap();
        let (configuration, before) = iids(&open(), gate(true, "1.0.0", false));
        assert_eq!(configuration, 2);
        // It is as if nothing had happened, also the next time.
        for _ in 0..2 {
            assert_eq!(iids(&damaged(directory.path()), gate(true, "1.0.0", false)), (2, before.clone()));
            assert_eq!(iids(&open(), gate(true, "1.0.0", false)), (2, before.clone()));
        }
        // What comes after it has ids that nobody had.
        let (configuration, after) = iids(&damaged(directory.path()), with_battery());
        assert_eq!(configuration, 3);
        let known: Vec<_> = before.values().collect();
        assert!(before.contains_key("ContactSensorState") && !after.contains_key("ContactSensorState"));
        assert!(!known.contains(&&after["BatteryLevel"]) && !known.contains(&&after["StatusLowBattery"]));
        assert_eq!(after["TargetDoorState"], before["TargetDoorState"]);
    }

    /// A store that fails after some saves.
    struct Failing {
        store: FileStore,
        saves: AtomicUsize,
    }

    impl Store for Failing {
        fn load(&self, document: &str) -> Result<Option<Loaded>, StoreError> {
            self.store.load(document)
        }

        fn save(&self, document: &str, contents: &[u8]) -> Result<(), StoreError> {
            if self.saves.fetch_sub(1, Ordering::Relaxed) == 0 {
                return Err(StoreError::Write {
                    path: document.into(),
                    source: std::io::ErrorKind::StorageFull.into(),
                });
            }
            self.store.save(document, contents)
        }
    }

    #[test]
    fn a_start_that_is_cut_short_is_made_good_by_the_next_also_when_the_newest_document_is_damaged_then() {
        for saves in 0.. {
            let directory = tempfile::tempdir().unwrap();
            let open = || FileStore::open(directory.path()).unwrap();
            accessories(&open(), &[gate(false, "1.0.0", false)], &Arc::default(), false).unwrap();
            let failing = Failing { store: open(), saves: AtomicUsize::new(saves) };
            let cut = accessories(&failing, &[gate(true, "1.0.0", false)], &Arc::default(), false);
            drop(failing);
            if saves == 1 {
                // Nobody has heard of it.
                assert_eq!(iids(&damaged(directory.path()), gate(false, "1.0.0", false)).0, 1);
            }
            let (configuration, before) = iids(&open(), gate(true, "1.0.0", false));
            assert_eq!(configuration, 2);
            assert_eq!(iids(&damaged(directory.path()), gate(true, "1.0.0", false)), (2, before));
            if cut.is_ok() {
                break;
            }
        }
    }

    #[test]
    fn the_configuration_number_wraps_to_one() {
        assert_eq!(next_configuration(65535), 1);
    }

    #[test]
    fn a_document_of_a_newer_program_is_refused_in_words() {
        let store = MemoryStore::default();
        store.save(ACCESSORIES, br#"{"version":2,"form":"another"}"#).unwrap();
        let error = accessories(&store, &[gate(false, "1.0.0", false)], &Arc::default(), true).err().unwrap();
        assert!(error.to_string().contains("newer program"), "{error}");
    }
}
