//! `portcullis backup` and `restore`

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hap::discovery::{Expected, ask};
use hap::store::FileStoreView;
use hap::{DeviceId, Stored};

use super::error::CommandError;
use super::{Backup, Restore, confirmed, print_json};
use crate::backup::{self, Archive, Configuration};
use crate::config::{self, Config};
use crate::counted::counted;
use crate::homekit;

/// Bytes of a backup that are read: more than any has.
const MOST: u64 = 64 * 1024 * 1024;

/// How long another copy has to answer: twice asked, as by a phone.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Writes the state into a file, also while the daemon runs. `named` is the configuration that the command line names.
pub(super) fn back_up(
    config: &Config,
    named: Option<&Path>,
    state_dir: &Path,
    options: &Backup,
) -> Result<(), CommandError> {
    let archive = Archive::of(state_dir, homekit::name(config), configuration(named))?;
    let bytes = archive.to_bytes()?;
    let mut out = io::stdout().lock();
    if options.file == Path::new("-") {
        out.write_all(&bytes)?;
        return Ok(out.flush()?);
    }
    // What cannot be read back is no backup.
    Archive::parse(&bytes)?;
    write(&options.file, &bytes).map_err(|source| CommandError::File { path: options.file.clone(), source })?;
    if options.json.json {
        return print_json(&summary(&archive));
    }
    writeln!(out, "{} holds {}.", options.file.display(), about(&archive))?;
    writeln!(out, "Whoever has this file can pretend to be this gate: keep it where nobody else reads it.")?;
    writeln!(out, "Never run two copies of one accessory: before you restore it elsewhere, switch this one off.")?;
    Ok(())
}

/// Puts a backup in the place of the state.
pub(super) fn restore(config: &Config, state_dir: &Path, options: &Restore) -> Result<(), CommandError> {
    let archive = read(&options.file)?;
    backup::expect_no_daemon(state_dir)?;
    let mut out = io::stdout().lock();
    let tells = !options.json.json;
    if tells {
        writeln!(out, "{} holds {}.", options.file.display(), about(&archive))?;
    }
    if config.homekit.advertise
        && let Some(from) = another_copy(config, &archive)
    {
        writeln!(io::stderr(), "portcullis: {from} answers as this very accessory: switch that one off for good.")?;
    }
    let replaced = current(state_dir);
    if !options.yes && replaced.is_some() {
        let question = format!(
            "It takes the place of {} in {}, which is kept beside it.\nType \"restore\" to go on: ",
            replaced.unwrap_or_default(),
            state_dir.display()
        );
        // The question is for people, the answer on standard output for whoever asked for JSON.
        if !confirmed(&question, "restore", tells)? {
            return Err(CommandError::Declined);
        }
    }
    let written = options.write_config.as_deref().map(|path| write_configuration(path, &archive)).transpose()?;
    let kept = backup::replace(state_dir, &archive)?.then(|| backup::kept(state_dir));
    if !tells {
        return print_json(&summary(&archive));
    }
    writeln!(out, "Restored into {}. Rooms, names and automations go on as they were.", state_dir.display())?;
    if let Some(kept) = kept {
        writeln!(out, "What was there before is in {}.", kept.display())?;
    }
    match (&archive.configuration, written) {
        (_, Some(path)) => writeln!(out, "The configuration is in {}.", path.display())?,
        (Some(configuration), None) => writeln!(
            out,
            "The backup also holds the configuration that was in {}: --write-config FILE writes it.",
            configuration.path
        )?,
        (None, None) => {}
    }
    writeln!(out, "Never run two copies: the computer that this backup comes from ({}) must stay off.", archive.host)?;
    writeln!(out, "Next: sudo systemctl start portcullis, or portcullis run")?;
    Ok(())
}

/// The configuration's file, if there is one.
fn configuration(named: Option<&Path>) -> Option<Configuration> {
    let path = named.map_or_else(|| PathBuf::from(config::DEFAULT_FILE), Path::to_owned);
    // It was read a moment ago, within its bounds.
    let text = fs::read_to_string(&path).ok()?;
    let path = std::path::absolute(&path).unwrap_or(path);
    Some(Configuration { path: path.display().to_string(), text })
}

fn about(archive: &Archive) -> String {
    let Archive { accessory, made_at, host, .. } = archive;
    let backup::Accessory { name, device_id, controllers } = accessory;
    format!(
        "{name:?} ({device_id}), paired with {}, as it was on {host} at {}",
        counted(*controllers, "controller"),
        made_at.to_the_second()
    )
}

fn summary(archive: &Archive) -> serde_json::Value {
    serde_json::json!({
        "accessory": archive.accessory,
        "made_at": archive.made_at,
        "host": archive.host,
        "version": archive.version,
        "configuration": archive.configuration.as_ref().map(|it| &it.path),
    })
}

/// The accessory that is there now, in words.
fn current(state_dir: &Path) -> Option<String> {
    let view = FileStoreView::open(state_dir).ok()?;
    Some(match Stored::view(&view) {
        Ok(None) => return None,
        Ok(Some(stored)) => format!("the accessory {} with {} paired", stored.device_id(), stored.pairings().count()),
        Err(_) => "a state that does not read".to_owned(),
    })
}

/// Who answers already as the accessory of the backup, if anybody does.
fn another_copy(config: &Config, archive: &Archive) -> Option<std::net::IpAddr> {
    let identity: DeviceId = archive.accessory.device_id.parse().ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().ok()?;
    let expected = Expected::new(&archive.accessory.name, identity, config.homekit.bind.port());
    let chosen: Vec<_> = config.homekit.interfaces.iter().flatten().map(|name| name.as_str().to_owned()).collect();
    let asked = runtime.block_on(ask(&chosen, Some(&expected), PATIENCE));
    asked.answers.iter().find(|answer| answer.device_id() == Some(identity)).map(|answer| answer.from)
}

fn read(path: &Path) -> Result<Archive, CommandError> {
    let failed = |source| CommandError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(MOST).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes)).map_err(failed)?;
    }
    Archive::parse(&bytes).map_err(|reason| CommandError::NoBackup { path: path.to_owned(), reason })
}

/// Writes a backup, whole or not at all, for this user alone. Only another backup gives way to it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => {
            let mut start = Vec::new();
            file.take(18).read_to_end(&mut start)?;
            if start != b"portcullis-backup " {
                return Err(io::Error::new(ErrorKind::AlreadyExists, "something else is there: choose another name"));
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&partial, path)) {
        // On a full disk, half a file would only be in the way.
        let _ = fs::remove_file(&partial);
        return Err(error);
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

/// Writes the configuration into a file that is not there yet.
fn write_configuration(path: &Path, archive: &Archive) -> Result<PathBuf, CommandError> {
    let failed = |source| CommandError::File { path: path.to_owned(), source };
    let none = || failed(io::Error::new(ErrorKind::NotFound, "the backup holds no configuration"));
    let configuration = archive.configuration.as_ref().ok_or_else(none)?;
    // It may hold the setup code.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(configuration.text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(path.to_owned())
}
