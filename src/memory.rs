//! What the gates must know again after a restart, kept in the state directory.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hap::store::{Store, StoreError};
use log::{error, warn};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::document::{self, DocumentError, Form};
use crate::gate::Remembered;

/// The document of the state directory.
const DOCUMENT: &str = "gates";

/// Gates that are remembered at most. A gate that is taken out of the configuration for a while is still locked out
/// when it comes back; one that was renamed over and over need not be.
const MOST: usize = 32;

/// How long a change that is no press may wait for the next one, so that a passage is few writes to a memory card.
const COLLECT: Duration = Duration::from_millis(500);

/// The memory of all gates, by their names.
pub(crate) struct Memory {
    store: Arc<dyn Store>,
    boot: String,
    kept: Mutex<Kept>,
    changed: Notify,
}

struct Kept {
    gates: BTreeMap<String, Entry>,
    is_saved: bool,
    /// What is not saved yet is a press of a button.
    hurries: bool,
}

impl Memory {
    /// What `store` remembers. What cannot be read is no reason to leave the gates shut: it is given up with a warning,
    /// unless a newer program wrote it. `configured` are the names of the gates there are.
    pub(crate) fn load(store: Arc<dyn Store>, configured: &[&str]) -> Result<Self, DocumentError> {
        let boot = boot_id();
        let mut gates = match read(&*store) {
            Err(problem) if problem.is_newer() => return Err(problem),
            Err(problem) => {
                warn!("the gates start as if for the first time: {problem}");
                BTreeMap::new()
            }
            Ok(gates) => gates,
        };
        if gates.len() > MOST {
            gates.retain(|name, _| configured.contains(&name.as_str()));
        }
        Ok(Self {
            store,
            boot,
            kept: Mutex::new(Kept { gates, is_saved: true, hurries: false }),
            changed: Notify::new(),
        })
    }

    /// What is remembered of a gate; nothing before its first movement.
    pub(crate) fn of(&self, gate: &str) -> Option<Remembered> {
        let Entry { what, boot, up_ms } = self.lock().gates.get(gate)?.clone();
        // The monotonic clock cannot be set. Over a restart of the computer no clock can be trusted: many have no
        // battery and start with the time at which they stopped.
        let age = is_same_boot(&boot, &self.boot).then(|| Duration::from_millis(up_ms_now().saturating_sub(up_ms)));
        Some(Remembered { age, ..what })
    }

    /// Remembers `what`, which is so from now on. It is written soon, unless it was so before.
    pub(crate) fn keep(&self, gate: &str, what: Remembered) {
        self.put(gate, what, false);
    }

    /// The same of a press of the button just now: it is written at once, and also when nothing else has changed. Whoever
    /// asks for the same again after a crash must not press a second time.
    pub(crate) fn keep_press(&self, gate: &str, what: Remembered) {
        self.put(gate, what, true);
    }

    fn put(&self, gate: &str, what: Remembered, is_press: bool) {
        let what = Remembered { age: None, ..what };
        let mut kept = self.lock();
        if !is_press && kept.gates.get(gate).is_some_and(|entry| entry.what == what) {
            return;
        }
        let entry = Entry { what, boot: self.boot.clone(), up_ms: up_ms_now() };
        kept.gates.insert(gate.to_owned(), entry);
        kept.is_saved = false;
        kept.hurries |= is_press;
        self.changed.notify_one();
    }

    /// Writes what changes, for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            self.changed.notified().await;
            let collected = tokio::time::sleep(COLLECT);
            tokio::pin!(collected);
            while !self.lock().hurries {
                tokio::select! {
                    () = &mut collected => break,
                    () = self.changed.notified() => {}
                }
            }
            let memory = Arc::clone(&self);
            // A memory card may take its time; sessions must not wait for it.
            let _ = tokio::task::spawn_blocking(move || memory.save()).await;
        }
    }

    /// Writes what has changed, now. This waits for the disk.
    pub(crate) fn save(&self) {
        let document = {
            let mut kept = self.lock();
            if kept.is_saved {
                return;
            }
            kept.is_saved = true;
            kept.hurries = false;
            serde_json::to_vec(&Document { version: Document::VERSION, gates: kept.gates.clone() })
        };
        let saved = document.map_err(MemoryError::Format).and_then(|bytes| Ok(self.store.save(DOCUMENT, &bytes)?));
        if let Err(problem) = saved {
            error!("a restart would not know what the gates did last: {problem}");
            // With the next change it is tried again.
            self.lock().is_saved = false;
        }
    }

    /// The map is whole between two calls, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why nothing is kept.
#[derive(Debug, thiserror::Error)]
enum MemoryError {
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document has no JSON form.
    #[error("the document {DOCUMENT:?} cannot be written: {0}")]
    Format(serde_json::Error),
}

#[derive(Deserialize, Serialize)]
struct Document {
    version: u64,
    gates: BTreeMap<String, Entry>,
}

impl Form for Document {
    const VERSION: u64 = 1;
}

#[derive(Clone, Deserialize, Serialize)]
struct Entry {
    #[serde(flatten)]
    what: Remembered,
    /// The start of the computer in which it was so.
    boot: String,
    /// Since when, in milliseconds since then.
    up_ms: u64,
}

fn read(store: &dyn Store) -> Result<BTreeMap<String, Entry>, DocumentError> {
    let document: Option<Document> = document::read(DOCUMENT, store.load(DOCUMENT)?.as_ref())?;
    Ok(document.map(|document| document.gates).unwrap_or_default())
}

