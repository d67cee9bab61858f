//! Changes that belong together, told together.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use crate::characteristic::Cell;
use crate::events::{Change, Hub};

/// Runs `changes`, and tells subscribed controllers of all values that it sets in one message each.
///
/// Only values that this thread sets while `changes` runs are held back; reads see them at once. Without it, a session may
/// hear of the first value while the second is being set, and of that one only a second later (HAP §12). A garage door is
/// shown as "Opening…" in that time (HAP §13.1). On the thread that runs the server nothing comes between two values, unless
/// there is an `.await`.
///
/// ```
/// use hap::catalogue::{CurrentDoorState, GarageDoorOpener, TargetDoorState};
///
/// let door = GarageDoorOpener::new();
/// hap::batch(|| {
///     door.target_door_state.set(TargetDoorState::Open);
///     door.current_door_state.set(CurrentDoorState::Opening);
/// });
/// ```
pub fn batch<T>(changes: impl FnOnce() -> T) -> T {
    let is_outermost = HELD.with_borrow_mut(|held| match held {
        Some(_) => false,
        None => {
            *held = Some(Vec::new());
            true
        }
    });
    // Also when `changes` panics: the values are set, and somebody waits for them.
    let _release = is_outermost.then(|| Release);
    changes()
}

/// Tells of a change that made `version` of `cell`, or keeps it until the batch of this thread ends.
pub(crate) fn publish(hub: &Arc<Hub>, change: Change, cell: &Weak<Cell>, version: u64) {
    let now = HELD.with_borrow_mut(|held| match held {
        None => Some(change),
        Some(held) => {
            // Presses count one by one; of values only the last one is told.
            let is_same = |other: &&mut Held| Arc::ptr_eq(&other.hub, hub) && other.change == change;
            match held.iter_mut().find(is_same).filter(|_| change.press.is_none()) {
                Some(earlier) => earlier.version = version,
                None => held.push(Held { hub: Arc::clone(hub), change, cell: Weak::clone(cell), version }),
            }
            None
        }
    });
    if let Some(change) = now {
        hub.publish(&[change]);
    }
}

thread_local! {
    /// What the batch of this thread holds back; `None` outside one.
    static HELD: RefCell<Option<Vec<Held>>> = const { RefCell::new(None) };
}

/// A change that is held back.
struct Held {
    /// Who hears of it.
    hub: Arc<Hub>,
    change: Change,
    cell: Weak<Cell>,
    version: u64,
}

impl Held {
    /// What there is still to tell: who changed the value meanwhile has told of it, and who wrote the same knows it.
    fn release(&self) -> Option<Change> {
        let change = self.change.clone();
        if change.press.is_some() {
            return Some(change);
        }
        let writer = self.cell.upgrade()?.writer_of(self.version)?;
        Some(Change { writer, ..change })
    }
}

struct Release;

impl Drop for Release {
    fn drop(&mut self) {
        let held = HELD.take().unwrap_or_default();
        for group in held.chunk_by(|one, other| Arc::ptr_eq(&one.hub, &other.hub)) {
            if let [Held { hub, .. }, ..] = group {
                let changes: Vec<_> = group.iter().filter_map(Held::release).collect();
                hub.publish(&changes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use pairing::ControllerId;

    use super::*;
    use crate::catalogue::On;
    use crate::characteristic::{AnyCharacteristic, Characteristic};
    use crate::events::Due;
    use crate::session::SessionId;

    /// A characteristic in this place of a database.
    fn placed(hub: &Arc<Hub>, index: u32) -> Characteristic<On> {
        let on = Characteristic::initial();
        let AnyCharacteristic(cell) = on.any();
        cell.place(index, Arc::clone(hub)).unwrap();
        on
    }

    #[test]
    fn what_is_set_in_a_batch_is_told_at_its_end_in_one_message() {
        let hub = Arc::new(Hub::default());
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let wake = Box::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let subscriber = hub.join(SessionId(1), ControllerId::try_from("phone").unwrap(), wake);
        hub.subscribe(&subscriber, 1, true);
        hub.subscribe(&subscriber, 2, true);
        let (first, second) = (placed(&hub, 1), placed(&hub, 2));
        batch(|| {
            first.set(true);
            batch(|| second.set(true));
            first.set(false);
            assert!(subscriber.due(Instant::now()).is_none());
        });
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        let mut due = Due::default();
        assert!(subscriber.take(Instant::now(), &mut due));
        assert_eq!(due.changed, [1, 2]);
        first.set(true);
        assert_eq!(woken.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_was_set_before_a_panic_is_told_and_the_thread_is_as_before() {
        let hub = Arc::new(Hub::default());
        let subscriber = hub.join(SessionId(1), ControllerId::try_from("phone").unwrap(), Box::new(|| ()));
        hub.subscribe(&subscriber, 1, true);
        let on = placed(&hub, 1);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            batch(|| {
                on.set(true);
                panic!("a fault of the program");
            })
        }));
        assert!(panicked.is_err());
        assert!(subscriber.due(Instant::now()).is_some());
        assert!(HELD.with_borrow(Option::is_none));
    }
}
