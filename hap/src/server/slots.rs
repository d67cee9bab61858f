//! Who holds a connection, and who has to go when there are too many (HAP §8.5).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use log::debug;
use tokio::sync::Notify;

use crate::limits;
use crate::session::SessionId;
use crate::sync::lock;

/// All connections: strangers, which have not verified, and sessions. Neither takes the room of the other.
#[derive(Default)]
pub(super) struct Slots {
    slots: Mutex<HashMap<SessionId, Arc<Slot>>>,
    left: Notify,
    /// When the session was last heard that was heard last of those that are gone.
    gone: Mutex<Option<Instant>>,
}

/// One connection, seen from outside its task.
pub(super) struct Slot {
    /// Wakes the connection's task.
    pub(super) wake: Arc<Notify>,
    address: IpAddr,
    opened: Instant,
    standing: Mutex<Standing>,
    evicted: AtomicBool,
    eviction: Notify,
}

/// What speaks for a connection.
#[derive(Clone, Copy)]
struct Standing {
    progress: Progress,
    heard: Instant,
    /// The last byte read or written (HAP §8.5).
    active: Instant,
    /// Since when it takes none of the bytes that wait for it.
    stalled: Option<Instant>,
}

#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
enum Progress {
    /// It never sent a whole request.
    Nothing,
    /// It asked something.
    Asked,
    /// It verified.
    Verified,
}

impl Slots {
    /// Takes in a newcomer, and tells another stranger to go if there is no room. The one that runs Pair Setup stays as
    /// long as there is any other: its user is typing the code.
    pub(super) fn enter(&self, id: SessionId, address: IpAddr, setup: Option<SessionId>, now: Instant) -> Arc<Slot> {
        let slot = Arc::new(Slot {
            wake: Arc::default(),
            address,
            opened: now,
            standing: Mutex::new(Standing { progress: Progress::Nothing, heard: now, active: now, stalled: None }),
            evicted: AtomicBool::new(false),
            eviction: Notify::new(),
        });
        let mut slots = lock(&self.slots);
        if let Some((victim, evicted)) = stranger_to_go(&slots, address, setup) {
            debug!("connection {victim} makes room for {id}");
            evicted.evict();
        }
        slots.insert(id, Arc::clone(&slot));
        slot
    }

    /// A connection verified; tells the deadest session to go if there are too many.
    pub(super) fn verified(&self, id: SessionId) {
        let slots = lock(&self.slots);
        let Some(slot) = slots.get(&id) else { return };
        lock(&slot.standing).progress = Progress::Verified;
        if let Some((victim, evicted)) = session_to_go(&slots, id) {
            debug!("session {victim} makes room for {id}");
            evicted.evict();
        }
    }

    /// The connection is closed; whether it was a session.
    pub(super) fn leave(&self, id: SessionId) -> bool {
        let mut slots = lock(&self.slots);
        let heard = slots.remove(&id).filter(|slot| slot.is_session()).map(|slot| lock(&slot.standing).heard);
        if heard.is_some() {
            let mut gone = lock(&self.gone);
            *gone = (*gone).max(heard);
        }
        if slots.capacity() > 4 * slots.len().max(16) {
            slots.shrink_to_fit();
        }
        self.left.notify_one();
        heard.is_some()
    }

    /// Waits until another connection may be accepted: who was told to go may need a moment.
    pub(super) async fn room(&self) {
        while lock(&self.slots).len() >= limits::CONNECTIONS {
            self.left.notified().await;
        }
    }

    /// When a session was last heard, be it open or gone.
    pub(super) fn last_heard(&self) -> Option<Instant> {
        let slots = lock(&self.slots);
        let open = slots.values().filter(|slot| slot.is_session()).map(|slot| lock(&slot.standing).heard).max();
        open.max(*lock(&self.gone))
    }

    /// How many sessions there are.
    pub(super) fn sessions(&self) -> usize {
        lock(&self.slots).values().filter(|slot| slot.is_session()).count()
    }
}

impl Slot {
    /// Whether the peer verified.
    pub(super) fn is_session(&self) -> bool {
        self.progress() == Progress::Verified
    }

    /// The peer was heard.
    pub(super) fn heard(&self, now: Instant) {
        let mut standing = lock(&self.standing);
        (standing.heard, standing.active) = (now, now);
    }

    /// The peer sent a whole request.
    pub(super) fn asked(&self) {
        let mut standing = lock(&self.standing);
        standing.progress = standing.progress.max(Progress::Asked);
    }

    /// The peer takes none of what waits for it.
    pub(super) fn stalls(&self, now: Instant) {
        lock(&self.standing).stalled.get_or_insert(now);
    }

