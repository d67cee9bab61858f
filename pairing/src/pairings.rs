//! The pairings an accessory keeps, and the requests that manage them (HAP §7).

mod request;

use std::fmt;

use crate::identity::PublicKey;
use crate::limits;
use crate::verifying_key::VerifyingKey;

#[cfg(feature = "controller")]
pub(crate) use request::method;
pub use request::{PairingsStep, handle};

/// A controller's id: the bytes it gave, at most 36, kept exactly (HAP §6).
///
/// Controllers un-pair an accessory that gives an id back in another form, even in another case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControllerId {
    // Zero beyond `length`, so the derived comparisons are those of the bytes.
    bytes: [u8; limits::CONTROLLER_ID],
    length: u8,
}

/// A controller's id is longer than 36 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a controller's id has at most 36 bytes")]
pub struct ControllerIdError;

impl ControllerId {
    /// The bytes as received.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length.into()).unwrap_or_default()
    }
}

impl TryFrom<&[u8]> for ControllerId {
    type Error = ControllerIdError;

    fn try_from(id: &[u8]) -> Result<Self, Self::Error> {
        let mut bytes = [0; limits::CONTROLLER_ID];
        bytes.get_mut(..id.len()).ok_or(ControllerIdError)?.copy_from_slice(id);
        // At most 36 by now.
        let length = id.len() as u8;
        Ok(Self { bytes, length })
    }
}

impl TryFrom<&str> for ControllerId {
    type Error = ControllerIdError;

    fn try_from(id: &str) -> Result<Self, Self::Error> {
        Self::try_from(id.as_bytes())
    }
}

/// The id as text for people. Bytes that are not UTF-8, and characters that end a line or turn it round, become `U+FFFD`: a controller's id
/// must not be able to forge a line of a log.
impl fmt::Display for ControllerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.as_bytes());
        f.pad(&text.replace(is_control, "\u{FFFD}"))
    }
}

/// Whether a character ends a line or turns its direction round, and so could make a line say something else.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Debug for ControllerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ControllerId({self})")
    }
}

/// What a pairing may do (HAP §7). Everybody paired reads and writes; an admin also manages pairings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permissions {
    admin: bool,
}

impl Permissions {
    /// May manage pairings, and use characteristics that are for admins only.
    pub const ADMIN: Self = Self { admin: true };
    /// May use everything else.
    pub const USER: Self = Self { admin: false };

    /// Whether bit 0 is set.
    #[must_use]
    pub const fn is_admin(self) -> bool {
        self.admin
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self.admin as u8
    }

    /// The permissions for a byte on the wire; `None` when any bit but bit 0 is set.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::USER),
            1 => Some(Self::ADMIN),
            _ => None,
        }
    }
}

/// A controller that may open a session: its id, its long-term key, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// The controller's id.
    pub id: ControllerId,
    /// The controller's Ed25519 long-term public key.
    pub public_key: PublicKey,
    /// What the controller may do.
    pub permissions: Permissions,
}

/// The pairings of an accessory in the order they were added: no id twice, at most [`limits::PAIRINGS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairings {
    entries: Vec<Entry>,
    unconfirmed: bool,
    /// The key of no pairing.
    nobody: VerifyingKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    pairing: Pairing,
    /// Its key, ready to check signatures.
    key: VerifyingKey,
}

/// A key that is as good as any: the base point. What verifies with it counts for nothing.
const NOBODY: PublicKey = {
    let mut point = [0x66; 32];
    point[0] = 0x58;
    PublicKey(point)
};

impl Default for Pairings {
    fn default() -> Self {
        Self { entries: Vec::new(), unconfirmed: false, nobody: VerifyingKey::new(&NOBODY) }
    }
}

impl Pairings {
    /// The pairing with this id, compared byte for byte.
    #[must_use]
    pub fn get(&self, id: &ControllerId) -> Option<&Pairing> {
        self.entry(id).map(|entry| &entry.pairing)
    }

    /// Every pairing, in the order they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Pairing> {
        self.entries.iter().map(|entry| &entry.pairing)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether there is no room for another.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.entries.len() >= limits::PAIRINGS
    }

    /// Whether at least one may manage pairings.
    #[must_use]
    pub fn has_admin(&self) -> bool {
        self.iter().any(|pairing| pairing.permissions.is_admin())
    }

    /// Whether nobody has opened a session since the first pairing was added.
    ///
    /// A controller that never got M6 does not know that it is paired, and nobody else can pair meanwhile (HAP §5.6): such
    /// a pairing had better be undone after some time.
    #[must_use]
    pub fn are_unconfirmed(&self) -> bool {
        self.unconfirmed
    }

    /// Adds a pairing, or replaces the one with its id. Gives it back when there is no room.
    pub(crate) fn put(&mut self, pairing: Pairing) -> Result<(), Pairing> {
        let full = self.is_full();
        self.unconfirmed |= self.is_empty();
        let key = VerifyingKey::new(&pairing.public_key);
        match self.entry_mut(&pairing.id) {
            Some(known) => *known = Entry { pairing, key },
            None if full => return Err(pairing),
            None => self.entries.push(Entry { pairing, key }),
        }
        Ok(())
    }

    pub(crate) fn set_permissions(&mut self, id: &ControllerId, permissions: Permissions) {
        if let Some(entry) = self.entry_mut(id) {
            entry.pairing.permissions = permissions;
        }
    }

    pub(crate) fn remove(&mut self, id: &ControllerId) {
        self.entries.retain(|entry| entry.pairing.id != *id);
        self.unconfirmed &= !self.is_empty();
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.unconfirmed = false;
    }

    pub(crate) fn confirm(&mut self) {
        self.unconfirmed = false;
    }

    /// The key of the pairing with this id; where there is none, that of nobody, with which a check takes as long.
    pub(crate) fn verifying_key(&self, id: &ControllerId) -> &VerifyingKey {
        self.entry(id).map_or(&self.nobody, |entry| &entry.key)
    }

    fn entry(&self, id: &ControllerId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.pairing.id == *id)
    }

    fn entry_mut(&mut self, id: &ControllerId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.pairing.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_byte_for_byte() {
        for id in [&b""[..], b"lower-Case", b"\xFF\x00\x80", &[b'A'; 36]] {
            assert_eq!(ControllerId::try_from(id).unwrap().as_bytes(), id);
        }
        assert_eq!(ControllerId::try_from(&[b'A'; 37][..]), Err(ControllerIdError));
    }

    #[test]
    fn a_trailing_zero_byte_makes_another_id() {
        let short = ControllerId::try_from("A").unwrap();
        let long = ControllerId::try_from("A\0").unwrap();
        assert_ne!(short, long);
    }

    #[test]
    fn an_id_cannot_break_a_line_of_a_log() {
        let id = ControllerId::try_from("A\nroot logged in\x1b[2J\u{2028}\u{202E}b").unwrap();
        assert_eq!(id.to_string(), "A\u{FFFD}root logged in\u{FFFD}[2J\u{FFFD}\u{FFFD}b");
    }
}
