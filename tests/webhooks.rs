//! `[[webhook]]`, with a receiver that really listens.

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

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::slice::Iter;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::daemon::{Home, gate, quiet};
use crate::http::{ask, granted, secret};

const GATE: &str = "pulse = \"50ms\"\ntravel = \"1s\"\nclose_when_assumed = true";
const SECRET: &str = "a-secret-of-some-length";
const PATIENCE: Duration = Duration::from_secs(60);

/// What a receiver was told.
struct Told {
    /// Which connection it came by, counted.
    connection: usize,
    headers: HashMap<String, String>,
    body: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Checks the signature as a receiver should.
    fn is_signed(&self) -> bool {
        let at = &self.headers["portcullis-timestamp"];
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("{at}.{}", self.body).as_bytes());
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        self.headers["portcullis-signature"] == format!("sha256={hex}") && now - at.parse::<u64>().unwrap() < 60
    }
}

/// A receiver that answers the nth request with the nth status, and all later ones with 204.
fn receiver(statuses: &'static [u16]) -> (SocketAddr, Receiver<Told>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, told) = channel();
    thread::spawn(move || serve(&listener, statuses, &sender));
    (address, told)
}

fn serve(listener: &TcpListener, statuses: &[u16], told: &Sender<Told>) {
    let mut statuses = statuses.iter();
    for (connection, stream) in listener.incoming().enumerate() {
        // How it ends says nothing: a daemon that was killed has not read its answer.
        let _ = stream.ok().and_then(|stream| hear(connection, &stream, &mut statuses, told));
    }
}

/// Answers one connection until it ends.
fn hear(connection: usize, stream: &TcpStream, statuses: &mut Iter<'_, u16>, told: &Sender<Told>) -> Option<()> {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let mut body = vec![0; headers["content-length"].parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        told.send(Told { connection, headers, body: String::from_utf8(body).ok()? }).ok()?;
        let status = statuses.next().copied().unwrap_or(204);
        let length = if status == 204 { "" } else { "Content-Length: 0\r\n" };
        write!(writer, "HTTP/1.1 {status} Said\r\n{length}\r\n").ok()?;
    }
}

fn home(url: &str, events: &str) -> Home {
    let home = Home::new("");
    let file = home.file("secret");
    secret(&file, SECRET);
    let hook = format!("[[webhook]]\nurl = \"{url}\"\nsecret_file = {file:?}\n{events}\n");
    home.configure(&format!("{}{}{hook}", quiet(), gate(GATE)));
    home
}

#[test]
fn a_movement_is_told_signed_and_in_order_over_one_connection() {
    let (address, told) = receiver(&[]);
    let home = home(&format!("http://{address}/gate"), "");
    let daemon = home.start();
    ask(daemon.api(), "POST", "/api/v1/gates/Gate/open", &[("User-Agent", "test")]);
    daemon.until_logged("gate \"Gate\": open, as asked\n");
    let first = told.recv_timeout(PATIENCE).unwrap();
    assert!(first.is_signed(), "{:?} {}", first.headers, first.body);
    assert_eq!(first.headers["content-type"], "application/json");
    assert_eq!(first.headers["portcullis-event"], "movement");
    let json = first.json();
    assert_eq!((&json["event"], &json["gate"]), (&"movement".into(), &"Gate".into()));
    assert_eq!(json["history"]["by"]["client"], "test");
    assert_eq!(json["history"]["state"]["current"], "opening");
    assert_eq!(json["at"], json["history"]["at"]);
    let second = told.recv_timeout(PATIENCE).unwrap();
    assert!(second.is_signed());
    assert_eq!(second.json()["history"]["state"]["current"], "open");
    assert_eq!((first.connection, second.connection), (0, 0), "the connection is kept");
    assert!(!daemon.log().contains(SECRET) && !daemon.log().contains("/gate"), "{}", daemon.log());
}

