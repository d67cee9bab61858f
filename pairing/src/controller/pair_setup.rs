//! Pair Setup, the controller's side (HAP §5).

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Accessory, Error, Identity, device_id, read, required};
use crate::crypto::{self, Key, Nonce, Purpose};
use crate::identity::PublicKey;
use crate::reply::message;
use crate::setup_code::SetupCode;
use crate::srp::{self, ClientKeys, ClientProof, SharedKey};
use crate::tlv8::{Type, Writer};

/// How M1 is written. Accessories must take every form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hello {
    /// State, then Method 0.
    #[default]
    Plain,
    /// State, then Method 1, which asks for an authentication coprocessor.
    WithAuth,
    /// Method 0, then State, as iOS writes it.
    MethodFirst,
}

/// M1 was sent.
#[must_use]
pub struct PairSetup {
    code: SetupCode,
    identity: Identity,
    keys: ClientKeys,
}

impl PairSetup {
    /// Begins: the procedure and M1. Draws 32 bytes of private key. Slow, as is [`m2`](Self::m2).
    pub fn start(code: &SetupCode, identity: &Identity, rng: &mut dyn CryptoRng) -> (Self, Vec<u8>) {
        Self::start_with(Hello::default(), code, identity, rng)
    }

    /// As [`start`](Self::start), with a choice of M1.
    pub fn start_with(hello: Hello, code: &SetupCode, identity: &Identity, rng: &mut dyn CryptoRng) -> (Self, Vec<u8>) {
        let mut private = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *private);
        let setup = Self { code: code.clone(), identity: identity.clone(), keys: ClientKeys::new(&private) };
        let m1 = match hello {
            Hello::Plain => Writer::new().byte(Type::STATE, message::M1).byte(Type::METHOD, 0),
            Hello::WithAuth => Writer::new().byte(Type::STATE, message::M1).byte(Type::METHOD, 1),
            Hello::MethodFirst => Writer::new().byte(Type::METHOD, 0).byte(Type::STATE, message::M1),
        };
        (setup, m1.finish())
    }

    /// Takes M2, gives M3.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn m2(self, body: &[u8]) -> Result<(ProofSent, Vec<u8>), Error> {
        let items = read(body, message::M2)?;
        let public_key = items.get(Type::PUBLIC_KEY)?.ok_or(Error::Item(Type::PUBLIC_KEY.0))?;
        let salt = required(&items, Type::SALT)?;
        let proof = self
            .keys
            .prove(srp::USERNAME, self.code.as_str(), &salt, &public_key)
            .map_err(|_| Error::Item(Type::PUBLIC_KEY.0))?;
        let m3 = Writer::new()
            .byte(Type::STATE, message::M3)
            .item(Type::PUBLIC_KEY, self.keys.public_key())
            .item(Type::PROOF, proof.proof())
            .finish();
        let identity = self.identity;
        Ok((ProofSent { identity, proof }, m3))
    }
}

/// M3 was sent.
#[must_use]
pub struct ProofSent {
    identity: Identity,
    proof: ClientProof,
}

impl ProofSent {
    /// Takes M4, gives M5.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with [`ErrorCode::Authentication`](crate::ErrorCode::Authentication) when the code is wrong;
    /// see [`Error`] for the others.
    pub fn m4(self, body: &[u8]) -> Result<(ExchangeSent, Vec<u8>), Error> {
        let items = read(body, message::M4)?;
        let shared = self.proof.check(&required(&items, Type::PROOF)?).ok_or(Error::WrongProof)?;
        let session_key = Purpose::PAIR_SETUP_ENCRYPT.derive(shared.as_bytes());
        let salt = Purpose::PAIR_SETUP_CONTROLLER_SIGN.derive(shared.as_bytes());
        let id = self.identity.id().as_bytes();
        let public_key = self.identity.public_key().0;
        let signature = self.identity.sign(&[salt.as_bytes(), id, &public_key].concat());
        let plain = Writer::new()
            .item(Type::IDENTIFIER, id)
            .item(Type::PUBLIC_KEY, &public_key)
            .item(Type::SIGNATURE, &signature)
            .finish();
        let sealed = crypto::seal(&session_key, Nonce::PAIR_SETUP_M5, &[], &plain);
        let m5 = Writer::new().byte(Type::STATE, message::M5).item(Type::ENCRYPTED_DATA, &sealed).finish();
        Ok((ExchangeSent { shared, session_key }, m5))
    }
}

/// M5 was sent.
#[must_use]
pub struct ExchangeSent {
    shared: SharedKey,
    session_key: Key,
}

impl ExchangeSent {
    /// Takes M6, gives the accessory to keep.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn m6(self, body: &[u8]) -> Result<Accessory, Error> {
        let items = read(body, message::M6)?;
        let sealed = items.get(Type::ENCRYPTED_DATA)?.ok_or(Error::Item(Type::ENCRYPTED_DATA.0))?;
        let plain =
            crypto::open(&self.session_key, Nonce::PAIR_SETUP_M6, &[], &sealed).map_err(|_| Error::Decryption)?;
        let items = crate::tlv8::Items::parse(&plain)?;
        let id = device_id(&items)?;
        let public_key = PublicKey(required(&items, Type::PUBLIC_KEY)?);
        let signature = required(&items, Type::SIGNATURE)?;
        let salt = Purpose::PAIR_SETUP_ACCESSORY_SIGN.derive(self.shared.as_bytes());
        let signed = [salt.as_bytes(), id.to_string().as_bytes(), &public_key.0].concat();
        if !public_key.verifies(&signed, &signature) {
            return Err(Error::Signature);
        }
        Ok(Accessory { id, public_key })
    }
}
