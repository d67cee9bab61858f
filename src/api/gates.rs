//! `/api/v1/gates`: their state, and moving them.

use std::sync::Arc;
use std::time::SystemTime;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use utoipa::ToSchema;

use super::wire::{Answer, Done, GateState};
use super::{Api, Problem};
use crate::gate::{self, Accepted, Refusal, Request, Requester};
use crate::history::Timestamp;
use crate::live_gate::{Denied, LiveGate, Look, Make};

/// What can be wanted of a gate, as paths write it.
#[derive(ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it describes a path")]
pub(super) enum Wanted {
    Open,
    Close,
    Stop,
    Toggle,
}

impl GateState {
    pub(super) fn of(gate: &LiveGate) -> Self {
        let Look { state, since, travel, press } = gate.look();
        let Make { opener, accessory, simulated } = gate.make();
        let gate::State {
            current,
            shown: _,
            target,
            confidence,
            obstruction,
            fault,
            warning,
            left_open,
            lockout,
            hold_open,
        } = state;
        let (press, press_refused) = match press {
            Ok(press) => (Some(press), None),
            Err(refusal) => (None, Some(refusal.to_string())),
        };
        Self {
            name: gate.name().to_owned(),
            current,
            target,
            confidence,
            // By the clock as it is now: it may have been set since.
            since: since.and_then(|since| SystemTime::now().checked_sub(since.elapsed())).map(Timestamp::of),
            obstruction,
            fault: fault.map(|fault| fault.to_string()),
            warning,
            left_open,
            lockout,
            hold_open,
            press,
            press_refused,
            travel_ms: u64::try_from(travel.get().as_millis()).unwrap_or(u64::MAX),
            opener,
            accessory,
            simulated,
        }
    }

    /// Whether nothing is to be told of the change from `other`: a set clock alone is no news.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        Self { since: other.since, ..self.clone() } == *other
    }
}

impl From<Accepted> for Answer {
    fn from(accepted: Accepted) -> Self {
        match accepted {
            Accepted::Pulsed => Self::Pulsed,
            Accepted::Already => Self::Already,
            Accepted::Warned => Self::Warned,
            Accepted::CalledOff => Self::CalledOff,
        }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/gates",
    operation_id = "list_gates",
    responses((status = 200, body = [GateState], description = "all gates"), super::openapi::Refused),
)]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Json<Vec<GateState>> {
    Json(api.gates.iter().map(|gate| GateState::of(gate)).collect())
}

#[utoipa::path(
    get,
    path = "/api/v1/gates/{gate}",
    operation_id = "show_gate",
    params(("gate" = String, Path, description = "the gate's name")),
    responses((status = 200, body = GateState, description = "the gate"), super::openapi::Refused),
)]
pub(super) async fn show(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Result<Json<GateState>, Problem> {
    Ok(Json(GateState::of(find(&api, &name)?)))
}

/// Answers when the button is down, without waiting for the gate.
#[utoipa::path(
    post,
    path = "/api/v1/gates/{gate}/{request}",
    operation_id = "ask_gate",
    params(("gate" = String, Path, description = "the gate's name"), ("request" = Wanted, Path, description = "what is wanted of it")),
    responses((status = 200, body = Done, description = "the button is down, or there was nothing to do"), super::openapi::Refused),
)]
pub(super) async fn request(
    State(api): State<Arc<Api>>,
    Path((name, request)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Done>, Problem> {
    let gate = find(&api, &name)?;
    let request = match request.as_str() {
        "open" => Request::Open,
        "close" => Request::Close,
        "stop" => Request::Stop,
        "toggle" => Request::Toggle(None),
        _ => return Err(Problem::new(404, "a gate can be asked to open, close, stop or toggle")),
    };
    match gate.request(request, Requester::LocalApi(client(&headers))) {
        Ok(granted) => {
            let answer = Answer::from(granted.accepted);
            Ok(Json(Done { pulsed: answer == Answer::Pulsed, answer, gate: GateState::of(gate) }))
        }
        Err(denied) => Err(problem(&denied)),
    }
}

/// What the program says it is, for the history: a short line.
pub(super) fn client(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    // `to_str` lets tabs through, and nothing else that would break a line.
    let short: String = agent.chars().take(CLIENT).map(|it| if it.is_control() { ' ' } else { it }).collect();
    Some(short).filter(|client| !client.trim().is_empty())
}

/// Characters of a client's name at most: browsers write whole paragraphs.
const CLIENT: usize = 64;

pub(super) fn find<'a>(api: &'a Api, name: &str) -> Result<&'a LiveGate, Problem> {
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
        Denied::Refused(Refusal::TooMany) => 429,
        Denied::Refused(Refusal::Stale | Refusal::Stopping) => 503,
        Denied::Refused(_) => 403,
        Denied::Relay(_) if denied.is_for_now() => 503,
        Denied::Relay(_) => 500,
    };
    Problem::new(status, denied.to_string())
}
