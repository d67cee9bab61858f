//! Values from JSON and to JSON (HAP §9.5).

use std::fmt;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{InvalidValue, Metadata, Value};
use crate::definition::{Format, whole};
use crate::text::{push_number, push_signed};

impl Metadata {
    /// The value that a controller's JSON stands for.
    ///
    /// A number may come as a whole float (`1.0`, `1e2`), a bool as 0 or 1 and an integer as a bool; a float is rounded
    /// to the step, because controllers convert units (HAP §9.5).
    pub fn parse(&self, json: &serde_json::Value) -> Result<Value, InvalidValue> {
        use serde_json::Value as Json;

        let wrong = || InvalidValue::WrongType(self.format);
        match self.format {
            Format::Bool => match json {
                Json::Bool(value) => Ok(Value::Bool(*value)),
                Json::Number(number) => match integer(number) {
                    Some(0) => Ok(Value::Bool(false)),
                    Some(1) => Ok(Value::Bool(true)),
                    _ => Err(wrong()),
                },
                _ => Err(wrong()),
            },
            Format::UInt8 | Format::UInt16 | Format::UInt32 | Format::UInt64 | Format::Int => {
                let value = match json {
                    Json::Bool(value) => i128::from(*value),
                    Json::Number(number) => integer(number).ok_or_else(wrong)?,
                    _ => return Err(wrong()),
                };
                Ok(self.integer(value)?)
            }
            Format::Float => match json {
                Json::Number(number) => Ok(self.float(number.as_f64().ok_or_else(wrong)?)?),
                _ => Err(wrong()),
            },
            Format::String => match json {
                Json::String(text) => {
                    self.check_length(text.len())?;
                    Ok(Value::Text(text.clone()))
                }
                _ => Err(wrong()),
            },
            Format::Tlv8 | Format::Data => match json {
                Json::String(text) => {
                    // The shortest data such text can hold: refused before it is decoded.
                    self.check_length((text.len() / 4 * 3).saturating_sub(2))?;
                    let bytes = STANDARD.decode(text).map_err(|_| InvalidValue::NotBase64(self.format))?;
                    self.check_length(bytes.len())?;
                    Ok(Value::Bytes(bytes))
                }
                _ => Err(wrong()),
            },
        }
    }

    /// Appends the value as JSON: a checked value never becomes `null`, `NaN` or `Infinity` (HAP §9.5).
    pub fn write_json(&self, value: &Value, out: &mut Vec<u8>) {
        match value {
            Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::Unsigned(number) => push_number(out, *number),
            Value::Signed(number) => push_signed(out, (*number).into()),
            Value::Float(number) => match self.float(*number) {
                Ok(Value::Float(rounded)) => write_text(rounded, out),
                _ if number.is_finite() => write_text(number, out),
                _ => out.extend_from_slice(b"null"),
            },
            Value::Text(text) => write_string(text, out),
            Value::Bytes(bytes) => {
                out.push(b'"');
                out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
                out.push(b'"');
            }
        }
    }

    /// Appends the members of a characteristic object that tell its limits, each after a comma: `,"unit":…` and so on,
    /// as far as they differ from what controllers assume (HAP §9.4).
    pub fn write_limits(&self, out: &mut Vec<u8>) {
        if let Some(unit) = self.unit() {
            write_text(format_args!(",\"unit\":\"{}\"", unit.as_str()), out);
        }
        let (min, max) = match (self.min(), self.max(), self.range) {
            // Both ends or none, as the reference does; but no controller has a use for the end of all floats.
            (Some(_), None, Some((min, max))) | (None, Some(_), Some((min, max))) if self.format != Format::Float => {
                (Some(min), Some(max))
            }
            (min, max, _) => (min, max),
        };
        let numbers = [("minValue", min), ("maxValue", max), ("minStep", self.step())];
        for (name, number) in numbers {
            if let Some(number) = number {
                write_text(format_args!(",\"{name}\":{number}"), out);
            }
        }
        if let Some(bytes) = self.max_len() {
            write_text(format_args!(",\"maxLen\":{bytes}"), out);
        }
        if let Some(bytes) = self.max_data_len() {
            write_text(format_args!(",\"maxDataLen\":{bytes}"), out);
        }
        // Controllers know the member on Apple's types only.
        if let Some(values) = self.valid_values().filter(|_| self.is_apple) {
            for (nth, value) in values.iter().enumerate() {
                let before = if nth == 0 { ",\"valid-values\":[" } else { "," };
                write_text(format_args!("{before}{value}"), out);
            }
            out.push(b']');
        }
        if let Some(description) = self.description() {
            out.extend_from_slice(b",\"description\":");
            write_string(description, out);
        }
    }
}

