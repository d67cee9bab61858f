//! The local API: HTTP and JSON for scripts, commands and people on this machine.

mod controllers;
mod events;
mod feed;
mod gates;
mod guard;
mod health;
mod history;
mod legacy;
mod limits;
mod problem;
mod server;
mod setup;
mod simulation;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{any, delete, get, post};
use axum::{Json, Router, middleware};
use log::warn;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::Notify;

pub(crate) use self::controllers::{Controller, Rename};
use self::feed::Feed;
pub(crate) use self::gates::{Answer, Done, GateState};
use self::guard::Guard;
pub(crate) use self::problem::Problem;
pub(crate) use self::token::{Token, TokenError};
use crate::config::Config;
use crate::health::Monitor;
use crate::history::History;
use crate::homekit;
use crate::live_gate::LiveGate;
use crate::names::Names;

/// What the local API shows and moves.
pub(crate) struct Api {
    /// The accessory's name, as Home lists it.
    name: String,
    gates: Vec<Arc<LiveGate>>,
    homekit: hap::Handle,
    names: Arc<Names>,
    /// Where the history is.
    state_dir: PathBuf,
    /// What requests must carry; none on loopback unless the owner wants it.
    token: Option<Token>,
    guard: Guard,
    feed: Arc<Feed>,
    monitor: Monitor,
    /// A gate is not as it was.
    moved: Arc<Notify>,
}

/// What the local API is made of.
pub(crate) struct Parts {
    pub(crate) gates: Vec<Arc<LiveGate>>,
    pub(crate) homekit: hap::Handle,
    pub(crate) history: Arc<History>,
    pub(crate) names: Arc<Names>,
    /// Where the history is.
    pub(crate) state_dir: PathBuf,
    /// What requests must carry.
    pub(crate) token: Option<Token>,
}

impl Api {
    /// Hears of all that happens from now on. It reads the newest lines of the history.
    pub(crate) fn new(config: &Config, parts: Parts) -> Arc<Self> {
        let Parts { gates, homekit, history, names, state_dir, token } = parts;
        let newest = crate::history::newest(&state_dir, limits::SNAPSHOT_LINES).unwrap_or_else(|problem| {
            warn!("the event stream begins without the history: {problem}");
            Vec::new()
        });
        let feed = Arc::new(Feed::new(epoch(), newest));
        let moved = Arc::<Notify>::default();
        for gate in &gates {
            let moved = Arc::clone(&moved);
            gate.watch(move |_| moved.notify_one());
        }
        let told = Arc::clone(&feed);
        history.watch(move |line| told.publish_line(line));
        let monitor = Monitor::new(config, gates.clone(), homekit.clone());
        let host_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Arc::new(Self {
            name: homekit::name(config).to_owned(),
            gates,
            homekit,
            names,
            state_dir,
            token,
            guard: Guard::new(&host_name, &config.api.host_names),
            feed,
            monitor,
            moved,
        })
    }
}

/// What tells this start from all others: a client must not take its numbers for ours.
fn epoch() -> String {
    let mut bytes = [0; 4];
    // Without random numbers the daemon does not start; the time would do as well.
    if getrandom::fill(&mut bytes).is_err() {
        bytes = std::process::id().to_be_bytes();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The answer to `GET /api/v1/status`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Status {
    /// The program's version.
    pub(crate) version: String,
    /// The commit it was built from, if whoever built it said so.
    #[serde(default)]
    pub(crate) commit: Option<String>,
    /// How long it has run, in seconds.
    pub(crate) uptime_s: u64,
    /// The accessory's name, as Home lists it.
    pub(crate) name: String,
    /// All gates.
    pub(crate) gates: Vec<GateState>,
    /// Whether a controller is paired.
    pub(crate) paired: bool,
    /// How many controllers are paired.
    pub(crate) controllers: usize,
    /// How many of their sessions are open.
    pub(crate) sessions: usize,
}

/// Serves until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, api: Arc<Api>) {
    tokio::join!(server::serve(listener, router(&api)), events::feed(api));
}

fn router(api: &Arc<Api>) -> Router {
    Router::new()
        .route("/toggle-relay", any(legacy::toggle_relay))
        .route("/healthz", get(health::healthz))
        .route("/api/v1/status", get(status))
        .route("/api/v1/setup", get(setup::show))
        .route("/api/v1/setup/qr.svg", get(setup::qr))
        .route("/api/v1/health", get(health::show))
        .route("/api/v1/events", get(events::stream))
        .route("/api/v1/gates", get(gates::list))
        .route("/api/v1/gates/{gate}", get(gates::show))
        .route("/api/v1/gates/{gate}/{request}", post(gates::request))
        .route("/api/v1/gates/{gate}/simulation", get(simulation::show))
        .route("/api/v1/gates/{gate}/simulation/{happening}", post(simulation::play))
        .route("/api/v1/controllers", get(controllers::list))
        .route("/api/v1/controllers/{id}", delete(controllers::remove).put(controllers::rename))
        .route("/api/v1/history", get(history::newest))
        .layer(middleware::from_fn_with_state(Arc::clone(api), guard::admit))
        // The page's files go here: they hold no secret and need no token.
        .fallback(|| async { Problem::new(404, "no such path in the local API") })
        .layer(middleware::from_fn_with_state(Arc::clone(api), guard::check))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .with_state(Arc::clone(api))
}

async fn status(State(api): State<Arc<Api>>) -> Json<Status> {
    Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("PORTCULLIS_COMMIT").map(str::to_owned),
        uptime_s: api.monitor.uptime().as_secs(),
        name: api.name.clone(),
        gates: api.gate_states(),
        paired: api.homekit.is_paired(),
        controllers: api.homekit.pairings().len(),
        sessions: api.homekit.sessions(),
    })
}
