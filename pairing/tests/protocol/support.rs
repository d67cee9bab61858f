//! An accessory without a network, and randomness that is known beforehand.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use pairing::{
    Change, ConnectionId, ControllerId, DeviceId, FailedAttempts, Identity, PairSetup, Pairing, Pairings, Permissions,
    PublicKey, Reply, State, Step,
};
use rand_core::{TryCryptoRng, TryRng};
use serde::de::DeserializeOwned;

/// Yields the given bytes in order, and panics when they run out.
#[derive(Default)]
pub(crate) struct Script(VecDeque<u8>);

impl Script {
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        Self(parts.concat().into())
    }

    pub(crate) fn is_used_up(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for byte in target {
            *byte = self.0.pop_front().expect("more was drawn than the script holds");
        }
        Ok(())
    }
}

impl TryCryptoRng for Script {}

/// Real randomness.
pub(crate) fn random() -> impl rand_core::CryptoRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// An accessory with Pair Setup, a clock that only the test moves, and a store that can fail.
pub(crate) struct Accessory {
    pub(crate) state: State,
    pub(crate) setup: PairSetup,
    pub(crate) now: Instant,
    pub(crate) disk_full: bool,
    pub(crate) stored: Vec<Change>,
}

impl Accessory {
    pub(crate) fn new(state: State) -> Self {
        Self { state, setup: PairSetup::new(), now: Instant::now(), disk_full: false, stored: Vec::new() }
    }

    /// Brings a request to its answer, as a server does.
    pub(crate) fn post(&mut self, connection: u64, request: &[u8]) -> Reply {
        self.post_with(connection, request, &mut random())
    }

    pub(crate) fn post_with(&mut self, connection: u64, request: &[u8], rng: &mut dyn rand_core::CryptoRng) -> Reply {
        let connection = ConnectionId(connection);
        let step = self.setup.handle(connection, request, &self.state, self.now, rng);
        self.finish(connection, step)
    }

    pub(crate) fn finish(&mut self, connection: ConnectionId, mut step: Step) -> Reply {
        loop {
            match step {
                Step::Reply(reply) => return reply,
                Step::Compute(computation) => {
                    step = self.setup.computed(connection, computation.run(), &self.state);
                }
                Step::Store(durable) => {
                    self.setup.stored(connection, !self.disk_full);
                    if self.disk_full {
                        return durable.otherwise;
                    }
                    self.state.apply(&durable.change);
                    self.stored.push(durable.change);
                    return durable.then;
                }
            }
        }
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
    }
}

/// An unpaired state with a known code and key.
pub(crate) fn unpaired() -> State {
    State {
        identity: Identity::from_seed(DeviceId([0x1A, 0x2B, 0x3C, 0x4D, 0x5E, 0x6F]), &[7; 32]),
        setup_code: "031-45-154".parse().unwrap(),
        setup_id: "GATE".parse().unwrap(),
        failed_attempts: FailedAttempts::default(),
        pairings: Pairings::default(),
    }
}

/// The state with these pairings, the first of which must be an admin.
pub(crate) fn paired(pairings: &[(&str, Permissions)]) -> State {
    let mut state = unpaired();
    for (name, permissions) in pairings {
        state.apply(&Change::AddPairing(pairing(name, *permissions)));
    }
    assert_eq!(state.pairings.len(), pairings.len());
    state
}

/// A pairing whose key follows from its name.
pub(crate) fn pairing(name: &str, permissions: Permissions) -> Pairing {
    let mut key = [0x5A; 32];
    key[..name.len().min(32)].copy_from_slice(&name.as_bytes()[..name.len().min(32)]);
    Pairing { id: id(name), public_key: PublicKey(key), permissions }
}

pub(crate) fn id(name: &str) -> ControllerId {
    ControllerId::try_from(name).unwrap()
}

pub(crate) fn tlv(reply: &Reply) -> &[u8] {
    match reply {
        Reply::Tlv(body) => body,
        Reply::BadRequest => panic!("400"),
    }
}

pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2));
    (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
}

pub(crate) fn array<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().unwrap()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The answer of a vector: status and body.
#[derive(serde::Deserialize)]
pub(crate) struct Response {
    http_status: u16,
    body: String,
}

impl Response {
    pub(crate) fn reply(&self) -> Reply {
        match self.http_status {
            200 => Reply::Tlv(bytes(&self.body)),
            400 => {
                assert_eq!(self.body, "");
                Reply::BadRequest
            }
            status => panic!("no pairing request gets {status}"),
        }
    }
}

/// A request that is refused.
#[derive(serde::Deserialize)]
pub(crate) struct Failure {
    pub(crate) name: String,
    pub(crate) before: String,
    pub(crate) request: String,
    pub(crate) response: Response,
}
