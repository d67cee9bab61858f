//! A state directory, and what is seen of it from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, Once};

use pairing::store::{FileStore, FileStoreView, Generation, Store};
use tempfile::TempDir;

pub(crate) const DOCUMENT: &str = "document";

/// A state directory of one test.
pub(crate) struct Home {
    path: PathBuf,
    /// Removes it in the end, unless it is the parent process's.
    _directory: Option<TempDir>,
}

impl Home {
    const VARIABLE: &str = "PORTCULLIS_TEST_STATE";

    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { path: directory.path().to_owned(), _directory: Some(directory) }
    }

    /// The directory of the test that started this process, if one did.
    pub(crate) fn of_parent() -> Option<Self> {
        let path = std::env::var_os(Self::VARIABLE)?.into();
        Some(Self { path, _directory: None })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn open(&self) -> FileStore {
        FileStore::open(&self.path).unwrap()
    }

    pub(crate) fn write(&self, file: &str, contents: &[u8]) {
        fs::write(self.path.join(file), contents).unwrap();
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let mut files: Vec<String> =
            fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        files.sort();
        files
    }

    /// The document as a look finds it, which must be the previous generation.
    pub(crate) fn previous(&self) -> Vec<u8> {
        let view = FileStoreView::open(&self.path).unwrap();
        let loaded = view.load(DOCUMENT).unwrap().unwrap();
        assert_eq!(loaded.generation, Generation::Previous);
        loaded.contents.to_vec()
    }
}

pub(crate) fn newest(store: &impl Store) -> Vec<u8> {
    let loaded = store.load(DOCUMENT).unwrap().unwrap();
    assert_eq!(loaded.generation, Generation::Newest);
    loaded.contents.to_vec()
}

/// Starts the test `name`, written with its module, in a process of its own, through `launcher`.
pub(crate) fn child(home: &Home, launcher: &mut Command, name: &str) -> Child {
    launcher
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture"])
        .env(Home::VARIABLE, home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What `action` warns of, as far as it is about `directory`: other tests run at the same time.
pub(crate) fn warnings_about(directory: &Path, action: impl FnOnce()) -> Vec<String> {
    static INSTALLED: Once = Once::new();
    static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    struct Recorder;
    impl log::Log for Recorder {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            if record.level() == log::Level::Warn {
                WARNINGS.lock().unwrap().push(record.args().to_string());
            }
        }
        fn flush(&self) {}
    }

    INSTALLED.call_once(|| {
        log::set_logger(&Recorder).unwrap();
        log::set_max_level(log::LevelFilter::Warn);
    });
    let directory = directory.to_str().unwrap();
    let is_about = |warning: &String| warning.contains(directory);
    WARNINGS.lock().unwrap().retain(|warning| !is_about(warning));
    action();
    let warnings = WARNINGS.lock().unwrap();
    warnings.iter().filter(|warning| is_about(warning)).cloned().collect()
}
