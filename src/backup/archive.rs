//! The file of a backup.
//!
//! A line, then JSON:
//!
//! ```text
//! portcullis-backup 1 sha256=<64 hex digits>
//! ```
//!
//! The number is the format's version. The checksum is that of the whole file without ` sha256=<64 hex digits>`:
//! `sed '1s/ sha256=.*//' FILE | sha256sum` computes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;

use hap::Stored;
use hap::store::{self, FileStoreView};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BackupError, limits};
use crate::driven;
use crate::history::{self, Timestamp};

const FORMAT: &str = "portcullis-backup";
const VERSION: u32 = 1;

/// The texts of documents, by name.
type Documents = BTreeMap<String, String>;

/// All that a backup holds.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    /// When it was made.
    pub(crate) made_at: Timestamp,
    /// The program that made it.
    pub(crate) version: String,
    /// The computer on which it was made.
    pub(crate) host: String,
    /// Whose backup it is.
    pub(crate) accessory: Accessory,
    /// The configuration at that time, if there was a file.
    pub(crate) configuration: Option<Configuration>,
    /// The documents of the state directory, by name.
    pub(crate) documents: Documents,
    /// The files of the history, by name. What did not read there was made readable.
    pub(crate) history: BTreeMap<String, String>,
}

/// Whose backup it is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accessory {
    /// Its name, as Home lists it.
    pub(crate) name: String,
    /// The id by which controllers know it.
    pub(crate) device_id: String,
    /// How many controllers are paired.
    pub(crate) controllers: usize,
}

/// A configuration file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// Where it was.
    pub(crate) path: String,
    /// What it said.
    pub(crate) text: String,
}

impl Archive {
    /// The state in `directory` as it is now, also while the daemon runs: every document is whole, and they belong
    /// together. `name` is the accessory's.
    pub(crate) fn of(directory: &Path, name: &str, configuration: Option<Configuration>) -> Result<Self, BackupError> {
        let view = FileStoreView::open(directory)?;
        let empty = || BackupError::Empty { directory: directory.to_owned() };
        let (stored, documents) = read(&view)?.ok_or_else(empty)?;
        let history = history::copy(directory)?;
        Ok(Self {
            made_at: Timestamp::of(SystemTime::now()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            accessory: Accessory {
                name: name.to_owned(),
                device_id: stored.device_id().to_string(),
                controllers: stored.pairings().count(),
            },
            configuration,
            documents,
            history: history
                .into_iter()
                .map(|(name, bytes)| (name.to_owned(), String::from_utf8_lossy(&bytes).into_owned()))
                .collect(),
        })
    }

    /// The file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, BackupError> {
        let body = serde_json::to_vec(self).map_err(|error| BackupError::Damaged(error.to_string()))?;
        let mut bytes = format!("{FORMAT} {VERSION}");
        let sum = checksum(bytes.as_bytes(), &body);
        let _ = writeln!(bytes, " sha256={sum}");
        let mut bytes = bytes.into_bytes();
        bytes.extend(body);
        if bytes.len() > limits::FILE { Err(BackupError::TooLarge) } else { Ok(bytes) }
    }

    /// Reads a file, and checks all of it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, BackupError> {
        if bytes.len() > limits::FILE {
            return Err(BackupError::TooLarge);
        }
        let covered = bytes.strip_prefix(FORMAT.as_bytes()).and_then(|rest| rest.strip_prefix(b" "));
        let covered = covered.ok_or(BackupError::Foreign)?;
        let damaged = |what: &str| BackupError::Damaged(what.to_owned());
        let end = covered.iter().take(limits::HEADER).position(|byte| *byte == b'\n');
        let (line, rest) = covered.split_at_checked(end.ok_or_else(|| damaged("its first line"))?).unwrap_or_default();
        let body = rest.strip_prefix(b"\n").unwrap_or_default();
        let line = str::from_utf8(line).map_err(|_| damaged("its first line"))?;
        let (version, sum) = line.split_once(" sha256=").ok_or_else(|| damaged("its first line"))?;
        if sum != checksum(format!("{FORMAT} {version}").as_bytes(), body) {
            return Err(damaged("its checksum is not that of its contents"));
        }
        match version.parse() {
            Ok(VERSION) => {}
            Ok(version) if version > VERSION => return Err(BackupError::Newer { version }),
            _ => return Err(damaged("its version")),
        }
        let mut archive: Self =
            serde_json::from_slice(body).map_err(|error| BackupError::Damaged(error.to_string()))?;
        archive.check()?;
        // A backup that has one tells of another day.
        archive.documents.remove(driven::DOCUMENT);
        Ok(archive)
    }

    /// What a checksum does not show: that every part is one that the state directory takes.
    fn check(&self) -> Result<(), BackupError> {
        let damaged = |what: String| Err(BackupError::Damaged(what));
        if self.documents.len() > limits::DOCUMENTS {
            return damaged(format!("{} documents", self.documents.len()));
        }
        for (name, text) in &self.documents {
            let fits = text.len() <= store::limits::CONTENTS && is_document(name);
            if !fits || serde_json::from_str::<IgnoredAny>(text).is_err() {
                return damaged(format!("the document {name:?} does not read"));
            }
        }
        match self.history.keys().find(|name| !history::is_file(name)) {
            Some(name) => damaged(format!("{name:?} is no file of the history")),
            None => Ok(()),
        }
    }
}

/// Whether the store takes a document of this name.
fn is_document(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    (1..=store::limits::NAME).contains(&name.len()) && name.bytes().all(allowed)
}

