//! Every released form of the state and of the configuration is read by this program, and its pairing kept.
//!
//! `tests/fixtures/releases/` has a folder for each release: the state directory and the configuration of a daemon that was
//! used, and the controller's half of its pairing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

#[path = "releases/controller.rs"]
mod controller;
mod daemon;

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use controller::Controller;
use daemon::{Home, quiet};

const RELEASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/releases");

/// The versions that have a fixture, which this program's own has, too.
fn releases() -> Vec<PathBuf> {
    let mut releases: Vec<_> = fs::read_dir(RELEASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    releases.sort();
    assert!(releases.iter().any(|release| release.ends_with(env!("CARGO_PKG_VERSION"))), "make this release's fixture");
    releases
}

/// A home with a copy of a release's state and its configuration, on addresses of its own.
fn home(release: &Path) -> Home {
    let text = fs::read_to_string(release.join("portcullis.toml")).unwrap();
    // The addresses are those of the test's machine; all else is as it was.
    let gates = &text[text.find("[[gate]]").unwrap()..];
    let home = Home::new(&format!("{}{gates}", quiet()));
    fs::create_dir(home.state()).unwrap();
    for entry in fs::read_dir(release.join("state")).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, home.state().join(file.file_name().unwrap())).unwrap();
    }
    home
}

#[test]
fn the_configuration_of_every_release_is_taken() {
    for release in releases() {
        let home = home(&release);
        let file = release.join("portcullis.toml");
        let run = daemon::run(&file, &home.state(), &["pair", "--json"]);
        assert_eq!(run.code, Some(0), "{}: {}", release.display(), run.stderr);
    }
}

#[test]
fn the_state_of_every_release_is_read_and_a_phone_that_was_paired_opens_the_gate() {
    for release in releases() {
        let home = home(&release);
        let edges = home.edges().len();
        let daemon = home.start();
        let log = daemon.log();
        for lost in ["damaged", "forgotten", "as if for the first time", "cannot be read"] {
            assert!(!log.contains(lost), "{}: {log}", release.display());
        }
        assert_eq!(home.edges().len(), edges, "nothing moves because of a start");
        let mut session = Controller::load(&release.join("controller.json")).session(daemon.homekit());
        // The ids by which automations know the gate.
        let ids = serde_json::to_value(session.find("32")).unwrap();
        let expected: serde_json::Value =
            serde_json::from_slice(&fs::read(release.join("expected.json")).unwrap()).unwrap();
        assert_eq!(ids, expected["target_door_state"]);
        let named = home.json(&["controllers", "list", "--json"]);
        assert_eq!(named[0]["name"], expected["controller"]);
        let past = home.json(&["history", "--json", "-n", "1000"]);
        assert!(past.as_array().unwrap().len() >= usize::try_from(expected["history"].as_u64().unwrap()).unwrap());
        let target = if expected["current"] == "open" { "1" } else { "0" };
        assert_eq!(session.put("32", target), 204);
        assert_eq!(home.edges().len(), edges + 1, "the button is down");
        assert_eq!(daemon.terminate().code, Some(0));
    }
}

#[test]
fn a_state_of_a_newer_release_is_refused_with_words_and_stays_as_it_is() {
    let release = Path::new(RELEASES).join(env!("CARGO_PKG_VERSION"));
    let home = home(&release);
    let file = home.state().join("gates.current");
    let newer = as_version_2(&fs::read_to_string(&file).unwrap());
    fs::write(&file, &newer).unwrap();
    let run = home.run(&["run"]);
    assert_ne!(run.code, Some(0));
    let words = "\"gates\" of the state has version 2, which a newer program wrote";
    assert!(run.stderr.contains(words), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), newer);
}

/// A document of the store as a program wrote it whose form is the next one.
fn as_version_2(text: &str) -> String {
    let (head, contents) = text.split_once('\n').unwrap();
    let (head, _) = head.split_once(" sha256=").unwrap();
    let newer = contents.replacen("\"version\":1", "\"version\":2", 1);
    assert_ne!(newer, contents);
    let sum = Sha256::digest(format!("{head}\n{newer}"));
    let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{head} sha256={sum}\n{newer}")
}

/// Makes this release's fixture: `cargo test --test releases -- --ignored make`.
#[test]
#[ignore = "writes into the source tree; for a release"]
fn make_the_fixture_of_this_release() {
    let release = Path::new(RELEASES).join(env!("CARGO_PKG_VERSION"));
    assert!(!release.exists(), "{} is there: a released form never changes", release.display());
    let gate = "[[gate]]\nname = \"Front gate\"\nclose_when_assumed = true\npulse = \"100ms\"\ntravel = \"1s\"\n\
                extras = [\"lockout\"]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"relay.jsonl\"\n";
    let configuration = format!("version = 1\n\n[homekit]\nadvertise = false\n\n{gate}");
    let home = Home::new(&format!("version = 1\n{}{gate}", quiet()));
    let daemon = home.start();
    let kept = home.file("controller.json");
    let mut session = Controller::pair(daemon.homekit(), daemon.setup_code(), &kept).session(daemon.homekit());
    let id = home.json(&["controllers", "list", "--json"])[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(home.run(&["controllers", "name", &id, "Mum's phone"]).code, Some(0));
    assert_eq!(session.put("32", "0"), 204);
    // Each look is a process of its own; a travel of a second is soon over.
    while home.json(&["status", "--json"])["gates"][0]["current"] != "open" {}
    let ids = session.find("32");
    assert_eq!(daemon.terminate().code, Some(0));
    let history = home.json(&["history", "--json", "-n", "1000"]).as_array().unwrap().len();
    let expected = serde_json::json!({
        "target_door_state": ids, "controller": "Mum's phone", "current": "open", "history": history
    });
    fs::create_dir_all(release.join("state")).unwrap();
    fs::copy(kept, release.join("controller.json")).unwrap();
    fs::write(release.join("expected.json"), format!("{expected:#}\n")).unwrap();
    fs::write(release.join("portcullis.toml"), configuration).unwrap();
    for entry in fs::read_dir(home.state()).unwrap() {
        let file = entry.unwrap().path();
        if !file.ends_with("lock") {
            fs::copy(&file, release.join("state").join(file.file_name().unwrap())).unwrap();
        }
    }
}
