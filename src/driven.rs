//! Which outputs the daemon drives, kept in the state directory: what must be let go after all its processes were killed,
//! whatever the configuration says since.

use std::sync::Arc;

use hap::store::{Loaded, Store, StoreError};
use log::warn;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::document::{self, DocumentError, Form};
use crate::hardware::{self, Output};
use crate::memory::{boot_id, is_same_boot};

/// The document of the state directory.
pub(crate) const DOCUMENT: &str = "outputs";

/// How many outputs may wait for somebody who can let go of them: more than two configurations name together.
const MOST: usize = 64;

/// What may be driven by now, as the document has it. Dropped once the outputs are let go, it says so.
pub(crate) struct Driven {
    store: Arc<dyn Store>,
    /// What an earlier daemon may have left on, and could not be let go.
    lost: Vec<Output>,
    /// What an earlier daemon may have left on, and whoever takes the lines will find at idle.
    taken: Vec<Output>,
}

impl Driven {
    /// Lets go of what an earlier daemon drove and this one will not, and remembers `outputs`, those of `config`, before they
    /// are taken. What cannot be let go now is remembered, too, and tried again at the next start.
    ///
    /// What was driven and is not known, or not kept, is no reason to leave the gates shut: it is told in the log. Only what a
    /// newer program wrote is. This waits for the disk.
    pub(crate) fn take_over(store: Arc<dyn Store>, config: &Config, outputs: &[Output]) -> Result<Self, DocumentError> {
        let left = match left(store.load(DOCUMENT)) {
            Err(problem) if problem.is_newer() => return Err(problem),
            Err(problem) => {
                warn!("what an earlier start drove is not known: {problem}");
                Vec::new()
            }
            Ok(left) => left,
        };
        let mut this = Self { store, lost: Vec::new(), taken: Vec::new() };
        for output in &left {
            match hardware::let_go(output, Some(config), outputs) {
                Ok(true) => warn!("{output}: no output of the configuration any more; it was let go"),
                Ok(false) => this.taken.push(output.clone()),
                Err(error) => {
                    warn!("an output of an earlier start: {error}");
                    // What somebody else has is theirs to let go.
                    if !error.is_anothers() {
                        this.lost.push(output.clone());
                    }
                }
            }
        }
        this.lost.truncate(MOST);
        let driven = outputs.iter().chain(&this.lost);
        if !left.iter().eq(driven.clone()) {
            this.keep(driven.cloned().collect());
        }
        Ok(this)
    }

    /// All outputs are held, at idle: nothing of them is left on by anybody before.
    pub(crate) fn held(&mut self) {
        self.taken.clear();
    }

    fn keep(&self, outputs: Vec<Output>) {
        let document = Document { version: Document::VERSION, boot: boot_id(), outputs };
        let saved = serde_json::to_vec(&document).map_err(|error| error.to_string());
        if let Err(problem) =
            saved.and_then(|bytes| self.store.save(DOCUMENT, &bytes).map_err(|error| error.to_string()))
        {
            warn!("only the configuration says what to let go after a crash: {problem}");
        }
    }
}

/// This waits for the disk.
impl Drop for Driven {
    fn drop(&mut self) {
        self.keep(self.lost.iter().chain(&self.taken).cloned().collect());
    }
}

