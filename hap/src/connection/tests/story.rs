//! A home with an iPhone and a home hub, from the first pairing to the last removal, as they are known to behave (HAP §14).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pairing::Permissions;
use pairing::controller;
use serde_json::{Value, json};

use super::bench::{BUTTON, Bench, ECHO, IDENTIFY, LEVEL, MODE, NOTE, SECRET, SENSOR};
use super::home::{CODE, Home, LineId, Phone, request};

const SECOND: Duration = Duration::from_secs(1);

/// A pid as iOS draws it: a double cannot hold it.
const PID: u64 = 17_731_943_923_132_393_123;

/// All that a tile shows, and all that sends events.
const SHOWN: [u64; 7] = [LEVEL, MODE, ECHO, SENSOR, NOTE, SECRET, BUTTON];
const TOLD: [u64; 5] = [LEVEL, MODE, SENSOR, SECRET, BUTTON];

/// The gate is on the bench, and nobody owns it yet.
struct Story {
    home: Home,
    bench: Bench,
    iphone: Phone,
    hub: Phone,
}

impl Story {
    fn begin() -> Self {
        let (home, bench) = Home::new();
        Self { home, bench, iphone: Phone::new("iPhone"), hub: Phone::new("hub") }
    }

    /// What every controller does first on each new connection: nothing is remembered from the one before.
    fn arrive(&mut self, phone: &Phone) -> LineId {
        let line = self.home.session(phone);
        self.home.subscribe(line, &TOLD);
        line
    }

    /// The Home app comes to the foreground: all tiles in one request.
    fn foreground(&mut self, line: LineId) -> Vec<Value> {
        let ids = SHOWN.map(|iid| format!("1.{iid}")).join(",");
        let mut answer = self.home.get(line, &format!("/characteristics?id={ids}")).json(200);
        let Value::Array(entries) = answer["characteristics"].take() else { panic!("{answer}") };
        assert!(entries.iter().map(|entry| &entry["iid"]).eq(SHOWN.iter()), "in the order of the request");
        assert!(entries.iter().all(|entry| entry.get("status").is_none()), "no status where all went well");
        entries.into_iter().map(|mut entry| entry["value"].take()).collect()
    }

    fn change(&self, iid: u64, value: u8) -> Value {
        json!([{"aid": 1, "iid": iid, "value": value}])
    }
}

