//! What a kind of characteristic is: its type, format, permissions and limits (HAP §9.4).
//!
//! A [`Definition`] holds for every accessory. What one accessory narrows it to is its
//! [`Metadata`](crate::value::Metadata).

mod kind;
mod number;
mod perms;

use std::fmt;

pub use kind::{Kind, TypedValue};
pub use number::Number;
pub(crate) use number::whole;
pub use perms::Perms;

/// One kind of characteristic, before an accessory narrows it (HAP §9.4).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Definition {
    /// The name in HomeKit's tables, such as `TargetDoorState`.
    pub name: &'static str,
    /// The type on the wire.
    pub kind: Type,
    /// The format of the value.
    pub format: Format,
    /// What a controller may do.
    pub perms: Perms,
    /// The unit of the value, when HomeKit has a word for it.
    pub unit: Option<Unit>,
    /// The lowest value; the format's own lowest when none.
    pub min: Option<Number>,
    /// The highest value; the format's own highest when none.
    pub max: Option<Number>,
    /// The distance from one value to the next, counted from `min`.
    pub step: Option<Number>,
    /// The longest string, in bytes; 64 when none (HAP §9.4).
    pub max_len: Option<u16>,
    /// The allowed values, ascending. Empty: every value from `min` to `max`.
    pub valid_values: &'static [u8],
    /// Events are sent at once instead of being gathered for a second (HAP §12).
    pub immediate_event: bool,
    null_read: bool,
    control_point: bool,
    /// The permissions kept for controllers that are admins (HAP §9.4).
    pub admin_only: Perms,
}

impl Definition {
    /// A definition without limits of its own; the methods below add them.
    pub const fn new(name: &'static str, kind: Type, format: Format, perms: Perms) -> Self {
        Self {
            name,
            kind,
            format,
            perms,
            unit: None,
            min: None,
            max: None,
            step: None,
            max_len: None,
            valid_values: &[],
            immediate_event: false,
            null_read: false,
            control_point: false,
            admin_only: Perms::NONE,
        }
    }

    /// With a unit.
    #[must_use]
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.unit = Some(unit);
        self
    }

    /// With a lowest value.
    #[must_use]
    pub const fn min(mut self, min: Number) -> Self {
        self.min = Some(min);
        self
    }

    /// With a highest value.
    #[must_use]
    pub const fn max(mut self, max: Number) -> Self {
        self.max = Some(max);
        self
    }

    /// With a step.
    #[must_use]
    pub const fn step(mut self, step: Number) -> Self {
        self.step = Some(step);
        self
    }

    /// With a longest string, in bytes.
    #[must_use]
    pub const fn max_len(mut self, bytes: u16) -> Self {
        self.max_len = Some(bytes);
        self
    }

    /// With these values only; they must ascend.
    #[must_use]
    pub const fn valid_values(mut self, values: &'static [u8]) -> Self {
        self.valid_values = values;
        self
    }

    /// With events that are sent at once.
    #[must_use]
    pub const fn immediate_event(mut self) -> Self {
        self.immediate_event = true;
        self
    }

    /// With reads that answer `null`.
    #[must_use]
    pub const fn null_read(mut self) -> Self {
        self.null_read = true;
        self
    }

    /// What is written to it is a request and no state: it is not stored, and the list of accessories has an empty value
    /// for it (HAP §9.5). The handler sets what is to be read, or a read handler answers.
    #[must_use]
    pub const fn control_point(mut self) -> Self {
        self.control_point = true;
        self
    }

    /// With permissions that only an admin has.
    #[must_use]
    pub const fn admin_only(mut self, perms: Perms) -> Self {
        self.admin_only = perms;
        self
    }

    /// Whether reads outside an event answer `null`, because the value is a moment and not a state (HAP §9.5).
    pub const fn reads_null(&self) -> bool {
        self.null_read
    }

    /// Whether a write is a request and no state.
    pub const fn is_control_point(&self) -> bool {
        self.control_point
    }

    /// Whether only an admin may hear of changes: who may not read must not (HAP §10.2, step 4).
    pub(crate) const fn tells_admins_only(&self) -> bool {
        self.admin_only.contains(Perms::READ) || self.admin_only.contains(Perms::EVENTS)
    }
}