/// All documents, once they have stood still while they were read; `None` if no accessory is there.
fn read(view: &FileStoreView) -> Result<Option<(Stored, Documents)>, BackupError> {
    let mut before = documents(view)?;
    for _ in 0..limits::READS {
        let stored = Stored::view(view)?;
        let now = documents(view)?;
        if now == before {
            return Ok(stored.map(|stored| (stored, now)));
        }
        before = now;
    }
    Err(BackupError::Restless)
}

fn documents(view: &FileStoreView) -> Result<Documents, BackupError> {
    let mut documents = BTreeMap::new();
    for name in view.documents()? {
        // It tells of this computer as it is now, not of the accessory.
        if name == driven::DOCUMENT {
            continue;
        }
        let Some(loaded) = view.load(&name)? else { continue };
        let text = String::from_utf8(loaded.contents.to_vec());
        let text = text.ok().filter(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        let reason = "it is no JSON; remove it if it is not yours";
        documents.insert(name.clone(), text.ok_or(BackupError::Document { document: name, reason })?);
    }
    Ok(documents)
}

fn checksum(covered: &[u8], body: &[u8]) -> String {
    let digest = Sha256::new().chain_update(covered).chain_update(b"\n").chain_update(body).finalize();
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::LazyLock;

    use hap::store::{FileStore, Store};
    use proptest::prelude::*;

    use super::*;

    /// A backup of a new accessory, with a history and a document more.
    pub(crate) fn archive() -> Archive {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore::open(directory.path()).unwrap();
        Stored::open(&store, None).unwrap();
        store.save("gates", br#"{"version":1,"gates":{}}"#).unwrap();
        std::fs::write(directory.path().join("history.jsonl"), "{\"n\":1}\n\u{fffd}").unwrap();
        let configuration = Configuration { path: "/etc/portcullis.toml".to_owned(), text: "# ours\n".to_owned() };
        Archive::of(directory.path(), "Gate", Some(configuration)).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let archive = archive();
        assert!(archive.documents.len() >= 2 && archive.history.len() == 1, "{archive:?}");
        let bytes = archive.to_bytes().unwrap();
        assert!(bytes.starts_with(b"portcullis-backup 1 sha256="));
        assert_eq!(Archive::parse(&bytes).unwrap(), archive);
    }

    #[test]
    fn what_was_driven_when_a_backup_was_made_is_not_in_it_and_never_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore::open(directory.path()).unwrap();
        Stored::open(&store, None).unwrap();
        store.save(driven::DOCUMENT, b"{}").unwrap();
        let mut archive = Archive::of(directory.path(), "Gate", None).unwrap();
        assert!(!archive.documents.contains_key(driven::DOCUMENT));
        archive.documents.insert(driven::DOCUMENT.to_owned(), "{}".to_owned());
        let read = Archive::parse(&archive.to_bytes().unwrap()).unwrap();
        assert!(!read.documents.contains_key(driven::DOCUMENT));
    }

    #[test]
    fn a_directory_without_an_accessory_has_no_backup() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(Archive::of(directory.path(), "Gate", None), Err(BackupError::Empty { .. })));
        assert!(matches!(Archive::of(&directory.path().join("none"), "Gate", None), Err(BackupError::Empty { .. })));
    }

    #[test]
    fn a_foreign_file_and_one_of_the_future_are_told_apart() {
        assert!(matches!(Archive::parse(b"PK\x03\x04"), Err(BackupError::Foreign)));
        assert!(matches!(Archive::parse(b""), Err(BackupError::Foreign)));
        let sum = checksum(b"portcullis-backup 2", b"who knows");
        let newer = format!("portcullis-backup 2 sha256={sum}\nwho knows");
        assert!(matches!(Archive::parse(newer.as_bytes()), Err(BackupError::Newer { version: 2 })));
    }

    #[test]
    fn parts_that_the_state_directory_does_not_take_are_refused_whatever_the_checksum_says() {
        let sound = archive();
        let mut path = sound.clone();
        path.documents.insert("../evil".to_owned(), "{}".to_owned());
        let mut torn = sound.clone();
        torn.documents.insert("gates".to_owned(), "{".to_owned());
        let mut history = sound.clone();
        history.history.insert("../../etc/passwd".to_owned(), String::new());
        let mut many = sound;
        many.documents.extend(
            (0..40_u8)
                .map(|n| (format!("d{}", char::from(b'a' + n % 26)).repeat(1 + usize::from(n / 26)), "1".to_owned())),
        );
        for bad in [path, torn, history, many] {
            assert!(matches!(Archive::parse(&bad.to_bytes().unwrap()), Err(BackupError::Damaged(_))));
        }
    }

    #[test]
    fn a_backup_that_is_cut_off_anywhere_is_refused() {
        let bytes = archive().to_bytes().unwrap();
        for cut in (0..bytes.len()).step_by(7) {
            assert!(Archive::parse(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_nothing_breaks(bytes: Vec<u8>, header: bool) {
            let start: &[u8] = if header { b"portcullis-backup " } else { b"" };
            prop_assert!(Archive::parse(&[start, &bytes].concat()).is_err());
        }

        #[test]
        fn a_body_with_the_right_checksum_is_still_checked(body in r#"\{?("[a-z_]{1,9}":(1|"a"|\{\}|null),?){0,8}\}?"#) {
            let sum = checksum(b"portcullis-backup 1", body.as_bytes());
            let file = format!("portcullis-backup 1 sha256={sum}\n{body}");
            prop_assert!(matches!(Archive::parse(file.as_bytes()), Err(BackupError::Damaged(_))));
        }

        #[test]
        fn a_byte_that_is_changed_is_noticed(at in 0..4000_usize, bit in 0..8_u8) {
            static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| archive().to_bytes().unwrap());
            let mut bytes = SOUND.clone();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert!(Archive::parse(&bytes).is_err());
        }
    }
}
