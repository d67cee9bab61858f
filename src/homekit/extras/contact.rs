//! A contact sensor that follows the gate: for automations and notifications that know no garage doors.

use std::sync::Arc;

use hap::catalogue::{ContactSensor, ContactSensorState};

use super::Place;
use crate::gate::DoorState;

pub(super) fn add(place: Place<'_>) {
    let gate = Arc::clone(place.gate);
    let sensor = place.put(ContactSensor::new(), "contact");
    sensor.contact_sensor_state.set(shown(gate.state().current));
    gate.watch(move |state| sensor.contact_sensor_state.set(shown(state.current)));
}

/// Only a gate at its closed end is shut.
const fn shown(current: DoorState) -> ContactSensorState {
    match current {
        DoorState::Closed => ContactSensorState::Detected,
        DoorState::Open | DoorState::Opening | DoorState::Closing | DoorState::Stopped => {
            ContactSensorState::NotDetected
        }
    }
}
