//! The directory that documents are in: who may look into it, and which one is refused.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use pairing::store::{FileStore, FileStoreView, Store as _, StoreError};

use super::support::{DOCUMENT, Home, warnings_about};

#[test]
fn a_missing_directory_is_made_with_its_parents_for_this_user_alone() {
    let home = Home::new();
    let state = home.path().join("some/where/state");
    let store = FileStore::open(&state).unwrap();
    store.save(DOCUMENT, b"first").unwrap();
    store.save(DOCUMENT, b"second").unwrap();

    for directory in ["some", "some/where", "some/where/state"] {
        assert_eq!(mode(&home.path().join(directory)), 0o700, "{directory}");
    }
    for file in ["document.current", "document.previous", "lock"] {
        assert_eq!(mode(&state.join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_state_directory_that_is_open_to_others_is_closed_to_them() {
    let home = Home::new();
    fs::set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
    drop(home.open());
    assert_eq!(mode(home.path()), 0o700);

    home.open().save(DOCUMENT, b"contents").unwrap();
    home.write("a-file-of-the-owner.txt", b"");
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    let warnings = warnings_about(home.path(), || drop(home.open()));
    assert_eq!(mode(home.path()), 0o700);
    assert!(warnings[0].contains("mode 0755"), "{warnings:?}");
}

#[test]
fn a_directory_that_serves_something_else_keeps_its_mode() {
    let home = Home::new();
    home.write("something-else.txt", b"");
    fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
    let warnings = warnings_about(home.path(), || drop(home.open()));
    assert_eq!(mode(home.path()), 0o755);
    assert_eq!(warnings.len(), 1, "{warnings:?}");

    fs::set_permissions(home.path(), Permissions::from_mode(0o1777)).unwrap();
    let error = FileStore::open(home.path()).err().unwrap();
    assert!(matches!(error, StoreError::Exposed { mode: 0o1777, .. }), "{error}");
    assert!(error.to_string().contains("chmod 700"), "{error}");
    assert_eq!(mode(home.path()), 0o1777);
}

#[test]
fn files_belong_to_the_owner_of_the_directory() {
    let home = Home::new();
    // Only root can give a directory away; for another user the owner is itself, and the rest must hold as well.
    match chown(home.path(), Some(65534), Some(65534)) {
        Err(error) if error.kind() != ErrorKind::PermissionDenied => panic!("{error}"),
        _ => {}
    }
    home.open().save(DOCUMENT, b"contents").unwrap();
    let owner = fs::metadata(home.path()).unwrap().uid();
    for file in ["document.current", "lock"] {
        let file = home.path().join(file);
        assert_eq!(fs::metadata(&file).unwrap().uid(), owner, "{file:?}");
    }
}

#[test]
fn a_directory_that_cannot_be_used_is_named_with_a_way_out() {
    let home = Home::new();
    home.write("file", b"");
    let in_the_way = home.path().join("file");
    let error = FileStore::open(&in_the_way).err().unwrap();
    assert!(matches!(error, StoreError::NotADirectory { .. }), "{error}");
    assert!(matches!(FileStoreView::open(&in_the_way), Err(StoreError::NotADirectory { .. })));

    // Neither can be made by root either.
    for unusable in [in_the_way.join("state"), PathBuf::from("/proc/portcullis/state")] {
        let error = FileStore::open(&unusable).err().unwrap();
        assert!(matches!(error, StoreError::Directory { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(unusable.to_str().unwrap()), "{text}");
        assert!(text.contains("--state-dir"), "{text}");
    }
}

#[test]
fn a_look_at_a_directory_that_does_not_exist_finds_nothing_and_makes_nothing() {
    let home = Home::new();
    let state = home.path().join("state");
    let view = FileStoreView::open(&state).unwrap();
    assert!(view.load(DOCUMENT).unwrap().is_none());
    assert!(!state.exists());
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}
