//! SRP-6a over the 3072-bit group of RFC 5054 with SHA-512 (HAP §4.1).
//!
//! Both ends come to the key K without the setup code crossing the network, and prove it to each other. Arithmetic on
//! secrets takes constant time.
//!
//! The accessory holds a [`Verifier`], draws [`ServerKeys`] for every attempt, and checks the controller's proof with
//! [`ServerKeys::check`]. Everything here is slow, tenths of a second on a 1 GHz ARMv6, so it belongs off
//! the event loop. What does not need the controller's public key is made with the keys, ahead of the attempt, so that a
//! check costs little more than one exponentiation of 256 bits.

#[cfg(feature = "controller")]
mod client;
mod group;
mod power;

use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto;
use crate::limits;
use group::{Element, Exponent256, Exponent512};
use power::Prepared;

#[cfg(feature = "controller")]
pub use client::{ClientKeys, ClientProof};

/// The username of Pair Setup.
pub const USERNAME: &str = "Pair-Setup";

/// A public key as it is hashed and kept: 384 bytes, big-endian, zeros on the left.
pub type Padded = [u8; limits::SRP_GROUP];

/// A salt, 16 raw bytes.
pub type Salt = [u8; 16];

/// A proof of either side, 64 raw bytes.
pub type Proof = [u8; 64];

/// What the accessory keeps of a password: the salt and v. It is as secret as the password; wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Verifier {
    #[zeroize(skip)]
    salt: Salt,
    v: Element,
    /// k·v, which every attempt needs.
    kv: Element,
}

impl Verifier {
    /// The verifier of a password. Slow: one exponentiation of 512 bits.
    #[must_use]
    pub fn new(username: &str, password: &str, salt: Salt) -> Self {
        let x = private_exponent(username, password, &salt);
        let v = group::generator().pow(&x);
        let kv = multiplier() * v;
        Self { salt, v, kv }
    }

    /// The salt the verifier was made with.
    #[must_use]
    pub const fn salt(&self) -> &Salt {
        &self.salt
    }
}

/// The accessory's key pair for one attempt: b and B, with what follows from them ahead of the attempt. What is secret is
/// wiped when dropped. It takes 25 KiB.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ServerKeys {
    b: Exponent256,
    #[zeroize(skip)]
    public: Padded,
    /// v^b, prepared for the exponent u, which only A decides.
    shared: Prepared,
}

impl ServerKeys {
    /// The keys with a known private half. Slow: as much as four exponentiations of 256 bits.
    #[must_use]
    pub fn new(verifier: &Verifier, private: &[u8; 32]) -> Self {
        let b = Exponent256::from_be_slice(private);
        let public = public_key(verifier, &b);
        Self::prepared(verifier, b, public)
    }

    /// Keys whose public half does not start with a zero byte: implementations disagree about hashing such a key, and
    /// this way it never matters (HAP §4.1).
    ///
    /// The seed is the private key, or when that gives a leading zero, the private key is derived from the seed.
    #[must_use]
    pub fn draw(verifier: &Verifier, seed: &[u8; 32]) -> Self {
        let mut b = Exponent256::from_be_slice(seed);
        let mut public = public_key(verifier, &b);
        for draw in 1..limits::SRP_DRAWS {
            if public.first() != Some(&0) {
                break;
            }
            let private = crypto::hkdf_sha512_32(seed, b"SRP-Private-Key", &[draw]);
            b = Exponent256::from_be_slice(private.as_bytes());
            public = public_key(verifier, &b);
        }
        Self::prepared(verifier, b, public)
    }

    /// B.
    #[must_use]
    pub const fn public_key(&self) -> &Padded {
        &self.public
    }

    /// Checks a controller's proof. Slow: as much as one and a quarter exponentiations of 256 bits.
    ///
    /// Implementations disagree about leading zeros of A and of the premaster secret, so all four readings are tried
    /// (HAP §4.1). Each still needs the password, and all are tried always: no wrong proof takes longer than another.
    ///
    /// # Errors
    ///
    /// [`WrongProof`] when no reading fits: the controller does not know the password.
    pub fn check(
        &self,
        username: &str,
        verifier: &Verifier,
        client: &ClientPublicKey,
        proof: &Proof,
    ) -> Result<Proven, WrongProof> {
        let premaster = self.premaster(client);
        let mut fits = None;
        for secret in readings(&premaster) {
            let key = SharedKey::new(secret);
            let proofs = readings(&client.padded)
                .map(|public| client_proof(username, &verifier.salt, public, strip(&self.public), &key));
            let [stripped, padded] = proofs.map(|expected| expected.ct_eq(proof));
            // The reference implementation's reading comes first.
            if bool::from(stripped | padded) && fits.is_none() {
                fits = Some(key);
            }
        }
        let key = fits.ok_or(WrongProof)?;
        let proof = server_proof(&client.padded, proof, &key);
        Ok(Proven { key, proof })
    }