/// A JSON number as an integer; none if it has a fraction or lies beyond all formats.
fn integer(number: &serde_json::Number) -> Option<i128> {
    number
        .as_u64()
        .map(i128::from)
        .or_else(|| number.as_i64().map(i128::from))
        .or_else(|| number.as_f64().and_then(whole))
}

#[expect(clippy::expect_used, reason = "a Vec takes whatever is written, and the Displays of numbers do not fail")]
fn write_text(value: impl fmt::Display, out: &mut Vec<u8>) {
    write!(out, "{value}").expect("writing to memory");
}

#[expect(clippy::expect_used, reason = "a Vec takes whatever is written, and a str is always JSON")]
fn write_string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("writing to memory");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::definition::{Definition, Number, Perms, Type, Unit};
    use crate::value::OutOfRange;

    const FORMATS: [Format; 10] = [
        Format::Bool,
        Format::UInt8,
        Format::UInt16,
        Format::UInt32,
        Format::UInt64,
        Format::Int,
        Format::Float,
        Format::String,
        Format::Tlv8,
        Format::Data,
    ];

    fn definition(format: Format) -> Definition {
        Definition::new("Test", Type::apple(1), format, Perms::READ | Perms::WRITE)
    }

    fn plain(format: Format) -> Metadata {
        Metadata::from(&definition(format))
    }

    fn celsius() -> Metadata {
        let definition =
            definition(Format::Float).min(Number::Float(10.0)).max(Number::Float(38.0)).step(Number::Float(0.1));
        Metadata::from(&definition)
    }

    fn written(metadata: &Metadata, value: &Value) -> String {
        let mut out = Vec::new();
        metadata.write_json(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_bool_is_true_false_one_or_zero() {
        let metadata = plain(Format::Bool);
        for (json, value) in [("true", true), ("1", true), ("1.0", true), ("false", false), ("0", false), ("-0", false)]
        {
            let json = serde_json::from_str(json).unwrap();
            assert_eq!(metadata.parse(&json), Ok(Value::Bool(value)), "{json}");
        }
        for json in [json!(2), json!(-1), json!(0.5), json!("true"), json!(null), json!([true]), json!({})] {
            assert_eq!(metadata.parse(&json), Err(InvalidValue::WrongType(Format::Bool)), "{json}");
        }
    }

    #[test]
    fn an_integer_may_be_a_bool_or_a_float_without_a_fraction() {
        let metadata = plain(Format::UInt8);
        for (json, value) in [("1", 1), ("1.0", 1), ("1e2", 100), ("true", 1), ("false", 0), ("255", 255), ("-0", 0)] {
            let json = serde_json::from_str(json).unwrap();
            assert_eq!(metadata.parse(&json), Ok(Value::Unsigned(value)), "{json}");
        }
        for json in [json!(1.5), json!("1"), json!(null), json!([1]), json!({"value": 1}), json!(1e300)] {
            assert_eq!(metadata.parse(&json), Err(InvalidValue::WrongType(Format::UInt8)), "{json}");
        }
        for json in [json!(256), json!(-1), json!(1e10), json!(-1.0)] {
            assert!(matches!(metadata.parse(&json), Err(InvalidValue::OutOfRange(OutOfRange::Range { .. }))), "{json}");
        }
    }

    #[test]
    fn every_integer_format_takes_its_ends_exactly_and_nothing_beyond() {
        let unsigned = [
            (Format::UInt8, u64::from(u8::MAX)),
            (Format::UInt16, u64::from(u16::MAX)),
            (Format::UInt32, u64::from(u32::MAX)),
        ];
        for (format, max) in unsigned {
            assert_eq!(plain(format).parse(&json!(max)), Ok(Value::Unsigned(max)));
            assert!(plain(format).parse(&json!(max + 1)).is_err());
        }
        let parse = |text: &str| plain(Format::UInt64).parse(&serde_json::from_str(text).unwrap());
        assert_eq!(parse("18446744073709551615"), Ok(Value::Unsigned(u64::MAX)));
        assert!(parse("18446744073709551616").is_err());
        assert_eq!(written(&plain(Format::UInt64), &Value::Unsigned(u64::MAX)), "18446744073709551615");
        for end in [i32::MIN, i32::MAX] {
            assert_eq!(plain(Format::Int).parse(&json!(end)), Ok(Value::Signed(end)));
        }
        assert!(plain(Format::Int).parse(&json!(i64::from(i32::MAX) + 1)).is_err());
        assert!(plain(Format::Int).parse(&json!(i64::from(i32::MIN) - 1)).is_err());
    }

    #[test]
    fn a_float_is_any_number_and_is_rounded_to_the_step() {
        for (json, text) in [
            (json!(20.100000381469727), "20.1"),
            (json!(20.277777), "20.3"),
            (json!(21), "21"),
            (json!(38.000000001), "38"),
            (json!(9.9999999), "10"),
            (json!(10.000001), "10"),
        ] {
            let value = celsius().parse(&json).unwrap();
            assert_eq!(written(&celsius(), &value), text, "{json}");
        }
        for json in [json!(38.1), json!(9.9), json!(-1e300), json!(u64::MAX)] {
            assert!(matches!(celsius().parse(&json), Err(InvalidValue::OutOfRange(_))), "{json}");
        }
        for json in [json!(true), json!("20.1"), json!(null)] {
            assert_eq!(celsius().parse(&json), Err(InvalidValue::WrongType(Format::Float)), "{json}");
        }
    }

    #[test]
    fn a_string_is_measured_in_bytes() {
        let metadata = plain(Format::String).with_max_len(4).unwrap();
        assert_eq!(metadata.parse(&json!("äö")), Ok(Value::Text("äö".to_owned())));
        assert_eq!(
            metadata.parse(&json!("äöü")),
            Err(InvalidValue::OutOfRange(OutOfRange::TooLong { bytes: 6, max: 4 }))
        );
        assert_eq!(metadata.parse(&json!(1)), Err(InvalidValue::WrongType(Format::String)));
        assert_eq!(plain(Format::String).parse(&json!("x".repeat(64))).map(|_| ()), Ok(()));
        assert!(plain(Format::String).parse(&json!("x".repeat(65))).is_err());
    }

    #[test]
    fn data_is_base64_with_padding_and_measured_decoded() {
        let metadata = plain(Format::Data).with_max_data_len(4).unwrap();
        assert_eq!(metadata.parse(&json!("AAECAw==")), Ok(Value::Bytes(vec![0, 1, 2, 3])));
        assert_eq!(
            metadata.parse(&json!("AAECAwQ=")),
            Err(InvalidValue::OutOfRange(OutOfRange::TooLong { bytes: 5, max: 4 }))
        );
        assert!(metadata.parse(&json!("AAECAwQF/w==")).is_err());
        for text in ["AAECAw", "A", "AA\n==", "AAE_Aw=="] {
            assert_eq!(metadata.parse(&json!(text)), Err(InvalidValue::NotBase64(Format::Data)), "{text}");
        }
        assert_eq!(plain(Format::Tlv8).parse(&json!("")), Ok(Value::Bytes(Vec::new())));
        assert_eq!(written(&plain(Format::Tlv8), &Value::Bytes(vec![1, 1, 2])), "\"AQEC\"");
    }

    #[test]
    fn text_is_escaped_and_a_float_is_never_not_a_number() {
        let metadata = plain(Format::String);
        assert_eq!(written(&metadata, &Value::Text("\"Gate\"\n\u{1}".to_owned())), r#""\"Gate\"\n\u0001""#);
        assert_eq!(written(&plain(Format::Float), &Value::Float(f64::NAN)), "null");
        assert_eq!(written(&plain(Format::Float), &Value::Float(f64::INFINITY)), "null");
        assert_eq!(written(&plain(Format::Float), &Value::Float(0.0001)), "0.0001");
        assert_eq!(written(&plain(Format::Float), &Value::Float(-0.0)), "0");
        assert_eq!(written(&plain(Format::Bool), &Value::Bool(true)), "true");
    }

    #[test]
    fn limits_are_told_as_far_as_they_differ_from_what_is_assumed() {
        fn limits(metadata: &Metadata) -> String {
            let mut out = Vec::new();
            metadata.write_limits(&mut out);
            String::from_utf8(out).unwrap()
        }
        for format in FORMATS {
            assert_eq!(limits(&plain(format)), "");
        }
        let warm = definition(Format::Float).unit(Unit::Celsius).min(Number::Float(-40.5)).step(Number::Float(0.1));
        assert_eq!(limits(&Metadata::from(&warm)), r#","unit":"celsius","minValue":-40.5,"minStep":0.1"#);
        let modes = definition(Format::UInt8).max(Number::Unsigned(3)).valid_values(&[0, 2]);
        let described = Metadata::from(&modes).with_description("the \"mode\"");
        assert_eq!(
            limits(&described),
            r#","minValue":0,"maxValue":3,"valid-values":[0,2],"description":"the \"mode\"""#
        );
        let mut vendors = modes;
        vendors.kind = Type::uuid(1);
        assert_eq!(limits(&Metadata::from(&vendors)), r#","minValue":0,"maxValue":3"#);
        assert_eq!(limits(&plain(Format::String).with_max_len(256).unwrap()), r#","maxLen":256"#);
        assert_eq!(limits(&plain(Format::Data).with_max_data_len(9).unwrap()), r#","maxDataLen":9"#);
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            any::<u64>().prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            ".{0,80}".prop_map(serde_json::Value::from),
            "[A-Za-z0-9+/]{0,16}={0,2}".prop_map(serde_json::Value::from),
        ];
        leaf.prop_recursive(2, 8, 4, |inner| proptest::collection::vec(inner, 0..4).prop_map(serde_json::Value::from))
    }

    fn any_metadata() -> impl Strategy<Value = Metadata> {
        let bounds = (any::<i16>(), any::<i16>(), 1_u16..1000, proptest::bool::ANY);
        (0..FORMATS.len(), bounds).prop_map(|(format, (a, b, step, narrow))| {
            let format = FORMATS[format];
            let plain = plain(format);
            if !narrow {
                return plain;
            }
            let scale = if format == Format::Float { 10.0 } else { 1.0 };
            let (low, high) = (f64::from(a.min(b)) / scale, f64::from(a.max(b)) / scale);
            let ranged = plain.clone().with_range(low, high).unwrap_or(plain);
            ranged.clone().with_step(f64::from(step) / scale).unwrap_or(ranged)
        })
    }

    proptest! {
        #[test]
        fn what_is_parsed_is_within_the_limits_and_comes_back_the_same(
            metadata in any_metadata(),
            json in any_json(),
        ) {
            if let Ok(value) = metadata.parse(&json) {
                prop_assert_eq!(metadata.check(value.clone()), Ok(value.clone()));
                let text = written(&metadata, &value);
                let again = serde_json::from_str(&text).unwrap();
                match (metadata.parse(&again), value) {
                    // The JSON reader is a last digit off for long floats.
                    (Ok(Value::Float(read)), Value::Float(sent)) => {
                        prop_assert!((read - sent).abs() <= sent.abs() * 4.0 * f64::EPSILON);
                    }
                    (read, sent) => prop_assert_eq!(read, Ok(sent)),
                }
            }
        }

        #[test]
        fn an_initial_value_is_within_the_limits(metadata in any_metadata()) {
            let initial = metadata.initial();
            prop_assert_eq!(metadata.check(initial.clone()), Ok(initial));
        }

        #[test]
        fn every_finite_float_survives_without_a_step(number in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            let text = written(&plain(Format::Float), &Value::Float(number));
            prop_assert_eq!(text.parse(), Ok(number));
        }

        #[test]
        fn a_stepped_float_has_no_more_digits_than_its_step(number in 10.0..38.0_f64) {
            let value = celsius().parse(&json!(number)).unwrap();
            let text = written(&celsius(), &value);
            prop_assert!(text.len() <= "20.1".len(), "{}", text);
            prop_assert!((text.parse::<f64>().unwrap() - number).abs() <= 0.05 + 1e-9);
        }
    }
}
