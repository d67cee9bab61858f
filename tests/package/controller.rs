//! The controller of `tests/package/run`'s machine: `pair CODE`, and `put TYPE VALUE`; its pairing is kept in /root.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may panic and says what it does"
)]

#[path = "../releases/controller.rs"]
mod controller;

use std::path::Path;

use controller::Controller;

const ADDRESS: &str = "127.0.0.1:51826";
const KEPT: &str = "/root/pairing.json";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let address = ADDRESS.parse().unwrap();
    match words[..] {
        ["pair", code] => drop(Controller::pair(address, code, Path::new(KEPT)).session(address)),
        ["put", kind, value] => {
            let status = Controller::load(Path::new(KEPT)).session(address).put(kind, value);
            println!("{status}");
        }
        _ => panic!("pair CODE, or put TYPE VALUE"),
    }
}
