//! One connection: its accessory's end, driven as the server drives it, and its controller's end.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use pairing::SessionKeys;
use serde_json::Value;

use super::home::Side;
use crate::camera::Snapshot;
use crate::channel::{Channel, FRAME};
use crate::connection::{Connection, Effect};
use crate::handlers;
use crate::limits;
use crate::routes::{Reads, Writes};
use crate::session::SessionId;
use crate::sync::lock;

/// The accessory's end of a connection, with what is on its way to it.
pub(super) struct Line {
    /// `None` once either side has closed it.
    pub(super) connection: Option<Connection>,
    /// On its way to the accessory, a segment each, with the time at which it arrives.
    pub(super) upstream: VecDeque<(Instant, Vec<u8>)>,
    /// How much the controller takes at a time, in turn; all there is if it is empty.
    pub(super) sips: VecDeque<usize>,
    pub(super) end: End,
    woken: Arc<AtomicBool>,
    running: Option<Running>,
    /// What is to be done once the controller has taken all that is outgoing.
    stuck: Option<Option<Effect>>,
    /// The controller has said that nothing more will come.
    leaving: bool,
}

/// Handlers that were called and have not all answered.
struct Running {
    handlers: Pin<Box<dyn Future<Output = Done>>>,
    timers: Timers,
}

/// Whether a handler has asked to be looked at again.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

enum Done {
    Written(Writes),
    Read(Reads),
    Pictured(Snapshot),
}

impl Line {
    pub(super) fn new(id: u64, now: Instant) -> Self {
        // A connection is polled once when it is new.
        let woken = Arc::new(AtomicBool::new(true));
        let wake = Arc::clone(&woken);
        let wake = Box::new(move || wake.store(true, Ordering::Relaxed));
        Self {
            connection: Some(Connection::new(SessionId(id), wake, now)),
            upstream: VecDeque::new(),
            sips: VecDeque::new(),
            end: End::default(),
            woken,
            running: None,
            stuck: None,
            leaving: false,
        }
    }

    /// Does the next thing there is to do, if there is one.
    pub(super) fn turn(&mut self, side: &mut Side, now: Instant) -> bool {
        let Some(connection) = &mut self.connection else { return false };
        if let Some(effect) = self.stuck.take() {
            if self.go_on(effect, side, now) {
                self.advance(side, now);
            }
            return true;
        }
        if let Some(running) = &mut self.running {
            lock(&running.timers.0).now = now;
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let Poll::Ready(done) = running.handlers.as_mut().poll(&mut Context::from_waker(&waker)) else {
                // It only lets others have their turn.
                return woken.0.load(Ordering::Relaxed);
            };
            self.running = None;
            match done {
                Done::Written(writes) => connection.written(&side.host, writes),
                Done::Read(reads) => connection.read(&side.host, reads),
                Done::Pictured(snapshot) => connection.pictured(snapshot),
            }
        } else if self.woken.swap(false, Ordering::Relaxed) {
        } else if let Some((_, segment)) = self.upstream.pop_front_if(|(arrives, _)| *arrives <= now) {
            connection.receive(&segment, now);
        } else if connection.deadline(&side.host, now).is_some_and(|deadline| deadline <= now) {
            connection.tick(&side.host, now);
        } else {
            let is_over = self.leaving && self.upstream.is_empty();
            if is_over {
                self.close(side);
            }
            return is_over;
        }
        self.advance(side, now);
        true
    }

    /// When there will be something to do though nothing comes in.
    pub(super) fn deadline(&self, side: &Side, now: Instant) -> Option<Instant> {
        let connection = self.connection.as_ref()?;
        match &self.running {
            Some(running) => lock(&running.timers.0).due.iter().copied().min(),
            None => {
                let arrives = self.upstream.front().map(|(arrives, _)| *arrives);
                [connection.deadline(&side.host, now), arrives].into_iter().flatten().min()
            }
        }
    }

    /// The controller says that nothing more will come, and listens.
    pub(super) fn leave(&mut self, side: &mut Side) {
        self.leaving = true;
        if let (Some(connection), Some(_)) = (&mut self.connection, &self.running) {
            connection.left(&side.host);
        }
    }

