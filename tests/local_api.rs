//! The local API over a real socket, and the commands that ask the running daemon.

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

use std::fs;
use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, Instant};

use getrandom::SysRng;
use hap::controller::{Client, ControllerId, Identity};
use rand_core::UnwrapErr;
use serde_json::json;

use crate::daemon::{Daemon, Home, gate, own_address, quiet};
use crate::http::{ask, secret};

/// Longer than the longest pulse, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const GATE: &str = "pulse = \"100ms\"\ntravel = \"1s\"\nclose_when_assumed = true";
/// A gate whose pulse outlasts every test.
const SLOW: &str = "pulse = \"10s\"\ntravel = \"18s\"\nclose_when_assumed = true";

const HTML: &str = "text/html; charset=utf-8";
const PROBLEM: &str = "application/problem+json";

#[test]
fn toggle_relay_presses_for_as_long_as_it_is_told_and_then_says_ok() {
    let cases = [
        ("", 2000),
        ("?delay=1", 1000),
        ("?duration=1", 1000),
        ("?delay=0.5", 500),
        ("?delay=0", 50),
        ("?delay=0.2&delay=9", 200),
        ("?duration=9&delay=0.3", 300),
        ("?seconds=9", 2000),
    ];
    // Each has a gate of its own, and so none waits for another one's pulse.
    thread::scope(|scope| {
        for (query, millis) in cases {
            scope.spawn(move || {
                let home = Home::new(&(quiet() + &gate(GATE)));
                let daemon = home.start();
                let answer = ask(daemon.api(), "POST", &format!("/toggle-relay{query}"), &[]);
                let pulses = home.pulses();
                assert_eq!((answer.status, answer.body.as_str()), (200, "ok"), "{query}");
                assert_eq!(answer.header("content-type"), Some(HTML), "{query}");
                assert_eq!(answer.header("content-length"), Some("2"), "{query}");
                assert_eq!(pulses.len(), 1, "{query}: {pulses:?}");
                assert!(pulses[0].lasted(Duration::from_millis(millis)), "{query}: {pulses:?}");
            });
        }
    });
}

#[test]
fn toggle_relay_refuses_what_is_no_sensible_number_of_seconds_without_an_edge() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    for value in
        ["", "abc", "-1", "-0", "nan", "inf", "-inf", "1e3", "10.001", "11", "1e400", "1,5", "0x1", "%00", "1s"]
    {
        for key in ["delay", "duration"] {
            let answer = ask(daemon.api(), "POST", &format!("/toggle-relay?{key}={value}"), &[]);
            assert_eq!(answer.status, 400, "{key}={value}");
            assert_eq!(answer.body, "delay and duration are seconds, from 0 to 10");
            assert_eq!(answer.header("content-type"), Some(HTML));
        }
    }
    assert_eq!(ask(daemon.api(), "POST", "/toggle-relay?delay=abc&duration=1", &[]).status, 400);
    assert_eq!(home.edges().len(), 0);
    assert_eq!(ask(daemon.api(), "POST", "/toggle-relay?delay=0", &[]).status, 200);
    assert_eq!(home.pulses().len(), 1);
}

#[test]
fn toggle_relay_knows_only_post_and_only_its_own_path() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH"] {
        let answer = ask(daemon.api(), method, "/toggle-relay?delay=1", &[]);
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("OPTIONS, POST"), "{method}");
        assert_eq!(answer.body.is_empty(), method == "HEAD", "{method}: {}", answer.body);
    }
    let options = ask(daemon.api(), "OPTIONS", "/toggle-relay", &[]);
    assert_eq!((options.status, options.body.as_str()), (200, ""));
    assert_eq!(options.header("allow"), Some("OPTIONS, POST"));
    for path in ["/toggle-relay/", "/toggle-relay/?delay=1", "/toggle-relays", "/toggle_relay"] {
        assert_eq!(ask(daemon.api(), "POST", path, &[]).status, 404, "{path}");
    }
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn a_second_request_during_a_pulse_is_refused_and_the_pulse_keeps_its_length() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let api = daemon.api();
    thread::scope(|scope| {
        let first = scope.spawn(move || ask(api, "POST", "/toggle-relay?delay=3", &[]));
        daemon.until_logged("toggle, asked by the local API: pulse");
        let second = ask(api, "POST", "/toggle-relay?delay=1", &[]);
        assert_eq!(second.status, 409, "{}", second.body);
        assert_eq!(second.header("content-type"), Some(HTML));
        let third = ask(api, "POST", "/api/v1/gates/Gate/toggle", &[]);
        assert_eq!((third.status, third.header("content-type")), (409, Some(PROBLEM)), "{}", third.body);
        assert_eq!(home.edges().len(), 1, "the first is still pressed");
        assert_eq!(first.join().unwrap().status, 200);
    });
    let pulses = home.pulses();
    assert_eq!(pulses.len(), 1, "{pulses:?}");
    assert!(pulses[0].lasted(Duration::from_secs(3)), "{pulses:?}");
}

