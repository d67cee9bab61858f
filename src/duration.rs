//! Durations as people write them, each carrying its bounds in its type, and as sentences say them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::counted::counted;

/// A duration of at least `MIN` and at most `MAX` milliseconds, both included.
///
/// It is written `250ms`, `18s`, `1.5s` or `2m`: a whole number and a unit, or seconds with at most
/// three decimals.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Bounded<const MIN: u64, const MAX: u64>(Duration);

impl<const MIN: u64, const MAX: u64> Bounded<MIN, MAX> {
    /// A constant of `MS` milliseconds; out of bounds does not compile.
    pub(crate) const fn millis<const MS: u64>() -> Self {
        const { assert!(MIN <= MS && MS <= MAX, "the constant is out of bounds") };
        Self(Duration::from_millis(MS))
    }

    /// The nearest duration within the bounds.
    pub(crate) fn nearest(duration: Duration) -> Self {
        Self(duration.clamp(Duration::from_millis(MIN), Duration::from_millis(MAX)))
    }

    /// The duration itself.
    pub(crate) const fn get(self) -> Duration {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> TryFrom<Duration> for Bounded<MIN, MAX> {
    type Error = DurationError;

    fn try_from(duration: Duration) -> Result<Self, DurationError> {
        if duration < Duration::from_millis(MIN) || duration > Duration::from_millis(MAX) {
            return Err(DurationError::OutOfBounds {
                given: Text(duration).to_string(),
                min: Duration::from_millis(MIN),
                max: Duration::from_millis(MAX),
            });
        }
        Ok(Self(duration))
    }
}

impl<const MIN: u64, const MAX: u64> FromStr for Bounded<MIN, MAX> {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let millis = parse_millis(text).ok_or_else(|| DurationError::NotADuration(text.to_owned()))?;
        if !(MIN..=MAX).contains(&millis) {
            return Err(DurationError::OutOfBounds {
                given: text.to_owned(),
                min: Duration::from_millis(MIN),
                max: Duration::from_millis(MAX),
            });
        }
        Ok(Self(Duration::from_millis(millis)))
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for Bounded<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text(self.0).fmt(f)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written<const MIN: u64, const MAX: u64>;

        impl<const MIN: u64, const MAX: u64> Visitor<'_> for Written<MIN, MAX> {
            type Value = Bounded<MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (min, max) = (Duration::from_millis(MIN), Duration::from_millis(MAX));
                write!(f, "a duration from \"{}\" to \"{}\"", Text(min), Text(max))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Written)
    }
}

/// Why a text or a length of time is not the duration that is wanted. The writer's fault.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum DurationError {
    /// The text is no number with a unit.
    #[error("{0:?} is not a duration: write it like 250ms, 18s, 1.5s or 2m")]
    NotADuration(String),
    /// A duration, but too short or too long.
    #[error("{given:?} is out of bounds: {} to {}", Text(*min), Text(*max))]
    OutOfBounds {
        /// The duration as it was given.
        given: String,
        /// The shortest allowed.
        min: Duration,
        /// The longest allowed.
        max: Duration,
    },
}

/// A length of time as a sentence says it, in the largest unit of which it has two: a single minute is 60 seconds.
pub(crate) fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    counted(count, unit)
}

/// The number of milliseconds in `text`; `None` when it is no duration or does not fit.
fn parse_millis(text: &str) -> Option<u64> {
    if let Some(number) = text.strip_suffix("ms") {
        return whole(number);
    }
    if let Some(number) = text.strip_suffix('m') {
        return whole(number)?.checked_mul(60_000);
    }
    let number = text.strip_suffix('s')?;
    let Some((seconds, decimals)) = number.split_once('.') else {
        return whole(number)?.checked_mul(1_000);
    };
    let scale = match decimals.len() {
        1 => 100,
        2 => 10,
        3 => 1,
        _ => return None,
    };
    whole(seconds)?.checked_mul(1_000)?.checked_add(whole(decimals)? * scale)
}

