//! Documents by their names: saved, loaded, removed and erased.

use std::fs;
use std::sync::Arc;

use pairing::store::{MemoryStore, Store, StoreError, limits};

use super::support::{DOCUMENT, Home, newest};

#[test]
fn what_was_saved_is_loaded_also_by_the_next_process() {
    let home = Home::new();
    let store = home.open();
    assert!(store.load(DOCUMENT).unwrap().is_none());
    store.save(DOCUMENT, b"first").unwrap();
    store.save(DOCUMENT, b"second").unwrap();
    store.save("other", b"").unwrap();
    assert_eq!(newest(&store), b"second");

    drop(store);
    let store = home.open();
    assert_eq!(newest(&store), b"second");
    assert_eq!(*store.load("other").unwrap().unwrap().contents, b"");
}

#[test]
fn only_the_name_of_a_document_is_accepted() {
    let home = Home::new();
    let file = home.open();
    let memory = MemoryStore::new();
    let too_long = "a".repeat(limits::NAME + 1);
    for name in ["", ".", "..", "../lock", "a/b", "Pairings", "a.current", "a b", "1", "ä", "a\0", &too_long] {
        for store in [&file as &dyn Store, &memory] {
            let loaded = store.load(name);
            assert!(matches!(loaded, Err(StoreError::Name { .. })), "{name:?}");
            let saved = store.save(name, b"");
            assert!(matches!(saved, Err(StoreError::Name { .. })), "{name:?}");
        }
        let removed = file.remove(name);
        assert!(matches!(removed, Err(StoreError::Name { .. })), "{name:?}");
    }
    assert_eq!(home.files(), ["lock"]);
    file.save(&too_long[1..], b"contents").unwrap();
    file.save("lock", b"contents").unwrap();
}

#[test]
fn contents_at_the_bound_are_kept_and_longer_ones_refused() {
    let home = Home::new();
    let store = home.open();
    let longest = vec![b'x'; limits::CONTENTS];
    store.save(DOCUMENT, &longest).unwrap();

    let too_long = vec![b'y'; limits::CONTENTS + 1];
    for store in [&store as &dyn Store, &MemoryStore::new()] {
        let error = store.save(DOCUMENT, &too_long).unwrap_err();
        assert!(matches!(error, StoreError::TooLong { length, .. } if length == too_long.len()), "{error}");
    }
    assert_eq!(newest(&store), longest);
}

#[test]
fn a_removed_document_was_never_there() {
    let home = Home::new();
    let store = home.open();
    for contents in [b"first", b"again"] {
        store.save(DOCUMENT, contents).unwrap();
        store.save("other", contents).unwrap();
    }
    home.write("document.partial", b"half");
    store.remove(DOCUMENT).unwrap();
    store.remove("never-saved").unwrap();
    assert!(store.load(DOCUMENT).unwrap().is_none());
    assert_eq!(home.files(), ["lock", "other.current", "other.previous"]);
}

#[test]
fn erasing_takes_every_document_also_damaged_ones_and_nothing_else() {
    let home = Home::new();
    let store = home.open();
    store.save(DOCUMENT, b"contents").unwrap();
    home.write("damaged.current", b"");
    home.write("old.previous", b"");
    home.write("half.partial", b"");
    home.write("relay.jsonl", b"{}\n");
    home.write("Not-A-Document.current", b"");
    store.erase().unwrap();
    assert_eq!(home.files(), ["Not-A-Document.current", "lock", "relay.jsonl"]);
    store.save(DOCUMENT, b"anew").unwrap();
    assert_eq!(newest(&store), b"anew");
}

#[test]
fn a_store_in_memory_keeps_documents_apart() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    assert!(store.load(DOCUMENT).unwrap().is_none());
    store.save(DOCUMENT, b"first").unwrap();
    store.save("other", b"theirs").unwrap();
    store.save(DOCUMENT, b"second").unwrap();
    assert_eq!(newest(&store), b"second");
}

#[test]
fn threads_that_save_at_once_leave_whole_documents() {
    let home = Home::new();
    let store = home.open();
    std::thread::scope(|scope| {
        for writer in b'a'..b'e' {
            let store = &store;
            scope.spawn(move || {
                for _ in 0..20 {
                    store.save(DOCUMENT, &[writer; 1000]).unwrap();
                }
            });
        }
    });
    let last = newest(&store);
    assert_eq!(last, [last[0]; 1000]);
    fs::remove_file(home.path().join("document.current")).unwrap();
    assert_eq!(home.previous().len(), 1000);
}
