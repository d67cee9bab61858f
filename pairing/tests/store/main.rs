//! The store keeps its promise: a document is there whole, or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod directory;
mod documents;
mod generations;
mod lock;
mod support;
