//! The daemon in a hostile network: network namespaces, links that fail, peers that vanish. Needs root; `tests/network/run`
//! has what else it needs, and runs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may panic, and says what it measured"
)]

mod discovery;
mod doctor;
#[path = "../controller/environment.rs"]
mod environment;
mod gate;
mod health;
#[path = "../http/mod.rs"]
mod http;
mod mdns;
mod net;
#[path = "../daemon/output.rs"]
mod output;
mod peers;
