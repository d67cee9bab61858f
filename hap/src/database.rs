//! The attribute database: everything a server shows, by id (HAP §9).

mod skeleton;

use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use crate::accessory::Accessory;
use crate::camera::SnapshotHandler;
use crate::channel;
use crate::characteristic::{AnyCharacteristic, Cell};
use crate::definition::{Format, Perms, Type};
use crate::events::{Hub, Subscriber};
use crate::ids::Ids;
use crate::lint::{Fault, Rejected};
use crate::sync::lock;
use crate::text::push;
use crate::value::{Metadata, Value};
use skeleton::Skeleton;

/// The accessories of a server, with their ids.
pub(crate) struct Database {
    accessories: Vec<AccessoryEntry>,
    characteristics: Vec<Entry>,
    /// Sorted by aid and iid.
    by_id: Vec<((u64, u64), u32)>,
    hub: Arc<Hub>,
    /// From the first time that somebody asks.
    accessories_text: Mutex<Option<AccessoriesText>>,
}

/// What is kept of `/accessories`.
struct AccessoriesText {
    skeleton: Skeleton,
    /// How often [constants had changed](Hub::constant_changes) when it was written.
    as_of: usize,
}

/// A characteristic in its place.
pub(crate) struct Entry {
    pub(crate) aid: u64,
    pub(crate) iid: u64,
    pub(crate) cell: Arc<Cell>,
    /// Frozen when the server was built.
    pub(crate) metadata: Arc<Metadata>,
}

struct AccessoryEntry {
    aid: u64,
    camera: Option<SnapshotHandler>,
    services: Vec<ServiceEntry>,
}

struct ServiceEntry {
    iid: u64,
    kind: Type,
    primary: bool,
    hidden: bool,
    linked: Vec<u64>,
    /// The service's characteristics, as a range of [`Database::characteristics`].
    characteristics: std::ops::Range<u32>,
}

impl Database {
    /// Gives every service and characteristic its id, an old one if `ids` knows it, and ties them to `hub`.
    ///
    /// Of what [`lint`](crate::lint) finds it sees only that another server took a characteristic meanwhile.
    pub(crate) fn build(accessories: &[Accessory], ids: &mut Ids, hub: &Arc<Hub>) -> Result<Self, Rejected> {
        let mut database = Self {
            accessories: Vec::new(),
            characteristics: Vec::new(),
            by_id: Vec::new(),
            hub: Arc::clone(hub),
            accessories_text: Mutex::default(),
        };
        for (position, accessory) in accessories.iter().enumerate() {
            database.add(accessory, position == 0, ids, hub)?;
        }
        database.by_id.sort_unstable();
        Ok(database)
    }