    /// Either side closes.
    pub(super) fn close(&mut self, side: &mut Side) {
        if let Some(mut connection) = self.connection.take() {
            connection.closed(&mut side.host);
        }
        (self.running, self.stuck) = (None, None);
        assert_eq!(Arc::strong_count(&self.woken), 1, "somebody still means to wake a closed connection");
        self.upstream.clear();
    }

    /// The law of [`crate::connection`].
    fn advance(&mut self, side: &mut Side, now: Instant) {
        while let Some(connection) = &mut self.connection {
            let effect = connection.poll(&mut side.host, now, &mut side.rng);
            assert_bounded(connection);
            let is_idle = effect.is_none() && connection.outgoing().is_empty();
            if is_idle || !self.go_on(effect, side, now) {
                return;
            }
        }
    }

    /// The controller takes some of what is outgoing; when it has taken all, the effect is carried out. Whether there is
    /// more to do at once.
    fn go_on(&mut self, effect: Option<Effect>, side: &mut Side, now: Instant) -> bool {
        let Some(connection) = &mut self.connection else { return false };
        let outgoing = connection.outgoing();
        let sip = self.sips.front().map_or(outgoing.len(), |sip| (*sip).min(outgoing.len()));
        if !outgoing.is_empty() && !self.sips.is_empty() {
            self.sips.rotate_left(1);
        }
        let sent: Vec<_> = outgoing.drain(..sip).collect();
        let is_stuck = !outgoing.is_empty();
        self.end.hear(&sent);
        if is_stuck {
            assert!(!matches!(effect, Some(Effect::Store(_))), "an answer left before it was durable");
            self.stuck = Some(effect);
            return false;
        }
        match effect {
            None => {}
            Some(Effect::Close) => self.close(side),
            Some(Effect::Compute(computation)) => connection.computed(&mut side.host, computation.run()),
            Some(Effect::Store(change)) => {
                assert!(sent.is_empty(), "an answer left before {change:?} was durable");
                let stored = side.store(&change);
                connection.stored(&mut side.host, stored);
            }
            Some(Effect::Identify(start)) => start(),
            Some(Effect::Snapshot(mut snapshot)) => {
                self.run(now, |timers| {
                    Box::pin(async move {
                        handlers::picture(&mut snapshot, timers.sleep(limits::SNAPSHOT)).await;
                        Done::Pictured(snapshot)
                    })
                });
            }
            Some(Effect::Write(mut writes)) => {
                self.run(now, |timers| {
                    Box::pin(async move {
                        handlers::call(&mut writes, timers.sleep(limits::HANDLERS)).await;
                        Done::Written(writes)
                    })
                });
            }
            Some(Effect::Read(mut reads)) => {
                self.run(now, |timers| {
                    Box::pin(async move {
                        let limit = || timers.sleep(limits::READ_HANDLER);
                        handlers::ask(&mut reads, limit, timers.sleep(limits::HANDLERS)).await;
                        Done::Read(reads)
                    })
                });
            }
        }
        self.running.is_none()
    }

    fn run(&mut self, now: Instant, handlers: impl FnOnce(Timers) -> Pin<Box<dyn Future<Output = Done>>>) {
        let timers = Timers(Arc::new(Mutex::new(Clock { now, due: Vec::new() })));
        let handlers = handlers(timers.clone());
        self.running = Some(Running { handlers, timers });
    }
}

/// No peer makes a connection hold more than the limits say, and one segment.
fn assert_bounded(connection: &Connection) {
    let text = match &connection.session {
        None => limits::UNVERIFIED_REQUEST,
        Some(_) => limits::REQUEST_HEAD + limits::REQUEST_BODY,
    };
    assert!(connection.text.len() <= text + limits::READ, "{} bytes of requests", connection.text.len());
    assert!(connection.sealed.len() <= FRAME + 32 + limits::READ, "{} sealed bytes", connection.sealed.len());
    // An answer behind one value that is as large as a bound, or a picture; and a vector doubles.
    let most = 2 * limits::SNAPSHOT_BYTES.max(3 * limits::ANSWER);
    assert!(connection.outgoing.capacity() <= most, "room for {} bytes of answers", connection.outgoing.capacity());
    if connection.text.is_empty() {
        assert!(connection.text.capacity() <= limits::KEPT_BUFFER, "{} bytes kept", connection.text.capacity());
    }
}

