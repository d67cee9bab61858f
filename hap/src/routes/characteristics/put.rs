//! `PUT /characteristics`: writes and subscriptions (HAP §10.2).

mod body;

use std::sync::Arc;
use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use smallvec::SmallVec;

use self::body::{Body, EntryBody};
use crate::characteristic::Cell;
use crate::connection::{Connection, Session};
use crate::database::{Database, Entry};
use crate::definition::Perms;
use crate::events::{Hub, Subscriber};
use crate::host::Host;
use crate::http::{Request, StatusCode};
use crate::limits;
use crate::routes::characteristics::room::{Room, TooLarge, repeats};
use crate::routes::{Outcome, bad_request};
use crate::session::{SessionId, WriteContext};
use crate::status::{self, Status};
use crate::text::{push_ids, push_signed};
use crate::value::Value;

pub(crate) fn handle(connection: &mut Connection, host: &Host, request: &Request<'_>, now: Instant) -> Outcome {
    let Some(body) = request.body.and_then(Body::parse) else { return bad_request() };
    let id = connection.id;
    let Some(session) = connection.session() else { return bad_request() };
    let timing = Timing::of(body.pid, session, now);
    let rest = (body.entries.len() > 1).then(|| Rest::of(session, host));
    let mut writes = Writes { entries: SmallVec::with_capacity(body.entries.len()), rest, room: None };
    let mut asks = false;
    for entry in body.entries {
        let mut entry = prepare(entry, id, session, host, timing);
        if !asks {
            entry.subscribe(&host.hub, &session.subscriber);
        }
        asks |= matches!(entry.state, WriteState::Ask(_));
        writes.entries.push(entry);
    }
    if asks {
        if writes.entries.len() > 1 {
            writes.room = Some(Room::of(writes.ids()));
        }
        return Outcome::Write(writes);
    }
    writes.answer(connection, &host.database);
    Outcome::Answered
}

/// How many entries a body holds, if it is one.
#[cfg(feature = "fuzzing")]
pub(crate) fn entries(body: &[u8]) -> Option<usize> {
    Body::parse(body).map(|body| body.entries.len())
}

/// Whether a write comes in time (HAP §11.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Timing {
    /// It does not claim to be a timed write.
    Plain,
    /// Prepared, not expired, the same pid.
    Execute,
    /// It claims to be one and is not: nothing of it may happen.
    Refused,
}

impl Timing {
    /// A request with a pid uses up what was prepared, also when it fails.
    fn of(pid: Option<u64>, session: &mut Session, now: Instant) -> Self {
        let Some(pid) = pid else { return Self::Plain };
        match session.prepared.take() {
            Some(prepared) if prepared.pid == pid && prepared.until.is_none_or(|until| now <= until) => Self::Execute,
            _ => Self::Refused,
        }
    }
}

/// Checks an entry, and readies the call of its handler.
fn prepare(entry: EntryBody, id: SessionId, session: &Session, host: &Host, timing: Timing) -> WriteEntry {
    let admin = session.is_admin();
    let (aid, iid, r) = (entry.aid, entry.iid, entry.r);
    let failed =
        |status| WriteEntry { aid, iid, index: None, respond: None, ev: None, state: WriteState::Done(Err(status)) };
    if timing == Timing::Refused {
        return failed(Status::InvalidValue);
    }
    let Some((index, place)) = host.database.find(aid, iid) else { return failed(Status::DoesNotExist) };
    let (ev, checked) = match check_subscription(&entry, place, admin, timing) {
        Ok(ev) => (ev, check_value(entry, place, admin)),
        Err(status) => (None, Err(status)),
    };
    let respond = r.then(|| check_response(place, admin));
    let state = match checked {
        Ok(Some((value, authorization))) => WriteState::Ask(Call {
            cell: Arc::clone(&place.cell),
            value,
            respond: respond == Some(Ok(())),
            context: WriteContext {
                session: id,
                controller: session.controller,
                admin,
                remote: authorization.remote,
                timed: timing == Timing::Execute,
                authorization: authorization.data,
            },
        }),
        Ok(None) => WriteState::Done(Ok(None)),
        Err(status) => WriteState::Done(Err(status)),
    };
    WriteEntry { aid, iid, index: Some(index), respond, ev, state }
}

