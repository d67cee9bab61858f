//! The daemon as a Home sees it: a real HomeKit controller finds, pairs and moves simulated gates over TCP and mDNS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod controller;
mod daemon;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use crate::controller::{At, Controller, Id};
use crate::daemon::{Daemon, Home, gate, network};

const PULSE: Duration = Duration::from_millis(300);
/// A gate that opens and closes quickly: the pulse is over before it arrives.
const QUICK: &str = "pulse = \"300ms\"\ntravel = \"1s\"\nclose_when_assumed = true";
/// A gate whose pulse outlasts every test, and that travels for longer than a restart has to wait for its end.
const SLOW: &str = "pulse = \"10s\"\ntravel = \"60s\"\nclose_when_assumed = true";

// Values of CurrentDoorState; TargetDoorState has the first two.
const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const OPENING: u8 = 2;

/// No button was pressed.
const NOBODY: [&str; 0] = [];

/// HAP's "not in the current state", which leaves the tile as it is.
const NOT_ALLOWED: i32 = -70412;

// Short types of services and characteristics.
const GARAGE_DOOR_OPENER: &str = "41";
const SWITCH: &str = "49";
const CURRENT_DOOR_STATE: &str = "0E";
const TARGET_DOOR_STATE: &str = "32";
const ON: &str = "25";
const NAME: &str = "23";

