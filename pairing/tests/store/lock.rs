//! One process at a time has the directory.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Command;

use pairing::store::{FileStore, FileStoreView, Store as _, StoreError};

use super::support::{DOCUMENT, Home, child, newest};

#[test]
fn a_directory_is_opened_once_also_within_one_process() {
    let home = Home::new();
    let store = home.open();
    let own = std::process::id();
    let error = FileStore::open(home.path()).err().unwrap();
    assert!(matches!(error, StoreError::Locked { pid: Some(pid), .. } if pid == own), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "another process (pid {own}) uses {}: stop it, or give this one another --state-dir",
            home.path().display()
        )
    );
    drop(store);
    home.open();
}

#[test]
fn the_lock_of_another_process_holds_until_that_is_killed() {
    let home = Home::new();
    let mut holder = child(&home, &mut Command::new("env"), "lock::holds_the_lock");
    let mut output = BufReader::new(holder.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("locked") {
        line.clear();
        let length = output.read_line(&mut line).unwrap();
        assert_ne!(length, 0, "the other process ended");
    }

    let error = FileStore::open(home.path()).err().unwrap();
    assert!(matches!(error, StoreError::Locked { pid: Some(pid), .. } if pid == holder.id()), "{error}");
    let view = FileStoreView::open(home.path()).unwrap();
    let loaded = view.load(DOCUMENT).unwrap().unwrap();
    assert_eq!(*loaded.contents, b"theirs");

    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(newest(&home.open()), b"theirs");
}

#[test]
#[ignore = "started by the_lock_of_another_process_holds_until_that_is_killed"]
fn holds_the_lock() {
    let Some(home) = Home::of_parent() else {
        return;
    };
    let store = home.open();
    store.save(DOCUMENT, b"theirs").unwrap();
    #[expect(clippy::print_stdout, reason = "the parent process waits for this line")]
    {
        println!("locked");
    }
    // Until this process is killed, or its parent is gone.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn a_lock_file_left_behind_locks_nothing() {
    for left_behind in ["1\n", "", "not a pid", "42949672961234567890123456789"] {
        let home = Home::new();
        home.write("lock", left_behind.as_bytes());
        let store = home.open();
        let pid = fs::read_to_string(home.path().join("lock")).unwrap();
        assert_eq!(pid, format!("{}\n", std::process::id()));
        drop(store);
    }
}

#[test]
fn a_holder_whose_pid_cannot_be_told_is_respected_all_the_same() {
    for pid in ["", "not a pid", "42949672961234567890123456789"] {
        let home = Home::new();
        let store = home.open();
        home.write("lock", pid.as_bytes());
        let error = FileStore::open(home.path()).err().unwrap();
        assert!(matches!(error, StoreError::Locked { pid: None, .. }), "{error}");
        drop(store);
    }
}
