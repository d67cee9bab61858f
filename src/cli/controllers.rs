//! `portcullis controllers`

use std::io::{self, Write};
use std::path::Path;

use hap::Stored;
use hap::store::{FileStore, StoreError};

use super::client::{Client, ClientError};
use super::error::CommandError;
use super::{ControllersAction, pair};
use crate::api::Controller;
use crate::config::Config;

pub(super) fn run(config: &Config, state_dir: &Path, action: &ControllersAction) -> Result<(), CommandError> {
    match action {
        ControllersAction::List(json) => list(state_dir, json.json),
        ControllersAction::Remove { id } => remove(config, state_dir, id),
    }
}

fn list(state_dir: &Path, json: bool) -> Result<(), CommandError> {
    let stored = pair::view(state_dir)?;
    let controllers: Vec<_> = stored.iter().flat_map(Stored::pairings).map(Controller::from).collect();
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(&controllers).map_err(io::Error::from)?)?;
        return Ok(());
    }
    if controllers.is_empty() {
        writeln!(out, "No controller is paired: portcullis pair shows the code.")?;
    }
    for controller in controllers {
        writeln!(out, "{}{}", controller.id, if controller.admin { "  admin" } else { "" })?;
    }
    Ok(())
}

/// Through the daemon if one runs, so that open sessions end; else in the state directory.
fn remove(config: &Config, state_dir: &Path, id: &str) -> Result<(), CommandError> {
    let unknown = || CommandError::UnknownController(id.to_owned());
    match FileStore::open(state_dir) {
        Ok(store) => {
            let mut stored = Stored::open(&store, None)?;
            let known = stored.pairings().map(|pairing| &pairing.id).find(|known| known.to_string() == id).cloned();
            if !stored.remove_pairing(&store, &known.ok_or_else(unknown)?)? {
                return Err(unknown());
            }
        }
        Err(StoreError::Locked { .. }) => match Client::new(config)?.delete(&["controllers", id]) {
            Err(ClientError::Refused(_)) => return Err(unknown()),
            outcome => outcome?,
        },
        Err(error) => return Err(error.into()),
    }
    writeln!(io::stdout(), "Removed {id}.")?;
    Ok(())
}