#[test]
fn a_home_from_the_first_pairing_to_the_last_removal() {
    let mut story = Story::begin();
    let (iphone, hub) = (story.iphone.clone(), story.hub.clone());

    // Adding: the iPhone asks before its user has found the code, asks again on the same connection a while later, and
    // then scans the code. The accessory may be asked to show itself meanwhile.
    let line = story.home.connect();
    let m1 = [0, 1, 0, 6, 1, 1];
    let first = story.home.post(line, "/pair-setup", &m1).tlv().to_vec();
    assert_eq!(story.home.post(line, "/identify", b"").status, 204);
    story.bench.assert_identified(1);
    story.home.pass(90 * SECOND);
    assert_ne!(story.home.post(line, "/pair-setup", &m1).tlv(), first, "a new M2");
    story.home.pair_setup(line, &iphone, CODE).unwrap();

    // On the same connection it verifies, makes sure of its pairing, reads the database, makes the accessory show itself,
    // and subscribes to everything in one request.
    story.home.verify(line, &iphone).unwrap();
    assert_eq!(story.home.pairings(line), [iphone.pairing(Permissions::ADMIN)]);
    assert_eq!(story.home.get(line, "/accessories").json(200)["accessories"].as_array().unwrap().len(), 1);
    assert_eq!(story.home.write_one(line, IDENTIFY, &json!(true)).status, 204);
    story.bench.assert_identified(2);
    story.home.subscribe(line, &TOLD);

    // The home hub becomes a further admin, comes on its own connection, and makes sure that its id is as it was given.
    let added = story.home.post(line, "/pairings", &controller::add_pairing(&hub.pairing(Permissions::ADMIN)));
    assert_eq!(controller::read_done(added.tlv()), Ok(()));
    let relay = story.arrive(&hub);
    let both = [iphone.pairing(Permissions::ADMIN), hub.pairing(Permissions::ADMIN)];
    assert_eq!(story.home.pairings(relay), both);

    // The Home app in the foreground; the hub polls the same.
    let values = [json!(0), json!(0), json!(0), json!(0), json!(""), json!(0), Value::Null];
    assert_eq!(story.foreground(line), values);
    assert_eq!(story.foreground(relay), values);

    // "Hey Siri": a timed write that the hub relays for somebody who is out. Everybody hears of it but the hub.
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    story.bench.mode.on_write_now(move |mode, context| {
        log.lock().unwrap().push((mode, context.is_timed(), context.is_remote(), context.controller().to_string()));
        Ok(())
    });
    let ready = story.home.put(relay, "/prepare", &json!({"ttl": 5000, "pid": PID}));
    assert_eq!(ready.json(200), json!({"status": 0}));
    let entries = json!([{"aid": 1, "iid": MODE, "value": 1, "remote": true}]);
    let written = story.home.put(relay, "/characteristics", &json!({"characteristics": entries, "pid": PID}));
    assert_eq!(written.status, 204);
    assert_eq!(*seen.lock().unwrap(), [(1, true, true, "hub".to_owned())]);
    assert_eq!(story.home.event(line), story.change(MODE, 1));
    story.home.assert_silent(relay);

    // The iPhone falls asleep without a word. Hours later its connection is still there, and has held up nobody.
    for (nth, value) in [3, 2, 1].into_iter().enumerate() {
        story.home.pass(3600 * SECOND);
        story.bench.sensor.set(value);
        story.home.drive();
        assert_eq!(story.home.event(relay), story.change(SENSOR, value), "event {nth}");
    }
    assert!(story.home.is_open(line));

    // A minute later it wakes up in another network: a new connection, everything anew, and the values are those of now.
    story.home.pass(60 * SECOND);
    let awake = story.arrive(&iphone);
    let values = [json!(0), json!(1), json!(0), json!(1), json!(""), json!(0), Value::Null];
    assert_eq!(story.foreground(awake), values);
    assert_eq!(story.home.write_one(awake, LEVEL, &json!(40)).status, 204);
    assert_eq!(story.home.event(relay), story.change(LEVEL, 40));
    story.home.assert_silent(awake);
    // What was left of the old connection goes, and the new one stays.
    story.home.hang_up(line);
    story.home.pass(SECOND);
    story.bench.level.set(41);
    story.home.drive();
    assert_eq!(story.home.event(awake), story.change(LEVEL, 41));

    // The connection breaks in the middle of a request; it comes back and asks again.
    story.home.send(awake, &request("GET", "/accessories", None)[..20]);
    story.home.hang_up(awake);
    let awake = story.arrive(&iphone);
    assert_eq!(story.foreground(awake)[0], json!(41));

    // The hub leaves the home, and with it its session; then the iPhone removes the accessory. It is told so before its
    // connection closes, and whoever has the code may begin anew.
    let removed = story.home.post(awake, "/pairings", &controller::remove_pairing(hub.id()));
    assert_eq!(controller::read_done(removed.tlv()), Ok(()));
    assert!(!story.home.is_open(relay) && story.home.is_open(awake));
    let removed = story.home.post(awake, "/pairings", &controller::remove_pairing(iphone.id()));
    assert_eq!(controller::read_done(removed.tlv()), Ok(()));
    assert!(!story.home.is_open(awake));
    assert!(!story.home.side.stored.is_paired());
    let line = story.home.connect();
    story.home.pair_setup(line, &Phone::new("next"), CODE).unwrap();
}
