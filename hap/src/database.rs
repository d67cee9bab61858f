//! The attribute database: everything a server shows, by id (HAP §9).

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::accessory::Accessory;
use crate::characteristic::{AnyCharacteristic, Cell};
use crate::definition::{Perms, Type};
use crate::events::{Hub, Subscriber};
use crate::ids::Ids;
use crate::value::Metadata;

/// The accessories of a server, with their ids.
pub(crate) struct Database {
    accessories: Vec<AccessoryEntry>,
    characteristics: Vec<Entry>,
    by_id: HashMap<(u64, u64), u32>,
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

/// The accessories cannot be served as they are.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum DatabaseError {
    /// Two accessories have the serial number.
    #[error("two accessories have the serial number {0:?}: give each its own")]
    DuplicateAccessory(String),
    /// A service has two characteristics of one type.
    #[error("service {service} of {accessory:?} has two characteristics {characteristic}")]
    DuplicateCharacteristic {
        /// The accessory's name.
        accessory: String,
        /// The service's name.
        service: &'static str,
        /// The characteristic's name.
        characteristic: &'static str,
    },
    /// A characteristic is part of two services or servers.
    #[error("{0} is already part of another service: make a new one for each")]
    AlreadyServed(&'static str),
    /// More than the protocol allows.
    #[error("{count} {what}: HomeKit takes at most {most}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
}

impl Database {
    /// Gives every service and characteristic its id, an old one if `ids` knows it, and ties them to `hub`.
    pub(crate) fn build(accessories: &[Accessory], ids: &mut Ids, hub: &Arc<Hub>) -> Result<Self, DatabaseError> {
        let mut database =
            Self { accessories: Vec::new(), characteristics: Vec::new(), by_id: HashMap::new() };
        at_most("accessories", accessories.len(), crate::limits::ACCESSORIES)?;
        for (position, accessory) in accessories.iter().enumerate() {
            if accessories.iter().take(position).any(|other| other.key == accessory.key) {
                return Err(DatabaseError::DuplicateAccessory(accessory.key.clone()));
            }
            database.add(accessory, position == 0, ids, hub)?;
        }
        Ok(database)
    }

