//! `/api/v1/events` of the running daemon.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod daemon;
mod http;
mod phone;

use serde_json::{Value, json};

use crate::daemon::{Home, gate, quiet};
use crate::http::{Events, ask, granted, tell};
use crate::phone::Phone;

const GATE: &str = "pulse = \"50ms\"\ntravel = \"1s\"\nclose_when_assumed = true";

#[test]
fn a_new_client_gets_everything_at_once_and_then_what_happens_as_it_happens() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    // The line of the start may be on its way to the disk; who reads the history waits for it.
    let history = ask(daemon.api(), "GET", "/api/v1/history", &[]).json();
    assert_eq!(history[0]["event"], "started");
    let mut events = Events::open(daemon.api(), None).unwrap();
    let snapshot = events.any();
    assert_eq!(snapshot.name, "snapshot");
    let status = ask(daemon.api(), "GET", "/api/v1/status", &[]).json();
    assert_eq!(snapshot.data["gates"], status["gates"]);
    assert_eq!(snapshot.data["version"], status["version"]);
    assert_eq!(snapshot.data["pairing"], json!({ "paired": false, "controllers": 0, "sessions": 0 }));
    assert_eq!(snapshot.data["health"]["parts"].as_array().unwrap().len(), 5);
    assert_eq!(snapshot.data["history"], history);

    granted(daemon.api(), "open");
    let mut seen: Vec<(String, Value)> = Vec::new();
    while seen.iter().all(|(_, current)| current != "open") {
        let event = events.next();
        let current = match event.name.as_str() {
            "state" => event.data["current"].clone(),
            "history" => event.data["state"]["current"].clone(),
            other => panic!("{other}"),
        };
        seen.push((event.name, current));
    }
    assert!(seen.contains(&("state".to_owned(), "opening".into())), "{seen:?}");
    assert!(seen.contains(&("history".to_owned(), "opening".into())), "{seen:?}");
}

#[test]
fn who_comes_back_gets_what_it_missed_and_who_was_away_for_too_long_everything() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let mut events = Events::open(daemon.api(), None).unwrap();
    let first = events.any();
    drop(events);
    let mut other = Events::open(daemon.api(), None).unwrap();
    granted(daemon.api(), "open");
    let told = loop {
        let event = other.until("state");
        if event.data["current"] == "open" {
            break event;
        }
    };

    let mut back = Events::open(daemon.api(), Some(&first.id)).unwrap();
    let mut missed = vec![back.next()];
    while missed.last().unwrap().id != told.id {
        missed.push(back.next());
    }
    assert!(missed.iter().all(|event| event.name != "snapshot"), "{missed:?}");
    let numbers = missed.iter().map(|event| event.id.rsplit_once('-').unwrap().1.parse::<u64>().unwrap());
    let numbers: Vec<_> = numbers.collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "none is missing: {numbers:?}");

    for id in ["", "nonsense", "00000000-1", &format!("{}9", told.id)] {
        assert_eq!(Events::open(daemon.api(), Some(id)).unwrap().any().name, "snapshot", "{id}");
    }
    // Another run has other numbers.
    let daemon = daemon.restart();
    assert_eq!(Events::open(daemon.api(), Some(&told.id)).unwrap().any().name, "snapshot");
}

