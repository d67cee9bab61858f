//! One connection of a controller, without its socket: bytes in, bytes and effects out.
//!
//! Plain HTTP until Pair Verify, sealed frames after (HAP §1.1). The law for whoever moves the bytes:
//!
//! > After every input, call [`poll`](Connection::poll), carry out the effect it returns and hand the outcome back, send
//! > what [`outgoing`](Connection::outgoing) holds, and poll again, until there is neither.
//!
//! While an effect is out, no further request of this connection is looked at: answers keep the order of requests, and
//! an event never stands inside one (HAP §8.4).

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use log::debug;
use pairing::{Change, Computation, Computed, ConnectionId, ControllerId, Durable, PairVerify};
use rand_core::CryptoRng;

use crate::camera::Snapshot;
use crate::channel::Channel;
use crate::database::Entry;
use crate::events::{Subscriber, Wake};
use crate::host::{Host, Identify, Standing};
use crate::http::{self, Bounds, Response, Scan, StatusCode};
use crate::limits;
use crate::routes::{self, Outcome, Reads, TooLarge, Writes};
use crate::session::SessionId;
use crate::status::Status;

/// One connection.
pub(crate) struct Connection {
    pub(crate) id: SessionId,
    /// What came from the peer and is still sealed.
    sealed: Vec<u8>,
    /// What came from the peer, opened.
    text: Vec<u8>,
    scan: Scan,
    outgoing: Vec<u8>,
    pub(crate) verify: PairVerify,
    session: Option<Session>,
    waiting: Option<Waiting>,
    effect: Option<Effect>,
    last_heard: Instant,
    /// Since when a request has been arriving that is not complete.
    receiving_since: Option<Instant>,
    closing: bool,
    /// Made with the connection, used when it verifies.
    wake: Option<Wake>,
}

/// What a connection has after Pair Verify.
pub(crate) struct Session {
    channel: Channel,
    pub(crate) controller: ControllerId,
    /// With the key it verified with.
    standing: Standing,
    pub(crate) subscriber: Arc<Subscriber>,
    pub(crate) prepared: Option<Prepared>,
}

/// A timed write that was announced (HAP §11.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prepared {
    pub(crate) pid: u64,
    /// `None` when the controller gave longer than the clock can tell.
    pub(crate) until: Option<Instant>,
}

/// What must happen outside before the connection goes on.
pub(crate) enum Effect {
    /// Slow arithmetic; the result goes to [`Connection::computed`].
    Compute(Computation),
    /// Make it durable, commit it to the host, and tell [`Connection::stored`].
    Store(Change),
    /// Call the handlers; then [`Connection::written`].
    Write(Writes),
    /// Call the handlers; then [`Connection::read`].
    Read(Reads),
    /// Ask for a picture; then [`Connection::pictured`].
    Snapshot(Snapshot),
    /// Let the accessory show itself; nothing to hand back.
    Identify(Identify),
    /// Send what is outgoing, then close.
    Close,
}

/// Which outcome the connection waits for.
enum Waiting {
    Computed,
    Stored(Durable),
    Confirmed(Response, PendingSession),
    Written,
    Read,
    Snapshot,
}

impl Connection {
    /// A connection that was just accepted. `wake` is called when an event waits or a pairing went.
    pub(crate) fn new(id: SessionId, wake: Wake, now: Instant) -> Self {
        Self {
            id,
            sealed: Vec::new(),
            text: Vec::new(),
            scan: Scan::default(),
            outgoing: Vec::new(),
            verify: PairVerify::new(),
            session: None,
            waiting: None,
            effect: None,
            last_heard: now,
            receiving_since: None,
            closing: false,
            wake: Some(wake),
        }
    }

    /// Bytes from the peer.
    pub(crate) fn receive(&mut self, bytes: &[u8], now: Instant) {
        if self.closing {
            return;
        }
        self.last_heard = now;
        match &mut self.session {
            None => self.text.extend_from_slice(bytes),
            Some(session) => {
                self.sealed.extend_from_slice(bytes);
                if let Err(error) = session.channel.open(&mut self.sealed, &mut self.text) {
                    self.close(&error);
                }
            }
        }
    }

