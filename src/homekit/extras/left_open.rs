//! An occupancy sensor that tells when the gate was left open, so that Home can send a notification.

use std::sync::Arc;

use hap::catalogue::{OccupancyDetected, OccupancySensor};

use super::Place;
use crate::gate::State;

pub(super) fn add(place: Place<'_>) {
    let gate = Arc::clone(place.gate);
    let sensor = place.put(OccupancySensor::new(), "left open");
    sensor.occupancy_detected.set(shown(gate.state()));
    gate.watch(move |state| sensor.occupancy_detected.set(shown(state)));
}

const fn shown(state: State) -> OccupancyDetected {
    if state.left_open { OccupancyDetected::Detected } else { OccupancyDetected::NotDetected }
}
