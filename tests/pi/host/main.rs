//! Drives an emulated Pi Zero from outside for tests/pi/run, which makes the files it is booted from.
//!
//! `pi-host gate KERNEL ROOT [--short]`: pins as they are seen from outside the machine.
//! `pi-host cuts KERNEL ROOT CARD ROUNDS [SEED]`: power cuts.
//!
//! A check that fails ends it with a panic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may panic and says what it does"
)]

mod cuts;
mod daemon;
mod gate;
#[path = "../../vm/homekit.rs"]
mod homekit;
mod machine;
mod monitor;
mod pins;
mod random;

use std::path::Path;

use crate::machine::Parts;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let parts = |kernel, root| Parts { kernel: Path::new(kernel), root: Path::new(root), card: None, persist: true };
    match words[..] {
        ["gate", kernel, root, ref options @ ..] => {
            let short = options == ["--short"];
            gate::run(&parts(kernel, root), short);
            gate::run(&Parts { persist: false, ..parts(kernel, root) }, short);
        }
        ["cuts", kernel, root, card, rounds, ref seed @ ..] => {
            let seed = seed.first().map_or_else(any_seed, |seed| seed.parse().expect("a number"));
            let parts = Parts { card: Some(Path::new(card)), ..parts(kernel, root) };
            cuts::run(&parts, rounds.parse().expect("a number"), seed);
        }
        _ => panic!("see the first lines of this program: {words:?}"),
    }
}

fn any_seed() -> u64 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).unwrap();
    u32::from_ne_bytes(bytes).into()
}
