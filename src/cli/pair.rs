//! What `portcullis pair` and a daemon's first start show.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use hap::Stored;
use hap::store::{FileStore, FileStoreView};
use serde::Serialize;

use super::error::CommandError;
use super::print_json;
use crate::config::Config;
use crate::counted::counted;
use crate::homekit;
use crate::qr::{Medium, Qr, TooLong};

/// `portcullis pair`: what is stored, or, before the first start, what the daemon will start with.
pub(super) fn run(config: &Config, state_dir: &Path, options: &super::Pair) -> Result<(), CommandError> {
    let stored = match view(state_dir)? {
        Some(stored) => stored,
        None => Stored::open(&FileStore::open(state_dir)?, config.homekit.setup_code.clone())?,
    };
    let sheet = PairingSheet::of_stored(homekit::name(config), homekit::category(config), &stored);
    let written = |path: &Path, bytes: Vec<u8>| {
        fs::write(path, bytes).map_err(|source| CommandError::File { path: path.to_owned(), source })
    };
    if let Some(path) = &options.svg {
        written(path, Qr::new(&sheet.setup_payload)?.to_svg().into_bytes())?;
    }
    if let Some(path) = &options.png {
        let bytes = Qr::new(&sheet.setup_payload)?.to_png();
        written(path, bytes.map_err(|source| CommandError::File { path: path.to_owned(), source })?)?;
    }
    if options.json.json {
        return print_json(&sheet);
    }
    let mut out = io::stdout().lock();
    let medium = if out.is_terminal() { Medium::Terminal } else { Medium::Plain };
    Ok(write!(out, "{}", sheet.to_text(medium)?)?)
}

/// What is stored, also while the daemon runs; `None` before the first start.
pub(super) fn view(state_dir: &Path) -> Result<Option<Stored>, CommandError> {
    if !state_dir.exists() {
        return Ok(None);
    }
    Ok(Stored::view(&FileStoreView::open(state_dir)?)?)
}

/// All that a person needs to pair.
#[derive(Clone, Serialize)]
pub(crate) struct PairingSheet {
    /// The accessory's name, as Home lists it.
    pub name: String,
    /// The id by which controllers know it.
    pub device_id: String,
    /// The setup code with its dashes.
    pub setup_code: String,
    /// The `X-HM://` payload (HAP §2.3).
    pub setup_payload: String,
    /// Whether a controller is paired, which hides the accessory from others.
    pub paired: bool,
    /// How many controllers are.
    pub controllers: usize,
}

impl PairingSheet {
    /// The sheet of a running server.
    pub(crate) fn of_handle(name: &str, handle: &hap::Handle) -> Self {
        Self {
            name: name.to_owned(),
            device_id: handle.device_id().to_string(),
            setup_code: handle.setup_code().to_string(),
            setup_payload: handle.setup_payload(),
            paired: handle.is_paired(),
            controllers: handle.pairings().len(),
        }
    }

    /// The sheet of what is stored, whether or not a server runs.
    pub(crate) fn of_stored(name: &str, category: hap::Category, stored: &Stored) -> Self {
        Self {
            name: name.to_owned(),
            device_id: stored.device_id().to_string(),
            setup_code: stored.setup_code().to_string(),
            setup_payload: stored.setup_payload(category),
            paired: stored.is_paired(),
            controllers: stored.pairings().count(),
        }
    }

    /// The sheet for people.
    pub(crate) fn to_text(&self, medium: Medium) -> Result<String, TooLong> {
        let Self { name, setup_code, setup_payload, controllers, .. } = self;
        if self.paired {
            let controllers = counted(*controllers, "controller");
            return Ok(format!(
                "\"{name}\" is paired with {controllers}.\n\
                 Another person is invited in Home by its owner. To pair anew, remove the accessory\n\
                 in Home; if no phone can, run: portcullis reset\n\n\
                 Setup code  {setup_code}\n\
                 Payload     {setup_payload}\n"
            ));
        }
        let qr = Qr::new(setup_payload)?.to_text(medium);
        Ok(format!(
            "{qr}\n\
             Setup code  {setup_code}\n\
             Payload     {setup_payload}\n\n\
             In Home: Add Accessory, then scan the code, or choose \"{name}\" from the list and type it.\n"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(controllers: usize) -> PairingSheet {
        PairingSheet {
            name: "Gate".to_owned(),
            device_id: "1A:2B:3C:4D:5E:6F".to_owned(),
            setup_code: "031-45-154".to_owned(),
            setup_payload: "X-HM://0042JX0W2ABCD".to_owned(),
            paired: controllers > 0,
            controllers,
        }
    }

    #[test]
    fn an_unpaired_accessory_shows_its_code_three_ways() {
        let text = sheet(0).to_text(Medium::Plain).unwrap();
        assert!(text.contains('█'));
        assert!(text.contains("Setup code  031-45-154\n"));
        assert!(text.contains("Payload     X-HM://0042JX0W2ABCD\n"));
    }

    #[test]
    fn a_paired_accessory_says_so_and_shows_no_code_to_scan() {
        let text = sheet(2).to_text(Medium::Terminal).unwrap();
        assert!(text.starts_with("\"Gate\" is paired with 2 controllers."));
        assert!(!text.contains('█'));
        assert!(sheet(1).to_text(Medium::Plain).unwrap().contains("with 1 controller."));
    }

    #[test]
    fn json_holds_every_field() {
        assert_eq!(
            serde_json::to_value(sheet(1)).unwrap(),
            serde_json::json!({
                "name": "Gate",
                "device_id": "1A:2B:3C:4D:5E:6F",
                "setup_code": "031-45-154",
                "setup_payload": "X-HM://0042JX0W2ABCD",
                "paired": true,
                "controllers": 1,
            })
        );
    }
}
