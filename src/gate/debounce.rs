//! Contacts bounce and wires pick up sparks. What a sensor says is believed once it held still.

use std::time::{Duration, Instant};

/// Makes one report of each real change out of raw edges. Without clock: edges carry the kernel's time.
///
/// A report needs the level to hold for a while, and the two levels need not hold equally long. A
/// limit switch is left fast and arrived at slowly: while the gate shakes at its end the contact may
/// chatter for seconds, but no stretch of it is long enough to be taken for an arrival, and the first
/// that is long enough to be taken for leaving is the true beginning of the movement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Debounce {
    /// How long "active" and "not active" must hold.
    holds: Holds,
    believed: bool,
    raw: bool,
    /// When `raw` began.
    since: Instant,
}

/// A change that is believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Change {
    /// Whether the sensor reports now.
    pub active: bool,
    /// When it began to: earlier than it was believed.
    pub at: Instant,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Holds {
    active: Duration,
    inactive: Duration,
}

/// By how much a slow change holds longer than a fast one.
const SLOWNESS: u32 = 10;
/// A slow change is not slower than this, or than the fast one.
const SLOWEST: Duration = Duration::from_secs(2);

impl Debounce {
    /// For a limit switch: `hold` to be left, ten times that to be arrived at.
    pub(crate) fn limit_switch(hold: Duration, active: bool, now: Instant) -> Self {
        Self::new(Holds { active: slow(hold), inactive: hold }, active, now)
    }

    /// For a photo cell: `hold` until it reports, ten times that until the way is free again.
    pub(crate) fn obstruction(hold: Duration, active: bool, now: Instant) -> Self {
        Self::new(Holds { active: hold, inactive: slow(hold) }, active, now)
    }

    /// For a button that commands: `press` until it counts, which no spark lasts; `hold` to be let go.
    pub(crate) fn button(press: Duration, hold: Duration, active: bool, now: Instant) -> Self {
        Self::new(Holds { active: press, inactive: hold }, active, now)
    }

    fn new(holds: Holds, active: bool, now: Instant) -> Self {
        Self { holds, believed: active, raw: active, since: now }
    }

    /// The level changed at `at`, or was read again. What had held for long enough by then is reported.
    pub(crate) fn edge(&mut self, active: bool, at: Instant) -> Option<Change> {
        let change = self.tick(at);
        if active != self.raw {
            self.raw = active;
            self.since = self.since.max(at);
        }
        // A hold of nothing is over at once.
        change.or_else(|| self.tick(at))
    }

    /// Time has passed. It must have been told all edges before `now`.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<Change> {
        if self.wake_at()? > now {
            return None;
        }
        self.believed = self.raw;
        Some(Change { active: self.raw, at: self.since })
    }

    /// When [`Debounce::tick`] is next due, if ever.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        let hold = if self.raw { self.holds.active } else { self.holds.inactive };
        (self.raw != self.believed).then(|| self.since + hold)
    }
}

