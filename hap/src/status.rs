//! HAP status codes (HAP §10.3).

/// Why a characteristic could not be read or written, as the controller is told.
///
/// Success is not among them: it is the absence of a status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// The controller is not an admin, and this is kept for admins.
    InsufficientPrivileges,
    /// The thing behind the characteristic cannot be reached or did not do it; the tile shows "No Response".
    Unable,
    /// Busy; the controller may try again.
    Busy,
    /// A write to a characteristic that is only read.
    ReadOnly,
    /// A read of a characteristic that is only written.
    WriteOnly,
    /// A subscription to a characteristic that sends no events.
    NotificationsNotSupported,
    /// No room to carry it out.
    OutOfResources,
    /// It took too long; the tile shows "No Response".
    TimedOut,
    /// No such accessory or characteristic.
    DoesNotExist,
    /// The value does not fit the characteristic, or a timed write was not prepared.
    InvalidValue,
    /// The additional authorisation that came with the write was not enough.
    InsufficientAuthorization,
    /// Not now: the accessory's state forbids it. Only the action fails, the tile stays as it is.
    NotAllowed,
}

impl Status {
    /// The number on the wire.
    pub const fn code(self) -> i32 {
        match self {
            Self::InsufficientPrivileges => -70401,
            Self::Unable => -70402,
            Self::Busy => -70403,
            Self::ReadOnly => -70404,
            Self::WriteOnly => -70405,
            Self::NotificationsNotSupported => -70406,
            Self::OutOfResources => -70407,
            Self::TimedOut => -70408,
            Self::DoesNotExist => -70409,
            Self::InvalidValue => -70410,
            Self::InsufficientAuthorization => -70411,
            Self::NotAllowed => -70412,
        }
    }
}

/// The number on the wire of an outcome: 0 for success.
pub(crate) fn code(outcome: Result<(), Status>) -> i32 {
    match outcome {
        Ok(()) => 0,
        Err(status) => status.code(),
    }
}
