//! The tests that documents name as proof exist.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The documents that name tests as proof, and the fewest that each must name.
const DOCUMENTS: [(&str, usize); 6] = [
    ("docs/conformance.md", 200),
    ("docs/mistakes-of-others.md", 30),
    ("docs/performance.md", 12),
    ("docs/safety.md", 10),
    ("docs/security.md", 15),
    ("hap/README.md", 10),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    // Blocks of code quote nothing.
    text.split("```").step_by(2).flat_map(|prose| prose.split('`').skip(1).step_by(2))
}

#[test]
fn every_test_that_a_document_names_exists() {
    let mut missing = Vec::new();
    for (document, least) in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let mut named = 0;
        for (file, test) in quoted(&text).filter_map(|quote| quote.split_once(".rs::")) {
            named += 1;
            let source = fs::read_to_string(root().join(format!("{file}.rs"))).unwrap_or_default();
            let name = test.rsplit("::").next().unwrap();
            if !is_test(&source, name) {
                missing.push(format!("{document}: {file}.rs::{test}"));
            }
        }
        assert!(named >= least, "{document} names {named} tests only");
    }
    assert!(missing.is_empty(), "these tests are not there: {missing:#?}");
}

/// Whether the source has a function of this name that is a test.
fn is_test(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    source.match_indices(&head).any(|(at, _)| {
        let attributes = source[..at].lines().rev().skip_while(|line| !line.trim_start().starts_with("#["));
        let mut attributes = attributes.take_while(|line| line.trim_start().starts_with("#["));
        attributes.any(|line| line.contains("test"))
    })
}
