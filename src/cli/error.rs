//! Why a command failed, in one line, and the exit code that says whose turn it is.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use hap::StartError;
use hap::store::StoreError;
use thiserror::Error;

use super::client::ClientError;
use crate::api::TokenError;
use crate::backup::BackupError;
use crate::config::ConfigError;
use crate::config::state_dir::NoStateDir;
use crate::counted::counted;
use crate::daemon::DaemonError;
use crate::document::DocumentError;
use crate::hardware::HardwareError;
use crate::history::HistoryError;
use crate::names::NameError;
use crate::qr::TooLong;

/// Why a command failed.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    /// The configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Nothing says where the state is.
    #[error(transparent)]
    StateDir(#[from] NoStateDir),
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the state directory holds.
    #[error(transparent)]
    State(#[from] StartError),
    /// A document of it.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The daemon.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The keeper, in its own process.
    #[error("the keeper: {0}")]
    Keeper(io::Error),
    /// A relay or sensor.
    #[error(transparent)]
    Hardware(#[from] HardwareError),
    /// Outputs that may be on; all others were let go.
    #[error("{}", problems.join("\nportcullis: "))]
    NotReleased {
        /// What is wrong with each, or with the configuration.
        problems: Vec<String>,
        /// Whether the configuration is among them.
        is_config: bool,
    },
    /// The token of the local API.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The running daemon, or that there is none.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The gate's own rules.
    #[error("{0}")]
    GateRefused(String),
    /// The history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A controller's name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No gate, or more than one, was meant.
    #[error("which gate? There is {0}")]
    WhichGate(String),
    /// No controller of that id.
    #[error("no controller {0:?} is paired; list them with: portcullis controllers")]
    UnknownController(String),
    /// A file that was to be written.
    #[error("{}: cannot be written: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What doctor found.
    #[error("{}", found(*count, "problem"))]
    Problems {
        /// How many.
        count: usize,
    },
    /// What doctor found, and nothing worse.
    #[error("{}", found(*count, "warning"))]
    Warnings {
        /// How many.
        count: usize,
    },
    /// A backup cannot be made or restored.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A file that was to be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file that is no good backup.
    #[error("{}: {reason}", path.display())]
    NoBackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: BackupError,
    },
    /// Standard input, or a line of the hardware.
    #[error("cannot read: {0}")]
    Input(io::Error),
    /// Nothing secret can be made.
    #[error(
        "this system gives no random numbers, and without them there are no keys: {0}; in a directory made the root by chroot, \
         mount or make /dev/urandom"
    )]
    NoRandomness(getrandom::Error),
    /// Asked, and not told yes.
    #[error("nothing was changed")]
    Declined,
    /// The setup payload does not fit a QR code.
    #[error("the setup payload is {0}")]
    Qr(#[from] TooLong),
    /// Standard output.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// 1: it failed. 2: the command line or the configuration is wrong. 3: no daemon answers. 4: the gate refused. 5: there
    /// are warnings.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Config(_)
            | Self::NotReleased { is_config: true, .. }
            | Self::StateDir(_)
            | Self::WhichGate(_)
            | Self::UnknownController(_)
            | Self::Name(NameError::Unfit) => 2,
            Self::Client(ClientError::NoDaemon { .. }) => 3,
            Self::GateRefused(_) => 4,
            Self::Warnings { .. } => 5,
            _ => 1,
        })
    }
}

fn found(count: usize, noun: &str) -> String {
    format!("{} found: see above", counted(count, noun))
}
