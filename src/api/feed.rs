//! What happens, as a stream of numbered events: what was missed is kept for a while, and who does not listen is let go.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use super::limits;
use crate::history::Line;

/// The events of one run of the daemon.
pub(crate) struct Feed {
    /// Tells this run's numbers from another one's.
    epoch: String,
    inner: Mutex<Inner>,
    /// How many listen.
    listeners: watch::Sender<usize>,
}

#[derive(Default)]
struct Inner {
    /// The number of the last event.
    last: u64,
    kept: VecDeque<(u64, Bytes)>,
    kept_bytes: usize,
    listeners: Vec<mpsc::Sender<Bytes>>,
    lines: VecDeque<Line>,
}

/// What a new listener is given.
pub(crate) struct Joined {
    /// What it missed; none when that is not known, and then it needs a [`snapshot`](Feed::snapshot).
    pub(crate) missed: Option<Vec<Bytes>>,
    /// What comes.
    pub(crate) events: mpsc::Receiver<Bytes>,
}

/// There are as many listeners as there may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Full;

impl Feed {
    /// A feed without events. `epoch` is another one at each start; `lines` are the newest of the history, oldest first.
    pub(crate) fn new(epoch: String, lines: Vec<Line>) -> Self {
        let inner = Inner { lines: lines.into(), ..Inner::default() };
        Self { epoch, inner: Mutex::new(inner), listeners: watch::Sender::new(0) }
    }

    /// Tells an event to all who listen. One whose buffer is full loses its stream.
    pub(crate) fn publish(&self, event: &str, data: &impl Serialize) {
        self.tell(&mut self.lock(), event, data);
    }

    /// The same for a line of the history.
    pub(crate) fn publish_line(&self, line: &Line) {
        let mut inner = self.lock();
        self.tell(&mut inner, "history", line);
        inner.keep_line(line.clone());
    }

    /// Shows all who listen that the stream lives. It has no number of its own.
    pub(crate) fn beat(&self) {
        let mut inner = self.lock();
        let frame = self.beat_at(inner.last);
        self.send(&mut inner, &frame);
    }

    /// Listens from now on, or from behind the event of this id, as far back as events are kept.
    pub(crate) fn join(&self, last_seen: Option<&str>) -> Result<Joined, Full> {
        let mut inner = self.lock();
        inner.listeners.retain(|listener| !listener.is_closed());
        if inner.listeners.len() >= limits::STREAMS {
            return Err(Full);
        }
        let missed = last_seen.and_then(|id| self.number(id)).and_then(|seen| inner.after(seen)).map(|mut missed| {
            missed.push(self.beat_at(inner.last));
            missed
        });
        let (listener, events) = mpsc::channel(limits::WAITING);
        inner.listeners.push(listener);
        self.count(&inner);
        Ok(Joined { missed, events })
    }

    /// The event that tells everything at once: `data` is made of the newest lines of the history.
    pub(crate) fn snapshot<T: Serialize>(&self, data: impl FnOnce(Vec<Line>) -> T) -> Bytes {
        let (last, lines) = {
            let inner = self.lock();
            (inner.last, inner.lines.iter().cloned().collect())
        };
        self.frame(last, "snapshot", &data(lines))
    }

    /// How many listen.
    pub(crate) fn streams(&self) -> usize {
        self.lock().listeners.iter().filter(|listener| !listener.is_closed()).count()
    }

    /// Waits until anybody listens.
    pub(crate) async fn someone(&self) {
        // The sender lives as long as this.
        let _ = self.listeners.subscribe().wait_for(|count| *count > 0).await;
    }

    fn tell(&self, inner: &mut Inner, event: &str, data: &impl Serialize) {
        inner.last += 1;
        let frame = self.frame(inner.last, event, data);
        inner.keep(frame.clone());
        self.send(inner, &frame);
    }

    fn send(&self, inner: &mut Inner, frame: &Bytes) {
        inner.listeners.retain(|listener| listener.try_send(frame.clone()).is_ok());
        self.count(inner);
    }

    fn count(&self, inner: &Inner) {
        let now = inner.listeners.len();
        self.listeners.send_if_modified(|count| std::mem::replace(count, now) != now);
    }

    fn beat_at(&self, number: u64) -> Bytes {
        frame(self.id(number), "beat", "{}")
    }

    fn frame(&self, number: u64, event: &str, data: &impl Serialize) -> Bytes {
        // What is told is made of names, numbers and flags, which JSON can hold, in one line.
        frame(self.id(number), event, &serde_json::to_string(data).unwrap_or_default())
    }

    fn id(&self, number: u64) -> impl Display {
        format!("{}-{number}", self.epoch)
    }

    /// The number of an id, if it is of this run.
    fn number(&self, id: &str) -> Option<u64> {
        id.strip_prefix(self.epoch.as_str())?.strip_prefix('-')?.parse().ok()
    }

    /// The feed is whole between two calls, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn keep(&mut self, frame: Bytes) {
        self.kept_bytes += frame.len();
        self.kept.push_back((self.last, frame));
        while self.kept.len() > limits::KEPT || self.kept_bytes > limits::KEPT_BYTES {
            let Some((_, oldest)) = self.kept.pop_front() else { break };
            self.kept_bytes -= oldest.len();
        }
    }

    /// The oldest line of its own kind makes room for a new one.
    fn keep_line(&mut self, line: Line) {
        let is_in_vain = line.what.is_in_vain();
        let most = if is_in_vain { limits::SNAPSHOT_IN_VAIN } else { limits::SNAPSHOT_LINES };
        self.lines.push_back(line);
        let mut alike = self.lines.iter().enumerate().filter(|(_, line)| line.what.is_in_vain() == is_in_vain);
        let oldest = alike.next().map(|(at, _)| at);
        if alike.count() >= most {
            oldest.and_then(|at| self.lines.remove(at));
        }
    }

    /// The events behind number `seen`; none when some of them are not kept any more, or it is yet to come.
    fn after(&self, seen: u64) -> Option<Vec<Bytes>> {
        let oldest = self.kept.front().map_or(self.last + 1, |(number, _)| *number);
        let is_known = seen <= self.last && seen + 1 >= oldest;
        let behind = self.kept.iter().filter(|(number, _)| *number > seen);
        is_known.then(|| behind.map(|(_, frame)| frame.clone()).collect())
    }
}

