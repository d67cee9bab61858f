//! The command line: what may be written after `portcullis`, and doing it.

mod args;
mod backup;
mod bench_wiring;
#[cfg(feature = "api")]
mod client;
#[cfg(not(feature = "api"))]
#[path = "no_client.rs"]
mod client;
mod controllers;
mod doctor;
mod error;
mod examples;
mod history;
#[cfg(feature = "manual")]
mod manual;
mod move_gate;
pub(crate) mod pair;
mod release;
mod reset;
mod status;
mod style;

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

pub(crate) use self::args::Cli;
use self::args::{Backup, Command, ControllersAction, History, Json, Move, Pair, Reset, Restore};
use self::error::CommandError;
pub(crate) use self::style::Style;
use crate::config::{Config, state_dir};
use crate::{daemon, hardware, logging};

/// Does what the command line says; a failure is one line on standard error.
pub(crate) fn run(cli: &Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has had enough, as `head` has.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            logging::last_words(&error);
            error.exit_code()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<(), CommandError> {
    let resolve_with = |configured: Option<&Path>| {
        state_dir::resolve(cli.state_dir.as_deref(), configured, |name| std::env::var_os(name))
    };
    let resolve = |config: Option<&Config>| resolve_with(config.and_then(|config| config.state_dir.as_deref()));
    // Those that need no configuration, or look at what is wrong with it.
    match cli.command() {
        Command::Keeper => {
            logging::start();
            return hardware::run_keeper().map_err(CommandError::Keeper);
        }
        Command::Doctor(json) => {
            return doctor::run(cli.config.as_deref(), Config::find(cli.config.as_deref()), resolve, json);
        }
        Command::Release => return release::run(cli.config.as_deref(), resolve_with),
        Command::StateDir => {
            let (_, configured) = state_dir::find(cli.config.as_deref());
            return Ok(writeln!(io::stdout(), "{}", resolve_with(configured.as_deref())?.display())?);
        }
        #[cfg(feature = "manual")]
        Command::Completions(completions) => return manual::completions(completions.shell),
        #[cfg(feature = "manual")]
        Command::Man(man) => return manual::pages(man.directory.as_deref()),
        _ => {}
    }
    // What follows asks for them where a failure could not be told in words.
    getrandom::fill(&mut [0; 1]).map_err(CommandError::NoRandomness)?;
    let config = Config::find(cli.config.as_deref())?;
    let directory = || Ok::<_, CommandError>(resolve(Some(&config))?);
    match cli.command() {
        Command::Run => {
            logging::start();
            Ok(daemon::run(&config, &directory()?)?)
        }
        Command::Pair(pair) => pair::run(&config, &directory()?, &pair),
        Command::Status(json) => status::run(&config, json),
        Command::Open(options) => move_gate::run(&config, "open", &options),
        Command::Close(options) => move_gate::run(&config, "close", &options),
        Command::Toggle(options) => move_gate::run(&config, "toggle", &options),
        Command::Controllers(controllers) => controllers::run(&config, &directory()?, &controllers.action()),
        Command::History(options) => history::run(&config, &directory()?, &options),
        Command::Backup(options) => backup::back_up(&config, cli.config.as_deref(), &directory()?, &options),
        Command::Restore(options) => backup::restore(&config, &directory()?, &options),
        Command::Reset(reset) => reset::run(&directory()?, reset),
        Command::Bench(gate) => bench_wiring::run(&config, &directory()?, gate.gate.as_deref()),
        // See above.
        Command::Doctor(_) | Command::Keeper | Command::Release | Command::StateDir => Ok(()),
        #[cfg(feature = "manual")]
        Command::Completions(_) | Command::Man(_) => Ok(()),
    }
}

/// Prints one line of JSON.
fn print_json(value: &(impl Serialize + ?Sized)) -> Result<(), CommandError> {
    let line = serde_json::to_string(value).map_err(io::Error::from)?;
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Asks, and waits for exactly this word. `on_stdout`: standard output is for people.
fn confirmed(question: &str, word: &str, on_stdout: bool) -> io::Result<bool> {
    let ask = |mut out: Box<dyn Write>| {
        write!(out, "{question}")?;
        out.flush()
    };
    ask(if on_stdout { Box::new(io::stdout()) } else { Box::new(io::stderr()) })?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == word)
}
