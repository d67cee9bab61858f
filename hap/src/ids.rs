//! Accessory and instance ids: given once, kept for ever (HAP §9.2).
//!
//! Rooms, names, scenes and automations in a home hang on these numbers, so they depend on *what* a thing is and never
//! on the order in which a program builds it. An id whose owner is gone is not given to another.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// All ids that were ever given; no two alike.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "StoredIds")]
pub(crate) struct Ids {
    accessories: BTreeMap<String, AccessoryIds>,
}

/// The ids of one accessory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct AccessoryIds {
    pub(crate) aid: u64,
    iids: BTreeMap<String, u64>,
}

/// Ids as a document has them, where anything may stand.
#[derive(Deserialize)]
struct StoredIds {
    accessories: BTreeMap<String, AccessoryIds>,
}

/// Stored ids that controllers would confuse.
#[derive(Debug, Eq, Error, PartialEq)]
enum Confused {
    #[error("two accessories have aid {0}")]
    Aid(u64),
    #[error("in accessory {aid}, two things have iid {iid}")]
    Iid { aid: u64, iid: u64 },
    #[error("id {0} is not one: they go from 1 to 9007199254740991")]
    Number(u64),
}

impl TryFrom<StoredIds> for Ids {
    type Error = Confused;

    fn try_from(stored: StoredIds) -> Result<Self, Confused> {
        let mut aids = BTreeSet::new();
        for AccessoryIds { aid, iids } in stored.accessories.values() {
            if !aids.insert(*aid) {
                return Err(Confused::Aid(*aid));
            }
            let mut seen = BTreeSet::new();
            for iid in iids.values() {
                if !seen.insert(*iid) {
                    return Err(Confused::Iid { aid: *aid, iid: *iid });
                }
            }
            let is_id = |number: &u64| (1..=HIGHEST).contains(number);
            if let Some(number) = iids.values().chain([aid]).find(|number| !is_id(number)) {
                return Err(Confused::Number(*number));
            }
        }
        Ok(Self { accessories: stored.accessories })
    }
}

impl Ids {
    /// The ids of accessory 1: the accessory itself or the bridge, whatever its serial number.
    pub(crate) fn primary(&mut self) -> &mut AccessoryIds {
        self.entry("primary".to_owned(), PRIMARY_AID)
    }

    /// The ids of the accessory behind the bridge that `key` names.
    pub(crate) fn bridged(&mut self, key: &str) -> &mut AccessoryIds {
        self.entry(format!("bridged {key}"), self.next_aid())
    }

    fn entry(&mut self, key: String, aid: u64) -> &mut AccessoryIds {
        self.accessories.entry(key).or_insert_with(|| AccessoryIds { aid, iids: BTreeMap::new() })
    }

    fn next_aid(&self) -> u64 {
        let highest = self.accessories.values().map(|ids| ids.aid).max();
        highest.unwrap_or(PRIMARY_AID).max(PRIMARY_AID).saturating_add(1)
    }
}

impl AccessoryIds {
    /// The iid of the service or characteristic that `key` names within its accessory.
    pub(crate) fn iid(&mut self, key: &str) -> u64 {
        if let Some(iid) = self.iids.get(key) {
            return *iid;
        }
        let iid = self.iids.values().max().copied().unwrap_or(0).saturating_add(1);
        self.iids.insert(key.to_owned(), iid);
        iid
    }
}

/// The accessory that is served, or the bridge (HAP §9.2).
const PRIMARY_AID: u64 = 1;

/// What every controller can hold, 2^53 − 1 (HAP §9.2). One a second would last for longer than there is HomeKit.
const HIGHEST: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_keeps_its_id_whatever_the_order_in_which_it_is_asked_for() {
        let mut ids = Ids::default();
        let gate = ids.primary();
        assert_eq!((gate.aid, gate.iid("3E"), gate.iid("41")), (1, 1, 2));
        assert_eq!((gate.iid("80"), gate.iid("41"), gate.iid("3E")), (3, 2, 1));
    }

    #[test]
    fn an_accessory_that_moves_behind_a_bridge_does_not_take_aid_1_along() {
        let mut ids = Ids::default();
        assert_eq!(ids.primary().aid, 1);
        assert_eq!(ids.bridged("primary").aid, 2);
        assert_eq!(ids.primary().aid, 1);
    }

    #[test]
    fn bridged_accessories_get_ids_that_are_never_given_again() {
        let mut ids = Ids::default();
        ids.primary();
        assert_eq!(ids.bridged("north").aid, 2);
        assert_eq!(ids.bridged("south").aid, 3);
        let text = serde_json::to_string(&ids).unwrap();
        let mut restarted: Ids = serde_json::from_str(&text).unwrap();
        assert_eq!(restarted, ids);
        assert_eq!(restarted.bridged("south").aid, 3);
        assert_eq!(restarted.bridged("west").aid, 4);
    }

    #[test]
    fn stored_ids_that_controllers_would_confuse_are_refused() {
        let read = |text: &str| serde_json::from_str::<Ids>(text).map_err(|error| error.to_string());
        let accessories = |aids: [u64; 2], iids: &str| {
            let [first, second] = aids;
            format!(
                r#"{{"accessories":{{"primary":{{"aid":{first},"iids":{iids}}},"bridged x":{{"aid":{second},"iids":{{}}}}}}}}"#
            )
        };
        assert!(read(&accessories([1, 2], r#"{"3E":1,"41":2}"#)).is_ok());
        assert_eq!(read(&accessories([1, 1], "{}")), Err("two accessories have aid 1".to_owned()));
        let twice = read(&accessories([1, 2], r#"{"3E":1,"41":1}"#));
        assert_eq!(twice, Err("in accessory 1, two things have iid 1".to_owned()));
        for number in [0, 1 << 53, u64::MAX] {
            assert!(read(&accessories([1, number], "{}")).unwrap_err().contains("is not one"), "{number}");
            assert!(read(&accessories([1, 2], &format!(r#"{{"3E":{number}}}"#))).is_err(), "{number}");
        }
    }
}
