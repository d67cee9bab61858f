//! What goes wrong: strangers on the network, damaged or missing state, mistakes of the owner. The daemon goes on, or it
//! does not start and says in one line what to do.

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
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use getrandom::SysRng;
use hap::controller::{Accessory, Client, ClientError, ControllerId, Identity};
use rand_core::UnwrapErr;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::daemon::{Daemon, Finished, Home, gate, own_address, quiet, run};

/// How long a peer may take to answer or to close.
const PATIENCE: Duration = Duration::from_secs(30);

const GATE: &str = "pulse = \"100ms\"\ntravel = \"1s\"\nclose_when_assumed = true";

#[test]
fn a_wrong_code_is_refused_and_the_count_outlives_a_restart() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let wrong = wrong_code(&daemon);
    let right = daemon.setup_code().to_owned();
    assert_eq!(pair(&daemon, &wrong).unwrap_err(), "the accessory refused: Authentication");
    assert_eq!(pair(&daemon, &wrong).unwrap_err(), "the accessory refused: Authentication");
    let daemon = daemon.restart();
    assert_eq!(pair(&daemon, &wrong).unwrap_err(), "the accessory refused: Authentication");
    daemon.kill();
    assert_eq!(failed_attempts(&home, None), 3);

    // One below the limit: the next wrong code is the last that is looked at, also after a restart.
    failed_attempts(&home, Some(99));
    let daemon = home.start();
    assert_eq!(pair(&daemon, &wrong).unwrap_err(), "the accessory refused: Authentication");
    assert_eq!(pair(&daemon, &right).unwrap_err(), "the accessory refused: MaxTries");
    let daemon = daemon.restart();
    assert_eq!(pair(&daemon, &right).unwrap_err(), "the accessory refused: MaxTries");
    daemon.kill();

    let reset = home.run(&["reset", "--yes"]);
    assert_eq!(reset.code, Some(0), "{}", reset.stderr);
    let daemon = home.start();
    pair(&daemon, daemon.setup_code()).unwrap();
}

