//! `portcullis.toml`: every key, its default and its bounds.
//!
//! What is read is right: a [`Config`] holds no pin twice, no name that HomeKit refuses, nothing out
//! of bounds. What is wrong stops the start with the line, the key and what is allowed.

pub(crate) mod state_dir;

mod check;
mod error;
mod gate;
mod name;
mod webhook;
mod wiring;

use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use hap::SetupCode;
use serde::{Deserialize, Deserializer};

use crate::duration::Bounded;
use crate::gate::Settings;

pub(crate) use error::ConfigError;
pub(crate) use gate::{AccessoryKind, Extra, Gate};
pub(crate) use name::{InterfaceName, Name};
pub(crate) use webhook::{Webhook, WebhookEvent};
pub(crate) use wiring::{Active, InputLine, Level, Pin, Pull, Relay};

/// Where the configuration is when nobody says where.
pub(crate) const DEFAULT_FILE: &str = "/etc/portcullis/portcullis.toml";

/// The bounds of a configuration file.
mod limits {
    /// A configuration of every key and its comments has 4 KiB. Anything much larger is another file.
    pub(super) const FILE_BYTES: usize = 64 * 1024;
    /// A Raspberry Pi's header has 28 lines, and a gate has a relay and two switches.
    pub(super) const GATES: usize = 8;
    /// Wired, wireless and a few virtual ones.
    pub(super) const INTERFACES: usize = 16;
    /// Each has a thread.
    pub(super) const WEBHOOKS: usize = 8;
    /// More names than any machine has.
    pub(super) const HOST_NAMES: usize = 16;
}

/// The whole configuration. Its default is one simulated gate named "Gate".
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The form of the file.
    pub version: Version,
    /// Where the pairings are kept. See [`state_dir::resolve`] for when it is absent.
    pub state_dir: Option<PathBuf>,
    /// How the accessory shows itself to HomeKit.
    pub homekit: HomeKit,
    /// The local API.
    pub api: Api,
    /// A LED that shows that the daemon runs, and blinks when a controller asks which one this is.
    pub status_led: Option<Relay>,
    /// The gates, at least one. A file without any has the one of the default.
    #[serde(rename = "gate")]
    pub gates: Vec<Gate>,
    /// Who else is told of what happens.
    #[serde(rename = "webhook")]
    pub webhooks: Vec<Webhook>,
}

impl Config {
    /// The configuration for the daemon: the file the user names, else [`DEFAULT_FILE`] when it
    /// exists, else the default.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self, ConfigError> {
        let default = Path::new(DEFAULT_FILE);
        match named {
            Some(path) => Self::load(path),
            None if default.exists() => Self::load(default),
            None => Ok(Self::default()),
        }
    }

    /// Reads the file at `path`.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { file: path.display().to_string(), source };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(limits::FILE_BYTES as u64 + 1).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        let file = path.display().to_string();
        if bytes.len() > limits::FILE_BYTES {
            return Err(ConfigError::TooLarge { file, max_kib: limits::FILE_BYTES / 1024 });
        }
        let text = String::from_utf8(bytes).map_err(|error| ConfigError::not_utf8(&file, &error))?;
        Self::parse(&text, &file)
    }

    /// Reads `text`; `file` is what errors call it.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        let wrong = |error: toml::de::Error| ConfigError::at_span(&error, text, file);
        // Before anything else: a newer form may differ in all but this.
        let WithVersion { version: _ } = toml::from_str(text).map_err(wrong)?;
        let config: Self = toml::from_str(text).map_err(wrong)?;
        check::check(&config).map_err(|finding| finding.locate(text, file))?;
        Ok(config)
    }

    /// How the model of `gate`, which is one of ours, behaves.
    pub(crate) fn settings(&self, gate: &Gate) -> Settings {
        let mut settings = gate.settings();
        if self.webhooks.iter().any(|webhook| webhook.events.contains(&WebhookEvent::LeftOpen)) {
            settings.left_open_after = Some(gate.left_open_after);
        }
        settings
    }

    /// What is allowed but will surprise, a sentence each, for the log at start.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.gates.iter().filter_map(Gate::warning).collect()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            version: Version::default(),
            state_dir: None,
            homekit: HomeKit::default(),
            api: Api::default(),
            status_led: None,
            gates: vec![Gate::simulated()],
            webhooks: Vec::new(),
        }
    }
}

/// The form of a configuration file. There has been one so far; a file without the key has it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(try_from = "i64")]
pub(crate) enum Version {
    /// The first.
    #[default]
    One,
}

impl TryFrom<i64> for Version {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        match number {
            1 => Ok(Self::One),
            2.. => Err(format!("{number} is for a newer portcullis: update it, or write the file for version 1")),
            _ => Err(format!("{number} never was: write 1, or leave the key out")),
        }
    }
}

/// As much of a file as every form has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct WithVersion {
    version: Version,
}

/// `[homekit]`
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HomeKit {
    /// The bridge's name. With one gate, the gate's own name is advertised.
    pub name: Name,
    /// Where HomeKit connects.
    #[serde(deserialize_with = "socket_address")]
    pub bind: SocketAddr,
    /// Random at first start when absent.
    #[serde(deserialize_with = "setup_code")]
    pub setup_code: Option<SetupCode>,
    /// The interfaces mDNS speaks on; all when absent, and never an empty list.
    pub interfaces: Option<Vec<InterfaceName>>,
    /// Whether mDNS announces the accessory.
    pub advertise: bool,
}

impl Default for HomeKit {
    fn default() -> Self {
        Self {
            name: Name::portcullis(),
            bind: SocketAddr::from((Ipv6Addr::UNSPECIFIED, 51826)),
            setup_code: None,
            interfaces: None,
            advertise: true,
        }
    }
}

/// How long controllers may be silent. Even connected ones say something only when somebody looks; a home without a hub
/// is silent for a night.
pub(crate) type Silence = Bounded<60_000, 604_800_000>;

/// `[api]`
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Api {
    /// Where the local API listens. Anything but loopback has a token file.
    #[serde(deserialize_with = "socket_address")]
    pub listen: SocketAddr,
    /// The file that holds the token which requests must carry.
    pub token_file: Option<PathBuf>,
    /// Names under which it may be asked for, beside those of this machine.
    pub host_names: Vec<String>,
    /// How long controllers may be silent before the health says so.
    pub controller_seen_within: Silence,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            token_file: None,
            host_names: Vec::new(),
            controller_seen_within: Silence::millis::<86_400_000>(),
        }
    }
}

/// A socket address whose refusal shows how one is written.
fn socket_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format_args!(
            "{text:?} is not an address and a port: write it like \"127.0.0.1:5000\" or \"[::]:51826\""
        ))
    })
}

/// A setup code; what is wrong with one is said without repeating it, because an error ends in a log.
fn setup_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SetupCode>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests;
