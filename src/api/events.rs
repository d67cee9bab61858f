//! `/api/v1/events`: what happens, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::feed::Joined;
use super::server::{Busy, Connection};
use super::wire::{GateState, PairingState, Snapshot};
use super::{Api, Problem, limits};
use crate::health::Health;

/// What is sent to one client.
struct Stream {
    first: VecDeque<Bytes>,
    events: mpsc::Receiver<Bytes>,
    /// A stream is not idle, however silent it is.
    _busy: Busy,
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(frame) = self.first.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        self.events.poll_recv(context).map(|event| event.map(|frame| Ok(Frame::data(frame))))
    }
}

/// The stream, from a snapshot on, or from what this client missed.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    operation_id = "events",
    params(("Last-Event-ID" = Option<String>, Header, description = "the id of the last event that was seen")),
    responses((status = 200, content_type = "text/event-stream", body = String, description = "the events, for ever"), super::openapi::Refused),
)]
pub(super) async fn stream(
    State(api): State<Arc<Api>>,
    Extension(connection): Extension<Arc<Connection>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last_seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let Ok(Joined { missed, events }) = api.feed.join(last_seen) else {
        return Err(Problem::new(503, format!("there are {} streams already: close one", limits::STREAMS)));
    };
    let first = missed.map_or_else(|| VecDeque::from([RETRY, api.snapshot()]), VecDeque::from);
    let stream = Stream { first, events, _busy: connection.busy() };
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], Body::new(stream)).into_response())
}

/// After how many milliseconds a browser that lost the stream comes back; a line of the event that follows.
const RETRY: Bytes = Bytes::from_static(b"retry: 2000\n");

impl Api {
    pub(super) fn gate_states(&self) -> Vec<GateState> {
        self.gates.iter().map(|gate| GateState::of(gate)).collect()
    }

    pub(super) fn pairing_state(&self) -> PairingState {
        PairingState {
            paired: self.homekit.is_paired(),
            controllers: self.homekit.pairings().len(),
            sessions: self.homekit.sessions(),
        }
    }

    fn snapshot(&self) -> Bytes {
        let health = self.monitor.known();
        self.told_health.lock().unwrap_or_else(PoisonError::into_inner).snapshot(&health);
        self.feed.snapshot(|history| Snapshot {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            gates: self.gate_states(),
            pairing: self.pairing_state(),
            health,
            history,
        })
    }
}

/// The health as the streams were told of it.
#[derive(Default)]
pub(super) struct ToldHealth {
    /// By the last event, to all; before the first, in the first snapshot.
    last: Option<Health>,
    /// Some were told something else since, in a snapshot.
    differs: bool,
}

impl ToldHealth {
    fn snapshot(&mut self, health: &Health) {
        self.differs |= health != self.last.get_or_insert_with(|| health.clone());
    }

    /// Whether all are to be told that the health is `now`.
    fn is_news(&mut self, now: &Health) -> bool {
        let is_news = std::mem::take(&mut self.differs) || self.last.as_ref() != Some(now);
        self.last = Some(now.clone());
        is_news
    }
}

/// Tells the feed what happens, for ever. Where nobody listens it wakes only when something happens.
pub(super) async fn feed(api: Arc<Api>) {
    tokio::join!(feed_changes(&api), feed_health(&api));
}

async fn feed_changes(api: &Api) {
    let mut changes = api.homekit.changes();
    let mut gates = api.gate_states();
    let mut pairing = api.pairing_state();
    let mut beat = every(limits::BEAT);
    loop {
        tokio::select! {
            () = api.moved.notified() => {}
            () = changes.next() => {}
            () = async { api.feed.someone().await; beat.tick().await; } => api.feed.beat(),
        }
        // Also what time alone has changed.
        for (told, gate) in gates.iter_mut().zip(&api.gates) {
            let now = GateState::of(gate);
            if !now.is_as(told) {
                api.feed.publish("state", &now);
                *told = now;
            }
        }
        let now = api.pairing_state();
        if now != pairing {
            api.feed.publish("pairing", &now);
            pairing = now;
        }
    }
}

/// Beside the changes, which must not wait for the network's answer.
async fn feed_health(api: &Api) {
    let mut turn = every(limits::HEALTH);
    loop {
        api.feed.someone().await;
        turn.tick().await;
        let now = api.monitor.look().await;
        if api.told_health.lock().unwrap_or_else(PoisonError::into_inner).is_news(&now) {
            api.feed.publish("health", &now);
        }
    }
}

/// At once when somebody comes after a while, and then from time to time.
fn every(period: Duration) -> Interval {
    let mut turn = interval(period);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    turn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Verdict;

    #[test]
    fn who_was_told_something_else_in_a_snapshot_hears_of_the_recovery() {
        let health = |verdict| Health { verdict, parts: Vec::new() };
        let (well, ill) = (health(Verdict::Ok), health(Verdict::Failing));
        let mut told = ToldHealth::default();
        told.snapshot(&well);
        assert!(!told.is_news(&well));
        // It was ill between two looks of the feed, and somebody came just then.
        told.snapshot(&ill);
        told.snapshot(&well);
        assert!(told.is_news(&well));
        assert!(!told.is_news(&well));
        assert!(told.is_news(&ill));
        told.snapshot(&ill);
        assert!(!told.is_news(&ill));
    }
}
