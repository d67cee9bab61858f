//! What doctor judges, gathered from the machine: nothing is taken or moved, and a running daemon is not disturbed.

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hap::discovery::{Expected, ask, networks};
use hap::store::FileStoreView;
use hap::{DeviceId, Stored};
use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};

use super::answers::Answers;
use super::configuration::TokenFile;
use super::network::{Interface, Route, routes};
use super::ports::{Holder, Listener, listeners};
use super::service::Daemon;
use super::state::{Directory, Place, User};
use super::wifi::{Wireless, names};
use super::wiring::Line;
use crate::api::{Status, Token};
use crate::cli::client::{Client, ClientError};
use crate::config::{Config, Pin};
use crate::{hardware, homekit};

/// How long answers of mDNS are awaited: the question goes out three times meanwhile, as a phone's does.
const PATIENCE: Duration = Duration::from_millis(4500);

/// Where the firmware keeps its settings, on today's systems and on older ones.
const CONFIG_TXT: [&str; 2] = ["/boot/firmware/config.txt", "/boot/config.txt"];

/// Bytes of a file of the system that are read: config.txt, and the tables of a machine with thousands of connections.
const TEXT: u64 = 4 * 1024 * 1024;

/// The text of a file; none where it cannot be read.
fn text(path: impl AsRef<Path>) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = fs::File::open(path) {
        // A part of it is better than nothing.
        let _ = file.take(TEXT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(super) fn firmware() -> String {
    CONFIG_TXT.iter().map(text).find(|text| !text.is_empty()).unwrap_or_default()
}

pub(super) fn line(pin: &Pin) -> Line {
    match hardware::check_line(pin) {
        Ok(()) => Line::Free,
        Err(error) if error.is_held_by_us() => Line::Ours,
        Err(error) => Line::Unusable(error.to_string()),
    }
}

/// Who runs this.
pub(super) fn user() -> User {
    account(rustix::process::geteuid().as_raw())
}

fn account(id: u32) -> User {
    let name = text("/etc/passwd").lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    });
    User { id, name: name.unwrap_or_else(|| id.to_string()) }
}

pub(super) fn token(config: &Config) -> Option<TokenFile> {
    let path = config.api.token_file.clone()?;
    let problem = Token::read(&path).err().map(|error| error.to_string());
    let mode = fs::metadata(&path).ok().map(|metadata| metadata.mode());
    Some(TokenFile { path, mode, problem })
}

/// What is at the path of the state directory, and the accessory's identity if it can be read.
pub(super) fn state(path: &Path) -> (Place, Option<DeviceId>) {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let parent = path.ancestors().skip(1).map(or_here).find(|parent| parent.exists());
            let can_be_made = parent.is_some_and(|parent| access(parent, Access::WRITE_OK).is_ok());
            return (Place::Absent { can_be_made }, None);
        }
        Err(error) => return (Place::Unreadable(error.to_string()), None),
    };
    if !metadata.is_dir() {
        return (Place::NotADirectory, None);
    }
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return (Place::Unreadable(error.to_string()), None),
    };
    let is_stray =
        |entry: &fs::DirEntry| entry.metadata().is_ok_and(|file| file.is_file() && file.uid() != metadata.uid());
    let strays = entries.flatten().filter(is_stray).map(|entry| entry.path()).collect();
    let disk = statvfs(path).ok();
    let stored = FileStoreView::open(path).map_err(|error| error.to_string());
    let stored = stored.and_then(|view| Stored::view(&view).map_err(|error| error.to_string()));
    let identity = stored.as_ref().ok().and_then(|stored| Some(*stored.as_ref()?.device_id()));
    let directory = Directory {
        mode: metadata.mode(),
        owner: account(metadata.uid()),
        strays,
        read_only: disk.as_ref().is_some_and(|disk| disk.f_flag.contains(StatVfsMountFlags::RDONLY)),
        free: disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        paired: stored.map(|stored| stored.map(|stored| stored.pairings().count())),
    };
    (Place::Directory(directory), identity)
}

