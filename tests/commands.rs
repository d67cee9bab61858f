//! The commands, run for real, beside a daemon and without one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod daemon;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::daemon::{Finished, Home, gate, network, own_address, quiet, run};

const GATE: &str = "pulse = \"100ms\"\ntravel = \"1s\"\nclose_when_assumed = true";

#[test]
fn status_shows_the_gate_who_moved_it_and_how_the_daemon_is() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let pressed = home.json(&["open", "--json"]);
    assert_eq!((&pressed["pulsed"], &pressed["answer"]), (&Value::Bool(true), &Value::from("pulsed")));
    let shown = home.run(&["status"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let text = shown.stdout;
    assert!(text.starts_with("Gate: open"), "{text}");
    assert!(text.contains("open by portcullis/") && text.contains("pulse of 100 ms"), "{text}");
    assert!(text.contains("Not paired: portcullis pair shows the code.\n"), "{text}");
    assert!(text.contains("\nHealth: "), "{text}");
    assert!(text.contains(&format!("\nPage: http://{}/\n", daemon.api())), "{text}");
    assert!(!text.contains('\u{1b}'), "colours are for terminals: {text}");
    let json = home.json(&["status", "--json"]);
    assert_eq!((&json["gates"][0]["name"], &json["paired"]), (&Value::from("Gate"), &Value::Bool(false)));
    assert_eq!(json["last"][0]["request"], "open");
    assert!(json["health"]["parts"].is_array() && json["page"].is_string(), "{json}");
}

#[test]
fn without_a_daemon_status_says_so_and_what_to_do() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    for command in ["status", "open"] {
        let failed = home.run(&[command]);
        assert_eq!((failed.code, failed.stdout.as_str()), (Some(3), ""));
        assert!(failed.stderr.contains("portcullis run") && failed.stderr.contains("portcullis doctor"), "{failed:?}");
        assert_eq!(failed.stderr.lines().count(), 1, "{failed:?}");
    }
}

#[test]
fn a_first_time_user_reads_at_the_start_what_to_do_next() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let until = format!("{} open\n", env!("CARGO_BIN_EXE_portcullis"));
    let printed = daemon.until_printed(&until);
    assert!(printed.contains("simulated, nothing real moves"), "{printed}");
    assert!(printed.contains(daemon.setup_code()) && printed.contains('█'), "{printed}");
    assert!(printed.contains(&format!("in a browser:  http://{}/\n", daemon.api())), "{printed}");
}

#[test]
fn doctor_finds_nothing_wrong_beside_a_daemon_that_answers_and_takes_nothing() {
    let home = Home::new(&(network() + &gate(GATE)));
    // The ports must be those of the configuration, for the commands to find the daemon.
    let listen = own_address();
    let bind = own_address();
    home.configure(&format!(
        "[homekit]\nbind = \"{bind}\"\ninterfaces = [\"lo\"]\n[api]\nlisten = \"{listen}\"\n{}",
        gate(GATE)
    ));
    let daemon = home.start();
    let found = doctor(&home);
    let of = |place: &str| findings(&found.report, place);
    assert_eq!(of("daemon")[0]["severity"], "fine", "{found:?}");
    let pid = format!("process {}", daemon.pid());
    for place in ["HomeKit port", "local API port"] {
        assert_eq!(of(place)[0]["severity"], "fine", "{found:?}");
        assert!(of(place)[0]["what"].as_str().unwrap().contains(&pid), "{found:?}");
    }
    let answered = &of("mDNS")[0];
    assert_eq!(answered["severity"], "fine", "{found:?}");
    assert!(answered["what"].as_str().unwrap().starts_with("lo: asked as a phone would, \"Gate "), "{found:?}");
    assert_eq!(of("state directory").last().unwrap()["severity"], "note", "nobody is paired: {found:?}");
    // On a machine that has no more than itself, that is a problem of the network.
    assert!(problems(&found.report).iter().all(|place| place == "network"), "{found:?}");
    assert_eq!(home.edges().len(), 0);
    assert_eq!(home.json(&["status", "--json"])["gates"][0]["name"], "Gate", "the daemon goes on");
    // Where this user may look and there is nothing, root finds no more.
    let elsewhere = run(&home.configuration(), &home.file("elsewhere"), &["doctor", "--json"]);
    let report: Value = serde_json::from_str(&elsewhere.stdout).unwrap();
    let unasked = &findings(&report, "mDNS")[0];
    assert!(unasked["what"].as_str().unwrap().contains("holds no accessory") && unasked["mends"].is_null(), "{report}");
}

