//! The relays' pins as the relays see them: what the BCM2835's registers say, read all the time from outside the machine.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::monitor::Monitor;

/// The pins of tests/pi/gate.toml: of the gate that is a garage door, and of the one that is a switch.
pub(crate) const DOOR: u32 = 17;
pub(crate) const SWITCH: u32 = 18;

const PINS: [u32; 2] = [DOOR, SWITCH];

/// Where the function of pins 10 to 19 is selected, three bits each, and where the levels of 0 to 31 are read.
const GPFSEL1: u32 = 0x2020_0004;
const GPLEV0: u32 = 0x2020_0034;
const OUTPUT: u32 = 1;

/// Between two looks: far less than the shortest pulse, and enough for the machine to get on.
const PERIOD: Duration = Duration::from_millis(2);

/// How long a change that was asked for may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is seen of the pins while the machine is on.
pub(crate) struct Pins {
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

#[derive(Debug, Default)]
struct Seen {
    changes: Vec<Change>,
    last: Option<Instant>,
    gap: Duration,
    looks: u64,
    is_over: bool,
}

/// The relay's button went down or up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// When it was seen.
    pub at: Instant,
    /// Which relay's.
    pub pin: u32,
    /// Whether the pin drives the relay from then on: an output, and high. A pin that is an input drives nothing,
    /// whatever level it has.
    pub pressed: bool,
}

impl Pins {
    /// Looks until the emulator is gone.
    pub(crate) fn watch(mut monitor: Monitor) -> Self {
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let ours = Arc::clone(&seen);
        thread::spawn(move || {
            let (seen, changed) = &*ours;
            while let Some(pressed) = look(&mut monitor) {
                let mut seen = seen.lock().unwrap();
                seen.note(&pressed, Instant::now());
                changed.notify_all();
                let (seen, _) = changed.wait_timeout_while(seen, PERIOD, |seen| !seen.is_over).unwrap();
                if seen.is_over {
                    return;
                }
            }
        });
        Self { seen }
    }

    /// Every change of a pin since the machine was switched on.
    pub(crate) fn changes(&self, pin: u32) -> Vec<Change> {
        self.lock().changes_of(pin).copied().collect()
    }

    /// How often a pin's button went down.
    pub(crate) fn presses(&self, pin: u32) -> usize {
        self.lock().changes_of(pin).filter(|change| change.pressed).count()
    }

    /// Whether the button is down.
    pub(crate) fn is_pressed(&self, pin: u32) -> bool {
        self.lock().is_pressed(pin)
    }

    /// Waits until the button is down or up; when that was first seen. Panics if it does not come.
    pub(crate) fn until(&self, pin: u32, pressed: bool) -> Instant {
        let (_, changed) = &*self.seen;
        let (seen, waited) =
            changed.wait_timeout_while(self.lock(), PATIENCE, |seen| seen.is_pressed(pin) != pressed).unwrap();
        let wanted = if pressed { "on" } else { "off" };
        assert!(!waited.timed_out(), "waited for the relay at GPIO{pin} to be {wanted}: {seen:?}");
        seen.changes_of(pin).next_back().map_or_else(Instant::now, |change| change.at)
    }

    /// How often the pins were looked at, and the longest time between two looks.
    pub(crate) fn looks(&self) -> (u64, Duration) {
        let seen = self.lock();
        (seen.looks, seen.gap)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap()
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        self.lock().is_over = true;
        self.seen.1.notify_all();
    }
}

impl Seen {
    fn changes_of(&self, pin: u32) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.pin == pin)
    }

    fn is_pressed(&self, pin: u32) -> bool {
        self.changes_of(pin).next_back().is_some_and(|change| change.pressed)
    }

    fn note(&mut self, pressed: &[bool], now: Instant) {
        if let Some(last) = self.last {
            self.gap = self.gap.max(now - last);
        }
        self.last = Some(now);
        self.looks += 1;
        for (&pin, &pressed) in PINS.iter().zip(pressed) {
            if pressed != self.is_pressed(pin) {
                self.changes.push(Change { at: now, pin, pressed });
            }
        }
    }
}

/// Whether each pin drives its relay; none when the emulator is gone.
fn look(monitor: &mut Monitor) -> Option<[bool; PINS.len()]> {
    let functions = monitor.word(GPFSEL1)?;
    let levels = monitor.word(GPLEV0)?;
    Some(PINS.map(|pin| functions >> (pin % 10 * 3) & 7 == OUTPUT && levels >> pin & 1 == 1))
}
