//! `portcullis run`: wires the gates, HomeKit and the local API together, until it is told to stop.

mod face;
mod fitting;
mod service_manager;

use std::io;
#[cfg(feature = "api")]
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hap::store::{FileStore, Store, StoreError};
use hap::{Server, StartError};
use log::{error, info, warn};
use thiserror::Error;
#[cfg(feature = "api")]
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use self::face::Face;
use self::fitting::Fitting;
use self::service_manager::ServiceManager;
#[cfg(feature = "api")]
use crate::api::{self, Api, Parts, TokenError};
use crate::config::Config;
use crate::counted::counted;
use crate::document::DocumentError;
use crate::driven::Driven;
use crate::hardware::{self, HardwareError};
use crate::history::{History, HistoryError, Line, Stamp, What};
use crate::homekit::{self, Ground, Presentation};
use crate::live_gate::Books;
use crate::memory::Memory;
use crate::names::{self, Names};
use crate::standstill::Standstill;
#[cfg(feature = "webhooks")]
use crate::webhooks;

/// Why the daemon cannot start or go on.
#[derive(Debug, Error)]
pub(crate) enum DaemonError {
    /// The state directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the state directory holds.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// HomeKit.
    #[error(transparent)]
    HomeKit(#[from] StartError),
    /// A relay or sensor.
    #[error(transparent)]
    Hardware(#[from] HardwareError),
    /// The history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The local API's token.
    #[cfg(feature = "api")]
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The local API's metrics.
    #[cfg(feature = "api")]
    #[error("the local API's metrics: {0}")]
    Metrics(#[from] api::MetricsError),
    /// A webhook.
    #[cfg(feature = "webhooks")]
    #[error(transparent)]
    Webhook(#[from] webhooks::WebhookError),
    /// The local API's address.
    #[cfg(feature = "api")]
    #[error("the local API cannot listen on {address}: {source}; set [api] listen to another address")]
    Api {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A part of the daemon is gone.
    #[error("a part of the daemon {0}, and without it the gates are not to be trusted: please report this")]
    Part(&'static str),
    /// The system refuses something that every process may have.
    #[error("the system refuses {what}: {source}")]
    System {
        /// What it refuses.
        what: &'static str,
        /// What it says.
        source: io::Error,
    },
}

/// Runs until SIGTERM, SIGHUP or Ctrl-C.
pub(crate) fn run(config: &Config, state_dir: &Path) -> Result<(), DaemonError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|source| DaemonError::System { what: "an event loop", source })?;
    let manager = ServiceManager::find(|name| std::env::var_os(name));
    let ended = runtime.block_on(serve(config, state_dir, &manager));
    if let Err(error) = &ended {
        manager.status(&error.to_string());
    }
    ended
}

async fn serve(config: &Config, state_dir: &Path, manager: &ServiceManager) -> Result<(), DaemonError> {
    let signals = |kind| signal(kind).map_err(|source| DaemonError::System { what: "a signal handler", source });
    let (mut terminate, mut interrupt) = (signals(SignalKind::terminate())?, signals(SignalKind::interrupt())?);
    let mut hangup = signals(SignalKind::hangup())?;
    let standstill = Standstill::watch().map_err(|source| DaemonError::System { what: "a signal handler", source })?;
    let standstill = Arc::new(standstill);
    for warning in config.warnings() {
        warn!("{warning}");
    }
    // First of all: it says whether another daemon runs the same gates.
    let store: Arc<dyn Store> = Arc::new(FileStore::open(state_dir)?);
    let books = open_books(config, &store, state_dir)?;
    let runtime = Handle::current();
    manager.status("taking the relays, and reading the sensors");
    // Dropped after what it tells of, whichever way this returns.
    let mut driven = Driven::take_over(Arc::clone(&store), config, &hardware::outputs(config, state_dir))?;
    // The sensors are read before anybody can ask for the state.
    let mut fitting = Fitting::new(config, state_dir, &books, &runtime, Arc::clone(&standstill)).await?;
    driven.held();
    #[cfg(feature = "api")]
    let (listener, token) = listen(&config.api).await?;
    // A gate refuses to press so soon after a pulse that an earlier daemon may have given; nobody needs to see that.
    if let Some(rested) = fitting.gates.iter().map(|gate| gate.rests_until()).max() {
        tokio::time::sleep_until(rested.into()).await;
    }
    let server = start(config, &fitting, &store, &runtime, &standstill).await?;
    let handle = server.handle();
    let gates = fitting.gates.clone();
    #[cfg(feature = "api")]
    let api = {
        let (gates, homekit, history) = (gates.clone(), handle.clone(), Arc::clone(&books.history));
        let (names, state_dir) = (Arc::clone(&books.names), state_dir.to_owned());
        let standstill = Arc::clone(&standstill);
        Api::new(config, Parts { gates, homekit, history, names, state_dir, token, standstill })?
    };
    #[cfg(feature = "webhooks")]
    webhooks::start(&config.webhooks, &gates, &books.history, state_dir)?;
    books.history.write(Line::new(
        Stamp::of(Instant::now()),
        None,
        What::Started { version: env!("CARGO_PKG_VERSION").to_owned() },
    ));
    let face = Face {
        config,
        state_dir,
        #[cfg(feature = "api")]
        listener: &listener,
        handle: &handle,
    };
    if let Err(error) = face.print() {
        // The gate must work also when nobody reads what it prints.
        warn!("cannot print: {error}");
    }
    let mut tasks = fitting.start();
    tasks.spawn(Arc::clone(&standstill).run());
    tasks.spawn(Arc::clone(&books.memory).run());
    let health = fitting.health();
    let status = || status(gates.len(), &handle);
    let check = || {
        // It is due anyway, and the sooner a sleep is found out the fewer are refused for it.
        standstill.last();
        health.check()
    };
    manager.ready(&status());
    #[cfg(not(feature = "api"))]
    let status = move |_| status();
    // The watchdog wakes the daemon anyway: then the log may as well say what is not well, though nobody asks.
    #[cfg(feature = "api")]
    let status = {
        let api = Arc::clone(&api);
        move |late| api.unwell(late).map_or_else(status, |unwell| format!("{}; {unwell}", status()))
    };
    #[cfg(feature = "api")]
    tasks.spawn(api::serve(listener, api));
    let stopped = async {
        let ended = tokio::select! {
            _ = terminate.recv() => Ok("SIGTERM"),
            _ = interrupt.recv() => Ok("Ctrl-C"),
            // The terminal is gone. The configuration is read at a start only.
            _ = hangup.recv() => Ok("SIGHUP"),
            ended = first_end(&mut tasks) => Err(ended),
            never = manager.feed(check, status) => match never {},
        };
        // Before anything that may take time: nobody may hold the button, and nobody may press it any more.
        for gate in &gates {
            gate.leave();
        }
        match &ended {
            Ok(why) => info!("{why}: stopping"),
            Err(error) => error!("{error}: stopping"),
        }
        manager.stopping();
        handle.stop();
        ended
    };
    let ((), ended) = tokio::join!(server.run(), stopped);
    tasks.abort_all();
    drop(fitting);
    drop(driven);
    books.memory.save();
    books.history.close();
    info!("stopped");
    ended.map(drop)
}

/// Waits for the end of what runs for ever. A daemon without one of its parts looks well, and is not.
async fn first_end(tasks: &mut JoinSet<()>) -> DaemonError {
    match tasks.join_next().await {
        Some(Err(error)) if error.is_panic() => DaemonError::Part("panicked, as is said above"),
        _ => DaemonError::Part("has ended"),
    }
}

/// What the service manager shows of a daemon that is well.
fn status(gates: usize, homekit: &hap::Handle) -> String {
    match homekit.pairings().len() {
        0 => format!("{}, not paired yet: portcullis pair shows the code", counted(gates, "gate")),
        paired => format!("{}, {}", counted(gates, "gate"), counted(paired, "paired controller")),
    }
}

#[cfg(feature = "api")]
async fn listen(config: &crate::config::Api) -> Result<(TcpListener, Option<api::Token>), DaemonError> {
    let address = config.listen;
    let token = config.token_file.as_deref().map(api::Token::read).transpose()?;
    let listener = TcpListener::bind(address).await.map_err(|source| DaemonError::Api { address, source })?;
    if let Err(error) = hap::arrival::note(&listener) {
        warn!("the local API will not notice when this process stands still: {error}");
    }
    Ok((listener, token))
}

fn open_books(config: &Config, store: &Arc<dyn Store>, state_dir: &Path) -> Result<Books, DaemonError> {
    let configured: Vec<_> = config.gates.iter().map(|gate| gate.name.as_str()).collect();
    Ok(Books {
        history: Arc::new(History::open(state_dir)?),
        memory: Arc::new(Memory::load(Arc::clone(store), &configured)?),
        names: Arc::new(Names::load(Arc::clone(store), names::CONTROLLERS)?),
    })
}

async fn start(
    config: &Config,
    fitting: &Fitting,
    store: &Arc<dyn Store>,
    runtime: &Handle,
    standstill: &Arc<Standstill>,
) -> Result<Server, DaemonError> {
    let ground = Ground {
        labels: Arc::new(Names::load(Arc::clone(store), names::SERVICES)?),
        identify: fitting.identify(),
        runtime: runtime.clone(),
    };
    let Presentation { primary, bridged } = homekit::present(config, &fitting.gates, &ground);
    let mut builder =
        Server::builder(primary).store(Arc::clone(store)).bind(config.homekit.bind).advertise(config.homekit.advertise);
    for accessory in bridged {
        builder = builder.bridge(accessory);
    }
    if let Some(code) = &config.homekit.setup_code {
        builder = builder.setup_code(code.clone());
    }
    if let Some(interfaces) = &config.homekit.interfaces {
        builder = builder.interfaces(interfaces.iter().map(|name| name.as_str().to_owned()).collect());
    }
    let standstill = Arc::clone(standstill);
    Ok(builder.on_standstill(move |waited| standstill.found(waited)).start().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_panics_or_ends_is_the_end_of_the_daemon() {
        let mut tasks = JoinSet::new();
        tasks.spawn(std::future::pending());
        tasks.spawn(async { panic!("on purpose") });
        let told = first_end(&mut tasks).await.to_string();
        assert!(told.starts_with("a part of the daemon panicked"), "{told}");
        tasks.spawn(async {});
        let told = first_end(&mut tasks).await.to_string();
        assert!(told.starts_with("a part of the daemon has ended"), "{told}");
    }
}
