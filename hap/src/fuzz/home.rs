//! An accessory without sockets, and the connections that a target makes to it.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use pairing::{Change, ControllerId, DeviceId, Identity, Pairing, Permissions, SessionKeys, SetupCode, State};
use rand_core::{TryCryptoRng, TryRng};

use crate::accessory::{Accessory, Category, Information};
use crate::catalogue::{LightBulb, LockMechanism, StatelessProgrammableSwitch, Television, Thermostat};
use crate::connection::{Connection, Effect};
use crate::controller::{self, Message, Wire};
use crate::database::Database;
use crate::definition::Perms;
use crate::events::Hub;
use crate::handlers;
use crate::host::Host;
use crate::ids::Ids;
use crate::limits;
use crate::session::SessionId;
use crate::status::Status;

/// Turns that one input may take until all is quiet; more means that something spins.
const TURNS: usize = 100_000;

/// Computations that one input may ask for: each takes milliseconds, and all are alike.
const COMPUTATIONS: usize = 2;

/// The accessory's side.
pub(super) struct Home {
    pub(super) host: Host,
    pub(super) now: Instant,
    pub(super) disk_full: bool,
    pub(super) bulb: LightBulb,
    pub(super) button: StatelessProgrammableSwitch,
    computations: usize,
    rng: Counter,
}

/// One connection, and the controller's end of it.
pub(super) struct Line {
    connection: Option<Connection>,
    wire: Wire,
    pub(super) answers: Vec<controller::Response>,
}

impl Home {
    /// A home that nobody owns, or that [`ADMIN`] does.
    pub(super) fn new(owned: bool) -> Self {
        let hub = Arc::new(Hub::default());
        let about = Information { name: "Home", serial_number: "H-1", ..Information::default() };
        let mut accessory = Accessory::new(about, Category::Other);
        accessory.add_protocol_information();
        accessory.on_identify(|| ());
        accessory.on_snapshot(|wanted| async move {
            if wanted.width < 1000 { Ok(b"\xff\xd8\xff\xd9".to_vec()) } else { Err(Status::Unable) }
        });
        let bulb = accessory.add(LightBulb::new().with_brightness(50).with_hue(1.5));
        bulb.on.on_write_now(|on, _| if on { Ok(()) } else { Err(Status::Busy) });
        if let Some(brightness) = &bulb.brightness {
            let bulb = bulb.clone();
            brightness.on_write(move |_, _| {
                bulb.on.set(true);
                async { Ok(()) }
            });
        }
        let lock = accessory.add(LockMechanism::new());
        let timed = |perms: Perms| perms | Perms::TIMED_WRITE;
        let described = lock.lock_target_state.describe(|metadata| {
            let perms = timed(metadata.perms());
            metadata.with_perms(perms)
        });
        described.expect("a lock may ask for timed writes");
        let thermostat = accessory.add(Thermostat::new());
        thermostat.current_temperature.on_read(|| async { Ok(21.5) });
        accessory.add(Television::new());
        let button = accessory.add(StatelessProgrammableSwitch::new());
        let database = Database::build(&[accessory], &mut Ids::default(), &hub).expect("a sound accessory");

        let mut state = STATE.clone();
        if owned {
            let pairing = Pairing { id: *ADMIN.id(), public_key: ADMIN.public_key(), permissions: Permissions::ADMIN };
            state.apply(&Change::AddPairing(pairing));
        }
        Self {
            host: Host::new(state, database, hub, None),
            now: Instant::now(),
            disk_full: false,
            bulb,
            button,
            computations: 0,
            rng: Counter(2),
        }
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
    }
}

impl Line {
    pub(super) fn new(id: u64, now: Instant) -> Self {
        let connection = Connection::new(SessionId(id), Box::new(|| ()), now);
        Self { connection: Some(connection), wire: Wire::new(), answers: Vec::new() }
    }

    /// Whether the accessory still holds its end.
    pub(super) fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// A session of the [`ADMIN`], without the arithmetic of Pair Verify, which is the same each time.
    pub(super) fn session(id: u64, home: &mut Home) -> Self {
        let mut line = Self::new(id, home.now);
        let keys = SessionKeys { accessory_to_controller: [1; 32].into(), controller_to_accessory: [2; 32].into() };
        line.wire.secure(&keys);
        if let Some(connection) = &mut line.connection {
            connection.verified(&home.host, &pairing::Session { controller: *ADMIN.id(), keys });
        }
        line
    }

    /// Sends text, sealed if the connection is.
    pub(super) fn send(&mut self, home: &mut Home, text: &[u8]) {
        let wire = self.wire.send(text).expect("fewer than 2^64 frames");
        self.send_wire(home, &wire);
    }

