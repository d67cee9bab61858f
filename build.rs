//! Gives the program the commit it is built from, as `PORTCULLIS_COMMIT`: what that variable says already, or git, or what
//! `git archive` wrote into a tarball's `deploy/build/commit`, or "unknown".

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const VARIABLE: &str = "PORTCULLIS_COMMIT";
/// What `git archive` puts the commit in place of.
const PLACE: &str = "deploy/build/commit";
/// Enough to name a commit for as long as the project lives.
const DIGITS: usize = 12;
/// What the program is made of: a change here makes it another one than its commit's.
const SOURCES: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "build.rs",
    "deploy/build",
    "hap/Cargo.toml",
    "hap/src",
    "pairing/Cargo.toml",
    "pairing/src",
    "src",
];

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    let commit = env::var(VARIABLE).ok().or_else(of_repository).or_else(of_archive);
    println!("cargo::rustc-env={VARIABLE}={}", commit.as_deref().unwrap_or("unknown"));
}

/// The commit that is checked out, with a sign if the sources are not exactly that.
fn of_repository() -> Option<String> {
    // A tarball may be unpacked in somebody else's repository.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if fs::canonicalize(top).ok()? != fs::canonicalize(env::var_os("CARGO_MANIFEST_DIR")?).ok()? {
        return None;
    }
    // Grows with every commit and checkout.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    let mut status = vec!["status", "--porcelain", "--"];
    status.extend(SOURCES);
    let changed = if git(&status)?.is_empty() { "" } else { "-modified" };
    Some(format!("{}{changed}", commit.get(..DIGITS)?))
}

fn of_archive() -> Option<String> {
    let text = fs::read_to_string(PLACE).ok()?;
    // In a repository it is the place that `git archive` fills.
    let commit = text.get(..DIGITS)?;
    commit.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| commit.to_owned())
}

fn git(arguments: &[&str]) -> Option<String> {
    // Without a lock, so that nobody else's git has to wait.
    let output = Command::new("git").arg("--no-optional-locks").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