    fn prepared(verifier: &Verifier, b: Exponent256, public: Padded) -> Self {
        let shared = Prepared::new(verifier.v.pow(&b));
        Self { b, public, shared }
    }

    /// S = (A · v^u)^b, as A^b · (v^b)^u.
    fn premaster(&self, client: &ClientPublicKey) -> Zeroizing<Padded> {
        // u is made of two public keys, so it may show in the time this takes; b and v do not.
        let u = scrambler(&client.padded, &self.public);
        let premaster = Zeroizing::new(power::product(&client.element, &self.b, &self.shared, &u));
        Zeroizing::new(group::padded(&premaster))
    }
}

/// B = k·v + g^b.
fn public_key(verifier: &Verifier, b: &Exponent256) -> Padded {
    group::padded(&(verifier.kv + group::generator().pow(b)))
}

/// A controller's public key A that is not a multiple of N.
#[derive(Clone)]
pub struct ClientPublicKey {
    padded: Padded,
    element: Element,
}

/// Why a public key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// It is longer than the group's numbers: the request is malformed.
    #[error("an SRP public key has at most 384 bytes")]
    TooLong,
    /// It is a multiple of N, which would make the key known without the password.
    #[error("the SRP public key is a multiple of N")]
    Zero,
}

impl ClientPublicKey {
    /// Reads A as it came: big-endian, with or without leading zeros. Empty is zero.
    ///
    /// # Errors
    ///
    /// See [`PublicKeyError`].
    pub fn new(bytes: &[u8]) -> Result<Self, PublicKeyError> {
        let padded = pad(bytes).ok_or(PublicKeyError::TooLong)?;
        let element = group::element(&padded).ok_or(PublicKeyError::Zero)?;
        Ok(Self { padded, element })
    }
}

/// The controller's proof fits no reading: it does not know the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof is wrong: the controller used another setup code")]
pub struct WrongProof;

/// What a right proof gives: the common key, and the accessory's own proof.
pub struct Proven {
    /// K.
    pub key: SharedKey,
    /// M2, which proves to the controller that the accessory knows the verifier.
    pub proof: Proof,
}

/// K, 64 raw bytes. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SharedKey([u8; 64]);

impl SharedKey {
    /// The bytes, to derive other keys from.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }

    fn new(premaster: &[u8]) -> Self {
        Self(Sha512::digest(premaster).into())
    }
}

/// x = H(salt | H(username ":" password)).
fn private_exponent(username: &str, password: &str, salt: &Salt) -> Exponent512 {
    let inner = Sha512::new().chain_update(username).chain_update(":").chain_update(password).finalize();
    let x = Sha512::new().chain_update(salt).chain_update(inner).finalize();
    Exponent512::from_be_slice(&x)
}

/// k = H(pad(N) | pad(g)).
fn multiplier() -> Element {
    let k = Sha512::new().chain_update(group::modulus()).chain_update(group::padded(&group::generator())).finalize();
    Element::new(&Exponent512::from_be_slice(&k).resize())
}

/// u = H(pad(A) | pad(B)).
fn scrambler(client: &Padded, server: &Padded) -> Exponent512 {
    let u = Sha512::new().chain_update(client).chain_update(server).finalize();
    Exponent512::from_be_slice(&u)
}

/// M1 = H((H(N) xor H(g)) | H(username) | salt | A | B | K).
fn client_proof(username: &str, salt: &Salt, client: &[u8], server: &[u8], key: &SharedKey) -> Proof {
    let mut group_hash: Proof = Sha512::digest(group::modulus()).into();
    // g is hashed as a single byte here, unlike in k.
    for (byte, other) in group_hash.iter_mut().zip(Sha512::digest([group::GENERATOR])) {
        *byte ^= other;
    }
    Sha512::new()
        .chain_update(group_hash)
        .chain_update(Sha512::digest(username))
        .chain_update(salt)
        .chain_update(client)
        .chain_update(server)
        .chain_update(key.0)
        .finalize()
        .into()
}

/// M2 = H(pad(A) | M1 | K).
fn server_proof(client: &Padded, proof: &Proof, key: &SharedKey) -> Proof {
    Sha512::new().chain_update(client).chain_update(proof).chain_update(key.0).finalize().into()
}

/// The ways a number is hashed: without leading zeros, and with them. Mostly both are the same.
fn readings(padded: &Padded) -> [&[u8]; 2] {
    [strip(padded), padded]
}

fn strip(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// The number with zeros on its left; `None` when it is too long.
fn pad(bytes: &[u8]) -> Option<Padded> {
    let mut padded = [0; limits::SRP_GROUP];
    let zeros = padded.len().checked_sub(bytes.len())?;
    padded.get_mut(zeros..)?.copy_from_slice(bytes);
    Some(padded)
}

#[cfg(test)]
mod tests;
