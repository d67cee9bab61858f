//! Who the accessory is: its device id and its long-term key (HAP §1.5, §4.4).

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::verifying_key::VerifyingKey;

/// The accessory's device id (HAP §1.5): `id` of the TXT record, and the Identifier that it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId(pub [u8; 6]);

/// A text is not a device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a device id is written XX:XX:XX:XX:XX:XX with hexadecimal digits")]
pub struct DeviceIdError;

impl DeviceId {
    /// Draws an id.
    #[must_use]
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = [0; 6];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

/// Upper case with colons, 17 characters: byte for byte the form that is signed and announced (HAP §4.4).
impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{g:02X}")
    }
}

impl FromStr for DeviceId {
    type Err = DeviceIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().ok_or(DeviceIdError)?;
            if part.len() != 2 || !part.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(DeviceIdError);
            }
            *byte = u8::from_str_radix(part, 16).map_err(|_| DeviceIdError)?;
        }
        match parts.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(DeviceIdError),
        }
    }
}

/// An Ed25519 long-term public key (LTPK).
///
/// It holds any 32 bytes, as controllers may send any: bytes that are no point verify nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Whether this key signed the message. Weak keys, under which one signature fits many messages, never did.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::new(self).verifies(message, signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// The accessory's identity: its device id and its Ed25519 long-term key. Both live and die together (HAP §1.5).
///
/// The key is wiped when dropped and never shown by `Debug`.
#[derive(Clone)]
pub struct Identity {
    device_id: DeviceId,
    key: SigningKey,
}

impl Identity {
    /// Draws a new identity: 6 bytes of device id, then 32 bytes of seed.
    #[must_use]
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let device_id = DeviceId::random(rng);
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(device_id, &seed)
    }

    /// The identity with a known key.
    #[must_use]
    pub fn from_seed(device_id: DeviceId, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        Self { device_id, key }
    }

    /// The device id.
    #[must_use]
    pub const fn device_id(&self) -> &DeviceId {
        &self.device_id
    }

    /// The public half of the key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.key.verifying_key().to_bytes())
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    pub(crate) fn seed(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("device_id", &self.device_id)
            .field("public_key", &self.public_key())
            .finish_non_exhaustive()
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        // The key's own comparison takes constant time.
        self.device_id == other.device_id && self.key == other.key
    }
}

impl Eq for Identity {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_changed_message_does_not_verify() {
        let identity = Identity::from_seed(DeviceId([1; 6]), &[7; 32]);
        let signature = identity.sign(b"open");
        assert!(identity.public_key().verifies(b"open", &signature));
        assert!(!identity.public_key().verifies(b"shut", &signature));
    }

    #[test]
    fn the_seed_is_not_in_the_debug_text() {
        let identity = Identity::from_seed(DeviceId([1; 6]), &[0xAB; 32]);
        assert!(!format!("{identity:?}").to_lowercase().contains("abab"));
    }

    #[test]
    fn signs_are_not_hexadecimal_digits() {
        assert_eq!("+1:02:03:04:05:06".parse::<DeviceId>(), Err(DeviceIdError));
    }

    proptest! {
        #[test]
        fn a_device_id_reads_as_it_is_written(bytes: [u8; 6]) {
            prop_assert_eq!(DeviceId(bytes).to_string().parse(), Ok(DeviceId(bytes)));
        }

        #[test]
        fn an_arbitrary_device_id_text_never_panics(text: String) {
            let _ = text.parse::<DeviceId>();
        }
    }
}
