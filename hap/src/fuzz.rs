//! What the fuzz targets run: each takes any bytes, and panics where a promise of the library does not hold.
//!
//! Not a part of the library: it is there with the feature `fuzzing` and in the library's own tests, which run every
//! input that is kept. It may change at any time.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a target says what it found"
)]

mod home;
mod mdns;
mod parsers;
mod session;
mod stranger;

pub use self::mdns::mdns;
pub use self::parsers::{frames, http, json, tlv8};
pub use self::session::session;
pub use self::stranger::stranger;

/// What takes an input, and panics when it finds a fault.
pub type Target = fn(&[u8]);

/// Every target with its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("tlv8", tlv8),
    ("http", http),
    ("frames", frames),
    ("json", json),
    ("mdns", mdns),
    ("stranger", stranger),
    ("session", session),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_kept_input_is_survived() {
        for (name, target) in TARGETS {
            let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
            let mut inputs: Vec<_> = corpus.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
            inputs.sort();
            assert!(inputs.len() > 2, "{name} has no corpus");
            for input in inputs {
                let bytes = std::fs::read(&input).unwrap();
                let survived = std::panic::catch_unwind(|| target(&bytes));
                assert!(survived.is_ok(), "{name} does not survive {}", input.display());
            }
        }
    }
}
