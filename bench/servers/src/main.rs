//! Measures our accessory server beside others, in one run: `bench/run`.
//!
//! They run at the same time and are measured in turn, so that what else the machine does hits all alike. Ratios between
//! the columns of one run are what counts.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

mod figures;
mod floors;
mod home;
mod measure;
mod page;
mod plot;
mod process;
mod servers;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use servers::Places;

/// What went wrong, in words.
type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Arguments: our programs, Node's packages, the Python with HAP-python, where to leave the figures, and
/// optionally the page to write them to.
fn run() -> Result<(), Failure> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut next = || arguments.next().ok_or("start it with bench/run");
    let places = Places {
        package: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        programs: next()?,
        node: next()?,
        python: next()?,
    };
    let (json, page) = (next()?, arguments.next());
    let rows = measure::all(&places)?;
    let table = figures::table(&rows);
    println!("{table}");
    std::fs::write(&json, serde_json::to_vec_pretty(&rows)?)?;
    if let Some(page) = page {
        page::write(&page, &table)?;
        plot::write(&page.with_file_name("images").join("servers.svg"), &rows)?;
    }
    Ok(())
}
