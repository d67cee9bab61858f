//! The limits of one characteristic instance, a definition narrowed by its accessory (HAP §9.4).

use std::borrow::Cow;

use thiserror::Error;

use super::Value;
use crate::definition::{Definition, Format, Number, Perms, Unit};

/// The limits of one characteristic: a [`Definition`], narrowed by its accessory.
///
/// ```
/// use hap::definition::{Definition, Format, Number, Perms, Type};
/// use hap::value::Metadata;
///
/// let brightness = Definition::new("Brightness", Type::apple(0x8), Format::Int, Perms::READ | Perms::WRITE)
///     .min(Number::Signed(0))
///     .max(Number::Signed(100));
/// let dimmer = Metadata::from(&brightness).with_range(10, 100)?;
/// assert!(dimmer.parse(&serde_json::json!(5)).is_err());
/// assert!(dimmer.with_range(0, 100).is_err(), "wider again");
/// # Ok::<(), hap::value::InvalidLimit>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    pub(super) name: &'static str,
    pub(super) format: Format,
    pub(super) perms: Perms,
    pub(super) unit: Option<Unit>,
    /// Within the format's own range and in its form; `min` ≤ `max`.
    pub(super) range: Option<(Number, Number)>,
    /// Whether the steps start at `range.0` rather than at 0.
    pub(super) has_min: bool,
    /// Above 0 and in the format's own form.
    pub(super) step: Option<Number>,
    pub(super) max_len: u16,
    /// What `max_len` may grow to.
    type_max_len: u16,
    pub(super) max_data_len: u32,
    /// Ascending, not empty, within `range`.
    pub(super) valid_values: Option<Cow<'static, [u8]>>,
    pub(super) description: Option<String>,
    /// Whether the type is one of Apple's.
    pub(super) is_apple: bool,
}

/// A limit cannot be the characteristic's. The program's fault: choose one within the type's (HAP §9.4).
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum InvalidLimit {
    /// The limit has no meaning for the format.
    #[error("{name}: a {format} has no {limit}")]
    Format {
        /// The characteristic.
        name: &'static str,
        /// Its format.
        format: Format,
        /// What it cannot have.
        limit: &'static str,
    },
    /// The new limit allows what the type does not; controllers refuse such an accessory.
    #[error("{name}: the {limit} would allow more than the type does")]
    Wider {
        /// The characteristic.
        name: &'static str,
        /// The limit.
        limit: &'static str,
    },
    /// Nothing is left under the new limit, or it contradicts itself.
    #[error("{name}: the {limit} leaves nothing, or permissions without those they need")]
    Nothing {
        /// The characteristic.
        name: &'static str,
        /// The limit.
        limit: &'static str,
    },
    /// Controllers have been told the limits: describe the characteristic before the server is built.
    #[error("{name}: the limits cannot change once a server is built from them")]
    TooLate {
        /// The characteristic.
        name: &'static str,
    },
}

/// Bytes of a string when a type says nothing (HAP §9.4).
const DEFAULT_MAX_LEN: u16 = 64;
/// Bytes of a string at most (HAP §9.4).
const LONGEST_STRING: u16 = 256;
/// Bytes of data when an accessory says nothing (HAP §9.4).
const DEFAULT_MAX_DATA_LEN: u32 = 2_097_152;

impl From<&Definition> for Metadata {
    /// The limits of the type. A bound that the format cannot hold is left out; the format's own holds then.
    fn from(definition: &Definition) -> Self {
        let format = definition.format;
        let in_format = |number: Option<Number>| number.and_then(|number| number.in_format(format));
        let (min, max) = (in_format(definition.min), in_format(definition.max));
        let range = format
            .range()
            .map(|(low, high)| (min.unwrap_or(low), max.unwrap_or(high)))
            .filter(|(min, max)| ordered(*min, *max));
        let type_max_len = definition.max_len.unwrap_or(LONGEST_STRING).min(LONGEST_STRING);
        Self {
            name: definition.name,
            format,
            perms: definition.perms,
            unit: definition.unit,
            range: range.or(format.range()),
            has_min: min.is_some() && range.is_some(),
            step: in_format(definition.step).filter(|step| step.as_f64() > 0.0),
            max_len: type_max_len.min(definition.max_len.unwrap_or(DEFAULT_MAX_LEN)),
            type_max_len,
            max_data_len: DEFAULT_MAX_DATA_LEN,
            valid_values: range.and_then(|range| listed(definition, range)),
            description: None,
            is_apple: definition.kind.short().is_some(),
        }
    }
}

