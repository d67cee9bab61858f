//! `/api/v1/controllers`: who may open the gates, and what people call them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hap::Pairing;

use super::wire::{Controller, Rename};
use super::{Api, Problem};
use crate::names::{GivenName, NameError};

#[utoipa::path(
    get,
    path = "/api/v1/controllers",
    operation_id = "list_controllers",
    responses((status = 200, body = [Controller], description = "who may open the gates"), super::openapi::Refused),
)]
pub(super) async fn list(State(api): State<Arc<Api>>) -> Json<Vec<Controller>> {
    Json(api.homekit.pairings().iter().map(|pairing| Controller::new(pairing, |id| api.names.of(id))).collect())
}

#[utoipa::path(
    delete,
    path = "/api/v1/controllers/{id}",
    operation_id = "remove_controller",
    params(("id" = String, Path, description = "the controller's id, as the list has it")),
    responses((status = 204, description = "it is removed"), super::openapi::Refused),
)]
pub(super) async fn remove(State(api): State<Arc<Api>>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let pairing = find(&api, &id)?;
    match api.homekit.remove_pairing(&pairing.id).await {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(unknown(&id)),
        Err(error) => Err(Problem::new(500, error.to_string())),
    }
}

/// Gives a controller a name, which the history then uses.
#[utoipa::path(
    put,
    path = "/api/v1/controllers/{id}",
    operation_id = "rename_controller",
    params(("id" = String, Path, description = "the controller's id, as the list has it")),
    request_body = Rename,
    responses((status = 200, body = Controller, description = "the controller with its name"), super::openapi::Refused),
)]
pub(super) async fn rename(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    Json(Rename { name }): Json<Rename>,
) -> Result<Json<Controller>, Problem> {
    let pairing = find(&api, &id)?;
    let name = name.map(GivenName::try_from).transpose().map_err(|error| Problem::new(400, error.to_string()))?;
    let paired: Vec<_> = api.homekit.pairings().iter().map(|pairing| pairing.id.to_string()).collect();
    let names = Arc::clone(&api.names);
    let kept = tokio::task::spawn_blocking(move || names.give(&id, name, &paired)).await;
    match kept {
        Ok(Ok(())) => {
            api.feed.publish("pairing", &api.pairing_state());
            Ok(Json(Controller::new(&pairing, |id| api.names.of(id))))
        }
        Ok(Err(error @ NameError::Unfit)) => Err(Problem::new(400, error.to_string())),
        Ok(Err(error)) => Err(Problem::new(500, error.to_string())),
        Err(_) => Err(Problem::new(500, "the name cannot be kept now")),
    }
}

fn find(api: &Api, id: &str) -> Result<Pairing, Problem> {
    let pairings = api.homekit.pairings();
    pairings.into_iter().find(|pairing| pairing.id.to_string() == id).ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Problem {
    Problem::new(404, format!("no controller {id:?} is paired"))
}