/// What a daemon of this start of the computer drove and did not let go in order. With the computer's start, every pin is an
/// input again, and may be wired to something else by now.
pub(crate) fn left(loaded: Result<Option<Loaded>, StoreError>) -> Result<Vec<Output>, DocumentError> {
    let document: Option<Document> = document::read(DOCUMENT, loaded?.as_ref())?;
    let of_this_boot = document.filter(|document| is_same_boot(&document.boot, &boot_id()));
    Ok(of_this_boot.map(|document| document.outputs).unwrap_or_default())
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

    fn store() -> Arc<dyn Store> {
        Arc::new(MemoryStore::default())
    }

    fn take_over(store: &Arc<dyn Store>, config: &Config, outputs: &[Output]) -> Driven {
        Driven::take_over(Arc::clone(store), config, outputs).unwrap()
    }

    fn known(store: &Arc<dyn Store>) -> Vec<Output> {
        left(store.load(DOCUMENT)).unwrap()
    }

    /// As if the daemon were killed.
    fn kill(driven: Driven) {
        std::mem::forget(driven);
    }

    #[test]
    fn what_was_taken_is_known_until_it_is_let_go() {
        let store = store();
        assert_eq!(known(&store), []);
        let outputs = outputs(Path::new("/state"));
        let mut driven = take_over(&store, &config(), &outputs);
        driven.held();
        assert_eq!(known(&store), outputs);
        drop(driven);
        assert_eq!(known(&store), []);
    }

    #[test]
    fn a_start_that_takes_nothing_forgets_nothing_of_the_one_before_and_adds_nothing() {
        let store = store();
        let outputs = outputs(Path::new("/state"));
        drop(take_over(&store, &config(), &outputs));
        assert_eq!(known(&store), [], "nothing was ever taken");
        kill(take_over(&store, &config(), &outputs[..1]));
        drop(take_over(&store, &config(), &outputs));
        assert_eq!(known(&store), outputs[..1], "nobody has taken it back since the kill");
        take_over(&store, &config(), &outputs).held();
        assert_eq!(known(&store), []);
    }

    #[test]
    fn what_was_driven_before_the_computer_started_is_not_touched() {
        let store = store();
        kill(take_over(&store, &config(), &outputs(Path::new("/state"))));
        let text = String::from_utf8(store.load(DOCUMENT).unwrap().unwrap().contents.to_vec()).unwrap();
        let earlier = text.replace(&boot_id(), "an earlier start");
        assert_ne!(earlier, text);
        store.save(DOCUMENT, earlier.as_bytes()).unwrap();
        assert_eq!(known(&store), []);
    }

    #[test]
    fn an_output_that_the_configuration_names_no_more_is_off_once_the_next_daemon_starts() {
        let directory = tempfile::tempdir().unwrap();
        let trace = directory.path().join("relay.jsonl");
        let store = store();
        kill(take_over(&store, &config(), &outputs(directory.path())[..1]));
        std::fs::write(&trace, "{\"t_ns\":1,\"gate\":\"Gate\",\"relay\":\"on\"}\n").unwrap();
        kill(take_over(&store, &Config::default(), &[]));
        assert!(std::fs::read_to_string(&trace).unwrap().ends_with("\"relay\":\"off\"}\n"));
        assert_eq!(known(&store), []);
    }

    #[test]
    fn an_output_that_cannot_be_let_go_is_tried_again_until_it_can() {
        let directory = tempfile::tempdir().unwrap();
        let trace = directory.path().join("relay.jsonl");
        let store = store();
        let relay = &outputs(directory.path())[..1];
        kill(take_over(&store, &config(), relay));
        std::fs::create_dir(&trace).unwrap();
        for _ in 0..2 {
            let mut driven = take_over(&store, &Config::default(), &[]);
            assert_eq!(known(&store), relay);
            driven.held();
        }
        assert_eq!(known(&store), relay, "also after an orderly end");
        std::fs::remove_dir(&trace).unwrap();
        kill(take_over(&store, &Config::default(), &[]));
        assert_eq!(known(&store), []);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_replaced() {
        let store = store();
        store.save(DOCUMENT, b"nonsense").unwrap();
        assert!(left(store.load(DOCUMENT)).is_err());
        let outputs = outputs(Path::new("/state"));
        kill(take_over(&store, &config(), &outputs));
        assert_eq!(known(&store), outputs);
    }

    #[test]
    fn what_a_newer_program_wrote_stops_the_start_and_stays() {
        let store = store();
        let newer: &[u8] = br#"{"version":2,"lines":[17]}"#;
        store.save(DOCUMENT, newer).unwrap();
        let refused = Driven::take_over(Arc::clone(&store), &config(), &outputs(Path::new("/state"))).err().unwrap();
        assert!(refused.is_newer(), "{refused}");
        assert_eq!(*store.load(DOCUMENT).unwrap().unwrap().contents, *newer);
    }
}
