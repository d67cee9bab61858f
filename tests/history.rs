//! Who opened the gate, and when: the history of the running daemon, as commands and the local API show it.

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

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use std::{fs, thread};

use rustix::net::sockopt::set_socket_recv_buffer_size;
use serde_json::{Value, json};

use crate::daemon::{Home, gate, quiet};
use crate::phone::Phone;

const GARAGE_DOOR_OPENER: &str = "41";
const TARGET_DOOR_STATE: &str = "32";
const CURRENT_DOOR_STATE: &str = "E";

const OPEN: u8 = 0;
const CLOSED: u8 = 1;

const QUICK: &str = "pulse = \"50ms\"\ntravel = \"1s\"\nclose_when_assumed = true";
/// A gate that nobody may close from afar: nothing tells where it is.
const CAUTIOUS: &str = "pulse = \"50ms\"\ntravel = \"1s\"";
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn every_pulse_has_one_line_that_names_who_asked_for_it() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let daemon = home.start();
    let phone = Phone::pair(&daemon);
    let mut session = phone.connect(&daemon);
    let target = session.find(GARAGE_DOOR_OPENER, "", TARGET_DOOR_STATE);
    let current = session.find(GARAGE_DOOR_OPENER, "", CURRENT_DOOR_STATE);
    session.subscribe(current);
    session.write_until_granted(target, OPEN);
    session.until(current, OPEN);
    let named = home.run(&["controllers", "name", Phone::ID, "Mum's phone"]);
    assert_eq!(named.stdout, format!("{} is called Mum's phone.\n", Phone::ID), "{named:?}");
    session.write_until_granted(target, CLOSED);
    // The same again has a line, and no pulse.
    session.write(target, CLOSED);
    session.until(current, CLOSED);
    session.write_via_hub(target, OPEN);
    session.until(current, OPEN);
    assert_eq!(home.run(&["close"]).code, Some(0));
    session.until(current, CLOSED);
    daemon.terminate();

    let lines = lines(&home);
    let requests: Vec<_> =
        lines.iter().filter(|line| line["event"] == "request" && line["decision"] != "refused").collect();
    let told: Vec<_> = requests.iter().map(|line| json!([line["request"], line["decision"], line["by"]])).collect();
    let (mum, nobody) = ("Mum's phone", json!({ "kind": "controller", "id": Phone::ID }));
    let named = json!({ "kind": "controller", "id": Phone::ID, "name": mum });
    assert_eq!(
        told,
        [
            json!(["open", "pulse", nobody]),
            json!(["close", "pulse", named]),
            json!(["close", "already", named]),
            json!(["open", "pulse", { "kind": "hub", "id": Phone::ID, "name": mum }]),
            json!(["close", "pulse", { "kind": "local-api", "client": concat!("portcullis/", env!("CARGO_PKG_VERSION")) }]),
        ]
    );
    let pulses: Vec<_> = lines.iter().filter(|line| line["pulse"].is_object()).collect();
    assert_eq!(pulses.len(), home.pulses().len());
    assert!(pulses.iter().all(|line| line["pulse"] == json!({ "contact": "main", "ms": 50 })), "{pulses:?}");
    // Where it went is told too: it arrived four times.
    let arrived: Vec<_> =
        lines.iter().filter(|line| line["event"] == "state").map(|line| &line["state"]["current"]).collect();
    assert_eq!(arrived, ["open", "closed", "open", "closed"]);

    let text = home.run(&["history"]).stdout;
    assert!(text.contains("close by Mum's phone: pulse of 50 ms on the main contact; closing (assumed)"), "{text}");
    assert!(text.contains("open by somebody via hub Mum's phone: pulse"), "{text}");
}

