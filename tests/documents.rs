//! What the documents point to exists: links, headings, files, and the map of the house.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Where documents are, besides the root itself.
const FOLDERS: [&str; 4] = ["docs", "hap", "hap/catalogue", "pairing"];

/// How a path of this project begins, as prose quotes it.
const TOPS: [&str; 9] = ["src/", "hap/", "pairing/", "docs/", "tests/", "deploy/", "benches/", ".ci/", "Cargo."];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document, by its path from the root.
fn documents() -> BTreeMap<PathBuf, String> {
    let folders = std::iter::once(root().to_owned()).chain(FOLDERS.iter().map(|folder| root().join(folder)));
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let documents = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents.map(|path| (path.strip_prefix(root()).unwrap().to_owned(), fs::read_to_string(&path).unwrap())).collect()
}

/// The lines that are no block of code.
fn prose(text: &str) -> String {
    let mut in_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !(in_code || is_fence)
    });
    lines.fold(String::new(), |prose, line| prose + line + "\n")
}

/// What stands between backquotes.
fn quoted(prose: &str) -> impl Iterator<Item = &str> {
    prose.split('`').skip(1).step_by(2)
}

/// The name under which GitHub links to a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in prose(text).lines().filter(|line| line.starts_with('#')) {
        let name = anchor(line.trim_start_matches('#'));
        let twins = (1..).map(|nth| format!("{name}-{nth}"));
        let free = std::iter::once(name.clone()).chain(twins).find(|name| !found.contains(name));
        found.extend(free);
    }
    found
}

/// The targets of links and pictures.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(str::to_owned).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let documents = documents();
    let (mut broken, mut seen) = (Vec::new(), 0);
    for (document, text) in &documents {
        let folder = document.parent().unwrap();
        for link in links(text).into_iter().filter(|link| !link.contains("://")) {
            seen += 1;
            let (path, heading) = link.split_once('#').map_or((link.as_str(), None), |(path, name)| (path, Some(name)));
            let target = if path.is_empty() { root().join(document) } else { root().join(folder).join(path) };
            let leads = target.exists()
                && heading.is_none_or(|name| anchors(&fs::read_to_string(&target).unwrap_or_default()).contains(name));
            if !leads {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere: {broken:#?}");
    assert!(seen > 100, "only {seen} links were found");
}

#[test]
fn every_file_that_a_document_names_exists() {
    let mut missing = Vec::new();
    for (document, text) in documents() {
        let prose = prose(&text);
        let paths = quoted(&prose).filter(|quote| TOPS.iter().any(|top| quote.starts_with(top)));
        let paths = paths.filter(|quote| !quote.contains("::") && !quote.contains([' ', '*', '{', '<']));
        // A page inside a package speaks from there.
        let places = |path: &str| document.ancestors().skip(1).any(|folder| root().join(folder).join(path).exists());
        missing.extend(paths.filter(|path| !places(path)).map(|path| format!("{}: {path}", document.display())));
    }
    assert!(missing.is_empty(), "these files are not there: {missing:#?}");
}

#[test]
fn every_page_is_in_the_index() {
    let documents = documents();
    let index = links(&documents[Path::new("README.md")]);
    let pages = documents.keys().filter(|page| page.starts_with("docs"));
    let lost: Vec<_> = pages.filter(|page| !index.iter().any(|link| Path::new(link) == page.as_path())).collect();
    assert!(lost.is_empty(), "README.md does not lead to {lost:?}");
}

#[test]
fn the_map_of_the_house_shows_what_is_there() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let map = text.split("```").find(|block| block.contains("pairing/src/")).unwrap();
    let mut lines = map.lines().filter(|line| !line.trim().is_empty());
    let head: Vec<char> = lines.next().unwrap().chars().collect();
    let starts = |at: &usize| head[*at] != ' ' && (*at == 0 || head[at - 1] == ' ');
    let columns: Vec<usize> = (0..head.len()).filter(starts).collect();
    let folder = |at: usize| head[at..].iter().take_while(|letter| **letter != ' ').collect::<String>();
    let (mut missing, mut seen) = (Vec::new(), 0);
    for line in lines {
        let line: Vec<char> = line.chars().collect();
        for (nth, &begin) in columns.iter().enumerate() {
            let end = columns.get(nth + 1).copied().unwrap_or(usize::MAX).min(line.len());
            let cell: String = line.get(begin..end).unwrap_or_default().iter().collect();
            let Some(name) = cell.split_whitespace().next() else { continue };
            seen += 1;
            let path = Path::new(&folder(begin)).join(name);
            if !root().join(&path).exists() {
                missing.push(path);
            }
        }
    }
    assert!(missing.is_empty(), "docs/architecture.md shows what is not there: {missing:?}");
    assert!(seen > 30, "the map has {seen} entries only");
}

#[test]
fn every_drawing_says_in_words_what_it_shows_and_needs_nothing_from_elsewhere() {
    let drawings = fs::read_dir(root().join("docs/images")).unwrap().map(|entry| entry.unwrap().path());
    let drawings: Vec<_> = drawings.filter(|path| path.extension().is_some_and(|kind| kind == "svg")).collect();
    assert!(!drawings.is_empty());
    for drawing in drawings {
        let text = fs::read_to_string(&drawing).unwrap();
        assert!(text.contains("<title") && text.contains("<desc"), "{} is mute", drawing.display());
        let foreign = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!foreign.contains("://") && !foreign.contains("<script"), "{}", drawing.display());
    }
}

#[test]
fn headings_are_linked_to_as_github_names_them() {
    for (heading, name) in [
        (" You'll need to unlock your iPhone first", "youll-need-to-unlock-your-iphone-first"),
        (" `POST /toggle-relay`", "post-toggle-relay"),
        (" 2. Install the package", "2-install-the-package"),
        (" Updating…", "updating"),
    ] {
        assert_eq!(anchor(heading), name);
    }
    assert!(anchors("# Twice\n\n## Twice\n```\n# no heading\n```\n").iter().eq(["twice", "twice-1"]));
}
