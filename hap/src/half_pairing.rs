//! Half a pairing: the accessory has it, and the controller may not (HAP §5.6).
//!
//! When M6 is lost the accessory believes it is paired, nobody can open a session, and nobody else can pair. A controller
//! that did get M6 opens a session within seconds; so a first pairing without one is undone after a while.

use std::time::{Duration, Instant};

/// Decides when half a pairing is to be undone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HalfPairing {
    patience: Option<Duration>,
    since: Option<Instant>,
}

impl HalfPairing {
    /// Waits this long; for ever with `None`.
    pub(crate) const fn new(patience: Option<Duration>) -> Self {
        Self { patience, since: None }
    }

    /// Looks whether there is half a pairing now. A restart gives it its whole time again.
    pub(crate) fn look(&mut self, half_paired: bool, now: Instant) {
        self.since = half_paired.then(|| self.since.unwrap_or(now));
    }

    /// When the pairing is to be undone, if nothing changes.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        // What no clock can tell never comes.
        self.since?.checked_add(self.patience?)
    }

    /// Starts over, when it could not be undone.
    pub(crate) fn again(&mut self, now: Instant) {
        self.since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(300);

    #[test]
    fn half_a_pairing_has_its_time_from_when_it_was_first_seen() {
        let (mut half, now) = (HalfPairing::new(Some(PATIENCE)), Instant::now());
        half.look(false, now);
        assert_eq!(half.deadline(), None);
        half.look(true, now);
        half.look(true, now + Duration::from_secs(200));
        assert_eq!(half.deadline(), Some(now + PATIENCE));
        half.again(now + PATIENCE);
        assert_eq!(half.deadline(), Some(now + 2 * PATIENCE));
    }

    #[test]
    fn a_session_makes_it_whole_and_the_next_half_begins_anew() {
        let (mut half, now) = (HalfPairing::new(Some(PATIENCE)), Instant::now());
        half.look(true, now);
        half.look(false, now + Duration::from_secs(1));
        assert_eq!(half.deadline(), None);
        half.look(true, now + PATIENCE);
        assert_eq!(half.deadline(), Some(now + 2 * PATIENCE));
    }

    #[test]
    fn it_can_be_switched_off() {
        let (mut half, now) = (HalfPairing::new(None), Instant::now());
        half.look(true, now);
        assert_eq!(half.deadline(), None);
        let (mut half, longest) = (HalfPairing::new(Some(Duration::MAX)), now);
        half.look(true, longest);
        assert_eq!(half.deadline(), None);
    }
}
