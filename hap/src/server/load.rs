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
pub(super) fn accessories(
    store: &dyn Store,
    accessories: &[Accessory],
    hub: &Arc<Hub>,
) -> Result<(Database, u16), StartError> {
    let loaded = store.load(ACCESSORIES)?;
    let stored = match &loaded {
        None => None,
        Some(loaded) => Some(Kept::decode(&loaded.contents)?),
    };
    let mut ids = stored.as_ref().map(|kept| kept.ids.clone()).unwrap_or_default();
    let database = Database::build(accessories, &mut ids, hub)?;
    let shape = database.shape();
    let configuration = match &stored {
        None => 1,
        // What the lost generation said is unknown, and controllers must never see an older number.
        Some(kept) if matches!(loaded, Some(ref loaded) if loaded.generation == Generation::Previous) => {
            next_configuration(next_configuration(kept.configuration))
        }
        Some(kept) if kept.shape == shape => kept.configuration,
        Some(kept) => next_configuration(kept.configuration),
    };
    let kept = Kept { version: Kept::VERSION, configuration, shape, ids };
    if stored.as_ref() != Some(&kept) {
        if stored.is_some() {
            info!("the accessories changed: configuration number {configuration}");
        }
        store.save(ACCESSORIES, &kept.encode())?;
    }
    Ok((database, configuration))
}

/// 1 to 65535, then 1 again; never 0 (HAP §1.3).
fn next_configuration(number: u16) -> u16 {
    number.checked_add(1).unwrap_or(1)
}

/// What must survive of the accessories.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Kept {
    version: u32,
    configuration: u16,
    shape: String,
    ids: Ids,
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
    use pairing::store::MemoryStore;

    use super::*;
    use crate::accessory::{Category, Information};
    use crate::catalogue::{ContactSensor, GarageDoorOpener};

    fn gate(extra: bool, firmware: &str) -> Accessory {
        let about = Information { firmware_revision: firmware, ..Information::default() };
        let mut gate = Accessory::new(about, Category::GarageDoorOpener);
        gate.add_protocol_information();
        if extra {
            gate.add(ContactSensor::new());
        }
        gate.add(GarageDoorOpener::new());
        gate
    }

    fn configuration(store: &MemoryStore, accessory: Accessory) -> u16 {
        accessories(store, &[accessory], &Arc::default()).unwrap().1
    }

    #[test]
    fn the_configuration_number_rises_by_one_when_the_shape_changes_and_stays_when_only_values_do() {
        let store = MemoryStore::default();
        assert_eq!(configuration(&store, gate(false, "1.0.0")), 1);
        let moved = gate(false, "1.0.0");
        assert_eq!(configuration(&store, moved), 1);
        assert_eq!(configuration(&store, gate(true, "1.0.0")), 2);
        assert_eq!(configuration(&store, gate(true, "1.0.0")), 2);
        assert_eq!(configuration(&store, gate(true, "1.0.1")), 3);
    }

    #[test]
    fn an_added_service_leaves_the_ids_of_the_others_alone() {
        let store = MemoryStore::default();
        let target = |accessory| {
            let (database, _) = accessories(&store, &[accessory], &Arc::default()).unwrap();
            (1..100).find(|iid| {
                database.find(1, *iid).is_some_and(|(_, entry)| entry.cell.definition.name == "TargetDoorState")
            })
        };
        let before = target(gate(false, "1.0.0"));
        assert!(before.is_some());
        assert_eq!(target(gate(true, "1.0.0")), before);
    }

    #[test]
    fn the_configuration_number_wraps_to_one() {
        assert_eq!(next_configuration(65535), 1);
    }

    #[test]
    fn a_document_of_a_newer_program_is_refused_in_words() {
        let store = MemoryStore::default();
        store.save(ACCESSORIES, br#"{"version":2,"form":"another"}"#).unwrap();
        let error = accessories(&store, &[gate(false, "1.0.0")], &Arc::default()).err().unwrap();
        assert!(error.to_string().contains("newer program"), "{error}");
    }
}