impl Metadata {
    /// With a narrower range, both ends allowed. Needs a numeric format.
    pub fn with_range(self, min: impl Into<Number>, max: impl Into<Number>) -> Result<Self, InvalidLimit> {
        let (min, max) = self.range_in_format(min.into(), max.into())?;
        let within = self.range.is_some_and(|(low, high)| ordered(low, min) && ordered(max, high));
        // The steps start at the lowest value: a new one between two steps would move them all.
        if !within || !self.is_on_step(min) {
            return Err(self.wider("range"));
        }
        self.ranged(min, max)
    }

    /// With another range, which may be wider than the type's: for the few types whose range is only a default.
    ///
    /// `CurrentTemperature` starts at 0 °C, which is warm for a sensor outdoors, and controllers are known to take any
    /// other; so they do for `ColorTemperature`. For most types they refuse the whole accessory.
    pub fn with_overridden_range(self, min: impl Into<Number>, max: impl Into<Number>) -> Result<Self, InvalidLimit> {
        let (min, max) = self.range_in_format(min.into(), max.into())?;
        self.ranged(min, max)
    }

    /// With a step, counted from the lowest value; a multiple of the type's own. Needs a numeric format.
    pub fn with_step(mut self, step: impl Into<Number>) -> Result<Self, InvalidLimit> {
        let step = step.into().in_format(self.format).ok_or_else(|| self.not_for_format("such step"))?;
        if step.as_f64() <= 0.0 {
            return Err(self.nothing("step"));
        }
        if self.step.is_some_and(|coarsest| !is_multiple(step, coarsest)) {
            return Err(self.wider("step"));
        }
        self.step = Some(step);
        Ok(self)
    }

    /// With fewer values. Needs the format `uint8` (HAP §9.4).
    pub fn with_valid_values(mut self, values: &[u8]) -> Result<Self, InvalidLimit> {
        const LIMIT: &str = "list of valid values";
        if self.format != Format::UInt8 {
            return Err(self.not_for_format(LIMIT));
        }
        let mut values = values.to_vec();
        values.sort_unstable();
        values.dedup();
        if values.is_empty() {
            return Err(self.nothing(LIMIT));
        }
        if values.iter().any(|value| self.integer(i128::from(*value)).is_err()) {
            return Err(self.wider(LIMIT));
        }
        self.valid_values = Some(Cow::Owned(values));
        Ok(self)
    }

    /// With another longest string, in bytes: at most 256 (HAP §9.4), or what the type says if it says something.
    pub fn with_max_len(mut self, bytes: u16) -> Result<Self, InvalidLimit> {
        const LIMIT: &str = "longest string";
        if self.format != Format::String {
            return Err(self.not_for_format(LIMIT));
        }
        if bytes == 0 {
            return Err(self.nothing(LIMIT));
        }
        if bytes > self.type_max_len {
            return Err(self.wider(LIMIT));
        }
        self.max_len = bytes;
        Ok(self)
    }

    /// With another longest data, in bytes.
    pub fn with_max_data_len(mut self, bytes: u32) -> Result<Self, InvalidLimit> {
        const LIMIT: &str = "longest data";
        if self.format != Format::Data {
            return Err(self.not_for_format(LIMIT));
        }
        if bytes == 0 {
            return Err(self.nothing(LIMIT));
        }
        self.max_data_len = bytes;
        Ok(self)
    }