fn slow(hold: Duration) -> Duration {
    (hold * SLOWNESS).min(SLOWEST).max(hold)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOLD: Duration = Duration::from_millis(50);
    const MINUTE: Duration = Duration::from_secs(60);

    /// Plays stretches of the given lengths in milliseconds, the first one not `active`, and waits.
    fn play(mut debounce: Debounce, start: Instant, active: bool, stretches: &[u64]) -> Vec<(bool, Duration)> {
        let mut seen = Vec::new();
        let mut at = start;
        let mut level = active;
        for stretch in stretches {
            at += Duration::from_millis(*stretch);
            level = !level;
            seen.extend(debounce.edge(level, at));
        }
        seen.extend(debounce.tick(at + MINUTE));
        seen.into_iter().map(|change| (change.active, change.at - start)).collect()
    }

    #[test]
    fn a_clean_change_is_reported_with_the_time_of_its_edge() {
        let start = Instant::now();
        let at_end = Debounce::limit_switch(HOLD, true, start);
        assert_eq!(play(at_end, start, true, &[1_000]), [(false, Duration::from_secs(1))]);
        let away = Debounce::limit_switch(HOLD, false, start);
        assert_eq!(play(away, start, false, &[1_000]), [(true, Duration::from_secs(1))]);
    }

    #[test]
    fn a_limit_switch_is_left_fast_and_arrived_at_slowly() {
        let start = Instant::now();
        let mut debounce = Debounce::limit_switch(HOLD, true, start);
        assert_eq!(debounce.edge(false, start), None);
        assert_eq!(debounce.wake_at(), Some(start + HOLD));
        assert_eq!(debounce.tick(start + HOLD), Some(Change { active: false, at: start }));
        assert_eq!(debounce.wake_at(), None);
        assert_eq!(debounce.edge(true, start + MINUTE), None);
        assert_eq!(debounce.wake_at(), Some(start + MINUTE + HOLD * 10));
        assert!(!debounce.believed);
    }

    #[test]
    fn a_photo_cell_reports_fast_and_clears_slowly() {
        let start = Instant::now();
        let mut debounce = Debounce::obstruction(HOLD, false, start);
        assert_eq!(debounce.edge(true, start), None);
        assert_eq!(debounce.wake_at(), Some(start + HOLD));
        assert!(debounce.tick(start + HOLD).is_some());
        assert_eq!(debounce.edge(false, start + MINUTE), None);
        assert_eq!(debounce.wake_at(), Some(start + MINUTE + HOLD * 10));
    }

    #[test]
    fn a_hold_of_nothing_believes_at_once() {
        let start = Instant::now();
        let mut debounce = Debounce::limit_switch(Duration::ZERO, false, start);
        assert_eq!(debounce.edge(true, start), Some(Change { active: true, at: start }));
        assert_eq!(debounce.edge(false, start), Some(Change { active: false, at: start }));
    }

    #[test]
    fn an_edge_from_before_the_last_one_does_not_turn_time_back() {
        let start = Instant::now() + MINUTE;
        let mut debounce = Debounce::limit_switch(HOLD, false, start);
        assert_eq!(debounce.edge(true, start - MINUTE), None);
        assert_eq!(debounce.wake_at(), Some(start + HOLD * 10));
    }

    /// Chatter of at most two seconds: stretches too short to be an arrival, in an even number, so that the level
    /// comes back to what it was.
    fn burst() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(1..=400_u64, 0..20).prop_map(|mut stretches| {
            let mut sum = 0;
            stretches.retain(|stretch| {
                sum += stretch;
                sum <= 2_000
            });
            stretches.truncate(stretches.len() / 2 * 2);
            stretches
        })
    }

    /// Sparks of at most 10 ms, each with a second of peace before it.
    fn sparks() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec((1_000..5_000_u64, 1..=10_u64), 0..10)
            .prop_map(|sparks| sparks.into_iter().flat_map(|(peace, spark)| [peace, spark]).collect())
    }

    proptest! {
        #[test]
        fn a_noisy_capture_has_one_change_for_each_real_movement(
            movements in prop::collection::vec((sparks(), burst()), 1..8),
            begins_active in any::<bool>(),
        ) {
            let start = Instant::now();
            let debounce = Debounce::limit_switch(HOLD, begins_active, start);
            let mut capture = Vec::new();
            for (sparks, burst) in &movements {
                capture.extend(sparks);
                // The movement, after a while of peace, and the chatter around it.
                capture.push(10_000);
                capture.extend(burst);
            }
            let seen = play(debounce, start, begins_active, &capture);
            let levels: Vec<_> = seen.iter().map(|(active, _)| *active).collect();
            let expected: Vec<_> = (0..movements.len()).map(|n| (n % 2 == 0) != begins_active).collect();
            prop_assert_eq!(levels, expected);
        }

        #[test]
        fn reports_alternate_and_their_times_never_run_backwards(
            stretches in prop::collection::vec(0..5_000_u64, 0..100), active in any::<bool>(), hold in 0..=2_000_u64,
        ) {
            let start = Instant::now();
            let debounce = Debounce::limit_switch(Duration::from_millis(hold), active, start);
            let seen = play(debounce, start, active, &stretches);
            let mut last = (active, Duration::ZERO);
            for (level, at) in seen {
                prop_assert_ne!(level, last.0);
                prop_assert!(at >= last.1);
                last = (level, at);
            }
        }
    }
}
