//! A directory of named documents, each written whole or not at all.
//!
//! A document is a name and some bytes; the store does not know what they mean. What it promises:
//!
//! > **After [`Store::save`] has returned `Ok`, [`Store::load`] returns those contents, whenever the process or the
//! > machine stops. When it stops before that, `load` returns the old contents or the new, never a mixture.**
//!
//! The generation before the newest is kept. It is used, with a warning, when the newest does not read. When neither
//! reads, `load` fails: to start afresh would forget who may open the gate.

mod directory;
mod disk;
mod document;
mod error;
mod file;
mod memory;

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

pub use disk::{Disk, NewFile, SystemDisk};
pub use error::{Damage, StoreError};
pub use file::{FileStore, FileStoreView};
pub use memory::MemoryStore;

/// The bounds of the store.
pub mod limits {
    /// The longest contents of a document, in bytes: 1 MiB.
    ///
    /// Sixteen times what 64 pairings and a history of a thousand entries need, and still read in one go by a machine
    /// with 512 MB.
    pub const CONTENTS: usize = 1024 * 1024;

    /// The longest name of a document, in bytes.
    ///
    /// With its suffix it stays far below the 255 bytes that file systems allow.
    pub const NAME: usize = 64;

    /// The longest first line of a document's file, in bytes, with its line feed.
    ///
    /// The longest that can be written, with a 20-digit generation, takes 135; so a file that is no document is
    /// recognised without reading all of it.
    pub const HEADER: usize = 160;
}

/// What a server needs of the place that outlives it.
///
/// Names of documents are lower-case ASCII letters and hyphens, at most [`limits::NAME`] bytes.
pub trait Store: Send + Sync {
    /// Reads `document`; `None` when it was never saved.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when neither generation reads, [`StoreError::Newer`] when a newer program wrote it, and
    /// the failures of the medium.
    fn load(&self, document: &str) -> Result<Option<Loaded>, StoreError>;

    /// Replaces `document` by `contents`, at most [`limits::CONTENTS`] bytes, and returns when they are durable.
    ///
    /// # Errors
    ///
    /// Whatever stopped it. The old contents are then still there, unless only the last step failed (to make the
    /// replacement itself durable): then either may be loaded.
    fn save(&self, document: &str, contents: &[u8]) -> Result<(), StoreError>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn load(&self, document: &str) -> Result<Option<Loaded>, StoreError> {
        (**self).load(document)
    }

    fn save(&self, document: &str, contents: &[u8]) -> Result<(), StoreError> {
        (**self).save(document, contents)
    }
}

/// A document as it was read.
pub struct Loaded {
    /// What was saved.
    pub contents: Zeroizing<Vec<u8>>,
    /// Which of the kept generations this is.
    pub generation: Generation,
}

/// Contents may be secret, so only their length is shown.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded").field("length", &self.contents.len()).field("generation", &self.generation).finish()
    }
}

/// Which of the two kept generations of a document was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Generation {
    /// What was saved last.
    Newest,
    /// What was saved before that: the newest did not read, so the last change may be lost.
    Previous,
}

/// The name of a document, known to be no path.
#[derive(Clone, Copy)]
struct Name<'a>(&'a str);

impl<'a> Name<'a> {
    fn new(name: &'a str) -> Result<Self, StoreError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
        if name.is_empty() || name.len() > limits::NAME || !name.bytes().all(allowed) {
            return Err(StoreError::Name { name: name.to_owned() });
        }
        Ok(Self(name))
    }
}

fn check_length(document: Name<'_>, contents: &[u8]) -> Result<(), StoreError> {
    if contents.len() > limits::CONTENTS {
        return Err(StoreError::TooLong { document: document.0.to_owned(), length: contents.len() });
    }
    Ok(())
}
