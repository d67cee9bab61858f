//! Values of characteristics: what a controller's JSON becomes and is made from (HAP §9.5).

mod json;
mod metadata;
mod range;

pub use metadata::{InvalidLimit, Metadata};
use thiserror::Error;

use crate::definition::{Format, Number};

/// The value of a characteristic. Each [`Format`] has its one variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of the format `bool`.
    Bool(bool),
    /// Of the formats `uint8`, `uint16`, `uint32` and `uint64`.
    Unsigned(u64),
    /// Of the format `int`.
    Signed(i32),
    /// Of the format `float`; finite once checked.
    Float(f64),
    /// Of the format `string`.
    Text(String),
    /// Of the formats `tlv8` and `data`, decoded.
    Bytes(Vec<u8>),
}

/// A value from a controller cannot be the characteristic's: status -70410 (HAP §10.2, steps 10 and 11).
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum InvalidValue {
    /// The JSON type does not fit the format.
    #[error("the controller sent a JSON value that cannot be a {0}")]
    WrongType(Format),
    /// The string is not base64 with padding.
    #[error("the controller sent a {0} that is not base64")]
    NotBase64(Format),
    /// The type fits, the value does not.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// A value breaks a limit of its characteristic.
///
/// From the program, this is a fault to mend: controllers drop an accessory whose values break its own limits (HAP §9.5).
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum OutOfRange {
    /// The value is of another format.
    #[error("the value is not of the format {0}")]
    Format(Format),
    /// The number is too small or too large.
    #[error("the number is not within {min} to {max}")]
    Range {
        /// The lowest allowed.
        min: Number,
        /// The highest allowed.
        max: Number,
    },
    /// The integer lies between two steps.
    #[error("the number is not {base} plus a multiple of {step}")]
    Step {
        /// Where the steps start: the lowest value, or 0.
        base: Number,
        /// The step.
        step: Number,
    },
    /// The number is within the range and still not allowed.
    #[error("{0} is not one of the valid values")]
    NotListed(u8),
    /// The float is infinite or not a number.
    #[error("the float is not finite")]
    NotFinite,
    /// The string or data is too long.
    #[error("{bytes} bytes are more than the {max} allowed")]
    TooLong {
        /// The length of the value, in bytes.
        bytes: usize,
        /// The longest allowed, in bytes.
        max: usize,
    },
}
