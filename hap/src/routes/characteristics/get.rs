//! `GET /characteristics?id=…` (HAP §10.1).

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::characteristic::{Cell, Moment};
use crate::connection::Connection;
use crate::database::Database;
use crate::definition::Perms;
use crate::events::Subscriber;
use crate::host::Host;
use crate::http::{Request, Response, StatusCode};
use crate::limits;
use crate::routes::characteristics::room::{Room, TooLarge, repeats};
use crate::routes::{Outcome, bad_request};
use crate::status::{self, Status};
use crate::text::{push_ids, push_signed};
use crate::value::Value;

pub(crate) fn handle(connection: &mut Connection, host: &Host, request: &Request<'_>) -> Outcome {
    let Some(session) = connection.session() else { return bad_request() };
    let query = match request.query.map(Query::parse) {
        Some(Ok(query)) => query,
        Some(Err(QueryError::TooMany)) => {
            let code = Status::OutOfResources.code();
            return Outcome::Answer(Response::hap_status(StatusCode::InternalServerError, code));
        }
        Some(Err(QueryError::Malformed)) | None => return bad_request(),
    };
    if query.ids.is_empty() {
        return Outcome::Answer(Response::empty(StatusCode::NoContent));
    }
    let (admin, subscriber) = (session.is_admin(), Arc::clone(&session.subscriber));
    let mut reads = Reads::new(&host.database, query, admin, subscriber);
    if reads.entries.iter().any(|entry| matches!(entry.state, ReadState::Ask(_))) {
        reads.room = Some(Room::of(reads.query.ids.iter().copied()));
        return Outcome::Read(reads);
    }
    reads.answer(connection, &host.database);
    Outcome::Answered
}

/// How many ids a query holds, if it is one.
#[cfg(feature = "fuzzing")]
pub(crate) fn ids(query: &str) -> Option<usize> {
    Query::parse(query).ok().map(|query| query.ids.len())
}

/// So many entries are read without asking for memory: a tile has as many.
const FEW: usize = 4;

/// The query of a read.
#[derive(Debug, Default, Eq, PartialEq)]
struct Query {
    ids: SmallVec<[(u64, u64); FEW]>,
    meta: bool,
    perms: bool,
    kind: bool,
    ev: bool,
}

#[derive(Debug, Eq, PartialEq)]
enum QueryError {
    Malformed,
    TooMany,
}

impl Query {
    /// Parameters in any order; unknown ones are ignored.
    fn parse(text: &str) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for parameter in text.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) =
                parameter.split_once('=').map_or((parameter, None), |(name, value)| (name, Some(value)));
            let value = || value.ok_or(QueryError::Malformed);
            match name {
                "id" => query.add_ids(&unescape(value()?))?,
                "meta" => query.meta = flag(value()?)?,
                "perms" => query.perms = flag(value()?)?,
                "type" => query.kind = flag(value()?)?,
                "ev" => query.ev = flag(value()?)?,
                _ => {}
            }
        }
        Ok(query)
    }

    fn add_ids(&mut self, list: &str) -> Result<(), QueryError> {
        if list.is_empty() {
            return Ok(());
        }
        for id in list.split(',') {
            if self.ids.len() >= limits::ENTRIES {
                return Err(QueryError::TooMany);
            }
            let (aid, iid) = id.split_once('.').ok_or(QueryError::Malformed)?;
            self.ids.push((decimal(aid)?, decimal(iid)?));
        }
        Ok(())
    }
}

fn flag(value: &str) -> Result<bool, QueryError> {
    match value {
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(QueryError::Malformed),
    }
}

fn decimal(text: &str) -> Result<u64, QueryError> {
    // `parse` would take a sign.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QueryError::Malformed);
    }
    text.parse().map_err(|_| QueryError::Malformed)
}

/// The two characters of an id list that some clients escape.
fn unescape(list: &str) -> Cow<'_, str> {
    if list.contains('%') {
        Cow::Owned(list.replace("%2C", ",").replace("%2c", ",").replace("%2E", ".").replace("%2e", "."))
    } else {
        Cow::Borrowed(list)
    }
}

