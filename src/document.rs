//! The versions of what is written in JSON documents of the state directory.
//!
//! A document says which form it has. An older form is read as what it became; a newer one stops the start, because to read
//! it as this program knows it, or to write over it, would lose what the newer program knows.

use hap::store::{Loaded, StoreError};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why a document is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A newer program wrote it. Install that program again, or restore an older document.
    #[error(
        "the document {document:?} of the state has version {found}, which a newer program wrote; this one reads \
         version {reads}: install the newer one again"
    )]
    Newer {
        /// Which document.
        document: &'static str,
        /// The version it has.
        found: u64,
        /// The newest version that is known here.
        reads: u64,
    },
    /// It is not what any version wrote.
    #[error("the document {document:?} of the state cannot be read: {source}")]
    Damaged {
        /// Which document.
        document: &'static str,
        /// What is wrong.
        source: serde_json::Error,
    },
}

impl DocumentError {
    /// Whether a newer program wrote it, so that it must not be written over.
    pub(crate) const fn is_newer(&self) -> bool {
        matches!(self, Self::Newer { .. } | Self::Store(StoreError::Newer { .. }))
    }
}

/// What a document holds, and each form that was ever released.
pub(crate) trait Form: DeserializeOwned {
    /// The version that is written.
    const VERSION: u64;

    /// Reads the form of an older version; what never was is read as this one, which then says what is wrong.
    fn migrate(_version: u64, contents: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(contents)
    }
}

/// Reads what `document` holds; `None` when it was never written.
pub(crate) fn read<F: Form>(document: &'static str, loaded: Option<&Loaded>) -> Result<Option<F>, DocumentError> {
    let Some(loaded) = loaded else { return Ok(None) };
    let damaged = |source| DocumentError::Damaged { document, source };
    // Before anything else: a newer form may differ in all but this.
    let Version { version } = serde_json::from_slice(&loaded.contents).map_err(damaged)?;
    if version > F::VERSION {
        return Err(DocumentError::Newer { document, found: version, reads: F::VERSION });
    }
    let read = if version == F::VERSION {
        serde_json::from_slice(&loaded.contents)
    } else {
        F::migrate(version, &loaded.contents)
    };
    read.map(Some).map_err(damaged)
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

#[cfg(test)]
mod tests {
    use hap::store::{MemoryStore, Store};

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Numbers {
        numbers: Vec<u8>,
    }

    /// Version 1 held one number.
    impl Form for Numbers {
        const VERSION: u64 = 2;

        fn migrate(_: u64, contents: &[u8]) -> Result<Self, serde_json::Error> {
            #[derive(Deserialize)]
            struct First {
                number: u8,
            }
            serde_json::from_slice(contents).map(|First { number }| Self { numbers: vec![number] })
        }
    }

    fn read(contents: &str) -> Result<Option<Numbers>, DocumentError> {
        let store = MemoryStore::default();
        store.save("numbers", contents.as_bytes()).unwrap();
        super::read("numbers", store.load("numbers").unwrap().as_ref())
    }

    #[test]
    fn a_document_reads_in_its_own_form_and_in_an_older_one() {
        let numbers = |numbers: &[u8]| Numbers { numbers: numbers.to_vec() };
        assert_eq!(read(r#"{"version":2,"numbers":[7,8]}"#).unwrap(), Some(numbers(&[7, 8])));
        assert_eq!(read(r#"{"version":1,"number":7}"#).unwrap(), Some(numbers(&[7])));
        assert_eq!(super::read::<Numbers>("numbers", None).unwrap(), None);
    }

    #[test]
    fn a_newer_form_is_named_whatever_it_holds() {
        let error = read(r#"{"version":3,"digits":"seven"}"#).unwrap_err();
        assert!(error.is_newer());
        assert!(error.to_string().contains("\"numbers\" of the state has version 3"), "{error}");
    }

    #[test]
    fn what_no_version_wrote_is_damaged() {
        for contents in ["", "{}", r#"{"version":-1}"#, r#"{"version":0}"#, r#"{"version":2,"numbers":"seven"}"#] {
            assert!(matches!(read(contents).unwrap_err(), DocumentError::Damaged { .. }), "{contents}");
        }
    }
}
