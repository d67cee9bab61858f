//! Key derivation and authenticated encryption, as HAP uses them (HAP §4.2, §4.3).

use std::fmt;

use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use hkdf::{Hkdf, HkdfExtract};
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of the tag at the end of every ciphertext.
pub const TAG: usize = 16;

/// A 256-bit key. It is wiped when dropped and never shown by `Debug`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl Key {
    /// The key itself, for a cipher.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Key {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What a derived key is for: the salt and the info of HKDF (HAP §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// The salt, ASCII.
    pub salt: &'static str,
    /// The info, ASCII.
    pub info: &'static str,
}

impl Purpose {
    /// Seals Pair Setup M5 and M6; from SRP's K.
    pub const PAIR_SETUP_ENCRYPT: Self = Self { salt: "Pair-Setup-Encrypt-Salt", info: "Pair-Setup-Encrypt-Info" };
    /// Opens what the controller signs in Pair Setup M5 (iOSDeviceX); from SRP's K.
    pub const PAIR_SETUP_CONTROLLER_SIGN: Self =
        Self { salt: "Pair-Setup-Controller-Sign-Salt", info: "Pair-Setup-Controller-Sign-Info" };
    /// Opens what the accessory signs in Pair Setup M6 (AccessoryX); from SRP's K.
    pub const PAIR_SETUP_ACCESSORY_SIGN: Self =
        Self { salt: "Pair-Setup-Accessory-Sign-Salt", info: "Pair-Setup-Accessory-Sign-Info" };
    /// Seals Pair Verify M2 and M3; from the X25519 shared secret.
    pub const PAIR_VERIFY_ENCRYPT: Self = Self { salt: "Pair-Verify-Encrypt-Salt", info: "Pair-Verify-Encrypt-Info" };
    /// Frames from accessory to controller; from the X25519 shared secret. "Read" is the controller's view.
    pub const ACCESSORY_TO_CONTROLLER: Self = Self { salt: "Control-Salt", info: "Control-Read-Encryption-Key" };
    /// Frames from controller to accessory; from the X25519 shared secret. "Write" is the controller's view.
    pub const CONTROLLER_TO_ACCESSORY: Self = Self { salt: "Control-Salt", info: "Control-Write-Encryption-Key" };

    /// The key for this purpose.
    #[must_use]
    pub fn derive(self, secret: &[u8]) -> Key {
        self.salted().extract(secret).expand(self.info.as_bytes())
    }

    /// What this and every other purpose with its salt begin with, whatever the secret.
    pub(crate) fn salted(self) -> Salted {
        Salted::new(self.salt.as_bytes())
    }
}

/// HKDF over SHA-512 with 32 bytes of output (HAP §4.2).
#[must_use]
pub fn hkdf_sha512_32(secret: &[u8], salt: &[u8], info: &[u8]) -> Key {
    Salted::new(salt).extract(secret).expand(info)
}

/// The beginning of HKDF, which depends on the salt alone.
pub(crate) struct Salted(HkdfExtract<Sha512>);

impl Salted {
    fn new(salt: &[u8]) -> Self {
        Self(HkdfExtract::new(Some(salt)))
    }

    pub(crate) fn extract(&self, secret: &[u8]) -> Extracted {
        let mut extract = self.0.clone();
        extract.input_ikm(secret);
        let (mut key, extracted) = extract.finalize();
        key.zeroize();
        Extracted(extracted)
    }
}

/// The first half of HKDF, which depends on the secret and the salt alone.
pub(crate) struct Extracted(Hkdf<Sha512>);

impl Extracted {
    pub(crate) fn expand(&self, info: &[u8]) -> Key {
        let mut key = Key([0; 32]);
        #[expect(
            clippy::expect_used,
            reason = "HKDF refuses only outputs longer than 255 hashes, and this one is half a hash"
        )]
        self.0.expand(info, &mut key.0).expect("32 bytes are fewer than 255 hashes");
        key
    }
}

/// A nonce of ChaCha20-Poly1305: four zero bytes, then eight bytes of text or counter (HAP §4.3).
///
/// A nonce must never be used twice with one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce([u8; 12]);

impl Nonce {
    /// Pair Setup M5.
    pub const PAIR_SETUP_M5: Self = Self::text(b"PS-Msg05");
    /// Pair Setup M6.
    pub const PAIR_SETUP_M6: Self = Self::text(b"PS-Msg06");
    /// Pair Verify M2.
    pub const PAIR_VERIFY_M2: Self = Self::text(b"PV-Msg02");
    /// Pair Verify M3.
    pub const PAIR_VERIFY_M3: Self = Self::text(b"PV-Msg03");

    /// The nonce of a message that is named by eight ASCII characters.
    #[must_use]
    pub const fn text(name: &[u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = *name;
        Self([0, 0, 0, 0, a, b, c, d, e, f, g, h])
    }

    /// The nonce of the session frame with this number (HAP §4.6).
    #[must_use]
    pub const fn counter(count: u64) -> Self {
        Self::text(&count.to_le_bytes())
    }

    /// The twelve bytes, for a cipher.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 12] {
        &self.0
    }
}

/// A ciphertext was not sealed with this key, nonce and associated data, or was changed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open with this key")]
pub struct Unauthentic;

/// Seals with ChaCha20-Poly1305: ciphertext, then [`TAG`] bytes of tag.
#[must_use]
pub fn seal(key: &Key, nonce: Nonce, associated: &[u8], plain: &[u8]) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "the cipher refuses only messages of 256 GiB, which no buffer here can hold"
    )]
    cipher(key)
        .encrypt(&nonce.0.into(), payload(plain, associated))
        .expect("a message in memory is shorter than 256 GiB")
}

/// Opens what [`seal`] sealed.
///
/// # Errors
///
/// [`Unauthentic`] when the tag does not fit, or the input is shorter than a tag.
pub fn open(key: &Key, nonce: Nonce, associated: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unauthentic> {
    cipher(key).decrypt(&nonce.0.into(), payload(sealed, associated)).map_err(|_| Unauthentic)
}

fn cipher(key: &Key) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new((&key.0).into())
}

const fn payload<'m, 'a>(msg: &'m [u8], aad: &'a [u8]) -> Payload<'m, 'a> {
    Payload { msg, aad }
}
