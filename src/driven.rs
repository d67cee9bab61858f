//! Which outputs the daemon drives, kept in the state directory: what must be let go after all its processes were killed,
//! whatever the configuration says since.

use hap::store::{Loaded, Store, StoreError};
use log::warn;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::document::{self, DocumentError, Form};
use crate::hardware::{self, Output};
use crate::memory::boot_id;

/// The document of the state directory.
pub(crate) const DOCUMENT: &str = "outputs";

/// Lets go of what an earlier daemon drove and this one will not, and remembers `outputs` before they are taken.
///
/// No failure is a reason to leave the gates shut: each is told in the log. This waits for the disk.
pub(crate) fn take_over(store: &dyn Store, config: &Config, outputs: &[Output]) {
    let left = left(store.load(DOCUMENT)).unwrap_or_else(|problem| {
        warn!("what an earlier start drove is not known: {problem}");
        Vec::new()
    });
    for output in &left {
        match hardware::let_go(output, Some(config), outputs) {
            Ok(true) => warn!("{output}: no output of the configuration any more; it was let go"),
            Ok(false) => {}
            Err(error) => warn!("an output of an earlier start: {error}"),
        }
    }
    if left != outputs {
        keep(store, outputs);
    }
}

/// Nothing is driven any more. This waits for the disk.
pub(crate) fn forget(store: &dyn Store) {
    keep(store, &[]);
}

/// What a daemon of this start of the computer drove and did not let go in order. With the computer's start, every pin is an
/// input again, and may be wired to something else by now.
pub(crate) fn left(loaded: Result<Option<Loaded>, StoreError>) -> Result<Vec<Output>, DocumentError> {
    let document: Option<Document> = document::read(DOCUMENT, loaded?.as_ref())?;
    let of_this_boot = document.filter(|document| document.boot == boot_id());
    Ok(of_this_boot.map(|document| document.outputs).unwrap_or_default())
}

fn keep(store: &dyn Store, outputs: &[Output]) {
    let document = Document { version: Document::VERSION, boot: boot_id(), outputs: outputs.to_vec() };
    let saved = serde_json::to_vec(&document).map_err(|error| error.to_string());
    if let Err(problem) = saved.and_then(|bytes| store.save(DOCUMENT, &bytes).map_err(|error| error.to_string())) {
        warn!("only the configuration says what to let go after a crash: {problem}");
    }
}

#[derive(Deserialize, Serialize)]
struct Document {
    version: u64,
    /// The start of the computer in which they were driven.
    boot: String,
    outputs: Vec<Output>,
}

impl Form for Document {
    const VERSION: u64 = 1;
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hap::store::MemoryStore;

    use super::*;

    fn config() -> Config {
        let text = "[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"relay.jsonl\"\n\
                    [gate.warning]\npin = 22\n";
        Config::parse(text, "portcullis.toml").unwrap()
    }

    fn outputs(directory: &Path) -> Vec<Output> {
        hardware::outputs(&config(), directory)
    }

    #[test]
    fn what_was_taken_is_known_until_it_is_let_go() {
        let store = MemoryStore::default();
        assert_eq!(left(store.load(DOCUMENT)).unwrap(), []);
        let outputs = outputs(Path::new("/state"));
        take_over(&store, &config(), &outputs);
        assert_eq!(left(store.load(DOCUMENT)).unwrap(), outputs);
        forget(&store);
        assert_eq!(left(store.load(DOCUMENT)).unwrap(), []);
    }

    #[test]
    fn what_was_driven_before_the_computer_started_is_not_touched() {
        let store = MemoryStore::default();
        take_over(&store, &config(), &outputs(Path::new("/state")));
        let text = String::from_utf8(store.load(DOCUMENT).unwrap().unwrap().contents.to_vec()).unwrap();
        let earlier = text.replace(&boot_id(), "an earlier start");
        assert_ne!(earlier, text);
        store.save(DOCUMENT, earlier.as_bytes()).unwrap();
        assert_eq!(left(store.load(DOCUMENT)).unwrap(), []);
    }

    #[test]
    fn an_output_that_the_configuration_names_no_more_is_off_once_the_next_daemon_starts() {
        let directory = tempfile::tempdir().unwrap();
        let trace = directory.path().join("relay.jsonl");
        let store = MemoryStore::default();
        take_over(&store, &config(), &outputs(directory.path()));
        std::fs::write(&trace, "{\"t_ns\":1,\"gate\":\"Gate\",\"relay\":\"on\"}\n").unwrap();
        take_over(&store, &Config::default(), &[]);
        assert!(std::fs::read_to_string(&trace).unwrap().ends_with("\"relay\":\"off\"}\n"));
        assert_eq!(left(store.load(DOCUMENT)).unwrap(), []);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_replaced() {
        let store = MemoryStore::default();
        store.save(DOCUMENT, b"nonsense").unwrap();
        assert!(left(store.load(DOCUMENT)).is_err());
        let outputs = outputs(Path::new("/state"));
        take_over(&store, &config(), &outputs);
        assert_eq!(left(store.load(DOCUMENT)).unwrap(), outputs);
    }
}