/// What this start of the computer is called, and no other; empty where the system does not say.
pub(crate) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Whether both name the same start of the computer. Where the system does not say, none is known to be.
pub(crate) fn is_same_boot(one: &str, other: &str) -> bool {
    !one.is_empty() && one == other
}

fn up_ms_now() -> u64 {
    let up = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    u64::try_from(up.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hap::store::{FileStore, Loaded, MemoryStore};

    use super::*;
    use crate::gate::Motion;

    fn doing(motion: Motion) -> Remembered {
        Remembered { motion, ..Remembered::default() }
    }

    /// Counts how often it is written.
    #[derive(Default)]
    struct Counting {
        store: MemoryStore,
        saves: AtomicUsize,
    }

    impl Store for Counting {
        fn load(&self, document: &str) -> Result<Option<Loaded>, StoreError> {
            self.store.load(document)
        }

        fn save(&self, document: &str, contents: &[u8]) -> Result<(), StoreError> {
            self.saves.fetch_add(1, Ordering::Relaxed);
            self.store.save(document, contents)
        }
    }

    #[test]
    fn a_start_of_the_computer_that_has_no_name_is_never_the_same() {
        assert!(is_same_boot("a", "a") && !is_same_boot("a", "b"));
        assert!(!is_same_boot("", "") && !is_same_boot("", "a"));
    }

    #[test]
    fn what_a_gate_did_last_outlives_the_daemon() {
        let directory = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(FileStore::open(directory.path()).unwrap());
        let memory = Memory::load(Arc::clone(&store), &["Gate"]).unwrap();
        assert_eq!(memory.of("Gate"), None);
        let locked = Remembered { lockout: true, ..doing(Motion::Opening) };
        memory.keep("Gate", locked.clone());
        memory.save();
        let again = Memory::load(store, &["Gate"]).unwrap().of("Gate").unwrap();
        let age = again.age.unwrap();
        assert!(age < Duration::from_secs(10), "{age:?}");
        assert_eq!(Remembered { age: None, ..again }, locked);
    }

    #[test]
    fn after_a_restart_of_the_computer_nobody_knows_how_long_ago_it_was() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let mut memory = Memory::load(Arc::clone(&store), &[]).unwrap();
        memory.boot = "an earlier one".to_owned();
        memory.keep("Gate", doing(Motion::Open));
        memory.save();
        assert_eq!(Memory::load(store, &[]).unwrap().of("Gate").unwrap().age, None);
    }

    #[test]
    fn what_was_so_before_is_not_written_again() {
        let store = Arc::new(Counting::default());
        let memory = Memory::load(Arc::clone(&store) as Arc<dyn Store>, &["Gate"]).unwrap();
        for _ in 0..5 {
            memory.keep("Gate", doing(Motion::Open));
            memory.save();
        }
        assert_eq!(store.saves.load(Ordering::Relaxed), 1);
        memory.keep("Gate", doing(Motion::Closed));
        memory.save();
        assert_eq!(store.saves.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_document_that_does_not_read_costs_the_memory_only() {
        for contents in ["", "{}", r#"{"version":0,"gates":{}}"#, r#"{"version":1,"gates":{"Gate":{}}}"#] {
            let store = MemoryStore::default();
            store.save(DOCUMENT, contents.as_bytes()).unwrap();
            assert_eq!(Memory::load(Arc::new(store), &["Gate"]).unwrap().of("Gate"), None, "{contents}");
        }
    }

    #[test]
    fn a_document_of_a_newer_program_stops_the_start_and_stays_as_it_is() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let newer = br#"{"version":2,"doors":[]}"#;
        store.save(DOCUMENT, newer).unwrap();
        assert!(Memory::load(Arc::clone(&store), &["Gate"]).err().unwrap().is_newer());
        assert_eq!(**store.load(DOCUMENT).unwrap().unwrap().contents, *newer);
    }

    #[test]
    fn a_press_is_remembered_though_nothing_else_has_changed() {
        let store = Arc::new(Counting::default());
        let memory = Memory::load(Arc::clone(&store) as Arc<dyn Store>, &["Gate"]).unwrap();
        for _ in 0..2 {
            memory.keep_press("Gate", doing(Motion::Closed));
            memory.save();
        }
        assert_eq!(store.saves.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_press_is_written_without_waiting_for_what_may_follow() {
        let store = Arc::new(Counting::default());
        let memory = Arc::new(Memory::load(Arc::clone(&store) as Arc<dyn Store>, &["Gate"]).unwrap());
        let writing = tokio::spawn(Arc::clone(&memory).run());
        let begun = tokio::time::Instant::now();
        let is_saved = async |saves| {
            while store.saves.load(Ordering::Relaxed) < saves {
                tokio::task::yield_now().await;
            }
        };
        // Time stands still as long as anybody has something to do.
        memory.keep_press("Gate", doing(Motion::Opening));
        is_saved(1).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        // Also while another change is being waited for.
        memory.keep("Gate", doing(Motion::Open));
        tokio::task::yield_now().await;
        memory.keep_press("Gate", doing(Motion::Closing));
        is_saved(2).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        writing.abort();
    }

    #[test]
    fn names_that_are_no_longer_used_make_room() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let memory = Memory::load(Arc::clone(&store), &[]).unwrap();
        for number in 0..=MOST {
            memory.keep(&format!("Gate {number}"), doing(Motion::Open));
        }
        memory.save();
        let memory = Memory::load(store, &["Gate 7"]).unwrap();
        assert!(memory.of("Gate 7").is_some());
        assert_eq!(memory.of("Gate 8"), None);
    }
}