/// What an entry says about who asks.
struct Authorization {
    remote: bool,
    data: Option<Vec<u8>>,
}

/// The checks of HAP §10.2 in its order, up to the subscription; what it is to be, if the entry says.
fn check_subscription(entry: &EntryBody, place: &Entry, admin: bool, timing: Timing) -> Result<Option<bool>, Status> {
    let perms = place.metadata.perms();
    if entry.value.is_some() && perms.contains(Perms::TIMED_WRITE) && timing != Timing::Execute {
        return Err(Status::InvalidValue);
    }
    if entry.value.is_none() && entry.ev.is_none() {
        return Err(Status::InvalidValue);
    }
    // Nothing but events is needed to unsubscribe.
    if entry.ev == Some(true) && place.cell.definition.tells_admins_only() && !admin {
        return Err(Status::InsufficientPrivileges);
    }
    if entry.ev.is_some() && !perms.contains(Perms::EVENTS) {
        return Err(Status::NotificationsNotSupported);
    }
    Ok(entry.ev)
}

/// The checks behind those; the value to write, if there is one.
fn check_value(entry: EntryBody, place: &Entry, admin: bool) -> Result<Option<(Value, Authorization)>, Status> {
    let perms = place.metadata.perms();
    let Some(value) = entry.value else { return Ok(None) };
    if place.cell.definition.admin_only.contains(Perms::WRITE) && !admin {
        return Err(Status::InsufficientPrivileges);
    }
    if !perms.contains(Perms::WRITE) {
        return Err(Status::ReadOnly);
    }
    let data = match entry.authorization {
        Some(text) => Some(BASE64_STANDARD.decode(text).map_err(|_| Status::InvalidValue)?),
        None => None,
    };
    let value = place.metadata.parse(&value).map_err(|_| Status::InvalidValue)?;
    Ok(Some((value, Authorization { remote: entry.remote, data })))
}

/// Whether the value may go back to who writes.
fn check_response(place: &Entry, admin: bool) -> Result<(), Status> {
    if !place.metadata.perms().contains(Perms::WRITE_RESPONSE) {
        return Err(Status::WriteOnly);
    }
    // It is read like any other.
    if place.cell.definition.admin_only.contains(Perms::READ) && !admin {
        return Err(Status::InsufficientPrivileges);
    }
    Ok(())
}

/// A write whose handlers have to be called, one after the other.
pub(crate) struct Writes {
    /// One is what iOS writes at a time, and needs no memory of its own.
    entries: SmallVec<[WriteEntry; 1]>,
    /// What the entries behind the first need, if there are any.
    rest: Option<Rest>,
    /// For the values that go back, if there may be several.
    room: Option<Room>,
}

/// What entries need that wait for those before them.
struct Rest {
    hub: Arc<Hub>,
    subscriber: Arc<Subscriber>,
}

impl Rest {
    fn of(session: &Session, host: &Host) -> Self {
        Self { hub: Arc::clone(&host.hub), subscriber: Arc::clone(&session.subscriber) }
    }
}

struct WriteEntry {
    aid: u64,
    iid: u64,
    index: Option<u32>,
    /// Whether the value can go back, if the controller wants it.
    respond: Option<Result<(), Status>>,
    /// The subscription that is to be made or ended when the entries before this one are done.
    ev: Option<bool>,
    state: WriteState,
}

enum WriteState {
    Ask(Call),
    /// With the value that goes back, if a handler was called and one was asked for.
    Done(Result<Option<Value>, Status>),
}

/// A checked write of one characteristic.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) cell: Arc<Cell>,
    pub(crate) value: Value,
    /// Whether the value goes back.
    pub(crate) respond: bool,
    pub(crate) context: WriteContext,
}

