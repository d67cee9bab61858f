//! The token that opens the local API to other machines.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq;
use thiserror::Error;

/// Characters that nobody tries out: 16 of them from a random source hold 64 bits even as hexadecimal digits.
const SHORTEST: usize = 16;

/// Bytes of a token file at most.
const LONGEST: usize = 1024;

/// What a request must carry.
pub(crate) struct Token(String);

/// Why the token file is of no use.
#[derive(Debug, Error)]
pub(crate) enum TokenError {
    /// It cannot be read.
    #[error("{}: the token cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds no good token.
    #[error("{}: the token must be one line of {SHORTEST} to {LONGEST} visible ASCII characters; \
             make one with: head -c 24 /dev/urandom | base64", path.display())]
    Unsafe {
        /// The file.
        path: PathBuf,
    },
}

impl Token {
    /// Reads the token in `path`, one line.
    pub(crate) fn read(path: &Path) -> Result<Self, TokenError> {
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(LONGEST as u64 + 1).read_to_string(&mut text))
            .map_err(|source| TokenError::Unreadable { path: path.to_owned(), source })?;
        let token = text.trim_end_matches(['\n', '\r']);
        let fits = (SHORTEST..=LONGEST).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(token.to_owned())) } else { Err(TokenError::Unsafe { path: path.to_owned() }) }
    }

    /// The value of the `Authorization` header that carries it.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Whether `header` carries it, in time that does not tell how much of it is right.
    pub(crate) fn is_in(&self, header: &str) -> bool {
        header.strip_prefix("Bearer ").is_some_and(|token| bool::from(token.as_bytes().ct_eq(self.0.as_bytes())))
    }
}
