//! `POST /pairings` (HAP §7): add, remove and list.

use super::{ControllerId, Pairing, Permissions};
use crate::identity::PublicKey;
use crate::reply::{Durable, ErrorCode, Reply, message};
use crate::state::{Change, State};
use crate::tlv8::{Items, Malformed, Type, Writer};

/// The Method of a request about pairings (HAP §3.3).
pub(crate) mod method {
    pub(crate) const ADD: u8 = 3;
    pub(crate) const REMOVE: u8 = 4;
    pub(crate) const LIST: u8 = 5;
}

/// What a request about pairings asks of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum PairingsStep {
    /// Answer.
    Reply(Reply),
    /// Store, then answer. Sessions of pairings that are gone afterwards are to be closed, the requester's own only
    /// after its answer.
    Store(Durable),
}

/// Handles a request on a secured session (HAP §7). `requester` is the pairing that owns the session.
pub fn handle(request: &[u8], requester: &ControllerId, state: &State) -> PairingsStep {
    match step(request, requester, state) {
        Ok(step) => step,
        Err(malformed) => {
            log::debug!("refused a request about pairings: {malformed}");
            PairingsStep::Reply(Reply::BadRequest)
        }
    }
}

/// Why a request gets 400.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("it lacks or misuses the item of type {0:#04x}")]
    Item(u8),
}

fn step(request: &[u8], requester: &ControllerId, state: &State) -> Result<PairingsStep, Refused> {
    let items = Items::parse(request)?;
    let method = match items.byte(Type::METHOD)? {
        Some(method @ (method::ADD | method::REMOVE | method::LIST)) => method,
        _ => return Err(Refused::Item(Type::METHOD.0)),
    };
    let admin = state.pairings.get(requester).is_some_and(|pairing| pairing.permissions.is_admin());
    if !admin {
        return Ok(error(ErrorCode::Authentication));
    }
    if items.byte(Type::STATE)? != Some(message::M1) {
        return Err(Refused::Item(Type::STATE.0));
    }
    Ok(match method {
        method::ADD => add(read_pairing(&items)?, state),
        method::REMOVE => remove(read_id(&items)?, state),
        _ => PairingsStep::Reply(Reply::Tlv(list(state))),
    })
}

fn add(pairing: Pairing, state: &State) -> PairingsStep {
    match state.pairings.get(&pairing.id) {
        Some(known) if known.public_key != pairing.public_key => error(ErrorCode::Unknown),
        Some(known) if known.permissions == pairing.permissions => done(),
        Some(_) => store(Change::SetPermissions(pairing.id, pairing.permissions)),
        None if state.pairings.is_full() => error(ErrorCode::MaxPeers),
        None => store(Change::AddPairing(pairing)),
    }
}

/// Removing what is not there succeeds: the controller wants it gone, and it is.
fn remove(id: ControllerId, state: &State) -> PairingsStep {
    match state.pairings.get(&id) {
        Some(_) => store(Change::RemovePairing(id)),
        None => done(),
    }
}

fn list(state: &State) -> Vec<u8> {
    let mut body = Writer::new().byte(Type::STATE, message::M2);
    for (place, pairing) in state.pairings.iter().enumerate() {
        if place > 0 {
            body = body.separator();
        }
        body = body
            .item(Type::IDENTIFIER, pairing.id.as_bytes())
            .item(Type::PUBLIC_KEY, &pairing.public_key.0)
            .byte(Type::PERMISSIONS, pairing.permissions.to_byte());
    }
    body.finish()
}

fn read_pairing(items: &Items<'_>) -> Result<Pairing, Refused> {
    let id = read_id(items)?;
    let public_key = items.array(Type::PUBLIC_KEY)?.map(PublicKey).ok_or(Refused::Item(Type::PUBLIC_KEY.0))?;
    let permissions =
        items.byte(Type::PERMISSIONS)?.and_then(Permissions::from_byte).ok_or(Refused::Item(Type::PERMISSIONS.0))?;
    Ok(Pairing { id, public_key, permissions })
}

fn read_id(items: &Items<'_>) -> Result<ControllerId, Refused> {
    let id = items.get(Type::IDENTIFIER)?;
    id.and_then(|id| ControllerId::try_from(&*id).ok()).ok_or(Refused::Item(Type::IDENTIFIER.0))
}

fn store(change: Change) -> PairingsStep {
    PairingsStep::Store(Durable {
        change,
        then: Reply::done(message::M2),
        otherwise: Reply::error(message::M2, ErrorCode::Unknown),
    })
}

fn done() -> PairingsStep {
    PairingsStep::Reply(Reply::done(message::M2))
}

fn error(code: ErrorCode) -> PairingsStep {
    PairingsStep::Reply(Reply::error(message::M2, code))
}
