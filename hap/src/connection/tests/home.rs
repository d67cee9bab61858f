//! A home: an accessory, its store, and the controllers that talk to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pairing::controller::{self, Identity};
use pairing::{Change, ControllerId, Pairing, Permissions, SessionKeys, SetupCode, State};
use serde_json::{Value, json};

use super::bench::Bench;
use super::line::{Answer, Line, Message};
use super::randomness::Randomness;
use crate::database::Database;
use crate::events::Hub;
use crate::host::Host;
use crate::limits;

/// The setup code of every home.
pub(super) const CODE: &str = "031-45-154";

/// Turns that one thing may take until all is quiet; more means that something spins.
const TURNS: usize = 100_000;

/// An accessory and any number of connections to it, on one clock.
pub(super) struct Home {
    pub(super) side: Side,
    /// The lengths of the segments in which bytes reach the accessory, in turn; empty if they come as they were sent.
    pub(super) cuts: Vec<usize>,
    /// How long segments are on their way, in turn; none of them overtakes another of its connection.
    pub(super) delays: Vec<Duration>,
    /// How much controllers that connect from now on take at a time, in turn; all there is if it is empty.
    pub(super) sips: Vec<usize>,
    /// In what order connections have their turns; as they came if there is none.
    pub(super) order: Option<Randomness>,
    now: Instant,
    lines: Vec<Line>,
}

/// What the accessory's side has besides its connections.
pub(super) struct Side {
    pub(super) host: Host,
    /// What a restart would find.
    pub(super) stored: State,
    /// The store writes nothing.
    pub(super) disk_full: bool,
    pub(super) rng: Randomness,
}

/// One of the home's connections.
pub(super) type LineId = usize;

/// A controller.
#[derive(Clone)]
pub(super) struct Phone {
    pub(super) identity: Identity,
}

impl Phone {
    /// The phone of this name; always the same one.
    pub(super) fn new(name: &str) -> Self {
        let mut seed = [7; 32];
        seed[..name.len()].copy_from_slice(name.as_bytes());
        Self { identity: Identity::from_seed(ControllerId::try_from(name).unwrap(), &seed) }
    }

    pub(super) fn id(&self) -> &ControllerId {
        self.identity.id()
    }

    pub(super) fn pairing(&self, permissions: Permissions) -> Pairing {
        Pairing { id: *self.id(), public_key: self.identity.public_key(), permissions }
    }
}

impl Side {
    /// Makes a change durable and commits it, as the server does; `false` if the store fails.
    pub(super) fn store(&mut self, change: &Change) -> bool {
        if self.disk_full {
            return false;
        }
        let next = self.host.after(change);
        // By way of the document, as after a restart.
        self.stored = State::decode(&next.encode()).unwrap();
        self.host.commit(next);
        true
    }
}

impl Home {
    /// An accessory that nobody owns yet.
    pub(super) fn new() -> (Self, Bench) {
        let hub = Arc::new(Hub::default());
        let (bench, database) = Bench::build(&hub);
        let mut rng = Randomness::seeded(1);
        let state = State { setup_code: SetupCode::try_from(CODE).unwrap(), ..State::new(&mut rng) };
        let mut home = Self::with(state, database, hub);
        let counter = bench.clone();
        home.side.host.identify = Some(Arc::new(move || counter.identify()));
        (home, bench)
    }

    /// An accessory that this phone owns.
    pub(super) fn owned_by(phone: &Phone) -> (Self, Bench) {
        let (mut home, bench) = Self::new();
        home.side.store(&Change::AddPairing(phone.pairing(Permissions::ADMIN)));
        (home, bench)
    }

    /// The accessory that `state` and `database` make.
    pub(super) fn with(state: State, database: Database, hub: Arc<Hub>) -> Self {
        let side = Side {
            stored: state.clone(),
            host: Host::new(state, database, hub, None),
            disk_full: false,
            rng: Randomness::seeded(2),
        };
        Self {
            side,
            cuts: Vec::new(),
            delays: Vec::new(),
            sips: Vec::new(),
            order: None,
            now: Instant::now(),
            lines: Vec::new(),
        }
    }

    /// What controllers know the accessory by.
    pub(super) fn accessory(&self) -> controller::Accessory {
        let identity = &self.side.host.state.identity;
        controller::Accessory { id: *identity.device_id(), public_key: identity.public_key() }
    }
}

