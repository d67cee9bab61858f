//! The bounds of the history, each with its reason.

use std::time::Duration;

/// A file of the history is full at this many bytes; then the one before it of its stream goes. There are two streams,
/// so all of it has 2 MiB at most.
///
/// A line has some 250 bytes, so two files hold two to four thousand lines: six weeks or more of ten passages a day.
pub(super) const FILE_BYTES: u64 = 512 * 1024;

/// The longest line that is written or read. The longest that the gate can say has less than 1 KiB.
pub(super) const LINE_BYTES: usize = 4 * 1024;

/// A reader holds so much of a file at a time: a few dozen lines.
pub(super) const BLOCK_BYTES: u64 = 16 * 1024;

/// An answer with lines is made in pieces of about this size.
pub(super) const PIECE_BYTES: usize = 16 * 1024;

/// Lines that may wait for a slow memory card. A gate allows 30 pulses a minute unless it is told
/// otherwise, so this is the worst card's worst minutes with room for refusals.
pub(super) const WAITING: usize = 512;

/// A pulse or a refusal is safe from a power cut after this time.
pub(super) const HURRY: Duration = Duration::from_millis(500);

/// Everything else rides along with the next pulse, or is safe after this time.
pub(super) const LEISURE: Duration = Duration::from_secs(60);

/// Lines that one question is answered with at most: all there are.
pub(crate) const LINES: usize = 10_000;

/// So long a reader waits for lines that are on their way to the files.
pub(super) const SETTLES: Duration = Duration::from_millis(500);
