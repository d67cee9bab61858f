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
mod metrics;
mod openapi;
#[cfg(feature = "page")]
mod page;
mod problem;
mod server;
mod setup;
mod simulation;
mod token;
mod wire;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::routing::{any, get};
use axum::{Json, Router, middleware};
use log::warn;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::events::ToldHealth;
use self::feed::Feed;
use self::guard::Guard;
use self::history::Readers;
use self::metrics::Metrics;
pub(crate) use self::token::{Token, TokenError};
pub(crate) use self::wire::{Answer, Controller, Done, GateState, Problem, Rename, Status};
use crate::config::Config;
use crate::health::{Monitor, Verdict};
use crate::history::{History, newest_of_each};
use crate::homekit;
use crate::live_gate::LiveGate;
use crate::names::Names;
use crate::standstill::Standstill;

/// What the local API shows and moves.
pub(crate) struct Api {
    /// The accessory's name, as Home lists it.
    name: String,
    gates: Vec<Arc<LiveGate>>,
    homekit: hap::Handle,
    names: Arc<Names>,
    /// Where the history is.
    state_dir: PathBuf,
    history: Arc<History>,
    readers: Readers,
    /// What requests must carry; none on loopback unless the owner wants it.
    token: Option<Token>,
    guard: Guard,
    feed: Arc<Feed>,
    metrics: Arc<Metrics>,
    monitor: Monitor,
    standstill: Arc<Standstill>,
    /// The health as the streams were told.
    told_health: Mutex<ToldHealth>,
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
    /// Who is told of requests that waited.
    pub(crate) standstill: Arc<Standstill>,
}

impl Api {
    /// Hears of all that happens from now on. It reads the newest lines of the history.
    pub(crate) fn new(config: &Config, parts: Parts) -> Result<Arc<Self>, MetricsError> {
        let Parts { gates, homekit, history, names, state_dir, token, standstill } = parts;
        let (moves, in_vain) = (limits::SNAPSHOT_LINES, limits::SNAPSHOT_IN_VAIN);
        let newest = newest_of_each(&state_dir, moves, in_vain).unwrap_or_else(|problem| {
            warn!("the event stream begins without the history: {problem}");
            Vec::new()
        });
        let feed = Arc::new(Feed::new(epoch(), newest));
        let moved = Arc::<Notify>::default();
        let metrics = Arc::new(Metrics::new()?);
        for gate in &gates {
            let (moved, timed) = (Arc::clone(&moved), Arc::clone(&metrics));
            gate.watch(move |_| moved.notify_one());
            gate.time(move |took| timed.request(took));
        }
        let (told, counted) = (Arc::clone(&feed), Arc::clone(&metrics));
        history.watch(move |line| {
            told.publish_line(line);
            counted.line(line);
        });
        let monitor = Monitor::new(config, gates.clone(), homekit.clone());
        let host_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Arc::new(Self {
            name: homekit::name(config).to_owned(),
            gates,
            homekit,
            names,
            state_dir,
            history,
            readers: Readers::default(),
            token,
            guard: Guard::new(&host_name, &config.api.host_names),
            feed,
            metrics,
            told_health: Mutex::default(),
            monitor,
            standstill,
            moved,
        }))
    }
}

impl Api {
    /// What is not well, as far as it is known without asking the network, in a sentence for the service manager. Its
    /// watchdog was just fed, so `late`.
    pub(crate) fn unwell(&self, late: Duration) -> Option<String> {
        self.monitor.came_late(late);
        let health = self.monitor.known();
        let worst = health.parts.into_iter().find(|part| part.verdict == health.verdict)?;
        (worst.verdict != Verdict::Ok).then(|| format!("{} is {}: {}", worst.part, worst.verdict, worst.what))
    }
}

/// The metrics contradict each other: the program's fault.
pub(crate) type MetricsError = prometheus::Error;

/// What tells this start from all others: a client must not take its numbers for ours.
fn epoch() -> String {
    let mut bytes = [0; 4];
    // Without random numbers the daemon does not start; the time would do as well.
    if getrandom::fill(&mut bytes).is_err() {
        bytes = std::process::id().to_be_bytes();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Serves until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, api: Arc<Api>) {
    let standstill = Arc::clone(&api.standstill);
    let of_router = Arc::clone(&api);
    tokio::join!(server::serve(listener, move || router(&of_router), standstill), events::feed(api));
}

fn router(api: &Arc<Api>) -> Router {
    let router = Router::from(described())
        .route("/openapi.json", get(async || ([(header::CONTENT_TYPE, "application/json")], description())))
        // It says itself which methods it knows.
        .route("/toggle-relay", any(legacy::toggle_relay))
        .layer(middleware::from_fn_with_state(Arc::clone(api), metrics::time))
        .layer(middleware::from_fn_with_state(Arc::clone(api), guard::admit));
    // Its files hold no secret and need no token.
    #[cfg(feature = "page")]
    let router =
        router.merge(page::router().layer(middleware::from_fn_with_state(Arc::clone(api), guard::admit_to_page)));
    router
        .fallback(async |State(api): State<Arc<Api>>| {
            api.guard.turn_away(Problem::new(404, "no such path in the local API"))
        })
        .layer(middleware::from_fn_with_state(Arc::clone(api), guard::check))
        .layer(DefaultBodyLimit::max(limits::BODY_BYTES))
        .with_state(Arc::clone(api))
}

/// What `/openapi.json` says; made when it is asked for, as seldom as that is, from a megabyte of descriptions.
fn description() -> Bytes {
    static TEXT: OnceLock<Bytes> = OnceLock::new();
    TEXT.get_or_init(|| openapi::text(&described().into_openapi())).clone()
}

/// The paths with their descriptions: one without is not there.
fn described() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(status))
        .routes(routes!(gates::list))
        .routes(routes!(gates::show))
        .routes(routes!(gates::request))
        .routes(routes!(simulation::show))
        .routes(routes!(simulation::play))
        .routes(routes!(history::newest))
        .routes(routes!(controllers::list))
        .routes(routes!(controllers::rename, controllers::remove))
        .routes(routes!(setup::show))
        .routes(routes!(setup::qr))
        .routes(routes!(health::show))
        .routes(routes!(health::healthz))
        .routes(routes!(events::stream))
        .routes(routes!(metrics::show))
}

#[utoipa::path(
    get,
    path = "/api/v1/status",
    operation_id = "status",
    responses((status = 200, body = Status, description = "all gates, and who is connected"), openapi::Refused),
)]
async fn status(State(api): State<Arc<Api>>) -> Json<Status> {
    Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("PORTCULLIS_COMMIT").filter(|commit| *commit != "unknown").map(str::to_owned),
        uptime_s: api.monitor.uptime().as_secs(),
        name: api.name.clone(),
        gates: api.gate_states(),
        paired: api.homekit.is_paired(),
        controllers: api.homekit.pairings().len(),
        sessions: api.homekit.sessions(),
    })
}
