//! What is wrong with a configuration file, and where.

use std::io;
use std::ops::Range;
use std::string::FromUtf8Error;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::Finding;

/// Why there is no configuration. The file's owner mends it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file is missing or may not be read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// The file is too large to be a configuration.
    #[error("{file}: too large: at most {max_kib} KiB")]
    TooLarge {
        /// The file.
        file: String,
        /// The largest allowed, in KiB.
        max_kib: usize,
    },
    /// Not TOML.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A key that is unknown, missing, or has a value that is not allowed.
    #[error("{file}:{line}: {key}: {message}")]
    Key {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The key with the tables it is in, such as `gate.relay.pin`.
        key: String,
        /// What is wrong and what is allowed.
        message: String,
    },
}

impl ConfigError {
    /// The error that `toml` found in `text`.
    pub(super) fn at_span(error: &toml::de::Error, text: &str, file: &str) -> Self {
        let span = error.span().unwrap_or_default();
        let line = line_of(text.as_bytes(), span.start);
        let file = file.to_owned();
        let message = in_our_words(error.message());
        // The text that does not parse has no keys.
        match DeTable::parse(text).ok().and_then(|table| key_at(table.get_ref(), &span)) {
            Some(key) => Self::Key { file, line, key, message },
            None => Self::Syntax { file, line, message },
        }
    }

    pub(super) fn not_utf8(file: &str, error: &FromUtf8Error) -> Self {
        Self::Syntax {
            file: file.to_owned(),
            line: line_of(error.as_bytes(), error.utf8_error().valid_up_to()),
            message: "not UTF-8 text".to_owned(),
        }
    }
}

impl Finding {
    /// The finding with the line it is about, or else the line of the table around it.
    pub(super) fn locate(self, text: &str, file: &str) -> ConfigError {
        let offset = DeTable::parse(text).ok().and_then(|table| offset_of(table.get_ref(), &self.path)).unwrap_or(0);
        let keys: Vec<_> = self.path.iter().map(|step| step.key).collect();
        ConfigError::Key {
            file: file.to_owned(),
            line: line_of(text.as_bytes(), offset),
            key: keys.join("."),
            message: self.message,
        }
    }
}

/// A step on the way to a key: the key, and which one when it is a list of tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) key: &'static str,
    pub(super) index: usize,
}

/// Serde speaks of Rust; people write keys.
fn in_our_words(message: &str) -> String {
    let words =
        [("unknown field", "unknown key"), ("unknown variant", "unknown word"), ("missing field", "missing key")];
    for (serde, ours) in words {
        if let Some(rest) = message.strip_prefix(serde) {
            return format!("{ours}{rest}").replace('`', "\"");
        }
    }
    message.replace('`', "\"")
}

fn line_of(text: &[u8], offset: usize) -> usize {
    1 + text.iter().take(offset).filter(|byte| **byte == b'\n').count()
}

/// The key that `span` is or that `span` is the value of: the innermost one around it.
fn key_at(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
    visit(table, "", &mut |key, range| {
        let is_around = range.start <= span.start && span.end <= range.end;
        if is_around && best.as_ref().is_none_or(|(length, _)| range.len() <= *length) {
            best = Some((range.len(), key.to_owned()));
        }
    });
    best.map(|(_, key)| key)
}

/// Shows `seen` each key with its own place and with its value's. The parser bounds the depth.
fn visit(table: &DeTable<'_>, prefix: &str, seen: &mut dyn FnMut(&str, Range<usize>)) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        seen(&key, name.span());
        visit_value(value, &key, seen);
    }
}

fn visit_value(value: &Spanned<DeValue<'_>>, key: &str, seen: &mut dyn FnMut(&str, Range<usize>)) {
    seen(key, value.span());
    match value.get_ref() {
        DeValue::Table(table) => visit(table, key, seen),
        DeValue::Array(values) => values.iter().for_each(|value| visit_value(value, key, seen)),
        _ => {}
    }
}

/// Where the last step that exists is written.
fn offset_of(table: &DeTable<'_>, path: &[Step]) -> Option<usize> {
    let (step, rest) = path.split_first()?;
    let (name, value) = table.get_key_value(step.key)?;
    let mut offset = name.span().start;
    let mut inner = value.get_ref();
    if let Some(element) = inner.as_array().and_then(|array| array.get(step.index)) {
        offset = element.span().start;
        inner = element.get_ref();
    }
    inner.as_table().and_then(|table| offset_of(table, rest)).or(Some(offset))
}
