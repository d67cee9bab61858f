//! Puts a backup in the place of the state directory, in one step that a power cut cannot halve.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, fchown};
use std::path::{Path, PathBuf};

use hap::Stored;
use hap::store::{FileStore, FileStoreView, Store};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::{Archive, BackupError};
use crate::{driven, history};

/// Where the state is kept that was there before: beside, under this name.
pub(crate) fn kept(directory: &Path) -> PathBuf {
    beside(directory, "before-restore")
}

/// Fails while a daemon runs on `directory`: before anything is asked, written or replaced.
pub(crate) fn expect_no_daemon(directory: &Path) -> Result<(), BackupError> {
    if directory.exists() {
        FileStore::open(directory)?;
    }
    Ok(())
}

/// Replaces the state in `directory` by that of `archive`, whole or not at all. What was there is [`kept`]; what was kept
/// by an earlier restore goes. Tells whether there was something to keep.
///
/// The new directory is made beside, checked, and then takes the other's place in one rename. Both are locked meanwhile, so
/// that a daemon starts before it or after.
pub(crate) fn replace(directory: &Path, archive: &Archive) -> Result<bool, BackupError> {
    // Service managers like to make it a link to another place.
    let directory = &fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let exists = directory.exists();
    // It refuses while a daemon runs.
    let old = exists.then(|| FileStore::open(directory)).transpose()?;
    let new = beside(directory, "restoring");
    let failed = |path: &Path, what| {
        let path = path.to_owned();
        move |source: io::Error| BackupError::Write { path, what, source }
    };
    remove(&new).map_err(failed(&new, "what an earlier restore left cannot be removed"))?;
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(failed(parent, "cannot be made"))?;
    let lock = build(directory, &new, archive, old.as_ref()).inspect_err(|_| {
        // Half a directory is only in the way.
        let _ = remove(&new);
    })?;
    let (flags, kept) = (if exists { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE }, kept(directory));
    let swapped = renameat_with(CWD, &new, CWD, directory, flags).map_err(|errno| match errno {
        // A mount point cannot be renamed, and some file systems cannot exchange.
        Errno::BUSY | Errno::INVAL | Errno::NOSYS => io::Error::other(format!(
            "{errno}; its file system cannot swap two directories: give --state-dir a directory inside it"
        )),
        errno => errno.into(),
    });
    if let Err(source) = swapped {
        let _ = remove(&new);
        return Err(failed(directory, "cannot be replaced")(source));
    }
    sync(parent).map_err(failed(parent, "cannot be made safe from a power cut"))?;
    drop((lock, old));
    if exists {
        // From here on the restore is done; what was there before is a convenience.
        remove(&kept).and_then(|()| fs::rename(&new, &kept)).and_then(|()| sync(parent)).map_err(failed(
            &new,
            "the backup is restored, but what was there before stays here, since it cannot be renamed",
        ))?;
    }
    Ok(exists)
}

/// Makes the new directory, and checks that it holds the accessory that it should. It stays locked.
///
/// Of `old` it keeps what this computer drives, which a restore does not change.
fn build(directory: &Path, new: &Path, archive: &Archive, old: Option<&FileStore>) -> Result<FileStore, BackupError> {
    let failed = |what| move |source| BackupError::Write { path: new.to_owned(), what, source };
    DirBuilder::new().mode(0o700).create(new).map_err(failed("cannot be made"))?;
    let made = File::open(new).map_err(failed("cannot be opened"))?;
    // Root restores for the daemon's user, to whom the directory belongs, or the one around it.
    if let Ok(owner) = fs::metadata(directory) {
        let is_ours = made.metadata().is_ok_and(|made| made.uid() == owner.uid());
        if !is_ours {
            fchown(&made, Some(owner.uid()), Some(owner.gid())).map_err(failed("cannot be given to the owner"))?;
        }
    }
    let store = FileStore::open(new)?;
    for (name, text) in &archive.documents {
        store.save(name, text.as_bytes())?;
    }
    // What does not read is of no use there either.
    if let Some(driven) = old.and_then(|old| old.load(driven::DOCUMENT).ok().flatten()) {
        store.save(driven::DOCUMENT, &driven.contents)?;
    }
    let owner = made.metadata().map_err(failed("cannot be looked at"))?;
    for (name, text) in &archive.history {
        let file = history::put(new, name, text.as_bytes())?;
        if file.metadata().is_ok_and(|file| file.uid() != owner.uid()) {
            fchown(&file, Some(owner.uid()), Some(owner.gid())).map_err(failed("cannot be given to the owner"))?;
        }
    }
    made.sync_all().map_err(failed("cannot be made safe from a power cut"))?;
    let stored = Stored::view(&FileStoreView::open(new)?)?;
    let is_it = stored.as_ref().is_some_and(|stored| stored.device_id().to_string() == archive.accessory.device_id);
    if is_it {
        Ok(store)
    } else {
        Err(BackupError::Damaged("its documents are not those of the accessory that it names".to_owned()))
    }
}

