//! How often the button was pressed lately.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::limits::PulseRate;

/// The pulses of the last minute. Not more than [`PulseRate::MAX`] of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Rate {
    most: PulseRate,
    recent: VecDeque<Instant>,
}

impl Rate {
    pub(crate) fn new(most: PulseRate) -> Self {
        Self { most, recent: VecDeque::new() }
    }

    /// There was a pulse at `now`.
    pub(crate) fn count(&mut self, now: Instant) {
        if self.recent.len() >= usize::from(self.most.get()) {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
    }

    /// Whether there were as many pulses in the last minute as there may be.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        let minute = Duration::from_secs(60);
        let within = self.recent.iter().filter(|at| now.saturating_duration_since(**at) < minute).count();
        within >= usize::from(self.most.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_as_many_pulses_as_are_allowed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut rate = Rate::new(PulseRate::try_from(2).unwrap());
        rate.count(at(0));
        assert!(!rate.is_full(at(0)));
        rate.count(at(30));
        assert!(rate.is_full(at(59)));
        assert!(!rate.is_full(at(60)), "the first is a minute old");
        rate.count(at(60));
        assert!(rate.is_full(at(61)));
    }
}
