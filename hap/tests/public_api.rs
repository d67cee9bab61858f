//! The public surface, as `public-api.txt` lists it: a change to it is seen, and not made by accident.
//!
//! `UPDATE_PUBLIC_API=1 cargo test -p portcullis-hap --test public_api` writes the list anew. It is read off the sources:
//! the lint `unreachable_pub` sees to it that `pub` means public, and rustfmt that an item begins where it is looked for.
//! The catalogue is left out, which its own data describe. What the library hands on of `pairing` is listed by its files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Parts that are no part of the interface: generated, hidden, or tests.
const LEFT_OUT: [&str; 5] = ["src/catalogue", "src/fuzz", "src/measure", "/tests", "/bin/"];

/// Where `pairing` keeps what `pub use pairing::…` hands on.
const HANDED_ON: [&str; 7] =
    ["identity.rs", "pairings.rs", "setup_code.rs", "store.rs", "store", "controller.rs", "controller"];

#[test]
fn the_public_surface_is_the_one_that_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut current: String = surface(&root.join("src")).iter().map(|item| format!("{item}\n")).collect();
    for part in HANDED_ON {
        let path = root.join("../pairing/src").join(part);
        current.extend(surface(&path).iter().map(|item| format!("pairing/{part}: {item}\n")));
    }
    let path = root.join("public-api.txt");
    if std::env::var_os("UPDATE_PUBLIC_API").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let listed = fs::read_to_string(&path).unwrap_or_default();
    let (listed, current): (BTreeSet<_>, BTreeSet<_>) = (listed.lines().collect(), current.lines().collect());
    let gone: Vec<_> = listed.difference(&current).collect();
    let new: Vec<_> = current.difference(&listed).collect();
    assert!(
        gone.is_empty() && new.is_empty(),
        "the public surface has changed; if that is meant, run with UPDATE_PUBLIC_API=1\ngone: {gone:#?}\nnew: {new:#?}"
    );
}

/// The items of a file, or of all in a directory.
fn surface(path: &Path) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(path, &mut files);
    assert!(!files.is_empty(), "nothing in {}", path.display());
    let files: Vec<_> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let mut surface = Surface::default();
    // Types first: which implementations count depends on them.
    for pass in [Pass::Types, Pass::Everything] {
        for text in &files {
            surface.add(text, pass);
        }
    }
    surface.items
}

fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
    if directory.is_file() {
        return files.push(directory.to_owned());
    }
    let mut entries: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let text = path.to_str().unwrap();
        if LEFT_OUT.iter().any(|part| text.contains(part)) {
            continue;
        }
        if path.is_dir() {
            sources(&path, files);
        } else if text.ends_with(".rs") {
            files.push(path);
        }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Pass {
    Types,
    Everything,
}

#[derive(Default)]
struct Surface {
    types: BTreeSet<String>,
    items: BTreeSet<String>,
}

impl Surface {
    /// Reads one file, up to its tests.
    fn add(&mut self, text: &str, pass: Pass) {
        let text = text.split("\n#[cfg(test)]\nmod tests").next().unwrap();
        let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"));
        let mut attributes = String::new();
        // What encloses the lines of four spaces, and whether all of them are public as it is.
        let mut block: Option<(String, bool)> = None;
        while let Some(line) = lines.next() {
            let indent = line.len() - line.trim_start().len();
            let mut item = line.trim().to_owned();
            if item.starts_with("#[") {
                if ["derive", "non_exhaustive", "must_use", "cfg"].iter().any(|kept| item[2..].starts_with(kept)) {
                    attributes += &format!("{item} ");
                }
                continue;
            }
            // To the end of the signature.
            while !ends(&item) {
                let Some(next) = lines.next() else { break };
                let next = next.trim();
                item += if item.ends_with('(') || next.starts_with([')', '.']) { "" } else { " " };
                item += next;
            }
            let attributes = std::mem::take(&mut attributes);
            let signature = item.trim_end_matches(['{', ';', ',']).trim_end().replace(",)", ")");
            match indent {
                0 => {
                    block = None;
                    let opens = item.ends_with('{');
                    if let Some(rest) = signature.strip_prefix("pub ") {
                        let (kind, name) = rest.split_once(' ').unwrap_or((rest, ""));
                        if ["struct", "enum", "trait"].contains(&kind) {
                            let end = name.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(name.len());
                            self.types.insert(name[..end].to_owned());
                            block = opens.then(|| (name[..end].to_owned(), kind != "struct"));
                        }
                        self.list(pass, format!("{attributes}{signature}"));
                    } else if signature.starts_with("impl") {
                        let subject = subject(&signature);
                        if signature.contains(" for ") {
                            if self.types.contains(&subject) {
                                self.list(pass, signature);
                            }
                        } else if opens {
                            block = Some((subject, false));
                        }
                    }
                }
                4 => {
                    if let Some((owner, all)) = &block
                        && (*all || signature.starts_with("pub "))
                        && !signature.starts_with("pub(")
                        && signature != "}"
                    {
                        self.list(pass, format!("{owner}: {attributes}{signature}"));
                    }
                }
                8 => {
                    // The fields of an enum's variant belong to it.
                    if let Some((owner, true)) = &block
                        && item.ends_with(',')
                    {
                        self.list(pass, format!("{owner}: field {signature}"));
                    }
                }
                _ => {}
            }
        }
    }

    fn list(&mut self, pass: Pass, item: String) {
        if pass == Pass::Everything {
            self.items.insert(item);
        }
    }
}

/// Whether the item, or what of it counts, is complete.
fn ends(item: &str) -> bool {
    let is_use = item.starts_with("pub use") || item.starts_with("pub(crate) use") || item.starts_with("use ");
    let is_function = item.split_once('(').is_some_and(|(head, _)| head.split(' ').any(|word| word == "fn"));
    match item.chars().last() {
        Some(';') => true,
        Some('{') => !is_use,
        Some('}' | ',') => !is_use && !is_function && !is_open(item),
        _ => false,
    }
}

/// Whether brackets that began are still to end.
fn is_open(item: &str) -> bool {
    let count = |of: char| item.matches(of).count();
    count('(') > count(')') || count('[') > count(']')
}

/// The type that an `impl` is for, without its parameters.
fn subject(signature: &str) -> String {
    let subject = match signature.split_once(" for ") {
        Some((_, subject)) => subject,
        None => {
            let rest = signature.trim_start_matches("impl");
            // Over the parameters of the implementation.
            let mut depth = 0;
            let end = rest.char_indices().find(|(_, it)| {
                depth += match it {
                    '<' => 1,
                    '>' => -1,
                    _ => 0,
                };
                depth == 0
            });
            let from = end.map_or(0, |(at, it)| if it == '>' { at + 1 } else { at });
            rest[from..].trim()
        }
    };
    subject.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect()
}
