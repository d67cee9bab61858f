//! How much one request may make an answer hold (HAP §8.3).

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::limits;
use crate::value::Value;

/// An answer is larger than it may be.
#[derive(Debug)]
pub(crate) struct TooLarge;

/// The room for what handlers say, until it is told.
#[derive(Debug)]
pub(super) struct Room {
    /// `None` when all they can say is told once.
    left: Option<AtomicUsize>,
}

impl Room {
    /// The room that an answer to `ids` has.
    pub(super) fn of(ids: impl ExactSizeIterator<Item = (u64, u64)>) -> Self {
        Self { left: repeats(ids).then(|| AtomicUsize::new(limits::ANSWER)) }
    }

    /// Takes room for a value; what finds none is to be forgotten.
    pub(super) fn take(&self, value: &Value) -> Result<(), TooLarge> {
        let Some(left) = &self.left else { return Ok(()) };
        let bytes = match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Bool(_) | Value::Unsigned(_) | Value::Signed(_) | Value::Float(_) => 0,
        };
        let rest = left.load(Ordering::Relaxed).checked_sub(bytes);
        left.store(rest.unwrap_or(0), Ordering::Relaxed);
        rest.map(drop).ok_or(TooLarge)
    }

    /// Nothing may be added any more.
    pub(super) fn is_full(&self) -> bool {
        self.left.as_ref().is_some_and(|left| left.load(Ordering::Relaxed) == 0)
    }
}

/// Whether one of the ids is there twice.
pub(super) fn repeats(ids: impl ExactSizeIterator<Item = (u64, u64)>) -> bool {
    if ids.len() < 2 {
        return false;
    }
    let mut sorted: Vec<_> = ids.collect();
    sorted.sort_unstable();
    sorted.array_windows().any(|[one, next]| one == next)
}
