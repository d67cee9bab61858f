//! What the guides tell people to type and to write is what the program takes.
//!
//! `docs/install.md` has its commands in blocks marked `console`, one a line after `$ `, so that they can be run as they stand.
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
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents for people who install and use it.
fn guides() -> Vec<(PathBuf, String)> {
    let pages = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let others = ["README.md", "deploy/portcullis.example.toml"].map(|name| root().join(name));
    pages.chain(others).map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The blocks of code with this word behind their fence, without the indentation of the list they stand in.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), None);
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(word), None) => open = Some((word == kind, String::new())),
            (Some(_), Some(_)) => found.extend(open.take().filter(|(is_meant, _)| *is_meant).map(|(_, block)| block)),
            (None, Some((_, block))) => *block += &format!("{}\n", line.trim_start()),
            (None, None) => {}
        }
    }
    found
}

/// What the page has people type on the Pi.
fn commands(text: &str) -> Vec<String> {
    let lines: Vec<String> =
        blocks(text, "console").iter().flat_map(|block| block.lines()).map(str::to_owned).collect();
    lines.iter().filter_map(|line| line.strip_prefix("$ ").map(str::to_owned)).collect()
}

/// The words after `portcullis`, if that is what a command line runs.
fn arguments(line: &str) -> Option<Vec<String>> {
    let words = line.split_whitespace().skip_while(|word| *word == "sudo").take_while(|word| !word.starts_with('#'));
    let words: Vec<String> = words.map(str::to_owned).collect();
    (words.first()? == "portcullis").then(|| words[1..].to_vec())
}