    /// Goes on as far as it can; the effect that stops it, if one does.
    pub(crate) fn poll(&mut self, host: &mut Host, now: Instant, rng: &mut dyn CryptoRng) -> Option<Effect> {
        loop {
            if let Some(effect) = self.effect.take() {
                return Some(effect);
            }
            if self.waiting.is_some() {
                return None;
            }
            if self.session.as_mut().is_some_and(|session| !session.is_paired(host)) {
                debug!("session {}: its pairing was removed", self.id);
                self.closing = true;
            }
            if self.closing {
                return Some(Effect::Close);
            }
            // One answer at a time, so that a peer that asks and does not read makes nothing grow.
            if !self.outgoing.is_empty() {
                return None;
            }
            if !self.next_request(host, now, rng) {
                self.receiving_since = self.is_receiving().then(|| self.receiving_since.unwrap_or(now));
                self.next_event(host, now);
                return None;
            }
            self.receiving_since = None;
        }
    }

    /// Sends from here; what was sent is to be taken off the front.
    pub(crate) fn outgoing(&mut self) -> &mut Vec<u8> {
        &mut self.outgoing
    }

    /// The outcome of [`Effect::Compute`].
    pub(crate) fn computed(&mut self, host: &mut Host, result: Computed) {
        if matches!(self.waiting.take(), Some(Waiting::Computed)) {
            let step = host.setup.computed(ConnectionId(self.id.0), result, &host.state);
            self.finish(routes::pair_setup::outcome(step));
        }
    }

    /// The outcome of [`Effect::Store`]; the host has committed the change if it is `true`.
    pub(crate) fn stored(&mut self, host: &mut Host, stored: bool) {
        match self.waiting.take() {
            Some(Waiting::Stored(durable)) => {
                host.setup.stored(ConnectionId(self.id.0), stored);
                let reply = if stored { durable.then } else { durable.otherwise };
                self.finish(Outcome::Answer(routes::pairing_response(reply)));
            }
            Some(Waiting::Confirmed(response, session)) => {
                // The session is sound whether or not a restart will know of it.
                host.confirmed();
                self.finish(Outcome::Verified(response, session));
            }
            _ => {}
        }
    }

    /// The outcome of [`Effect::Write`].
    pub(crate) fn written(&mut self, host: &Host, writes: Writes) {
        if matches!(self.waiting.take(), Some(Waiting::Written)) {
            writes.answer(self, &host.database);
        }
    }

    /// The outcome of [`Effect::Read`].
    pub(crate) fn read(&mut self, host: &Host, reads: Reads) {
        if matches!(self.waiting.take(), Some(Waiting::Read)) {
            reads.answer(self, &host.database);
        }
    }

    /// The outcome of [`Effect::Snapshot`].
    pub(crate) fn pictured(&mut self, snapshot: Snapshot) {
        if matches!(self.waiting.take(), Some(Waiting::Snapshot)) {
            self.finish(Outcome::Answer(snapshot.response()));
        }
    }

    /// When to poll again though nothing came in: an event is due, or the peer has been silent for too long.
    pub(crate) fn deadline(&self, host: &Host, now: Instant) -> Option<Instant> {
        if self.waiting.is_some() {
            return None;
        }
        let arrived = self.receiving_since.and_then(|since| since.checked_add(limits::REQUEST_ARRIVAL));
        match &self.session {
            // What is half received holds up events, and only more of it lets them go.
            Some(_) if arrived.is_some() => arrived,
            Some(session) => session.subscriber.due(now),
            None => [self.last_heard.checked_add(self.silence(host)), arrived].into_iter().flatten().min(),
        }
    }

    /// Time passed; closes a connection that does not finish its request, or that never verified and says nothing.
    pub(crate) fn tick(&mut self, host: &Host, now: Instant) {
        if self.waiting.is_some() {
            return;
        }
        let for_too_long = |since: Instant, most: Duration| now.saturating_duration_since(since) >= most;
        if self.receiving_since.is_some_and(|since| for_too_long(since, limits::REQUEST_ARRIVAL)) {
            self.close(&"a request that does not end");
        } else if self.session.is_none() && for_too_long(self.last_heard, self.silence(host)) {
            self.close(&"silent for too long");
        }
    }