    /// With other permissions. Reading, writing and events can only be taken away; demands on a write, and hiding, can
    /// be added.
    pub fn with_perms(mut self, perms: Perms) -> Result<Self, InvalidLimit> {
        const LIMIT: &str = "permissions";
        const DEMANDS: Perms =
            Perms::ADDITIONAL_AUTHORIZATION.with(Perms::TIMED_WRITE).with(Perms::HIDDEN).with(Perms::WRITE_RESPONSE);
        if perms.without(DEMANDS).is_empty() || !perms.is_consistent() {
            return Err(self.nothing(LIMIT));
        }
        if !self.perms.with(DEMANDS).contains(perms) {
            return Err(self.wider(LIMIT));
        }
        self.perms = perms;
        Ok(self)
    }

    /// With a sentence by the manufacturer about this characteristic.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The format of the value.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What a controller may do.
    pub fn perms(&self) -> Perms {
        self.perms
    }

    /// Whether controllers can read the value but neither change it nor hear of changes.
    pub(crate) fn is_constant(&self) -> bool {
        self.perms.without(Perms::HIDDEN) == Perms::READ
    }

    /// The unit of the value.
    pub fn unit(&self) -> Option<Unit> {
        self.unit
    }

    /// The lowest value, unless it is the format's own lowest.
    pub fn min(&self) -> Option<Number> {
        self.range.map(|(min, _)| min).filter(|min| self.format.range().is_some_and(|(low, _)| low != *min))
    }

    /// The highest value, unless it is the format's own highest.
    pub fn max(&self) -> Option<Number> {
        self.range.map(|(_, max)| max).filter(|max| self.format.range().is_some_and(|(_, high)| high != *max))
    }

    /// The distance from one value to the next.
    pub fn step(&self) -> Option<Number> {
        self.step
    }

    /// The longest string, in bytes, unless it is HAP's default of 64.
    pub fn max_len(&self) -> Option<u16> {
        (self.format == Format::String && self.max_len != DEFAULT_MAX_LEN).then_some(self.max_len)
    }

    /// The longest data, in bytes, unless it is HAP's default of 2097152.
    pub fn max_data_len(&self) -> Option<u32> {
        (self.format == Format::Data && self.max_data_len != DEFAULT_MAX_DATA_LEN).then_some(self.max_data_len)
    }

    /// The allowed values, ascending, if they are not all from the lowest to the highest.
    pub fn valid_values(&self) -> Option<&[u8]> {
        self.valid_values.as_deref()
    }

    /// What the manufacturer says about the characteristic.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The value before the program has set one: false, nothing, 0 if it is allowed, otherwise the lowest allowed.
    pub fn initial(&self) -> Value {
        let lowest = || match (self.valid_values().and_then(<[u8]>::first), self.range) {
            (Some(value), _) => Value::Unsigned(u64::from(*value)),
            (None, Some((Number::Unsigned(min), _))) => Value::Unsigned(min),
            (None, Some((Number::Signed(min), _))) => Value::Signed(min),
            (None, Some((Number::Float(min), _))) => Value::Float(min),
            (None, None) => Value::Unsigned(0),
        };
        match self.format {
            Format::Bool => Value::Bool(false),
            Format::String => Value::Text(String::new()),
            Format::Tlv8 | Format::Data => Value::Bytes(Vec::new()),
            Format::Float => self.float(0.0).unwrap_or_else(|_| lowest()),
            Format::UInt8 | Format::UInt16 | Format::UInt32 | Format::UInt64 | Format::Int => {
                self.integer(0).unwrap_or_else(|_| lowest())
            }
        }
    }

    fn range_in_format(&self, min: Number, max: Number) -> Result<(Number, Number), InvalidLimit> {
        min.in_format(self.format).zip(max.in_format(self.format)).ok_or_else(|| self.not_for_format("such range"))
    }

    /// Takes a range in the format's own form.
    fn ranged(mut self, min: Number, max: Number) -> Result<Self, InvalidLimit> {
        const LIMIT: &str = "range";
        if !ordered(min, max) {
            return Err(self.nothing(LIMIT));
        }
        if let Some(values) = &mut self.valid_values {
            values.to_mut().retain(|value| is_within(*value, (min, max)));
            if values.is_empty() {
                return Err(self.nothing(LIMIT));
            }
        }
        self.range = Some((min, max));
        self.has_min = true;
        Ok(self)
    }

