//! The services beside the gate that its owner may turn on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod daemon;
mod phone;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::daemon::{Home, gate, quiet};
use crate::phone::{Id, Phone, Session};

// Short types of services and characteristics.
const GARAGE_DOOR_OPENER: &str = "41";
const SWITCH: &str = "49";
const CONTACT_SENSOR: &str = "80";
const OCCUPANCY_SENSOR: &str = "86";
const CURRENT_DOOR_STATE: &str = "E";
const TARGET_DOOR_STATE: &str = "32";
const ON: &str = "25";
const CONTACT_SENSOR_STATE: &str = "6A";
const OCCUPANCY_DETECTED: &str = "71";
const CONFIGURED_NAME: &str = "E3";
const LOCKS: [&str; 2] = ["1D", "1E"];

const OPEN: u8 = 0;
const CLOSED: u8 = 1;

/// HAP's "not in the current state", which leaves the tile as it is.
const NOT_ALLOWED: i64 = -70412;

const ALL: &str = r#"extras = ["automation-switch", "left-open", "contact", "hold-open", "lockout"]"#;
const QUICK: &str = "pulse = \"50ms\"\ntravel = \"1s\"\nclose_when_assumed = true";

#[test]
fn without_extras_a_gate_is_a_garage_door_without_locks_and_nothing_else() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let daemon = home.start();
    let session = Phone::pair(&daemon).connect(&daemon);
    let services = session.services();
    let kinds: Vec<_> = services.iter().map(|service| service.kind.as_str()).collect();
    assert_eq!(kinds, ["3E", "A2", GARAGE_DOOR_OPENER]);
    let all = services.iter().flat_map(|service| &service.characteristics);
    assert!(!all.clone().any(|(kind, _)| LOCKS.contains(&kind.as_str())), "{services:?}");
    assert!(all.clone().any(|(kind, _)| kind == "24"), "it tells of obstructions: {services:?}");
}

#[test]
fn whatever_the_owner_turns_on_the_start_finds_nothing_to_say_about_it() {
    for accessory in ["garage-door", "switch"] {
        let home = Home::new(&(quiet() + &gate(&format!("accessory = \"{accessory}\"\n{QUICK}\n{ALL}"))));
        let said = home.start().terminate().stderr;
        assert!(!said.contains("hap::lint"), "{said}");
    }
}

