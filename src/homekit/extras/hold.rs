//! Switches that change what is allowed and move nothing.

use std::sync::Arc;

use hap::catalogue::Switch;

use super::Place;
use crate::gate::{Hold, State};
use crate::homekit::ask::{requester, status};

/// Adds the switch for `hold`, which `is_on` finds in a state.
pub(super) fn add(place: Place<'_>, name: &str, hold: Hold, is_on: fn(State) -> bool) {
    let gate = Arc::clone(place.gate);
    let switch = place.put(Switch::new(), name);
    switch.on.set(is_on(gate.state()));
    let shown = switch.on.clone();
    gate.watch(move |state| shown.set(is_on(state)));
    switch
        .on
        .on_write_now(move |on, context| gate.hold(hold, on, requester(context)).map_err(|denied| status(&denied)));
}