    fn not_for_format(&self, limit: &'static str) -> InvalidLimit {
        InvalidLimit::Format { name: self.name, format: self.format, limit }
    }

    fn wider(&self, limit: &'static str) -> InvalidLimit {
        InvalidLimit::Wider { name: self.name, limit }
    }

    fn nothing(&self, limit: &'static str) -> InvalidLimit {
        InvalidLimit::Nothing { name: self.name, limit }
    }
}

/// The values that a type lists, as far as its range allows them.
fn listed(definition: &Definition, range: (Number, Number)) -> Option<Cow<'static, [u8]>> {
    let values = definition.valid_values;
    if definition.format != Format::UInt8 || !values.iter().any(|value| is_within(*value, range)) {
        return None;
    }
    if values.is_sorted() && values.iter().all(|value| is_within(*value, range)) {
        return Some(Cow::Borrowed(values));
    }
    let mut values: Vec<u8> = values.iter().copied().filter(|value| is_within(*value, range)).collect();
    values.sort_unstable();
    Some(Cow::Owned(values))
}

fn is_within(value: u8, (min, max): (Number, Number)) -> bool {
    let value = Number::from(value);
    ordered(min, value) && ordered(value, max)
}

/// Whether `low` ≤ `high`, exactly.
fn ordered(low: Number, high: Number) -> bool {
    match (low.whole(), high.whole()) {
        (Some(low), Some(high)) => low <= high,
        _ => low.as_f64() <= high.as_f64(),
    }
}

