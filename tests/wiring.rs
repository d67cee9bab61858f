//! `portcullis bench`: it presses on command, and by the daemon's rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod daemon;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::daemon::{Home, gate, quiet};

const QUICK: &str = "pulse = \"50ms\"";

/// The least time between two presses, in nanoseconds.
const GAP: u64 = 500_000_000;

#[test]
fn what_is_typed_while_it_presses_is_passed_over_and_the_press_has_one_line_in_the_history() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let mut bench = bench(&home);
    bench.stdin.take().unwrap().write_all(&[b'\n'; 12]).unwrap();
    let ended = bench.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success() && told.contains("passed over: 11 times Enter"), "{told}");
    assert_eq!(home.pulses().len(), 1, "{told}");
    let lines = lines(&home);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["by"]["kind"], &lines[0]["decision"]), (&"bench".into(), &"pulse".into()));
    assert_eq!((&lines[0]["pulse"]["contact"], &lines[0]["pulse"]["ms"]), (&"main".into(), &50.into()));
}

#[test]
fn it_presses_no_faster_and_no_more_often_than_the_daemon() {
    let home = Home::new(&(quiet() + &gate(&format!("{QUICK}\npulses_a_minute = 2"))));
    let mut bench = bench(&home);
    let (mut enter, mut told) = (bench.stdin.take().unwrap(), BufReader::new(bench.stdout.take().unwrap()).lines());
    let mut next = || told.next().unwrap().unwrap();
    while !next().starts_with("q and Enter") {}
    loop {
        enter.write_all(b"\n").unwrap();
        let line = next();
        if line.contains("wait a minute") {
            break;
        }
        // Another Enter right after the end of a press is too early.
        assert!(line.ends_with("relay on") && next().ends_with("relay off") || line.contains("passed over"), "{line}");
    }
    enter.write_all(b"q\n").unwrap();
    assert!(bench.wait().unwrap().success());
    assert_eq!(home.pulses().len(), 2);
    let edges = home.edges();
    assert!(edges[2].t_ns - edges[1].t_ns >= GAP, "{edges:?}");
    let lines = lines(&home);
    let decisions: Vec<_> = lines.iter().map(|line| line["decision"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["pulse", "pulse", "refused"]);
}

#[test]
fn beside_a_running_daemon_it_refuses() {
    let home = Home::new(&(quiet() + &gate(QUICK)));
    let daemon = home.start();
    let refused = home.run(&["bench"]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains(&daemon.pid().to_string()), "{}", refused.stderr);
    daemon.terminate();
    assert_eq!(home.edges().len(), 0);
}

fn bench(home: &Home) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.arg("bench").arg("--config").arg(home.configuration()).arg("--state-dir").arg(home.state());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// The history, oldest first.
fn lines(home: &Home) -> Vec<Value> {
    home.json(&["history", "--json"]).as_array().unwrap().clone()
}
