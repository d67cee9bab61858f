//! The travel, learned from what the gate does.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Target, Travel};

/// How many runs are remembered. The median of five is not moved by two odd ones.
const RUNS: usize = 5;
/// How many runs it takes before they are believed more than the configuration.
const BELIEVED: usize = 3;
/// A run this much shorter or longer than the configured travel was no whole run.
const PLAUSIBLE: u32 = 3;

/// The last plausible runs from one end to the other, oldest first, in milliseconds.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Runs(Vec<u64>);

impl Runs {
    /// The travel: the median of the runs, or what is `configured` while there are too few.
    pub(super) fn travel(&self, configured: Travel) -> Travel {
        let mut runs: Vec<_> = self.0.iter().filter_map(|run| plausible(*run, configured)).collect();
        runs.sort_unstable();
        // Of an even number the longer one: to be patient is the smaller mistake.
        let median = runs.get(runs.len() / 2).copied();
        median.filter(|_| runs.len() >= BELIEVED).unwrap_or(configured)
    }

    /// Remembers a run if it is plausible, and says whether it did.
    pub(super) fn add(&mut self, run: Duration, configured: Travel) -> bool {
        let millis = u64::try_from(run.as_millis()).unwrap_or(u64::MAX);
        if plausible(millis, configured).is_none() {
            return false;
        }
        let too_many = (self.0.len() + 1).saturating_sub(RUNS);
        self.0.drain(..too_many);
        self.0.push(millis);
        true
    }
}

/// `millis` as a travel, unless it is far from what is `configured`.
fn plausible(millis: u64, configured: Travel) -> Option<Travel> {
    let run = Duration::from_millis(millis);
    let (least, most) = (configured.get() / PLAUSIBLE, configured.get() * PLAUSIBLE);
    Travel::try_from(run).ok().filter(|_| (least..=most).contains(&run))
}

/// A run under way, from one end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Run {
    from: Target,
    began: Instant,
}

impl Run {
    pub(super) const fn new(from: Target, began: Instant) -> Self {
        Self { from, began }
    }

    /// How long it took, if `end`, reached at `at`, is the other one.
    pub(super) fn ends(self, end: Target, at: Instant) -> Option<Duration> {
        at.checked_duration_since(self.began).filter(|_| end != self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGURED: Travel = Travel::millis::<18_000>();

    fn after(runs: &[u64]) -> Duration {
        let mut learned = Runs::default();
        for run in runs {
            learned.add(Duration::from_millis(*run), CONFIGURED);
        }
        learned.travel(CONFIGURED).get()
    }

    #[test]
    fn the_configuration_counts_until_there_are_three_runs() {
        assert_eq!(after(&[]), CONFIGURED.get());
        assert_eq!(after(&[20_000, 20_000]), CONFIGURED.get());
        assert_eq!(after(&[20_000, 20_000, 20_000]), Duration::from_secs(20));
    }

    #[test]
    fn one_odd_run_changes_nothing() {
        assert_eq!(after(&[20_000, 21_000, 50_000, 20_500, 20_200]), Duration::from_millis(20_500));
    }

    #[test]
    fn the_last_five_runs_count() {
        let mut runs = vec![20_000; 5];
        runs.extend([25_000; 3]);
        assert_eq!(after(&runs), Duration::from_secs(25));
    }

    #[test]
    fn what_cannot_be_a_whole_run_is_not_learned() {
        let mut runs = Runs::default();
        for run in [0, 5_999, 54_001, 600_000_000] {
            assert!(!runs.add(Duration::from_millis(run), CONFIGURED));
        }
        assert_eq!(runs, Runs::default());
    }

    #[test]
    fn remembered_nonsense_is_not_believed() {
        let runs: Runs = serde_json::from_str("[0, 1, 99999999999999, 2, 3]").unwrap();
        assert_eq!(runs.travel(CONFIGURED), CONFIGURED);
        let mut runs: Runs = serde_json::from_str(&format!("{:?}", vec![20_000; 1_000])).unwrap();
        assert!(runs.add(Duration::from_secs(20), CONFIGURED));
        assert_eq!(runs.0.len(), RUNS);
    }

    #[test]
    fn a_run_ends_at_the_other_end_only() {
        let began = Instant::now();
        let run = Run::new(Target::Closed, began);
        assert_eq!(run.ends(Target::Closed, began + CONFIGURED.get()), None);
        assert_eq!(run.ends(Target::Open, began + CONFIGURED.get()), Some(CONFIGURED.get()));
    }
}
