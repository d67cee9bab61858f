//! A backup: the state directory in one file, and back, whole or not at all.

mod archive;
mod limits;
mod replace;

use std::io;
use std::path::PathBuf;

use hap::StartError;
use hap::store::StoreError;

pub(crate) use self::archive::{Accessory, Archive, Configuration};
pub(crate) use self::replace::{expect_no_daemon, kept, replace};
use crate::history::HistoryError;

/// Why there is no backup, or why it was not restored. Nothing was replaced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What it holds.
    #[error(transparent)]
    State(#[from] StartError),
    /// The history in it.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// There is nothing to keep.
    #[error("{}: nothing to back up: the daemon never started on it; see --state-dir", directory.display())]
    Empty {
        /// The state directory.
        directory: PathBuf,
    },
    /// The daemon changes it faster than it can be read.
    #[error("the state changed while it was read: try once more")]
    Restless,
    /// A document that a backup cannot hold.
    #[error("the document {document:?} of the state directory cannot be kept: {reason}")]
    Document {
        /// Its name.
        document: String,
        /// Why not.
        reason: &'static str,
    },
    /// The file is no backup.
    #[error("it is no backup of Portcullis")]
    Foreign,
    /// The file was changed, or is not all there.
    #[error("it is damaged or cut off: {0}; take another backup")]
    Damaged(String),
    /// The file comes from the future.
    #[error("it was made by a newer Portcullis (format {version}): update this one")]
    Newer {
        /// The format's version.
        version: u32,
    },
    /// The file is larger than any backup.
    #[error("it is larger than any backup ({} MiB)", limits::FILE / 1024 / 1024)]
    TooLarge,
    /// The file or directory cannot be written.
    #[error("{}: {what}: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What failed.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}
