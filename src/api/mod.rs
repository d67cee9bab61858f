//! The local API: HTTP and JSON for scripts, commands and people on this machine.

mod controllers;
mod gates;
mod guard;
mod history;
mod legacy;
mod problem;
mod simulation;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{any, delete, get, post};
use axum::{Json, Router, middleware};
use log::error;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

pub(crate) use self::controllers::{Controller, Rename};
pub(crate) use self::gates::{Answer, Done, GateState};
pub(crate) use self::problem::Problem;
pub(crate) use self::token::{Token, TokenError};
use crate::live_gate::LiveGate;
use crate::names::Names;

/// Bytes of a request's body at most: none that the local API takes has more than a name.
const BODY_BYTES: usize = 4 * 1024;

/// What the local API shows and moves.
pub(crate) struct Api {
    gates: Vec<Arc<LiveGate>>,
    homekit: hap::Handle,
    names: Arc<Names>,
    /// Where the history is.
    state_dir: PathBuf,
    /// What requests must carry; none on loopback unless the owner wants it.
    token: Option<Token>,
}

impl Api {
    pub(crate) fn new(
        gates: Vec<Arc<LiveGate>>,
        homekit: hap::Handle,
        names: Arc<Names>,
        state_dir: PathBuf,
        token: Option<Token>,
    ) -> Arc<Self> {
        Arc::new(Self { gates, homekit, names, state_dir, token })
    }
}

/// The answer to `GET /api/v1/status`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Status {
    pub(crate) version: String,
    pub(crate) gates: Vec<GateState>,
    pub(crate) paired: bool,
    /// How many controllers are paired.
    pub(crate) controllers: usize,
    /// How many of their sessions are open.
    pub(crate) sessions: usize,
}

/// Serves until the task is aborted.
pub(crate) async fn serve(listener: TcpListener, api: Arc<Api>) {
    if let Err(problem) = axum::serve(listener, router(api)).await {
        error!("the local API failed: {problem}");
    }
}

fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/toggle-relay", any(legacy::toggle_relay))
        .route("/api/v1/status", get(status))
        .route("/api/v1/gates", get(gates::list))
        .route("/api/v1/gates/{gate}", get(gates::show))
        .route("/api/v1/gates/{gate}/{request}", post(gates::request))
        .route("/api/v1/gates/{gate}/simulation", get(simulation::show))
        .route("/api/v1/gates/{gate}/simulation/{happening}", post(simulation::play))
        .route("/api/v1/controllers", get(controllers::list))
        .route("/api/v1/controllers/{id}", delete(controllers::remove).put(controllers::rename))
        .route("/api/v1/history", get(history::newest))
        .fallback(|| async { Problem::new(404, "no such path in the local API") })
        .layer(middleware::from_fn_with_state(Arc::clone(&api), guard::check))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(api)
}

async fn status(State(api): State<Arc<Api>>) -> Json<Status> {
    Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        gates: api.gates.iter().map(|gate| GateState::of(gate)).collect(),
        paired: api.homekit.is_paired(),
        controllers: api.homekit.pairings().len(),
        sessions: api.homekit.sessions(),
    })
}
