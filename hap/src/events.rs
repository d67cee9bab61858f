//! Events: who subscribed to what, and what each session has still to hear (HAP §12).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use pairing::ControllerId;

use crate::limits;
use crate::session::SessionId;
use crate::sync::lock;
use crate::value::Value;

/// Carries changes of characteristics to the sessions that subscribed to them.
#[derive(Default)]
pub(crate) struct Hub {
    listeners: Mutex<Listeners>,
    constant_changes: AtomicUsize,
}

#[derive(Default)]
struct Listeners {
    sessions: BTreeMap<SessionId, Arc<Subscriber>>,
    /// Who subscribed to each characteristic, by its place in the database: a change costs what its watchers cost, however
    /// many sessions there are.
    watchers: Vec<Vec<Arc<Subscriber>>>,
}

impl Hub {
    /// Adds a session of `controller`; `wake` is called, from any thread, when there is something for it.
    pub(crate) fn join(&self, session: SessionId, controller: ControllerId, wake: Wake) -> Arc<Subscriber> {
        let subscriber = Arc::new(Subscriber {
            session,
            controller,
            removed: AtomicBool::new(false),
            inner: Mutex::default(),
            wake,
        });
        lock(&self.listeners).sessions.insert(session, Arc::clone(&subscriber));
        subscriber
    }

    /// Removes a session.
    pub(crate) fn leave(&self, session: SessionId) {
        let mut listeners = lock(&self.listeners);
        if let Some(subscriber) = listeners.sessions.remove(&session) {
            listeners.silence(&subscriber);
        }
    }

    /// Ends all subscriptions of a session, and it hears nothing of what waited.
    pub(crate) fn silence(&self, session: SessionId) {
        let mut listeners = lock(&self.listeners);
        if let Some(subscriber) = listeners.sessions.get(&session).map(Arc::clone) {
            listeners.silence(&subscriber);
        }
    }

    /// Subscribes a session or unsubscribes it; doing so twice is no fault (HAP §10.2).
    pub(crate) fn subscribe(&self, subscriber: &Arc<Subscriber>, characteristic: u32, on: bool) {
        let mut listeners = lock(&self.listeners);
        if !subscriber.subscribe(characteristic, on) {
            return;
        }
        if on {
            let place = place(characteristic);
            if listeners.watchers.len() <= place {
                listeners.watchers.resize_with(place.saturating_add(1), Vec::new);
            }
            if let Some(watchers) = listeners.watchers.get_mut(place) {
                watchers.push(Arc::clone(subscriber));
            }
        } else {
            listeners.forget(subscriber, characteristic);
        }
    }

    /// Ends the subscriptions of a session to what `ends` says.
    pub(crate) fn unsubscribe(&self, subscriber: &Arc<Subscriber>, ends: impl Fn(u32) -> bool) {
        let mut listeners = lock(&self.listeners);
        let subscribed: Vec<u32> = lock(&subscriber.inner).subscribed.iter().copied().collect();
        for characteristic in subscribed.into_iter().filter(|characteristic| ends(*characteristic)) {
            subscriber.subscribe(characteristic, false);
            listeners.forget(subscriber, characteristic);
        }
    }

    /// Characteristics changed; all their subscribers but the writer hear of it, each of all at once.
    pub(crate) fn publish(&self, changes: &[Change]) {
        let listeners = lock(&self.listeners);
        for (nth, change) in changes.iter().enumerate() {
            let watchers = listeners.watchers.get(place(change.characteristic)).map_or(&[][..], Vec::as_slice);
            for subscriber in watchers {
                let mut earlier = changes.iter().take(nth);
                if !earlier.any(|earlier| subscriber.is_subscribed(earlier.characteristic)) {
                    subscriber.publish(changes);
                }
            }
        }
    }

    /// The program set another value of a [constant](crate::value::Metadata::is_constant), of which no event tells.
    pub(crate) fn constant_changed(&self) {
        self.constant_changes.fetch_add(1, Ordering::Release);
    }

