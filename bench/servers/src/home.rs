//! One server and the controller that is paired with it.

use std::time::{Duration, Instant};

use getrandom::SysRng;
use hap::controller::{Accessory, Client, ControllerId, Identity, PairSetup, PairVerify, ProcedureError};
use pairing::ErrorCode;
use rand_core::UnwrapErr;
use serde_json::Value;

use crate::Failure;
use crate::listener::Listener;
use crate::servers::{Kind, Places, Running, Shape};

/// How long a server may get ready after it accepts connections: it has made sure of its name on the network, which takes a
/// second, and what it computes ahead is then computed.
const SETTLE: Duration = Duration::from_secs(2);

/// Attempts to pair with another server. Now and then one is refused by chance: a public key or the premaster secret begins
/// with a zero byte, which implementations of SRP hash differently. Ours must always pair.
const ATTEMPTS: usize = 6;

/// A paired server.
pub(crate) struct Home {
    pub(crate) kind: Kind,
    pub(crate) running: Running,
    me: Identity,
    accessory: Accessory,
}

/// How long each answer of Pair Setup took.
pub(crate) struct SetupTimes {
    pub(crate) m2: Duration,
    pub(crate) m4: Duration,
    pub(crate) m6: Duration,
}

/// A characteristic's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) aid: u64,
    pub(crate) iid: u64,
}

impl Home {
    /// Starts and pairs a server.
    pub(crate) fn start(kind: Kind, shape: Shape, places: &Places) -> Result<(Self, SetupTimes), Failure> {
        let attempts = if kind == Kind::Hap { 1 } else { ATTEMPTS };
        for _ in 1..attempts {
            match Self::attempt(kind, shape, places) {
                Err(failure) if is_refusal(&failure) => eprintln!("bench: {} refused a right code", kind.name()),
                outcome => return outcome,
            }
        }
        Self::attempt(kind, shape, places)
    }

    fn attempt(kind: Kind, shape: Shape, places: &Places) -> Result<(Self, SetupTimes), Failure> {
        let running = kind.start(shape, places)?;
        std::thread::sleep(SETTLE);
        let mut rng = UnwrapErr(SysRng);
        let me = Identity::random(ControllerId::try_from("5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405")?, &mut rng);
        let mut client = Client::connect(running.address)?;
        let mut send = |body: &[u8]| answer(&mut client, "/pair-setup", body);
        let (setup, m1) = PairSetup::start(&running.code, &me, &mut rng);
        let (body, m2) = send(&m1)?;
        let (proof, m3) = setup.m2(&body)?;
        let (body, m4) = send(&m3)?;
        let (exchange, m5) = proof.m4(&body)?;
        let (body, m6) = send(&m5)?;
        let accessory = exchange.m6(&body)?;
        let mut home = Self { kind, running, me, accessory };
        // HAP-NodeJS binds a pairing to the connection that made it until that closes.
        drop(client);
        home.session()?;
        Ok((home, SetupTimes { m2, m4, m6 }))
    }

    /// A new session.
    pub(crate) fn session(&mut self) -> Result<Client, Failure> {
        self.verify().map(|(client, _)| client)
    }

    /// A new session, and how long the answers of Pair Verify took together: not what the controller computes, which is as
    /// much as the accessory does.
    pub(crate) fn verify(&mut self) -> Result<(Client, Duration), Failure> {
        // First, so that a server is not woken twice: by the connection, and when this is computed.
        let (verify, m1) = PairVerify::start(&self.me, &self.accessory, &mut UnwrapErr(SysRng));
        let mut client = Client::connect(self.running.address)?;
        let (m2, first) = answer(&mut client, "/pair-verify", &m1)?;
        let (signature, m3) = verify.m2(&m2)?;
        let (m4, second) = answer(&mut client, "/pair-verify", &m3)?;
        client.secure(&signature.m4(&m4)?);
        Ok((client, first + second))
    }

    /// A new session that times answers until they have come.
    pub(crate) fn listener(&self) -> Result<Listener, Failure> {
        Listener::start(self.running.address, &self.me, &self.accessory)
    }

    /// Where the first characteristic of this type is.
    pub(crate) fn find(&mut self, short_type: &str) -> Result<Place, Failure> {
        let text = self.session()?.get("/accessories")?.text();
        let database: Value = serde_json::from_str(&text)?;
        let each = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        for accessory in each(&database, "accessories") {
            for service in each(&accessory, "services") {
                for characteristic in each(&service, "characteristics") {
                    let kind = characteristic.get("type").and_then(Value::as_str).unwrap_or_default();
                    if short(kind) == short_type {
                        let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_u64);
                        let (aid, iid) = (number(&accessory, "aid"), number(&characteristic, "iid"));
                        return Ok(Place { aid: aid.ok_or("an accessory without aid")?, iid: iid.ok_or("no iid")? });
                    }
                }
            }
        }
        Err(format!("{} has no characteristic {short_type}", self.kind.name()).into())
    }
}

/// The answer to a pairing message, and how long it took.
fn answer(client: &mut Client, path: &str, body: &[u8]) -> Result<(Vec<u8>, Duration), Failure> {
    let begun = Instant::now();
    let answer = client.pairing(path, body)?;
    Ok((answer, begun.elapsed()))
}

/// Whether one side found the other's proof wrong.
fn is_refusal(failure: &Failure) -> bool {
    matches!(
        failure.downcast_ref(),
        Some(ProcedureError::Refused(ErrorCode::Authentication) | ProcedureError::WrongProof)
    )
}

/// A type as Apple writes it: without the zeros before it and the part that all have.
fn short(kind: &str) -> &str {
    kind.split('-').next().unwrap_or_default().trim_start_matches('0')
}
