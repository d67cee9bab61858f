//! Whether the clock is set: a Raspberry Pi has none that runs while it is off.

use std::time::{Duration, SystemTime};

use super::finding::Finding;
use crate::history::Timestamp;

const PLACE: &str = "clock";

/// 2026-01-01, when this program did not exist yet, in seconds since 1970.
const BEFORE_US: Duration = Duration::from_secs(1_767_225_600);

/// `installed`: when the program's file was written, if that is known.
pub(super) fn judge(now: SystemTime, installed: Option<SystemTime>) -> Finding {
    let earliest = (SystemTime::UNIX_EPOCH + BEFORE_US).max(installed.unwrap_or(SystemTime::UNIX_EPOCH));
    let shown = Timestamp::of(now).to_the_second();
    // A file that was copied from a computer whose clock is a little fast is no reason.
    if now + Duration::from_secs(24 * 60 * 60) >= earliest {
        return Finding::fine(PLACE, format!("it shows {shown}"));
    }
    Finding::warning(PLACE, format!("it is not set: it shows {shown}, which was before this program was installed"))
        .because("the gate works all the same, but the history has wrong times until the network tells the right one")
        .mend("sudo timedatectl set-ntp true; and see that the network reaches a time server: timedatectl")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_clock_that_starts_in_1970_or_where_it_stopped_is_found() {
        assert_eq!(judge(at(0), None).severity, Severity::Warning);
        assert_eq!(judge(at(1_800_000_000), Some(at(1_810_000_000))).severity, Severity::Warning);
        assert!(judge(at(0), None).what.contains("1970-01-01 00:00:00Z"));
    }

    #[test]
    fn a_clock_of_today_is_fine() {
        assert_eq!(judge(at(1_800_000_000), None).severity, Severity::Fine);
        assert_eq!(judge(at(1_800_000_000), Some(at(1_800_003_600))).severity, Severity::Fine);
    }
}