#[test]
fn every_refused_request_has_one_line_that_says_why() {
    let home = Home::new(&(quiet() + &gate(CAUTIOUS)));
    let daemon = home.start();
    let mut session = Phone::pair(&daemon).connect(&daemon);
    let target = session.find(GARAGE_DOOR_OPENER, "", TARGET_DOOR_STATE);
    let current = session.find(GARAGE_DOOR_OPENER, "", CURRENT_DOOR_STATE);
    session.subscribe(current);
    session.write_until_granted(target, OPEN);
    session.until(current, OPEN);
    let before = lines_of(&home, "refused").len();
    for _ in 0..3 {
        assert_eq!(session.write(target, CLOSED), -70412);
    }
    assert_eq!(home.run(&["close"]).code, Some(4));
    daemon.terminate();
    let refused = lines_of(&home, "refused");
    assert_eq!(refused.len(), before + 4);
    for line in &refused[before..] {
        assert!(line["reason"].as_str().unwrap().contains("close_when_assumed"), "{line}");
        assert!(line["pulse"].is_null(), "{line}");
        assert_eq!(line["state"], json!({ "current": "open", "confidence": "assumed" }));
    }
    assert_eq!(home.pulses().len(), 1);
}

#[test]
fn a_line_outlives_the_kill_of_the_daemon_and_half_a_line_costs_only_itself() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let daemon = home.start();
    open(&home);
    until(|| lines_of(&home, "pulse").len() == 1);
    daemon.kill();
    let path = home.state().join("history.jsonl");
    let mut torn = fs::read(&path).unwrap();
    torn.extend(b"{\"at\":\"2025-03-01T06:3");
    fs::write(&path, torn).unwrap();
    let daemon = home.start();
    assert_eq!(lines_of(&home, "pulse").len(), 1);
    open(&home);
    until(|| lines_of(&home, "pulse").len() == 2);
    daemon.kill();
}

#[test]
fn starting_and_stopping_move_nothing_and_the_history_says_so() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    for _ in 0..5 {
        home.start().terminate();
    }
    let events: Vec<_> = lines(&home).into_iter().map(|mut line| line["event"].take()).collect();
    assert_eq!(events, ["started"; 5]);
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn the_local_api_shows_what_the_command_shows() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let daemon = home.start();
    open(&home);
    until(|| lines_of(&home, "pulse").len() == 1);
    let from_files = home.json(&["history", "--json", "-n", "2"]);
    let url = format!("http://{}/api/v1/history?n=2", daemon.api());
    let from_api = ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&from_api).unwrap(), from_files);
    assert_eq!(from_files.as_array().unwrap().len(), 2);
}

#[test]
fn a_controller_is_named_and_unnamed_while_the_daemon_runs_and_while_it_does_not() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let daemon = home.start();
    Phone::pair(&daemon);
    let id = Phone::ID;
    let listed = |home: &Home| home.run(&["controllers"]).stdout;
    assert_eq!(listed(&home), format!("{id}  admin\n"));
    home.run(&["controllers", "name", id, "Mum"]);
    assert_eq!(listed(&home), format!("{id}  admin  Mum\n"));
    let long = home.run(&["controllers", "name", id, &"n".repeat(65)]);
    assert_eq!(long.code, Some(2), "{long:?}");
    assert_ne!(home.run(&["controllers", "name", "nobody", "Mum"]).code, Some(0));
    daemon.terminate();
    assert_eq!(home.json(&["controllers", "list", "--json"]), json!([{ "id": id, "name": "Mum", "admin": true }]));
    assert_eq!(home.run(&["controllers", "name", id]).stdout, format!("{id} has no name any more.\n"));
    assert_eq!(listed(&home), format!("{id}  admin\n"));
}

#[test]
fn a_reset_forgets_the_history_too() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    home.start().terminate();
    assert_eq!(lines(&home).len(), 1);
    assert_eq!(home.run(&["reset", "--yes"]).code, Some(0));
    assert_eq!(home.run(&["history"]).stdout, "Nothing has happened yet.\n");
}

