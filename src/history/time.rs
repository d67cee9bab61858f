//! Points in time as the history writes them: of the wall clock for people, of the monotonic clock for the order.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// When something happened, by both clocks.
///
/// A computer without a battery has a wrong wall clock until the network tells it the time: the monotonic clock then
/// says how long before a later line something was.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct Stamp {
    /// By the wall clock.
    #[cfg_attr(feature = "api", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Milliseconds since the computer started, sleep left out.
    pub up_ms: u64,
}

impl Stamp {
    /// The stamp of `instant`, which is now or was a while ago.
    pub(crate) fn of(instant: Instant) -> Self {
        let ago = Instant::now().saturating_duration_since(instant);
        let up = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default().saturating_sub(ago);
        let at = SystemTime::now().checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH);
        Self { at: Timestamp::of(at), up_ms: u64::try_from(up.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// A time in UTC to the millisecond, from 1970 to the end of 9999. It is written as RFC 3339 does:
/// `2025-03-01T06:30:00.250Z`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Timestamp {
    unix_ms: u64,
}

impl Timestamp {
    /// The time that a clock shows; a clock before 1970 shows 1970, one after 9999 the end of it.
    pub(crate) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { unix_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX).min(END_OF_9999) }
    }

    /// The time without its fraction, for people: `2025-03-01 06:30:00Z`.
    pub(crate) fn to_the_second(self) -> String {
        let text = self.to_string();
        // Of 24 characters, all of them ASCII.
        let (date, time) = text.split_once('T').unwrap_or_default();
        format!("{date} {}Z", time.get(..8).unwrap_or_default())
    }

    /// Milliseconds since 1970.
    pub(crate) const fn unix_ms(self) -> u64 {
        self.unix_ms
    }

    /// Reads what [`Display`](fmt::Display) writes, exactly.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = [0_u64; 7];
        let mut rest = text;
        for (number, (digits, mark)) in numbers.iter_mut().zip(SHAPE) {
            let (part, after) = rest.split_at_checked(digits)?;
            *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
            rest = after.strip_prefix(mark)?;
        }
        let [year, month, day, hour, minute, second, milli] = numbers;
        if !rest.is_empty() || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_before(year, month, day)?;
        Some(Self { unix_ms: (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, within) = (self.unix_ms / DAY_MS, self.unix_ms % DAY_MS);
        let (year, month, day) = date(days);
        let (hour, minute) = (within / 3_600_000, within / 60_000 % 60);
        let (second, milli) = (within / 1000 % 60, within % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not a time like 2025-03-01T06:30:00.250Z"))
    }
}

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const END_OF_9999: u64 = 253_402_300_799_999;

/// How many digits each number has, and what stands behind it.
const SHAPE: [(usize, &str); 7] = [(4, "-"), (2, "-"), (2, "T"), (2, ":"), (2, ":"), (2, "."), (3, "Z")];

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 to the start of `year`.
const fn days_before_year(year: u64) -> u64 {
    // Every fourth, but no hundredth, but every four hundredth; 477 of them were before 1970.
    let past = year - 1;
    (year - 1970) * 365 + past / 4 - past / 100 + past / 400 - 477
}

/// Year, month and day of the day that is so many days after the first of 1970.
fn date(days: u64) -> (u64, u64, u64) {
    // The guess is right, or too late by the leap days before it: six years at most.
    let mut year = 1970 + days / 365;
    while days_before_year(year) > days {
        year -= 1;
    }
    let mut left = days - days_before_year(year);
    debug_assert!(left < days_in_year(year), "a day belongs to one year");
    let mut month = 1;
    while left >= days_in_month(year, month) {
        left -= days_in_month(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

/// Days from 1970 to a date; `None` when there is no such day.
fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day)
    {
        return None;
    }
    let months: u64 = (1..month).map(|month| days_in_month(year, month)).sum();
    Some(days_before_year(year) + months + day - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(unix_ms: u64) -> String {
        Timestamp { unix_ms }.to_string()
    }

    #[test]
    fn known_times_are_written_as_everybody_writes_them() {
        for (unix_ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_740_810_600_250, "2025-03-01T06:30:00.250Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (END_OF_9999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(shown(unix_ms), text);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2025-03-01",
            "2025-03-01T06:30:00Z",
            "2025-02-29T00:00:00.000Z",
            "2025-13-01T00:00:00.000Z",
            "2025-01-01T24:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "2025-03-01T06:30:00.250Z ",
            "+025-03-01T06:30:00.250Z",
            "2025-03-01T06:30:00.250+01:00",
            "é025-03-01T06:30:00.250Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_clock_outside_the_years_with_four_digits_is_shown_at_the_nearest_end() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Timestamp::of(before).unix_ms(), 0);
        let after = SystemTime::UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        assert_eq!(Timestamp::of(after).unix_ms(), END_OF_9999);
    }

    #[test]
    fn the_stamp_of_a_past_instant_lies_in_the_past_by_both_clocks() {
        let now = Instant::now();
        let (early, late) = (Stamp::of(now - Duration::from_secs(5)), Stamp::of(now));
        assert!((4_900..5_100).contains(&(late.up_ms - early.up_ms)));
        assert!((4_000..6_000).contains(&(late.at.unix_ms() - early.at.unix_ms())));
    }

    proptest! {
        #[test]
        fn every_time_reads_back(unix_ms in 0..=END_OF_9999) {
            let time = Timestamp { unix_ms };
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = Timestamp::parse(&text);
        }

        #[test]
        fn later_times_are_greater_texts(a in 0..=END_OF_9999, b in 0..=END_OF_9999) {
            prop_assert_eq!(a.cmp(&b), shown(a).cmp(&shown(b)));
        }
    }
}
