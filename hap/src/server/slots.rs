//! Who holds a connection, and who has to go when there are too many (HAP §8.5).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::Notify;

use crate::limits;
use crate::session::SessionId;
use crate::sync::lock;

/// All connections.
#[derive(Default)]
pub(super) struct Slots {
    slots: Mutex<HashMap<SessionId, Arc<Slot>>>,
}

/// One connection, seen from outside its task.
pub(super) struct Slot {
    /// Wakes the connection's task.
    pub(super) wake: Arc<Notify>,
    opened: Instant,
    last_heard: Mutex<Instant>,
    verified: AtomicBool,
    evicted: AtomicBool,
}

impl Slots {
    /// Takes in a newcomer, and tells another one to go if there is no room.
    pub(super) fn enter(&self, id: SessionId, now: Instant) -> Arc<Slot> {
        let slot = Arc::new(Slot {
            wake: Arc::default(),
            opened: now,
            last_heard: Mutex::new(now),
            verified: AtomicBool::new(false),
            evicted: AtomicBool::new(false),
        });
        let mut slots = lock(&self.slots);
        if let Some((victim, evicted)) = victim(&slots) {
            log::debug!("connection {victim} makes room for {id}");
            evicted.evict();
        }
        slots.insert(id, Arc::clone(&slot));
        slot
    }

    /// The connection is closed.
    pub(super) fn leave(&self, id: SessionId) {
        lock(&self.slots).remove(&id);
    }

    /// How many have verified.
    pub(super) fn verified(&self) -> usize {
        lock(&self.slots).values().filter(|slot| slot.is_verified()).count()
    }
}

impl Slot {
    /// The peer was heard.
    pub(super) fn heard(&self, now: Instant) {
        *lock(&self.last_heard) = now;
    }

    /// The peer verified.
    pub(super) fn set_verified(&self) {
        self.verified.store(true, Ordering::Relaxed);
    }

    /// Whether the connection must close.
    pub(super) fn is_evicted(&self) -> bool {
        self.evicted.load(Ordering::Relaxed)
    }

    fn is_verified(&self) -> bool {
        self.verified.load(Ordering::Relaxed)
    }

    fn evict(&self) {
        self.evicted.store(true, Ordering::Relaxed);
        self.wake.notify_one();
    }
}

/// Who must go before another comes: the oldest that never verified, else the one that was silent longest.
///
/// Those who verified are never pushed out as long as a stranger holds a connection.
fn victim(slots: &HashMap<SessionId, Arc<Slot>>) -> Option<(SessionId, &Arc<Slot>)> {
    let staying = || slots.iter().filter(|(_, slot)| !slot.is_evicted());
    let strangers = || staying().filter(|(_, slot)| !slot.is_verified());
    let full = staying().count() >= limits::CONNECTIONS;
    let victim = if full || strangers().count() >= limits::UNVERIFIED_CONNECTIONS {
        strangers()
            .min_by_key(|(_, slot)| slot.opened)
            .or_else(|| staying().min_by_key(|(_, slot)| *lock(&slot.last_heard)))
    } else {
        None
    };
    victim.map(|(id, slot)| (*id, slot))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fill(slots: &Slots, count: usize, from: u64, start: Instant, verified: bool) -> Vec<Arc<Slot>> {
        let at = |nth: u64| start + Duration::from_millis(nth);
        (from..).take(count).map(|nth| {
            let slot = slots.enter(SessionId(nth), at(nth));
            if verified {
                slot.set_verified();
            }
            slot
        }).collect()
    }

    #[test]
    fn the_oldest_stranger_goes_when_strangers_are_too_many() {
        let (slots, start) = (Slots::default(), Instant::now());
        let strangers = fill(&slots, limits::UNVERIFIED_CONNECTIONS, 0, start, false);
        assert!(strangers.iter().all(|slot| !slot.is_evicted()));
        slots.enter(SessionId(9999), start + Duration::from_secs(9));
        let gone: Vec<_> = strangers.iter().map(|slot| slot.is_evicted()).collect();
        assert_eq!(gone.iter().position(|gone| *gone), Some(0));
        assert_eq!(gone.iter().filter(|gone| **gone).count(), 1);
    }

    #[test]
    fn a_stranger_never_pushes_out_a_session_while_another_stranger_can_go() {
        let (slots, start) = (Slots::default(), Instant::now());
        let sessions = fill(&slots, limits::CONNECTIONS - 1, 0, start, true);
        let stranger = fill(&slots, 1, 5000, start, false);
        slots.enter(SessionId(9999), start + Duration::from_secs(9));
        assert!(sessions.iter().all(|slot| !slot.is_evicted()));
        assert!(stranger[0].is_evicted());
    }

    #[test]
    fn among_sessions_the_one_that_was_silent_longest_goes() {
        let (slots, start) = (Slots::default(), Instant::now());
        let sessions = fill(&slots, limits::CONNECTIONS, 0, start, true);
        for (nth, slot) in sessions.iter().enumerate() {
            slot.heard(start + Duration::from_secs(if nth == 7 { 1 } else { 2 }));
        }
        slots.enter(SessionId(9999), start + Duration::from_secs(9));
        let gone: Vec<_> = (0..sessions.len()).filter(|nth| sessions[*nth].is_evicted()).collect();
        assert_eq!(gone, [7]);
    }
}
