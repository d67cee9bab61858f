//! Only a fresh request presses the button: not one that waited while the daemon stood still, and none while it ends.
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

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::daemon::{Daemon, Home, gate, quiet};
use crate::phone::{Id, Phone};

const GARAGE_DOOR_OPENER: &str = "41";
const SWITCH: &str = "49";
const TARGET_DOOR_STATE: &str = "32";
const ON: &str = "25";
const OPEN: u8 = 0;

/// HAP's "busy", which leaves the tile as it is.
const BUSY: i64 = -70403;

const QUICK: &str = "pulse = \"50ms\"\ntravel = \"1s\"\nclose_when_assumed = true";
const PATIENCE: Duration = Duration::from_secs(60);

/// Longer than a request stays fresh, which is a second.
const TOO_LONG: Duration = Duration::from_millis(1_500);

/// What the log and the history say of it.
const REFUSED: &str = "refused, this computer stood still meanwhile";

#[test]
fn a_request_on_the_local_api_that_waited_while_the_daemon_stood_still_moves_nothing() {
    for stand_still in BOTH {
        let home = Home::new(&(quiet() + &gate(QUICK)));
        let daemon = home.start();
        let still = stand_still(&daemon);
        // One whose sender has gone away, and one that waits for its answer.
        drop(send(&daemon, "open"));
        let mut waits = send(&daemon, "open");
        still.go_on();
        let mut answer = String::new();
        waits.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("ask again in a moment"), "{answer}");
        until(|| daemon.log().matches(REFUSED).count() == 2);
        assert_eq!(home.edges().len(), 0);

        // And a moment later the gate is as it was.
        until(|| home.run(&["open"]).code == Some(0));
        daemon.terminate();
        assert_eq!(home.pulses().len(), 1);
        let lines = home.json(&["history", "--json"]);
        let refused = lines.as_array().unwrap().iter().filter(|line| line["decision"] == "refused");
        assert!(refused.count() >= 2, "{lines}");
    }
}

#[test]
fn a_write_of_a_controller_that_waited_while_the_daemon_stood_still_moves_nothing() {
    for stand_still in BOTH {
        let home = Home::new(&(quiet() + &gate(QUICK)));
        let daemon = home.start();
        let phone = Phone::pair(&daemon);
        let (mut waits, mut leaves) = (phone.connect(&daemon), phone.connect(&daemon));
        let target = waits.find(GARAGE_DOOR_OPENER, "", TARGET_DOOR_STATE);
        let still = stand_still(&daemon);
        waits.send("/characteristics", &write(target));
        leaves.send("/characteristics", &write(target));
        drop(leaves);
        still.go_on();
        assert_eq!(waits.answer()["characteristics"][0]["status"], BUSY);
        until(|| daemon.log().matches(REFUSED).count() == 2);
        assert_eq!(home.edges().len(), 0);
        waits.write_until_granted(target, OPEN);
        daemon.terminate();
        assert_eq!(home.pulses().len(), 1);
    }
}

#[test]
fn a_timed_write_that_waited_while_the_daemon_stood_still_moves_nothing() {
    for stand_still in BOTH {
        let home = Home::new(&(quiet() + &gate(QUICK)));
        let daemon = home.start();
        let phone = Phone::pair(&daemon);
        let (mut before, mut within) = (phone.connect(&daemon), phone.connect(&daemon));
        let target = before.find(GARAGE_DOOR_OPENER, "", TARGET_DOOR_STATE);
        let mut timed: Value = serde_json::from_str(&write(target)).unwrap();
        timed["pid"] = json!(11);
        let (timed, prepare) = (timed.to_string(), json!({ "ttl": 60_000, "pid": 11 }).to_string());
        // One that was prepared before, and one of which everything waited.
        before.send("/prepare", &prepare);
        assert_eq!(before.answer()["status"], 0);
        let still = stand_still(&daemon);
        before.send("/characteristics", &timed);
        within.send("/prepare", &prepare);
        within.send("/characteristics", &timed);
        still.go_on();
        assert_eq!(before.answer()["characteristics"][0]["status"], BUSY);
        assert_eq!(within.answer()["status"], 0);
        assert_eq!(within.answer()["characteristics"][0]["status"], BUSY);
        daemon.terminate();
        assert_eq!(home.edges().len(), 0);
    }
}

#[test]
fn a_hold_is_not_put_off_by_what_waited_while_the_daemon_stood_still() {
    for stand_still in BOTH {
        let home = Home::new(&(quiet() + &gate(&format!("{QUICK}\nextras = [\"lockout\", \"hold-open\"]"))));
        let daemon = home.start();
        let phone = Phone::pair(&daemon);
        for (name, key) in [("Gate lockout", "lockout"), ("Gate hold open", "hold_open")] {
            let (mut session, mut leaves) = (phone.connect(&daemon), phone.connect(&daemon));
            let hold = session.find(SWITCH, name, ON);
            let is_on = || home.json(&["status", "--json"])["gates"][0][key] == true;
            until(|| session.write(hold, true) == 0);
            let still = stand_still(&daemon);
            let (aid, iid) = hold;
            let off = json!({ "characteristics": [{ "aid": aid, "iid": iid, "value": false }] }).to_string();
            session.send("/characteristics", &off);
            leaves.send("/characteristics", &off);
            drop(leaves);
            still.go_on();
            assert_eq!(session.answer()["characteristics"][0]["status"], BUSY);
            assert!(is_on() && session.read(hold) == true, "{name}");
            until(|| session.write(hold, false) == 0);
            assert!(!is_on(), "{name}");
        }
    }
}

