//! `portcullis controllers`

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use hap::Stored;
use hap::store::{FileStore, FileStoreView, StoreError};

use super::client::{Client, ClientError};
use super::error::CommandError;
use super::{ControllersAction, pair, print_json};
use crate::api::{Controller, Rename};
use crate::config::Config;
use crate::names::{self, GivenName, NameError, Names};

pub(super) fn run(config: &Config, state_dir: &Path, action: &ControllersAction) -> Result<(), CommandError> {
    match action {
        ControllersAction::List(json) => list(state_dir, json.json),
        ControllersAction::Name { id, name } => rename(config, state_dir, id, name.as_deref()),
        ControllersAction::Remove { id } => remove(config, state_dir, id),
    }
}

fn list(state_dir: &Path, json: bool) -> Result<(), CommandError> {
    let Some(stored) = pair::view(state_dir)? else { return print(&[], json) };
    // Names are for people; without them the list is still true.
    let given = FileStoreView::open(state_dir).map(|store| names::view(&store).unwrap_or_default());
    let given: BTreeMap<String, GivenName> = given.unwrap_or_default();
    let name = |id: &str| given.get(id).map(ToString::to_string);
    let controllers: Vec<_> = stored.pairings().map(|pairing| Controller::new(pairing, name)).collect();
    print(&controllers, json)
}

fn print(controllers: &[Controller], json: bool) -> Result<(), CommandError> {
    if json {
        return print_json(controllers);
    }
    let mut out = io::stdout().lock();
    if controllers.is_empty() {
        writeln!(out, "No controller is paired: portcullis pair shows the code.")?;
    }
    for Controller { id, name, admin } in controllers {
        let name = name.as_ref().map(|name| format!("  {name}")).unwrap_or_default();
        writeln!(out, "{id}{}{name}", if *admin { "  admin" } else { "" })?;
    }
    Ok(())
}

/// Through the daemon if one runs, which then knows it at once; else in the state directory.
fn rename(config: &Config, state_dir: &Path, id: &str, name: Option<&str>) -> Result<(), CommandError> {
    let given = name.map(|name| GivenName::try_from(name.to_owned())).transpose()?;
    match FileStore::open(state_dir) {
        Ok(store) => {
            let stored = Stored::open(&store, None)?;
            let paired: Vec<_> = stored.pairings().map(|pairing| pairing.id.to_string()).collect();
            if !paired.iter().any(|known| known == id) {
                return Err(CommandError::UnknownController(id.to_owned()));
            }
            Names::load(Arc::new(store), names::CONTROLLERS).map_err(NameError::from)?.give(id, given, &paired)?;
        }
        Err(StoreError::Locked { .. }) => {
            let body = Rename { name: name.map(str::to_owned) };
            let renamed = Client::new(config)?.put::<Controller>(&["controllers", id], &body);
            renamed.map_err(|error| judge(error, id))?;
        }
        Err(error) => return Err(error.into()),
    }
    match name {
        Some(name) => writeln!(io::stdout(), "{id} is called {name}.")?,
        None => writeln!(io::stdout(), "{id} has no name any more.")?,
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
        Err(StoreError::Locked { .. }) => {
            Client::new(config)?.delete(&["controllers", id]).map_err(|error| judge(error, id))?;
        }
        Err(error) => return Err(error.into()),
    }
    writeln!(io::stdout(), "Removed {id}.")?;
    Ok(())
}

/// The daemon knows no such controller, or something else was wrong.
fn judge(error: ClientError, id: &str) -> CommandError {
    match error {
        ClientError::Refused { status: 404, .. } => CommandError::UnknownController(id.to_owned()),
        other => other.into(),
    }
}
