//! Permissions of a characteristic (HAP §9.4).

use std::fmt;
use std::ops::BitOr;

/// What controllers may do with a characteristic, as a set (HAP §9.4).
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Perms(u8);

impl Perms {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `pr`: paired controllers may read.
    pub const READ: Self = Self(1);
    /// `pw`: paired controllers may write.
    pub const WRITE: Self = Self(1 << 1);
    /// `ev`: events; needs `READ`.
    pub const EVENTS: Self = Self(1 << 2);
    /// `aa`: writes carry additional authorization data; needs `WRITE`.
    pub const ADDITIONAL_AUTHORIZATION: Self = Self(1 << 3);
    /// `tw`: writes must be timed; needs `WRITE`.
    pub const TIMED_WRITE: Self = Self(1 << 4);
    /// `hd`: hidden from the user.
    pub const HIDDEN: Self = Self(1 << 5);
    /// `wr`: a write has a response; needs `WRITE`.
    pub const WRITE_RESPONSE: Self = Self(1 << 6);

    const NAMES: [(Self, &'static str); 7] = [
        (Self::READ, "pr"),
        (Self::WRITE, "pw"),
        (Self::EVENTS, "ev"),
        (Self::ADDITIONAL_AUTHORIZATION, "aa"),
        (Self::TIMED_WRITE, "tw"),
        (Self::HIDDEN, "hd"),
        (Self::WRITE_RESPONSE, "wr"),
    ];

    /// These and the others.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These except the others.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether all of the others are among these.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether nothing is allowed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether each permission has the one it needs: events a read, everything about writing a write (HAP §9.4).
    pub const fn is_consistent(self) -> bool {
        let about_writing = Self::ADDITIONAL_AUTHORIZATION.with(Self::TIMED_WRITE).with(Self::WRITE_RESPONSE);
        (self.contains(Self::READ) || !self.contains(Self::EVENTS))
            && (self.contains(Self::WRITE) || self.0 & about_writing.0 == 0)
    }

    /// The words on the wire: `pr`, `pw`, `ev`, `aa`, `tw`, `hd`, `wr`, in this order.
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(perm, _)| self.contains(*perm)).map(|(_, name)| name)
    }
}

impl BitOr for Perms {
    type Output = Self;

    fn bitor(self, others: Self) -> Self {
        self.with(others)
    }
}

impl fmt::Debug for Perms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Perms(")?;
        for (position, name) in self.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{name}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_listed_in_the_order_of_the_protocol() {
        let perms = Perms::WRITE_RESPONSE | Perms::READ | Perms::TIMED_WRITE;
        assert_eq!(perms.iter().collect::<Vec<_>>(), ["pr", "tw", "wr"]);
        assert_eq!(format!("{perms:?}"), "Perms(pr tw wr)");
        assert_eq!(perms.without(Perms::TIMED_WRITE), Perms::READ | Perms::WRITE_RESPONSE);
        assert!(Perms::NONE.is_empty());
    }

    #[test]
    fn events_need_reading_and_timed_writes_need_writing() {
        assert!((Perms::READ | Perms::EVENTS).is_consistent());
        assert!(!Perms::EVENTS.is_consistent());
        assert!(!(Perms::READ | Perms::TIMED_WRITE).is_consistent());
        assert!(!(Perms::READ | Perms::WRITE_RESPONSE).is_consistent());
        assert!((Perms::WRITE | Perms::ADDITIONAL_AUTHORIZATION).is_consistent());
    }
}
