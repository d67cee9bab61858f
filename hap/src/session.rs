//! Who asks: sessions and what a handler may know of them.

use std::fmt;

use pairing::ControllerId;

/// One connection, for as long as the server runs; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId(pub(crate) u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What a write handler knows of the request.
#[derive(Clone, Debug)]
pub struct WriteContext {
    pub(crate) session: SessionId,
    pub(crate) controller: ControllerId,
    pub(crate) admin: bool,
    pub(crate) remote: bool,
    pub(crate) timed: bool,
    pub(crate) authorization: Option<Vec<u8>>,
}

impl WriteContext {
    /// The session that wrote.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The pairing that owns the session.
    ///
    /// A write that a home hub relays carries the hub's id, not that of the person who asked.
    pub fn controller(&self) -> &ControllerId {
        &self.controller
    }

    /// Whether that pairing may manage pairings.
    pub fn is_admin(&self) -> bool {
        self.admin
    }

    /// Whether the controller says that the request came through a hub (`remote`, HAP §10.2).
    pub fn is_remote(&self) -> bool {
        self.remote
    }

    /// Whether it was a timed write: prepared, and executed in time (HAP §11.1).
    pub fn is_timed(&self) -> bool {
        self.timed
    }

    /// The additional authorisation data that came along (`authData`, HAP §10.2).
    pub fn authorization(&self) -> Option<&[u8]> {
        self.authorization.as_deref()
    }
}
