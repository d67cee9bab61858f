//! The controller's side: for tests, benchmarks, and programs that control accessories.
//!
//! Like the accessory's side it does no I/O: bodies of requests come out, bodies of answers with status 200 go in.
//! Every step takes the procedure and gives the next one, so no message can be sent out of turn.

mod pair_setup;
mod pair_verify;
mod pairings;

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::identity::{DeviceId, PublicKey};
use crate::pairings::ControllerId;
use crate::reply::ErrorCode;
use crate::tlv8::{Items, Malformed, Type};

pub use pair_setup::{ExchangeSent, Hello, PairSetup, ProofSent};
pub use pair_verify::{PairVerify, SignatureSent};
pub use pairings::{add_pairing, list_pairings, read_done, read_list, remove_pairing};

/// A controller's identity: its id and its Ed25519 long-term key. The key is wiped when dropped and never shown by `Debug`.
#[derive(Clone)]
pub struct Identity {
    id: ControllerId,
    key: SigningKey,
}

impl Identity {
    /// Draws the key: 32 bytes of seed.
    #[must_use]
    pub fn random(id: ControllerId, rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(id, &seed)
    }

    /// The identity with a known key.
    #[must_use]
    pub fn from_seed(id: ControllerId, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { id, key }
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> &ControllerId {
        &self.id
    }

    /// The public half of the key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.key.verifying_key().to_bytes())
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("id", &self.id).field("public_key", &self.public_key()).finish_non_exhaustive()
    }
}

/// What a controller keeps of an accessory it paired with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accessory {
    /// Its device id.
    pub id: DeviceId,
    /// Its Ed25519 long-term public key.
    pub public_key: PublicKey,
}

/// Why a procedure failed. It is over; begin a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The accessory refused. With [`ErrorCode::Authentication`] in Pair Setup the code was wrong.
    #[error("the accessory refused: {0:?}")]
    Refused(ErrorCode),
    /// The accessory refused with a code that has no meaning.
    #[error("the accessory refused with the unknown error {0}")]
    RefusedUnknown(u8),
    /// The answer breaks the rules of its encoding: the accessory is faulty.
    #[error("the accessory's answer is malformed: {0}")]
    Malformed(#[from] Malformed),
    /// An item is missing or out of its bounds: the accessory is faulty.
    #[error("the accessory's answer lacks or misuses the item of type {0:#04x}")]
    Item(u8),
    /// The accessory did not prove that it knows the setup code: it may be another one. Do not go on.
    #[error("the accessory does not know the setup code")]
    WrongProof,
    /// The answer does not decrypt: somebody is in between.
    #[error("the accessory's answer does not decrypt")]
    Decryption,
    /// The signature is not the accessory's: it may be another one. Do not go on.
    #[error("the accessory's signature is wrong")]
    Signature,
    /// The accessory is not the one that was paired.
    #[error("another accessory answered")]
    OtherAccessory,
}

/// Reads an answer: its items, when it has the state that is due and no error.
fn read(body: &[u8], state: u8) -> Result<Items<'_>, Error> {
    let items = Items::parse(body)?;
    if items.byte(Type::STATE)? != Some(state) {
        return Err(Error::Item(Type::STATE.0));
    }
    match items.byte(Type::ERROR)? {
        None | Some(0) => Ok(items),
        Some(code) => Err(ErrorCode::from_byte(code).map_or(Error::RefusedUnknown(code), Error::Refused)),
    }
}

fn required<const N: usize>(items: &Items<'_>, kind: Type) -> Result<[u8; N], Error> {
    items.array(kind)?.ok_or(Error::Item(kind.0))
}

/// The Identifier of an accessory. Its text is signed, so it must have exactly the form that it is signed in.
fn device_id(items: &Items<'_>) -> Result<DeviceId, Error> {
    let item = Error::Item(Type::IDENTIFIER.0);
    let text = items.get(Type::IDENTIFIER)?.ok_or(item)?;
    let id: DeviceId = std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).ok_or(item)?;
    if id.to_string().as_bytes() == &*text { Ok(id) } else { Err(item) }
}
