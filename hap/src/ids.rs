//! Accessory and instance ids: given once, kept for ever (HAP §9.2).
//!
//! Rooms, names, scenes and automations in a home hang on these numbers, so they depend on *what* a thing is and never
//! on the order in which a program builds it. An id whose owner is gone is not given to another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All ids that were ever given.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Ids {
    accessories: BTreeMap<String, AccessoryIds>,
}

/// The ids of one accessory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct AccessoryIds {
    pub(crate) aid: u64,
    iids: BTreeMap<String, u64>,
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
}
