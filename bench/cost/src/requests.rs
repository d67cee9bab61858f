//! Requests on a session, from the sealed frame that comes to the sealed frame that goes.

use std::ops::Range;

use hap::controller::list_pairings;
use hap::measure::{Home, Line, Size};

use crate::randomness::Counter;
use crate::{Case, case};

pub(crate) fn cases() -> Vec<Case> {
    let garage = || Ready::new(Size::default(), 1);
    let bridge = || Ready::new(Size { bridged: 149, services: 1, pairings: 1 }, 1);
    vec![
        case("request read one", garage, |ready| ready.read(1), Ready::answer),
        case("request read ten", garage, |ready| ready.read(10), Ready::answer),
        case("request write one", garage, |ready| ready.write(false), Ready::answer),
        case("request timed write", garage, |ready| ready.write(true), Ready::answer),
        case("request accessories of a garage door", garage, Ready::accessories, Ready::answer),
        case("request accessories of a bridge of 149", bridge, Ready::accessories, Ready::answer),
        case("event to 8 watchers", || Ready::watched(8), Ready::rest, Ready::event),
    ]
}

/// A home with sessions, the first of which asks.
pub(crate) struct Ready {
    home: Home,
    lines: Vec<Line>,
    current: u64,
    target: u64,
    turn: bool,
}

impl Ready {
    pub(crate) fn new(size: Size, sessions: usize) -> Self {
        let mut home = Home::new(size, Box::new(Counter(1)));
        let lines = (0..sessions).map(|_| home.session()).collect();
        let (current, target) = home.door_states();
        Self { home, lines, current, target, turn: false }
    }

    /// So many sessions that want to hear of the door.
    pub(crate) fn watched(sessions: usize) -> Self {
        let mut ready = Self::new(Size::default(), sessions);
        ready.watch(0..sessions);
        ready
    }

    /// So many sessions, of which the second wants to hear of the door.
    pub(crate) fn one_watches(sessions: usize) -> Self {
        let mut ready = Self::new(Size::default(), sessions);
        ready.watch(1..2);
        ready
    }

    /// These sessions want to hear of the door.
    fn watch(&mut self, which: Range<usize>) {
        let body = format!(r#"{{"characteristics":[{{"aid":1,"iid":{},"ev":true}}]}}"#, self.current);
        for line in self.lines.get_mut(which).unwrap_or_default() {
            let wire = line.seal(&put("/characteristics", &body));
            line.receive(&mut self.home, &wire);
            assert_eq!(line.heard().0, 204);
        }
    }

    pub(crate) fn read(&mut self, ids: usize) -> Vec<u8> {
        self.rest();
        let ids = vec![format!("1.{}", self.current); ids].join(",");
        let text = format!("GET /characteristics?id={ids} HTTP/1.1\r\nHost: Garage._hap._tcp.local\r\n\r\n");
        self.seal(text.as_bytes())
    }

    /// A write that changes the value each time.
    pub(crate) fn write(&mut self, timed: bool) -> Vec<u8> {
        self.rest();
        self.turn = !self.turn;
        let (target, value) = (self.target, u8::from(self.turn));
        let entries = format!(r#""characteristics":[{{"aid":1,"iid":{target},"value":{value}}}]"#);
        if !timed {
            return self.seal(&put("/characteristics", &format!("{{{entries}}}")));
        }
        let mut wire = self.seal(&put("/prepare", r#"{"ttl":5000,"pid":11122333}"#));
        wire.extend(self.seal(&put("/characteristics", &format!(r#"{{{entries},"pid":11122333}}"#))));
        wire
    }

    pub(crate) fn accessories(&mut self) -> Vec<u8> {
        self.rest();
        self.seal(b"GET /accessories HTTP/1.1\r\nHost: Garage._hap._tcp.local\r\n\r\n")
    }

    pub(crate) fn list(&mut self) -> Vec<u8> {
        self.rest();
        let body = list_pairings();
        let head =
            "POST /pairings HTTP/1.1\r\nHost: Garage._hap._tcp.local\r\nContent-Type: application/pairing+tlv8\r\n";
        let mut text = format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        text.extend(body);
        self.seal(&text)
    }

    /// Everybody reads what was sent to him, and a quiet second passes.
    pub(crate) fn rest(&mut self) {
        self.home.pass(std::time::Duration::from_secs(2));
        while self.home.woken().is_some() {}
        for line in &mut self.lines {
            line.drive(&mut self.home);
            while !line.is_silent() {
                let (status, _) = line.heard();
                assert!(matches!(status, 0 | 200 | 204), "{status}");
            }
        }
        self.home.pass(std::time::Duration::from_secs(2));
    }

    /// The first session's request is answered.
    #[expect(clippy::needless_pass_by_value, reason = "a case is handed its input")]
    pub(crate) fn answer(&mut self, wire: Vec<u8>) {
        let Some(line) = self.lines.first_mut() else { return };
        line.receive(&mut self.home, &wire);
        assert!(!line.is_silent());
    }

    /// The door moves, and every session that watches it is told: each runs that was woken.
    pub(crate) fn event(&mut self, (): ()) {
        self.turn = !self.turn;
        self.home.move_door(self.turn);
        let mut told = 0;
        while let Some(nth) = self.home.woken() {
            let Some(line) = self.lines.get_mut(nth) else { return };
            line.drive(&mut self.home);
            assert!(!line.is_silent());
            told += 1;
        }
        assert!(told > 0);
    }

    fn seal(&mut self, text: &[u8]) -> Vec<u8> {
        self.lines.first_mut().map(|line| line.seal(text)).unwrap_or_default()
    }
}

fn put(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "PUT {path} HTTP/1.1\r\nHost: Garage._hap._tcp.local\r\nContent-Type: application/hap+json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
