//! The whole daemon with a simulated gate that moves like a real one: limit switches, a photo cell, people with a remote.

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

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::daemon::{Daemon, Home, gate, quiet};
use crate::phone::{Id, Phone, Session};

const GARAGE_DOOR_OPENER: &str = "41";
const CURRENT_DOOR_STATE: &str = "E";
const TARGET_DOOR_STATE: &str = "32";
const OBSTRUCTION_DETECTED: &str = "24";

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const OPENING: u8 = 2;

/// HAP's "not in the current state", which leaves the tile as it is.
const NOT_ALLOWED: i64 = -70412;

/// HAP's "unable", which shows as "No Response".
const UNABLE: i64 = -70402;

const QUICK: &str = "pulse = \"50ms\"\ntravel = \"1s\"";
const SENSORS: &str = "[gate.closed_switch]\n[gate.open_switch]\n[gate.obstruction]\n";
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn when_somebody_uses_the_remote_home_hears_target_and_current_in_one_message() {
    let home = Home::new(&(quiet() + &gate(QUICK) + SENSORS));
    let daemon = home.start();
    let (mut session, door) = watched(&daemon);
    assert_eq!(status(&home)["confidence"], "sensed");
    happen(&daemon, "remote");
    let mut message = session.message().unwrap();
    message.sort_by_key(|(id, _)| *id);
    let mut expected = vec![(door.target, json!(OPEN)), (door.current, json!(OPENING))];
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(message, expected);
    session.until(door.current, OPEN);
    assert_eq!(home.edges().len(), 0);
    daemon.terminate();
    let lines = home.json(&["history", "--json"]);
    let moved = lines.as_array().unwrap().iter().filter(|line| line["event"] == "state");
    let told: Vec<_> = moved.map(|line| json!([line["state"]["current"], line["cause"]])).collect();
    assert_eq!(told, [json!(["opening", "outside"]), json!(["open", "outside"])]);
}

#[test]
fn a_sensed_gate_is_closed_from_afar_unless_something_is_in_the_way() {
    let home = Home::new(&(quiet() + &gate(QUICK) + SENSORS));
    let daemon = home.start();
    let (mut session, door) = watched(&daemon);
    session.write_until_granted(door.target, OPEN);
    session.until(door.current, OPEN);
    happen(&daemon, "obstruct");
    session.until(door.obstruction, true);
    assert_eq!(session.write(door.target, CLOSED), NOT_ALLOWED);
    assert_eq!(status(&home)["obstruction"], true);
    assert_eq!(home.pulses().len(), 1);
    happen(&daemon, "free");
    session.until(door.obstruction, false);
    session.write_until_granted(door.target, CLOSED);
    session.until(door.current, CLOSED);
    assert_eq!(home.pulses().len(), 2);
    assert_eq!(really(&daemon).as_deref(), Some("closed"));
}

#[test]
fn a_gate_that_sticks_is_not_left_opening_and_the_status_says_why() {
    let home = Home::new(&(quiet() + &gate(QUICK) + SENSORS));
    let daemon = home.start();
    let (mut session, door) = watched(&daemon);
    happen(&daemon, "jam");
    session.write_until_granted(door.target, OPEN);
    session.until(door.current, OPENING);
    session.until(door.target, CLOSED);
    session.until(door.current, CLOSED);
    let fault = status(&home)["fault"].as_str().unwrap().to_owned();
    assert!(fault.contains("it did not move"), "{fault}");
    assert!(home.run(&["status"]).stdout.contains("Fault: "));
    // The next good run mends it. Its opener stopped on the way to the open end: the next press is for the other way.
    happen(&daemon, "loosen");
    happen(&daemon, "remote");
    session.write_until_granted(door.target, OPEN);
    session.until(door.current, OPEN);
    assert_eq!(status(&home)["fault"], Value::Null);
}

#[test]
fn a_daemon_that_is_killed_again_and_again_remembers_the_gate_and_moves_nothing() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let mut daemon = home.start();
    until(|| home.run(&["open"]).code == Some(0));
    until(|| status(&home)["current"] == "open");
    // What it remembers is on disk a moment later.
    home.until_remembered("open");
    for _ in 0..5 {
        daemon = daemon.restart();
        let state = status(&home);
        assert_eq!(json!([state["current"], state["target"], state["confidence"]]), json!(["open", "open", "assumed"]));
    }
    daemon.terminate();
    assert_eq!(home.pulses().len(), 1);
}