    /// Sends bytes as they are.
    pub(super) fn send_wire(&mut self, home: &mut Home, wire: &[u8]) {
        for segment in wire.chunks(limits::READ) {
            if let Some(connection) = &mut self.connection {
                connection.receive(segment, home.now);
            }
            self.drive(home);
        }
    }

    /// Lets what is due happen.
    pub(super) fn tick(&mut self, home: &mut Home) {
        if let Some(connection) = &mut self.connection
            && connection.deadline(&home.host, home.now).is_some_and(|deadline| deadline <= home.now)
        {
            connection.tick(&home.host, home.now);
        }
        self.drive(home);
    }

    /// The controller closes.
    pub(super) fn close(&mut self, home: &mut Home) {
        if let Some(mut connection) = self.connection.take() {
            connection.closed(&mut home.host);
        }
    }

    /// The law of [`crate::connection`].
    pub(super) fn drive(&mut self, home: &mut Home) {
        for _ in 0..TURNS {
            let Some(connection) = &mut self.connection else { return };
            let effect = connection.poll(&mut home.host, home.now, &mut home.rng);
            assert!(connection.buffered() <= limits::REQUEST_HEAD + limits::REQUEST_BODY + 2 * limits::READ);
            // The home has less than that to tell, and so has its picture.
            assert!(connection.outgoing().capacity() <= 2 * limits::ANSWER);
            let sent = std::mem::take(connection.outgoing());
            self.hear(&sent);
            let Some(connection) = &mut self.connection else { return };
            match effect {
                None if sent.is_empty() => return,
                None => {}
                Some(Effect::Close) => return self.close(home),
                Some(Effect::Compute(_)) if home.computations >= COMPUTATIONS => return self.close(home),
                Some(Effect::Compute(computation)) => {
                    home.computations += 1;
                    connection.computed(&mut home.host, computation.run());
                }
                Some(Effect::Store(change)) => {
                    assert!(sent.is_empty(), "an answer left before {change:?} was durable");
                    if !home.disk_full {
                        home.host.commit(home.host.after(&change));
                    }
                    let paired = home.host.state.is_paired();
                    assert_eq!(paired, home.host.state.pairings.has_admin(), "pairings without an admin");
                    connection.stored(&mut home.host, !home.disk_full);
                }
                Some(Effect::Identify(start)) => start(),
                Some(Effect::Write(mut writes)) => {
                    now(handlers::call(&mut writes, std::future::pending()));
                    connection.written(&home.host, writes);
                }
                Some(Effect::Read(mut reads)) => {
                    now(handlers::ask(&mut reads, std::future::pending, std::future::pending()));
                    connection.read(&home.host, reads);
                }
                Some(Effect::Snapshot(mut snapshot)) => {
                    now(handlers::picture(&mut snapshot, std::future::pending()));
                    connection.pictured(snapshot);
                }
            }
        }
        panic!("a connection spins");
    }

    /// Whatever the accessory says is a whole answer or event.
    fn hear(&mut self, bytes: &[u8]) {
        self.wire.receive(bytes).expect("frames that open");
        while let Some(message) = self.wire.message().expect("HTTP") {
            let json = match &message {
                Message::Response(answer) if answer.content_type == "application/hap+json" => &answer.body,
                Message::Response(_) => &Vec::new(),
                Message::Event(json) => json,
            };
            if !json.is_empty() {
                serde_json::from_slice::<serde_json::Value>(json).expect("JSON");
            }
            if let Message::Response(answer) = message {
                self.answers.push(answer);
            }
        }
    }
}

/// Who owns an owned home.
static ADMIN: LazyLock<controller::Identity> = LazyLock::new(|| {
    let id = ControllerId::try_from("5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405").expect("36 bytes");
    controller::Identity::from_seed(id, &[8; 32])
});

/// A home that nobody owns. Keys take long to make.
static STATE: LazyLock<State> = LazyLock::new(|| {
    let mut state = State::new(&mut Counter(1));
    state.identity = Identity::from_seed(DeviceId([0x1A, 0x2B, 0x3C, 0x4D, 0x5E, 0x6F]), &[9; 32]);
    state.setup_code = SetupCode::try_from("031-45-154").expect("an allowed code");
    state
});

/// The outcome of a future that waits for nothing, and lets others have their turn.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    for _ in 0..TURNS {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("a handler that is ready waits")
}

/// Randomness that is the same in every run.
struct Counter(u64);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.try_next_u64()? as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        // SplitMix64's steps: enough to be different each time.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        Ok(mixed ^ (mixed >> 27))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.try_next_u64()? as u8;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}
