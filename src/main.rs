//! Portcullis: a native HomeKit accessory server for a gate.
#![forbid(unsafe_code)]

mod api;
mod cli;
mod config;
mod daemon;
mod document;
mod duration;
mod gate;
mod hardware;
mod health;
mod history;
mod homekit;
mod live_gate;
mod memory;
mod names;
mod qr;
mod secret;
mod simulator;
mod status_light;
#[cfg(feature = "webhooks")]
mod webhooks;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::run(&cli::Cli::parse())
}
