//! The catalogue of HomeKit types: generated from the data in `hap/catalogue`, and equal to it.
//!
//! `UPDATE_CATALOGUE=1 cargo test -p portcullis-hap --test catalogue` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod data;
mod generator;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use hap::Service;
use hap::catalogue::*;
use hap::definition::{Definition, Format, Kind, Number, Perms, Type, TypedValue};
use hap::value::{Metadata, Value};

#[test]
fn the_generated_catalogue_is_current() {
    let characteristics = data::characteristics();
    let files = [
        ("characteristics.rs", generator::characteristics(&characteristics)),
        ("services.rs", generator::services(&data::services(), &characteristics)),
    ];
    for (name, rendered) in files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue").join(name);
        if std::env::var_os("UPDATE_CATALOGUE").is_some() {
            fs::write(&path, &rendered).unwrap();
        }
        let current = fs::read_to_string(&path).unwrap_or_default();
        assert!(current == rendered, "{name} is not what the data says: run with UPDATE_CATALOGUE=1");
    }
}

#[test]
fn every_characteristic_of_the_data_has_a_definition_that_equals_it() {
    let data = data::characteristics();
    assert_eq!(CHARACTERISTICS.len(), data.len());
    for (definition, expected) in CHARACTERISTICS.iter().zip(&data) {
        let name = definition.name;
        assert_eq!(name, expected.name);
        assert_eq!(definition.kind, parse_type(&expected.uuid), "{name}");
        assert_eq!(definition.kind.to_string(), *expected.short.as_ref().unwrap_or(&expected.uuid), "{name}");
        assert_eq!(definition.format.as_str(), expected.format, "{name}");
        assert_eq!(definition.perms.iter().collect::<BTreeSet<_>>(), borrowed(&expected.perms), "{name}");
        assert_eq!(definition.admin_only.iter().collect::<BTreeSet<_>>(), borrowed(&expected.admin_only));
        assert_eq!(definition.unit.map(|unit| unit.as_str()), expected.unit.as_deref(), "{name}");
        assert_eq!(definition.max_len, expected.max_len, "{name}");
        assert_eq!(definition.immediate_event, expected.immediate_event, "{name}");
        assert_eq!(definition.reads_null(), generator::READ_AS_NULL.contains(&name), "{name}");
        assert_eq!(definition.is_control_point(), generator::is_control_point(expected), "{name}");
        for (bound, expected) in
            [(definition.min, &expected.min), (definition.max, &expected.max), (definition.step, &expected.step)]
        {
            assert_eq!(bound.map(as_f64), expected.as_ref().and_then(serde_json::Number::as_f64), "{name}");
            assert!(bound.is_none_or(|bound| is_of(bound, definition.format)), "{name}");
        }
        let named: Vec<u8> = expected.valid_values.iter().map(|value| value.value).collect();
        let listed: &[u8] = if generator::has_gaps(expected) { &named } else { &[] };
        assert_eq!(definition.valid_values, listed, "{name}");
    }
}

#[test]
fn every_named_value_is_allowed_and_no_other() {
    for expected in data::characteristics().iter().filter(|entry| !entry.valid_values.is_empty()) {
        let definition = definition(&expected.name);
        let metadata = Metadata::from(definition);
        let named: BTreeSet<u8> = expected.valid_values.iter().map(|value| value.value).collect();
        for byte in 0..=u8::MAX {
            let allowed = metadata.parse(&serde_json::json!(byte)).is_ok();
            assert_eq!(allowed, named.contains(&byte), "{} {byte}", definition.name);
        }
    }
}

#[test]
fn every_definition_is_consistent_and_its_initial_value_is_within_its_limits() {
    for definition in CHARACTERISTICS {
        assert!(definition.perms.is_consistent(), "{}", definition.name);
        assert!(!definition.perms.is_empty(), "{}", definition.name);
        let metadata = Metadata::from(*definition);
        let initial = metadata.initial();
        assert_eq!(metadata.check(initial.clone()), Ok(initial), "{}", definition.name);
    }
}

