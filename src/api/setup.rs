//! `/api/v1/setup`: what a phone needs to pair, for as long as nobody is paired.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::wire::Setup;
use super::{Api, Problem};
use crate::qr::Qr;

/// The setup code and the payload of the QR code, while nobody is paired.
#[utoipa::path(
    get,
    path = "/api/v1/setup",
    operation_id = "setup",
    responses((status = 200, body = Setup, description = "how to pair"), super::openapi::Refused),
)]
pub(super) async fn show(State(api): State<Arc<Api>>) -> Json<Setup> {
    let paired = api.homekit.is_paired();
    Json(Setup {
        name: api.name.clone(),
        paired,
        setup_code: (!paired).then(|| api.homekit.setup_code().to_string()),
        setup_payload: (!paired).then(|| api.homekit.setup_payload()),
    })
}

/// The QR code that Home scans, as a drawing.
#[utoipa::path(
    get,
    path = "/api/v1/setup/qr.svg",
    operation_id = "setup_qr",
    responses((status = 200, content_type = "image/svg+xml", body = String, description = "the QR code"), super::openapi::Refused),
)]
pub(super) async fn qr(State(api): State<Arc<Api>>) -> Result<Response, Problem> {
    if api.homekit.is_paired() {
        return Err(Problem::new(404, "a controller is paired: others are invited in Home, by its owner"));
    }
    let qr = Qr::new(&api.homekit.setup_payload()).map_err(|error| Problem::new(500, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], qr.to_svg()).into_response())
}