    /// The peer took some of it.
    pub(super) fn flows(&self, now: Instant) {
        let mut standing = lock(&self.standing);
        (standing.active, standing.stalled) = (now, None);
    }

    /// Waits until the connection must go.
    pub(super) async fn evicted(&self) {
        while !self.is_evicted() {
            self.eviction.notified().await;
        }
    }

    fn is_evicted(&self) -> bool {
        self.evicted.load(Ordering::Relaxed)
    }

    fn evict(&self) {
        self.evicted.store(true, Ordering::Relaxed);
        self.eviction.notify_one();
    }

    fn progress(&self) -> Progress {
        lock(&self.standing).progress
    }
}

/// The stranger that must go before another comes from `address`: of the address that has the most, the one that made the
/// least progress, and the oldest of those.
fn stranger_to_go(
    slots: &HashMap<SessionId, Arc<Slot>>,
    address: IpAddr,
    setup: Option<SessionId>,
) -> Option<(SessionId, &Arc<Slot>)> {
    // Nearly always, and it is seen without counting.
    if slots.len() < limits::UNVERIFIED_PER_ADDRESS.min(limits::UNVERIFIED_CONNECTIONS) {
        return None;
    }
    let strangers = || slots.iter().filter(|(_, slot)| !slot.is_evicted() && !slot.is_session());
    let mut of_address: HashMap<IpAddr, usize> = HashMap::new();
    for (_, slot) in strangers() {
        *of_address.entry(slot.address).or_default() += 1;
    }
    let of = |address: &IpAddr| of_address.get(address).copied().unwrap_or_default();
    let most = if of(&address) >= limits::UNVERIFIED_PER_ADDRESS {
        of(&address)
    } else if of_address.values().sum::<usize>() >= limits::UNVERIFIED_CONNECTIONS {
        of_address.values().copied().max()?
    } else {
        return None;
    };
    let crowd = strangers().filter(|(_, slot)| of(&slot.address) == most);
    crowd
        .min_by_key(|(id, slot)| (Some(**id) == setup, slot.progress(), slot.opened, **id))
        .map(|(id, slot)| (*id, slot))
}

