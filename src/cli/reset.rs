//! `portcullis reset`

use std::io::{self, Write};
use std::path::Path;

use hap::store::FileStore;

use super::error::CommandError;
use super::{Reset, confirmed};
use crate::history;

pub(super) fn run(state_dir: &Path, Reset { yes }: Reset) -> Result<(), CommandError> {
    // It refuses while a daemon runs, which would write its state back.
    let store = FileStore::open(state_dir)?;
    if !yes && !confirmed(QUESTION, "reset", true)? {
        return Err(CommandError::Declined);
    }
    store.erase()?;
    history::erase(state_dir)?;
    writeln!(io::stdout(), "Forgot everything. The next start makes a new accessory, with a new setup code.")?;
    Ok(())
}

const QUESTION: &str = "\
This forgets every paired controller, their names, and the history. Homes that know this gate must
remove it and add it again; its room and automations are lost. A backup is made with: portcullis backup FILE
Type \"reset\" to go on: ";