fn beside(directory: &Path, word: &str) -> PathBuf {
    let mut name = directory.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(word);
    directory.with_file_name(name)
}

fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::archive::tests::archive;
    use super::*;

    fn identity(directory: &Path) -> Option<String> {
        let stored = Stored::view(&FileStoreView::open(directory).unwrap()).unwrap();
        stored.map(|stored| stored.device_id().to_string())
    }

    /// A state directory with another accessory in it.
    fn other(parent: &Path) -> PathBuf {
        let directory = parent.join("state");
        Stored::open(&FileStore::open(&directory).unwrap(), None).unwrap();
        directory
    }

    #[test]
    fn a_new_card_gets_the_whole_state() {
        let parent = tempfile::tempdir().unwrap();
        let (directory, archive) = (parent.path().join("deep/state"), archive());
        assert!(!replace(&directory, &archive).unwrap());
        assert_eq!(identity(&directory).as_ref(), Some(&archive.accessory.device_id));
        let again = Archive::of(&directory, "Gate", archive.configuration.clone()).unwrap();
        assert_eq!((&again.documents, &again.history), (&archive.documents, &archive.history));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&directory.join("history.jsonl"))), (0o700, 0o600));
    }

    #[test]
    fn what_was_there_is_kept_beside_and_an_earlier_one_goes() {
        let parent = tempfile::tempdir().unwrap();
        let directory = other(parent.path());
        let before = identity(&directory);
        let (first, second) = (archive(), archive());
        assert!(replace(&directory, &first).unwrap());
        assert_eq!(identity(&kept(&directory)), before);
        assert!(replace(&directory, &second).unwrap());
        assert_eq!(identity(&directory), Some(second.accessory.device_id));
        assert_eq!(identity(&kept(&directory)), Some(first.accessory.device_id));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_a_killed_daemon_drove_is_still_known_after_a_restore() {
        let parent = tempfile::tempdir().unwrap();
        let directory = other(parent.path());
        FileStore::open(&directory).unwrap().save(driven::DOCUMENT, b"{\"driven\":1}").unwrap();
        replace(&directory, &archive()).unwrap();
        let known = FileStoreView::open(&directory).unwrap().load(driven::DOCUMENT).unwrap().unwrap();
        assert_eq!(*known.contents, *b"{\"driven\":1}");
    }

    #[test]
    fn while_a_daemon_runs_nothing_is_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let directory = other(parent.path());
        let before = identity(&directory);
        let daemon = FileStore::open(&directory).unwrap();
        assert!(matches!(replace(&directory, &archive()), Err(BackupError::Store(_))));
        assert_eq!(identity(&directory), before);
        drop(daemon);
        assert!(replace(&directory, &archive()).unwrap());
    }

    #[test]
    fn a_backup_that_contradicts_itself_replaces_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let directory = other(parent.path());
        let before = identity(&directory);
        let mut wrong = archive();
        wrong.documents = archive().documents;
        let mut empty = archive();
        empty.documents.clear();
        for bad in [wrong, empty] {
            assert!(replace(&directory, &bad).is_err());
            assert_eq!(identity(&directory), before);
            assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_a_restore_that_was_cut_short_left_behind_is_in_nobodys_way() {
        let parent = tempfile::tempdir().unwrap();
        let directory = other(parent.path());
        fs::create_dir(parent.path().join("state.restoring")).unwrap();
        fs::write(parent.path().join("state.restoring/half"), "half").unwrap();
        assert!(replace(&directory, &archive()).unwrap());
        assert!(!kept(&directory).join("half").exists());
    }

    #[test]
    fn a_link_to_the_state_directory_stays_a_link() {
        let parent = tempfile::tempdir().unwrap();
        let (directory, archive) = (other(parent.path()), archive());
        let link = parent.path().join("link");
        std::os::unix::fs::symlink(&directory, &link).unwrap();
        assert!(replace(&link, &archive).unwrap());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(identity(&directory), Some(archive.accessory.device_id));
    }
}
