//! The setup code that a user types or scans, and the setup id beside it (HAP §2.1, §2.2).

use std::fmt;
use std::str::FromStr;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A setup code, `XXX-XX-XXX` (HAP §2.1). It cannot hold a code that controllers refuse.
///
/// It is a password: wiped when dropped, compared in constant time, and never shown by `Debug`. `Display` shows it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SetupCode {
    /// The ten ASCII characters, dashes included.
    text: [u8; 10],
}

/// Why a text is not a setup code. Choose another code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupCodeError {
    /// The text does not have the form of a code.
    #[error("a setup code is written XXX-XX-XXX with digits, such as 031-45-154")]
    Format,
    /// The code is one of the twelve that controllers refuse because everybody guesses them first.
    #[error("this setup code is too easy to guess: controllers refuse equal digits, 123-45-678 and 876-54-321")]
    TooSimple,
}

impl SetupCode {
    /// Draws a code, one digit at a time, each as likely as the others.
    #[must_use]
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        loop {
            let mut text = *b"000-00-000";
            for digit in text.iter_mut().filter(|character| **character != b'-') {
                *digit = b'0' + below(rng, 10);
            }
            if let Ok(code) = Self::from_text(text) {
                return code;
            }
        }
    }

    /// The code with its dashes. This is the password of SRP (HAP §2.1).
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only digits and dashes get in.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The code as a number without its dashes, 1 to 99 999 998.
    pub(crate) fn number(&self) -> u32 {
        digits(&self.text).fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    }

    fn from_text(text: [u8; 10]) -> Result<Self, SetupCodeError> {
        let well_formed = text.iter().enumerate().all(|(place, character)| match place {
            3 | 6 => *character == b'-',
            _ => character.is_ascii_digit(),
        });
        if !well_formed {
            return Err(SetupCodeError::Format);
        }
        let [first, ..] = text;
        let equal = digits(&text).all(|digit| digit == first);
        if equal || text == *b"123-45-678" || text == *b"876-54-321" {
            return Err(SetupCodeError::TooSimple);
        }
        Ok(Self { text })
    }
}

impl TryFrom<&str> for SetupCode {
    type Error = SetupCodeError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let text = text.as_bytes().try_into().map_err(|_| SetupCodeError::Format)?;
        Self::from_text(text)
    }
}

impl FromStr for SetupCode {
    type Err = SetupCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text)
    }
}

impl fmt::Display for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupCode(…)")
    }
}

impl PartialEq for SetupCode {
    fn eq(&self, other: &Self) -> bool {
        self.text.ct_eq(&other.text).into()
    }
}

impl Eq for SetupCode {}

/// Four characters `0-9A-Z` that tie a scanned payload to this accessory (HAP §2.2). Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupId {
    text: [u8; 4],
}

/// A text is not a setup id. Choose another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a setup id is four characters, each 0-9 or A-Z")]
pub struct SetupIdError;

impl SetupId {
    /// Draws an id, each character as likely as the others.
    #[must_use]
    pub fn random(rng: &mut dyn CryptoRng) -> Self {
        let text = std::array::from_fn(|_| match below(rng, 36) {
            digit @ 0..10 => b'0' + digit,
            letter => b'A' + (letter - 10),
        });
        Self { text }
    }

    /// The four characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII digits and letters get in.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }
}

impl FromStr for SetupId {
    type Err = SetupIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text: [u8; 4] = text.as_bytes().try_into().map_err(|_| SetupIdError)?;
        let allowed = |character: &u8| character.is_ascii_digit() || character.is_ascii_uppercase();
        if text.iter().all(allowed) { Ok(Self { text }) } else { Err(SetupIdError) }
    }
}

impl fmt::Display for SetupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

fn digits(text: &[u8; 10]) -> impl Iterator<Item = u8> {
    text.iter().copied().filter(|character| *character != b'-')
}

/// A number from 0 to `bound` − 1, without the bias a remainder of a whole byte would have.
fn below(rng: &mut dyn CryptoRng, bound: u8) -> u8 {
    let unbiased = u8::MAX - u8::MAX % bound;
    loop {
        let mut byte = [0];
        rng.fill_bytes(&mut byte);
        let [byte] = byte;
        if byte < unbiased {
            return byte % bound;
        }
    }
}
