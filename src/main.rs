//! Portcullis: a native HomeKit accessory server for a gate.
#![forbid(unsafe_code)]
// What only the local API or the webhooks ask for stands with its like, and is not cut out of every file.
#![cfg_attr(
    not(all(feature = "api", feature = "webhooks")),
    allow(dead_code, unused_imports, reason = "a smaller program uses less of it; the linker leaves out the rest")
)]

#[cfg(feature = "api")]
mod api;
// The commands know its words also where it is not built.
#[cfg(not(feature = "api"))]
#[path = "api/words.rs"]
mod api;
mod backup;
mod cli;
mod config;
mod counted;
mod daemon;
mod document;
mod driven;
mod duration;
mod gate;
mod hardware;
mod health;
mod history;
mod homekit;
mod live_gate;
mod logging;
mod memory;
mod names;
mod qr;
mod secret;
mod simulator;
mod standstill;
mod status_light;
#[cfg(feature = "webhooks")]
mod webhooks;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::run(&cli::Cli::parse())
}