/// A number of digits only: `u64::from_str` alone would let a `+` through.
fn whole(digits: &str) -> Option<u64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Shows a duration in the largest unit that says it exactly.
struct Text(Duration);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis == 0 {
            f.write_str("0ms")
        } else if millis.is_multiple_of(60_000) {
            write!(f, "{}m", millis / 60_000)
        } else if millis.is_multiple_of(1_000) {
            write!(f, "{}s", millis / 1_000)
        } else if millis > 1_000 {
            let decimals = format!("{:03}", millis % 1_000);
            write!(f, "{}.{}s", millis / 1_000, decimals.trim_end_matches('0'))
        } else {
            write!(f, "{millis}ms")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Any = Bounded<0, { u64::MAX }>;
    type Pulse = Bounded<50, 10_000>;

    fn millis(text: &str) -> Option<u128> {
        text.parse::<Any>().ok().map(|it| it.get().as_millis())
    }

    #[test]
    fn each_unit_is_read() {
        assert_eq!(millis("250ms"), Some(250));
        assert_eq!(millis("18s"), Some(18_000));
        assert_eq!(millis("2m"), Some(120_000));
        assert_eq!(millis("1.5s"), Some(1_500));
        assert_eq!(millis("0.05s"), Some(50));
        assert_eq!(millis("0.125s"), Some(125));
    }

    #[test]
    fn what_is_not_exactly_a_number_and_a_unit_is_refused() {
        for text in [
            "",
            "s",
            "ms",
            "m",
            "5",
            "5h",
            "-1s",
            "+1s",
            "1 s",
            " 1s",
            "1s ",
            "1.s",
            ".5s",
            "1.2345s",
            "1.5m",
            "1.5ms",
            "1e3s",
            "infs",
            "1..5s",
            "１s",
            "99999999999999999999s",
        ] {
            assert_eq!(millis(text), None, "{text:?}");
        }
    }

    #[test]
    fn both_bounds_are_allowed_and_nothing_beyond_them() {
        assert!("50ms".parse::<Pulse>().is_ok());
        assert!("10s".parse::<Pulse>().is_ok());
        assert!("49ms".parse::<Pulse>().is_err());
        assert!("10.001s".parse::<Pulse>().is_err());
        assert!(Pulse::try_from(Duration::from_nanos(49_999_999)).is_err());
        assert!(Pulse::try_from(Duration::from_nanos(10_000_000_001)).is_err());
    }

    #[test]
    fn an_out_of_bounds_duration_is_told_what_is_allowed() {
        let error = "20s".parse::<Pulse>().unwrap_err();
        assert_eq!(error.to_string(), r#""20s" is out of bounds: 50ms to 10s"#);
    }

    #[test]
    fn a_length_of_time_is_said_in_one_unit_and_the_right_number() {
        let said = [0, 1, 60, 119, 120, 7200, 200_000].map(|seconds| in_words(Duration::from_secs(seconds)));
        let expected = ["0 seconds", "1 second", "60 seconds", "119 seconds", "2 minutes", "2 hours", "2 days"];
        assert_eq!(said, expected);
    }

    proptest! {
        #[test]
        fn a_duration_reads_back_as_it_is_shown(given in 0..=u64::MAX / 1_000) {
            let shown = Any::try_from(Duration::from_millis(given)).unwrap().to_string();
            prop_assert_eq!(millis(&shown), Some(u128::from(given)));
        }

        #[test]
        fn arbitrary_text_never_panics_and_stays_within_bounds(text in ".{0,24}|[0-9]{0,24}[.]?[0-9]{0,4}(ms|s|m)") {
            if let Ok(pulse) = text.parse::<Pulse>() {
                prop_assert!((50..=10_000).contains(&pulse.get().as_millis()));
            }
        }
    }
}
