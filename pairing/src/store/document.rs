//! The file of one generation of a document.
//!
//! A line, then the contents as they are:
//!
//! ```text
//! portcullis-document 1 generation=42 sha256=<64 hex digits>
//! ```
//!
//! The first number is the format's version. The checksum is that of the whole file without ` sha256=<64 hex digits>`,
//! so that a flipped digit of the version or the generation is found too:
//! `sed '1s/ sha256=.*//' FILE | sha256sum` computes it. The line stays like this in every version to come, or an old
//! program could not tell a newer document from a damaged one.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Damage, limits};

const FORMAT: &str = "portcullis-document";
const VERSION: u32 = 1;

/// What a sound file holds.
pub(super) enum Parsed {
    /// Contents this program understands.
    Known(Document),
    /// A format of a later version.
    Newer { version: u32 },
}

/// One generation.
pub(super) struct Document {
    /// Counts the saves, from 1.
    pub(super) generation: u64,
    pub(super) contents: Zeroizing<Vec<u8>>,
}

/// The line that goes before `contents`, with its line feed.
pub(super) fn header(generation: u64, contents: &[u8]) -> String {
    let mut line = format!("{FORMAT} {VERSION} generation={generation}");
    let sum = checksum(line.as_bytes(), contents);
    line.push_str(" sha256=");
    line.push_str(&sum);
    line.push('\n');
    line
}

/// Takes a file apart; `file` becomes the contents, in place.
pub(super) fn parse(mut file: Zeroizing<Vec<u8>>) -> Result<Parsed, Damage> {
    let start = file.iter().take(limits::HEADER).position(|byte| *byte == b'\n').ok_or(Damage::Header)?;
    let (line, rest) = file.split_at_checked(start).ok_or(Damage::Header)?;
    let contents = rest.strip_prefix(b"\n").ok_or(Damage::Header)?;
    let line = str::from_utf8(line).map_err(|_| Damage::Header)?;

    let (covered, sum) = line.split_once(" sha256=").ok_or(Damage::Header)?;
    let fields = covered.strip_prefix(FORMAT).and_then(|fields| fields.strip_prefix(' ')).ok_or(Damage::Header)?;
    let (version, generation) = fields.split_once(" generation=").ok_or(Damage::Header)?;
    let version: u32 = version.parse().map_err(|_| Damage::Header)?;
    let generation: u64 = generation.parse().map_err(|_| Damage::Header)?;
    if sum != checksum(covered.as_bytes(), contents) {
        return Err(Damage::Checksum);
    }
    if version > VERSION {
        return Ok(Parsed::Newer { version });
    }
    if version < VERSION {
        return Err(Damage::Header);
    }
    if contents.len() > limits::CONTENTS {
        return Err(Damage::TooLong);
    }
    file.drain(..=start);
    Ok(Parsed::Known(Document { generation, contents: file }))
}

fn checksum(covered: &[u8], contents: &[u8]) -> String {
    let digest = Sha256::new().chain_update(covered).chain_update(b"\n").chain_update(contents).finalize();
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(generation: u64, contents: &[u8]) -> Vec<u8> {
        [header(generation, contents).as_bytes(), contents].concat()
    }

    fn known(bytes: &[u8]) -> Result<(u64, Vec<u8>), Damage> {
        match parse(Zeroizing::new(bytes.to_vec()))? {
            Parsed::Known(document) => Ok((document.generation, document.contents.to_vec())),
            Parsed::Newer { version } => panic!("format {version}"),
        }
    }

    #[test]
    fn the_format_is_this_to_the_byte() {
        assert_eq!(
            String::from_utf8(file(42, b"open sesame\n")).unwrap(),
            "portcullis-document 1 generation=42 \
             sha256=f7452eca6a589fac445f78b194af53da87682563faca555e6dcdcfb2b03e423c\nopen sesame\n"
        );
    }

    #[test]
    fn the_longest_header_is_within_the_bound() {
        let longest = header(u64::MAX, b"").len() - VERSION.to_string().len() + u32::MAX.to_string().len();
        assert!(longest <= limits::HEADER);
    }

    #[test]
    fn a_later_version_is_told_from_damage_by_its_checksum() {
        let covered = format!("{FORMAT} 2 generation=7");
        let sum = checksum(covered.as_bytes(), b"who knows");
        let newer = format!("{covered} sha256={sum}\nwho knows");
        assert!(matches!(parse(Zeroizing::new(newer.into_bytes())), Ok(Parsed::Newer { version: 2 })));

        let mut flipped = file(7, b"mine");
        flipped[FORMAT.len() + 1] = b'2';
        assert!(matches!(known(&flipped), Err(Damage::Checksum)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(generation: u64, contents: Vec<u8>) {
            prop_assert_eq!(known(&file(generation, &contents)).unwrap(), (generation, contents));
        }

        #[test]
        fn arbitrary_bytes_are_never_a_document(bytes: Vec<u8>) {
            prop_assert!(known(&bytes).is_err());
        }

        #[test]
        fn arbitrary_fields_are_damage(line in "portcullis-document [ -~]{0,20}( generation=[ -~]{0,20})?( sha256=[ -~]{0,64})?\n") {
            prop_assert!(known(line.as_bytes()).is_err());
        }
    }
}