/// A read whose entries may have to be asked of their handlers.
pub(crate) struct Reads {
    entries: SmallVec<[ReadEntry; FEW]>,
    query: Query,
    subscriber: Arc<Subscriber>,
    /// For what handlers say, if any are asked.
    room: Option<Room>,
}

struct ReadEntry {
    /// Where the characteristic stands, if it exists.
    index: Option<u32>,
    state: ReadState,
}

enum ReadState {
    /// The stored value is the answer.
    Stored,
    Ask(Arc<Cell>),
    Answered(Result<Value, Status>),
}

impl Reads {
    fn new(database: &Database, query: Query, admin: bool, subscriber: Arc<Subscriber>) -> Self {
        let entries = query.ids.iter().map(|(aid, iid)| {
            let Some((index, entry)) = database.find(*aid, *iid) else {
                return ReadEntry { index: None, state: ReadState::Answered(Err(Status::DoesNotExist)) };
            };
            let state = if !entry.metadata.perms().contains(Perms::READ) {
                ReadState::Answered(Err(Status::WriteOnly))
            } else if entry.cell.definition.admin_only.contains(Perms::READ) && !admin {
                ReadState::Answered(Err(Status::InsufficientPrivileges))
            } else if entry.cell.has_read_handler() {
                ReadState::Ask(Arc::clone(&entry.cell))
            } else {
                ReadState::Stored
            };
            ReadEntry { index: Some(index), state }
        });
        Self { entries: entries.collect(), query, subscriber, room: None }
    }

    /// The characteristics whose handlers must be asked, at once, each with the place for its answer.
    ///
    /// There are no more of them when what was answered is more than can be told.
    pub(crate) fn questions(&mut self) -> impl Iterator<Item = Question<'_>> {
        let room = self.room.as_ref();
        self.entries.iter_mut().filter_map(move |entry| match &entry.state {
            ReadState::Ask(_) if room.is_some_and(Room::is_full) => None,
            ReadState::Ask(cell) => {
                Some(Question { since: cell.moment(), cell: Arc::clone(cell), room, state: &mut entry.state })
            }
            ReadState::Stored | ReadState::Answered(_) => None,
        })
    }

    /// 200 without a status when all went well, 207 with one in every entry otherwise; 500 when it would be too large.
    pub(crate) fn answer(&self, connection: &mut Connection, database: &Database) {
        let failed = self.entries.iter().any(|entry| entry.outcome().is_err());
        let status = if failed { StatusCode::MultiStatus } else { StatusCode::Ok };
        connection.answer(status, |json| self.write(database, failed, json));
    }

    fn write(&self, database: &Database, failed: bool, json: &mut Vec<u8>) -> Result<(), TooLarge> {
        if self.room.as_ref().is_some_and(Room::is_full) {
            return Err(TooLarge);
        }
        let mut most = json.len().saturating_add(limits::ANSWER);
        json.reserve(self.entries.len().saturating_mul(48).saturating_add(32));
        json.extend_from_slice(b"{\"characteristics\":[");
        for (nth, (entry, (aid, iid))) in self.entries.iter().zip(&self.query.ids).enumerate() {
            if nth > 0 {
                json.push(b',');
            }
            push_ids(json, *aid, *iid);
            let outcome = entry.outcome();
            if failed {
                json.extend_from_slice(b",\"status\":");
                push_signed(json, status::code(outcome).into());
            }
            if let (Ok(()), Some(index)) = (outcome, entry.index)
                && let Some(place) = database.get(index)
            {
                if self.query.kind {
                    place.write_type(json);
                }
                match &entry.state {
                    ReadState::Answered(Ok(value)) => place.write_this_value(value, json),
                    _ => place.write_value(json),
                }
                if self.query.perms {
                    place.write_perms(json);
                }
                if self.query.ev {
                    let ev: &[u8] =
                        if self.subscriber.is_subscribed(index) { b",\"ev\":true" } else { b",\"ev\":false" };
                    json.extend_from_slice(ev);
                }
                if self.query.meta {
                    place.write_format(json);
                    place.write_limits(json);
                }
            }
            json.push(b'}');
            if json.len() > most {
                if repeats(self.query.ids.iter().copied()) {
                    return Err(TooLarge);
                }
                most = usize::MAX;
            }
        }
        json.extend_from_slice(b"]}");
        Ok(())
    }
}

