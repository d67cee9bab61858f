//! A disk that knows what would be left of it, had the machine stopped at any moment.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pairing::store::{Disk, NewFile};

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct SimulatedDisk(Arc<Mutex<Inner>>);

/// What is on a disk: names and contents.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

#[derive(Default)]
struct Inner {
    files: Vec<File>,
    /// As the system shows them.
    names: BTreeMap<PathBuf, usize>,
    /// As they were when the directory was last synced.
    durable: BTreeMap<PathBuf, usize>,
    /// Since then.
    pending: Vec<Change>,
    history: Vec<Moment>,
    without_links: bool,
}

#[derive(Clone, Default)]
struct File {
    written: Vec<u8>,
    /// How many bytes of it a power cut leaves for certain.
    durable: usize,
}

/// A change of names; each happens as a whole or not at all.
#[derive(Clone)]
enum Change {
    Set(PathBuf, usize),
    Remove(PathBuf),
    Move(PathBuf, PathBuf, usize),
}

/// The disk after one operation.
#[derive(Clone)]
struct Moment {
    files: Vec<File>,
    names: BTreeMap<PathBuf, usize>,
    durable: BTreeMap<PathBuf, usize>,
    pending: Vec<Change>,
}

impl SimulatedDisk {
    /// A disk that holds these files, durably.
    pub(crate) fn with(files: &Files) -> Self {
        let disk = Self::default();
        {
            let mut inner = disk.inner();
            for (path, contents) in files {
                let number = inner.files.len();
                inner.files.push(File { written: contents.clone(), durable: contents.len() });
                inner.names.insert(path.clone(), number);
            }
            inner.durable = inner.names.clone();
            inner.remember();
        }
        disk
    }

    /// A file system that knows no links.
    #[allow(dead_code, reason = "not every test that uses the disk asks for it")]
    pub(crate) fn without_links(self) -> Self {
        self.inner().without_links = true;
        self
    }

    /// How many operations were done.
    pub(crate) fn moments(&self) -> usize {
        self.inner().history.len()
    }

    /// All that may be left when everything stops right after so many operations: what the system shows, if only the
    /// process was killed; and for a power cut, any of the names that were not yet made durable, with all that was
    /// written or only what was synced.
    pub(crate) fn afterlives(&self, moment: usize) -> Vec<Files> {
        let moment = self.inner().history[moment - 1].clone();
        let mut left = vec![moment.read(&moment.names, false)];
        for lucky in 0_u32..1 << moment.pending.len() {
            let mut names = moment.durable.clone();
            let changes = moment.pending.iter().enumerate();
            for (_, change) in changes.filter(|(nth, _)| lucky & (1 << nth) != 0) {
                change.apply(&mut names);
            }
            left.push(moment.read(&names, true));
            left.push(moment.read(&names, false));
        }
        left.sort();
        left.dedup();
        left
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.names);
        self.pending.push(change);
        assert!(self.pending.len() <= 10, "a directory that is never synced");
        self.remember();
    }

    fn remember(&mut self) {
        self.history.push(Moment {
            files: self.files.clone(),
            names: self.names.clone(),
            durable: self.durable.clone(),
            pending: self.pending.clone(),
        });
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Set(path, file) => {
                names.insert(path.clone(), *file);
            }
            Self::Remove(path) => {
                names.remove(path);
            }
            Self::Move(from, to, file) => {
                names.remove(from);
                names.insert(to.clone(), *file);
            }
        }
    }
}

impl Moment {
    fn read(&self, names: &BTreeMap<PathBuf, usize>, only_durable: bool) -> Files {
        let contents = |file: &File| match only_durable {
            true => file.written[..file.durable].to_vec(),
            false => file.written.clone(),
        };
        names.iter().map(|(path, file)| (path.clone(), contents(&self.files[*file]))).collect()
    }
}

impl Disk for SimulatedDisk {
    fn read(&self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
        let inner = self.inner();
        let contents = inner.files[inner.find(path)?].written.clone();
        Ok((contents.len() <= most).then_some(contents))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        let mut inner = self.inner();
        if inner.names.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = inner.files.len();
        inner.files.push(File::default());
        inner.change(Change::Set(path.to_owned(), file));
        Ok(Box::new(Writing { disk: self.clone(), file }))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        let file = inner.find(from)?;
        if inner.without_links {
            return Err(ErrorKind::Unsupported.into());
        }
        assert!(!inner.names.contains_key(to));
        inner.change(Change::Set(to.to_owned(), file));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        let file = inner.find(from)?;
        inner.change(Change::Move(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        inner.find(path)?;
        inner.change(Change::Remove(path.to_owned()));
        Ok(())
    }

    fn sync(&self, _directory: &Path) -> io::Result<()> {
        let mut inner = self.inner();
        inner.durable = inner.names.clone();
        inner.pending.clear();
        inner.remember();
        Ok(())
    }
}

/// A file of the disk that is being written.
struct Writing {
    disk: SimulatedDisk,
    file: usize,
}

impl Write for Writing {
    /// Half of it at a time, so that there is a moment in between.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().div_ceil(2);
        let mut inner = self.disk.inner();
        inner.files[self.file].written.extend_from_slice(&bytes[..length]);
        inner.remember();
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NewFile for Writing {
    fn sync(&mut self) -> io::Result<()> {
        let mut inner = self.disk.inner();
        let length = inner.files[self.file].written.len();
        inner.files[self.file].durable = length;
        inner.remember();
        Ok(())
    }
}