#[test]
fn pairing_and_its_end_are_told() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let mut events = Events::open(daemon.api(), None).unwrap();
    let code = ask(daemon.api(), "GET", "/api/v1/setup", &[]).json();
    assert_eq!((&code["paired"], &code["setup_code"]), (&json!(false), &json!(daemon.setup_code())));
    let drawn = ask(daemon.api(), "GET", "/api/v1/setup/qr.svg", &[]);
    assert_eq!((drawn.status, drawn.header("content-type")), (200, Some("image/svg+xml")));
    assert!(drawn.body.starts_with("<svg "));

    let phone = Phone::pair(&daemon);
    let session = phone.connect(&daemon);
    while events.until("pairing").data != json!({ "paired": true, "controllers": 1, "sessions": 1 }) {}
    let setup = ask(daemon.api(), "GET", "/api/v1/setup", &[]).json();
    assert_eq!(setup, json!({ "name": "Gate", "paired": true, "setup_code": null, "setup_payload": null }));
    assert_eq!(ask(daemon.api(), "GET", "/api/v1/setup/qr.svg", &[]).status, 404);
    drop(session);
    while events.until("pairing").data != json!({ "paired": true, "controllers": 1, "sessions": 0 }) {}
    // Who shows the controllers hears that one has another name.
    let body = r#"{"name":"Mum"}"#;
    let head = format!("PUT /api/v1/controllers/{} HTTP/1.1\r\nHost: {}\r\nConnection: close", Phone::ID, daemon.api());
    let renaming = format!("{head}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(tell(daemon.api(), renaming.as_bytes()).unwrap().json()["name"], "Mum");
    assert_eq!(events.next().name, "pairing");
    ask(daemon.api(), "DELETE", &format!("/api/v1/controllers/{}", Phone::ID), &[]);
    while events.until("pairing").data != json!({ "paired": false, "controllers": 0, "sessions": 0 }) {}
}

#[test]
fn there_is_room_for_so_many_streams_and_for_requests_beside_them() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let mut streams: Vec<_> = (0..32).map(|_| Events::open(daemon.api(), None).unwrap()).collect();
    assert_eq!(Events::open(daemon.api(), None).err(), Some(503));
    granted(daemon.api(), "open");
    for stream in &mut streams {
        stream.until("state");
    }
}

#[test]
fn the_daemon_stops_though_somebody_listens() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let mut events = Events::open(daemon.api(), None).unwrap();
    events.any();
    assert_eq!(daemon.terminate().code, Some(0));
}

#[test]
fn health_names_each_part_and_metrics_count_what_happens() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let health = ask(daemon.api(), "GET", "/api/v1/health", &[]).json();
    let parts: Vec<_> = health["parts"].as_array().unwrap().iter().map(|part| part["part"].clone()).collect();
    assert_eq!(json!(parts), json!(["process", "keeper", "network", "mdns", "controllers"]));
    let healthz = ask(daemon.api(), "GET", "/healthz", &[]);
    assert_eq!((healthz.status, &healthz.json()["verdict"]), (200, &json!("ok")), "{}", healthz.body);

    ask(daemon.api(), "POST", "/api/v1/gates/Gate/open", &[]);
    daemon.until_logged("gate \"Gate\": open, as asked\n");
    ask(daemon.api(), "POST", "/api/v1/gates/Gate/open", &[]);
    let wanted = [
        "portcullis_requests_total{by=\"local-api\",decision=\"pulse\",gate=\"Gate\"} 1\n",
        "portcullis_requests_total{by=\"local-api\",decision=\"already\",gate=\"Gate\"} 1\n",
        "portcullis_movements_total{cause=\"local-api\",gate=\"Gate\",result=\"opening\"} 1\n",
        "portcullis_movements_total{cause=\"pulse\",gate=\"Gate\",result=\"open\"} 1\n",
        "portcullis_pulses_total{contact=\"main\",gate=\"Gate\"} 1\n",
        "portcullis_request_seconds_count 2\n",
        "portcullis_health{part=\"keeper\"} 0\n",
        "portcullis_sessions 0\n",
        "portcullis_pairings 0\n",
        "portcullis_mdns_answers_total 0\n",
    ];
    // The history's thread counts, a moment after the answer.
    let mut stream = Events::open(daemon.api(), None).unwrap();
    while stream.any().data.to_string().matches("\"decision\"").count() < 2 {
        stream = Events::open(daemon.api(), None).unwrap();
    }
    let metrics = ask(daemon.api(), "GET", "/metrics", &[]);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4"));
    for line in wanted {
        assert!(metrics.body.contains(line), "{line}{}", metrics.body);
    }
    let resident = metrics.body.lines().find_map(|line| line.strip_prefix("portcullis_resident_memory_bytes "));
    assert!(resident.unwrap().parse::<u64>().unwrap() > 1_000_000);
}