impl ReadEntry {
    fn outcome(&self) -> Result<(), Status> {
        match &self.state {
            ReadState::Stored | ReadState::Answered(Ok(_)) => Ok(()),
            ReadState::Answered(Err(status)) => Err(*status),
            // Nobody asked: whoever carries out the effect gave up.
            ReadState::Ask(_) => Err(Status::TimedOut),
        }
    }
}

/// A characteristic whose read handler must be asked.
pub(crate) struct Question<'a> {
    pub(crate) cell: Arc<Cell>,
    since: Moment,
    room: Option<&'a Room>,
    state: &'a mut ReadState,
}

impl Question<'_> {
    /// Takes the handler's answer.
    pub(crate) fn answer(self, outcome: Result<Value, Status>) {
        let Self { cell, since, room, state } = self;
        let value = outcome.and_then(|value| cell.refresh(value, since));
        let fits = |value: &Value| room.is_none_or(|room| room.take(value).is_ok());
        *state =
            ReadState::Answered(value.and_then(|value| fits(&value).then_some(value).ok_or(Status::OutOfResources)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_are_taken_and_refused_as_the_reference_does_or_more_leniently_where_that_is_harmless() {
        let verdicts: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/vectors/json_requests.json")).unwrap();
        for case in verdicts["get_characteristics_query"].as_array().unwrap() {
            let text = case["query"].as_str().unwrap();
            let harmless = case["note"].as_str().unwrap().ends_with("harmless");
            let query = Query::parse(text.split('#').next().unwrap());
            assert_eq!(query.is_ok(), case["adk"] == "ok" || harmless, "{text}");
            if let (Ok(query), Some(entries)) = (query, case["entries"].as_u64()) {
                assert_eq!(query.ids.len() as u64, entries, "{text}");
            }
        }
    }

    #[test]
    fn escaped_separators_are_read_as_themselves() {
        assert_eq!(Query::parse("id=1%2E2%2C3.4").unwrap().ids[..], [(1, 2), (3, 4)]);
    }

    #[test]
    fn a_known_parameter_without_a_value_is_malformed_and_an_unknown_one_is_ignored() {
        for name in ["id", "meta", "perms", "type", "ev"] {
            assert_eq!(Query::parse(name), Err(QueryError::Malformed), "{name}");
            assert_eq!(Query::parse(&format!("id=1.2&{name}")), Err(QueryError::Malformed), "{name}");
        }
        assert_eq!(Query::parse("id=1.2&x").unwrap().ids[..], [(1, 2)]);
    }

    #[test]
    fn an_id_with_a_sign_is_malformed() {
        assert_eq!(Query::parse("id=+1.2"), Err(QueryError::Malformed));
        assert_eq!(Query::parse("id=1.-2"), Err(QueryError::Malformed));
        assert_eq!(Query::parse("id=1."), Err(QueryError::Malformed));
    }

    #[test]
    fn more_ids_than_the_bound_are_too_many() {
        let list = vec!["1.1"; limits::ENTRIES + 1].join(",");
        assert_eq!(Query::parse(&format!("id={list}")), Err(QueryError::TooMany));
    }

    proptest! {
        #[test]
        fn arbitrary_queries_never_panic(text in "\\PC{0,80}") {
            let _ = Query::parse(&text);
        }

        #[test]
        fn ids_come_back_in_order(ids in proptest::collection::vec(any::<(u64, u64)>(), 0..20)) {
            let list: Vec<_> = ids.iter().map(|(aid, iid)| format!("{aid}.{iid}")).collect();
            prop_assert_eq!(Query::parse(&format!("id={}", list.join(","))).unwrap().ids.to_vec(), ids);
        }
    }
}