    /// How often that was: as long as it is the same, so are they all.
    pub(crate) fn constant_changes(&self) -> usize {
        self.constant_changes.load(Ordering::Acquire)
    }

    /// One session hears of a change, which for the others is none.
    pub(crate) fn tell(&self, session: SessionId, change: &Change) {
        if let Some(subscriber) = lock(&self.listeners).sessions.get(&session) {
            subscriber.publish(std::slice::from_ref(change));
        }
    }

    /// A session wrote the value that a characteristic has: what it has still to hear of it is no news.
    pub(crate) fn knows(&self, session: SessionId, characteristic: u32) {
        if let Some(subscriber) = lock(&self.listeners).sessions.get(&session) {
            lock(&subscriber.inner).forget(characteristic);
        }
    }

    /// Pairings went: wakes every session, so that each looks whether it may still live.
    pub(crate) fn removed(&self, is_paired: impl Fn(&ControllerId) -> bool) {
        for subscriber in lock(&self.listeners).sessions.values() {
            if !is_paired(&subscriber.controller) {
                subscriber.removed.store(true, Ordering::Relaxed);
            }
            (subscriber.wake)();
        }
    }
}

impl Listeners {
    fn silence(&mut self, subscriber: &Arc<Subscriber>) {
        for characteristic in subscriber.silence() {
            self.forget(subscriber, characteristic);
        }
    }

    fn forget(&mut self, subscriber: &Arc<Subscriber>, characteristic: u32) {
        if let Some(watchers) = self.watchers.get_mut(place(characteristic)) {
            watchers.retain(|other| !Arc::ptr_eq(other, subscriber));
            watchers.shrink_to(2 * watchers.len());
        }
    }
}

fn place(characteristic: u32) -> usize {
    usize::try_from(characteristic).unwrap_or(usize::MAX)
}

/// A change of a characteristic, on its way to the sessions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// Its place in the database.
    pub(crate) characteristic: u32,
    /// It must not wait for the interval.
    pub(crate) immediate: bool,
    /// The value of a button's event: each press counts, also one like the last (HAP §12).
    pub(crate) press: Option<Value>,
    /// The session whose write this is: it knows the value, and hears nothing of it or of what was before.
    pub(crate) writer: Option<SessionId>,
}

/// How a session is told that something waits for it.
pub(crate) type Wake = Box<dyn Fn() + Send + Sync>;

/// One session's subscriptions and what it has still to hear.
pub(crate) struct Subscriber {
    session: SessionId,
    controller: ControllerId,
    removed: AtomicBool,
    inner: Mutex<Inner>,
    wake: Wake,
}

#[derive(Default)]
struct Inner {
    subscribed: BTreeSet<u32>,
    /// Sorted.
    pending: Vec<u32>,
    presses: VecDeque<(u32, Value)>,
    /// Something that waits must not wait for the interval.
    immediate: bool,
    /// Until then, changes are gathered.
    quiet_until: Option<Instant>,
}

impl Subscriber {
    pub(crate) fn is_subscribed(&self, characteristic: u32) -> bool {
        lock(&self.inner).subscribed.contains(&characteristic)
    }

    /// All the characteristics that it is subscribed to.
    pub(crate) fn subscriptions(&self) -> BTreeSet<u32> {
        lock(&self.inner).subscribed.clone()
    }

