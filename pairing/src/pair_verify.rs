//! Pair Verify, the accessory's side (HAP §6): a known controller opens a session.

use std::sync::LazyLock;

use rand_core::CryptoRng;
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, Zeroizing};

use crate::crypto::{self, Key, Nonce, Purpose, Salted};
use crate::pairings::ControllerId;
use crate::reply::{ErrorCode, Reply, message};
use crate::state::State;
use crate::tlv8::{Items, Malformed, Type, Writer};

/// The Pair Verify of one connection (HAP §6).
///
/// It ends with the first session: a connection that is secured once gets 400 for every further request, and keeps its
/// session.
#[derive(Default)]
pub struct PairVerify {
    phase: Phase,
}

/// What a request of Pair Verify asks of the caller.
#[derive(Debug)]
#[must_use]
pub enum VerifyStep {
    /// Answer in clear, or in a frame if the connection is secured already.
    Reply(Reply),
    /// Answer in clear; every byte after the answer, both ways, is framed with the session's keys (HAP §4.6).
    Verified {
        /// M4.
        reply: Reply,
        /// Who it is and the keys of the frames.
        session: Session,
    },
}

/// What a successful Pair Verify gives.
#[derive(Debug)]
pub struct Session {
    /// The pairing that owns the session. Its permissions may change or it may vanish while the session lasts.
    pub controller: ControllerId,
    /// The keys of the frames.
    pub keys: SessionKeys,
}

/// The keys of a session's frames, one for each direction (HAP §4.2).
#[derive(Clone, Debug)]
pub struct SessionKeys {
    /// The accessory seals with it; "Read" in the protocol's words.
    pub accessory_to_controller: Key,
    /// The accessory opens with it; "Write" in the protocol's words.
    pub controller_to_accessory: Key,
}

impl SessionKeys {
    pub(crate) fn derive(shared_secret: &[u8; 32]) -> Self {
        // Both have the same salt.
        static SALTED: LazyLock<Salted> = LazyLock::new(|| Purpose::ACCESSORY_TO_CONTROLLER.salted());
        let (to_controller, to_accessory) = (Purpose::ACCESSORY_TO_CONTROLLER, Purpose::CONTROLLER_TO_ACCESSORY);
        let extracted = SALTED.extract(shared_secret);
        Self {
            accessory_to_controller: extracted.expand(to_controller.info.as_bytes()),
            controller_to_accessory: extracted.expand(to_accessory.info.as_bytes()),
        }
    }
}

impl PairVerify {
    /// Waits for M1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Handles a request. Draws 32 bytes of private key from `rng` at M1, and nothing later.
    pub fn handle(&mut self, request: &[u8], state: &State, rng: &mut dyn CryptoRng) -> VerifyStep {
        // Whatever the request is, what was begun ends with it, unless a next phase is put back.
        let phase = std::mem::take(&mut self.phase);
        if matches!(phase, Phase::Secured) {
            self.phase = Phase::Secured;
            return VerifyStep::Reply(Reply::BadRequest);
        }
        match self.step(phase, request, state, rng) {
            Ok(step) => step,
            Err(Refused::Failed(state, reason)) => {
                log::warn!("Pair Verify failed: {reason}");
                VerifyStep::Reply(Reply::error(state, ErrorCode::Authentication))
            }
            Err(refused) => {
                log::debug!("refused a Pair Verify request: {refused}");
                VerifyStep::Reply(Reply::BadRequest)
            }
        }
    }

    fn step(
        &mut self,
        phase: Phase,
        request: &[u8],
        state: &State,
        rng: &mut dyn CryptoRng,
    ) -> Result<VerifyStep, Refused> {
        let items = Items::parse(request)?;
        match (items.byte(Type::STATE)?, phase) {
            // A second M1 begins anew.
            (Some(message::M1), _) => self.m1(&items, state, rng),
            (Some(message::M3), Phase::Exchanged(exchanged)) => self.m3(&exchanged, &items, state),
            _ => Err(Refused::OutOfTurn),
        }
    }