#[test]
fn all_of_a_long_history_is_answered_to_many_at_once() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    fs::create_dir(home.state()).unwrap();
    let line = |n: usize| {
        format!(
            "{{\"n\":{n},\"at\":\"2025-03-01T06:30:00.250Z\",\"up_ms\":5,\"event\":\"started\",\"version\":\"{:0>100}\"}}\n",
            n
        )
    };
    fs::write(home.state().join("history.1.jsonl"), (1..=2000).map(line).collect::<String>()).unwrap();
    fs::write(home.state().join("history.jsonl"), (2001..=3000).map(line).collect::<String>()).unwrap();
    let daemon = home.start();
    let url = |n: usize| format!("http://{}/api/v1/history?n={n}", daemon.api());
    // The start itself has a line, soon.
    until(|| lines(&home).last().unwrap()["n"] == 3001);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut answer = ureq::get(&url(9999)).call().unwrap();
                let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
                let text = answer.body_mut().read_to_string().unwrap();
                assert_eq!(text.len(), length);
                let lines: Vec<Value> = serde_json::from_str(&text).unwrap();
                let numbers: Vec<_> = lines.iter().map(|line| line["n"].as_u64().unwrap()).collect();
                assert_eq!(numbers, (1002..=3001).collect::<Vec<_>>());
            });
        }
    });
    for n in [0, 1, 3] {
        let text = ureq::get(&url(n)).call().unwrap().body_mut().read_to_string().unwrap();
        assert_eq!(serde_json::from_str::<Vec<Value>>(&text).unwrap().len(), n);
    }
}

#[test]
fn an_answer_that_is_read_slowly_is_not_cut_off_by_those_who_come_and_leaves_them_room() {
    // More than the system holds for a client that takes nothing.
    const LINES: usize = 2000;
    /// With those that are slow, a few more connections than there may be.
    const OTHERS: usize = 50;
    /// As many answers with lines as may be under way.
    const ANSWERS: usize = 16;
    let home = Home::new(&(quiet() + &gate(QUICK)));
    fs::create_dir(home.state()).unwrap();
    let line = |n: usize| {
        format!(
            "{{\"n\":{n},\"at\":\"2025-03-01T06:30:00.250Z\",\"up_ms\":5,\"event\":\"started\",\"version\":\"{n:0>150}\"}}\n"
        )
    };
    fs::write(home.state().join("history.jsonl"), (1..=LINES).map(line).collect::<String>()).unwrap();
    let daemon = home.start();
    let ask = |path: &str| {
        let mut stream = TcpStream::connect(daemon.api()).unwrap();
        // So that little of the answer is on its way.
        set_socket_recv_buffer_size(&stream, 64 * 1024).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", daemon.api()).unwrap();
        let mut answer = BufReader::with_capacity(512, stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(answer.read_line(&mut head).unwrap(), 0, "no head: {head}");
        }
        (head, answer)
    };
    let mut slow: Vec<_> = (0..ANSWERS).map(|_| ask("/api/v1/history?n=2000")).collect();
    let (head, _) = ask("/api/v1/history?n=1");
    assert!(head.starts_with("HTTP/1.1 429 ") && head.contains("retry-after: 1\r\n"), "{head}");
    let others: Vec<_> = (0..OTHERS).map(|_| ask("/api/v1/status")).collect();
    assert!(others.iter().all(|(head, _)| head.starts_with("HTTP/1.1 200 ")));
    let (head, answer) = &mut slow[0];
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut text = vec![0; length];
    answer.read_exact(&mut text).expect("the whole answer");
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&text).unwrap().len(), LINES);
}

/// All lines, oldest first.
fn lines(home: &Home) -> Vec<Value> {
    match home.json(&["history", "--json", "-n", "10000"]) {
        Value::Array(lines) => lines,
        other => panic!("not a list: {other}"),
    }
}

/// The lines of requests with this decision.
fn lines_of(home: &Home, decision: &str) -> Vec<Value> {
    lines(home).into_iter().filter(|line| line["decision"] == decision).collect()
}

/// Opens the gate, once the relay has come to rest.
fn open(home: &Home) {
    let pulses = lines_of(home, "pulse").len();
    until(|| home.run(&["toggle"]).code == Some(0));
    assert_eq!(home.edges().iter().filter(|edge| edge.relay == "on").count(), pulses + 1);
}

fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never comes");
    }
}
