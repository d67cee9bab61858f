//! Names that people give: to controllers, whose ids nobody can tell apart, and to services.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hap::store::{FileStoreView, Loaded, Store, StoreError};
use log::warn;
use serde::{Deserialize, Serialize};

use crate::document::{self, DocumentError, Form};

/// The document with the names of controllers, by their ids as people see them.
pub(crate) const CONTROLLERS: &str = "controller-names";

/// The document with the names that people gave in the Home app to the services of gates.
pub(crate) const SERVICES: &str = "service-names";

/// Names that are kept at most: as many as pairings. A lost phone's name stays until the room is needed.
const MOST: usize = 64;

/// Characters of a name at most, as many as HomeKit gives a name: a history line stays a line.
const LONGEST: usize = 64;

/// Names that people gave to things that have ids. They are kept in the state directory.
pub(crate) struct Names {
    store: Arc<dyn Store>,
    document: &'static str,
    given: Mutex<BTreeMap<String, GivenName>>,
}

impl Names {
    /// The names in `document` of `store`. Names that cannot be read are no reason to leave the gate shut: they are given
    /// up with a warning, unless a newer program wrote them.
    pub(crate) fn load(store: Arc<dyn Store>, document: &'static str) -> Result<Self, DocumentError> {
        let given = store.load(document).map_err(DocumentError::from).and_then(|it| decode(document, it.as_ref()));
        let given = match given {
            Err(problem) if problem.is_newer() => return Err(problem),
            Err(problem) => {
                warn!("names are forgotten: {problem}");
                BTreeMap::new()
            }
            Ok(given) => given,
        };
        Ok(Self { store, document, given: Mutex::new(given) })
    }

    /// The name of what has this id, if it was given one.
    pub(crate) fn of(&self, id: &str) -> Option<String> {
        self.lock().get(id).map(|name| name.0.clone())
    }

    /// Gives what has this id a name, or takes it away. The name is durable when this returns, and unchanged when it
    /// fails. `present` are the ids of all that is there: their names stay, others make room.
    ///
    /// This waits for the disk.
    pub(crate) fn give(&self, id: &str, name: Option<GivenName>, present: &[String]) -> Result<(), NameError> {
        let mut given = self.lock();
        let mut next = given.clone();
        match name {
            Some(name) => next.insert(id.to_owned(), name),
            None => next.remove(id),
        };
        if next.len() > MOST {
            next.retain(|known, _| known == id || present.contains(known));
        }
        let document = Document { version: Document::VERSION, names: next };
        let contents = serde_json::to_vec(&document).map_err(NameError::Format)?;
        self.store.save(self.document, &contents)?;
        *given = document.names;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, GivenName>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names of controllers by id, also while the daemon runs.
pub(crate) fn view(store: &FileStoreView) -> Result<BTreeMap<String, GivenName>, DocumentError> {
    decode(CONTROLLERS, store.load(CONTROLLERS)?.as_ref())
}

/// A name that stands in one line: 1 to 64 characters, none of which controls how the line is shown.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String")]
pub(crate) struct GivenName(String);

impl fmt::Display for GivenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for GivenName {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        let name = name.trim();
        let fits = (1..=LONGEST).contains(&name.chars().count()) && !name.contains(is_control);
        if fits { Ok(Self(name.to_owned())) } else { Err(NameError::Unfit) }
    }
}

/// Whether a character ends a line or turns its direction round, and so could make a line say something else.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Why a name is not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NameError {
    /// The name is empty, too long, or would break a line or turn it round.
    #[error("a name has 1 to {LONGEST} characters, all in one line")]
    Unfit,
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The document has no JSON form.
    #[error("it cannot be written: {0}")]
    Format(serde_json::Error),
}

#[derive(Deserialize, Serialize)]
struct Document {
    version: u64,
    names: BTreeMap<String, GivenName>,
}

impl Form for Document {
    const VERSION: u64 = 1;
}

fn decode(name: &'static str, loaded: Option<&Loaded>) -> Result<BTreeMap<String, GivenName>, DocumentError> {
    let document: Option<Document> = document::read(name, loaded)?;
    Ok(document.map(|document| document.names).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use hap::store::{FileStore, MemoryStore};

    use super::*;

    fn name(text: &str) -> GivenName {
        GivenName::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_name_outlives_the_daemon_until_it_is_taken_away() {
        let directory = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(FileStore::open(directory.path()).unwrap());
        let names = Names::load(Arc::clone(&store), CONTROLLERS).unwrap();
        assert_eq!(names.of("A1"), None);
        names.give("A1", Some(name(" Mum's phone ")), &[]).unwrap();
        let view = view(&FileStoreView::open(directory.path()).unwrap()).unwrap();
        assert_eq!(view.get("A1"), Some(&name("Mum's phone")));
        let names = Names::load(store, CONTROLLERS).unwrap();
        assert_eq!(names.of("A1").as_deref(), Some("Mum's phone"));
        names.give("A1", None, &[]).unwrap();
        assert_eq!(names.of("A1"), None);
    }

    #[test]
    fn a_name_is_one_short_line() {
        for text in
            ["", "  ", "two\nlines", "bell\u{7}", "two\u{2028}lines", "a\u{202E}mum", "\u{2067}mum", &"n".repeat(65)]
        {
            assert!(GivenName::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        for text in ["ü".repeat(64), "אמא".to_owned(), "👨\u{200D}👩\u{200D}👧".to_owned()] {
            assert!(GivenName::try_from(text.clone()).is_ok(), "{text}");
        }
    }

    #[test]
    fn names_of_controllers_that_left_make_room_for_those_that_came() {
        let names = Names::load(Arc::new(MemoryStore::default()), CONTROLLERS).unwrap();
        let paired = ["stays".to_owned()];
        names.give("stays", Some(name("Mum")), &paired).unwrap();
        for left in 0..200 {
            names.give(&format!("left {left}"), Some(name("Nobody")), &paired).unwrap();
        }
        assert_eq!(names.of("stays").as_deref(), Some("Mum"));
        assert_eq!(names.of("left 199").as_deref(), Some("Nobody"));
        assert!(names.lock().len() <= MOST);
    }

    #[test]
    fn a_document_that_does_not_read_costs_the_names_only() {
        let store = Arc::new(MemoryStore::default());
        for contents in ["", "{}", r#"{"version":0,"names":{"A":1}}"#, r#"{"version":1,"names":{"A":""}}"#] {
            store.save(CONTROLLERS, contents.as_bytes()).unwrap();
            assert_eq!(
                Names::load(Arc::clone(&store) as Arc<dyn Store>, CONTROLLERS).unwrap().of("A"),
                None,
                "{contents}"
            );
        }
    }

    #[test]
    fn names_of_a_newer_program_are_not_given_up() {
        let store = Arc::new(MemoryStore::default());
        store.save(CONTROLLERS, br#"{"version":2,"people":{}}"#).unwrap();
        assert!(Names::load(Arc::clone(&store) as Arc<dyn Store>, CONTROLLERS).err().unwrap().is_newer());
    }
}