    fn m1(&mut self, items: &Items<'_>, state: &State, rng: &mut dyn CryptoRng) -> Result<VerifyStep, Refused> {
        // A Method could only ask for Pair Resume, which exists only over Bluetooth LE (HAP §6).
        if items.get(Type::METHOD)?.is_some() {
            return Err(Refused::Item(Type::METHOD.0));
        }
        let controller_key: [u8; 32] = items.array(Type::PUBLIC_KEY)?.ok_or(Refused::Item(Type::PUBLIC_KEY.0))?;
        let (secret, accessory_key) = draw_key_pair(rng);
        let shared = shared_secret(&secret, controller_key)
            .ok_or(Refused::Failed(message::M2, "the public key has a low order"))?;
        let id = state.identity.device_id().to_string();
        let signed = [&accessory_key, id.as_bytes(), &controller_key].concat();
        let plain = Writer::new()
            .item(Type::IDENTIFIER, id.as_bytes())
            .item(Type::SIGNATURE, &state.identity.sign(&signed))
            .finish();
        let key = encryption_key(&shared);
        let m2 = Writer::new()
            .byte(Type::STATE, message::M2)
            .item(Type::PUBLIC_KEY, &accessory_key)
            .item(Type::ENCRYPTED_DATA, &crypto::seal(&key, Nonce::PAIR_VERIFY_M2, &[], &plain))
            .finish();
        self.phase = Phase::Exchanged(Exchanged { controller_key, accessory_key, shared, key });
        Ok(VerifyStep::Reply(Reply::Tlv(m2)))
    }

    fn m3(&mut self, exchanged: &Exchanged, items: &Items<'_>, state: &State) -> Result<VerifyStep, Refused> {
        let failed = |reason| Refused::Failed(message::M4, reason);
        let sealed = items
            .get(Type::ENCRYPTED_DATA)?
            .filter(|sealed| sealed.len() >= crypto::TAG)
            .ok_or(Refused::Item(Type::ENCRYPTED_DATA.0))?;
        let plain = crypto::open(&exchanged.key, Nonce::PAIR_VERIFY_M3, &[], &sealed)
            .map_err(|_| failed("M3 does not decrypt"))?;
        let inner = Items::parse(&plain)?;
        let controller = inner
            .get(Type::IDENTIFIER)?
            .and_then(|id| ControllerId::try_from(&*id).ok())
            .ok_or(Refused::Item(Type::IDENTIFIER.0))?;
        let signature = inner.array(Type::SIGNATURE)?.ok_or(Refused::Item(Type::SIGNATURE.0))?;
        let signed = [&exchanged.controller_key, controller.as_bytes(), &exchanged.accessory_key].concat();
        // Also without a pairing, so that the time does not tell a stranger which ids are known.
        let verifies = state.pairings.verifying_key(&controller).verifies(&signed, &signature);
        if state.pairings.get(&controller).is_none() {
            return Err(failed("no pairing has this controller's id"));
        }
        if !verifies {
            return Err(failed("the signature of M3 is not the controller's"));
        }
        self.phase = Phase::Secured;
        Ok(VerifyStep::Verified {
            reply: Reply::done(message::M4),
            session: Session { controller, keys: SessionKeys::derive(&exchanged.shared) },
        })
    }
}

#[derive(Default)]
enum Phase {
    #[default]
    Idle,
    /// M2 was sent.
    Exchanged(Exchanged),
    /// M4 was sent.
    Secured,
}

struct Exchanged {
    controller_key: [u8; 32],
    accessory_key: [u8; 32],
    shared: Zeroizing<[u8; 32]>,
    key: Key,
}

/// Why a request ends the procedure.
#[derive(Debug, thiserror::Error)]
enum Refused {
    /// 400.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// 400.
    #[error("it lacks or misuses the item of type {0:#04x}")]
    Item(u8),
    /// 400.
    #[error("it is not the message that is due")]
    OutOfTurn,
    /// An Authentication error with this state.
    #[error("{1}")]
    Failed(u8, &'static str),
}

/// The key of M2 and M3 (HAP §4.2).
fn encryption_key(shared_secret: &[u8; 32]) -> Key {
    static SALTED: LazyLock<Salted> = LazyLock::new(|| Purpose::PAIR_VERIFY_ENCRYPT.salted());
    SALTED.extract(shared_secret).expand(Purpose::PAIR_VERIFY_ENCRYPT.info.as_bytes())
}

/// Draws an X25519 key pair: the secret, then the public key.
pub(crate) fn draw_key_pair(rng: &mut dyn CryptoRng) -> (StaticSecret, [u8; 32]) {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    let secret = StaticSecret::from(bytes);
    bytes.zeroize();
    let public = x25519_dalek::PublicKey::from(&secret).to_bytes();
    (secret, public)
}

/// The secret both sides have. `None` when their key has a low order, which would make the secret known to everybody
/// (HAP §4.5).
pub(crate) fn shared_secret(secret: &StaticSecret, theirs: [u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    let shared = secret.diffie_hellman(&theirs.into());
    shared.was_contributory().then(|| Zeroizing::new(shared.to_bytes()))
}
