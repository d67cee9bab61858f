//! Documents as files of one directory.
//!
//! `NAME.current` is the newest generation, `NAME.previous` the one before it, and `NAME.partial` what a save that was
//! cut short left behind: nobody reads it, and the next save replaces it. `lock` is held by the process that may write.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::directory;
use super::disk::{Disk, SystemDisk};
use super::document::{self, Document, Parsed};
use super::{Damage, Generation, Loaded, Name, Store, StoreError, check_length, limits};

const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";
const PARTIAL: &str = "partial";

/// The state directory, open for reading and writing by this process alone.
///
/// The directory has mode 0700 and its files 0600. They belong to the directory's owner also when root writes them, so
/// that a command run as root does not lock the daemon out of its own state.
pub struct FileStore {
    documents: FileStoreView,
    /// Held open, the file is the lock; the mutex lets one thread write at a time.
    lock: Mutex<File>,
}

impl FileStore {
    /// Opens `directory` and locks it until the store is dropped or the process ends. Makes it when it is missing, and
    /// its parents.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] when another store has it open, in this process or another;
    /// [`StoreError::Directory`], [`StoreError::NotADirectory`] or [`StoreError::Exposed`] when it cannot be used.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_on(SystemDisk, directory)
    }

    /// As [`open`](Self::open), with the documents' files on another [`Disk`]. The directory itself is the machine's.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_on(disk: impl Disk + 'static, directory: impl AsRef<Path>) -> Result<Self, StoreError> {
        let directory = directory.as_ref();
        let failed = |source| StoreError::Directory { directory: directory.to_owned(), source };

        let documents = FileStoreView { disk: Arc::new(disk), ..FileStoreView::open(directory)? };
        directory::make(directory).map_err(failed)?;
        directory::close_to_others(directory, |file| document_of(file).is_some())?;
        let lock = directory::lock(directory)?;
        Ok(Self { documents, lock: Mutex::new(lock) })
    }

    /// Removes every generation of `document`. It was never there, as far as [`Store::load`] can tell.
    ///
    /// # Errors
    ///
    /// [`StoreError::Name`], or [`StoreError::Write`] when a file does not go; call it again then.
    pub fn remove(&self, document: &str) -> Result<(), StoreError> {
        let name = Name::new(document)?;
        let _alone = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // The newest goes last: cut short, this must not bring back what was replaced long ago.
        for suffix in [PARTIAL, PREVIOUS, CURRENT] {
            let path = self.documents.path(name, suffix);
            self.documents.remove_if_present(&path).map_err(|source| StoreError::Write { path, source })?;
        }
        self.documents.sync()
    }

    /// Removes every document in the directory, also those that do not read. Other files stay.
    ///
    /// # Errors
    ///
    /// Like [`FileStore::remove`].
    pub fn erase(&self) -> Result<(), StoreError> {
        let directory = &self.documents.directory;
        let failed = |source| StoreError::Directory { directory: directory.clone(), source };
        for entry in fs::read_dir(directory).map_err(failed)? {
            let file = entry.map_err(failed)?.file_name();
            if let Some(document) = file.to_str().and_then(document_of) {
                self.remove(document)?;
            }
        }
        Ok(())
    }

    /// Replaces the newest generation. At every step `NAME.current`, when it was sound, is: the old one, then the new.
    fn replace(&self, name: Name<'_>, generation: u64, contents: &[u8], rotate: bool) -> Result<(), StoreError> {
        let current = self.documents.path(name, CURRENT);
        let previous = self.documents.path(name, PREVIOUS);
        let partial = self.documents.path(name, PARTIAL);

        let written = self.write(&partial, generation, contents);
        if let Err(source) = written {
            // On a full disk, half a file would only be in the way.
            let _ = self.documents.disk.remove(&partial);
            return Err(StoreError::Write { path: partial, source });
        }
        if rotate {
            self.keep(&current, &previous).map_err(|source| StoreError::Write { path: previous, source })?;
        }
        self.documents.disk.rename(&partial, &current).map_err(|source| StoreError::Write { path: current, source })?;
        self.documents.sync()
    }

    fn write(&self, partial: &Path, generation: u64, contents: &[u8]) -> io::Result<()> {
        self.documents.remove_if_present(partial)?;
        let mut file = self.documents.disk.create(partial)?;
        file.write_all(document::header(generation, contents).as_bytes())?;
        file.write_all(contents)?;
        file.sync()
    }

    /// Makes `previous` another name of what `current` is.
    fn keep(&self, current: &Path, previous: &Path) -> io::Result<()> {
        self.documents.remove_if_present(previous)?;
        let disk = &self.documents.disk;
        // Where links are unknown (FAT) the file is moved; until the new one is in place, `previous` then is all there is.
        disk.link(current, previous).or_else(|_| disk.rename(current, previous))
    }
}

impl Store for FileStore {
    fn load(&self, document: &str) -> Result<Option<Loaded>, StoreError> {
        let _alone = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.documents.load(document)
    }