    pub(crate) fn get(&self, index: u32) -> Option<&Entry> {
        self.characteristics.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn find(&self, aid: u64, iid: u64) -> Option<(u32, &Entry)> {
        let place = self.by_id.binary_search_by_key(&(aid, iid), |(id, _)| *id).ok()?;
        let (_, index) = *self.by_id.get(place)?;
        Some((index, self.get(index)?))
    }

    /// Whether any accessory has a camera.
    pub(crate) fn has_camera(&self) -> bool {
        self.accessories.iter().any(|accessory| accessory.camera.is_some())
    }

    /// What gives pictures of the accessory, if it has a camera.
    pub(crate) fn camera(&self, aid: u64) -> Option<&SnapshotHandler> {
        self.accessories.iter().find(|accessory| accessory.aid == aid)?.camera.as_ref()
    }

    /// A hash of all that `/accessories` tells apart from values (HAP §1.4).
    pub(crate) fn shape(&self) -> String {
        let mut text = Skeleton::of(self).into_text();
        // A firmware update and a new name change the shape too, and both are values.
        for service in self.accessories.iter().flat_map(|accessory| &accessory.services) {
            for entry in service.characteristics.clone().filter_map(|index| self.get(index)) {
                let perms = entry.metadata.perms();
                let describes = DESCRIPTIONS.contains(&service.kind) || entry.cell.definition.kind == NAME;
                if describes && perms.contains(Perms::READ) && !perms.contains(Perms::EVENTS) {
                    entry.metadata.write_json(&entry.cell.value(), &mut text);
                }
            }
        }
        Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Appends the answer to `GET /accessories` for the session that `subscriber` belongs to (HAP §9.1).
    ///
    /// What an admin alone may read is for others like a read that failed (HAP §9.5).
    pub(crate) fn write_accessories(&self, subscriber: &Subscriber, admin: bool, out: &mut Vec<u8>) {
        let mut kept = lock(&self.accessories_text);
        let AccessoriesText { skeleton, .. } = match &mut *kept {
            Some(kept) if kept.as_of == self.hub.constant_changes() => kept,
            kept => kept.insert(AccessoriesText::of(self)),
        };
        // What sealing adds is written behind it.
        out.reserve(channel::sealed_length(skeleton.expected_length()));
        let subscriptions = subscriber.subscriptions();
        for (text, hole) in skeleton.pieces(self) {
            out.extend_from_slice(text);
            if let Some((index, entry)) = hole {
                let definition = entry.cell.definition;
                let is_kept = !admin && definition.admin_only.contains(Perms::READ);
                if definition.is_control_point() || is_kept && definition.format == Format::Tlv8 {
                    out.extend_from_slice(b",\"value\":\"\"");
                } else if is_kept {
                    out.extend_from_slice(b",\"value\":null");
                } else {
                    entry.write_value(out);
                }
                // Where there are no events it would say nothing, and it is optional.
                if entry.metadata.perms().contains(Perms::EVENTS) {
                    let ev: &[u8] = if subscriptions.contains(&index) { b",\"ev\":true" } else { b",\"ev\":false" };
                    out.extend_from_slice(ev);
                }
            }
        }
    }

    fn add(&mut self, accessory: &Accessory, primary: bool, ids: &mut Ids, hub: &Arc<Hub>) -> Result<(), Rejected> {
        let ids = if primary { ids.primary() } else { ids.bridged(&accessory.key) };
        let keys = service_keys(accessory);
        let service_iid =
            |ids: &mut crate::ids::AccessoryIds, position: usize| keys.get(position).map_or(0, |key| ids.iid(key));
        let mut services = Vec::new();
        for (position, service) in accessory.services.iter().enumerate() {
            let iid = service_iid(ids, position);
            let first = self.next_index();
            for AnyCharacteristic(cell) in &service.characteristics {
                let kind = cell.definition.kind;
                let key = keys.get(position).map_or_else(String::new, |service| format!("{service}/{kind}"));
                let index = self.next_index();
                cell.place(index, Arc::clone(hub))
                    .map_err(|_| Rejected::because(Fault::AlreadyServed(cell.definition.name)))?;
                let entry =
                    Entry { aid: ids.aid, iid: ids.iid(&key), cell: Arc::clone(cell), metadata: cell.metadata() };
                self.by_id.push(((entry.aid, entry.iid), index));
                self.characteristics.push(entry);
            }
            services.push(ServiceEntry {
                iid,
                kind: service.kind,
                primary: service.primary,
                hidden: service.hidden,
                linked: Vec::new(),
                characteristics: first..self.next_index(),
            });
        }
        for (position, service) in accessory.services.iter().enumerate() {
            let linked = service.linked.iter().map(|other| service_iid(ids, *other)).collect();
            if let Some(entry) = services.get_mut(position) {
                entry.linked = linked;
            }
        }
        self.accessories.push(AccessoryEntry { aid: ids.aid, camera: accessory.snapshot.clone(), services });
        Ok(())
    }

    fn next_index(&self) -> u32 {
        // Accessories × services × characteristics, each bounded, fit by far.
        u32::try_from(self.characteristics.len()).unwrap_or(u32::MAX)
    }
}

impl AccessoriesText {
    fn of(database: &Database) -> Self {
        // The count first: what is set in between is written again.
        let as_of = database.hub.constant_changes();
        Self { skeleton: Skeleton::of(database).filled(database), as_of }
    }
}

impl Entry {
    /// Whether `/accessories` need not look at the value each time: a constant, whose changes are counted, that everybody may
    /// know. Data, which may be large, is not kept twice.
    fn stays_in_text(&self) -> bool {
        let is_data = matches!(self.metadata.format(), Format::Data | Format::Tlv8);
        self.metadata.is_constant() && !self.cell.definition.admin_only.contains(Perms::READ) && !is_data
    }

    /// `,"type":…`
    pub(crate) fn write_type(&self, out: &mut Vec<u8>) {
        push(out, format_args!(",\"type\":\"{}\"", self.cell.definition.kind));
    }

    /// `,"perms":…`
    pub(crate) fn write_perms(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"perms\":[");
        for (nth, perm) in self.metadata.perms().iter().enumerate() {
            separate(nth, out);
            push(out, format_args!("\"{perm}\""));
        }
        out.push(b']');
    }

    /// `,"format":…`
    pub(crate) fn write_format(&self, out: &mut Vec<u8>) {
        push(out, format_args!(",\"format\":\"{}\"", self.metadata.format().as_str()));
    }

    /// Unit, range, step, lengths, valid values and description, as far as there are any (HAP §9.4).
    pub(crate) fn write_limits(&self, out: &mut Vec<u8>) {
        self.metadata.write_limits(out);
    }

    /// `,"value":…`, null for what only events tell (HAP §9.5).
    pub(crate) fn write_value(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"value\":");
        if self.cell.definition.reads_null() {
            out.extend_from_slice(b"null");
        } else {
            self.cell.with_value(|value| self.metadata.write_json(value, out));
        }
    }