#[test]
fn unpairing_and_resetting_move_nothing() {
    let home = Home::new(&(quiet() + &gate(QUICK) + SENSORS));
    let daemon = home.start();
    let (session, _) = watched(&daemon);
    assert_eq!(home.run(&["controllers", "remove", Phone::ID]).code, Some(0));
    drop(session);
    daemon.terminate();
    assert_eq!(home.run(&["reset", "--yes"]).code, Some(0));
    home.start().terminate();
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn a_close_from_afar_is_announced_first_and_any_other_request_calls_it_off() {
    let keys = format!("{QUICK}\nremote_close_warning = \"1s\"");
    let warning = "[gate.warning]\ndriver = \"simulated\"\ntrace = \"warning.jsonl\"\n";
    let home = Home::new(&(quiet() + &gate(&keys) + SENSORS + warning));
    let lamp = || std::fs::read_to_string(home.state().join("warning.jsonl")).unwrap_or_default().lines().count();
    let daemon = home.start();
    let (mut session, door) = watched(&daemon);
    session.write_until_granted(door.target, OPEN);
    session.until(door.current, OPEN);
    session.write_until_granted(door.target, CLOSED);
    assert_eq!((home.pulses().len(), lamp()), (1, 1), "first the lamp");
    assert_eq!(status(&home)["warning"], true);
    assert_eq!(session.write(door.target, OPEN), 0);
    assert_eq!((home.pulses().len(), lamp()), (1, 2), "called off");
    session.write_until_granted(door.target, CLOSED);
    session.until(door.current, CLOSED);
    assert_eq!((home.pulses().len(), lamp()), (2, 4), "then the pulse");
    daemon.terminate();
    let lines = home.json(&["history", "--json"]);
    let requests = lines.as_array().unwrap().iter().filter(|line| line["event"] == "request");
    let told: Vec<_> =
        requests.map(|line| json!([line["request"], line["decision"], line["pulse"].is_object()])).collect();
    let expected = [
        json!(["open", "pulse", true]),
        json!(["close", "warning", false]),
        json!(["close", "given-up", false]),
        json!(["open", "called-off", false]),
        json!(["close", "warning", false]),
        json!(["close", "goes-on", true]),
    ];
    // The relay may have been at rest yet when the first request came.
    assert_eq!(told[told.len() - expected.len()..], expected);
}

#[test]
fn the_wall_button_counts_once_it_is_held_and_may_close_what_nobody_may_from_afar() {
    let button = "[gate.button]\nhold = \"300ms\"\n";
    let home = Home::new(&(quiet() + &gate(QUICK) + SENSORS + button));
    let daemon = home.start();
    let (mut session, door) = watched(&daemon);
    // A spark on the wire.
    happen(&daemon, "button-down");
    happen(&daemon, "button-up");
    happen(&daemon, "button-down");
    session.until(door.current, OPEN);
    happen(&daemon, "button-up");
    happen(&daemon, "obstruct");
    session.until(door.obstruction, true);
    assert_eq!(session.write(door.target, CLOSED), NOT_ALLOWED);
    assert_eq!(home.pulses().len(), 1);
    daemon.terminate();
    let lines = home.json(&["history", "--json"]);
    let pulse = lines.as_array().unwrap().iter().find(|line| line["pulse"].is_object()).unwrap().clone();
    assert_eq!(json!([pulse["request"], pulse["by"]]), json!(["toggle", { "kind": "button" }]));
}

#[test]
fn a_relay_that_fails_moves_nothing_and_everybody_is_told() {
    let text = format!("[[gate]]\n{QUICK}\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"/dev/full\"\n");
    let home = Home::new(&(quiet() + &text));
    let daemon = home.start();
    let (mut session, door) = watched(&daemon);
    until(|| session.write(door.target, OPEN) == UNABLE);
    let state = status(&home);
    assert_eq!(json!([state["current"], state["target"]]), json!(["closed", "closed"]));
    assert_eq!(session.read(door.target), CLOSED);
    // It failed; nobody refused.
    assert_eq!(home.run(&["open"]).code, Some(1));
    daemon.terminate();
    let lines = home.json(&["history", "--json"]);
    let failed = lines.as_array().unwrap().iter().filter(|line| line["decision"] == "failed");
    let reasons: Vec<_> = failed.map(|line| line["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons.len(), 2, "{lines}");
    assert!(reasons.iter().all(|reason| reason.contains("cannot be switched")), "{reasons:?}");
}

#[test]
fn only_a_simulated_gate_can_be_made_to_move_by_a_trial() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let daemon = home.start();
    assert_eq!(ask(&daemon, "POST", "/api/v1/gates/Gate/simulation/explode").0, 404);
    assert_eq!(ask(&daemon, "GET", "/api/v1/gates/Gate/simulation/remote").0, 405);
    happen(&daemon, "remote");
    until(|| really(&daemon).as_deref() == Some("open"));
    assert_eq!(home.edges().len(), 0);
}

struct Door {
    current: Id,
    target: Id,
    obstruction: Id,
}

/// A session that hears of everything about the only gate.
fn watched(daemon: &Daemon<'_>) -> (Session, Door) {
    let mut session = Phone::pair(daemon).connect(daemon);
    let find = |kind| session.find(GARAGE_DOOR_OPENER, "", kind);
    let (current, target) = (find(CURRENT_DOOR_STATE), find(TARGET_DOOR_STATE));
    let door = Door { current, target, obstruction: find(OBSTRUCTION_DETECTED) };
    for id in [door.current, door.target, door.obstruction] {
        session.subscribe(id);
    }
    (session, door)
}

fn status(home: &Home) -> Value {
    home.json(&["status", "--json"])["gates"][0].take()
}

fn happen(daemon: &Daemon<'_>, happening: &str) {
    let (status, body) = ask(daemon, "POST", &format!("/api/v1/gates/Gate/simulation/{happening}"));
    assert_eq!(status, 200, "{body}");
}

/// What the simulated gate really does; nothing when it was asked too often.
fn really(daemon: &Daemon<'_>) -> Option<String> {
    let (status, body) = ask(daemon, "GET", "/api/v1/gates/Gate/simulation");
    assert!(matches!(status, 200 | 429), "{status}: {body}");
    Some(serde_json::from_str::<Value>(&body).unwrap().get("really")?.as_str().unwrap().to_owned())
}

fn ask(daemon: &Daemon<'_>, method: &str, path: &str) -> (u16, String) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let url = format!("http://{}{path}", daemon.api());
    let answer = if method == "POST" { agent.post(url).send_empty() } else { agent.get(url).call() };
    let mut answer = answer.unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never comes");
    }
}
