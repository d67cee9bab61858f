//! What can go wrong with the store.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::limits;

/// Why a document could not be read or written. The text is one complete line: what, where, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The caller's fault: not a name of a document. Nothing was read or written.
    #[error("{name:?} cannot name a document: use 1 to {} lower-case letters and hyphens", limits::NAME)]
    Name {
        /// What was given.
        name: String,
    },

    /// The caller's fault: the contents are over the bound. Nothing was written.
    #[error("{document}: {length} bytes are too long to be saved: at most {} are kept", limits::CONTENTS)]
    TooLong {
        /// Whose contents.
        document: String,
        /// Their length, in bytes.
        length: usize,
    },

    /// The directory cannot be made, entered or locked.
    #[error(
        "cannot use {} as the state directory: {source}: \
         see that it exists and belongs to the user this runs as, or give another --state-dir",
        directory.display()
    )]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Something else is where the directory should be.
    #[error("{} is not a directory: move it away, or give another --state-dir", path.display())]
    NotADirectory {
        /// What is in the way.
        path: PathBuf,
    },

    /// Others may write into the directory, and it is not ours to close.
    #[error(
        "other users may write into {} (mode {mode:04o}): \
         give a --state-dir of its own, or take their access away: chmod 700 {}",
        directory.display(), directory.display()
    )]
    Exposed {
        /// The directory.
        directory: PathBuf,
        /// Its permissions.
        mode: u32,
    },

    /// Another process, or this one, has the directory open.
    #[error(
        "another process{} uses {}: stop it, or give this one another --state-dir",
        pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), directory.display()
    )]
    Locked {
        /// The directory.
        directory: PathBuf,
        /// Who has it, when that could be read.
        pid: Option<u32>,
    },

    /// A file is there, but this process may not read it, or has no means left to.
    #[error(
        "cannot read {}: {source}: see that it belongs to the user this runs as",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A file could not be written, made durable, or removed. Try again when the cause is gone.
    #[error(
        "cannot write {}: {source}: see that there is space left and that {} may be written",
        path.display(), path.parent().unwrap_or(path).display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Neither generation reads. Nothing is changed, so that what is left can be saved.
    #[error(
        "{} {newest_damage}, and {} {previous_damage}: \
         restore the state directory from a backup, or start anew with `reset` (every pairing is then forgotten)",
        newest.display(), previous.display()
    )]
    Damaged {
        /// The newest generation's file.
        newest: PathBuf,
        /// Why it does not read.
        newest_damage: Damage,
        /// The previous generation's file.
        previous: PathBuf,
        /// Why that does not read either.
        previous_damage: Damage,
    },

    /// The document is sound, but in a format this program does not know. Nothing is changed.
    #[error(
        "{} has format {version}, which a newer program wrote: run that one again, \
         or restore a backup from before the upgrade",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format's version.
        version: u32,
    },
}

/// Why one generation of a document does not read. The text continues a sentence that begins with the file's name.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Damage {
    /// There is no such file.
    #[error("is missing")]
    Missing,
    /// The medium failed.
    #[error("cannot be read ({0})")]
    Medium(#[source] io::Error),
    /// Longer than any document can be.
    #[error("is too long")]
    TooLong,
    /// The first line is not a document's.
    #[error("does not begin as a document")]
    Header,
    /// Not what was written: changed, or cut short.
    #[error("does not match its checksum")]
    Checksum,
}
