//! Whether a value is within the limits of its characteristic (HAP §10.2 step 11).

use super::{Metadata, OutOfRange, Value};
use crate::definition::{Format, Number};

impl Metadata {
    /// The value as it may be sent: a float is rounded to the step, any other value is returned as it is.
    pub fn check(&self, value: Value) -> Result<Value, OutOfRange> {
        let expected = match self.format {
            Format::Bool => matches!(value, Value::Bool(_)),
            Format::UInt8 | Format::UInt16 | Format::UInt32 | Format::UInt64 => {
                matches!(value, Value::Unsigned(_))
            }
            Format::Int => matches!(value, Value::Signed(_)),
            Format::Float => matches!(value, Value::Float(_)),
            Format::String => matches!(value, Value::Text(_)),
            Format::Tlv8 | Format::Data => matches!(value, Value::Bytes(_)),
        };
        if !expected {
            return Err(OutOfRange::Format(self.format));
        }
        match &value {
            Value::Bool(_) => {}
            Value::Unsigned(number) => return self.integer(i128::from(*number)),
            Value::Signed(number) => return self.integer(i128::from(*number)),
            Value::Float(number) => return self.float(*number),
            Value::Text(text) => self.check_length(text.len())?,
            Value::Bytes(bytes) => self.check_length(bytes.len())?,
        }
        Ok(value)
    }

    /// An integer under the limits of an integer format.
    pub(super) fn integer(&self, value: i128) -> Result<Value, OutOfRange> {
        let Some((min, max)) = self.range else {
            return Err(OutOfRange::Format(self.format));
        };
        let bounds = min.whole().zip(max.whole());
        if bounds.is_none_or(|(min, max)| value < min || value > max) {
            return Err(OutOfRange::Range { min, max });
        }
        if let Some(step) = self.step
            && let base = self.step_base()
            && base.whole().zip(step.whole()).and_then(|(base, step)| (value - base).checked_rem(step)) != Some(0)
        {
            return Err(OutOfRange::Step { base, step });
        }
        if let (Some(values), Ok(byte)) = (self.valid_values(), u8::try_from(value))
            && values.binary_search(&byte).is_err()
        {
            return Err(OutOfRange::NotListed(byte));
        }
        let value = match self.format {
            Format::Int => i32::try_from(value).map(Value::Signed),
            _ => u64::try_from(value).map(Value::Unsigned),
        };
        value.map_err(|_| OutOfRange::Range { min, max })
    }

    /// A float under the limits, rounded to the step.
    ///
    /// Controllers compute with 32-bit floats: one that lies beyond an end by no more than those can tell is at the end.
    pub(super) fn float(&self, value: f64) -> Result<Value, OutOfRange> {
        if !value.is_finite() {
            return Err(OutOfRange::NotFinite);
        }
        let Some((min, max)) = self.range else {
            return Err(OutOfRange::Format(self.format));
        };
        let (low, high) = (min.as_f64(), max.as_f64());
        let step = self.step.map_or(0.0, Number::as_f64);
        let slack = |end: f64| (end.abs() * f64::from(f32::EPSILON)).max(step / 1000.0);
        if value < low - slack(low) || value > high + slack(high) {
            return Err(OutOfRange::Range { min, max });
        }
        // Adding zero turns −0 into 0, so that no controller reads a sign.
        let value = value.max(low).min(high) + 0.0;
        if step == 0.0 {
            return Ok(Value::Float(value));
        }
        let base = self.step_base().as_f64();
        let decimals = decimals(step).max(decimals(base));
        let steps = ((value - base) / step).round();
        // Floats so far out lie further apart than the steps do: rounding could only do harm.
        if steps.abs() >= MOST_STEPS {
            return Ok(Value::Float(value));
        }
        let rounded = round(base + steps * step, decimals);
        // The ends need not be on a step; the last one before them is.
        let rounded = match rounded {
            above if above > high => round(base + (steps - 1.0) * step, decimals),
            below if below < low => round(base + (steps + 1.0) * step, decimals),
            within => within,
        };
        Ok(Value::Float(rounded.max(low).min(high) + 0.0))
    }

    pub(super) fn check_length(&self, bytes: usize) -> Result<(), OutOfRange> {
        let max = match self.format {
            Format::String => usize::from(self.max_len),
            // Wider than any target's usize only where memory cannot hold such data either.
            _ => usize::try_from(self.max_data_len).unwrap_or(usize::MAX),
        };
        if bytes > max { Err(OutOfRange::TooLong { bytes, max }) } else { Ok(()) }
    }

    /// Where the steps start: at the lowest value, or at 0 if the type has no lowest.
    fn step_base(&self) -> Number {
        match self.range {
            Some((min, _)) if self.has_min => min,
            Some((Number::Signed(_), _)) => Number::Signed(0),
            Some((Number::Float(_), _)) => Number::Float(0.0),
            _ => Number::Unsigned(0),
        }
    }

