//! The file operations of the store, apart from what they are for.

use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::Path;

use zeroize::Zeroizing;

use super::directory;

/// What a [`FileStore`](super::FileStore) does to the files of its directory, one operation each.
///
/// [`SystemDisk`] is the machine's own. Another one is for tests of what a crash before, after or in the middle of an
/// operation leaves behind.
pub trait Disk: Send + Sync {
    /// Reads a whole file; `None` when it is longer than `most` bytes.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] when there is none, and the failures of the medium.
    fn read(&self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>>;

    /// Makes a file that this user alone may read, and that belongs to the owner of its directory.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] when there is one.
    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>>;

    /// Gives a file another name beside its own.
    ///
    /// # Errors
    ///
    /// File systems without links say so.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file another name, in place of whatever has it.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a name.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] when nothing has it.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn sync(&self, directory: &Path) -> io::Result<()>;
}

/// A file that is being written.
pub trait NewFile: Write {
    /// Makes what was written durable; its name is not yet.
    ///
    /// # Errors
    ///
    /// Those of the medium.
    fn sync(&mut self) -> io::Result<()>;
}

/// The machine's file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn read(&self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        let mut file = File::open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        if length > most {
            return Ok(None);
        }
        // Sized once, since a vector that grows leaves copies of secrets behind.
        let mut bytes = Zeroizing::new(vec![0; length]);
        file.read_exact(&mut bytes)?;
        Ok(Some(std::mem::take(&mut *bytes)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        let file = directory::private().create_new(true).open(path)?;
        if let Some(parent) = path.parent() {
            directory::give_to_owner(&file, parent)?;
        }
        Ok(Box::new(file))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync(&self, directory: &Path) -> io::Result<()> {
        directory::sync(directory)
    }
}

impl NewFile for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}
