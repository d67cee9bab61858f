//! What the accessory answers to a pairing request.

use crate::state::Change;
use crate::tlv8::{Type, Writer};

/// The answer to a pairing request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reply {
    /// HTTP 200 with this body, `application/pairing+tlv8`.
    Tlv(Vec<u8>),
    /// HTTP 400 with an empty body: the request was malformed or out of turn (HAP §3.1).
    BadRequest,
}

/// An answer that must wait until a change is durable.
///
/// Apply the change to a copy of the [`State`](crate::State), write the copy, and only then make it the state and send
/// `then`. When writing fails, drop the copy and send `otherwise`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Durable {
    /// What has to be stored.
    pub change: Change,
    /// The answer once it is stored.
    pub then: Reply,
    /// The answer when it could not be stored.
    pub otherwise: Reply,
}

/// The values of the Error item (HAP §3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ErrorCode {
    /// A known id came with another key, or storing failed.
    Unknown = 1,
    /// A wrong code or proof, a failed decryption, a bad signature, an unknown controller, or not an admin.
    Authentication = 2,
    /// Wait before the next attempt. Obsolete; never sent, but a controller may meet it.
    Backoff = 3,
    /// There is no room for another pairing.
    MaxPeers = 4,
    /// There were too many failed attempts: see [`limits::FAILED_ATTEMPTS`](crate::limits::FAILED_ATTEMPTS).
    MaxTries = 5,
    /// Pair Setup of an accessory that is already paired.
    Unavailable = 6,
    /// Pair Setup runs on another connection.
    Busy = 7,
}

impl ErrorCode {
    /// The code for a byte on the wire, if it has a meaning.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Unknown,
            2 => Self::Authentication,
            3 => Self::Backoff,
            4 => Self::MaxPeers,
            5 => Self::MaxTries,
            6 => Self::Unavailable,
            7 => Self::Busy,
            _ => return None,
        })
    }
}

/// The values of the State item: which message of a procedure this is (HAP §3.2).
pub(crate) mod message {
    pub(crate) const M1: u8 = 1;
    pub(crate) const M2: u8 = 2;
    pub(crate) const M3: u8 = 3;
    pub(crate) const M4: u8 = 4;
    pub(crate) const M5: u8 = 5;
    pub(crate) const M6: u8 = 6;
}

impl Reply {
    /// An error is answered with 200, the state after the request's, and the code; nothing else (HAP §3.4).
    pub(crate) fn error(state: u8, code: ErrorCode) -> Self {
        Self::Tlv(Writer::new().byte(Type::STATE, state).byte(Type::ERROR, code as u8).finish())
    }

    pub(crate) fn done(state: u8) -> Self {
        Self::Tlv(Writer::new().byte(Type::STATE, state).finish())
    }
}