fn frame(id: impl Display, event: &str, data: &str) -> Bytes {
    format!("id: {id}\nevent: {event}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::history::{Decision, Stamp, What};

    fn line(n: u64) -> Line {
        let stamp = Stamp::of(Instant::now());
        Line { n, ..Line::new(stamp, None, What::Lost { lines: 1 }) }
    }

    fn feed() -> Feed {
        Feed::new("run".to_owned(), Vec::new())
    }

    fn text(frame: &Bytes) -> &str {
        std::str::from_utf8(frame).unwrap()
    }

    fn numbers(frames: &[Bytes]) -> Vec<&str> {
        frames.iter().map(|frame| text(frame).lines().next().unwrap()).collect()
    }

    #[test]
    fn an_event_has_an_id_a_name_and_one_line() {
        let feed = feed();
        let mut joined = feed.join(None).unwrap();
        feed.publish("state", &["a\nb"]);
        assert_eq!(text(&joined.events.try_recv().unwrap()), "id: run-1\nevent: state\ndata: [\"a\\nb\"]\n\n");
    }

    #[test]
    fn who_comes_back_gets_what_it_missed_and_a_beat() {
        let feed = feed();
        for number in 0..5 {
            feed.publish("state", &number);
        }
        let missed = |id| feed.join(Some(id)).unwrap().missed;
        assert_eq!(numbers(&missed("run-3").unwrap()), ["id: run-4", "id: run-5", "id: run-5"]);
        assert_eq!(numbers(&missed("run-5").unwrap()), ["id: run-5"]);
        assert_eq!(numbers(&missed("run-0").unwrap()).len(), 6);
    }

    #[test]
    fn what_is_not_known_needs_a_snapshot() {
        let feed = feed();
        for number in 0..=limits::KEPT + 1 {
            feed.publish("state", &number);
        }
        for id in ["run-0", "run-1", "run-999", "other-5", "run-", "run", "", "run--1", "run-18446744073709551615"] {
            assert!(feed.join(Some(id)).unwrap().missed.is_none(), "{id}");
        }
        assert!(feed.join(None).unwrap().missed.is_none());
        assert!(feed.join(Some("run-2")).unwrap().missed.is_some());
    }

    #[test]
    fn what_is_kept_has_its_bounds() {
        let feed = feed();
        for _ in 0..100 {
            feed.publish("state", &"x".repeat(limits::KEPT_BYTES / 10));
        }
        let inner = feed.lock();
        assert!(inner.kept_bytes <= limits::KEPT_BYTES);
        assert_eq!(inner.kept_bytes, inner.kept.iter().map(|(_, frame)| frame.len()).sum::<usize>());
        assert_eq!(inner.kept.len(), 9);
    }

    #[test]
    fn who_does_not_listen_loses_its_stream_and_the_others_hear_everything() {
        let feed = feed();
        let mut stalled = feed.join(None).unwrap();
        let mut listens = feed.join(None).unwrap();
        for number in 0..=limits::WAITING {
            feed.publish("state", &number);
            assert!(listens.events.try_recv().is_ok());
        }
        for _ in 0..limits::WAITING {
            assert!(stalled.events.try_recv().is_ok());
        }
        assert_eq!(stalled.events.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        assert_eq!(listens.events.try_recv(), Err(mpsc::error::TryRecvError::Empty));
    }

    #[test]
    fn there_are_only_so_many_streams_and_who_leaves_makes_room() {
        let feed = feed();
        let mut joined: Vec<_> = (0..limits::STREAMS).map(|_| feed.join(None).unwrap()).collect();
        assert!(feed.join(None).is_err());
        joined.pop();
        assert!(feed.join(None).is_ok());
    }

    #[test]
    fn requests_in_vain_push_out_each_other_and_nothing_that_moved_the_gate() {
        let in_vain = |n| Line { n, ..Line::in_vain("open", Decision::Already) };
        let feed = Feed::new("run".to_owned(), vec![line(1)]);
        for n in 2..=26 {
            feed.publish_line(&in_vain(n));
        }
        feed.publish_line(&line(27));
        let snapshot = feed.snapshot(|lines| lines.iter().map(|line| line.n).collect::<Vec<_>>());
        assert!(text(&snapshot).ends_with("data: [1,22,23,24,25,26,27]\n\n"), "{}", text(&snapshot));
    }

    #[test]
    fn a_snapshot_has_the_newest_lines_and_the_number_of_the_last_event() {
        let feed = Feed::new("run".to_owned(), vec![line(1), line(2)]);
        for n in 3..=30 {
            feed.publish_line(&line(n));
        }
        let snapshot = feed.snapshot(|lines| lines.iter().map(|line| line.n).collect::<Vec<_>>());
        let expected: Vec<_> = (11..=30).collect();
        assert_eq!(text(&snapshot), format!("id: run-28\nevent: snapshot\ndata: {}\n\n", serde_json::json!(expected)));
    }
}