#[test]
fn a_caller_that_hangs_up_does_not_cut_the_pulse() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let mut caller = TcpStream::connect(daemon.api()).unwrap();
    write!(caller, "POST /toggle-relay?delay=0.5 HTTP/1.1\r\nHost: {}\r\n\r\n", daemon.api()).unwrap();
    daemon.until_logged("asked by the local API: pulse");
    drop(caller);
    // The gate arrives half a second after the end of the pulse.
    daemon.until_logged("gate \"Gate\": open, as asked\n");
    let pulses = home.pulses();
    assert_eq!(pulses.len(), 1, "{pulses:?}");
    assert!(pulses[0].lasted(Duration::from_millis(500)), "{pulses:?}");
}

#[test]
fn a_web_page_from_elsewhere_moves_nothing() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let foreign = [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1:1"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        // A name that somebody had point here.
        ("Host", "evil.example"),
        ("Host", "gate.evil.example:5000"),
        ("Host", "192.168.1.2:5000"),
    ];
    for header in foreign {
        for path in ["/toggle-relay?delay=0", "/api/v1/gates/Gate/toggle", "/api/v1/gates/Gate/open"] {
            let answer = ask(daemon.api(), "POST", path, &[header]);
            assert_eq!((answer.status, answer.header("content-type")), (403, Some(PROBLEM)), "{header:?} {path}");
            assert_eq!(answer.json()["status"], 403);
        }
    }
    let read = ask(daemon.api(), "GET", "/api/v1/status", &[("Host", "evil.example")]);
    assert_eq!(read.status, 403, "who is paired is nobody else's business");
    assert_eq!(home.edges().len(), 0);
    let own = format!("http://{}", daemon.api());
    let same = [("Origin", own.as_str()), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(ask(daemon.api(), "POST", "/toggle-relay?delay=0", &same).status, 200);
    assert_eq!(ask(daemon.api(), "GET", "/api/v1/status", &[("Host", "localhost")]).status, 200);
}