/// The timers of handlers, on the clock that only a test moves.
#[derive(Clone)]
struct Timers(Arc<Mutex<Clock>>);

struct Clock {
    now: Instant,
    /// Of the timers that somebody waits for.
    due: Vec<Instant>,
}

impl Timers {
    fn sleep(&self, time: Duration) -> Timer {
        let mut clock = lock(&self.0);
        let due = clock.now + time;
        clock.due.push(due);
        Timer { timers: self.clone(), due }
    }
}

struct Timer {
    timers: Timers,
    due: Instant,
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if lock(&self.timers.0).now < self.due { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let mut clock = lock(&self.timers.0);
        let place = clock.due.iter().position(|due| *due == self.due).unwrap();
        clock.due.swap_remove(place);
    }
}

/// The controller's end.
#[derive(Default)]
pub(super) struct End {
    channel: Option<Channel>,
    sealed: Vec<u8>,
    text: Vec<u8>,
}

impl End {
    /// From now on both directions are sealed, also what has come behind the last answer that was read.
    pub(super) fn secure(&mut self, keys: &SessionKeys) {
        self.channel = Some(Channel::controller(keys));
        let ahead = std::mem::take(&mut self.text);
        self.hear(&ahead);
    }

    /// What goes over the wire for `plain`.
    pub(super) fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        let Some(channel) = &mut self.channel else { return plain.to_vec() };
        let mut wire = Vec::new();
        channel.seal(plain, &mut wire).unwrap();
        wire
    }

    /// What was heard and not yet read, as it came.
    pub(super) fn unread(&mut self) -> Vec<u8> {
        assert!(self.sealed.is_empty(), "a frame was cut off");
        std::mem::take(&mut self.text)
    }

    /// The next message.
    pub(super) fn read(&mut self) -> Option<Message> {
        let (message, taken) = Message::parse(&self.text)?;
        self.text.drain(..taken);
        Some(message)
    }

    fn hear(&mut self, bytes: &[u8]) {
        match &mut self.channel {
            None => self.text.extend_from_slice(bytes),
            Some(channel) => {
                self.sealed.extend_from_slice(bytes);
                channel.open(&mut self.sealed, &mut self.text).unwrap();
            }
        }
    }
}

/// What the accessory says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Message {
    Answer(Answer),
    Event(Value),
}

/// An answer to a request.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) kind: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The body, if the answer is `status` with JSON.
    #[track_caller]
    pub(super) fn json(&self, status: u16) -> Value {
        assert_eq!((self.status, self.kind.as_str()), (status, "application/hap+json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body, if the answer is a pairing message.
    #[track_caller]
    pub(super) fn tlv(&self) -> &[u8] {
        assert_eq!((self.status, self.kind.as_str()), (200, "application/pairing+tlv8"), "{self:?}");
        &self.body
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} {} [{}] {body:?}", self.status, self.reason, self.kind)
    }
}

impl Message {
    /// The first message of `text` and its length; strict, so that a message inside another one cannot hide.
    fn parse(text: &[u8]) -> Option<(Self, usize)> {
        let head = text.windows(4).position(|window| window == b"\r\n\r\n")?;
        let body = head + 4;
        let mut lines = std::str::from_utf8(&text[..head]).expect("a head in ASCII").split("\r\n");
        let (mut kind, mut length) = (String::new(), None);
        let first = lines.next().unwrap();
        for line in lines {
            match line.split_once(": ").expect("a header") {
                ("Content-Type", value) => kind = value.to_owned(),
                ("Content-Length", value) => length = Some(value.parse::<usize>().unwrap()),
                other => panic!("an unexpected header {other:?}"),
            }
        }
        let end = body + length.unwrap_or(0);
        let body = text.get(body..end)?.to_vec();
        if first == "EVENT/1.0 200 OK" {
            assert_eq!(kind, "application/hap+json");
            return Some((Self::Event(serde_json::from_slice(&body).unwrap()), end));
        }
        let (status, reason) = first.strip_prefix("HTTP/1.1 ").expect("a status line").split_once(' ').unwrap();
        assert_eq!(length.is_none(), status == "204", "{first} with length {length:?}");
        assert_eq!(kind.is_empty(), body.is_empty());
        let answer = Answer { status: status.parse().unwrap(), reason: reason.to_owned(), kind, body };
        Some((Self::Answer(answer), end))
    }
}
