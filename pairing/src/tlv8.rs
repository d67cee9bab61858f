//! Type-length-value, eight bits each: the body of every pairing request (HAP §3).
//!
//! The reader is strict: what real accessories refuse, it refuses. It borrows from its input and copies only values
//! longer than one fragment, so a body never costs more memory than its own length.

use std::borrow::Cow;

use crate::limits;

/// The type of an item (HAP §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type(pub u8);

impl Type {
    /// Which procedure is asked for, 1 byte.
    pub const METHOD: Self = Self(0x00);
    /// Who speaks: a controller's id, or the accessory's device id as text.
    pub const IDENTIFIER: Self = Self(0x01);
    /// The salt of SRP, 16 bytes.
    pub const SALT: Self = Self(0x02);
    /// A public key: SRP (up to 384 bytes), X25519 or Ed25519 (32 bytes).
    pub const PUBLIC_KEY: Self = Self(0x03);
    /// A proof of SRP, 64 bytes.
    pub const PROOF: Self = Self(0x04);
    /// A ciphertext followed by its 16-byte tag.
    pub const ENCRYPTED_DATA: Self = Self(0x05);
    /// Which message of the procedure this is, 1 byte.
    pub const STATE: Self = Self(0x06);
    /// Why a request was refused, 1 byte; absent when it was not.
    pub const ERROR: Self = Self(0x07);
    /// An Ed25519 signature, 64 bytes.
    pub const SIGNATURE: Self = Self(0x0A);
    /// What a pairing may do, 1 byte; bit 0 makes it an admin.
    pub const PERMISSIONS: Self = Self(0x0B);
    /// Wishes about Pair Setup, up to 4 bytes.
    pub const FLAGS: Self = Self(0x13);
    /// Stands between the entries of a list, empty.
    pub const SEPARATOR: Self = Self(0xFF);
}

/// Why a body is refused. The sender is at fault; the answer is 400 with an empty body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The input ends inside an item's type and length.
    #[error("an item's header is cut off")]
    Header,
    /// The input ends inside an item's value.
    #[error("an item's value is cut off")]
    Body,
    /// An adjacent item of the same type follows a fragment shorter than 255 bytes, or is empty.
    #[error("a fragment continues a value that was complete")]
    Fragment,
    /// A type that is looked for is there more than once.
    #[error("an item of type {0:#04x} occurs twice")]
    Duplicate(u8),
    /// A value does not have the length its type asks for.
    #[error("the value of type {0:#04x} has a wrong length")]
    Length(u8),
}

/// One item of a body, its fragments merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// What it is.
    pub kind: Type,
    /// Its value, which may be empty.
    pub value: Cow<'a, [u8]>,
}

/// The items of a body that is known to be well formed.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a> {
    bytes: &'a [u8],
}

impl<'a> Items<'a> {
    /// Checks a whole body.
    ///
    /// # Errors
    ///
    /// [`Malformed::Header`], [`Malformed::Body`] or [`Malformed::Fragment`] when a rule of HAP §3.1 is broken anywhere.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = split_item(rest)?.1;
        }
        Ok(Self { bytes })
    }

    /// Every item, in order.
    pub fn iter(&self) -> impl Iterator<Item = Item<'a>> + use<'a> {
        self.encoded().map(Encoded::decode)
    }

    /// The value of the only item of a type; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`Malformed::Duplicate`] when there are several (HAP §3.1).
    pub fn get(&self, kind: Type) -> Result<Option<Cow<'a, [u8]>>, Malformed> {
        let mut wanted = self.encoded().filter(|item| item.kind == kind);
        let first = wanted.next();
        if wanted.next().is_some() {
            return Err(Malformed::Duplicate(kind.0));
        }
        Ok(first.map(|item| item.decode().value))
    }

    /// As [`get`](Self::get), for a value of exactly `N` bytes.
    ///
    /// # Errors
    ///
    /// [`Malformed::Duplicate`], or [`Malformed::Length`] when the value has another length.
    pub fn array<const N: usize>(&self, kind: Type) -> Result<Option<[u8; N]>, Malformed> {
        let Some(value) = self.get(kind)? else {
            return Ok(None);
        };
        let array = <[u8; N]>::try_from(&*value).map_err(|_| Malformed::Length(kind.0))?;
        Ok(Some(array))
    }

    /// As [`get`](Self::get), for a value of one byte.
    ///
    /// # Errors
    ///
    /// [`Malformed::Duplicate`], or [`Malformed::Length`] when the value is not one byte.
    pub fn byte(&self, kind: Type) -> Result<Option<u8>, Malformed> {
        Ok(self.array(kind)?.map(|[byte]| byte))
    }

    fn encoded(&self) -> impl Iterator<Item = Encoded<'a>> + use<'a> {
        let mut rest = self.bytes;
        // `parse` has seen every item, so none can be refused here.
        std::iter::from_fn(move || {
            let (item, after) = split_item(rest).ok()?;
            rest = after;
            Some(item)
        })
    }
}