/// The session that must go when `newest` came: the one that has not taken its bytes for longest, else the one on
/// which nothing has come or gone for longest.
fn session_to_go(slots: &HashMap<SessionId, Arc<Slot>>, newest: SessionId) -> Option<(SessionId, &Arc<Slot>)> {
    let sessions = || slots.iter().filter(|(_, slot)| !slot.is_evicted() && slot.is_session());
    if slots.len() <= limits::SESSIONS || sessions().count() <= limits::SESSIONS {
        return None;
    }
    let others = sessions().filter(|(id, _)| **id != newest);
    others
        .min_by_key(|(_, slot)| {
            let standing = *lock(&slot.standing);
            (standing.stalled.is_none(), standing.stalled, standing.active)
        })
        .map(|(id, slot)| (*id, slot))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Slots that are entered one second apart.
    struct House {
        slots: Slots,
        start: Instant,
        entered: Vec<Arc<Slot>>,
    }

    impl House {
        fn new() -> Self {
            Self { slots: Slots::default(), start: Instant::now(), entered: Vec::new() }
        }

        fn at(&self, second: usize) -> Instant {
            self.start + SECOND * u32::try_from(second).unwrap()
        }

        fn enter(&mut self, host: u8) -> usize {
            self.enter_while(host, None)
        }

        fn enter_while(&mut self, host: u8, setup: Option<usize>) -> usize {
            let nth = self.entered.len();
            let address = IpAddr::V4(Ipv4Addr::new(192, 168, 1, host));
            let setup = setup.map(|nth| SessionId(nth as u64));
            let slot = self.slots.enter(SessionId(nth as u64), address, setup, self.at(nth));
            self.entered.push(slot);
            nth
        }

        fn verify(&mut self) -> usize {
            let nth = self.enter(200);
            self.slots.verified(SessionId(nth as u64));
            nth
        }

        fn gone(&self) -> Vec<usize> {
            (0..self.entered.len()).filter(|nth| self.entered[*nth].is_evicted()).collect()
        }
    }

    /// Hosts for as many strangers as there is room for, none of them with more than its share.
    fn hosts() -> impl Iterator<Item = u8> {
        (0..limits::UNVERIFIED_CONNECTIONS).map(|nth| (nth % 2) as u8)
    }

    #[test]
    fn the_oldest_stranger_goes_when_strangers_are_too_many() {
        let mut house = House::new();
        for host in hosts() {
            house.enter(host);
        }
        assert!(house.gone().is_empty());
        house.enter(9);
        house.enter(9);
        // Both hosts had as many at first; then one of them had one more.
        assert_eq!(house.gone(), [0, 1]);
    }

    #[test]
    fn a_stranger_that_never_asked_goes_before_older_ones_that_did() {
        let mut house = House::new();
        for host in hosts() {
            let nth = house.enter(host);
            if nth != 70 {
                house.entered[nth].asked();
            }
        }
        house.enter(9);
        assert_eq!(house.gone(), [70]);
    }

    #[test]
    fn the_address_with_the_most_strangers_gives_one_up() {
        let mut house = House::new();
        house.enter(7);
        for _ in 0..limits::UNVERIFIED_PER_ADDRESS {
            house.enter(1);
        }
        for _ in 0..limits::UNVERIFIED_CONNECTIONS - limits::UNVERIFIED_PER_ADDRESS {
            house.enter(2);
        }
        assert_eq!(house.gone(), [1]);
    }

    #[test]
    fn an_address_has_its_share_and_no_more_though_there_is_room() {
        let mut house = House::new();
        house.enter(7);
        for _ in 0..limits::UNVERIFIED_PER_ADDRESS + 3 {
            house.enter(1);
        }
        assert_eq!(house.gone(), [1, 2, 3]);
    }

    #[test]
    fn the_stranger_that_runs_pair_setup_stays_while_there_is_another() {
        let mut house = House::new();
        for _ in 0..limits::UNVERIFIED_PER_ADDRESS {
            house.enter(1);
        }
        house.enter_while(1, Some(0));
        assert_eq!(house.gone(), [1]);
    }

    #[test]
    fn strangers_never_push_out_a_session_nor_sessions_a_stranger() {
        let mut house = House::new();
        let stranger = house.enter(7);
        for _ in 0..limits::SESSIONS {
            house.verify();
        }
        for _ in 0..1000 {
            house.enter(1);
        }
        assert!(!house.entered[stranger].is_evicted());
        assert_eq!(house.slots.sessions(), limits::SESSIONS);
        assert!(house.entered[1..=limits::SESSIONS].iter().all(|slot| !slot.is_evicted()));
    }

    #[test]
    fn a_controller_that_verifies_always_gets_in_and_the_one_that_was_silent_longest_goes() {
        let mut house = House::new();
        for _ in 0..limits::SESSIONS {
            house.verify();
        }
        for (nth, slot) in house.entered.iter().enumerate() {
            slot.heard(house.at(if nth == 7 { 1000 } else { 2000 }));
        }
        let newest = house.verify();
        assert_eq!(house.gone(), [7]);
        assert!(!house.entered[newest].is_evicted());
        // It is told once; until it has gone, the next one goes.
        house.verify();
        assert_eq!(house.gone().len(), 2);
    }

    #[test]
    fn what_is_sent_counts_as_much_as_what_is_heard() {
        let mut house = House::new();
        for _ in 0..limits::SESSIONS {
            house.verify();
        }
        for (nth, slot) in house.entered.iter().enumerate() {
            slot.heard(house.at(if nth == 7 { 1000 } else { 2000 }));
        }
        // It asks nothing, and hears of every change.
        house.entered[7].flows(house.at(3000));
        house.entered[9].flows(house.at(1500));
        assert_eq!(house.slots.last_heard(), Some(house.at(2000)));
        house.verify();
        assert_eq!(house.gone(), [9]);
    }

    #[test]
    fn a_session_that_does_not_take_its_bytes_goes_before_a_silent_one() {
        let mut house = House::new();
        for _ in 0..limits::SESSIONS {
            house.verify();
        }
        let now = house.at(5000);
        for nth in [3, 4, 5] {
            house.entered[nth].heard(now);
            house.entered[nth].stalls(now - SECOND * u32::try_from(nth).unwrap());
        }
        // Flowing again counts.
        house.entered[5].flows(now);
        house.verify();
        assert_eq!(house.gone(), [4]);
    }

    #[tokio::test]
    async fn who_is_told_to_go_hears_it_and_room_comes_with_its_leaving() {
        let mut house = House::new();
        for _ in 0..limits::SESSIONS {
            house.verify();
        }
        house.verify();
        let gone = house.gone()[0];
        house.entered[gone].evicted().await;
        while house.entered.len() < limits::CONNECTIONS {
            house.enter(1);
        }
        {
            let room = std::pin::pin!(house.slots.room());
            assert!(tokio::time::timeout(Duration::ZERO, room).await.is_err());
        }
        house.slots.leave(SessionId(gone as u64));
        house.slots.room().await;
    }
}