    /// Releases what the connection holds in the host.
    pub(crate) fn closed(&mut self, host: &mut Host) {
        host.setup.connection_closed(ConnectionId(self.id.0));
        host.hub.leave(self.id);
        self.session = None;
    }

    /// Whether more may be taken in while a request is being answered.
    pub(crate) fn has_room(&self) -> bool {
        self.text.len().max(self.sealed.len()) < limits::READ
    }

    /// The peer will ask nothing more, and hear of nothing more but the answer that it waits for.
    pub(crate) fn left(&mut self, host: &Host) {
        host.hub.silence(self.id);
        if let Some(session) = &mut self.session {
            session.prepared = None;
        }
    }

    /// Closes once what is outgoing has gone, whatever else was asked.
    pub(crate) fn stop(&mut self) {
        self.closing = true;
    }

    /// The controller that verified, if one did.
    pub(crate) fn controller(&self) -> Option<&ControllerId> {
        self.session.as_ref().map(|session| &session.controller)
    }

    /// Opens a session as Pair Verify does.
    #[cfg(any(feature = "fuzzing", feature = "measuring"))]
    pub(crate) fn verified(&mut self, host: &Host, verified: &pairing::Session) {
        self.session = Some(self.secure(host, verified).0);
    }

    /// Bytes that came from the peer and are not yet used up.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn buffered(&self) -> usize {
        self.sealed.len() + self.text.len()
    }

    pub(crate) fn session(&mut self) -> Option<&mut Session> {
        self.session.as_mut()
    }

    /// Everything after the answer that is written next goes through `channel` (HAP §4.6).
    pub(crate) fn secure(&mut self, host: &Host, verified: &pairing::Session) -> PendingSession {
        let wake = self.wake.take().unwrap_or_else(|| Box::new(|| ()));
        PendingSession(Session {
            channel: Channel::accessory(&verified.keys),
            controller: verified.controller,
            standing: host.standing(&verified.controller),
            subscriber: host.hub.join(self.id, verified.controller, wake),
            prepared: None,
        })
    }

    fn silence(&self, host: &Host) -> Duration {
        if host.setup.owner() == Some(ConnectionId(self.id.0)) {
            limits::SETUP_SILENCE
        } else {
            limits::UNVERIFIED_SILENCE
        }
    }

    /// Whether a request has begun to arrive, or waits to be answered.
    pub(crate) fn is_receiving(&self) -> bool {
        !self.text.is_empty() || !self.sealed.is_empty()
    }

    /// Answers the next complete request; `false` if there is none.
    fn next_request(&mut self, host: &mut Host, now: Instant, rng: &mut dyn CryptoRng) -> bool {
        let bounds = if self.session.is_some() { Bounds::SESSION } else { Bounds::UNVERIFIED };
        // Out of the way, so that a route can change the connection while it reads the request.
        let mut text = std::mem::take(&mut self.text);
        let mut scan = self.scan;
        // Blanks before a request are no part of it, and begin none.
        if http::blanks(&text) == text.len() {
            text.clear();
            scan = Scan::default();
        }
        let (outcome, taken) = match scan.request(&text, bounds) {
            Ok(Some((request, taken))) => (Some(routes::handle(self, host, &request, now, rng)), taken),
            Ok(None) => (None, 0),
            Err(error) => {
                self.close(&error);
                (None, 0)
            }
        };
        self.scan = scan;
        text.drain(..taken);
        if text.is_empty() {
            text.shrink_to(limits::KEPT_BUFFER);
        }
        self.text = text;
        match outcome {
            Some(outcome) => {
                self.finish(outcome);
                true
            }
            None => self.closing,
        }
    }

    fn finish(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Answered => {}
            Outcome::Answer(response) => self.respond(&response),
            Outcome::Verified(response, PendingSession(session)) => {
                self.respond(&response);
                self.session = Some(session);
                // What the peer sent behind its last plain request is sealed already.
                let ahead = std::mem::take(&mut self.text);
                let heard = self.last_heard;
                self.receive(&ahead, heard);
            }
            Outcome::Confirm(response, session) => {
                self.wait(Waiting::Confirmed(response, session), Effect::Store(Change::ConfirmPairings));
            }
            Outcome::Identify(routine, response) => {
                self.respond(&response);
                self.effect = Some(Effect::Identify(routine));
            }
            Outcome::Compute(computation) => self.wait(Waiting::Computed, Effect::Compute(computation)),
            Outcome::Store(durable) => {
                let change = durable.change.clone();
                self.wait(Waiting::Stored(durable), Effect::Store(change));
            }
            Outcome::Write(writes) => self.wait(Waiting::Written, Effect::Write(writes)),
            Outcome::Read(reads) => self.wait(Waiting::Read, Effect::Read(reads)),
            Outcome::Snapshot(snapshot) => self.wait(Waiting::Snapshot, Effect::Snapshot(snapshot)),
        }
    }

    fn wait(&mut self, waiting: Waiting, effect: Effect) {
        self.waiting = Some(waiting);
        self.effect = Some(effect);
    }

    /// Answers with the JSON that `json` appends, or that there is too much of it.
    pub(crate) fn answer(&mut self, status: StatusCode, json: impl FnOnce(&mut Vec<u8>) -> Result<(), TooLarge>) {
        self.send(|out| {
            let (start, mut written) = (out.len(), Ok(()));
            http::write_json(status, out, |body| written = json(body));
            if let Err(TooLarge) = written {
                out.truncate(start);
                out.shrink_to(limits::KEPT_BUFFER);
                let code = Status::OutOfResources.code();
                Response::hap_status(StatusCode::InternalServerError, code).write(out);
            }
        });
    }

    /// Answers with a status that says it all.
    pub(crate) fn answer_empty(&mut self, status: StatusCode) {
        self.send(|out| http::write_empty(status, out));
    }

    fn respond(&mut self, response: &Response) {
        self.send(|out| response.write(out));
    }

    /// Sends an event if one is due and no request has begun to arrive (HAP §8.4).
    fn next_event(&mut self, host: &mut Host, now: Instant) {
        if self.is_receiving() {
            return;
        }
        let Some(session) = &self.session else { return };
        let Host { events, database, .. } = host;
        if let Some(text) = events.next(database, &session.subscriber, now) {
            self.send(|out| out.extend_from_slice(text));
        }
    }

    /// Writes a message behind what is outgoing, and seals it there if there is a session.
    fn send(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.outgoing.len();
        write(&mut self.outgoing);
        if let Some(session) = &mut self.session
            && let Err(error) = session.channel.seal_from(start, &mut self.outgoing)
        {
            // What could not be sealed must not go.
            self.outgoing.truncate(start);
            self.close(&error);
        }
    }

    fn close(&mut self, why: &dyn std::fmt::Display) {
        debug!("connection {} closes: {why}", self.id);
        self.closing = true;
    }
}

impl Session {
    /// Whether its pairing is still there. One of the same id with another key is another pairing.
    ///
    /// Who is no admin any more hears no more of what is kept for admins.
    fn is_paired(&mut self, host: &Host) -> bool {
        if !self.standing.is_of_now(host) {
            let mut standing = host.standing(&self.controller);
            // A key that is another one stays so, whatever comes after.
            standing.key = standing.key.filter(|key| Some(*key) == self.standing.key);
            self.standing = standing;
            if !standing.is_admin {
                let is_for_admins = |entry: &Entry| entry.cell.definition.tells_admins_only();
                host.hub.unsubscribe(&self.subscriber, |index| host.database.get(index).is_some_and(is_for_admins));
            }
        }
        self.standing.key.is_some()
    }

    /// Whether it may manage pairings, as of the last poll.
    pub(crate) fn is_admin(&self) -> bool {
        self.standing.is_admin
    }
}

/// A session that begins behind the answer to M3.
pub(crate) struct PendingSession(Session);