#[test]
fn with_a_token_nobody_moves_the_gate_without_it() {
    let token = "correct-horse-battery";
    let home = Home::new("");
    let file = home.file("token");
    secret(&file, token);
    let api = own_address();
    let network = format!("[homekit]\nbind = \"{}\"\nadvertise = false\n", own_address());
    home.configure(&format!(
        "{network}[api]\nlisten = \"{api}\"\ntoken_file = {file:?}\nhost_names = [\"gate.lan\"]\n{}",
        gate(GATE)
    ));
    let daemon = home.start();
    let wrong = format!("Bearer {token}x");
    for headers in [vec![], vec![("Authorization", wrong.as_str())], vec![("Authorization", token)]] {
        for path in ["/toggle-relay?delay=0", "/api/v1/gates/Gate/toggle"] {
            let answer = ask(daemon.api(), "POST", path, &headers);
            assert_eq!((answer.status, answer.header("content-type")), (401, Some(PROBLEM)), "{headers:?} {path}");
        }
        assert_eq!(ask(daemon.api(), "GET", "/api/v1/controllers", &headers).status, 401, "{headers:?}");
    }
    assert_eq!(home.edges().len(), 0);
    let right = format!("Bearer {token}");
    let unknown = [("Authorization", right.as_str()), ("Host", "gate.evil.example")];
    let refused = ask(daemon.api(), "POST", "/toggle-relay?delay=0", &unknown);
    assert_eq!(refused.status, 403, "a name that is not ours");
    assert!(refused.body.contains("host_names"), "{}", refused.body);
    assert_eq!(home.edges().len(), 0);
    let headers = [("Authorization", right.as_str()), ("Host", "gate.lan")];
    assert_eq!(ask(daemon.api(), "POST", "/toggle-relay?delay=0", &headers).status, 200);
    assert_eq!(home.pulses().len(), 1);
    // The commands read the same file.
    assert_eq!(home.json(&["status", "--json"])["gates"][0]["name"], "Gate");
    assert_eq!(home.run(&["controllers", "remove", "nobody"]).code, Some(2));
    // One that the daemon does not know yet is what they say, and neither an unknown controller nor the gate's refusal.
    secret(&file, "another-horse-battery");
    for command in [&["controllers", "remove", "nobody"][..], &["controllers", "name", "nobody", "Mum"], &["open"]] {
        let failed = home.run(command);
        assert_eq!(failed.code, Some(1), "{failed:?}");
        assert!(failed.stderr.contains("send the token"), "{failed:?}");
    }
    drop(daemon);

    secret(&file, "short");
    let refused = home.run(&["run"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("make one with: head -c 24 /dev/urandom | base64"), "{refused:?}");

    secret(&file, token);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = home.run(&["run"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("chmod 600"), "{refused:?}");
}

#[test]
fn gates_are_shown_and_moved_by_name() {
    let front = gate("name = \"Front Gate\"\npulse = \"50ms\"\ntravel = \"1s\"");
    let home = Home::new(&(quiet() + &front + &gate("name = \"Back\"\ntravel = \"1s\"\nclose_when_assumed = true")));
    let daemon = home.start();
    let state = |name: &str, current: &str, target: &str| {
        json!({
            "name": name, "current": current, "target": target, "confidence": "assumed", "obstruction": false,
            "fault": null, "warning": false, "lockout": false, "hold_open": false, "left_open": false,
            "since": null, "press": "open", "press_refused": null, "travel_ms": 1000, "opener": "step",
            "accessory": "garage-door", "simulated": true,
        })
    };
    let closed = |name: &str| state(name, "closed", "closed");
    let gates = ask(daemon.api(), "GET", "/api/v1/gates", &[]);
    assert_eq!((gates.status, gates.json()), (200, json!([closed("Front Gate"), closed("Back")])));
    assert_eq!(ask(daemon.api(), "GET", "/api/v1/gates/Front%20Gate", &[]).json(), closed("Front Gate"));
    let mut status = ask(daemon.api(), "GET", "/api/v1/status", &[]).json();
    assert!(status["uptime_s"].take().is_u64());
    let expected = json!({
        "version": env!("CARGO_PKG_VERSION"), "commit": option_env!("PORTCULLIS_COMMIT").filter(|commit| *commit != "unknown"), "uptime_s": null,
        "name": "Portcullis", "gates": [closed("Front Gate"), closed("Back")],
        "paired": false, "controllers": 0, "sessions": 0,
    });
    assert_eq!(status, expected);

    let opened = ask(daemon.api(), "POST", "/api/v1/gates/Front%20Gate/open", &[]);
    let mut opening = state("Front Gate", "opening", "open");
    opening["since"] = opened.json()["since"].clone();
    assert!(opening["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{}", opened.body);
    opening["press"] = json!("stop");
    opening["pulsed"] = json!(true);
    opening["answer"] = json!("pulsed");
    assert_eq!((opened.status, opened.json()), (200, opening));
    assert_eq!(ask(daemon.api(), "POST", "/api/v1/gates/Front%20Gate/open", &[]).json()["pulsed"], false);
    assert_eq!(ask(daemon.api(), "POST", "/api/v1/gates/Back/close", &[]).json()["pulsed"], false);
    daemon.until_logged("gate \"Front Gate\": open, as asked\n");
    let refused = ask(daemon.api(), "POST", "/api/v1/gates/Front%20Gate/close", &[]);
    assert_eq!((refused.status, refused.header("content-type")), (403, Some(PROBLEM)));
    assert!(refused.json()["detail"].as_str().unwrap().contains("close_when_assumed"), "{}", refused.body);
    for (method, path, status) in [
        ("POST", "/api/v1/gates/Side/open", 404),
        ("POST", "/api/v1/gates/Back/explode", 404),
        ("GET", "/api/v1/gates/Back/open", 405),
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", "/api/v1/controllers/unknown", 404),
    ] {
        assert_eq!(ask(daemon.api(), method, path, &[]).status, status, "{method} {path}");
    }
    let pulses = home.pulses();
    assert_eq!(pulses.len(), 1, "{pulses:?}");
    assert_eq!(pulses[0].gate, "Front Gate");
}

#[test]
fn what_is_no_number_of_lines_is_refused_with_what_is_allowed() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let ask = |query: &str| ask(daemon.api(), "GET", &format!("/api/v1/history{query}"), &[]);
    for query in ["?n=", "?n=abc", "?n=-1", "?n=1.5", "?n=%00", "?n=1&n=2", "?n=9223372036854775808"] {
        let answer = ask(query);
        assert_eq!((answer.status, answer.header("content-type")), (400, Some(PROBLEM)), "{query}: {}", answer.body);
        let allowed = "n is one number of lines, 0 or more; 2000 are answered at most";
        assert_eq!(answer.json()["detail"], allowed, "{query}");
    }
    for query in ["", "?n=0", "?n=9999", "?n=9223372036854775807", "?lines=abc"] {
        assert_eq!(ask(query).status, 200, "{query}");
    }
}

#[test]
fn the_commands_move_the_gate_and_say_what_they_did() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let said = |arguments: &[&str]| {
        let finished = home.run(arguments);
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        finished.stdout
    };
    let status = said(&["status"]);
    assert!(status.starts_with("Gate: closed, assumed.\n"), "{status}");
    assert!(status.contains("\nNot paired: portcullis pair shows the code.\n"), "{status}");
    assert_eq!(said(&["close"]), "Nothing to do. Gate: closed, assumed.\n");
    assert_eq!(said(&["open"]), "Pressed the button. Gate: opening, assumed.\n");
    daemon.until_logged("gate \"Gate\": open, as asked\n");
    assert_eq!(said(&["open", "gate"]), "Nothing to do. Gate: open, assumed.\n");
    assert_eq!(said(&["close", "Gate"]), "Pressed the button. Gate: closing, assumed.\n");
    daemon.until_logged("gate \"Gate\": closed, as asked\n");
    assert_eq!(said(&["toggle"]), "Pressed the button. Gate: opening, assumed.\n");
    let status = home.json(&["status", "--json"]);
    assert_eq!((&status["gates"][0]["name"], &status["paired"]), (&json!("Gate"), &json!(false)));
    assert_eq!(home.edges().iter().filter(|edge| edge.relay == "on").count(), 3);
}

#[test]
fn a_command_that_fails_says_why_and_whose_turn_it_is() {
    let home = Home::new(&(quiet() + &gate(SLOW)));
    let failed = |arguments: &[&str], code: i32, words: &str| {
        let finished = home.run(arguments);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(code), ""), "{arguments:?} {finished:?}");
        assert!(finished.stderr.contains(words), "{arguments:?} {finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    };
    for command in ["status", "open", "close", "toggle"] {
        failed(&[command], 3, "start it with: portcullis run");
    }
    failed(&["open", "Side"], 2, "which gate? There is \"Gate\"");
    failed(&["controllers", "remove", "nobody"], 2, "no controller \"nobody\" is paired");

    let daemon = home.start();
    home.run(&["open"]);
    failed(&["toggle"], 4, "ask again in a moment");
    failed(&["controllers", "remove", "nobody"], 2, "no controller \"nobody\" is paired");
    assert_eq!(home.edges().len(), 1);
    daemon.kill();
    failed(&["status"], 3, "no daemon answers at ");
}

#[test]
fn a_command_that_only_looks_waits_for_its_turn_where_many_ask() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let begun = Instant::now();
    while ask(daemon.api(), "GET", "/api/v1/gates", &[]).status != 429 {
        assert!(begun.elapsed() < PATIENCE, "nobody is refused");
    }
    assert_eq!(home.json(&["status", "--json"])["gates"][0]["name"], "Gate");
}

