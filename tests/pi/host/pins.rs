//! The relays' pins as the relays see them: the emulator tells of every write to the BCM2835's registers, in its order, so
//! no edge is too short to be seen.
//!
//! Times are the machine's own: what its processor read last from its clock. However busy the computer is that emulates it,
//! a second of it has as many instructions.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crate::monitor::Monitor;

/// The pins of tests/pi/gate.toml: of the gate that is a garage door, and of the one that is a switch.
pub(crate) const DOOR: u32 = 17;
pub(crate) const SWITCH: u32 = 18;

const PINS: [u32; 2] = [DOOR, SWITCH];

/// What the emulator is told to tell of.
pub(crate) const EVENTS: [&str; 2] = ["memory_region_ops_write", "bcm2835_systmr_read"];

/// Where the function of pins 10 to 19 is selected, three bits each; where those of 0 to 31 are set and cleared, a bit each;
/// and where their levels are read.
const GPFSEL1: u32 = 0x2020_0004;
const GPSET0: u32 = 0x2020_001C;
const GPCLR0: u32 = 0x2020_0028;
const GPLEV0: u32 = 0x2020_0034;
const OUTPUT: u32 = 1;

/// The lower half of the clock, in microseconds.
const CLOCK: &str = "0x4";

/// How long a change that was asked for may take on a busy computer, by that computer's clock.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is seen of the pins while the machine is on.
pub(crate) struct Pins {
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

#[derive(Debug, Default)]
struct Seen {
    changes: Vec<Change>,
    functions: u32,
    levels: u32,
    writes: u64,
    clock: Clock,
}

/// The relay's button went down or up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    /// When, by the machine's clock.
    pub at: Duration,
    /// Which relay's.
    pub pin: u32,
    /// Whether the pin drives the relay from then on: an output, and high. A pin that is an input drives nothing,
    /// whatever level it has.
    pub pressed: bool,
}

impl Pins {
    /// Follows what the emulator writes to this pipe, until it is gone.
    pub(crate) fn watch(pipe: PathBuf) -> Self {
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let ours = Arc::clone(&seen);
        thread::spawn(move || {
            let (seen, changed) = &*ours;
            let told = BufReader::new(File::open(pipe).expect("the machine has it"));
            for line in told.lines().map_while(Result::ok) {
                if seen.lock().unwrap().note(&line) {
                    changed.notify_all();
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

    /// Waits until the button is down or up; since when it is. Panics if it does not come.
    pub(crate) fn until(&self, pin: u32, pressed: bool) -> Duration {
        let (_, changed) = &*self.seen;
        let (seen, waited) =
            changed.wait_timeout_while(self.lock(), PATIENCE, |seen| seen.is_pressed(pin) != pressed).unwrap();
        let wanted = if pressed { "on" } else { "off" };
        assert!(!waited.timed_out(), "waited for the relay at GPIO{pin} to be {wanted}: {seen:?}");
        seen.changes_of(pin).next_back().map_or_else(|| seen.clock.now(), |change| change.at)
    }

    /// The machine's time, since it was switched on.
    pub(crate) fn now(&self) -> Duration {
        self.lock().clock.now()
    }

    /// How many writes to the pins' registers were told, and how many readings of the clock.
    pub(crate) fn told(&self) -> (u64, u64) {
        let seen = self.lock();
        (seen.writes, seen.clock.readings)
    }

    /// Reads the registers themselves, of pins that are at rest: they must be what was told.
    pub(crate) fn check(&self, monitor: &mut Monitor) {
        let (functions, levels) = (monitor.word(GPFSEL1).unwrap(), monitor.word(GPLEV0).unwrap());
        for pin in PINS {
            assert_eq!(drives(functions, levels, pin), self.is_pressed(pin), "GPIO{pin}: {functions:#x}, {levels:#x}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap()
    }
}

impl Seen {
    fn changes_of(&self, pin: u32) -> impl DoubleEndedIterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.pin == pin)
    }

    fn is_pressed(&self, pin: u32) -> bool {
        self.changes_of(pin).next_back().is_some_and(|change| change.pressed)
    }

    /// One line of the emulator's. Tells whether a button went down or up.
    fn note(&mut self, line: &str) -> bool {
        if line.contains("bcm2835_systmr_read") {
            if let Some(micros) = number(line, "data ").filter(|_| word(line, "offset ") == Some(CLOCK)) {
                self.clock.read(micros);
            }
            return false;
        }
        let (true, Some(address), Some(value)) =
            (line.contains("'bcm2835_gpio'"), number(line, "addr "), number(line, "value "))
        else {
            return false;
        };
        self.writes += 1;
        match address {
            GPFSEL1 => self.functions = value,
            GPSET0 => self.levels |= value,
            GPCLR0 => self.levels &= !value,
            _ => return false,
        }
        let known = self.changes.len();
        for pin in PINS {
            let pressed = drives(self.functions, self.levels, pin);
            if pressed != self.is_pressed(pin) {
                self.changes.push(Change { at: self.clock.now(), pin, pressed });
            }
        }
        self.changes.len() > known
    }
}

fn drives(functions: u32, levels: u32, pin: u32) -> bool {
    functions >> (pin % 10 * 3) & 7 == OUTPUT && levels >> pin & 1 == 1
}

/// The machine's clock, as its processor read it last.
#[derive(Debug, Default)]
struct Clock {
    micros: u64,
    readings: u64,
}

impl Clock {
    /// Takes the lower half of it, which is through after an hour.
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    fn read(&mut self, low: u32) {
        let since = low.wrapping_sub(self.micros as u32);
        self.micros += u64::from(since);
        self.readings += 1;
    }

    fn now(&self) -> Duration {
        Duration::from_micros(self.micros)
    }
}

/// The word after this one.
fn word<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.split_once(name)?.1.split_whitespace().next()
}

fn number(line: &str, name: &str) -> Option<u32> {
    u32::from_str_radix(word(line, name)?.strip_prefix("0x")?, 16).ok()
}
