//! Pair Verify, the controller's side (HAP §6).

use rand_core::CryptoRng;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

use super::{Accessory, Error, Identity, device_id, read, required};
use crate::crypto::{self, Nonce, Purpose};
use crate::pair_verify::{SessionKeys, draw_key_pair, shared_secret};
use crate::reply::message;
use crate::tlv8::{Items, Type, Writer};

/// M1 was sent.
#[must_use]
pub struct PairVerify {
    identity: Identity,
    accessory: Accessory,
    secret: StaticSecret,
    public_key: [u8; 32],
}

impl PairVerify {
    /// Begins: the procedure and M1. Draws 32 bytes of private key.
    pub fn start(identity: &Identity, accessory: &Accessory, rng: &mut dyn CryptoRng) -> (Self, Vec<u8>) {
        let (secret, public_key) = draw_key_pair(rng);
        let m1 = Writer::new().byte(Type::STATE, message::M1).item(Type::PUBLIC_KEY, &public_key).finish();
        let verify = Self { identity: identity.clone(), accessory: *accessory, secret, public_key };
        (verify, m1)
    }

    /// Takes M2, gives M3.
    ///
    /// # Errors
    ///
    /// [`Error::OtherAccessory`] or [`Error::Signature`] when it is not the accessory that was paired; see [`Error`] for
    /// the others.
    pub fn m2(self, body: &[u8]) -> Result<(SignatureSent, Vec<u8>), Error> {
        let items = read(body, message::M2)?;
        let accessory_key: [u8; 32] = required(&items, Type::PUBLIC_KEY)?;
        let sealed = items.get(Type::ENCRYPTED_DATA)?.ok_or(Error::Item(Type::ENCRYPTED_DATA.0))?;
        let shared = shared_secret(&self.secret, accessory_key).ok_or(Error::Item(Type::PUBLIC_KEY.0))?;
        let key = Purpose::PAIR_VERIFY_ENCRYPT.derive(&*shared);
        let plain = crypto::open(&key, Nonce::PAIR_VERIFY_M2, &[], &sealed).map_err(|_| Error::Decryption)?;
        let inner = Items::parse(&plain)?;
        let id = device_id(&inner)?;
        if id != self.accessory.id {
            return Err(Error::OtherAccessory);
        }
        let signature = required(&inner, Type::SIGNATURE)?;
        let signed = [&accessory_key, id.to_string().as_bytes(), &self.public_key].concat();
        if !self.accessory.public_key.verifies(&signed, &signature) {
            return Err(Error::Signature);
        }
        let id = self.identity.id().as_bytes();
        let signature = self.identity.sign(&[&self.public_key, id, &accessory_key].concat());
        let plain = Writer::new().item(Type::IDENTIFIER, id).item(Type::SIGNATURE, &signature).finish();
        let sealed = crypto::seal(&key, Nonce::PAIR_VERIFY_M3, &[], &plain);
        let m3 = Writer::new().byte(Type::STATE, message::M3).item(Type::ENCRYPTED_DATA, &sealed).finish();
        Ok((SignatureSent { shared }, m3))
    }
}

/// M3 was sent.
#[must_use]
pub struct SignatureSent {
    shared: Zeroizing<[u8; 32]>,
}

impl SignatureSent {
    /// Takes M4, gives the keys of the session that begins right after it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the accessory does not know this controller (any more); see [`Error`] for the others.
    pub fn m4(self, body: &[u8]) -> Result<SessionKeys, Error> {
        read(body, message::M4)?;
        Ok(SessionKeys::derive(&self.shared))
    }
}
