//! The state directory itself: made, closed to others, locked.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use super::StoreError;

const LOCK: &str = "lock";

/// Makes the directory and its missing parents, for this user alone, and durable.
pub(super) fn make(directory: &Path) -> io::Result<()> {
    let missing: Vec<&Path> =
        directory.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    for made in missing {
        match made.parent() {
            Some(parent) if parent.as_os_str().is_empty() => sync(Path::new("."))?,
            Some(parent) => sync(parent)?,
            None => {}
        }
    }
    Ok(())
}

/// Takes the access of other users away, but only to a directory that is for state alone: `--state-dir /var/lib` must
/// not take `/var/lib` from everybody.
pub(super) fn close_to_others(directory: &Path, is_document: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    let failed = |source| StoreError::Directory { directory: directory.to_owned(), source };
    let mode = fs::metadata(directory).map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let ours = is_for_state(directory, is_document).map_err(failed)?
        && fs::set_permissions(directory, Permissions::from_mode(0o700)).is_ok();
    if ours {
        log::warn!("{} was open to other users (mode {mode:04o}): its mode is now 0700", directory.display());
        return Ok(());
    }
    if mode & 0o022 != 0 {
        return Err(StoreError::Exposed { directory: directory.to_owned(), mode });
    }
    log::warn!(
        "other users may look into {} (mode {mode:04o}), though not into the files of the state: \
         better give a --state-dir of its own",
        directory.display()
    );
    Ok(())
}

/// The system lets go of the lock when the process ends, however it ends: a file left behind locks nothing.
pub(super) fn lock(directory: &Path) -> Result<File, StoreError> {
    let failed = |source| StoreError::Directory { directory: directory.to_owned(), source };
    let mut file = private().read(true).create(true).truncate(false).open(directory.join(LOCK)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(StoreError::Locked { directory: directory.to_owned(), pid: holder(&file) });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    give_to_owner(&file, directory).map_err(failed)?;
    file.set_len(0).map_err(failed)?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(failed)?;
    Ok(file)
}

/// How a file of the state is opened for writing.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// Lets the directory's owner have `file`, which root may have made.
pub(super) fn give_to_owner(file: &File, directory: &Path) -> io::Result<()> {
    let owner = fs::metadata(directory)?;
    if file.metadata()?.uid() != owner.uid() {
        fchown(file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

/// A rename is durable when its directory is.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Whether `directory` is empty or holds documents.
fn is_for_state(directory: &Path, is_document: impl Fn(&str) -> bool) -> io::Result<bool> {
    let mut empty = true;
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(&is_document) {
            return Ok(true);
        }
        empty &= name == LOCK;
    }
    Ok(empty)
}

fn holder(lock: &File) -> Option<u32> {
    let mut pid = String::new();
    // Ten digits and a line feed; more is no pid.
    lock.take(16).read_to_string(&mut pid).ok()?;
    pid.trim_end().parse().ok()
}