impl Writes {
    /// The calls to make, in order; each takes its outcome. Subscriptions between them are made on the way.
    pub(crate) fn calls(&mut self) -> impl Iterator<Item = PendingCall<'_>> {
        let (rest, room) = (self.rest.as_ref(), self.room.as_ref());
        self.entries.iter_mut().filter_map(move |entry| {
            if let Some(Rest { hub, subscriber }) = rest {
                entry.subscribe(hub, subscriber);
                if subscriber.is_removed() && matches!(entry.state, WriteState::Ask(_)) {
                    // The pairing went while an entry before this one was obeyed.
                    entry.state = WriteState::Done(Err(Status::InsufficientAuthorization));
                }
            }
            match &mut entry.state {
                state @ WriteState::Ask(_) => Some(PendingCall { state, room }),
                WriteState::Done(_) => None,
            }
        })
    }

    /// 204 when all went well and nobody wants a value back, 207 with a status in every entry otherwise; 500 when it would
    /// be too large.
    pub(crate) fn answer(&self, connection: &mut Connection, database: &Database) {
        if self.entries.iter().all(|entry| matches!(entry.answer(database), Ok(None))) {
            connection.answer_empty(StatusCode::NoContent);
        } else {
            connection.answer(StatusCode::MultiStatus, |json| self.write(database, json));
        }
    }

    fn ids(&self) -> impl ExactSizeIterator<Item = (u64, u64)> {
        self.entries.iter().map(|entry| (entry.aid, entry.iid))
    }

    fn write(&self, database: &Database, json: &mut Vec<u8>) -> Result<(), TooLarge> {
        if self.room.as_ref().is_some_and(Room::is_full) {
            return Err(TooLarge);
        }
        let mut most = json.len().saturating_add(limits::ANSWER);
        json.reserve(self.entries.len().saturating_mul(48).saturating_add(32));
        json.extend_from_slice(b"{\"characteristics\":[");
        for (nth, entry) in self.entries.iter().enumerate() {
            if nth > 0 {
                json.push(b',');
            }
            let answer = entry.answer(database);
            push_ids(json, entry.aid, entry.iid);
            json.extend_from_slice(b",\"status\":");
            push_signed(json, status::code(answer.map(|_| ())).into());
            match (answer, &entry.state) {
                (Ok(Some(place)), WriteState::Done(Ok(Some(value)))) => place.write_this_value(value, json),
                (Ok(Some(place)), _) => place.write_value(json),
                _ => {}
            }
            json.push(b'}');
            if json.len() > most {
                if repeats(self.ids()) {
                    return Err(TooLarge);
                }
                most = usize::MAX;
            }
        }
        json.extend_from_slice(b"]}");
        Ok(())
    }
}

impl WriteEntry {
    /// Subscribes or unsubscribes, if that is still to be done.
    fn subscribe(&mut self, hub: &Hub, subscriber: &Arc<Subscriber>) {
        if let (Some(on), Some(index)) = (self.ev.take(), self.index) {
            hub.subscribe(subscriber, index, on);
        }
    }

    /// Success, with the characteristic whose value goes back if that was asked for.
    fn answer<'a>(&self, database: &'a Database) -> Result<Option<&'a Entry>, Status> {
        match &self.state {
            WriteState::Done(Ok(_)) => {}
            WriteState::Done(Err(status)) => return Err(*status),
            // Nobody called: whoever carries out the effect gave up.
            WriteState::Ask(_) => return Err(Status::TimedOut),
        }
        match self.respond {
            None => Ok(None),
            Some(Err(status)) => Err(status),
            Some(Ok(())) => self.index.and_then(|index| database.get(index)).ok_or(Status::DoesNotExist).map(Some),
        }
    }
}

/// A call that is about to be made.
pub(crate) struct PendingCall<'a> {
    state: &'a mut WriteState,
    room: Option<&'a Room>,
}

impl PendingCall<'_> {
    /// What to call.
    pub(crate) fn call(&self) -> Option<Call> {
        match &*self.state {
            WriteState::Ask(call) => Some(call.clone()),
            WriteState::Done(_) => None,
        }
    }

    /// Takes the handler's answer, with the value that goes back.
    pub(crate) fn finish(self, outcome: Result<Option<Value>, Status>) {
        let fits = |value: &Value| self.room.is_none_or(|room| room.take(value).is_ok());
        *self.state = WriteState::Done(match outcome {
            Ok(Some(value)) if !fits(&value) => Err(Status::OutOfResources),
            outcome => outcome,
        });
    }
}
