//! A switch that opens the gate without asking anybody: for automations.

use std::sync::Arc;

use hap::catalogue::Switch;

use super::Place;
use crate::gate::Request;
use crate::homekit::momentary;

/// Putting it on opens. It never closes: an automation that comes twice must not shut the gate on somebody.
pub(super) fn add(place: Place<'_>) {
    let gate = Arc::clone(place.gate);
    let runtime = place.ground.runtime.clone();
    let switch = place.put(Switch::new(), "automation");
    momentary::press_on(&switch.on, &gate, Request::Open, &runtime);
}
