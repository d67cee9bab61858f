//! Rules about an accessory as a whole.

use std::sync::Arc;

use super::{Fault, Report, service, text};
use crate::accessory::{Accessory, Category, Service as _, ServiceEntry};
use crate::catalogue::{
    AccessoryInformation, AccessoryRuntimeInformation, BatteryService, BridgeConfiguration, BridgingState,
    CameraRTPStreamManagement, ConfiguredName, HAPProtocolInformation, Name, ServiceLabel, ServiceLabelIndex,
    StatelessProgrammableSwitch,
};
use crate::characteristic::AnyCharacteristic;
use crate::definition::{Kind, Type};
use crate::limits;
use crate::value::Value;

/// Looks at the accessory at `position` of all.
pub(super) fn check(accessory: &Accessory, all: &[Accessory], position: usize, report: &mut Report) {
    let place = format!("accessory {:?}", accessory.name());
    report.at(&*place);
    information(accessory, report);
    let before = all.get(..position).unwrap_or_default();
    if before.iter().any(|other| other.key == accessory.key) {
        report.fault(Fault::DuplicateSerialNumber(accessory.key.clone()));
    }
    if position == 0 && all.len() > 1 {
        bridge(accessory, report);
    }
    for name in &accessory.strangers {
        report.fault(Fault::Stranger(name));
    }
    services(accessory, report);
    for (position, entry) in accessory.services.iter().enumerate() {
        report.at(service_place(&place, entry));
        let earlier = accessory.services.get(..position).unwrap_or_default();
        shared(entry, earlier, before, report);
        named(entry, earlier, &accessory.services, report);
        service::check(entry, report);
    }
}

fn service_place(place: &str, entry: &ServiceEntry) -> String {
    match entry.label.as_str() {
        "" => format!("{place}, service {}", entry.name),
        label => format!("{place}, service {} {label:?}", entry.name),
    }
}

/// What Accessory Information says (HAP §9.6).
fn information(accessory: &Accessory, report: &mut Report) {
    let information = &accessory.information;
    text::name(&information.name.get(), report);
    text::required("manufacturer", &information.manufacturer.get(), 1, report);
    text::required("model", &information.model.get(), 1, report);
    text::required("serial number", &information.serial_number.get(), 2, report);
    text::revision("firmware revision", &information.firmware_revision.get(), report);
    if let Some(hardware) = &information.hardware_revision {
        text::revision("hardware revision", &hardware.get(), report);
    }
}

/// Accessory 1 when others stand behind it.
fn bridge(accessory: &Accessory, report: &mut Report) {
    if accessory.category != Category::Bridge {
        return report.fault(Fault::NotABridge);
    }
    // Those by which a bridge is managed.
    let own = [BridgeConfiguration::TYPE, BridgingState::TYPE, AccessoryRuntimeInformation::TYPE];
    for entry in accessory.services.iter().filter(|entry| !is_formal(entry) && !own.contains(&entry.kind)) {
        report.fault(Fault::ServiceOfBridge(entry.name));
    }
}

/// The services together.
fn services(accessory: &Accessory, report: &mut Report) {
    let services = &accessory.services;
    let count = services.len();
    if count > limits::SERVICES {
        report.fault(Fault::TooMany { what: "services", count, most: limits::SERVICES });
    }
    for (position, entry) in services.iter().enumerate() {
        let earlier = || services.iter().take(position).filter(|other| other.kind == entry.kind);
        if is_formal(entry) && earlier().count() > 0 {
            report.fault(Fault::DuplicateService(entry.name));
        } else if earlier().filter(|other| other.label == entry.label).count() == 1 {
            // Said once, however many there are.
            report.fault(Fault::Unlabelled(entry.name));
        }
        if entry.label.len() > LABEL_BYTES || entry.label.contains(['#', '/']) {
            report.fault(Fault::Label(entry.label.clone()));
        }
    }
    let streams = services.iter().any(|entry| entry.kind == CameraRTPStreamManagement::TYPE);
    let (handler, service) = ("a snapshot handler", CameraRTPStreamManagement::NAME);
    match (accessory.snapshot.is_some(), streams) {
        (true, false) => report.fault(Fault::HalfACamera { has: handler, lacks: service }),
        (false, true) => report.fault(Fault::HalfACamera { has: service, lacks: handler }),
        _ => {}
    }
    let buttons: Vec<_> = services.iter().filter(|entry| entry.kind == StatelessProgrammableSwitch::TYPE).collect();
    let labelled = services.iter().any(|entry| entry.kind == ServiceLabel::TYPE);
    if buttons.len() > 1 && !(labelled && buttons.iter().all(|button| has::<ServiceLabelIndex>(button))) {
        report.fault(Fault::UnnumberedButtons);
    }
}

/// A characteristic is in one place only.
fn shared(entry: &ServiceEntry, earlier: &[ServiceEntry], accessories: &[Accessory], report: &mut Report) {
    let elsewhere = || accessories.iter().flat_map(|accessory| &accessory.services).chain(earlier);
    for characteristic in &entry.characteristics {
        let AnyCharacteristic(cell) = characteristic;
        let is_this = |other: &AnyCharacteristic| Arc::ptr_eq(&other.0, cell);
        if cell.is_placed() || elsewhere().any(|other| other.characteristics.iter().any(is_this)) {
            report.fault(Fault::AlreadyServed(cell.definition.name));
        }
    }
}

/// Names tell the services of an accessory apart (HAP §9.6).
fn named(entry: &ServiceEntry, earlier: &[ServiceEntry], all: &[ServiceEntry], report: &mut Report) {
    if entry.kind == AccessoryInformation::TYPE {
        return;
    }
    let earlier = || earlier.iter().filter(|other| other.kind != AccessoryInformation::TYPE);
    if let Some(name) = text_of(entry, Name::DEFINITION.kind) {
        text::name(&name, report);
        if earlier().any(|other| text_of(other, Name::DEFINITION.kind).as_ref() == Some(&name)) {
            report.fault(Fault::DuplicateName(name));
        }
    } else if has_tile(entry)
        && !has::<ConfiguredName>(entry)
        && !has::<ServiceLabelIndex>(entry)
        && all.iter().filter(|other| has_tile(other)).count() > 1
    {
        report.fault(Fault::NoName);
    }
}

/// Whether the service is there for the protocol, on every accessory.
fn is_formal(entry: &ServiceEntry) -> bool {
    entry.kind == AccessoryInformation::TYPE || entry.kind == HAPProtocolInformation::TYPE
}

/// Whether the user sees it as a thing of its own.
pub(super) fn has_tile(entry: &ServiceEntry) -> bool {
    let belongs = [BatteryService::TYPE, ServiceLabel::TYPE];
    !is_formal(entry) && !entry.hidden && !belongs.contains(&entry.kind)
}

fn has<K: Kind>(entry: &ServiceEntry) -> bool {
    entry.characteristics.iter().any(|other| other.0.definition.kind == K::DEFINITION.kind)
}

fn text_of(entry: &ServiceEntry, kind: Type) -> Option<String> {
    let found = entry.characteristics.iter().find(|other| other.0.definition.kind == kind)?;
    match found.0.value() {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A label is one part of a key; names of files and of people are shorter.
const LABEL_BYTES: usize = 64;