/// Connections and time.
impl Home {
    /// A new connection.
    pub(super) fn connect(&mut self) -> LineId {
        let id = self.lines.len();
        let mut line = Line::new(u64::try_from(id).unwrap(), self.now);
        line.sips = self.sips.clone().into();
        self.lines.push(line);
        self.drive();
        id
    }

    /// A new connection on which `phone` has verified.
    #[track_caller]
    pub(super) fn session(&mut self, phone: &Phone) -> LineId {
        let line = self.connect();
        self.verify(line, phone).unwrap();
        line
    }

    /// The controller closes.
    pub(super) fn hang_up(&mut self, line: LineId) {
        self.lines[line].close(&mut self.side);
        self.drive();
    }

    /// The controller says that nothing more will come, and listens.
    pub(super) fn leave(&mut self, line: LineId) {
        self.lines[line].leave(&mut self.side);
        self.drive();
    }

    /// Whether the accessory still holds its end.
    pub(super) fn is_open(&self, line: LineId) -> bool {
        self.lines[line].connection.is_some()
    }

    /// Time passes; whatever is due meanwhile happens when it is due.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        loop {
            self.drive();
            let due = self.lines.iter().filter_map(|line| line.deadline(&self.side, self.now)).min();
            match due.filter(|due| *due <= until) {
                Some(due) => self.now = due,
                None => break,
            }
        }
        self.now = until;
        self.drive();
    }

    /// Carries on until every connection is at rest.
    #[track_caller]
    pub(super) fn drive(&mut self) {
        let mut places: Vec<_> = (0..self.lines.len()).collect();
        for _ in 0..TURNS {
            let mut moved = false;
            if let Some(order) = &mut self.order {
                order.shuffle(&mut places);
            }
            for place in &places {
                moved |= self.lines[*place].turn(&mut self.side, self.now);
            }
            if !moved {
                return;
            }
        }
        panic!("a connection spins");
    }
}

/// Bytes.
impl Home {
    /// Sends `plain`, sealed if the connection is.
    #[track_caller]
    pub(super) fn send(&mut self, line: LineId, plain: &[u8]) {
        let wire = self.lines[line].end.seal(plain);
        self.send_wire(line, &wire);
    }

    /// What [`send`](Self::send) would put on the wire, for tests that send it otherwise.
    pub(super) fn seal(&mut self, line: LineId, plain: &[u8]) -> Vec<u8> {
        self.lines[line].end.seal(plain)
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub(super) fn send_wire(&mut self, line: LineId, wire: &[u8]) {
        let mut rest = wire;
        let mut cuts = self.cuts.iter().copied().cycle();
        let mut delays = self.delays.iter().copied().cycle();
        let mut arrives = self.lines[line].upstream.back().map_or(self.now, |(arrives, _)| *arrives);
        while !rest.is_empty() {
            let length = cuts.next().unwrap_or(rest.len()).clamp(1, limits::READ).min(rest.len());
            let (segment, behind) = rest.split_at(length);
            arrives = arrives.max(self.now + delays.next().unwrap_or_default());
            self.lines[line].upstream.push_back((arrives, segment.to_vec()));
            rest = behind;
        }
        self.drive();
    }

    /// The next message from the accessory.
    pub(super) fn message(&mut self, line: LineId) -> Option<Message> {
        self.lines[line].end.read()
    }

    /// What came from the accessory and was not read, opened.
    pub(super) fn unread(&mut self, line: LineId) -> Vec<u8> {
        self.lines[line].end.unread()
    }

    /// The next message, which is an answer.
    #[track_caller]
    pub(super) fn answer(&mut self, line: LineId) -> Answer {
        match self.message(line) {
            Some(Message::Answer(answer)) => answer,
            other => panic!("no answer but {other:?}"),
        }
    }

    /// The entries of the next message, which is an event.
    #[track_caller]
    pub(super) fn event(&mut self, line: LineId) -> Value {
        match self.message(line) {
            Some(Message::Event(mut event)) => event["characteristics"].take(),
            other => panic!("no event but {other:?}"),
        }
    }

    /// Nothing has come that was not read.
    #[track_caller]
    pub(super) fn assert_silent(&mut self, line: LineId) {
        let unread = self.unread(line);
        assert!(unread.is_empty(), "unexpected: {}", String::from_utf8_lossy(&unread));
    }
}

/// Requests.
impl Home {
    #[track_caller]
    pub(super) fn get(&mut self, line: LineId, path: &str) -> Answer {
        self.send(line, &request("GET", path, None));
        self.answer(line)
    }