/// The parent of a relative path of one step is the directory we are in.
fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// The process that has the state directory, by the file that it locks. Nobody takes the lock to find out: a daemon that
/// starts just now would be refused.
pub(super) fn holder_of(state_dir: &Path) -> Option<u32> {
    let pid: u32 = text(state_dir.join("lock")).trim().parse().ok()?;
    let is_ours = text(format!("/proc/{pid}/comm")).trim() == env!("CARGO_PKG_NAME");
    (is_ours && pid != std::process::id()).then_some(pid)
}

/// What listens on this machine.
pub(super) fn sockets() -> Vec<Listener> {
    ["/proc/net/tcp", "/proc/net/tcp6"].iter().flat_map(|path| listeners(&text(path))).collect()
}

/// Who has these sockets, as far as this user may see.
pub(super) fn holders(sockets: &[Listener]) -> Vec<Holder> {
    let mut holders = Vec::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        for descriptor in fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten() {
            let link = fs::read_link(descriptor.path()).unwrap_or_default();
            let inode = link.to_str().and_then(|link| link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
            if let Some(inode) = inode.filter(|inode| sockets.iter().any(|socket| socket.inode == *inode)) {
                let name = text(process.path().join("comm")).trim().to_owned();
                holders.push(Holder { inode, pid, name });
            }
        }
    }
    holders
}

pub(super) fn wireless() -> Vec<Wireless> {
    names(Path::new("/sys/class/net")).iter().map(|name| Wireless::look(name)).collect()
}

pub(super) fn interfaces(config: &Config) -> (Vec<Interface>, Vec<Route>) {
    let found = networks(&chosen(config)).into_iter();
    let interfaces =
        found.map(|it| Interface { name: it.name, addresses: it.addresses, skipped: it.skipped }).collect();
    (interfaces, routes(&text("/proc/net/route")))
}

/// Asks the network for the accessory of this identity, as a phone would.
pub(super) fn answers(config: &Config, identity: DeviceId) -> Option<Answers> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().ok()?;
    let expected = |port| Expected::new(homekit::name(config), identity, port);
    let port = config.homekit.bind.port();
    let asked = runtime.block_on(ask(&chosen(config), Some(&expected(port)), PATIENCE));
    // Any free port may be the daemon's: its answer tells which.
    let own = asked.answers.iter().find(|answer| answer.here && answer.device_id() == Some(identity));
    let port = if port == 0 { own.and_then(|answer| answer.port).unwrap_or(0) } else { port };
    Some(Answers::new(&asked, &expected(port)))
}

fn chosen(config: &Config) -> Vec<String> {
    config.homekit.interfaces.iter().flatten().map(|name| name.as_str().to_owned()).collect()
}

/// What the daemon says of itself; none where this program was built without the local API, by which it is asked.
pub(super) fn daemon(config: &Config) -> Option<Daemon> {
    if !cfg!(feature = "api") {
        return None;
    }
    let client = match Client::new(config) {
        Ok(client) => client,
        Err(error) => return Some(Daemon::Odd(error.to_string())),
    };
    Some(match client.get::<Status>(&["status"]) {
        Ok(status) => {
            Daemon::Answers { version: status.version, uptime_s: status.uptime_s, health: client.get(&["health"]).ok() }
        }
        Err(ClientError::NoDaemon { .. }) => Daemon::Silent,
        Err(error) => Daemon::Odd(error.to_string()),
    })
}

/// Whether a time server has answered since the start, where systemd asks for the time; if it does, it says so here.
pub(super) fn time_is_confirmed() -> Option<bool> {
    let directory = Path::new("/run/systemd/timesync");
    directory.is_dir().then(|| directory.join("synchronized").exists())
}

/// When the program's file was written.
pub(super) fn installed() -> Option<std::time::SystemTime> {
    fs::metadata(std::env::current_exe().ok()?).ok()?.modified().ok()
}

/// The state directory's path, made whole, so that a mend can be pasted anywhere.
pub(super) fn whole(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
