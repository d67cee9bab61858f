//! `portcullis run`: wires the gates, HomeKit and the local API together, until it is told to stop.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hap::store::{FileStore, StoreError};
use hap::{Server, StartError};
use log::{info, warn};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use crate::api::{self, Api, TokenError};
use crate::cli::pair::PairingSheet;
use crate::cli::qr::Medium;
use crate::config::{self, Config, UnsupportedOpener};
use crate::hardware::{HardwareError, Relay};
use crate::homekit::{self, Presentation};
use crate::live_gate::LiveGate;

/// Why the daemon cannot start or go on.
#[derive(Debug, Error)]
pub(crate) enum DaemonError {
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// HomeKit.
    #[error(transparent)]
    HomeKit(#[from] StartError),
    /// A relay or sensor.
    #[error(transparent)]
    Hardware(#[from] HardwareError),
    /// An opener that this build cannot work.
    #[error(transparent)]
    Opener(#[from] UnsupportedOpener),
    /// An extra accessory that this build does not have.
    #[error("gate {gate:?}: this build has no extra accessories yet: take `extras` out")]
    Extras {
        /// The gate.
        gate: String,
    },
    /// The local API's token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The local API's address.
    #[error("the local API cannot listen on {address}: {source}; set [api] listen to another address")]
    Api {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system refuses something that every process may have.
    #[error("the system refuses {what}: {source}")]
    System {
        /// What it refuses.
        what: &'static str,
        /// What it says.
        source: io::Error,
    },
}

/// Runs until SIGTERM or Ctrl-C.
pub(crate) fn run(config: &Config, state_dir: &Path) -> Result<(), DaemonError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|source| DaemonError::System { what: "an event loop", source })?;
    runtime.block_on(serve(config, state_dir))
}

async fn serve(config: &Config, state_dir: &Path) -> Result<(), DaemonError> {
    let signals = |kind| signal(kind).map_err(|source| DaemonError::System { what: "a signal handler", source });
    let (mut terminate, mut interrupt) = (signals(SignalKind::terminate())?, signals(SignalKind::interrupt())?);
    for warning in config.warnings() {
        warn!("{warning}");
    }
    // First of all: it says whether another daemon runs the same gates.
    let store = FileStore::open(state_dir)?;
    let runtime = Handle::current();
    let gates = config.gates.iter().map(|gate| open(gate, state_dir, &runtime)).collect::<Result<Vec<_>, _>>()?;
    let address = config.api.listen;
    let token = config.api.token_file.as_deref().map(api::Token::read).transpose()?;
    let listener = TcpListener::bind(address).await.map_err(|source| DaemonError::Api { address, source })?;
    let server = start(config, &gates, store, &runtime).await?;
    let handle = server.handle();
    let api = Api::new(gates.clone(), handle.clone(), token);
    let face = Face { config, state_dir, listener: &listener, handle: &handle };
    if let Err(error) = face.print() {
        // The gate must work also when nobody reads what it prints.
        warn!("cannot print: {error}");
    }
    let ticking = gates.iter().map(|gate| {
        let gate = Arc::clone(gate);
        tokio::spawn(async move { gate.run().await })
    });
    let ticking: Vec<_> = ticking.collect();
    let local = tokio::spawn(api::serve(listener, api));
    let stopped = async {
        let why = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "Ctrl-C",
        };
        info!("{why}: stopping");
        // Before anything that may take time: nobody may hold the button.
        for gate in &gates {
            gate.release();
        }
        handle.stop();
    };
    tokio::join!(server.run(), stopped);
    local.abort();
    for task in ticking {
        task.abort();
    }
    info!("stopped");
    Ok(())
}

fn open(gate: &config::Gate, state_dir: &Path, runtime: &Handle) -> Result<Arc<LiveGate>, DaemonError> {
    if !gate.extras.is_empty() {
        return Err(DaemonError::Extras { gate: gate.name.to_string() });
    }
    let relay = Relay::open(gate, state_dir, runtime)?;
    Ok(LiveGate::new(gate.name.as_str(), gate.settings()?, relay))
}

async fn start(
    config: &Config,
    gates: &[Arc<LiveGate>],
    store: FileStore,
    runtime: &Handle,
) -> Result<Server, DaemonError> {
    let Presentation { primary, bridged } = homekit::present(config, gates, runtime);
    let mut builder =
        Server::builder(primary).store(store).bind(config.homekit.bind).advertise(config.homekit.advertise);
    for accessory in bridged {
        builder = builder.bridge(accessory);
    }
    if let Some(code) = &config.homekit.setup_code {
        builder = builder.setup_code(code.clone());
    }
    if let Some(interfaces) = &config.homekit.interfaces {
        builder = builder.interfaces(interfaces.iter().map(|name| name.as_str().to_owned()).collect());
    }
    Ok(builder.start().await?)
}

/// What a person sees at the start.
struct Face<'a> {
    config: &'a Config,
    state_dir: &'a Path,
    listener: &'a TcpListener,
    handle: &'a hap::Handle,
}

impl Face<'_> {
    fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "Portcullis {}", env!("CARGO_PKG_VERSION"))?;
        for gate in &self.config.gates {
            match &gate.relay {
                config::Relay::Simulated { trace } => {
                    write!(out, "  gate {:?}: simulated, nothing real moves", gate.name.as_str())?;
                    match trace {
                        Some(trace) => writeln!(out, "; its relay's edges go to {}", self.trace(trace).display())?,
                        None => writeln!(out)?,
                    }
                }
                _ => writeln!(out, "  gate {:?}", gate.name.as_str())?,
            }
        }
        writeln!(out, "  HomeKit    {}", self.handle.address())?;
        if let Ok(address) = self.listener.local_addr() {
            writeln!(out, "  local API  http://{address}")?;
        }
        writeln!(out, "  state      {}", self.state_dir.display())?;
        writeln!(out)?;
        let sheet = PairingSheet::of_handle(homekit::name(self.config), self.handle);
        let medium = if out.is_terminal() { Medium::Terminal } else { Medium::Plain };
        // The payload has 20 characters, which every QR code holds.
        write!(out, "{}", sheet.to_text(medium).unwrap_or_default())?;
        out.flush()
    }

    fn trace(&self, trace: &Path) -> PathBuf {
        self.state_dir.join(trace)
    }
}
