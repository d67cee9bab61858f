//! The body of a write, as strict as the reference (HAP §10.2).

use std::fmt;

use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value as Json;
use smallvec::SmallVec;

use crate::limits;
use crate::routes::object::{self, Object};

/// What a write asks for.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) entries: SmallVec<[EntryBody; 1]>,
    pub(super) pid: Option<u64>,
}

/// One characteristic of it.
#[derive(Debug, Deserialize)]
pub(super) struct EntryBody {
    pub(super) aid: u64,
    pub(super) iid: u64,
    #[serde(default, deserialize_with = "scalar")]
    pub(super) value: Option<Json>,
    #[serde(default, deserialize_with = "flag")]
    pub(super) ev: Option<bool>,
    #[serde(default, rename = "authData", deserialize_with = "text")]
    pub(super) authorization: Option<String>,
    #[serde(default, deserialize_with = "plain_flag")]
    pub(super) remote: bool,
    #[serde(default, deserialize_with = "plain_flag")]
    pub(super) r: bool,
}

impl Body {
    /// `None` means 400 for the whole request.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        object::read(json)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(BodyVisitor)
    }
}

struct BodyVisitor;

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with at least one member")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Body, M::Error> {
        let (mut entries, mut pid, mut members) = (None, None, 0_usize);
        while let Some(name) = map.next_key::<Member>()? {
            members = members.saturating_add(1);
            match name {
                Member::Characteristics if entries.is_some() => {
                    return Err(M::Error::duplicate_field("characteristics"));
                }
                Member::Characteristics => entries = Some(map.next_value::<Entries>()?.0),
                Member::Pid if pid.is_some() => return Err(M::Error::duplicate_field("pid")),
                Member::Pid => pid = Some(map.next_value::<u64>()?),
                Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if members == 0 {
            return Err(M::Error::custom("an empty object"));
        }
        Ok(Body { entries: entries.unwrap_or_default(), pid })
    }
}

/// The name of a member.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Member {
    Characteristics,
    Pid,
    #[serde(other)]
    Other,
}

/// At least one entry, and at most as many as the bound.
struct Entries(SmallVec<[EntryBody; 1]>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of at least one entry")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Entries, S::Error> {
        let mut entries = SmallVec::new();
        while let Some(entry) = seq.next_element()? {
            if entries.len() >= limits::ENTRIES {
                return Err(S::Error::custom("too many entries"));
            }
            let Object(entry) = entry;
            entries.push(entry);
        }
        if entries.is_empty() {
            return Err(S::Error::invalid_length(0, &self));
        }
        Ok(Entries(entries))
    }
}

/// A number, text or truth value; numbers within what the reference reads, −2^31 to 2^64 − 1.
fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    let value = Json::deserialize(deserializer)?;
    let fits = match &value {
        Json::Bool(_) | Json::String(_) => true,
        Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(_), _, _) => true,
            (None, Some(signed), _) => signed >= i64::from(i32::MIN),
            (None, None, Some(float)) => float >= f64::from(i32::MIN) && float < 18_446_744_073_709_551_616.0,
            (None, None, None) => false,
        },
        Json::Null | Json::Array(_) | Json::Object(_) => false,
    };
    if fits { Ok(Some(value)) } else { Err(D::Error::custom("a value that is no number, text or truth value")) }
}

/// Text, and not null.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// `true`, `false`, 0 or 1.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    plain_flag(deserializer).map(Some)
}

fn plain_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    struct FlagVisitor;

    impl Visitor<'_> for FlagVisitor {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true, false, 0 or 1")
        }

        fn visit_bool<E: de::Error>(self, flag: bool) -> Result<bool, E> {
            Ok(flag)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<bool, E> {
            match number {
                0 => Ok(false),
                1 => Ok(true),
                _ => Err(E::invalid_value(de::Unexpected::Unsigned(number), &self)),
            }
        }
    }

    deserializer.deserialize_any(FlagVisitor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bodies_are_taken_and_refused_as_the_reference_does_or_more_leniently_where_that_is_harmless() {
        let verdicts: Json =
            serde_json::from_str(include_str!("../../../../tests/vectors/json_requests.json")).unwrap();
        for case in verdicts["put_characteristics"].as_array().unwrap() {
            let text = case["body"].as_str().unwrap();
            let harmless = case["adk"] == "400" && case["note"].as_str().unwrap().ends_with("harmless");
            let body = Body::parse(text.as_bytes());
            assert_eq!(body.is_some(), case["adk"] == "ok" || harmless, "{text}");
            if let (Some(body), Some(entries)) = (body, case["entries"].as_u64()) {
                assert_eq!(body.entries.len() as u64, entries, "{text}");
            }
        }
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused_also_where_it_is_skipped() {
        assert!(Body::parse(b"{\"characteristics\":[{\"aid\":1,\"iid\":2,\"value\":\"\xff\"}]}").is_none());
        assert!(Body::parse(b"{\"characteristics\":[{\"aid\":1,\"iid\":2,\"value\":1,\"x\":\"\xff\"}]}").is_none());
    }

    #[test]
    fn a_known_member_of_a_wrong_type_is_refused_also_null() {
        for member in ["aid", "iid", "value", "ev", "authData", "remote", "r"] {
            for wrong in ["null", "[]", "{}"] {
                let others = r#""aid":1,"iid":2,"value":1"#;
                let others = others
                    .replace(&format!("\"{member}\":1"), "\"x\":1")
                    .replace(&format!("\"{member}\":2"), "\"x\":2");
                let text = format!("{{\"characteristics\":[{{{others},\"{member}\":{wrong}}}]}}");
                assert!(Body::parse(text.as_bytes()).is_none(), "{text}");
            }
        }
    }

    #[test]
    fn an_entry_is_an_object_and_no_array_of_its_members() {
        assert!(Body::parse(br#"{"characteristics":[[1,2,true]]}"#).is_none());
        assert!(Body::parse(br#"[[[1,2,true]],7]"#).is_none());
    }

    #[test]
    fn deep_nesting_is_skipped_or_refused_without_exhausting_the_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Body::parse(format!("{{\"x\":{deep}}}").as_bytes()).is_some());
        let value = format!("{{\"characteristics\":[{{\"aid\":1,\"iid\":2,\"value\":{deep}}}]}}");
        assert!(Body::parse(value.as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Body::parse(&bytes);
        }

        #[test]
        fn a_pid_keeps_all_its_64_bits(pid: u64) {
            prop_assert_eq!(Body::parse(format!("{{\"pid\":{pid}}}").as_bytes()).unwrap().pid, Some(pid));
        }
    }
}