    fn save(&self, document: &str, contents: &[u8]) -> Result<(), StoreError> {
        let name = Name::new(document)?;
        check_length(name, contents)?;
        let _alone = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.documents.find(name)?;
        let generation = found.as_ref().map_or(0, |found| found.document.generation);
        // A damaged file must not take the place of the only sound one.
        let rotate = found.is_some_and(|found| found.which == Generation::Newest);
        self.replace(name, generation.saturating_add(1), contents, rotate)
    }
}

/// The state directory, for looking only: it takes no lock, so the daemon may run meanwhile.
pub struct FileStoreView {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
}

impl FileStoreView {
    /// Looks into `directory`. When it does not exist, no document does.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotADirectory`] when something else is there, or [`StoreError::Directory`] when it cannot be seen.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self, StoreError> {
        let directory = directory.as_ref().to_owned();
        match fs::metadata(&directory) {
            Ok(metadata) if !metadata.is_dir() => Err(StoreError::NotADirectory { path: directory }),
            Err(source) if source.kind() != ErrorKind::NotFound => Err(StoreError::Directory { directory, source }),
            _ => Ok(Self { disk: Arc::new(SystemDisk), directory }),
        }
    }

    /// Reads `document`; see [`Store::load`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::load`].
    pub fn load(&self, document: &str) -> Result<Option<Loaded>, StoreError> {
        let found = self.find(Name::new(document)?)?;
        Ok(found.map(|found| {
            if let Some(damage) = found.newest_damage {
                let newest = self.directory.join(format!("{document}.{CURRENT}"));
                log::warn!(
                    "{} {damage}: its previous generation ({}) is used, so the last change may be lost; \
                     see that the disk or memory card is sound",
                    newest.display(),
                    found.document.generation
                );
            }
            Loaded { contents: found.document.contents, generation: found.which }
        }))
    }

    /// The names of all documents that are there, in order, also of those that do not read.
    ///
    /// # Errors
    ///
    /// [`StoreError::Directory`].
    pub fn documents(&self) -> Result<Vec<String>, StoreError> {
        let failed = |source| StoreError::Directory { directory: self.directory.clone(), source };
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut names = BTreeSet::new();
        for entry in entries {
            let file = entry.map_err(failed)?.file_name();
            // What a save that was cut short left behind was never a document.
            let is_saved = |file: &&str| !file.ends_with(PARTIAL);
            names.extend(file.to_str().filter(is_saved).and_then(document_of).map(str::to_owned));
        }
        Ok(names.into_iter().collect())
    }

    fn find(&self, name: Name<'_>) -> Result<Option<Found>, StoreError> {
        let newest = self.path(name, CURRENT);
        let newest_damage = match self.read(&newest)? {
            Ok(document) => {
                return Ok(Some(Found { which: Generation::Newest, document, newest_damage: None }));
            }
            Err(damage) => damage,
        };
        let previous = self.path(name, PREVIOUS);
        match (self.read(&previous)?, newest_damage) {
            (Ok(document), damage) => {
                Ok(Some(Found { which: Generation::Previous, document, newest_damage: Some(damage) }))
            }
            (Err(Damage::Missing), Damage::Missing) => Ok(None),
            (Err(previous_damage), newest_damage) => {
                Err(StoreError::Damaged { newest, newest_damage, previous, previous_damage })
            }
        }
    }

    fn path(&self, name: Name<'_>, suffix: &str) -> PathBuf {
        self.directory.join(format!("{}.{suffix}", name.0))
    }

    /// Reads one generation. The inner error is the file's and makes the other generation count; the outer one is about
    /// this process, and no reason to go back in time.
    fn read(&self, path: &Path) -> Result<Result<Document, Damage>, StoreError> {
        let bytes = match self.disk.read(path, limits::HEADER + limits::CONTENTS) {
            Ok(Some(bytes)) => Zeroizing::new(bytes),
            Ok(None) => return Ok(Err(Damage::TooLong)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Err(Damage::Missing)),
            Err(source) if is_about_this_process(&source) => {
                return Err(StoreError::Read { path: path.to_owned(), source });
            }
            Err(error) => return Ok(Err(Damage::Medium(error))),
        };
        match document::parse(bytes) {
            Ok(Parsed::Known(document)) => Ok(Ok(document)),
            Ok(Parsed::Newer { version }) => Err(StoreError::Newer { path: path.to_owned(), version }),
            Err(damage) => Ok(Err(damage)),
        }
    }

    fn remove_if_present(&self, path: &Path) -> io::Result<()> {
        match self.disk.remove(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.disk.sync(&self.directory).map_err(|source| StoreError::Write { path: self.directory.clone(), source })
    }
}

/// The generation of a document that reads.
struct Found {
    which: Generation,
    document: Document,
    /// Why it is not the newest.
    newest_damage: Option<Damage>,
}

fn is_about_this_process(error: &io::Error) -> bool {
    // ENFILE and EMFILE, alike on every Unix: no file descriptor is left.
    const TOO_MANY_FILES: [i32; 2] = [23, 24];
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::OutOfMemory)
        || error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code))
}

/// Which document a file belongs to, if any.
fn document_of(file: &str) -> Option<&str> {
    let (name, suffix) = file.split_once('.')?;
    [CURRENT, PREVIOUS, PARTIAL].contains(&suffix).then_some(name).filter(|name| Name::new(name).is_ok())
}