#[test]
fn garbage_on_the_homekit_port_harms_only_its_sender() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let request = |path: &str, body: &[u8]| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: gate\r\nContent-Type: application/pairing+tlv8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    };
    let garbage: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        &[0; 1000],
        &[0xff; 100_000],
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        &[b"GET /".as_slice(), &[b'a'; 100_000], b" HTTP/1.1\r\n\r\n"].concat(),
        &[b"GET / HTTP/1.1\r\n".as_slice(), &b"a: b\r\n".repeat(10_000), b"\r\n"].concat(),
    ];
    for bytes in garbage {
        let answer = answer_to(daemon.homekit(), bytes);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    // A length beyond the end, a state twice as long as it may be, items that are not due, nothing at all.
    for body in
        [b"\x06\xff\x01".as_slice(), b"\x06\x02\x01\x01", b"\x06\x01\x05\x05\x00", b"\x06\x01\x63", b"", b"\x06"]
    {
        for path in ["/pair-setup", "/pair-verify"] {
            let answer = answer_to(daemon.homekit(), &request(path, body));
            assert!(answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
            // Its body is an error: the item of type 7.
            let refused = answer.split_once("\r\n\r\n").is_some_and(|(_, body)| body.contains('\u{7}'));
            assert!(refused || answer.starts_with("HTTP/1.1 400 "), "{path} {body:?}: {answer:?}");
        }
    }
    let unverified = answer_to(daemon.homekit(), b"GET /accessories HTTP/1.1\r\nHost: gate\r\n\r\n");
    assert!(unverified.starts_with("HTTP/1.1 470 "), "{unverified}");

    let (me, accessory) = pair(&daemon, daemon.setup_code()).unwrap();
    let mut client = Client::connect(daemon.homekit()).unwrap();
    client.verify(&me, &accessory).unwrap();
    assert_eq!(client.get("/accessories").unwrap().status, 200);
    // Also a paired controller harms only itself.
    let mut other = Client::connect(daemon.homekit()).unwrap();
    other.verify(&me, &accessory).unwrap();
    other.send(&[[0; 3000].as_slice(), b"\r\n\r\n"].concat()).unwrap();
    let end = std::iter::from_fn(|| Some(other.next(PATIENCE))).find_map(Result::err);
    assert!(end.is_some_and(|error| is_closed(&error)), "that session is over");
    assert_eq!(client.get("/accessories").unwrap().status, 200);
    assert!(!daemon.log().contains("panic"), "{}", daemon.log());
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn a_pairing_that_cannot_be_stored_is_none() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let aside = home.file("aside");
    fs::rename(home.state(), &aside).unwrap();
    let refused = pair(&daemon, daemon.setup_code()).unwrap_err();
    assert!(refused.starts_with("the accessory refused: "), "{refused}");
    daemon.until_logged("cannot write ");

    fs::rename(&aside, home.state()).unwrap();
    assert_eq!(home.json(&["controllers", "list", "--json"]), json!([]));
    pair(&daemon, daemon.setup_code()).unwrap();
    assert_eq!(home.json(&["controllers", "list", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_port_that_is_taken_stops_the_start() {
    let taken = TcpListener::bind(own_address()).unwrap();
    let address = taken.local_addr().unwrap();
    let free = own_address();
    let home = Home::new(&format!("[homekit]\nbind = \"{address}\"\nadvertise = false\n[api]\nlisten = \"{free}\"\n"));
    let said = refusal(&home.run(&["run"]), 1);
    assert!(said.starts_with(&format!("portcullis: cannot listen on {address}: ")), "{said}");
    assert!(said.ends_with("another program has the port: stop it, or bind another"), "{said}");

    home.configure(&format!("[homekit]\nbind = \"{free}\"\nadvertise = false\n[api]\nlisten = \"{address}\"\n"));
    let said = refusal(&home.run(&["run"]), 1);
    assert!(said.starts_with(&format!("portcullis: the local API cannot listen on {address}: ")), "{said}");
    assert!(said.ends_with("set [api] listen to another address"), "{said}");
    // The relay was held meanwhile, and was let go: nothing is left for a later start to undo.
    let driven = fs::read_to_string(home.state().join("outputs.current")).unwrap();
    assert!(driven.contains("\"outputs\":[]"), "{driven}");
}

#[test]
fn a_state_directory_that_cannot_be_used_stops_the_start() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    fs::write(home.file("file"), "").unwrap();
    fs::create_dir(home.file("closed")).unwrap();
    fs::set_permissions(home.file("closed"), fs::Permissions::from_mode(0o500)).unwrap();
    let mut cases = vec![
        (home.file("file"), "is not a directory: move it away, or give another --state-dir"),
        (home.file("file/state"), "or give another --state-dir"),
        // Nobody makes a directory there, not even root.
        (Path::new("/proc/portcullis").to_owned(), "or give another --state-dir"),
    ];
    // Root writes where it is forbidden.
    if fs::create_dir(home.file("closed/probe")).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
        cases.push((home.file("closed/state"), "see that it exists and belongs to the user this runs as"));
    }
    for (directory, advice) in cases {
        let said = refusal(&run(&home.configuration(), &directory, &["run"]), 1);
        assert!(said.contains(directory.to_str().unwrap()) && said.contains(advice), "{said}");
    }
}

#[test]
fn a_damaged_document_gives_way_to_its_previous_generation_and_two_stop_the_start() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let id = home.device_id();
    pair(&daemon, &wrong_code(&daemon)).unwrap_err();
    pair(&daemon, daemon.setup_code()).unwrap();
    daemon.kill();

    truncate(&home.state().join("pairings.current"));
    let daemon = home.start();
    daemon.until_logged("its previous generation");
    assert!(daemon.log().contains("pairings.current does not match its checksum"), "{}", daemon.log());
    assert_eq!(home.device_id(), id, "the identity was there before");
    pair(&daemon, daemon.setup_code()).expect("the pairing is lost, and can be made anew");
    daemon.kill();

    for generation in ["current", "previous"] {
        truncate(&home.state().join(format!("pairings.{generation}")));
    }
    let said = refusal(&home.run(&["run"]), 1);
    assert!(said.contains("pairings.current") && said.contains("pairings.previous"), "{said}");
    assert!(said.contains("restore the state directory from a backup, or start anew with `reset`"), "{said}");
    // What is left is for a rescue: a start that was refused has not touched it.
    let again = refusal(&home.run(&["run"]), 1);
    assert_eq!(again, said);

    assert_eq!(home.run(&["reset", "--yes"]).code, Some(0));
    let daemon = home.start();
    assert_ne!(home.device_id(), id);
    pair(&daemon, daemon.setup_code()).unwrap();
}

#[test]
fn a_mistake_in_the_configuration_is_named_with_its_line_and_what_is_allowed() {
    let home = Home::new("");
    let file = home.configuration();
    let file = file.to_str().unwrap();
    let cases = [
        ("[homekit]\nnmae = \"Gate\"\n", "2: homekit.nmae: unknown key \"nmae\""),
        ("[[gate]]\npulse = \"20s\"\n[gate.relay]\ndriver = \"simulated\"\n", "2: gate.pulse: "),
        ("[homekit\n", "1: "),
        (
            "[api]\nlisten = \"0.0.0.0:5000\"\n",
            "2: api.listen: 0.0.0.0:5000 is reachable from the network: add token_file",
        ),
        ("\n\n[homekit]\nsetup_code = \"111-11-111\"\n", "4: homekit.setup_code: "),
    ];
    for (text, expected) in cases {
        home.configure(text);
        for command in ["run", "status", "pair"] {
            let said = refusal(&home.run(&[command]), 2);
            assert!(said.starts_with(&format!("portcullis: {file}:{expected}")), "{said}");
            assert!(!said.contains("111-11-111"), "a code does not belong in a log: {said}");
        }
    }
    fs::remove_file(file).unwrap();
    let said = refusal(&home.run(&["run"]), 2);
    assert!(said.starts_with(&format!("portcullis: {file}: cannot be read: ")), "{said}");
    assert!(!home.state().exists(), "a start that was refused leaves nothing behind");
}

#[test]
fn what_this_build_cannot_drive_stops_the_start_with_its_mend() {
    let home = Home::new(&(quiet() + "[[gate]]\nclose_when_assumed = true\n[gate.relay]\npin = 17\n"));
    let said = refusal(&home.run(&["run"]), 1);
    assert!(said.ends_with("write driver = \"simulated\""), "{said}");
}

#[test]
fn one_state_directory_has_one_daemon() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let id = home.device_id();
    let elsewhere = Home::new(&(quiet() + &gate(GATE)));
    let expected = format!(
        "portcullis: another process (pid {}) uses {}: stop it, or give this one another --state-dir",
        daemon.pid(),
        home.state().display()
    );
    assert_eq!(refusal(&run(&elsewhere.configuration(), &home.state(), &["run"]), 1), expected);
    assert_eq!(refusal(&home.run(&["reset", "--yes"]), 1), expected);
    assert_eq!(home.device_id(), id, "nothing was forgotten");
    pair(&daemon, daemon.setup_code()).unwrap();
    daemon.kill();
    // A lock does not outlive who held it.
    home.start();
}

/// A failed command's only line of output, checked to be just that.
fn refusal(finished: &Finished, code: i32) -> String {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    assert_eq!(finished.stdout, "", "{finished:?}");
    let line = finished.stderr.strip_suffix('\n').unwrap_or_else(|| panic!("not a line: {finished:?}"));
    assert!(line.starts_with("portcullis: ") && !line.contains('\n'), "{finished:?}");
    line.to_owned()
}

/// Pair Setup with this code, as a new controller.
fn pair(daemon: &Daemon<'_>, code: &str) -> Result<(Identity, Accessory), String> {
    let id = ControllerId::try_from("5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405").unwrap();
    let me = Identity::random(id, &mut UnwrapErr(SysRng));
    let mut client = Client::connect(daemon.homekit()).unwrap();
    let paired = client.pair(&code.parse().unwrap(), &me).map_err(|error| match error {
        ClientError::Procedure(error) => error.to_string(),
        other => panic!("{other}"),
    });
    Ok((me, paired?))
}

/// Whether the accessory has closed the connection, and not only kept silent.
fn is_closed(error: &ClientError) -> bool {
    matches!(error, ClientError::Io(error)
        if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe))
}

