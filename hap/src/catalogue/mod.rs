//! The services and characteristics of HomeKit, as types.
//!
//! A characteristic with named values is an enum of them, any other a marker for [`Characteristic`]; a service is a
//! struct of its characteristics. All of it is generated from the data in `hap/catalogue`; only the macros that give
//! the tables their meaning are written here.

use crate::accessory::Service;
use crate::characteristic::{AnyCharacteristic, Characteristic};
use crate::definition::{Definition, Format, Kind, Number, Perms, Type, TypedValue, Unit};
use crate::value::{Metadata, Value};

/// The definition of one characteristic, as a constant.
macro_rules! definition {
    ($name:ident = $type:ident($uuid:literal) $format:ident [$($perm:ident)*] { $($limits:tt)* }) => {
        &Definition::new(stringify!($name), Type::$type($uuid), Format::$format, Perms::NONE$(.with(Perms::$perm))*)
            $($limits)*
    };
}

/// A characteristic whose values have no names: a marker, with a constant for each bit that has one.
macro_rules! characteristic {
    (
        $(#[$doc:meta])*
        $name:ident($value:ty) = $type:ident($uuid:literal) $format:ident $perms:tt $limits:tt;
        $($(#[$bit_doc:meta])* $bit:ident = $mask:literal,)*
    ) => {
        $(#[$doc])*
        pub struct $name;

        impl $name {
            $($(#[$bit_doc])* pub const $bit: $value = $mask;)*
        }

        impl Kind for $name {
            type Value = $value;
            const DEFINITION: &'static Definition = definition!($name = $type($uuid) $format $perms $limits);
        }
    };
}

/// A characteristic whose values have names: an enum, which is also its own value.
macro_rules! named_values {
    (
        $(#[$doc:meta])*
        $name:ident($variant:ident) = $type:ident($uuid:literal) $format:ident $perms:tt $limits:tt;
        $($(#[$value_doc:meta])* $value:ident = $number:literal,)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$value_doc])* $value = $number,)+
        }

        impl Kind for $name {
            type Value = Self;
            const DEFINITION: &'static Definition = definition!($name = $type($uuid) $format $perms $limits);
        }

        impl TypedValue for $name {
            fn into_value(self) -> Value {
                Value::$variant((self as u8).into())
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    $(Value::$variant($number) => Some(Self::$value),)+
                    _ => None,
                }
            }

            fn initial(definition: &Definition) -> Self {
                let [first, ..] = [$(Self::$value),+];
                Self::from_value(&Metadata::from(definition).initial()).unwrap_or(first)
            }
        }
    };
}

/// A service: the required characteristics, then the optional ones.
macro_rules! service {
    (
        $(#[$doc:meta])*
        $name:ident = $type:ident($uuid:literal) {
            $($required:ident: $required_kind:ident,)*
        } {
            $($optional:ident $with:ident: $optional_kind:ident($value:ty),)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $(
                #[doc = concat!("[`", stringify!($required_kind), "`].")]
                pub $required: Characteristic<$required_kind>,
            )*
            $(
                #[doc = concat!("[`", stringify!($optional_kind), "`], if the accessory has it.")]
                pub $optional: Option<Characteristic<$optional_kind>>,
            )*
        }

        impl $name {
            pub(crate) const REQUIRED: &[&Definition] = &[$($required_kind::DEFINITION),*];

            /// The service with its required characteristics, each at the initial value of its type.
            pub fn new() -> Self {
                Self { $($required: Characteristic::initial(),)* $($optional: None,)* }
            }

            $(
                #[doc = concat!("Adds [`", stringify!($optional_kind), "`], starting at `value`.")]
                #[must_use]
                pub fn $with(mut self, value: impl Into<$value>) -> Self {
                    self.$optional = Some(Characteristic::new(value.into()));
                    self
                }
            )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl Service for $name {
            const TYPE: Type = Type::$type($uuid);
            const NAME: &'static str = stringify!($name);

            fn characteristics(&self) -> Vec<AnyCharacteristic> {
                let all = [
                    $(Some(self.$required.any()),)*
                    $(self.$optional.as_ref().map(Characteristic::any),)*
                ];
                all.into_iter().flatten().collect()
            }
        }
    };
}

#[rustfmt::skip]
mod characteristics;
#[rustfmt::skip]
mod services;

pub use characteristics::*;
pub(crate) use services::REQUIRED;
pub use services::*;