#[test]
fn a_controller_is_listed_and_removed_while_the_daemon_runs_and_while_it_does_not() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let none = home.run(&["controllers"]);
    assert_eq!(
        (none.code, none.stdout.as_str()),
        (Some(0), "No controller is paired: portcullis pair shows the code.\n")
    );
    let id = "5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405";
    let mut session = pair(&daemon, id);
    assert_eq!(home.run(&["controllers"]).stdout, format!("{id}  admin\n"));
    let listed = json!([{ "id": id, "name": null, "admin": true }]);
    assert_eq!(home.json(&["controllers", "list", "--json"]), listed);
    assert_eq!(ask(daemon.api(), "GET", "/api/v1/controllers", &[]).json(), listed);
    let status = home.run(&["status"]).stdout;
    assert!(status.contains(&format!("\nPaired with 1 controller, 1 session open:\n  {id}\n")), "{status}");

    assert_eq!(home.run(&["controllers", "remove", id]).stdout, format!("Removed {id}.\n"));
    assert!(session.next(PATIENCE).is_err(), "its session is closed");
    assert_eq!(home.json(&["status", "--json"])["paired"], false);

    pair(&daemon, id);
    daemon.kill();
    assert_eq!(home.run(&["controllers", "remove", id]).stdout, format!("Removed {id}.\n"));
    let daemon = home.start();
    assert_eq!(home.json(&["status", "--json"])["paired"], false);
    pair(&daemon, id);
    let url = format!("/api/v1/controllers/{id}");
    assert_eq!(ask(daemon.api(), "DELETE", &url, &[]).status, 204);
    assert_eq!(ask(daemon.api(), "DELETE", &url, &[]).status, 404);
}

