//! The gate's bounds, each with its reason.

use std::time::Duration;

use serde::Deserialize;

use crate::duration::Bounded;

/// How long one press of the remote's button lasts.
///
/// Remotes need some 50 ms to notice a press; beyond 10 s an opener takes a held button for the wish
/// to be taught a new remote.
pub(crate) type PulseLength = Bounded<50, 10_000>;

/// The longest pulse.
pub(crate) const LONGEST_PULSE: Duration = PulseLength::millis::<10_000>().get();

/// How long the gate needs from one end to the other. No opener runs its motor for ten minutes.
pub(crate) type Travel = Bounded<1_000, 600_000>;

/// How long the gate rests open before its opener closes it. Openers offer seconds to minutes.
pub(crate) type OpenTime = Bounded<1_000, 3_600_000>;

/// How long the gate warns before it closes. Nobody waits for a minute; under a second nobody looks
/// up, and zero is no warning at all.
pub(crate) type WarningTime = Bounded<0, 60_000>;

/// How long the gate stays open before it is closed from here, or said to be left open. Under ten
/// seconds nobody gets through; a day is for ever.
pub(crate) type Patience = Bounded<10_000, 86_400_000>;

/// The least time between the end of one pulse and the start of the next.
///
/// A remote must see the button released, or it takes two presses for one. The relay's own end of
/// the pulse may also be some milliseconds late on a busy single core.
pub(crate) const PULSE_GAP: Duration = Duration::from_millis(500);

/// For how long after its pulse a request for the same end is the same request: Home sends a target
/// again some seconds after a tap, and two phones cross the same geofence together.
pub(crate) const REPEAT: Duration = Duration::from_secs(5);

/// How late a pulse that was planned may be. Later than this the program was stopped or starved in
/// between, and what was wanted then may be wrong now.
pub(crate) const FRESH: Duration = Duration::from_secs(1);

/// For how long after the program stood still a request may be from before. It reads all that waited within a moment, also
/// on a small core with every connection busy.
pub(crate) const CATCHES_UP: Duration = Duration::from_secs(2);

/// The most pulses that one request can lead to: wake, start the wrong way, stop, wake, go.
pub(crate) const PULSES_A_REQUEST: u8 = 5;

/// After how many closings that failed the gate stops trying by itself.
pub(crate) const FAILED_CLOSINGS: u8 = 2;

/// How long a gate that was stopped before it left an end may still roll off that end's switch. A
/// heavy leaf rolls on for a second, and a reed switch chatters for two.
pub(crate) const SETTLES: Duration = Duration::from_secs(3);

/// How much longer than its travel a gate may be on its way before it counts as stopped: a quarter
/// for cold grease and wind, and three seconds for an opener that flashes its lamp before it starts.
pub(crate) fn margin(travel: Travel) -> Duration {
    travel.get() / 4 + Duration::from_secs(3)
}

/// How often in a minute the button may be pressed: 1 to 120.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "u64")]
pub(crate) struct PulseRate(u8);

impl PulseRate {
    /// The highest rate. The shortest pulses with their gaps come to 109 a minute: this is no bound.
    pub(crate) const MAX: Self = Self(120);

    /// Pulses in any 60 seconds.
    pub(crate) const fn get(self) -> u8 {
        self.0
    }
}

impl Default for PulseRate {
    /// A person needs a handful. What presses every other second for a minute is a program gone wild,
    /// and would wear a relay out in weeks instead of years.
    fn default() -> Self {
        Self(30)
    }
}

impl TryFrom<u64> for PulseRate {
    type Error = PulseRateError;

    fn try_from(rate: u64) -> Result<Self, PulseRateError> {
        let fits = u8::try_from(rate).ok().filter(|rate| (1..=Self::MAX.0).contains(rate));
        fits.map(Self).ok_or(PulseRateError(rate))
    }
}

/// No rate that the relay may be given.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0} is out of bounds: 1 to 120")]
pub(crate) struct PulseRateError(u64);
