//! Numbers as limits: exact for every integer format.

use std::fmt;

use super::Format;

/// A limit of a numeric format. An integer is kept as one, so that the limits of `uint64` are exact.
///
/// Displays as JSON text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Of the formats `uint8`, `uint16`, `uint32` and `uint64`.
    Unsigned(u64),
    /// Of the format `int`.
    Signed(i32),
    /// Of the format `float`.
    Float(f64),
}

impl Number {
    /// The same number as the format writes it: whole for an integer format. None if the format cannot hold it.
    pub(crate) fn in_format(self, format: Format) -> Option<Self> {
        match (format.range()?, self) {
            ((Self::Float(_), _), number) => {
                let float = number.as_f64();
                float.is_finite().then_some(Self::Float(float))
            }
            ((low, high), number) => {
                let whole = number.whole()?;
                if whole < low.whole()? || whole > high.whole()? {
                    return None;
                }
                match low {
                    Self::Signed(_) => i32::try_from(whole).ok().map(Self::Signed),
                    _ => u64::try_from(whole).ok().map(Self::Unsigned),
                }
            }
        }
    }

    /// As a float; a large integer loses its last digits.
    pub(crate) const fn as_f64(self) -> f64 {
        match self {
            Self::Unsigned(number) => number as f64,
            Self::Signed(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// As an integer wide enough for every integer format; none for a float with a fraction or beyond them all.
    pub(crate) fn whole(self) -> Option<i128> {
        match self {
            Self::Unsigned(number) => Some(i128::from(number)),
            Self::Signed(number) => Some(i128::from(number)),
            Self::Float(number) => whole(number),
        }
    }
}

/// A float without a fraction as an integer; none beyond the range of all integer formats, where the cast could saturate.
pub(crate) fn whole(float: f64) -> Option<i128> {
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    (float.fract() == 0.0 && float.abs() <= BEYOND).then_some(float as i128)
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(number) => number.fmt(f),
            Self::Signed(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
        }
    }
}

macro_rules! number_from {
    ($($from:ty => $variant:ident),* $(,)?) => {
        $(impl From<$from> for Number {
            fn from(number: $from) -> Self {
                Self::$variant(number.into())
            }
        })*
    };
}

number_from! { u8 => Unsigned, u16 => Unsigned, u32 => Unsigned, u64 => Unsigned, i32 => Signed, f32 => Float, f64 => Float }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_the_form_of_the_format_or_is_refused() {
        assert_eq!(Number::from(38).in_format(Format::Float), Some(Number::Float(38.0)));
        assert_eq!(Number::from(38).in_format(Format::UInt8), Some(Number::Unsigned(38)));
        assert_eq!(Number::from(38.0).in_format(Format::Int), Some(Number::Signed(38)));
        assert_eq!(Number::from(u64::MAX).in_format(Format::UInt64), Some(Number::Unsigned(u64::MAX)));
        assert_eq!(Number::from(0.5).in_format(Format::UInt8), None);
        assert_eq!(Number::from(-1).in_format(Format::UInt64), None);
        assert_eq!(Number::from(256).in_format(Format::UInt8), None);
        assert_eq!(Number::from(1).in_format(Format::String), None);
        assert_eq!(Number::from(f64::NAN).in_format(Format::Float), None);
        assert_eq!(Number::from(18_446_744_073_709_551_616.0).in_format(Format::UInt64), None);
    }
}
