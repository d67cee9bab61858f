//! `/api/v1/health`, and `/healthz` for monitors that look at the status only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Api;
use crate::health::{Health, Verdict};

/// The verdict on each part. The network is asked once a minute at most.
#[utoipa::path(
    get,
    path = "/api/v1/health",
    operation_id = "health",
    responses((status = 200, body = Health, description = "a verdict on each part"), super::openapi::Refused),
)]
pub(super) async fn show(State(api): State<Arc<Api>>) -> Json<Health> {
    Json(api.monitor.look().await)
}

/// The same, with status 503 while the gate cannot be moved or phones cannot find it.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    responses(
        (status = 200, body = Health, description = "the gate can be reached and moved"),
        (status = 503, body = Health, description = "it cannot"),
        super::openapi::Refused,
    ),
)]
pub(super) async fn healthz(State(api): State<Arc<Api>>) -> (StatusCode, Json<Health>) {
    let health = api.monitor.look().await;
    let status = match health.verdict {
        Verdict::Ok | Verdict::Warning => StatusCode::OK,
        Verdict::Failing => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(health))
}