    /// Whether its controller's pairing went, though the session may not have looked yet.
    pub(crate) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Relaxed)
    }

    /// When the next event may go: `None` if nothing waits, a time in the past if at once.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        lock(&self.inner).due(now)
    }

    /// Puts what is due into `due`: the characteristics to send, oldest id first, and at most one press. `false` if
    /// nothing is.
    pub(crate) fn take(&self, now: Instant, due: &mut Due) -> bool {
        let mut inner = lock(&self.inner);
        if inner.due(now).is_none_or(|due| due > now) {
            return false;
        }
        due.changed.clear();
        due.changed.extend_from_slice(&inner.pending);
        inner.pending.clear();
        due.press = inner.presses.pop_front();
        inner.immediate = !inner.presses.is_empty();
        inner.quiet_until = now.checked_add(limits::EVENT_INTERVAL);
        true
    }

    /// Forgets everything but when it heard last; what it was subscribed to.
    fn silence(&self) -> BTreeSet<u32> {
        let mut inner = lock(&self.inner);
        let quiet_until = inner.quiet_until;
        std::mem::replace(&mut *inner, Inner { quiet_until, ..Inner::default() }).subscribed
    }

    /// Whether that changes anything.
    fn subscribe(&self, characteristic: u32, on: bool) -> bool {
        let mut inner = lock(&self.inner);
        if on {
            return inner.subscribed.insert(characteristic);
        }
        inner.presses.retain(|(index, _)| *index != characteristic);
        inner.forget(characteristic);
        inner.subscribed.remove(&characteristic)
    }

    fn publish(&self, changes: &[Change]) {
        let mut inner = lock(&self.inner);
        let mut news = false;
        for Change { characteristic, immediate, press, writer } in changes {
            if *writer == Some(self.session) {
                inner.forget(*characteristic);
                continue;
            }
            if !inner.subscribed.contains(characteristic) {
                continue;
            }
            match press {
                Some(value) => {
                    if inner.presses.len() >= limits::WAITING_PRESSES {
                        inner.presses.pop_front();
                    }
                    inner.presses.push_back((*characteristic, value.clone()));
                }
                None => {
                    if let Err(place) = inner.pending.binary_search(characteristic) {
                        inner.pending.insert(place, *characteristic);
                    }
                }
            }
            inner.immediate |= *immediate;
            news = true;
        }
        drop(inner);
        if news {
            (self.wake)();
        }
    }
}

impl Inner {
    /// A change that waits is none any more.
    fn forget(&mut self, characteristic: u32) {
        if let Ok(place) = self.pending.binary_search(&characteristic) {
            self.pending.remove(place);
        }
        self.immediate &= !(self.pending.is_empty() && self.presses.is_empty());
    }

    fn due(&self, now: Instant) -> Option<Instant> {
        if self.pending.is_empty() && self.presses.is_empty() {
            return None;
        }
        match self.quiet_until {
            Some(until) if !self.immediate => Some(until),
            _ => Some(now),
        }
    }
}