fn help(words: &[String]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis")).args(words).arg("--help").output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// Why the program would not take these words, if it would not.
fn fault(words: &[String]) -> Option<String> {
    let mut known = Vec::new();
    let mut text = help(&known).unwrap();
    for word in words {
        if word.starts_with('-') {
            if !text.split([' ', ',', '\n', '=']).any(|option| option == word) {
                return Some(format!("no option {word}"));
            }
        } else if text.contains("Commands:") {
            known.push(word.clone());
            match help(&known) {
                Some(next) => text = next,
                None => return Some(format!("no command {}", known.join(" "))),
            }
        }
    }
    None
}

#[test]
fn every_command_that_a_guide_has_people_type_is_one_of_the_program() {
    let (mut faults, mut seen) = (Vec::new(), 0);
    for (path, text) in guides() {
        let blocks: Vec<String> = ["console", "sh"].iter().flat_map(|kind| blocks(&text, kind)).collect();
        let typed = blocks.iter().flat_map(|block| block.lines()).map(|line| line.trim_start_matches("$ "));
        let quoted = text.split('`').skip(1).step_by(2);
        for words in typed.chain(quoted).filter_map(arguments) {
            seen += 1;
            faults.extend(
                fault(&words).map(|fault| format!("{}: portcullis {}: {fault}", path.display(), words.join(" "))),
            );
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(seen > 40, "only {seen} commands were found");
}

#[test]
fn every_feature_that_a_guide_names_is_one_of_the_package() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let features = manifest["features"].as_table().unwrap();
    let (mut faults, mut seen) = (Vec::new(), 0);
    for (path, text) in guides() {
        for words in text.split("--features").skip(1).map(|rest| rest.trim_start_matches([' ', '='])) {
            let named = words.split(|c: char| !c.is_ascii_alphanumeric() && !"-_,".contains(c)).next().unwrap();
            for feature in named.split(',') {
                seen += 1;
                if !features.contains_key(feature) {
                    faults.push(format!("{}: {feature:?}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(seen > 2, "only {seen} features were found");
}

#[test]
fn a_pulse_ends_by_the_lines_of_the_unit_that_a_guide_shows() {
    let unit = fs::read_to_string(root().join("deploy/portcullis.service")).unwrap();
    let shown = blocks(&page("wiring.md"), "ini").into_iter().find(|block| block.contains("[Service]")).unwrap();
    for line in shown.lines() {
        let line = line.replace("portcullis ", "/usr/bin/portcullis ");
        assert!(unit.lines().any(|known| known == line), "{line}");
    }
}

#[test]
fn what_is_no_command_or_option_is_noticed() {
    let fault = |line: &str| fault(&arguments(line).unwrap());
    for wrong in ["portcullis opne", "sudo portcullis pair --jsn", "portcullis controllers delete ID"] {
        assert!(fault(wrong).is_some(), "{wrong}");
    }
    for right in ["portcullis", "sudo portcullis controllers remove ID", "portcullis history -n 10 --json  # ten"] {
        assert_eq!(fault(right), None, "{right}");
    }
    assert_eq!(arguments("sudo apt install ./portcullis_1_armhf.deb"), None);
}

#[test]
fn from_a_card_to_a_tile_it_takes_fewer_than_ten_commands() {
    let commands = commands(&page("install.md"));
    assert!((2..10).contains(&commands.len()), "{commands:#?}");
    assert!(commands[0].starts_with("sudo apt install ./portcullis_"), "{}", commands[0]);
    assert_eq!(commands.last().unwrap(), "sudo portcullis pair");
}

#[test]
fn the_configuration_is_edited_where_the_program_reads_it() {
    let default = help(&[]).unwrap();
    let commands = commands(&page("install.md"));
    let edited = commands.iter().filter_map(|line| line.strip_prefix("sudo nano "));
    let edited: Vec<&str> = edited.collect();
    assert!(edited.len() == 1 && default.contains(edited[0]), "{edited:?}\n{default}");
}

#[test]
fn the_lines_for_the_firmware_are_those_of_the_relay_that_the_page_configures() {
    let install = page("install.md");
    let relay = blocks(&install, "toml").concat();
    let pin = relay.split("[gate.relay]\npin = ").nth(1).unwrap().lines().next().unwrap().to_owned();
    let firmware = blocks(&install, "ini").concat();
    assert!(firmware.contains(&format!("gpio={pin}=op,dl\n")) && firmware.contains("[all]\n"), "{firmware}");
    // Idle is low: the configured relay presses on a high level, which is the default.
    assert!(!relay.contains("active"), "{relay}");
}

#[test]
fn every_configuration_in_a_guide_is_one_that_the_program_takes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portcullis.toml");
    let mut seen = 0;
    for (path, text) in guides() {
        for block in blocks(&text, "toml") {
            seen += 1;
            let has_own = block.contains("[[gate]]") || block.starts_with("[[webhook]]");
            let head = if has_own { "" } else { "[[gate]]\n" };
            // Where nobody listens: 3 says that it came as far as asking the daemon.
            fs::write(&file, format!("[api]\nlisten = \"127.0.0.1:1\"\n{head}{block}")).unwrap();
            let mut status = Command::new(env!("CARGO_BIN_EXE_portcullis"));
            let output = status.args(["status", "--config"]).arg(&file).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(3), "{}:\n{block}\n{said}", path.display());
        }
    }
    assert!(seen > 5, "only {seen} configurations were found");
}

#[test]
fn every_key_that_a_guide_quotes_is_in_the_example() {
    let example = fs::read_to_string(root().join("deploy/portcullis.example.toml")).unwrap();
    let lines: Vec<&str> = example.lines().map(|line| line.trim_start_matches('#')).collect();
    let (mut unknown, mut seen) = (Vec::new(), 0);
    for (path, text) in guides() {
        let prose: Vec<&str> = text.split("```").step_by(2).collect();
        for quote in prose.iter().flat_map(|prose| prose.split('`').skip(1).step_by(2)) {
            let key = quote.split_once(" = ").map(|(key, _)| key);
            let key = key.filter(|key| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            let table =
                Some(quote).filter(|quote| quote.starts_with("[gate.") || *quote == "[api]" || *quote == "[homekit]");
            let is_there = match (key, table) {
                (Some(key), _) => lines.iter().any(|line| line.starts_with(&format!("{key} = "))),
                (None, Some(table)) => lines.contains(&table),
                (None, None) => continue,
            };
            seen += 1;
            if !is_there {
                unknown.push(format!("{}: {quote}", path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(seen > 40, "only {seen} keys were found");
}

#[test]
fn every_line_of_the_log_that_a_guide_shows_is_one_that_the_program_writes() {
    let sources = sources();
    let (mut foreign, mut seen) = (Vec::new(), 0);
    for line in blocks(&page("troubleshooting.md"), "log").iter().flat_map(|block| block.lines()) {
        seen += 1;
        // What differs stands as "…" here and in braces there.
        let parts = line.split('…').map(|part| part.trim_matches([' ', ':', ';', ',', '.']));
        foreign.extend(parts.filter(|part| !part.is_empty() && !sources.contains(part)).map(str::to_owned));
    }
    assert!(foreign.is_empty(), "nothing in the sources says {foreign:#?}");
    assert!(seen > 10, "only {seen} lines were found");
}

/// All sources, with the lines of a broken text joined as the compiler joins them.
fn sources() -> String {
    fn gather(folder: &Path, text: &mut String) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                gather(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                *text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    let mut text = String::new();
    for package in ["src", "hap/src", "pairing/src"] {
        gather(&root().join(package), &mut text);
    }
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |joined, part| joined + part.trim_start())
}