/// Whether every step of `step` is also one of `unit`.
fn is_multiple(step: Number, unit: Number) -> bool {
    if let (Some(step), Some(unit)) = (step.whole(), unit.whole()) {
        return step.checked_rem(unit) == Some(0);
    }
    let count = step.as_f64() / unit.as_f64();
    (count - count.round()).abs() < 1e-6 && count.round() >= 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Type;

    const EVERYTHING: Perms = Perms::READ.with(Perms::WRITE).with(Perms::EVENTS);

    fn definition(format: Format) -> Definition {
        Definition::new("Test", Type::apple(1), format, EVERYTHING)
    }

    fn percent() -> Metadata {
        Metadata::from(&definition(Format::Int).min(Number::Signed(0)).max(Number::Signed(100)).step(Number::Signed(1)))
    }

    #[test]
    fn a_range_becomes_narrower_and_never_wider() {
        let dimmer = percent().with_range(10, 90).unwrap();
        assert_eq!((dimmer.min(), dimmer.max()), (Some(Number::Signed(10)), Some(Number::Signed(90))));
        for (min, max) in [(9, 90), (10, 91), (-1, 101)] {
            assert!(matches!(dimmer.clone().with_range(min, max), Err(InvalidLimit::Wider { .. })));
        }
        assert!(matches!(dimmer.clone().with_range(50, 40), Err(InvalidLimit::Nothing { .. })));
        assert!(matches!(dimmer.clone().with_range(10.5, 40.0), Err(InvalidLimit::Format { .. })));
        assert!(
            matches!(dimmer.with_overridden_range(-40, 200), Ok(wider) if wider.min() == Some(Number::Signed(-40)))
        );
    }

    #[test]
    fn a_bound_that_is_the_formats_own_is_not_mentioned() {
        let plain = Metadata::from(&definition(Format::UInt8));
        assert_eq!((plain.min(), plain.max(), plain.step()), (None, None, None));
        let upper = Metadata::from(&definition(Format::UInt8).min(Number::Unsigned(1)).max(Number::Unsigned(255)));
        assert_eq!((upper.min(), upper.max()), (Some(Number::Unsigned(1)), None));
    }

    #[test]
    fn a_bound_that_the_format_cannot_hold_is_left_out() {
        let odd = Metadata::from(&definition(Format::UInt8).min(Number::Signed(-1)).max(Number::Float(9.0)));
        assert_eq!((odd.min(), odd.max()), (None, Some(Number::Unsigned(9))));
        let backwards = Metadata::from(&definition(Format::UInt8).min(Number::Unsigned(9)).max(Number::Unsigned(1)));
        assert_eq!((backwards.min(), backwards.max()), (None, None));
    }

    #[test]
    fn a_step_becomes_coarser_and_moves_no_other_step() {
        let coarse = percent().with_step(10).unwrap();
        assert!(matches!(coarse.clone().with_step(15), Err(InvalidLimit::Wider { .. })));
        assert!(matches!(coarse.clone().with_step(0), Err(InvalidLimit::Nothing { .. })));
        assert!(matches!(coarse.clone().with_range(5, 95), Err(InvalidLimit::Wider { .. })));
        assert!(coarse.with_range(20, 95).is_ok());
        let tenths = Metadata::from(&definition(Format::Float).step(Number::Float(0.1)));
        assert!(tenths.clone().with_step(0.5).is_ok());
        assert!(matches!(tenths.with_step(0.25), Err(InvalidLimit::Wider { .. })));
    }

    #[test]
    fn valid_values_shrink_and_keep_to_the_range() {
        let modes = Metadata::from(&definition(Format::UInt8).max(Number::Unsigned(3)));
        let two = modes.with_valid_values(&[2, 0]).unwrap();
        assert_eq!(two.valid_values(), Some(&[0, 2][..]));
        assert!(matches!(two.clone().with_valid_values(&[0, 1]), Err(InvalidLimit::Wider { .. })));
        assert!(matches!(two.clone().with_valid_values(&[]), Err(InvalidLimit::Nothing { .. })));
        assert_eq!(two.clone().with_range(1, 3).unwrap().valid_values(), Some(&[2][..]));
        assert!(matches!(two.with_range(3, 3), Err(InvalidLimit::Nothing { .. })));
        assert!(matches!(percent().with_valid_values(&[1]), Err(InvalidLimit::Format { .. })));
    }

    #[test]
    fn listed_values_outside_the_range_are_none_of_the_types() {
        let odd = definition(Format::UInt8).max(Number::Unsigned(3)).valid_values(&[2, 9]);
        assert_eq!(Metadata::from(&odd).valid_values(), Some(&[2][..]));
        assert_eq!(Metadata::from(&odd.valid_values(&[8, 9])).valid_values(), None);
    }

    #[test]
    fn lengths_that_hap_assumes_are_not_mentioned() {
        let text = Metadata::from(&definition(Format::String));
        assert_eq!(text.max_len(), None);
        assert_eq!(text.clone().with_max_len(256).unwrap().max_len(), Some(256));
        assert!(matches!(text.clone().with_max_len(257), Err(InvalidLimit::Wider { .. })));
        assert!(matches!(text.with_max_data_len(10), Err(InvalidLimit::Format { .. })));
        let data = Metadata::from(&definition(Format::Data)).with_max_data_len(10).unwrap();
        assert_eq!(data.max_data_len(), Some(10));
        let short = Metadata::from(&definition(Format::String).max_len(8));
        assert!(matches!(short.with_max_len(9), Err(InvalidLimit::Wider { .. })));
    }

    #[test]
    fn permissions_to_read_and_write_are_only_taken_away() {
        let timed = percent().with_perms(EVERYTHING | Perms::TIMED_WRITE).unwrap();
        assert!(timed.perms().contains(Perms::TIMED_WRITE));
        let silent = timed.with_perms(Perms::READ).unwrap();
        assert!(matches!(silent.clone().with_perms(EVERYTHING), Err(InvalidLimit::Wider { .. })));
        assert!(matches!(silent.clone().with_perms(Perms::NONE), Err(InvalidLimit::Nothing { .. })));
        assert!(matches!(silent.with_perms(Perms::READ | Perms::TIMED_WRITE), Err(InvalidLimit::Nothing { .. })));
    }
}