#[test]
fn turning_extras_on_and_off_or_writing_gates_in_another_order_changes_no_other_id() {
    let named = |name: &str, extras: &str| gate(&format!("name = \"{name}\"\n{QUICK}\n{extras}"));
    let network = quiet();
    let home = Home::new(&(network.clone() + &named("Front", "") + &named("Back", "")));
    let mut daemon = home.start();
    let phone = Phone::pair(&daemon);
    let mut known = BTreeMap::new();
    remember(&mut known, &phone.connect(&daemon));
    let plain = known.clone();
    for gates in [
        named("Front", ALL) + &named("Back", ""),
        named("Back", r#"extras = ["contact"]"#) + &named("Front", r#"extras = ["lockout", "automation-switch"]"#),
        named("Back", ALL) + &named("Middle", ALL) + &named("Front", r#"extras = ["hold-open"]"#),
        named("Front", "") + &named("Back", ""),
    ] {
        home.configure(&(network.clone() + &gates));
        daemon = daemon.restart();
        remember(&mut known, &phone.connect(&daemon));
    }
    let mut last = BTreeMap::new();
    remember(&mut last, &phone.connect(&daemon));
    assert_eq!(last, plain);
}

#[test]
fn a_single_gate_keeps_its_ids_whatever_stands_beside_it() {
    let network = quiet();
    let home = Home::new(&(network.clone() + &gate(QUICK)));
    let mut daemon = home.start();
    let phone = Phone::pair(&daemon);
    let mut known = BTreeMap::new();
    remember(&mut known, &phone.connect(&daemon));
    for extras in [ALL, r#"extras = ["lockout"]"#, "", ALL] {
        home.configure(&(network.clone() + &gate(&format!("{QUICK}\n{extras}"))));
        daemon = daemon.restart();
        remember(&mut known, &phone.connect(&daemon));
    }
    assert!(known.values().all(|(aid, _)| *aid == 1));
}

#[test]
fn the_automation_switch_only_acts_when_it_is_put_on_and_is_off_again_within_a_second() {
    let home = Home::new(&(quiet() + &gate(&format!("{QUICK}\n{ALL}"))));
    let daemon = home.start();
    let mut session = Phone::pair(&daemon).connect(&daemon);
    let on = session.find(SWITCH, "Gate automation", ON);
    let current = session.find(GARAGE_DOOR_OPENER, "", CURRENT_DOOR_STATE);
    session.subscribe(on);
    session.subscribe(current);
    assert_eq!(session.write(on, false), 0);
    assert_eq!(home.edges().len(), 0);

    let pressed = session.write_until_granted(on, true);
    assert_eq!(home.edges().len(), 1, "the button is down when the answer comes");
    while session.read(on) != false {
        // A second, and what a busy machine needs.
        assert!(pressed.elapsed() < Duration::from_secs(2));
    }
    session.until(on, false);
    session.until(current, OPEN);
    // It opens, and the gate is open: nothing to do, and never the other way.
    assert_eq!(session.write(on, true), 0);
    session.until(on, false);
    assert_eq!(home.pulses().len(), 1);
}

#[test]
fn a_locked_out_gate_refuses_everybody_until_the_switch_is_off_also_after_a_restart() {
    let home = Home::new(&(quiet() + &gate(&format!("{QUICK}\n{ALL}"))));
    let daemon = home.start();
    let phone = Phone::pair(&daemon);
    let mut session = phone.connect(&daemon);
    let lockout = session.find(SWITCH, "Gate lockout", ON);
    let target = session.find(GARAGE_DOOR_OPENER, "", TARGET_DOOR_STATE);
    assert_eq!(session.write(lockout, true), 0);
    assert_eq!(session.write(target, OPEN), NOT_ALLOWED);
    assert_eq!(home.run(&["open"]).code, Some(4));
    assert_eq!(home.json(&["status", "--json"])["gates"][0]["lockout"], true);
    assert!(daemon.terminate().stderr.contains("locked out"));

    let daemon = home.start();
    let mut session = phone.connect(&daemon);
    assert_eq!(session.read(lockout), true);
    assert_eq!(session.write(target, OPEN), NOT_ALLOWED);
    assert_eq!(home.edges().len(), 0);
    assert_eq!(session.write(lockout, false), 0);
    session.write_until_granted(target, OPEN);
    assert_eq!(home.edges().len(), 1);
}

#[test]
fn a_lockout_goes_with_its_switch() {
    let network = quiet();
    let home = Home::new(&(network.clone() + &gate(&format!("{QUICK}\n{ALL}"))));
    let daemon = home.start();
    let phone = Phone::pair(&daemon);
    let mut session = phone.connect(&daemon);
    let lockout = session.find(SWITCH, "Gate lockout", ON);
    assert_eq!(session.write(lockout, true), 0);
    daemon.terminate();
    home.configure(&(network + &gate(QUICK)));
    let _daemon = home.start();
    assert_eq!(home.json(&["status", "--json"])["gates"][0]["lockout"], false);
}

#[test]
fn a_gate_that_is_held_open_is_not_closed_from_afar() {
    let home = Home::new(&(quiet() + &gate(&format!("{QUICK}\n{ALL}"))));
    let daemon = home.start();
    let mut session = Phone::pair(&daemon).connect(&daemon);
    let hold = session.find(SWITCH, "Gate hold open", ON);
    let target = session.find(GARAGE_DOOR_OPENER, "", TARGET_DOOR_STATE);
    let current = session.find(GARAGE_DOOR_OPENER, "", CURRENT_DOOR_STATE);
    session.subscribe(current);
    assert_eq!(session.write(hold, true), 0);
    assert_eq!(home.edges().len(), 0, "it moves nothing");
    session.write_until_granted(target, OPEN);
    session.until(current, OPEN);
    assert_eq!(session.write(target, CLOSED), NOT_ALLOWED);
    assert_eq!(session.write(hold, false), 0);
    session.write_until_granted(target, CLOSED);
    session.until(current, CLOSED);
    assert_eq!(home.pulses().len(), 2);
}

#[test]
fn the_sensors_follow_the_gate() {
    let keys = format!("{QUICK}\n{ALL}\nleft_open_after = \"10s\"");
    let home = Home::new(&(quiet() + &gate(&keys)));
    let daemon = home.start();
    let mut session = Phone::pair(&daemon).connect(&daemon);
    let contact = session.find(CONTACT_SENSOR, "Gate contact", CONTACT_SENSOR_STATE);
    let occupancy = session.find(OCCUPANCY_SENSOR, "Gate left open", OCCUPANCY_DETECTED);
    let target = session.find(GARAGE_DOOR_OPENER, "", TARGET_DOOR_STATE);
    session.subscribe(contact);
    session.subscribe(occupancy);
    assert_eq!((session.read(contact), session.read(occupancy)), (0.into(), 0.into()));
    session.write_until_granted(target, OPEN);
    assert_eq!(session.read(contact), 1, "it is not closed as soon as it moves");
    session.until(occupancy, 1);
    assert_eq!(session.write(target, CLOSED), 0);
    session.until(occupancy, 0);
    assert_eq!(session.read(contact), 0);
}

#[test]
fn a_name_that_somebody_gives_a_service_in_the_home_app_is_kept() {
    let home = Home::new(&(quiet() + &gate(&format!("{QUICK}\n{ALL}"))));
    let daemon = home.start();
    let phone = Phone::pair(&daemon);
    let mut session = phone.connect(&daemon);
    let name = session.find(SWITCH, "Gate lockout", CONFIGURED_NAME);
    assert_eq!(session.write(name, "Holidays"), 0);
    let daemon = daemon.restart();
    let session = phone.connect(&daemon);
    assert_eq!(session.find(SWITCH, "Holidays", CONFIGURED_NAME), name);
}

/// Adds the addresses of all characteristics; one that was seen before must be where it was.
fn remember(known: &mut BTreeMap<(String, String, String, String), Id>, session: &Session) {
    let mut seen = Vec::new();
    for service in session.services() {
        for (kind, id) in service.characteristics {
            assert!(!seen.contains(&id), "{id:?} twice");
            seen.push(id);
            let what = (service.accessory.clone(), service.kind.clone(), service.name.clone(), kind);
            let before = *known.entry(what.clone()).or_insert(id);
            assert_eq!(before, id, "{what:?} moved");
        }
    }
    // An id is never given to something else.
    let ids: std::collections::BTreeSet<_> = known.values().collect();
    assert_eq!(ids.len(), known.len());
}
