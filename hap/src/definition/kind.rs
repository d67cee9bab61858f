//! The typed side of a characteristic.

use std::convert::identity;

use super::Definition;
use crate::value::{Metadata, Value};

/// What a characteristic is: its definition, and the Rust type of its value.
///
/// The catalogue implements it for every characteristic of HomeKit. Implement it for a characteristic of your own:
///
/// ```
/// use hap::definition::{Definition, Format, Kind, Perms, Type};
///
/// /// How often the gate has opened.
/// pub struct OpeningCount;
///
/// impl Kind for OpeningCount {
///     type Value = u32;
///     const DEFINITION: &'static Definition = &Definition::new(
///         "OpeningCount",
///         Type::uuid(0x6B1D_5A30_8C0F_4C6B_9E0D_2F3A_7C11_90E4),
///         Format::UInt32,
///         Perms::READ.with(Perms::EVENTS),
///     );
/// }
/// ```
pub trait Kind: 'static {
    /// The Rust type of the value.
    type Value: TypedValue;
    /// The definition every instance starts from.
    const DEFINITION: &'static Definition;
}

/// A Rust type that a characteristic's value converts to and from.
pub trait TypedValue: Clone + Send + Sized + 'static {
    /// The value on its way to a controller.
    fn into_value(self) -> Value;

    /// The value from a controller; none if it is of another type or has no name here.
    fn from_value(value: &Value) -> Option<Self>;

    /// The value before the program has set one: the allowed one that is nearest to nothing.
    fn initial(definition: &Definition) -> Self;
}

fn initial<T: TypedValue>(definition: &Definition) -> Option<T> {
    T::from_value(&Metadata::from(definition).initial())
}

macro_rules! typed_value {
    ($($type:ty: $variant:ident, $into:expr, $from:expr;)*) => {
        $(impl TypedValue for $type {
            fn into_value(self) -> Value {
                Value::$variant($into(self))
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(inner) => $from(inner),
                    _ => None,
                }
            }

            fn initial(definition: &Definition) -> Self {
                initial(definition).unwrap_or_default()
            }
        })*
    };
}

typed_value! {
    bool: Bool, identity, copied;
    u8: Unsigned, u64::from, narrowed;
    u16: Unsigned, u64::from, narrowed;
    u32: Unsigned, u64::from, narrowed;
    u64: Unsigned, identity, copied;
    i32: Signed, identity, copied;
    f64: Float, identity, copied;
    String: Text, identity, cloned;
    Vec<u8>: Bytes, identity, cloned;
}

fn copied<T: Copy>(value: &T) -> Option<T> {
    Some(*value)
}

fn cloned<T: Clone>(value: &T) -> Option<T> {
    Some(value.clone())
}

fn narrowed<T: TryFrom<u64>>(value: &u64) -> Option<T> {
    T::try_from(*value).ok()
}