#[test]
fn every_service_of_the_data_has_a_type() {
    let expected: Vec<_> =
        data::services().iter().map(|service| (service.name.clone(), parse_type(&service.uuid))).collect();
    let generated: Vec<_> = SERVICES.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    assert_eq!(generated, expected);
}

#[test]
fn no_two_entries_share_a_type() {
    let characteristics: BTreeSet<Type> = CHARACTERISTICS.iter().map(|definition| definition.kind).collect();
    assert_eq!(characteristics.len(), CHARACTERISTICS.len());
    let services: BTreeSet<Type> = SERVICES.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(services.len(), SERVICES.len());
}

#[test]
fn a_named_value_converts_both_ways_and_an_unnamed_one_does_not() {
    assert_eq!(TargetDoorState::Closed.into_value(), Value::Unsigned(1));
    assert_eq!(TargetDoorState::from_value(&Value::Unsigned(0)), Some(TargetDoorState::Open));
    assert_eq!(TargetDoorState::from_value(&Value::Unsigned(2)), None);
    assert_eq!(TargetDoorState::from_value(&Value::Signed(0)), None);
    assert_eq!(RotationDirection::CounterClockwise.into_value(), Value::Signed(1));
    assert_eq!(RotationDirection::from_value(&Value::Signed(1)), Some(RotationDirection::CounterClockwise));
    assert_eq!(u8::from_value(&Value::Unsigned(256)), None);
    assert_eq!(<u8 as TypedValue>::initial(ServiceLabelIndex::DEFINITION), 1);
}

#[test]
fn single_bits_have_names() {
    assert_eq!(AccessoryFlags::REQUIRES_ADDITIONAL_SETUP, 1);
    assert_eq!(ThreadStatus::BORDER_ROUTER, 64);
}

#[test]
fn a_garage_door_has_three_characteristics_and_those_that_are_added() {
    let door = GarageDoorOpener::new();
    assert_eq!(GarageDoorOpener::TYPE, Type::apple(0x41));
    assert_eq!(door.characteristics().len(), 3);
    assert!(door.name.is_none());
    let door = door.with_name("Gate").with_lock_current_state(LockCurrentState::Secured);
    assert_eq!(door.characteristics().len(), 5);
    assert_eq!(door.name.unwrap().get(), "Gate");
    assert_eq!(door.lock_current_state.unwrap().get(), LockCurrentState::Secured);
}

#[test]
fn the_gates_definitions_are_those_of_the_protocol() {
    let target = TargetDoorState::DEFINITION;
    assert_eq!(target.kind, Type::apple(0x32));
    assert_eq!(target.perms, Perms::READ | Perms::WRITE | Perms::EVENTS);
    assert_eq!(CurrentDoorState::Stopped as u8, 4);
    assert_eq!(Identify::DEFINITION.perms, Perms::WRITE);
    assert_eq!(Name::DEFINITION.max_len, Some(64));
}

fn definition(name: &str) -> &'static Definition {
    CHARACTERISTICS.iter().find(|definition| definition.name == name).unwrap()
}

fn parse_type(uuid: &str) -> Type {
    Type::uuid(u128::from_str_radix(&uuid.replace('-', ""), 16).unwrap())
}

fn borrowed(words: &[String]) -> BTreeSet<&str> {
    words.iter().map(String::as_str).collect()
}

fn as_f64(number: Number) -> f64 {
    match number {
        Number::Unsigned(number) => number as f64,
        Number::Signed(number) => f64::from(number),
        Number::Float(number) => number,
    }
}

fn is_of(number: Number, format: Format) -> bool {
    match number {
        Number::Float(_) => format == Format::Float,
        Number::Signed(_) => format == Format::Int,
        Number::Unsigned(_) => {
            matches!(format, Format::UInt8 | Format::UInt16 | Format::UInt32 | Format::UInt64)
        }
    }
}