#[test]
fn doctor_names_a_wrong_configuration_a_taken_port_and_rights_each_with_its_mend() {
    let home = Home::new("[[gate]]\nnmae = \"Gate\"\n");
    let found = doctor(&home);
    let wrong = &findings(&found.report, "configuration")[0];
    assert_eq!((found.code, &wrong["severity"]), (Some(1), &Value::from("problem")), "{found:?}");
    assert!(wrong["what"].as_str().unwrap().contains("portcullis.toml:2"), "{wrong}");
    assert!(wrong["mends"][0].as_str().unwrap().starts_with("edit it: "), "{wrong}");

    let squatter = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = squatter.local_addr().unwrap();
    home.configure(&format!("[homekit]\nbind = \"{address}\"\nadvertise = false\n{}", gate(GATE)));
    fs::create_dir(home.state()).unwrap();
    fs::set_permissions(home.state(), PermissionsExt::from_mode(0o777)).unwrap();
    let found = doctor(&home);
    assert_eq!(found.code, Some(1));
    let port = &findings(&found.report, "HomeKit port")[0];
    let what = port["what"].as_str().unwrap();
    assert!(what.contains(&format!("(process {}) has {address}", std::process::id())), "{port}");
    assert!(port["why"].is_string() && port["mends"][0].as_str().unwrap().contains("kill"), "{port}");
    let state = &findings(&found.report, "state directory")[0];
    assert!(state["what"].as_str().unwrap().contains("mode 0777"), "{state}");
    assert!(state["mends"][0].as_str().unwrap().starts_with("sudo chmod 700 /"), "{state}");
    // The same for people.
    let text = home.run(&["doctor"]);
    assert!(text.stdout.contains("HomeKit port\n  PROBLEM  ") && text.stdout.contains("           mend: "), "{text:?}");
    assert!(text.stderr.contains("problem"), "{text:?}");
}

#[test]
fn a_backup_restores_the_same_accessory_with_its_history_and_keeps_what_was_there() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let file = home.file("gate.backup");
    let path = file.to_str().unwrap();
    let daemon = home.start();
    let code = daemon.setup_code().to_owned();
    assert_eq!(home.run(&["open"]).code, Some(0));
    // The daemon writes the history a moment later.
    let opened = || home.json(&["history", "--json"]).as_array().unwrap().iter().any(|line| line["request"] == "open");
    while !opened() {}
    let made = home.run(&["backup", path]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.stdout.contains("Never run two copies"), "{made:?}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let identity = home.device_id();
    let unwritten = home.file("unwritten.toml");
    let refused = home.run(&["restore", path, "--yes", "--write-config", unwritten.to_str().unwrap()]);
    assert_eq!(refused.code, Some(1), "a daemon runs: {refused:?}");
    assert!(refused.stdout.is_empty() && refused.stderr.contains("stop it"), "that comes first: {refused:?}");
    assert_eq!((home.device_id(), unwritten.exists()), (identity.clone(), false));
    drop(daemon);

    // A new card: another directory, and the configuration out of the backup.
    let (state, configuration) = (home.file("new/state"), home.file("new.toml"));
    let words = ["restore", path, "--write-config", configuration.to_str().unwrap()];
    let restored = run(&home.configuration(), &state, &words);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert_eq!(fs::read_to_string(&configuration).unwrap(), fs::read_to_string(home.configuration()).unwrap());
    let sheet = run(&configuration, &state, &["pair", "--json"]);
    let sheet: Value = serde_json::from_str(&sheet.stdout).unwrap();
    assert_eq!((&sheet["device_id"], &sheet["setup_code"]), (&Value::from(identity.clone()), &Value::from(code)));
    let history = run(&configuration, &state, &["history"]);
    assert!(history.stdout.contains("open by portcullis/"), "{history:?}");

    // Another accessory gives way only when that is said, and is kept.
    assert_eq!(home.run(&["reset", "--yes"]).code, Some(0));
    let other = home.device_id();
    assert_ne!(other, identity);
    let asked = home.run(&["restore", path]);
    assert_eq!((asked.code, home.device_id()), (Some(1), other.clone()), "nobody said yes: {asked:?}");
    let restored = home.json(&["restore", path, "--yes", "--json"]);
    assert_eq!(restored["accessory"]["device_id"], identity);
    assert_eq!(home.device_id(), identity);
    let kept = home.file("state.before-restore");
    let sheet = run(&home.configuration(), &kept, &["pair", "--json"]);
    assert!(sheet.stdout.contains(&other), "{sheet:?}");
    assert_eq!(home.start().setup_code(), sheet_code(&home));
}

#[test]
fn a_backup_that_is_cut_off_changed_or_foreign_replaces_nothing() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let identity = home.device_id();
    let file = home.file("gate.backup");
    let path = file.to_str().unwrap();
    assert_eq!(home.run(&["backup", path]).code, Some(0));
    let sound = fs::read(&file).unwrap();
    let mut changed = sound.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    for (bad, says) in
        [(&sound[..middle], "damaged"), (&changed, "damaged"), (b"PK\x03\x04zip", "no backup"), (b"", "no backup")]
    {
        fs::write(&file, bad).unwrap();
        let refused = home.run(&["restore", path, "--yes"]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(says) && refused.stderr.contains("gate.backup"), "{refused:?}");
        assert_eq!(home.device_id(), identity);
    }
    assert!(!home.file("state.restoring").exists() && !home.file("state.before-restore").exists());
    // Nor does a backup replace somebody's letter.
    fs::write(&file, "Dear Mum").unwrap();
    let refused = home.run(&["backup", path]);
    assert_eq!((refused.code, fs::read_to_string(&file).unwrap().as_str()), (Some(1), "Dear Mum"), "{refused:?}");
}