    #[track_caller]
    pub(super) fn put(&mut self, line: LineId, path: &str, body: &Value) -> Answer {
        self.send(line, &request("PUT", path, Some(body.to_string().as_bytes())));
        self.answer(line)
    }

    #[track_caller]
    pub(super) fn post(&mut self, line: LineId, path: &str, body: &[u8]) -> Answer {
        self.send(line, &request("POST", path, Some(body)));
        self.answer(line)
    }

    /// Writes the entries of an array.
    #[track_caller]
    pub(super) fn write(&mut self, line: LineId, entries: &Value) -> Answer {
        self.put(line, "/characteristics", &json!({"characteristics": entries}))
    }

    /// Writes one value, without waiting for an answer.
    #[track_caller]
    pub(super) fn begin_write(&mut self, line: LineId, iid: u64, value: &Value) {
        let body = json!({"characteristics": [{"aid": 1, "iid": iid, "value": value}]});
        self.send(line, &request("PUT", "/characteristics", Some(body.to_string().as_bytes())));
    }

    /// Writes one value.
    #[track_caller]
    pub(super) fn write_one(&mut self, line: LineId, iid: u64, value: &Value) -> Answer {
        self.write(line, &json!([{"aid": 1, "iid": iid, "value": value}]))
    }

    /// Subscribes to events.
    #[track_caller]
    pub(super) fn subscribe(&mut self, line: LineId, iids: &[u64]) {
        let entries: Vec<_> = iids.iter().map(|iid| json!({"aid": 1, "iid": iid, "ev": true})).collect();
        assert_eq!(self.write(line, &json!(entries)).status, 204);
    }
}

/// What a controller does to become one, and to open a session.
impl Home {
    /// Pair Setup, from M1 to M6.
    #[track_caller]
    pub(super) fn pair_setup(
        &mut self,
        line: LineId,
        phone: &Phone,
        code: &str,
    ) -> Result<controller::Accessory, controller::Error> {
        let code = SetupCode::try_from(code).unwrap();
        let mut rng = Randomness::seeded(3);
        let (procedure, m1) = controller::PairSetup::start(&code, &phone.identity, &mut rng);
        let (procedure, m3) = procedure.m2(self.post(line, "/pair-setup", &m1).tlv())?;
        let (procedure, m5) = procedure.m4(self.post(line, "/pair-setup", &m3).tlv())?;
        procedure.m6(self.post(line, "/pair-setup", &m5).tlv())
    }

    /// Pair Verify, from M1 to M4; the connection is sealed afterwards.
    #[track_caller]
    pub(super) fn verify(&mut self, line: LineId, phone: &Phone) -> Result<(), controller::Error> {
        let (procedure, m3) = self.begin_verify(line, phone)?;
        let keys = procedure.m4(self.post(line, "/pair-verify", &m3).tlv())?;
        self.secure(line, &keys);
        Ok(())
    }

    /// Pair Verify up to M3, which is not yet sent.
    #[track_caller]
    pub(super) fn begin_verify(
        &mut self,
        line: LineId,
        phone: &Phone,
    ) -> Result<(controller::SignatureSent, Vec<u8>), controller::Error> {
        let mut rng = Randomness::seeded(u64::try_from(line).unwrap() + 100);
        let (procedure, m1) = controller::PairVerify::start(&phone.identity, &self.accessory(), &mut rng);
        procedure.m2(self.post(line, "/pair-verify", &m1).tlv())
    }

    /// The controller's end is sealed from now on.
    pub(super) fn secure(&mut self, line: LineId, keys: &SessionKeys) {
        self.lines[line].end.secure(keys);
    }

    /// The pairings as `phone` lists them on its session.
    #[track_caller]
    pub(super) fn pairings(&mut self, line: LineId) -> Vec<Pairing> {
        let answer = self.post(line, "/pairings", &controller::list_pairings());
        controller::read_list(answer.tlv()).unwrap()
    }
}

/// A request as iOS writes it.
pub(super) fn request(method: &str, path: &str, body: Option<&[u8]>) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: Bench\\032C0FFEE._hap._tcp.local\r\n").into_bytes();
    if let Some(body) = body {
        let kind = if path.starts_with("/pair") { "application/pairing+tlv8" } else { "application/hap+json" };
        text.extend_from_slice(format!("Content-Length: {}\r\nContent-Type: {kind}\r\n", body.len()).as_bytes());
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(body.unwrap_or_default());
    text
}
