//! `/api/v1/controllers`: who may open the gates.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hap::Pairing;
use serde::{Deserialize, Serialize};

use super::{Api, Problem};

/// A paired controller.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Controller {
    pub(crate) id: String,
    /// Whether it may add and remove others.
    pub(crate) admin: bool,
}

impl From<&Pairing> for Controller {
    fn from(pairing: &Pairing) -> Self {
        Self { id: pairing.id.to_string(), admin: pairing.permissions.is_admin() }
    }
}

pub(super) async fn list(State(api): State<Arc<Api>>) -> Json<Vec<Controller>> {
    Json(api.homekit.pairings().iter().map(Controller::from).collect())
}

pub(super) async fn remove(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Result<StatusCode, Problem> {
    let unknown = || Problem::new(404, format!("no controller {name:?} is paired"));
    let pairings = api.homekit.pairings();
    let pairing = pairings.iter().find(|pairing| pairing.id.to_string() == name).ok_or_else(unknown)?;
    match api.homekit.remove_pairing(&pairing.id).await {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(unknown()),
        Err(error) => Err(Problem::new(500, error.to_string())),
    }
}
