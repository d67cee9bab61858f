//! Files that hold a secret: one line, for nobody else to read.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Characters that nobody tries out: 16 of them from a random source hold 64 bits even as hexadecimal digits.
const SHORTEST: usize = 16;

/// Bytes of such a file at most.
const LONGEST: usize = 1024;

/// What only we and whoever we share it with know. It is never printed.
pub(crate) struct Secret(String);

/// Why the file is of no use; its owner mends it.
#[derive(Debug, Error)]
pub(crate) enum SecretError {
    /// It cannot be read.
    #[error("{}: the {what} cannot be read: {source}", path.display())]
    Unreadable {
        /// What it is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others can read it.
    #[error("{}: others can read the {what} (mode {mode:04o}): chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// What it is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Who may do what.
        mode: u32,
    },
    /// It holds no good secret.
    #[error("{}: the {what} must be one line of {SHORTEST} to {LONGEST} visible ASCII characters; \
             make one with: head -c 24 /dev/urandom | base64", path.display())]
    Unsafe {
        /// What it is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
}

impl Secret {
    /// Reads the `what` in `path`, one line.
    pub(crate) fn read(what: &'static str, path: &Path) -> Result<Self, SecretError> {
        let unreadable = |source| SecretError::Unreadable { what, path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 && !is_credential(path) {
            return Err(SecretError::Exposed { what, path: path.to_owned(), mode });
        }
        let mut text = String::new();
        file.take(LONGEST as u64 + 2).read_to_string(&mut text).map_err(unreadable)?;
        let secret = text.trim_end_matches(['\n', '\r']);
        let fits = (SHORTEST..=LONGEST).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(secret.to_owned())) } else { Err(SecretError::Unsafe { what, path: path.to_owned() }) }
    }

    /// The secret itself.
    pub(crate) fn get(&self) -> &str {
        &self.0
    }
}

/// Whether the service manager made the file for us alone: it lets us in by an access list, which shows as the group's.
fn is_credential(path: &Path) -> bool {
    std::env::var_os("CREDENTIALS_DIRECTORY").is_some_and(|directory| path.starts_with(directory))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    /// What a file of this text and mode is read as.
    fn read(text: &str, mode: u32) -> Result<String, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        Secret::read("token", &path).map(|secret| secret.get().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_one_line_of_a_file_that_others_cannot_read() {
        assert_eq!(read("correct-horse-battery\n", 0o600).unwrap(), "correct-horse-battery");
        assert_eq!(read(&"x".repeat(LONGEST), 0o400).unwrap().len(), LONGEST);
        for text in [
            "",
            "short\n",
            "two words in one line",
            "two-long-lines-of-\ntext",
            "grüner-salat-mit-öl",
            &"x".repeat(1025),
        ] {
            assert!(read(text, 0o600).unwrap_err().contains("head -c 24 /dev/urandom"), "{text}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        for mode in [0o644, 0o640, 0o604, 0o660, 0o620] {
            let error = read("correct-horse-battery\n", mode).unwrap_err();
            assert!(error.contains("chmod 600"), "{error}");
            assert!(!error.contains("correct"), "{error}");
        }
    }
}
