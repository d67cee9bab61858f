//! Measures our accessory server beside others, in one run: `bench/run`.
//!
//! They run at the same time and are measured in turn, so that what else the machine does hits all alike. Ratios between
//! the columns of one run are what counts.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

mod echo;
mod figures;
mod floors;
mod home;
mod listener;
mod measure;
mod page;
mod plot;
mod process;
mod promises;
mod servers;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use page::Page;
use servers::Places;

/// What went wrong, in words.
type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    match run() {
        Ok(broken) => {
            broken.iter().for_each(|broken| eprintln!("bench: does not hold: {broken}"));
            if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, shows and writes; what must hold and does not.
///
/// Arguments: our programs, Node's packages, the Python with HAP-python, where to leave the figures, and
/// optionally the page to write them to.
fn run() -> Result<Vec<String>, Failure> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut next = || arguments.next().ok_or("start it with bench/run");
    let places = Places {
        package: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        programs: next()?,
        node: next()?,
        python: next()?,
    };
    let json = next()?;
    let page = arguments.next().map(Page::open).transpose()?;
    let machine = process::machine()?;
    let rows = measure::all(&places)?;
    let (table, broken) = (figures::table(&rows), promises::broken(&rows));
    println!("{machine}\n\n{table}");
    std::fs::write(&json, serde_json::to_vec_pretty(&rows)?)?;
    if let Some(page) = page {
        page.write(&format!("{machine}\n\n{table}\n{}", promises::text(&broken)))?;
        plot::write(&page.image("servers.svg"), &rows)?;
    }
    Ok(broken)
}
