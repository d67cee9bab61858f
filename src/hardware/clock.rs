//! `CLOCK_MONOTONIC` as a number: the same in every process since the boot, and the kernel's stamp on edges.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What the clock shows.
pub(crate) fn monotonic() -> Duration {
    // It starts at zero, so it is never negative.
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default()
}

/// The [`Instant`] at which the clock showed `at`.
pub(super) fn instant(at: Duration) -> Instant {
    let (instant, now) = (Instant::now(), monotonic());
    let ago = now.saturating_sub(at);
    instant.checked_sub(ago).unwrap_or(instant) + at.saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_of_the_kernel_becomes_the_instant_it_was_made_at() {
        let before = Instant::now();
        let stamp = monotonic();
        let after = Instant::now();
        // The two clocks are read one after the other, in less than this.
        let slack = Duration::from_millis(50);
        for ago in [Duration::ZERO, Duration::from_millis(3)] {
            let made = instant(stamp - ago) + ago;
            assert!(made + slack >= before && made <= after + slack);
        }
    }
}