/// Writes a body.
///
/// Two adjacent items of one type would read as one broken value: put a [`separator`](Self::separator) between list
/// entries.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty body.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Adds an item, cut into fragments of 255 bytes when its value is longer.
    pub fn item(mut self, kind: Type, value: &[u8]) -> Self {
        let fragments = value.len().div_ceil(limits::TLV_FRAGMENT).max(1);
        self.bytes.reserve(value.len() + 2 * fragments);
        if value.is_empty() {
            self.bytes.extend([kind.0, 0]);
        }
        for fragment in value.chunks(limits::TLV_FRAGMENT) {
            // A chunk has at most 255 bytes.
            self.bytes.extend([kind.0, fragment.len() as u8]);
            self.bytes.extend_from_slice(fragment);
        }
        self
    }

    /// Adds an item of one byte.
    pub fn byte(self, kind: Type, value: u8) -> Self {
        self.item(kind, &[value])
    }

    /// Adds the empty item that stands between the entries of a list.
    pub fn separator(self) -> Self {
        self.item(Type::SEPARATOR, &[])
    }

    /// The body.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// An item as it lies in the input: its first fragment's header up to its last fragment's end.
struct Encoded<'a> {
    kind: Type,
    fragments: &'a [u8],
}

impl<'a> Encoded<'a> {
    fn decode(self) -> Item<'a> {
        let mut rest = self.fragments;
        let mut value = Cow::Borrowed(&[][..]);
        while let Ok((_, fragment, after)) = split_fragment(rest) {
            if value.is_empty() {
                value = Cow::Borrowed(fragment);
            } else {
                let value = value.to_mut();
                value.reserve(rest.len());
                value.extend_from_slice(fragment);
            }
            rest = after;
        }
        Item { kind: self.kind, value }
    }
}

/// Takes the first item, with all its fragments, off the input.
fn split_item(bytes: &[u8]) -> Result<(Encoded<'_>, &[u8]), Malformed> {
    let (kind, first, mut rest) = split_fragment(bytes)?;
    let mut last = first;
    while rest.first() == Some(&kind.0) {
        let (_, fragment, after) = split_fragment(rest)?;
        if last.len() != limits::TLV_FRAGMENT || fragment.is_empty() {
            return Err(Malformed::Fragment);
        }
        last = fragment;
        rest = after;
    }
    let length = bytes.len() - rest.len();
    let fragments = bytes.get(..length).unwrap_or_default();
    Ok((Encoded { kind, fragments }, rest))
}

/// Takes the first fragment off the input: its type, its value, and what follows.
fn split_fragment(bytes: &[u8]) -> Result<(Type, &[u8], &[u8]), Malformed> {
    let (&[kind, length], rest) = bytes.split_first_chunk().ok_or(Malformed::Header)?;
    let (value, rest) = rest.split_at_checked(length.into()).ok_or(Malformed::Body)?;
    Ok((Type(kind), value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    #[test]
    fn a_value_that_fits_one_fragment_is_borrowed() {
        let body = Writer::new().item(Type::PROOF, &[7; 255]).finish();
        let items = Items::parse(&body).unwrap();
        assert!(matches!(items.get(Type::PROOF), Ok(Some(Cow::Borrowed(_)))));
    }

    #[test]
    fn a_byte_of_another_length_is_malformed() {
        let body = Writer::new().item(Type::STATE, &[1, 0]).finish();
        let items = Items::parse(&body).unwrap();
        assert_eq!(items.byte(Type::STATE), Err(Malformed::Length(0x06)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..1200)) {
            if let Ok(items) = Items::parse(&bytes) {
                let merged: usize = items.iter().map(|item| item.value.len()).sum();
                prop_assert!(merged <= bytes.len());
                for kind in 0..=u8::MAX {
                    let _ = items.get(Type(kind));
                    let _ = items.byte(Type(kind));
                }
            }
        }

        #[test]
        fn well_formed_bytes_are_written_back_as_they_were(
            items in vec((any::<u8>(), vec(any::<u8>(), 0..900)), 0..6)
        ) {
            // Adjacent equal types merge, so keep the first of each run.
            let mut items = items;
            items.dedup_by_key(|(kind, _)| *kind);
            let body = items
                .iter()
                .fold(Writer::new(), |body, (kind, value)| body.item(Type(*kind), value))
                .finish();
            let read: Vec<_> = Items::parse(&body)
                .unwrap()
                .iter()
                .map(|item| (item.kind.0, item.value.into_owned()))
                .collect();
            prop_assert_eq!(read, items);
        }

        #[test]
        fn every_accepted_body_has_one_encoding(bytes in vec(0_u8..4, 0..64)) {
            if let Ok(items) = Items::parse(&bytes) {
                let again = items
                    .iter()
                    .fold(Writer::new(), |body, item| body.item(item.kind, &item.value))
                    .finish();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