/// One event message's worth of changes.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// Send the value that each has now: a burst sends only the latest (HAP §12). Sorted.
    pub(crate) changed: Vec<u32>,
    /// A press carries its own value, because it reads as null.
    pub(crate) press: Option<(u32, Value)>,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn session(hub: &Hub, id: u64) -> (Arc<Subscriber>, Arc<AtomicUsize>) {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let wake = Box::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        (hub.join(SessionId(id), ControllerId::try_from("phone").unwrap(), wake), woken)
    }

    fn take(subscriber: &Subscriber, now: Instant) -> Option<Due> {
        let mut due = Due::default();
        subscriber.take(now, &mut due).then_some(due)
    }

    fn publish(hub: &Hub, characteristic: u32, immediate: bool, press: Option<Value>, writer: Option<SessionId>) {
        hub.publish(&[Change { characteristic, immediate, press, writer }]);
    }

    #[test]
    fn the_first_change_goes_at_once_and_the_next_waits_for_the_second_to_pass() {
        let (hub, now) = (Hub::default(), Instant::now());
        let (subscriber, _) = session(&hub, 1);
        hub.subscribe(&subscriber, 7, true);
        publish(&hub, 7, false, None, None);
        assert_eq!(take(&subscriber, now).unwrap().changed, [7]);
        publish(&hub, 7, false, None, None);
        let soon = now + Duration::from_millis(999);
        assert!(take(&subscriber, soon).is_none());
        assert_eq!(subscriber.due(soon), Some(now + limits::EVENT_INTERVAL));
        assert!(take(&subscriber, now + limits::EVENT_INTERVAL).is_some());
    }

    #[test]
    fn an_immediate_event_takes_along_what_waits() {
        let (hub, now) = (Hub::default(), Instant::now());
        let (subscriber, _) = session(&hub, 1);
        hub.subscribe(&subscriber, 1, true);
        hub.subscribe(&subscriber, 2, true);
        publish(&hub, 1, false, None, None);
        take(&subscriber, now).unwrap();
        publish(&hub, 1, false, None, None);
        publish(&hub, 2, true, Some(Value::Unsigned(0)), None);
        let due = take(&subscriber, now).unwrap();
        assert_eq!(due.changed, [1]);
        assert_eq!(due.press, Some((2, Value::Unsigned(0))));
    }

    #[test]
    fn every_press_of_a_button_counts_and_none_is_kept_past_the_bound() {
        let (hub, now) = (Hub::default(), Instant::now());
        let (subscriber, _) = session(&hub, 1);
        hub.subscribe(&subscriber, 2, true);
        for _ in 0..limits::WAITING_PRESSES + 5 {
            publish(&hub, 2, true, Some(Value::Unsigned(0)), None);
        }
        let taken = std::iter::from_fn(|| take(&subscriber, now)).count();
        assert_eq!(taken, limits::WAITING_PRESSES);
    }

    #[test]
    fn the_writer_hears_nothing_of_its_own_write_and_is_not_woken() {
        let hub = Hub::default();
        let (writer, writer_woken) = session(&hub, 1);
        let (other, other_woken) = session(&hub, 2);
        hub.subscribe(&writer, 7, true);
        hub.subscribe(&other, 7, true);
        publish(&hub, 7, false, None, Some(SessionId(1)));
        assert!(writer.due(Instant::now()).is_none());
        assert!(other.due(Instant::now()).is_some());
        assert_eq!(writer_woken.load(Ordering::Relaxed), 0);
        assert_eq!(other_woken.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_session_that_did_not_subscribe_is_not_woken() {
        let hub = Hub::default();
        let (subscriber, woken) = session(&hub, 1);
        publish(&hub, 7, false, None, None);
        hub.subscribe(&subscriber, 7, true);
        hub.subscribe(&subscriber, 7, false);
        publish(&hub, 7, false, None, None);
        assert!(subscriber.due(Instant::now()).is_none());
        assert_eq!(woken.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn each_session_hears_once_of_all_that_it_watches_of_a_batch() {
        let (hub, now) = (Hub::default(), Instant::now());
        let (both, both_woken) = session(&hub, 1);
        let (second, second_woken) = session(&hub, 2);
        hub.subscribe(&both, 3, true);
        hub.subscribe(&both, 1, true);
        hub.subscribe(&second, 3, true);
        let change = |characteristic, writer| Change { characteristic, immediate: false, press: None, writer };
        hub.publish(&[change(1, None), change(3, Some(SessionId(2))), change(2, None)]);
        assert_eq!(take(&both, now).unwrap().changed, [1, 3]);
        assert!(take(&second, now).is_none());
        assert_eq!((both_woken.load(Ordering::Relaxed), second_woken.load(Ordering::Relaxed)), (1, 0));
    }

    #[test]
    fn who_left_is_not_woken_and_nobody_remembers_it() {
        let hub = Hub::default();
        let (subscriber, woken) = session(&hub, 1);
        hub.subscribe(&subscriber, 7, true);
        hub.leave(SessionId(1));
        publish(&hub, 7, false, None, None);
        hub.removed(|_| false);
        assert_eq!((Arc::strong_count(&subscriber), woken.load(Ordering::Relaxed)), (1, 0));
    }
}
