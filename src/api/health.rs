//! `/api/v1/health`, and `/healthz` for monitors that look at the status only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::Api;
use crate::health::{Health, Verdict};

/// The verdict on each part. The network is asked once a minute at most.
pub(super) async fn show(State(api): State<Arc<Api>>) -> Json<Health> {
    Json(api.monitor.look().await)
}

/// The same, with status 503 while the gate cannot be moved or phones cannot find it.
pub(super) async fn healthz(State(api): State<Arc<Api>>) -> (StatusCode, Json<Health>) {
    let health = api.monitor.look().await;
    let status = match health.verdict {
        Verdict::Ok | Verdict::Warning => StatusCode::OK,
        Verdict::Failing => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(health))
}