#[test]
fn the_pairing_sheet_is_the_same_everywhere() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    // Before the first start it is what the daemon will start with.
    let before = home.json(&["pair", "--json"]);
    let daemon = home.start();
    let (svg, png) = (home.file("qr.svg"), home.file("qr.png"));
    let arguments = ["pair", "--json", "--svg", svg.to_str().unwrap(), "--png", png.to_str().unwrap()];
    let sheet = home.json(&arguments);
    assert_eq!(sheet, before);
    assert_eq!(sheet["setup_code"], daemon.setup_code());
    assert_eq!(sheet["name"], "Gate");
    assert_eq!((&sheet["paired"], &sheet["controllers"]), (&json!(false), &json!(0)));
    let payload = sheet["setup_payload"].as_str().unwrap();
    assert_eq!((payload.len(), &payload[..7]), (20, "X-HM://"));
    for shown in [daemon.printed(), home.run(&["pair"]).stdout] {
        assert!(shown.contains(payload) && shown.contains('█'), "{shown}");
    }
    assert!(!daemon.log().contains(daemon.setup_code()), "a code does not belong in a log");

    let drawn = fs::read_to_string(svg).unwrap();
    let side: usize = drawn.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let mut picture = png::Decoder::new(BufReader::new(fs::File::open(png).unwrap())).read_info().unwrap();
    assert_eq!((picture.info().width, picture.info().height), (8 * side as u32, 8 * side as u32));
    let mut pixels = vec![0; picture.output_buffer_size().unwrap()];
    picture.next_frame(&mut pixels).unwrap();
    let dark = |x: usize, y: usize| pixels[8 * y * 8 * side + 8 * x] == 0;
    // The modules of the drawing are those of the picture, and the finder is inside a quiet zone of four.
    for (x, y) in (0..side).flat_map(|y| (0..side).map(move |x| (x, y))) {
        assert_eq!(dark(x, y), in_drawing(&drawn, x, y), "{x} {y}");
    }
    assert!((4..11).all(|at| dark(at, 4) && dark(4, at)) && !(0..side).any(|at| dark(at, 3) || dark(3, at)));

    pair(&daemon, "5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405");
    let paired = home.json(&["pair", "--json"]);
    assert_eq!((&paired["paired"], &paired["controllers"]), (&json!(true), &json!(1)));
    assert!(home.run(&["pair"]).stdout.starts_with("\"Gate\" is paired with 1 controller."));
    let unwritable = home.run(&["pair", "--svg", "/proc/qr.svg"]);
    assert_eq!(unwritable.code, Some(1));
    assert!(unwritable.stderr.starts_with("portcullis: /proc/qr.svg: cannot be written: "), "{unwritable:?}");
}

/// Pairs as an admin of this id, and opens a session.
fn pair(daemon: &Daemon<'_>, id: &str) -> Client {
    let me = Identity::random(ControllerId::try_from(id).unwrap(), &mut UnwrapErr(SysRng));
    let accessory =
        Client::connect(daemon.homekit()).unwrap().pair(&daemon.setup_code().parse().unwrap(), &me).unwrap();
    let mut session = Client::connect(daemon.homekit()).unwrap();
    session.verify(&me, &accessory).unwrap();
    assert_eq!(session.get("/accessories").unwrap().status, 200);
    session
}

/// Whether a module is within one of the drawing's dark runs, `M{x} {y}h{length}…`.
fn in_drawing(svg: &str, x: usize, y: usize) -> bool {
    let runs = svg.split("<path d=\"").nth(1).unwrap().split('M').skip(1);
    runs.map(|run| {
        let numbers = run.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
        numbers.map(|it| it.parse().unwrap()).collect::<Vec<usize>>()
    })
    .any(|run| run[1] == y && (run[0]..run[0] + run[2]).contains(&x))
}