/// The type of a service or characteristic: a UUID (HAP §9.2).
///
/// Displays as HAP writes it: `3E` for one of Apple's, `34AB8811-AC7F-4340-BAC3-FD6A85F9943B` for any other.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Type(u128);

impl Type {
    /// `00000000-0000-1000-8000-0026BB765291`: Apple's types differ in the first 32 bits only.
    const APPLE_BASE: u128 = 0x0000_0000_0000_1000_8000_0026_BB76_5291;
    const SHORT_SHIFT: u32 = 96;

    /// One of Apple's types, from its short form.
    pub const fn apple(short: u32) -> Self {
        // A cast because `From` is not const; u32 to u128 loses nothing.
        Self((short as u128) << Self::SHORT_SHIFT | Self::APPLE_BASE)
    }

    /// Any type, from the 128 bits of its UUID.
    pub const fn uuid(uuid: u128) -> Self {
        Self(uuid)
    }

    /// The 128 bits of the UUID.
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// The short form, if this is one of Apple's types.
    pub const fn short(self) -> Option<u32> {
        if self.0 << 32 >> 32 == Self::APPLE_BASE { Some((self.0 >> Self::SHORT_SHIFT) as u32) } else { None }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(short) = self.short() {
            return write!(f, "{short:X}");
        }
        let bits = self.0;
        write!(
            f,
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            bits >> 96,
            bits >> 80 & 0xFFFF,
            bits >> 64 & 0xFFFF,
            bits >> 48 & 0xFFFF,
            bits & 0xFFFF_FFFF_FFFF
        )
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Type({self})")
    }
}

/// The format of a value (HAP §9.5).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Format {
    /// True or false.
    Bool,
    /// 0 to 255.
    UInt8,
    /// 0 to 65535.
    UInt16,
    /// 0 to 4294967295.
    UInt32,
    /// 0 to 18446744073709551615.
    UInt64,
    /// −2147483648 to 2147483647.
    Int,
    /// A finite number.
    Float,
    /// UTF-8 text.
    String,
    /// Type-length-value bytes, in base64.
    Tlv8,
    /// Bytes, in base64.
    Data,
}

impl Format {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Int => "int",
            Self::Float => "float",
            Self::String => "string",
            Self::Tlv8 => "tlv8",
            Self::Data => "data",
        }
    }

    /// The lowest and highest value of a numeric format; none for the others.
    pub const fn range(self) -> Option<(Number, Number)> {
        Some(match self {
            Self::UInt8 => (Number::Unsigned(0), Number::Unsigned(u8::MAX as u64)),
            Self::UInt16 => (Number::Unsigned(0), Number::Unsigned(u16::MAX as u64)),
            Self::UInt32 => (Number::Unsigned(0), Number::Unsigned(u32::MAX as u64)),
            Self::UInt64 => (Number::Unsigned(0), Number::Unsigned(u64::MAX)),
            Self::Int => (Number::Signed(i32::MIN), Number::Signed(i32::MAX)),
            Self::Float => (Number::Float(f64::MIN), Number::Float(f64::MAX)),
            Self::Bool | Self::String | Self::Tlv8 | Self::Data => return None,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The unit of a value (HAP §9.4).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Unit {
    /// Degrees Celsius, whatever the controller shows.
    Celsius,
    /// Percent.
    Percentage,
    /// Degrees of an angle.
    ArcDegrees,
    /// Lux.
    Lux,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Celsius => "celsius",
            Self::Percentage => "percentage",
            Self::ArcDegrees => "arcdegrees",
            Self::Lux => "lux",
            Self::Seconds => "seconds",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apple_type_is_written_short_and_any_other_in_full() {
        assert_eq!(Type::apple(0x3E).to_string(), "3E");
        assert_eq!(Type::apple(0x262).to_string(), "262");
        assert_eq!(Type::apple(0xFFFF_FFFF).to_string(), "FFFFFFFF");
        assert_eq!(Type::uuid(0x0000_0041_0000_1000_8000_0026_BB76_5291), Type::apple(0x41));
        let vendor = Type::uuid(0x00AB_8811_AC7F_0340_BAC3_FD6A_85F9_943B);
        assert_eq!(vendor.to_string(), "00AB8811-AC7F-0340-BAC3-FD6A85F9943B");
        assert_eq!(vendor.short(), None);
    }
}