fn wrong_code(daemon: &Daemon<'_>) -> String {
    let [one, other] = ["031-45-154", "518-08-582"];
    (if daemon.setup_code() == one { other } else { one }).to_owned()
}

/// The stored count of wrong codes, after setting it. The daemon must not run.
///
/// The file is read and written here as its format says, and not through the store: that has a lock, which every process
/// that another test starts at the same moment would hold for a moment too.
fn failed_attempts(home: &Home, set: Option<u8>) -> u64 {
    let path = home.state().join("pairings.current");
    let text = fs::read_to_string(&path).unwrap();
    let (header, document) = text.split_once('\n').unwrap();
    let mut document: Value = serde_json::from_str(document).unwrap();
    if let Some(count) = set {
        document["failed_attempts"] = count.into();
        let (header, _) = header.split_once(" sha256=").unwrap();
        let sum = Sha256::digest(format!("{header}\n{document}"));
        let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        fs::write(&path, format!("{header} sha256={sum}\n{document}")).unwrap();
    }
    document["failed_attempts"].as_u64().unwrap()
}

/// Half of a file, as a card leaves it that lost its power.
fn truncate(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

/// Sends bytes and nothing more, and reads what comes until the connection closes. It must close.
fn answer_to(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // It may have had enough before all is sent, and then what it answered is lost with the rest.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("it does not close: {error}"),
        _ => String::from_utf8_lossy(&answer).into_owned(),
    }
}
