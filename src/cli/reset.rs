//! `portcullis reset`

use std::io::{self, BufRead, Write};
use std::path::Path;

use hap::store::FileStore;

use super::Reset;
use super::error::CommandError;
use crate::history;

pub(super) fn run(state_dir: &Path, Reset { yes }: Reset) -> Result<(), CommandError> {
    // It refuses while a daemon runs, which would write its state back.
    let store = FileStore::open(state_dir)?;
    if !yes && !confirm()? {
        return Err(CommandError::Declined);
    }
    store.erase()?;
    history::erase(state_dir)?;
    writeln!(io::stdout(), "Forgot everything. The next start makes a new accessory, with a new setup code.")?;
    Ok(())
}

fn confirm() -> io::Result<bool> {
    let mut out = io::stdout().lock();
    write!(
        out,
        "This forgets every paired controller, their names, and the history. Homes that know this gate must\n\
         remove it and add it again; its room and automations are lost. Type \"reset\" to go on: "
    )?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "reset")
}
