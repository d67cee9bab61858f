//! The stored form of a [`State`]: JSON with a version, keys and ids in base64.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{FailedAttempts, State};
use crate::identity::{Identity, PublicKey};
use crate::pairings::{ControllerId, Pairing, Pairings, Permissions};

/// The version this package writes, and the only one it reads.
const VERSION: u32 = 1;

/// Why a stored document is not a state.
///
/// The texts never quote the document: it holds secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A newer version of the program wrote it. Install that version again, or restore an older document.
    #[error("the pairing state has version {found}, which a newer version wrote; this one reads version {VERSION}")]
    Newer {
        /// The version it has.
        found: u64,
    },
    /// It is not JSON of the expected form. Restore an earlier generation of it.
    #[error("the pairing state is damaged at line {line}, column {column}")]
    Damaged {
        /// The line of the first fault, from 1; 0 when it is not known.
        line: usize,
        /// The column of the first fault, from 1; 0 when it is not known.
        column: usize,
    },
    /// A value is out of its bounds. Restore an earlier generation of the document.
    #[error("the pairing state is damaged: {0}")]
    Invalid(&'static str),
}

pub(super) fn encode(state: &State) -> Zeroizing<Vec<u8>> {
    let mut document = Document {
        version: VERSION,
        device_id: state.identity.device_id().to_string(),
        seed: BASE64_STANDARD.encode(state.identity.seed()),
        setup_code: state.setup_code.to_string(),
        setup_id: state.setup_id.to_string(),
        failed_attempts: state.failed_attempts.get(),
        unconfirmed: state.pairings.are_unconfirmed(),
        pairings: state.pairings.iter().map(Entry::from).collect(),
    };
    // Large enough from the start: a vector that grows leaves copies of the seed behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(512 + 256 * state.pairings.len()));
    #[expect(
        clippy::expect_used,
        reason = "strings and small numbers always have a JSON form, and writing to memory cannot fail"
    )]
    serde_json::to_writer_pretty(&mut *bytes, &document).expect("the document is plain data");
    document.seed.zeroize();
    document.setup_code.zeroize();
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<State, StateError> {
    let Version { version } = serde_json::from_slice(bytes).map_err(damaged)?;
    if version > u64::from(VERSION) {
        return Err(StateError::Newer { found: version });
    }
    if version != u64::from(VERSION) {
        return Err(StateError::Invalid("it has a version that never was"));
    }
    let mut document: Document = serde_json::from_slice(bytes).map_err(damaged)?;
    let state = read(&document);
    document.seed.zeroize();
    document.setup_code.zeroize();
    state
}

fn read(document: &Document) -> Result<State, StateError> {
    let device_id = document.device_id.parse().map_err(|_| StateError::Invalid("device_id is not a device id"))?;
    let seed =
        Zeroizing::new(decode_array(&document.seed).ok_or(StateError::Invalid("seed is not 32 bytes in base64"))?);
    let setup_code =
        document.setup_code.parse().map_err(|_| StateError::Invalid("setup_code is not an allowed code"))?;
    let setup_id = document.setup_id.parse().map_err(|_| StateError::Invalid("setup_id is not a setup id"))?;
    Ok(State {
        identity: Identity::from_seed(device_id, &seed),
        setup_code,
        setup_id,
        failed_attempts: FailedAttempts::new(document.failed_attempts),
        pairings: read_pairings(&document.pairings, document.unconfirmed)?,
    })
}

fn read_pairings(entries: &[Entry], unconfirmed: bool) -> Result<Pairings, StateError> {
    let mut pairings = Pairings::default();
    for entry in entries {
        let pairing = entry.pairing().ok_or(StateError::Invalid("a pairing has a field out of bounds"))?;
        if pairings.get(&pairing.id).is_some() {
            return Err(StateError::Invalid("two pairings have the same id"));
        }
        pairings.put(pairing).map_err(|_| StateError::Invalid("there are too many pairings"))?;
    }
    if !pairings.is_empty() && !pairings.has_admin() {
        return Err(StateError::Invalid("there are pairings but no admin"));
    }
    if !unconfirmed {
        pairings.confirm();
    }
    Ok(pairings)
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    device_id: String,
    seed: String,
    setup_code: String,
    setup_id: String,
    failed_attempts: u8,
    /// Written for the minutes it holds only, so that a program from before it was known reads what a newer one wrote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unconfirmed: bool,
    pairings: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    public_key: String,
    permissions: u8,
}

impl From<&Pairing> for Entry {
    fn from(pairing: &Pairing) -> Self {
        Self {
            id: BASE64_STANDARD.encode(pairing.id.as_bytes()),
            public_key: BASE64_STANDARD.encode(pairing.public_key.0),
            permissions: pairing.permissions.to_byte(),
        }
    }
}

impl Entry {
    fn pairing(&self) -> Option<Pairing> {
        let id = BASE64_STANDARD.decode(&self.id).ok()?;
        Some(Pairing {
            id: ControllerId::try_from(&*id).ok()?,
            public_key: PublicKey(decode_array(&self.public_key)?),
            permissions: Permissions::from_byte(self.permissions)?,
        })
    }
}

fn decode_array(text: &str) -> Option<[u8; 32]> {
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(text).ok()?);
    bytes.as_slice().try_into().ok()
}

fn damaged(error: serde_json::Error) -> StateError {
    StateError::Damaged { line: error.line(), column: error.column() }
}