#[test]
fn a_directory_on_which_no_daemon_ever_started_has_no_backup() {
    let home = Home::new(&quiet());
    let failed = home.run(&["backup", home.file("b").to_str().unwrap()]);
    assert_eq!(failed.code, Some(1));
    assert!(failed.stderr.contains("nothing to back up"), "{failed:?}");
    assert!(!home.file("b").exists());
}

#[test]
fn every_command_prints_help_with_examples_and_without_reading_anything() {
    let nowhere = Path::new("/nonexistent/portcullis.toml");
    let help = run(nowhere, nowhere, &["--help"]);
    assert_eq!(help.code, Some(0), "{help:?}");
    let (_, commands) = help.stdout.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let commands: Vec<_> = commands.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    for name in ["run", "pair", "status", "open", "doctor", "backup", "restore", "reset"] {
        assert!(commands.contains(&name), "{name}: {commands:?}");
    }
    for command in commands {
        let help = run(nowhere, nowhere, &[command, "--help"]);
        assert_eq!(help.code, Some(0), "{command}: {help:?}");
        assert!(help.stdout.contains(&format!("Usage: portcullis {command}")), "{command}: {}", help.stdout);
        assert!(help.stdout.contains("Examples:\n  "), "{command}: {}", help.stdout);
    }
}

#[test]
fn what_upgrades_is_told_the_state_directory_also_by_a_configuration_with_a_mistake() {
    let home = Home::new("");
    for (text, directory) in [
        ("state_dir = '/srv/gate'\n", "/srv/gate\n"),
        ("state_dir = '/srv/gate'\ncolour = 1 # of a newer version\n[[gate]]\n", "/srv/gate\n"),
        ("version = 99\nstate_dir = '/srv/gate'\n", "/srv/gate\n"),
        ("colour = 1\n", "/service\n"),
        ("", "/service\n"),
    ] {
        fs::write(home.configuration(), text).unwrap();
        let told = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["state-dir", "--config"])
            .arg(home.configuration())
            .env("STATE_DIRECTORY", "/service")
            .output()
            .unwrap();
        assert_eq!(
            (told.status.code(), String::from_utf8_lossy(&told.stdout).as_ref()),
            (Some(0), directory),
            "{text}"
        );
    }
}

#[cfg(feature = "manual")]
#[test]
fn completions_and_manual_pages_know_every_command() {
    let home = Home::new("");
    for (shell, sign) in
        [("bash", "complete -F _portcullis"), ("zsh", "#compdef portcullis"), ("fish", "complete -c portcullis")]
    {
        let script = home.run(&["completions", shell]);
        assert_eq!(script.code, Some(0), "{shell}: {}", script.stderr);
        assert!(script.stdout.contains(sign), "{shell}");
        for command in ["status", "controllers", "doctor", "restore", "write-config", "state-dir"] {
            assert!(script.stdout.contains(command), "{shell}: {command}");
        }
    }
    let pages = home.file("man");
    fs::create_dir(&pages).unwrap();
    let made = home.run(&["man", pages.to_str().unwrap()]);
    assert_eq!(made.code, Some(0), "{made:?}");
    for command in
        ["", "-run", "-pair", "-status", "-controllers", "-controllers-name", "-doctor", "-backup", "-restore"]
    {
        let page = fs::read_to_string(pages.join(format!("portcullis{command}.1"))).unwrap();
        assert!(page.contains(".TH portcullis") && page.contains("Examples:"), "{command}: {page}");
    }
    assert!(!pages.join("portcullis-keeper.1").exists(), "nobody starts that by hand");
    assert!(home.run(&["man"]).stdout.contains(".TH portcullis"));
}

/// What doctor found.
#[derive(Debug)]
struct Found {
    code: Option<i32>,
    report: Value,
}

fn doctor(home: &Home) -> Found {
    let Finished { code, stdout, stderr } = home.run(&["doctor", "--json"]);
    let report = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    Found { code, report }
}

fn findings<'a>(report: &'a Value, place: &str) -> Vec<&'a Value> {
    let all = report["findings"].as_array().unwrap();
    let found: Vec<_> = all.iter().filter(|finding| finding["place"] == place).collect();
    assert!(!found.is_empty(), "nothing about {place}: {report}");
    found
}

fn problems(report: &Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    let bad = all.filter(|finding| finding["severity"] == "problem");
    bad.map(|finding| finding["place"].as_str().unwrap().to_owned()).collect()
}

fn sheet_code(home: &Home) -> String {
    home.json(&["pair", "--json"])["setup_code"].as_str().unwrap().to_owned()
}
