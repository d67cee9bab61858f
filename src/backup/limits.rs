//! The bounds of a backup, each with its reason.

/// Bytes of a backup at most. The history has 2 MiB at most and the documents some KiB; JSON may need several bytes for
/// each of those.
pub(super) const FILE: usize = 32 * 1024 * 1024;

/// Bytes of the first line: the format's name, its version and the checksum.
pub(super) const HEADER: usize = 160;

/// Documents of a backup at most: there are four or five.
pub(super) const DOCUMENTS: usize = 32;

/// How often the state is read until it has not changed meanwhile. It changes a few times a day.
pub(super) const READS: usize = 5;