#[test]
fn a_gate_is_found_and_paired_with_the_printed_code() {
    let home = Home::new(&(network() + &gate(QUICK)));
    let daemon = home.start();
    let sheet = home.json(&["pair", "--json"]);
    let id = sheet["device_id"].as_str().unwrap();
    let mut phone = Controller::start();

    let found = phone.discover(id, json!({ "sf": "1" }));
    assert_eq!(found.port, daemon.homekit().port());
    assert!(found.addresses.contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)), "{found:?}");
    assert!(found.name.starts_with("Gate "), "{found:?}");
    let txt = json!({
        "c#": "1", "ff": "0", "id": id, "md": "Portcullis", "pv": "1.1", "s#": "1", "sf": "1", "ci": "4",
        "sh": setup_hash(sheet["setup_payload"].as_str().unwrap(), id),
    });
    assert_eq!(json!(found.txt), txt);

    phone.must("identify", json!({ "id": id }));
    daemon.until_logged("identify: this is gate \"Gate\"");
    let mine = phone.pair("phone", At::DeviceId(id), daemon.setup_code()).unwrap();
    let hidden = phone.discover(id, json!({ "sf": "0" }));
    assert_eq!(json!(hidden.txt), with(txt, "sf", "0"));

    let door = Door::of(&mut phone, "phone", "Gate");
    assert_eq!(phone.value("phone", door.current).unwrap(), json!(CLOSED));
    assert_eq!(phone.value("phone", door.target).unwrap(), json!(CLOSED));

    let guests = phone.invite("phone", "guest", false);
    let listed = phone.pairings("phone").unwrap();
    let ids: Vec<_> = listed.iter().map(|pairing| pairing["pairingId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, [mine, guests]);
    assert_eq!(listed.iter().map(|pairing| &pairing["controllerType"]).collect::<Vec<_>>(), ["admin", "regular"]);
    assert_eq!(phone.value("guest", door.current).unwrap(), json!(CLOSED));
    assert!(phone.pairings("guest").is_err(), "only an admin sees who else may open");

    assert!(
        phone.ask("identify", json!({ "host": "127.0.0.1", "port": found.port })).is_err(),
        "strangers are refused"
    );
    let stranger = phone.pair("stranger", At::Address(daemon.homekit()), daemon.setup_code()).unwrap_err();
    assert_eq!(stranger.kind, "UnavailableError", "one Home at a time: {stranger}");
    assert_eq!(presses(&home), NOBODY);
}

#[test]
fn an_open_is_one_pulse_and_every_session_sees_the_gate_move() {
    let home = Home::new(&(network() + &gate(QUICK)));
    let daemon = home.start();
    let mut phone = Controller::start();
    let door = Door::paired(&mut phone, &daemon, "Gate");
    phone.invite("phone", "hub", true);
    for alias in ["phone", "hub"] {
        assert!(phone.subscribe(alias, &[door.current, door.target]).is_empty());
    }

    assert!(phone.write("phone", door.target, json!(OPEN)).is_empty());
    assert_eq!(home.edges().len(), 1, "the button is down when the answer comes");
    let mut at_the_phone = phone.events_until("phone", door.current, json!(OPENING));
    at_the_phone.extend(phone.events_until("phone", door.current, json!(OPEN)));
    let mut at_the_hub = phone.events_until("hub", door.current, json!(OPENING));
    at_the_hub.extend(phone.events_until("hub", door.current, json!(OPEN)));
    assert_eq!(values(&at_the_phone, door.target), Vec::<Value>::new(), "the writer knows what it wrote");
    assert_eq!(values(&at_the_hub, door.target), [OPEN]);
    for events in [&at_the_phone, &at_the_hub] {
        assert_eq!(values(events, door.current), [OPENING, OPEN]);
    }
    assert_eq!(presses(&home), ["Gate"]);

    // The same again, from both: Home sends it twice, and so do two people at the door.
    assert!(phone.write("phone", door.target, json!(OPEN)).is_empty());
    assert!(phone.write("hub", door.target, json!(OPEN)).is_empty());
    assert_eq!(presses(&home), ["Gate"]);

    assert!(phone.write("hub", door.target, json!(CLOSED)).is_empty());
    phone.events_until("phone", door.target, json!(CLOSED));
    phone.events_until("phone", door.current, json!(CLOSED));
    assert_eq!(presses(&home), ["Gate", "Gate"]);
}

#[test]
fn a_timed_write_opens_and_a_wrong_one_does_not() {
    let home = Home::new(&(network() + &gate(QUICK)));
    let daemon = home.start();
    let mut phone = Controller::start();
    let door = Door::paired(&mut phone, &daemon, "Gate");
    phone.subscribe("phone", &[door.current]);

    let (aid, iid) = door.target;
    let unprepared = json!({ "characteristics": [{ "aid": aid, "iid": iid, "value": OPEN }], "pid": 7 });
    let refused = phone.must(
        "request",
        json!({ "alias": "phone", "method": "PUT", "target": "/characteristics", "body": unprepared }),
    );
    assert_eq!(refused["body"]["characteristics"][0]["status"], -70410, "{refused}");
    assert_eq!(home.edges().len(), 0);

    let answer = phone.must("timed_write", json!({ "alias": "phone", "values": [[aid, iid, OPEN]] }));
    assert_eq!(answer, json!({ "code": 204, "body": null }));
    phone.events_until("phone", door.current, json!(OPEN));
    assert_eq!(presses(&home), ["Gate"]);
}

#[test]
fn a_killed_daemon_comes_back_as_the_same_accessory_and_moves_nothing() {
    let home = Home::new(&(network() + &gate(SLOW)));
    let daemon = home.start();
    let id = home.device_id();
    let mut phone = Controller::start();
    phone.discover(&id, json!({ "sf": "1" }));
    phone.pair("phone", At::DeviceId(&id), daemon.setup_code()).unwrap();
    let door = Door::of(&mut phone, "phone", "Gate");
    phone.subscribe("phone", &[door.current]);
    // The worst moment: in the middle of a pulse. Its press is on disk a moment later.
    assert!(phone.write("phone", door.target, json!(OPEN)).is_empty());
    home.until_remembered("opening");
    let (code, printed) = (daemon.setup_code().to_owned(), daemon.printed());
    daemon.kill();
    phone.must("disconnected", json!({ "alias": "phone" }));

    let daemon = home.start();
    assert_eq!(home.device_id(), id);
    assert_eq!(daemon.setup_code(), code);
    assert_ne!(daemon.printed(), printed, "now it is paired, and says so");
    assert!(daemon.printed().contains("\"Gate\" is paired with 1 controller."), "{}", daemon.printed());
    phone.must("discover", json!({ "id": id, "port": daemon.homekit().port(), "txt": { "sf": "0", "c#": "1" } }));
    phone.must("reconnected", json!({ "alias": "phone", "timeout": 30 }));
    assert_eq!(phone.value("phone", door.current).unwrap(), json!(OPENING));
    assert_eq!(home.pulses().len(), 1, "neither a start nor a controller that comes back moves anything");
}

#[test]
fn without_its_last_admin_it_can_be_set_up_anew() {
    let home = Home::new(&(network() + &gate(QUICK)));
    let daemon = home.start();
    let id = home.device_id();
    let mut phone = Controller::start();
    phone.discover(&id, json!({ "sf": "1" }));
    phone.pair("owner", At::Address(daemon.homekit()), daemon.setup_code()).unwrap();
    let door = Door::of(&mut phone, "owner", "Gate");
    phone.invite("owner", "guest", false);
    phone.value("guest", door.current).unwrap();
    phone.discover(&id, json!({ "sf": "0" }));

    phone.remove("owner", None).unwrap();
    phone.must("disconnected", json!({ "alias": "guest" }));
    phone.discover(&id, json!({ "sf": "1" }));
    assert!(phone.value("guest", door.current).is_err());
    phone.must("forget", json!({ "alias": "guest" }));
    assert_eq!(home.json(&["controllers", "list", "--json"]), json!([]));

    let again = phone.pair("new owner", At::Address(daemon.homekit()), daemon.setup_code()).unwrap();
    phone.discover(&id, json!({ "sf": "0" }));
    assert_eq!(phone.value("new owner", door.current).unwrap(), json!(CLOSED));
    assert_eq!(home.json(&["controllers", "list", "--json"]), json!([{ "id": again, "name": null, "admin": true }]));
}

#[test]
fn told_to_stop_it_lets_go_of_the_button_and_says_goodbye() {
    let home = Home::new(&(network() + &gate(SLOW)));
    let daemon = home.start();
    let id = home.device_id();
    let mut phone = Controller::start();
    phone.discover(&id, json!({}));
    let door = Door::paired(&mut phone, &daemon, "Gate");
    assert!(phone.write("phone", door.target, json!(OPEN)).is_empty());

    let finished = daemon.terminate();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(!finished.stderr.contains("ERROR"), "{}", finished.stderr);
    let pulses = home.pulses();
    assert_eq!(pulses.len(), 1);
    assert!(pulses[0].length < Duration::from_secs(10), "{pulses:?}");
    phone.must("gone", json!({ "id": id }));
    phone.must("disconnected", json!({ "alias": "phone" }));
}

#[test]
fn a_switch_presses_once_and_goes_off_by_itself() {
    let home = Home::new(&(network() + &gate(&format!("accessory = \"switch\"\n{QUICK}"))));
    let daemon = home.start();
    let mut phone = Controller::start();
    phone.pair("phone", At::Address(daemon.homekit()), daemon.setup_code()).unwrap();
    phone.invite("phone", "hub", false);
    let on = find(&phone.accessories("phone"), "Gate", SWITCH, ON);
    for alias in ["phone", "hub"] {
        assert!(phone.subscribe(alias, &[on]).is_empty());
    }

    assert!(phone.write("phone", on, json!(false)).is_empty());
    assert_eq!(home.edges().len(), 0, "off presses nothing");
    assert!(phone.write("phone", on, json!(true)).is_empty());
    assert_eq!(values(&phone.events_until("hub", on, json!(false)), on), [true, false]);
    assert_eq!(values(&phone.events_until("phone", on, json!(false)), on), [false]);
    assert_eq!(phone.value("phone", on).unwrap(), json!(false));
    assert!(phone.write("hub", on, json!(false)).is_empty());
    assert_eq!(presses(&home), ["Gate"]);

    // Two people who put it on together are one press; later it is another one.
    assert!(phone.write("hub", on, json!(true)).is_empty());
    assert_eq!(presses(&home), ["Gate"]);
    phone.events_until("hub", on, json!(false));
    while home.edges().len() == 2 {
        assert!(phone.write("hub", on, json!(true)).is_empty());
        phone.events_until("hub", on, json!(false));
    }
    assert_eq!(presses(&home), ["Gate", "Gate"]);
    let lines = home.json(&["history", "--json"]);
    assert!(lines.as_array().unwrap().iter().any(|line| line["decision"] == "already"), "{lines}");
}

#[test]
fn two_gates_are_behind_a_bridge_and_each_has_its_own_button() {
    let gates = gate(&format!("name = \"Front\"\n{QUICK}")) + &gate(&format!("name = \"Back\"\n{QUICK}"));
    let home = Home::new(&(network() + &gates));
    let daemon = home.start();
    let id = home.device_id();
    let mut phone = Controller::start();
    let found = phone.discover(&id, json!({ "ci": "2" }));
    assert!(found.name.starts_with("Portcullis "), "{found:?}");
    let front = Door::paired(&mut phone, &daemon, "Front");
    let back = Door::of(&mut phone, "phone", "Back");
    assert_eq!(phone.accessories("phone").len(), 3);
    phone.subscribe("phone", &[front.current, back.current]);

    assert!(phone.write("phone", back.target, json!(OPEN)).is_empty());
    phone.events_until("phone", back.current, json!(OPEN));
    assert_eq!(presses(&home), ["Back"]);
    assert_eq!(phone.value("phone", front.current).unwrap(), json!(CLOSED));

    assert!(phone.write("phone", front.target, json!(OPEN)).is_empty());
    phone.events_until("phone", front.current, json!(OPEN));
    assert_eq!(presses(&home), ["Back", "Front"]);
}

#[test]
fn an_explicit_gate_is_not_closed_on_an_assumption() {
    let explicit = QUICK.replace("close_when_assumed = true", "close_when_assumed = false");
    let home = Home::new(&(network() + &gate(&explicit)));
    let daemon = home.start();
    daemon.until_logged("will read open for ever");
    let mut phone = Controller::start();
    let door = Door::paired(&mut phone, &daemon, "Gate");
    phone.invite("phone", "hub", true);
    phone.subscribe("phone", &[door.current, door.target]);
    phone.write("phone", door.target, json!(OPEN));
    phone.events_until("phone", door.current, json!(OPEN));

    let (aid, iid) = door.target;
    let close = json!({ "characteristics": [{ "aid": aid, "iid": iid, "value": CLOSED }] });
    let answer =
        phone.must("request", json!({ "alias": "hub", "method": "PUT", "target": "/characteristics", "body": close }));
    assert_eq!(
        answer["body"],
        json!({ "characteristics": [{ "aid": aid, "iid": iid, "status": NOT_ALLOWED }] }),
        "{answer}"
    );
    assert_eq!(phone.value("hub", door.target).unwrap(), json!(OPEN));
    assert_eq!(phone.value("hub", door.current).unwrap(), json!(OPEN));
    assert_eq!(phone.events("phone"), Vec::<Value>::new());
    assert_eq!(presses(&home), ["Gate"]);
}

/// The characteristics of one gate.
#[derive(Clone, Copy)]
struct Door {
    current: Id,
    target: Id,
}

impl Door {
    /// Pairs as "phone", by address, and finds the gate of this name.
    fn paired(phone: &mut Controller, daemon: &Daemon<'_>, name: &str) -> Self {
        phone.pair("phone", At::Address(daemon.homekit()), daemon.setup_code()).unwrap();
        Self::of(phone, "phone", name)
    }

    fn of(phone: &mut Controller, alias: &str, name: &str) -> Self {
        let accessories = phone.accessories(alias);
        let find = |characteristic| find(&accessories, name, GARAGE_DOOR_OPENER, characteristic);
        Self { current: find(CURRENT_DOOR_STATE), target: find(TARGET_DOOR_STATE) }
    }
}

/// The address of a characteristic in the accessory of this name.
fn find(accessories: &[Value], name: &str, service: &str, characteristic: &str) -> Id {
    let is = |value: &Value, short: &str| value["type"] == format!("{short:0>8}-0000-1000-8000-0026BB765291");
    let services = |accessory: &Value| accessory["services"].as_array().unwrap().clone();
    let characteristics = |service: &Value| service["characteristics"].as_array().unwrap().clone();
    let named = |accessory: &&Value| {
        let all = services(accessory).into_iter().flat_map(|service| characteristics(&service));
        all.into_iter().any(|it| is(&it, NAME) && it["value"] == name)
    };
    let accessory = accessories.iter().find(named).unwrap_or_else(|| panic!("no accessory {name}"));
    let service = services(accessory).into_iter().find(|it| is(it, service)).unwrap();
    let found = characteristics(&service).into_iter().find(|it| is(it, characteristic)).unwrap();
    (accessory["aid"].as_u64().unwrap(), found["iid"].as_u64().unwrap())
}

/// What became of one characteristic, in order.
fn values(events: &[Value], (aid, iid): Id) -> Vec<Value> {
    let of_it = events.iter().filter(|event| event["aid"] == aid && event["iid"] == iid);
    of_it.map(|event| event["value"].clone()).collect()
}

/// Whose button was pressed since the start, in order; each time for as long as it should.
fn presses(home: &Home) -> Vec<String> {
    let pulses = home.pulses();
    assert!(pulses.iter().all(|pulse| pulse.lasted(PULSE)), "{pulses:?}");
    pulses.into_iter().map(|pulse| pulse.gate).collect()
}

/// What ties the scanned payload to the accessory on the network (HAP §1.3): the payload ends in the setup id.
fn setup_hash(payload: &str, device_id: &str) -> String {
    let setup_id = &payload[payload.len() - 4..];
    BASE64_STANDARD.encode(&Sha512::digest(format!("{setup_id}{device_id}"))[..4])
}

fn with(mut object: Value, key: &str, value: &str) -> Value {
    object[key] = value.into();
    object
}