    /// Whether a number in the format's own form lies on a step.
    pub(super) fn is_on_step(&self, number: Number) -> bool {
        let Some(step) = self.step else {
            return true;
        };
        let base = self.step_base();
        match (number.whole(), base.whole(), step.whole()) {
            (Some(number), Some(base), Some(step)) => (number - base).checked_rem(step) == Some(0),
            _ => {
                let steps = (number.as_f64() - base.as_f64()) / step.as_f64();
                (steps - steps.round()).abs() < 1e-6
            }
        }
    }
}

/// Steps that a float tells apart: 2^53.
const MOST_STEPS: f64 = 9_007_199_254_740_992.0;

/// Digits after the point that a step or its start has; no step in HAP has more than four.
fn decimals(number: f64) -> i32 {
    const MOST: i32 = 9;
    (0..MOST)
        .find(|digits| {
            let scaled = number * 10_f64.powi(*digits);
            (scaled - scaled.round()).abs() < 1e-6
        })
        .unwrap_or(MOST)
}

/// Rounds to digits after the point: the nearest float to 20.1, not 201 times the nearest float to 0.1.
fn round(number: f64, decimals: i32) -> f64 {
    let power = 10_f64.powi(decimals);
    let rounded = (number * power).round() / power;
    if rounded.is_finite() { rounded } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Definition, Perms, Type};

    fn metadata(format: Format, min: impl Into<Number>, max: impl Into<Number>) -> Metadata {
        Metadata::from(&Definition::new("Test", Type::apple(1), format, Perms::READ).min(min.into()).max(max.into()))
    }

    #[test]
    fn a_value_of_another_format_is_refused() {
        let metadata = metadata(Format::UInt8, 0, 1);
        for value in [Value::Bool(true), Value::Signed(1), Value::Float(1.0), Value::Text(String::new())] {
            assert_eq!(metadata.check(value), Err(OutOfRange::Format(Format::UInt8)));
        }
    }

    #[test]
    fn both_ends_of_a_range_are_allowed() {
        let metadata = metadata(Format::UInt8, 2, 4);
        for value in 2..=4 {
            assert_eq!(metadata.check(Value::Unsigned(value)), Ok(Value::Unsigned(value)));
        }
        for value in [0, 1, 5, u64::MAX] {
            let range = OutOfRange::Range { min: Number::Unsigned(2), max: Number::Unsigned(4) };
            assert_eq!(metadata.check(Value::Unsigned(value)), Err(range));
        }
    }

    #[test]
    fn an_integer_between_two_steps_is_refused_and_steps_start_at_the_lowest_value() {
        let metadata = metadata(Format::Int, -5, 100).with_step(10).unwrap();
        for value in [-5, 5, 95] {
            assert_eq!(metadata.check(Value::Signed(value)), Ok(Value::Signed(value)));
        }
        for value in [-4, 0, 10, 100] {
            let step = OutOfRange::Step { base: Number::Signed(-5), step: Number::Signed(10) };
            assert_eq!(metadata.check(Value::Signed(value)), Err(step));
        }
    }

    #[test]
    fn a_value_that_is_not_listed_is_refused() {
        let metadata = metadata(Format::UInt8, 0, 5).with_valid_values(&[3, 1, 3]).unwrap();
        assert_eq!(metadata.valid_values(), Some(&[1, 3][..]));
        assert_eq!(metadata.check(Value::Unsigned(3)), Ok(Value::Unsigned(3)));
        assert_eq!(metadata.check(Value::Unsigned(2)), Err(OutOfRange::NotListed(2)));
    }

    #[test]
    fn a_float_that_is_not_finite_is_refused() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(metadata(Format::Float, 0, 1).check(Value::Float(value)), Err(OutOfRange::NotFinite));
        }
    }

    #[test]
    fn a_float_that_lies_further_out_than_its_steps_can_tell_stays_as_it_is() {
        let far = Definition::new("Far", Type::apple(1), Format::Float, Perms::READ).step(Number::Float(0.1));
        for value in [1e308, -1e308, 2.188_888_888e39] {
            assert_eq!(Metadata::from(&far).check(Value::Float(value)), Ok(Value::Float(value)));
        }
    }

    #[test]
    fn a_float_rounds_to_the_last_step_before_an_end_that_is_on_none() {
        let metadata = metadata(Format::Float, 0.05, 1.0).with_step(0.3).unwrap();
        for (value, rounded) in [(0.05, 0.05), (0.2, 0.35), (0.95, 0.95), (1.0, 0.95), (0.0500000001, 0.05)] {
            assert_eq!(metadata.check(Value::Float(value)), Ok(Value::Float(rounded)), "{value}");
        }
        assert!(metadata.check(Value::Float(0.049)).is_err());
    }
}
