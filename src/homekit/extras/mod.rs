//! Services beside the gate that its owner may turn on: for automations, notifications, and to keep it open or shut.
//!
//! Each has a label of its own, under which HomeKit's ids are kept: turning one on or off, or writing them in another
//! order, leaves the ids of everything else alone.

mod automation_switch;
mod contact;
mod hold;
mod hold_open;
mod left_open;
mod lockout;

use std::sync::Arc;

use hap::{Accessory, Service};

use super::Ground;
use super::named::Named;
use crate::config::{self, Extra};
use crate::live_gate::LiveGate;

/// Adds the extras that the configuration asks for.
pub(super) fn add(accessory: &mut Accessory, config: &config::Gate, gate: &Arc<LiveGate>, ground: &Ground) {
    // In an order of their own: written in another one, they would be another database to HomeKit.
    for extra in ALL.into_iter().filter(|extra| config.extras.contains(extra)) {
        let place = Place { accessory, gate, ground, label: label(extra) };
        match extra {
            Extra::AutomationSwitch => automation_switch::add(place),
            Extra::LeftOpen => left_open::add(place),
            Extra::Contact => contact::add(place),
            Extra::HoldOpen => hold_open::add(place),
            Extra::Lockout => lockout::add(place),
        }
    }
}

/// Where an extra goes.
struct Place<'a> {
    accessory: &'a mut Accessory,
    gate: &'a Arc<LiveGate>,
    ground: &'a Ground,
    label: &'static str,
}

impl Place<'_> {
    /// Adds `service`, which people find as the gate's `name` until they call it something else.
    fn put<S: Service>(self, service: S, name: &str) -> S {
        let gate = self.gate.name();
        let full = format!("{gate} {name}");
        // HomeKit's longest text.
        let full = if full.len() > 64 { name.to_owned() } else { full };
        let key = format!("{gate} {}", self.label);
        self.accessory.add_as(self.label, Named::new(service, full, key, &self.ground.labels)).service
    }
}

const ALL: [Extra; 5] = [Extra::AutomationSwitch, Extra::LeftOpen, Extra::Contact, Extra::HoldOpen, Extra::Lockout];

/// Part of the key under which ids are kept: never changed.
const fn label(extra: Extra) -> &'static str {
    match extra {
        Extra::AutomationSwitch => "automation-switch",
        Extra::LeftOpen => "left-open",
        Extra::Contact => "contact",
        Extra::HoldOpen => "hold-open",
        Extra::Lockout => "lockout",
    }
}
