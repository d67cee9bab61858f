//! The token that opens the local API to other machines.

use std::path::Path;

#[cfg(feature = "api")]
use subtle::ConstantTimeEq;

use crate::secret::{Secret, SecretError};

/// What a request must carry.
pub(crate) struct Token(Secret);

/// Why the token file is of no use.
pub(crate) type TokenError = SecretError;

impl Token {
    /// Reads the token in `path`, one line of a file that others cannot read.
    pub(crate) fn read(path: &Path) -> Result<Self, TokenError> {
        Secret::read("token", path).map(Self)
    }

    /// The value of the `Authorization` header that carries it.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0.get())
    }

    /// Whether `header` carries it, in time that does not tell how much of it is right.
    #[cfg(feature = "api")]
    pub(crate) fn is_in(&self, header: &str) -> bool {
        let token = match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => return false,
        };
        bool::from(token.as_bytes().ct_eq(self.0.get().as_bytes()))
    }
}
