//! `/api/v1/gates`: their state, and moving them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use super::{Api, Problem};
use crate::gate::{self, Accepted, Refusal, Request, Requester};
use crate::live_gate::{Denied, LiveGate};

/// One gate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct GateState {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) state: gate::State,
}

/// A request that was granted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Done {
    /// Whether the button was pressed; it is not when there was nothing to do.
    pub(crate) pulsed: bool,
    /// The gate after it.
    #[serde(flatten)]
    pub(crate) gate: GateState,
}

impl GateState {
    pub(super) fn of(gate: &LiveGate) -> Self {
        Self { name: gate.name().to_owned(), state: gate.state() }
    }
}

pub(super) async fn list(State(api): State<Arc<Api>>) -> Json<Vec<GateState>> {
    Json(api.gates.iter().map(|gate| GateState::of(gate)).collect())
}

pub(super) async fn show(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Result<Json<GateState>, Problem> {
    Ok(Json(GateState::of(find(&api, &name)?)))
}

/// Answers when the button is down, without waiting for the gate.
pub(super) async fn request(
    State(api): State<Arc<Api>>,
    Path((name, request)): Path<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let gate = find(&api, &name)?;
    let request = match request.as_str() {
        "open" => Request::Open,
        "close" => Request::Close,
        "stop" => Request::Stop,
        "toggle" => Request::Toggle(None),
        _ => return Err(Problem::new(404, "a gate can be asked to open, close, stop or toggle")),
    };
    match gate.request(request, Requester::LocalApi) {
        Ok(granted) => Ok(Json(Done { pulsed: granted.accepted == Accepted::Pulsed, gate: GateState::of(gate) })),
        Err(denied) => Err(problem(&denied)),
    }
}

fn find<'a>(api: &'a Api, name: &str) -> Result<&'a LiveGate, Problem> {
    let gate = api.gates.iter().find(|gate| gate.name() == name);
    gate.map(|gate| &**gate).ok_or_else(|| {
        let names: Vec<_> = api.gates.iter().map(|gate| format!("{:?}", gate.name())).collect();
        Problem::new(404, format!("no gate {name:?}; there is {}", names.join(", ")))
    })
}

/// The gate's rules are the asker's to wait for or to change; a failed relay is the machine's.
pub(super) fn problem(denied: &Denied) -> Problem {
    let status = match denied {
        Denied::Refused(Refusal::Busy) => 409,
        Denied::Refused(_) => 403,
        Denied::Relay(_) => 500,
    };
    Problem::new(status, denied.to_string())
}