    /// The same for a value that a handler gave.
    pub(crate) fn write_this_value(&self, value: &Value, out: &mut Vec<u8>) {
        if self.cell.definition.reads_null() {
            return self.write_value(out);
        }
        out.extend_from_slice(b",\"value\":");
        self.metadata.write_json(value, out);
    }
}

/// The key of each service within its accessory: its type, its label, and its place among those that have both alike.
fn service_keys(accessory: &Accessory) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for service in &accessory.services {
        let key = match service.label.as_str() {
            "" => service.kind.to_string(),
            label => format!("{}:{label}", service.kind),
        };
        let twins = keys.iter().filter(|other| **other == key || other.starts_with(&format!("{key}#"))).count();
        keys.push(if twins == 0 { key } else { format!("{key}#{}", twins.saturating_add(1)) });
    }
    keys
}

/// Accessory Information and Protocol Information: what an accessory is (HAP §9.6).
const DESCRIPTIONS: [Type; 2] = [Type::apple(0x3E), Type::apple(0xA2)];

/// The name of a service.
const NAME: Type = Type::apple(0x23);

fn separate(nth: usize, out: &mut Vec<u8>) {
    if nth > 0 {
        out.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pairing::ControllerId;
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;
    use crate::accessory::{Category, Information};
    use crate::catalogue::{BatteryService, LightBulb, OccupancySensor, StatelessProgrammableSwitch, Switch};
    use crate::limits;
    use crate::session::SessionId;

    fn accessory(name: &str) -> Accessory {
        Accessory::new(Information { name, serial_number: name, ..Information::default() }, Category::Other)
    }

    fn build(accessories: &[Accessory], ids: &mut Ids) -> Database {
        Database::build(accessories, ids, &Arc::default()).unwrap()
    }

    fn json(database: &Database) -> Json {
        let subscriber = Hub::default().join(SessionId(1), ControllerId::try_from("phone").unwrap(), Box::new(|| ()));
        let mut text = Vec::new();
        database.write_accessories(&subscriber, true, &mut text);
        serde_json::from_slice(&text).unwrap()
    }

    /// All characteristics of the first accessory.
    fn characteristics(json: &Json) -> impl Iterator<Item = &Json> {
        let services = json["accessories"][0]["services"].as_array().unwrap();
        services.iter().flat_map(|service| service["characteristics"].as_array().unwrap())
    }

    /// The ids of each accessory's named services and their characteristics, by the services' labels.
    fn ids_of(labels: &[&str], ids: &mut Ids) -> BTreeMap<String, Vec<u64>> {
        let mut panel = accessory("Panel");
        for label in labels {
            panel.add_as(label, Switch::new());
        }
        let database = build(&[panel], ids);
        let [panel] = &database.accessories[..] else { panic!("one accessory") };
        let services = panel.services.iter().skip(1).zip(labels);
        let of = |service: &ServiceEntry| {
            let characteristics = service.characteristics.clone().map(|index| database.get(index).unwrap().iid);
            std::iter::once(service.iid).chain(characteristics).collect()
        };
        services.map(|(service, label)| ((*label).to_owned(), of(service))).collect()
    }

    #[test]
    fn a_service_that_goes_and_comes_back_has_its_old_ids_and_nobody_had_them_meanwhile() {
        let mut ids = Ids::default();
        let before = ids_of(&["hall", "attic"], &mut ids);
        let without = ids_of(&["attic", "cellar"], &mut ids);
        assert_eq!(without["attic"], before["attic"]);
        assert!(without["cellar"].iter().all(|iid| !before["hall"].contains(iid)));
        let after = ids_of(&["cellar", "hall", "attic"], &mut ids);
        assert_eq!((&after["hall"], &after["attic"]), (&before["hall"], &before["attic"]));
        assert_eq!(after["cellar"], without["cellar"]);
    }

    #[test]
    fn several_services_of_one_type_without_labels_keep_their_ids_by_their_order() {
        let build = |count: usize, ids: &mut Ids| {
            let mut panel = accessory("Panel");
            (0..count).for_each(|_| drop(panel.add(Switch::new())));
            let database = build(&[panel], ids);
            database.accessories[0].services.iter().map(|service| service.iid).collect::<Vec<_>>()
        };
        let mut ids = Ids::default();
        let two = build(2, &mut ids);
        let three = build(3, &mut ids);
        assert_eq!(two[..], three[..3]);
        assert_eq!(build(2, &mut ids), two);
    }

    #[test]
    fn a_bridge_of_150_keeps_every_aid_when_accessories_come_go_and_change_places() {
        let mut ids = Ids::default();
        let names: Vec<String> = (0..limits::ACCESSORIES).map(|nth| format!("Sensor {nth}")).collect();
        let aids = |names: &[&String], ids: &mut Ids| {
            let bridge = std::iter::once(accessory("Bridge"));
            let all: Vec<_> = bridge.chain(names.iter().map(|name| accessory(name))).collect();
            let database = build(&all, ids);
            let aids = database.accessories.iter().skip(1).map(|entry| entry.aid);
            names.iter().map(|name| (*name).clone()).zip(aids).collect::<BTreeMap<_, _>>()
        };
        let most: Vec<_> = names.iter().take(limits::ACCESSORIES - 1).collect();
        let before = aids(&most, &mut ids);
        assert_eq!(before.len(), 149);
        let backwards: Vec<_> = names.iter().rev().filter(|name| !name.ends_with('7')).collect();
        for (name, aid) in aids(&backwards, &mut ids) {
            match before.get(&name) {
                Some(old) => assert_eq!(aid, *old, "{name}"),
                None => assert!(before.values().all(|other| *other != aid), "{name} took an id"),
            }
        }
        assert_eq!(aids(&most, &mut ids), before);
    }

    #[test]
    fn primary_hidden_and_linked_services_say_so_and_others_say_nothing() {
        let mut lamp = accessory("Lamp");
        let battery = lamp.add(BatteryService::new());
        let bulb = lamp.add(LightBulb::new());
        let sensor = lamp.add(OccupancySensor::new());
        lamp.set_primary(&bulb);
        lamp.hide(&sensor);
        lamp.link(&bulb, &battery);
        lamp.link(&bulb, &battery);
        lamp.link(&bulb, &bulb);
        let json = json(&build(&[lamp], &mut Ids::default()));
        let services = json["accessories"][0]["services"].as_array().unwrap();
        let of = |nth: usize, member: &str| services[nth].get(member).cloned();
        assert_eq!(of(2, "linked"), Some(serde_json::json!([services[1]["iid"]])));
        assert_eq!((of(2, "primary"), of(3, "hidden")), (Some(true.into()), Some(true.into())));
        for member in ["primary", "hidden", "linked"] {
            assert_eq!(of(1, member), None);
        }
    }

    #[test]
    fn accessory_information_has_iid_1_and_protocol_information_comes_behind_it() {
        let mut lamp = accessory("Lamp");
        lamp.add(LightBulb::new());
        lamp.add_protocol_information();
        let json = json(&build(&[lamp], &mut Ids::default()));
        let services = json["accessories"][0]["services"].as_array().unwrap();
        let types: Vec<_> = services.iter().map(|service| service["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["3E", "A2", "43"]);
        assert_eq!(services[0]["iid"], 1);
        assert_eq!(services[1]["characteristics"][0]["value"], "1.1.0");
    }

    #[test]
    fn only_what_can_be_read_has_a_value_and_a_button_reads_as_null() {
        let mut button = accessory("Button");
        button.add(StatelessProgrammableSwitch::new());
        let json = json(&build(&[button], &mut Ids::default()));
        for entry in characteristics(&json) {
            let reads = entry["perms"].as_array().unwrap().contains(&"pr".into());
            assert_eq!(entry.get("value").is_some(), reads, "{entry}");
        }
        assert!(json["accessories"][0]["services"][1]["characteristics"][0]["value"].is_null());
    }

    #[test]
    fn a_subscription_is_told_exactly_where_there_can_be_one() {
        let mut lamp = accessory("Lamp");
        lamp.add(LightBulb::new());
        let json = json(&build(&[lamp], &mut Ids::default()));
        for entry in characteristics(&json) {
            let tells = entry["perms"].as_array().unwrap().contains(&"ev".into());
            assert_eq!(entry.get("ev").is_some(), tells, "{entry}");
        }
    }

    #[test]
    fn what_the_program_sets_is_shown_at_once_also_where_no_event_tells_of_it() {
        let mut lamp = accessory("Lamp");
        let bulb = lamp.add(LightBulb::new());
        let revision = lamp.information.firmware_revision.clone();
        let database = build(&[lamp], &mut Ids::default());
        let shape = database.shape();
        for (text, on) in [("1.1.0", true), ("1.2.0", true), ("1.2.0", false)] {
            revision.set(text.to_owned());
            bulb.on.set(on);
            let json = json(&database);
            let value =
                |kind: &str| characteristics(&json).find(|entry| entry["type"] == kind).unwrap()["value"].clone();
            assert_eq!((value("52"), value("25")), (text.into(), on.into()));
        }
        // A new firmware is another shape; that light is not.
        assert_ne!(database.shape(), shape);
        revision.set("1.0.0".to_owned());
        assert_eq!(database.shape(), shape);
    }

    #[test]
    fn a_value_does_not_change_the_shape_and_a_name_a_limit_and_a_link_do() {
        let shape = |change: &dyn Fn(&mut Accessory, &LightBulb)| {
            let mut lamp = accessory("Lamp");
            let bulb = lamp.add(LightBulb::new().with_brightness(50));
            change(&mut lamp, &bulb);
            build(&[lamp], &mut Ids::default()).shape()
        };
        let plain = shape(&|_, _| ());
        assert_eq!(shape(&|_, bulb| bulb.on.set(true)), plain);
        assert_ne!(shape(&|lamp, _| lamp.information.name.set("Lantern".to_owned())), plain);
        let dimmed = |_: &mut Accessory, bulb: &LightBulb| {
            bulb.brightness.as_ref().unwrap().describe(|limits| limits.with_range(10, 100)).unwrap();
        };
        assert_ne!(shape(&dimmed), plain);
        assert_ne!(shape(&|lamp, bulb| lamp.set_primary(bulb)), plain);
    }

    proptest! {
        #[test]
        fn whatever_services_come_and_go_a_label_never_changes_its_ids(
            restarts in proptest::collection::vec(proptest::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..=5).prop_shuffle(), 1..8)
        ) {
            let mut ids = Ids::default();
            let mut known: BTreeMap<String, Vec<u64>> = BTreeMap::new();
            for labels in restarts {
                for (label, iids) in ids_of(&labels, &mut ids) {
                    let old = known.entry(label).or_insert_with(|| iids.clone());
                    prop_assert_eq!(old, &iids);
                }
                let mut all: Vec<_> = known.values().flatten().collect();
                let count = all.len();
                all.sort_unstable();
                all.dedup();
                prop_assert_eq!(all.len(), count);
            }
        }
    }
}