#[test]
fn a_receiver_that_fails_is_tried_again_with_the_same_event_and_one_that_refuses_is_not() {
    let (address, told) = receiver(&[500, 503, 204, 404]);
    let home = home(&format!("http://{address}/"), "events = [\"movement\"]");
    let daemon = home.start();
    granted(daemon.api(), "open");
    let bodies: Vec<_> = (0..4).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(bodies.iter().all(Told::is_signed));
    assert_eq!(bodies[0].body, bodies[1].body);
    assert_eq!(bodies[1].body, bodies[2].body);
    // The arrival, which is refused and therefore not told again.
    assert_ne!(bodies[2].body, bodies[3].body);
    daemon.until_logged("movement is not told: it answers with status 404");
    granted(daemon.api(), "close");
    let next = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next.json()["history"]["state"]["current"], "closing");
}

#[test]
fn a_receiver_hears_only_what_it_wants() {
    let (address, told) = receiver(&[]);
    let home = home(&format!("http://{address}/"), "events = [\"refused\"]");
    let daemon = home.start();
    granted(daemon.api(), "open");
    assert_eq!(ask(daemon.api(), "POST", "/api/v1/gates/Gate/toggle", &[]).status, 409);
    let only = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!((&only.json()["event"], &only.json()["history"]["request"]), (&"refused".into(), &"toggle".into()));
}

#[test]
fn a_gate_that_is_left_open_is_told_with_who_opened_it_and_when_without_an_accessory_for_it() {
    let (address, told) = receiver(&[]);
    let home = Home::new("");
    let file = home.file("secret");
    secret(&file, SECRET);
    let hook = format!("[[webhook]]\nurl = \"http://{address}/\"\nsecret_file = {file:?}\nevents = [\"left-open\"]\n");
    let impatient = format!("{GATE}\nleft_open_after = \"10s\"");
    home.configure(&format!("{}{}{hook}", quiet(), gate(&impatient)));
    let daemon = home.start();
    granted(daemon.api(), "open");
    let left = told.recv_timeout(PATIENCE).unwrap().json();
    assert_eq!((&left["event"], &left["left_open"]), (&"left-open".into(), &true.into()));
    assert_eq!((&left["last"]["request"], &left["last"]["by"]["kind"]), (&"open".into(), &"local-api".into()));
    assert!(left["last"]["at"].as_str().unwrap() < left["at"].as_str().unwrap(), "{left}");
    // It is known after a restart too.
    let daemon = daemon.restart();
    let left = told.recv_timeout(PATIENCE).unwrap().json();
    assert_eq!((&left["left_open"], &left["last"]["request"]), (&true.into(), &"open".into()));
    granted(daemon.api(), "close");
    let closed = told.recv_timeout(PATIENCE).unwrap().json();
    assert_eq!((&closed["left_open"], &closed["last"]["request"]), (&false.into(), &"close".into()));
}

#[test]
fn nobody_at_the_gate_waits_for_a_receiver_that_hangs() {
    // It takes connections, and that is all.
    let hangs = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = home(&format!("http://{}/", hangs.local_addr().unwrap()), "");
    let daemon = home.start();
    for (request, logged) in [("open", "open, as asked\n"), ("close", "closed, as asked\n")] {
        granted(daemon.api(), request);
        daemon.until_logged(&format!("gate \"Gate\": {logged}"));
    }
    // Nor does the end of the daemon.
    assert_eq!(daemon.terminate().code, Some(0));
}

#[test]
fn what_cannot_work_stops_the_start_in_words() {
    let wide = home("http://127.0.0.1:1/", "");
    fs::set_permissions(wide.file("secret"), Permissions::from_mode(0o644)).unwrap();
    let https = home("https://hub.local/", "");
    let nothing = home("http://127.0.0.1:1/", "events = []");
    let unknown = home("http://127.0.0.1:1/", "events = [\"weather\"]");
    for (home, code, words) in [
        (wide, 1, "others can read the webhook's secret (mode 0644): chmod 600"),
        (https, 2, "webhook.url: https is not spoken here"),
        (nothing, 2, "webhook.events: an empty list"),
        (unknown, 2, "webhook.events: unknown word"),
    ] {
        let refused = home.run(&["run"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(code), ""), "{refused:?}");
        assert!(refused.stderr.contains(words), "{words}: {refused:?}");
    }
}
