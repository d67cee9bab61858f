//! M5 and M6 of Pair Setup: both sides show their long-term keys (HAP §5.6).

use super::Refused;
use crate::crypto::{self, Key, Nonce, Purpose};
use crate::identity::{Identity, PublicKey};
use crate::pairings::{ControllerId, Pairing, Permissions};
use crate::reply::message;
use crate::srp::SharedKey;
use crate::tlv8::{Items, Type, Writer};

/// What both sides hold after a right proof.
pub(super) struct Exchange {
    session_key: Key,
    /// iOSDeviceX: begins what the controller signs.
    controller_salt: Key,
    /// M6, which says nothing of M5.
    m6: Vec<u8>,
}

/// Why M5 gets an Authentication error.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error("M5 does not decrypt")]
    Decryption,
    #[error("the signature of M5 is not the controller's")]
    Signature,
}

impl Exchange {
    /// Computes what does not depend on M5, so that this is done while the controller computes its part.
    pub(super) fn new(key: &SharedKey, identity: &Identity) -> Self {
        let derive = |purpose: Purpose| purpose.derive(key.as_bytes());
        let session_key = derive(Purpose::PAIR_SETUP_ENCRYPT);
        Self {
            m6: m6(identity, &derive(Purpose::PAIR_SETUP_ACCESSORY_SIGN), &session_key),
            session_key,
            controller_salt: derive(Purpose::PAIR_SETUP_CONTROLLER_SIGN),
        }
    }

    /// Reads the EncryptedData of M5: the pairing of the first controller, which is always an admin.
    pub(super) fn open(&self, sealed: &[u8]) -> Result<Result<Pairing, Failed>, Refused> {
        if sealed.len() < crypto::TAG {
            return Err(Refused::Item(Type::ENCRYPTED_DATA.0));
        }
        let Ok(plain) = crypto::open(&self.session_key, Nonce::PAIR_SETUP_M5, &[], sealed) else {
            return Ok(Err(Failed::Decryption));
        };
        let items = Items::parse(&plain)?;
        let id = items
            .get(Type::IDENTIFIER)?
            .and_then(|id| ControllerId::try_from(&*id).ok())
            .ok_or(Refused::Item(Type::IDENTIFIER.0))?;
        let public_key = items.array(Type::PUBLIC_KEY)?.map(PublicKey).ok_or(Refused::Item(Type::PUBLIC_KEY.0))?;
        let signature = items.array(Type::SIGNATURE)?.ok_or(Refused::Item(Type::SIGNATURE.0))?;
        let signed = [self.controller_salt.as_bytes(), id.as_bytes(), &public_key.0].concat();
        if !public_key.verifies(&signed, &signature) {
            return Ok(Err(Failed::Signature));
        }
        Ok(Ok(Pairing { id, public_key, permissions: Permissions::ADMIN }))
    }

    /// The answer to a good M5.
    pub(super) fn into_m6(self) -> Vec<u8> {
        self.m6
    }
}

/// Writes M6. `salt` is AccessoryX, with which begins what the accessory signs.
fn m6(identity: &Identity, salt: &Key, session_key: &Key) -> Vec<u8> {
    let id = identity.device_id().to_string();
    let public_key = identity.public_key();
    let signed = [salt.as_bytes(), id.as_bytes(), &public_key.0].concat();
    let plain = Writer::new()
        .item(Type::IDENTIFIER, id.as_bytes())
        .item(Type::PUBLIC_KEY, &public_key.0)
        .item(Type::SIGNATURE, &identity.sign(&signed))
        .finish();
    let sealed = crypto::seal(session_key, Nonce::PAIR_SETUP_M6, &[], &plain);
    Writer::new().byte(Type::STATE, message::M6).item(Type::ENCRYPTED_DATA, &sealed).finish()
}
