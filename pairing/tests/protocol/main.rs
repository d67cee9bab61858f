//! The rules of pairing, checked from outside: every vector byte for byte at both ends, and every refusal.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod arbitrary;
mod pair_setup;
mod pair_setup_transcript;
mod pair_verify;
mod pairings;
mod state;
mod support;
mod vectors;
