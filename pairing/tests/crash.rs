//! Whenever the process or the machine stops, a document is the old one or the new one, and the new one once saved.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod disk;

use pairing::store::{FileStore, Store};
use tempfile::TempDir;

use disk::{Files, SimulatedDisk};

const DOCUMENT: &str = "document";

/// What a program finds on a disk, and that it can go on from there.
fn found(directory: &TempDir, files: &Files) -> Option<Vec<u8>> {
    let store = FileStore::open_on(SimulatedDisk::with(files), directory.path()).unwrap();
    let found = store.load(DOCUMENT).unwrap().map(|loaded| loaded.contents.to_vec());
    for contents in [b"one more", b"and more"] {
        store.save(DOCUMENT, contents).unwrap();
        assert_eq!(*store.load(DOCUMENT).unwrap().unwrap().contents, *contents);
    }
    found
}

/// Saves three generations, and looks at what is left after each operation.
fn every_crash_leaves_the_old_or_the_new(disk: SimulatedDisk) {
    let directory = tempfile::tempdir().unwrap();
    let mut saves = Vec::new();
    {
        let store = FileStore::open_on(disk.clone(), directory.path()).unwrap();
        for contents in ["first", "second, which is longer", "third"] {
            let begins = disk.moments();
            store.save(DOCUMENT, contents.as_bytes()).unwrap();
            saves.push((begins + 1..=disk.moments(), contents));
        }
    }
    let mut old: Option<&str> = None;
    let mut looked = 0;
    for (moments, new) in saves {
        let saved = *moments.end();
        let mut survived = (false, false);
        for moment in moments {
            for files in disk.afterlives(moment) {
                let found = found(&directory, &files);
                let found = found.as_deref().map(|contents| str::from_utf8(contents).unwrap());
                assert!(found == old || found == Some(new), "{found:?} where {old:?} became {new:?}");
                assert!(moment < saved || found == Some(new), "{new:?} was saved, and {found:?} is there");
                survived = (survived.0 || found == old, survived.1 || found == Some(new));
                looked += 1;
            }
        }
        assert_eq!(survived, (true, true), "the save of {new:?} was not watched");
        old = Some(new);
    }
    assert!(looked > 50, "only {looked} afterlives");
}

#[test]
fn whenever_the_machine_stops_a_document_is_the_old_one_or_the_new() {
    every_crash_leaves_the_old_or_the_new(SimulatedDisk::default());
}

#[test]
fn it_is_so_on_a_file_system_without_links_too() {
    every_crash_leaves_the_old_or_the_new(SimulatedDisk::default().without_links());
}