    pub(crate) fn get(&self, index: u32) -> Option<&Entry> {
        self.characteristics.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn find(&self, aid: u64, iid: u64) -> Option<(u32, &Entry)> {
        let index = *self.by_id.get(&(aid, iid))?;
        Some((index, self.get(index)?))
    }

    /// A hash of all that `/accessories` tells apart from values (HAP §1.4).
    pub(crate) fn shape(&self) -> String {
        let mut text = Vec::new();
        self.write_json(None, false, &mut text);
        // A firmware update and a new name change the shape too, and both are values.
        for entry in &self.characteristics {
            let perms = entry.metadata.perms();
            if perms.contains(Perms::READ) && !perms.contains(Perms::EVENTS) {
                entry.metadata.write_json(&entry.cell.value(), &mut text);
            }
        }
        Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The answer to `GET /accessories` for the session that `subscriber` belongs to (HAP §9.1).
    pub(crate) fn accessories(&self, subscriber: &Subscriber) -> Vec<u8> {
        // What an entry takes on average, so that the answer is built without moving it often.
        let mut out = Vec::with_capacity(self.characteristics.len().saturating_mul(100).saturating_add(64));
        self.write_json(Some(subscriber), true, &mut out);
        out
    }

    fn add(
        &mut self,
        accessory: &Accessory,
        primary: bool,
        ids: &mut Ids,
        hub: &Arc<Hub>,
    ) -> Result<(), DatabaseError> {
        at_most("services in one accessory", accessory.services.len(), crate::limits::SERVICES)?;
        let ids = if primary { ids.primary() } else { ids.bridged(&accessory.key) };
        let keys = service_keys(accessory);
        let service_iid = |ids: &mut crate::ids::AccessoryIds, position: usize| {
            keys.get(position).map_or(0, |key| ids.iid(key))
        };
        let mut services = Vec::new();
        for (position, service) in accessory.services.iter().enumerate() {
            at_most("characteristics in one service", service.characteristics.len(), crate::limits::CHARACTERISTICS)?;
            let iid = service_iid(ids, position);
            let first = self.next_index();
            for (nth, AnyCharacteristic(cell)) in service.characteristics.iter().enumerate() {
                let kind = cell.definition.kind;
                if service.characteristics.iter().take(nth).any(|other| other.0.definition.kind == kind) {
                    return Err(DatabaseError::DuplicateCharacteristic {
                        accessory: accessory.name(),
                        service: service.name,
                        characteristic: cell.definition.name,
                    });
                }
                let key = keys.get(position).map_or_else(String::new, |service| format!("{service}/{kind}"));
                let index = self.next_index();
                cell.place(index, Arc::clone(hub))
                    .map_err(|_| DatabaseError::AlreadyServed(cell.definition.name))?;
                let entry =
                    Entry { aid: ids.aid, iid: ids.iid(&key), cell: Arc::clone(cell), metadata: cell.metadata() };
                self.by_id.insert((entry.aid, entry.iid), index);
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
        self.accessories.push(AccessoryEntry { aid: ids.aid, services });
        Ok(())
    }

    fn next_index(&self) -> u32 {
        // Accessories × services × characteristics, each bounded, fit by far.
        u32::try_from(self.characteristics.len()).unwrap_or(u32::MAX)
    }

    fn write_json(&self, subscriber: Option<&Subscriber>, values: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"accessories\":[");
        for (nth, accessory) in self.accessories.iter().enumerate() {
            separate(nth, out);
            push(out, format_args!("{{\"aid\":{},\"services\":[", accessory.aid));
            for (nth, service) in accessory.services.iter().enumerate() {
                separate(nth, out);
                self.write_service(service, subscriber, values, out);
            }
            out.extend_from_slice(b"]}");
        }
        out.extend_from_slice(b"]}");
    }

    fn write_service(&self, service: &ServiceEntry, subscriber: Option<&Subscriber>, values: bool, out: &mut Vec<u8>) {
        push(out, format_args!("{{\"iid\":{},\"type\":\"{}\",", service.iid, service.kind));
        if service.primary {
            out.extend_from_slice(b"\"primary\":true,");
        }
        if service.hidden {
            out.extend_from_slice(b"\"hidden\":true,");
        }
        if !service.linked.is_empty() {
            push(out, format_args!("\"linked\":{:?},", service.linked));
        }
        out.extend_from_slice(b"\"characteristics\":[");
        for (nth, index) in service.characteristics.clone().enumerate() {
            separate(nth, out);
            if let Some(entry) = self.get(index) {
                push(out, format_args!("{{\"iid\":{}", entry.iid));
                entry.write_type(out);
                entry.write_format(out);
                entry.write_perms(out);
                entry.write_limits(out);
                if entry.metadata.perms().contains(Perms::READ) {
                    if values {
                        entry.write_value(out);
                    }
                    if let Some(subscriber) = subscriber {
                        push(out, format_args!(",\"ev\":{}", subscriber.is_subscribed(index)));
                    }
                }
                out.push(b'}');
            }
        }
        out.extend_from_slice(b"]}");
    }
}

impl Entry {
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
            self.metadata.write_json(&self.cell.value(), out);
        }
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

fn at_most(what: &'static str, count: usize, most: usize) -> Result<(), DatabaseError> {
    if count > most { Err(DatabaseError::TooMany { what, count, most }) } else { Ok(()) }
}

fn separate(nth: usize, out: &mut Vec<u8>) {
    if nth > 0 {
        out.push(b',');
    }
}

/// Appends formatted text.
pub(crate) fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    use std::io::Write;
    // Writing to a Vec never fails.
    let _ = out.write_fmt(text);
}
