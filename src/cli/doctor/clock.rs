//! Whether the clock is set: a Raspberry Pi has none that runs while it is off.

use std::time::{Duration, SystemTime};

use super::finding::Finding;
use crate::history::Timestamp;

const PLACE: &str = "clock";

/// 2026-01-01, when this program did not exist yet, in seconds since 1970.
const BEFORE_US: Duration = Duration::from_secs(1_767_225_600);

/// `installed`: when the program's file was written, if that is known. `is_confirmed`: whether a time server has answered
/// since the computer started, if that is known.
pub(super) fn judge(now: SystemTime, installed: Option<SystemTime>, is_confirmed: Option<bool>) -> Finding {
    let earliest = (SystemTime::UNIX_EPOCH + BEFORE_US).max(installed.unwrap_or(SystemTime::UNIX_EPOCH));
    let shown = Timestamp::of(now).to_the_second();
    // A file that was copied from a computer whose clock is a little fast is no reason.
    let what = if now + Duration::from_secs(24 * 60 * 60) < earliest {
        format!("it is not set: it shows {shown}, which was before this program was installed")
    } else if is_confirmed == Some(false) {
        // After a power cut a Raspberry Pi goes on where it was switched off.
        format!("it may be wrong: it shows {shown}, and no time server has answered since the start")
    } else {
        return Finding::fine(PLACE, format!("it shows {shown}"));
    };
    Finding::warning(PLACE, what)
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
        assert_eq!(judge(at(0), None, None).severity, Severity::Warning);
        assert_eq!(judge(at(1_800_000_000), Some(at(1_810_000_000)), Some(true)).severity, Severity::Warning);
        assert!(judge(at(0), None, None).what.contains("1970-01-01 00:00:00Z"));
    }

    #[test]
    fn a_clock_that_went_on_where_it_was_switched_off_is_found_until_a_time_server_answers() {
        let found = judge(at(1_800_000_000), None, Some(false));
        assert_eq!(found.severity, Severity::Warning);
        assert!(found.what.contains("2027-01-15") && found.why.is_some() && !found.mends.is_empty(), "{found:?}");
    }

    #[test]
    fn a_clock_of_today_is_fine() {
        assert_eq!(judge(at(1_800_000_000), None, None).severity, Severity::Fine);
        assert_eq!(judge(at(1_800_000_000), Some(at(1_800_003_600)), Some(true)).severity, Severity::Fine);
    }
}
