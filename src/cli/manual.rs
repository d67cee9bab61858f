//! `portcullis completions` and `portcullis man`: for the package, and for who builds without it.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Cli;
use super::error::CommandError;

/// Prints what lets a shell complete the commands.
pub(super) fn completions(shell: Shell) -> Result<(), CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut <Cli as CommandFactory>::command(), "portcullis", &mut script);
    Ok(io::stdout().lock().write_all(&script)?)
}

/// Writes a page for each command into `directory`, or the one of the program to standard output.
pub(super) fn pages(directory: Option<&Path>) -> Result<(), CommandError> {
    match directory {
        Some(directory) => clap_mangen::generate_to(<Cli as CommandFactory>::command(), directory)
            .map_err(|source| CommandError::File { path: directory.to_owned(), source }),
        None => Ok(clap_mangen::Man::new(<Cli as CommandFactory>::command()).render(&mut io::stdout().lock())?),
    }
}
