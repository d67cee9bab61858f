//! A public key that is ready to check signatures.

use ed25519_dalek::{Signature, Verifier as _};

use crate::identity::PublicKey;

/// Checks the signatures of one key. What depends on the key alone is computed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VerifyingKey {
    /// None when nothing can be signed with it.
    key: Option<ed25519_dalek::VerifyingKey>,
}

impl VerifyingKey {
    /// Of bytes that are no point, and of a weak key, under which one signature fits many messages, no signature is good.
    pub(crate) fn new(key: &PublicKey) -> Self {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&key.0);
        Self { key: key.ok().filter(|key| !key.is_weak()) }
    }

    /// Whether the key signed the message.
    ///
    /// It is the strict check, and takes a square root less: a good signature begins with the canonical bytes of a point, so
    /// whether that is one of small order can be seen from the bytes.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let is_of_small_order = SMALL_ORDER.iter().any(|point| signature.starts_with(point));
        let signature = Signature::from_bytes(signature);
        !is_of_small_order && self.key.as_ref().is_some_and(|key| key.verify(message, &signature).is_ok())
    }
}

/// The eight points of small order, as they are written.
const SMALL_ORDER: [[u8; 32]; 8] = {
    const OF_ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF,
            0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20,
            0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ];
    let [one, two] = OF_ORDER_8;
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut of_order_2 = [0xFF; 32];
    of_order_2[0] = 0xEC;
    of_order_2[31] = 0x7F;
    [neutral, of_order_2, [0; 32], odd([0; 32]), one, odd(one), two, odd(two)]
};

/// The point with the other sign.
const fn odd(mut point: [u8; 32]) -> [u8; 32] {
    point[31] |= 0x80;
    point
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use curve25519_dalek::scalar::{Scalar, clamp_integer};
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha512};

    use super::*;

    #[test]
    fn the_points_of_small_order_are_all_that_there_are() {
        let all: HashSet<_> = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
        assert_eq!(HashSet::from(SMALL_ORDER), all);
    }

    #[test]
    fn a_weak_key_verifies_nothing() {
        // R = B and S = 1: with a plain check, good under the neutral point for every message, under the others for some.
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(ED25519_BASEPOINT_POINT.compress().as_bytes());
        signature[32] = 1;
        let mut plainly_good = 0;
        for weak in SMALL_ORDER {
            let plain = ed25519_dalek::VerifyingKey::from_bytes(&weak).unwrap();
            let ours = VerifyingKey::new(&PublicKey(weak));
            for message in 0..64_u8 {
                plainly_good += usize::from(plain.verify(&[message], &Signature::from_bytes(&signature)).is_ok());
                assert!(!ours.verifies(&[message], &signature));
            }
        }
        assert!(plainly_good > 64, "{plainly_good}");
    }

    /// A signature whose first half is this point, which is good for whoever does not look at its order.
    fn signed_with(point: [u8; 32], seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
        let hash: [u8; 64] = Sha512::digest(seed).into();
        let secret = Scalar::from_bytes_mod_order(clamp_integer(*hash.first_chunk().unwrap()));
        let public = (ED25519_BASEPOINT_POINT * secret).compress();
        let challenge = Sha512::new().chain_update(point).chain_update(public.as_bytes()).chain_update(message);
        let s = Scalar::from_bytes_mod_order_wide(&challenge.finalize().into()) * secret;
        [point, s.to_bytes()].concat().try_into().unwrap()
    }

    #[test]
    fn a_signature_that_begins_with_a_point_of_small_order_is_none() {
        let mut plainly_good = 0;
        let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let ours = VerifyingKey::new(&PublicKey(key.to_bytes()));
        for point in SMALL_ORDER {
            let signature = signed_with(point, &[7; 32], b"open");
            plainly_good += usize::from(key.verify(b"open", &Signature::from_bytes(&signature)).is_ok());
            assert!(!ours.verifies(b"open", &signature));
        }
        assert!(plainly_good > 0);
    }

    proptest! {
        #[test]
        fn it_judges_as_the_strict_check_does(
            seed: [u8; 32],
            message: [u8; 3],
            asked: [u8; 3],
            flip in proptest::option::of(0_usize..512),
        ) {
            let key = SigningKey::from_bytes(&seed);
            let mut signature = key.sign(&message).to_bytes();
            if let Some(bit) = flip {
                signature[bit / 8] ^= 1 << (bit % 8);
            }
            let strict = |message: &[u8]| key.verifying_key().verify_strict(message, &Signature::from_bytes(&signature));
            let ours = VerifyingKey::new(&PublicKey(key.verifying_key().to_bytes()));
            for message in [message, asked] {
                prop_assert_eq!(ours.verifies(&message, &signature), strict(&message).is_ok());
            }
        }

        #[test]
        fn arbitrary_keys_and_signatures_never_panic(key: [u8; 32], r: [u8; 32], s: [u8; 32]) {
            let signature = [r, s].concat().try_into().unwrap();
            prop_assert!(!VerifyingKey::new(&PublicKey(key)).verifies(b"open", &signature));
        }
    }
}
