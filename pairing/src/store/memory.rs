//! A store that forgets.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{Generation, Loaded, Name, Store, StoreError, check_length};

/// Documents in memory, for tests and examples: all is gone when it is dropped.
#[derive(Default)]
pub struct MemoryStore {
    documents: Mutex<HashMap<String, Zeroizing<Vec<u8>>>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    fn load(&self, document: &str) -> Result<Option<Loaded>, StoreError> {
        let name = Name::new(document)?;
        // A map is whole between calls, so that somebody panicked elsewhere does not matter.
        let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        let contents = documents.get(name.0).cloned();
        Ok(contents.map(|contents| Loaded { contents, generation: Generation::Newest }))
    }

    fn save(&self, document: &str, contents: &[u8]) -> Result<(), StoreError> {
        let name = Name::new(document)?;
        check_length(name, contents)?;
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        documents.insert(name.0.to_owned(), Zeroizing::new(contents.to_vec()));
        Ok(())
    }
}
