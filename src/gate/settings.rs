//! How one gate behaves.

use super::limits::{OpenTime, Patience, PulseLength, PulseRate, Travel, WarningTime};
use super::opener::{Opener, Options};
use super::{AssumedAtStart, ShownWhenStopped};

/// How one gate behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Settings {
    /// What a press means to the opener.
    pub opener: Opener,
    /// What openers of its kind differ in.
    pub options: Options,
    /// How long a press lasts.
    pub pulse: PulseLength,
    /// From one end to the other, until it is learned.
    pub travel: Travel,
    /// The opener closes the gate by itself after it has rested open for this long.
    pub closes_itself_after: Option<OpenTime>,
    /// Whether a request to close may pulse though nothing confirms that the gate is open.
    pub close_when_assumed: bool,
    /// What HomeKit is shown of a gate that stopped half-way.
    pub shown_when_stopped: ShownWhenStopped,
    /// Where an unsensed gate is taken to be after a restart.
    pub assumed_at_start: AssumedAtStart,
    /// How often in a minute the button may be pressed.
    pub pulses_a_minute: PulseRate,
    /// How long to warn before a close that nobody at the gate asked for; zero for no warning.
    pub remote_close_warning: WarningTime,
    /// After how long a gate that rests open is closed from here.
    pub auto_close_after: Option<Patience>,
    /// After how long a gate that is not closed counts as left open.
    pub left_open_after: Option<Patience>,
}

#[cfg(test)]
impl Settings {
    /// A gate with nothing but `opener`.
    pub(crate) fn plain(opener: Opener) -> Self {
        Self {
            opener,
            options: Options::default(),
            pulse: PulseLength::millis::<1_000>(),
            travel: Travel::millis::<18_000>(),
            closes_itself_after: None,
            close_when_assumed: true,
            shown_when_stopped: ShownWhenStopped::Open,
            assumed_at_start: AssumedAtStart::Remembered,
            pulses_a_minute: PulseRate::MAX,
            remote_close_warning: WarningTime::millis::<0>(),
            auto_close_after: None,
            left_open_after: None,
        }
    }
}
