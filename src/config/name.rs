//! Names that must please somebody else: HomeKit, mDNS, the kernel.

use std::fmt;

use serde::Deserialize;

/// A name that HomeKit accepts and that fits an mDNS label (HAP §1.2).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub(crate) struct Name(String);

impl Name {
    /// The bridge's name unless it has another.
    pub(crate) fn portcullis() -> Self {
        Self("Portcullis".to_owned())
    }

    /// A gate's name unless it has another.
    pub(crate) fn gate() -> Self {
        Self("Gate".to_owned())
    }

    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a person would take the two for one.
    pub(crate) fn is_same(&self, other: &str) -> bool {
        self.0.to_lowercase() == other.to_lowercase()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        if name.len() > NAME_BYTES {
            return Err(NameError::TooLong(name));
        }
        if let Some(character) = name.chars().find(|it| !it.is_alphanumeric() && !" '’".contains(*it)) {
            return Err(NameError::Character { name, character });
        }
        let ends = [name.chars().next(), name.chars().next_back()];
        if !ends.iter().all(|end| end.is_some_and(char::is_alphanumeric)) {
            return Err(NameError::Ends(name));
        }
        Ok(Self(name))
    }
}

/// Why HomeKit would refuse a name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NameError {
    /// Longer than an mDNS label.
    #[error("{0:?} is too long: at most {NAME_BYTES} bytes, and a letter outside A to Z takes two to four")]
    TooLong(String),
    /// A character that makes phones fail to add the accessory.
    #[error("{name:?} holds {character:?}: HomeKit accepts letters, digits, spaces and apostrophes")]
    Character {
        /// The name.
        name: String,
        /// The first character that is not accepted.
        character: char,
    },
    /// Empty, or a space or an apostrophe at an end.
    #[error("{0:?} must start and end with a letter or a digit: HomeKit accepts no other name")]
    Ends(String),
}

/// The name of a network interface, as the kernel allows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub(crate) struct InterfaceName(String);

impl InterfaceName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InterfaceName {
    type Error = InterfaceNameError;

    fn try_from(name: String) -> Result<Self, InterfaceNameError> {
        let forbidden = |it: char| it.is_whitespace() || it.is_control() || "/:".contains(it);
        if name.is_empty() || name.len() > INTERFACE_NAME_BYTES || name.contains(forbidden) {
            return Err(InterfaceNameError(name));
        }
        Ok(Self(name))
    }
}

/// No interface can have this name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{0:?} is no interface's name: 1 to {INTERFACE_NAME_BYTES} bytes without blanks, slashes and \
     colons, such as \"wlan0\""
)]
pub(crate) struct InterfaceNameError(String);

/// A DNS label's length; HomeKit alone would allow 64 (HAP §1.2).
const NAME_BYTES: usize = 63;
/// The kernel keeps 16 bytes, the closing zero included.
const INTERFACE_NAME_BYTES: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<Name, NameError> {
        Name::try_from(text.to_owned())
    }

    #[test]
    fn letters_of_any_script_digits_spaces_and_apostrophes_make_a_name() {
        for text in ["Gate", "G", "7", "Gate 2", "Grandma's Gate", "Grandma’s Gate", "Tür", "大门"] {
            assert!(name(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn what_phones_stumble_over_is_no_name() {
        for text in ["", " ", " Gate", "Gate ", "'Gate", "Gate'", "Gate: 1", "Gate-1", "Gate🚪", "Ga\nte", "Gate."] {
            assert!(name(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_has_sixty_three_bytes_at_most() {
        assert!(name(&"g".repeat(63)).is_ok());
        assert!(name(&"g".repeat(64)).is_err());
        assert!(name(&"ü".repeat(31)).is_ok());
        assert!(name(&"ü".repeat(32)).is_err());
    }

    #[test]
    fn names_that_differ_in_case_only_are_the_same_to_people() {
        assert!(name("Gate").unwrap().is_same("gATE"));
        assert!(!name("Gate").unwrap().is_same("Gate 2"));
    }

    #[test]
    fn an_interface_has_a_name_that_the_kernel_could_give() {
        for text in ["wlan0", "enp3s0", "eth0.100", "veth-a"] {
            assert!(InterfaceName::try_from(text.to_owned()).is_ok(), "{text:?}");
        }
        for text in ["", "wlan 0", "a/b", "eth0:1", "sixteen-bytes-xx"] {
            assert!(InterfaceName::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
