//! The hardware's bounds, each with its reason.

use std::time::Duration;

/// How long the daemon waits for the keeper to say that an edge happened, and how old an order may be when the keeper
/// reads it. It answers within a fraction of a millisecond. On a machine with ten times more work than it can do it was
/// seen to need more than 100 ms, and to refuse the owner for that is worse than to stand still for half a second, once.
/// For a pulse it is also no longer than until that counts as [`OVERDUE`].
pub(super) const ANSWER: Duration = Duration::from_millis(500);

/// How late the end of a pulse may be told before the keeper counts as hung. Together with the time
/// that taking the line back needs, it stays under a quarter of a second.
pub(super) const OVERDUE: Duration = Duration::from_millis(100);

/// The keeper's niceness, if it may have it: it needs the processor for microseconds a day, and then at once.
pub(super) const NICENESS: i32 = -10;

/// How long an orderly stop waits for the keeper to go before it is killed.
pub(super) const GOODBYE: Duration = Duration::from_secs(1);

/// How long a new keeper waits for lines that an earlier one still holds: the longest pulse, whose end
/// that one awaits before it goes, and some.
pub(super) const TAKE_OVER: Duration = Duration::from_millis(10_500);

/// How often it looks meanwhile.
pub(super) const TAKE_OVER_STEP: Duration = Duration::from_millis(20);

/// How long the daemon waits for a new keeper to hold its lines: the take-over, and the start of a
/// process on a busy single core.
pub(super) const START: Duration = Duration::from_millis(15_000);

/// How long the daemon waits between two starts of a keeper that fail: doubled each time, from the
/// first to the second.
pub(super) const RESTART: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// After how long a falling edge that failed is tried again.
pub(super) const RELEASE_AGAIN: Duration = Duration::from_millis(20);

/// The largest record between the daemon and the keeper, in bytes: the list of outputs, of which a
/// configuration of 64 KiB has room for some hundreds. The kernel's socket buffer is 208 KiB.
pub(super) const RECORD: usize = 128 * 1024;

/// How far back a simulated relay looks for its last edge in a trace, in bytes: several hundred lines.
pub(super) const TRACE_TAIL: u64 = 64 * 1024;

/// How many edges of an input are read from the kernel at once, and how many may wait to be heard. The
/// kernel itself keeps sixteen a line.
pub(super) const EDGES: usize = 16;

/// After how long a level is told again that nobody had room for. A gate needs a second at least to change it.
pub(super) const TELL_AGAIN: Duration = Duration::from_millis(50);
