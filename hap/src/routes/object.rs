//! JSON bodies, which are objects.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A body; `None` means 400 for the whole request.
///
/// All of it has to be UTF-8, also what is skipped (HAP §10.2).
pub(super) fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Option<T> {
    let text = str::from_utf8(body).ok()?;
    serde_json::from_str::<Object<T>>(text).ok().map(|object| object.0)
}

/// A `T` that is written as an object: what is derived for a structure takes an array of its members as well.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Object<T>, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Size {
        width: u8,
        height: u8,
    }

    #[test]
    fn an_object_is_read_and_an_array_of_its_members_is_none() {
        let size = Some(Size { width: 1, height: 2 });
        assert_eq!(read(br#" {"height": 2, "x": [null], "width": 1} "#), size);
        assert_eq!(read::<Size>(b"[1, 2]"), None);
        assert_eq!(read::<Size>(br#"{"width": 1, "height": 2} {}"#), None);
        assert_eq!(read::<Size>(br#"{"width": 1, "height": 2, "width": 1}"#), None);
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused_also_where_it_is_skipped() {
        assert_eq!(read::<Size>(b"{\"width\": 1, \"height\": 2, \"x\": \"\xff\"}"), None);
    }
}
