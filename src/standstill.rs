//! Whether this process or its computer stood still for a while: then what is heard next may have waited, and is old.
//!
//! Nothing wakes up for this. A signal marks the end of a stop before anything else of the program runs on, the time that
//! the computer slept is the difference of two of its clocks, and who reads a request that the system has kept for too long
//! [tells](Standstill::found): of a process that is frozen, or starved, nothing else does.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use log::debug;
use rustix::time::{ClockId, clock_gettime};
use signal_hook::consts::SIGCONT;
use tokio::signal::unix::{SignalKind, signal};

/// What was found out about the past.
#[derive(Debug)]
pub(crate) struct Standstill {
    /// A process that stood still goes on, and nobody has looked since.
    is_continued: Arc<AtomicBool>,
    found: Mutex<Found>,
}

impl Standstill {
    /// From now on every standstill is found.
    pub(crate) fn watch() -> io::Result<Self> {
        let this = Self::new(slept());
        signal_hook::flag::register(SIGCONT, Arc::clone(&this.is_continued))?;
        Ok(this)
    }

    /// Of a process whose signals nobody hears.
    #[cfg(test)]
    pub(crate) fn unwatched() -> Self {
        Self::new(slept())
    }

    /// Something that is heard just now has waited for `waited`, though there was nothing else to do.
    pub(crate) fn found(&self, waited: Duration) {
        debug!("a request has waited for {waited:?} to be read");
        self.is_continued.store(true, Ordering::Relaxed);
    }

    fn new(slept: Duration) -> Self {
        Self { is_continued: Arc::default(), found: Mutex::new(Found { slept, last: None }) }
    }

    /// When the last standstill was found to be over. To be asked before anything is believed to be new.
    pub(crate) fn last(&self) -> Option<Instant> {
        let is_continued = self.is_continued.swap(false, Ordering::Relaxed);
        // Both numbers are whole between two calls, so a panic elsewhere does not spoil them.
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.look(is_continued, slept(), Instant::now())
    }

    /// Looks as soon as a stopped process is continued, for ever: who asks much later must not take it for just now.
    ///
    /// Nobody tells that the computer wakes up. There it is whoever asks next that finds out.
    pub(crate) async fn run(self: Arc<Self>) {
        let Ok(mut continued) = signal(SignalKind::from_raw(SIGCONT)) else { return std::future::pending().await };
        while continued.recv().await.is_some() {
            self.last();
        }
    }
}

#[derive(Debug)]
struct Found {
    /// For how long the computer had slept at the last look.
    slept: Duration,
    last: Option<Instant>,
}

impl Found {
    fn look(&mut self, is_continued: bool, slept: Duration, now: Instant) -> Option<Instant> {
        if is_continued || slept > self.slept + CLOCKS_DIFFER {
            self.last = Some(now);
        }
        self.slept = slept;
        self.last
    }
}

/// The two clocks are read one after the other, and the process may have to wait in between.
const CLOCKS_DIFFER: Duration = Duration::from_millis(500);

/// How long the computer has slept since its start: one clock counts that, the other does not.
fn slept() -> Duration {
    let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
    // In this order a wait in between cannot look like a sleep.
    let with = read(ClockId::Boottime);
    with.saturating_sub(read(ClockId::Monotonic))
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[test]
    fn a_process_that_was_continued_knows_it_before_it_does_anything_else() {
        let standstill = Standstill::watch().unwrap();
        assert_eq!(standstill.last(), None);
        let before = Instant::now();
        kill_process(getpid(), Signal::CONT).unwrap();
        // To itself a signal comes before the call is over, unless another thread takes it.
        let last = std::iter::repeat_with(|| standstill.last()).find_map(|last| last).unwrap();
        assert!(last >= before);
        assert_eq!(standstill.last(), Some(last), "it is one standstill, whenever somebody asks");
    }

    #[test]
    fn a_sleep_shows_in_the_clocks_once() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut found = Found { slept: Duration::from_secs(7), last: None };
        assert_eq!(found.look(false, Duration::from_secs(7), at(1)), None);
        assert_eq!(found.look(false, Duration::from_millis(7_002), at(2)), None, "a busy moment is no sleep");
        assert_eq!(found.look(false, Duration::from_secs(67), at(3)), Some(at(3)));
        assert_eq!(found.look(false, Duration::from_secs(67), at(9)), Some(at(3)));
        assert_eq!(found.look(true, Duration::from_secs(67), at(10)), Some(at(10)));
    }
}
