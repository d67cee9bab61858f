//! Rules about one service.

use super::{Fault, Report, accessory, characteristic};
use crate::accessory::{Service as _, ServiceEntry};
use crate::catalogue::{HAPProtocolInformation, Pairing, REQUIRED};
use crate::definition::Perms;
use crate::limits;
use crate::value::Value;

/// The version of the protocol that is spoken here (HAP §9.6).
pub(crate) const PROTOCOL_VERSION: &str = "1.1.0";

/// Looks at a service by itself.
pub(super) fn check(entry: &ServiceEntry, report: &mut Report) {
    let characteristics = &entry.characteristics;
    let count = characteristics.len();
    if count == 0 {
        report.fault(Fault::NoCharacteristics);
    }
    if count > limits::CHARACTERISTICS {
        report.fault(Fault::TooMany { what: "characteristics", count, most: limits::CHARACTERISTICS });
    }
    if entry.kind == Pairing::TYPE {
        report.fault(Fault::NotOverIp(entry.name));
    }
    let has = |kind| characteristics.iter().any(|other| other.0.definition.kind == kind);
    let required = REQUIRED.iter().find(|(kind, _)| *kind == entry.kind).map_or(&[][..], |(_, required)| required);
    for missing in required.iter().filter(|definition| !has(definition.kind)) {
        report.fault(Fault::MissingCharacteristic(missing.name));
    }
    if entry.primary && !accessory::has_tile(entry) {
        report.fault(Fault::PrimaryWithoutTile);
    }
    let is_hidden = |perms: Perms| perms.contains(Perms::HIDDEN);
    if !entry.hidden && count > 0 && characteristics.iter().all(|other| is_hidden(other.0.metadata().perms())) {
        report.fault(Fault::NotHidden);
    }
    for (position, this) in characteristics.iter().enumerate() {
        let kind = this.0.definition.kind;
        if characteristics.iter().take(position).any(|other| other.0.definition.kind == kind) {
            report.fault(Fault::DuplicateCharacteristic(this.0.definition.name));
        }
        characteristic::check(&this.0, report);
        if entry.kind == HAPProtocolInformation::TYPE
            && let Value::Text(version) = this.0.value()
            && version != PROTOCOL_VERSION
        {
            report.fault(Fault::ProtocolVersion(version));
        }
    }
}