#[test]
fn a_closing_that_was_announced_is_given_up_when_the_daemon_is_told_to_end() {
    for signal in [Signal::TERM, Signal::HUP] {
        let warning = "[gate.warning]\ndriver = \"simulated\"\ntrace = \"warning.jsonl\"\n";
        let home = Home::new(&(quiet() + &gate(&format!("{QUICK}\nremote_close_warning = \"60s\"")) + warning));
        let daemon = home.start();
        until(|| home.run(&["open"]).code == Some(0));
        until(|| home.json(&["status", "--json"])["gates"][0]["current"] == "open");
        assert_eq!(home.run(&["close"]).code, Some(0));
        let finished = daemon.end_with(signal);
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert_eq!(home.pulses().len(), 1);
        let lamp = fs::read_to_string(home.state().join("warning.jsonl")).unwrap();
        assert_eq!(lamp.lines().count(), 2, "and the lamp is off: {lamp}");
        let lines = home.json(&["history", "--json"]);
        let given_up: Vec<_> = lines.as_array().unwrap().iter().filter(|line| line["decision"] == "given-up").collect();
        let [line] = given_up.as_slice() else { panic!("{lines}") };
        assert!(line["reason"].as_str().unwrap().contains("Portcullis is stopping"), "{line}");
        assert!(line["by"]["client"].as_str().unwrap().starts_with("portcullis/"), "{line}");
    }
}

#[test]
fn a_press_is_remembered_by_a_daemon_that_is_killed_a_moment_later() {
    let home = Home::new(&(quiet() + &gate("pulse = \"50ms\"\ntravel = \"60s\"")));
    for round in 1..=3 {
        let daemon = home.start();
        until(|| home.run(&["open"]).code == Some(0));
        assert_eq!(home.edges().len().div_ceil(2), 1, "round {round}");
        // A tenth of a second, as a crash may come.
        let pressed = Instant::now();
        until(|| pressed.elapsed() > Duration::from_millis(100));
        daemon.kill();
    }
    assert_eq!(home.pulses().len(), 1);
}

/// A daemon that stands still.
enum Still {
    /// By a signal, as a person at a terminal or a debugger stops it.
    Stopped(Pid),
    /// All its threads, without a word to any of them, as a control group freezes them and a computer with too much to do
    /// lets them starve.
    Frozen(Vec<unistd::Pid>),
}

const BOTH: [fn(&Daemon<'_>) -> Still; 2] = [Still::stop, Still::freeze];

impl Still {
    fn stop(daemon: &Daemon<'_>) -> Self {
        let pid = Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
        kill_process(pid, Signal::STOP).unwrap();
        let status = format!("/proc/{}/status", daemon.pid());
        until(|| fs::read_to_string(&status).unwrap().contains("State:\tT (stopped)"));
        Self::Stopped(pid)
    }

    fn freeze(daemon: &Daemon<'_>) -> Self {
        let mut held = Vec::new();
        loop {
            let threads = fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap();
            let threads = threads.map(|thread| thread.unwrap().file_name().to_str().unwrap().parse().unwrap());
            let new: Vec<_> = threads.map(unistd::Pid::from_raw).filter(|thread| !held.contains(thread)).collect();
            // A thread may begin another one until it is held.
            if new.is_empty() {
                return Self::Frozen(held);
            }
            for thread in new {
                ptrace::seize(thread, ptrace::Options::empty()).unwrap();
                ptrace::interrupt(thread).unwrap();
                waitpid(thread, Some(WaitPidFlag::__WALL)).unwrap();
                held.push(thread);
            }
        }
    }

    /// Lets it go on after long enough: without a signal, only time tells that it stood still.
    fn go_on(self) {
        match self {
            Self::Stopped(pid) => kill_process(pid, Signal::CONT).unwrap(),
            Self::Frozen(threads) => {
                std::thread::sleep(TOO_LONG);
                threads.into_iter().for_each(|thread| ptrace::detach(thread, None).unwrap());
            }
        }
    }
}

fn write((aid, iid): Id) -> String {
    json!({ "characteristics": [{ "aid": aid, "iid": iid, "value": OPEN }] }).to_string()
}

fn send(daemon: &Daemon<'_>, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(daemon.api()).unwrap();
    let head = format!("POST /api/v1/gates/Gate/{request} HTTP/1.1\r\nHost: {}\r\n", daemon.api());
    stream.write_all(format!("{head}Connection: close\r\nContent-Length: 0\r\n\r\n").as_bytes()).unwrap();
    stream
}

fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never comes");
    }
}
