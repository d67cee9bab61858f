//! The daemon under a service manager whose journal takes both of its outputs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod daemon;

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use rustix::fs::fstat;
use rustix::process::{Pid, Signal, kill_process};

use crate::daemon::{Home, quiet};

#[test]
fn the_journal_has_levels_and_never_the_setup_code() {
    let home = Home::new(&quiet());
    let text = run(&home, Kept::Journal);
    assert!(text.contains("\n<6>SIGTERM: stopping\n"), "{text}");
}

#[test]
fn nor_has_the_log_of_a_container_the_setup_code() {
    let home = Home::new(&quiet());
    let text = run(&home, Kept::Container);
    assert!(text.contains("SIGTERM: stopping\n") && !text.contains("<6>"), "{text}");
}

/// Where the outputs of the daemon are kept.
#[derive(Clone, Copy)]
enum Kept {
    Journal,
    Container,
}

/// A start and an end; all that was said, in which the setup code is not.
fn run(home: &Home, kept: Kept) -> String {
    let (mut process, said) = start(home, kept);
    let mut said = BufReader::new(said);
    let mut text = String::new();
    while !text.contains("portcullis pair") {
        assert_ne!(said.read_line(&mut text).unwrap(), 0, "it ended: {text}");
    }
    kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
    said.read_to_string(&mut text).unwrap();
    assert!(process.wait().unwrap().success(), "{text}");
    let sheet = home.json(&["pair", "--json"]);
    for secret in ["setup_code", "setup_payload"] {
        assert!(!text.contains(sheet[secret].as_str().unwrap()), "{text}");
    }
    assert!(!text.contains('█'), "{text}");
    text
}

#[test]
fn why_the_daemon_does_not_start_is_an_error_in_the_journal() {
    let home = Home::new("gait = 1\n");
    let (mut process, mut journal) = start(&home, Kept::Journal);
    let mut text = String::new();
    journal.read_to_string(&mut text).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(2));
    assert!(text.starts_with("<3>") && text.contains("gait"), "{text}");
}

/// The daemon with a socket for its outputs, as systemd gives it one, and the other end.
fn start(home: &Home, kept: Kept) -> (Child, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let stat = fstat(&theirs).unwrap();
    let theirs = OwnedFd::from(theirs);
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.arg("--config").arg(home.configuration()).arg("--state-dir").arg(home.state());
    command.env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
    match kept {
        Kept::Journal => command.env("JOURNAL_STREAM", format!("{}:{}", stat.st_dev, stat.st_ino)),
        // A shell that the journal knows passes this on.
        Kept::Container => command.env("PORTCULLIS_HIDE_SETUP_CODE", "1").env("JOURNAL_STREAM", "1:1"),
    };
    command.stdin(Stdio::null()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    (command.spawn().unwrap(), ours)
}
