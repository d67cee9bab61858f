//! `/api/v1/history`: who opened the gates, and when.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{Api, Problem, limits};
use crate::history::{self, Line};

/// How much of it.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    /// So many lines at most.
    #[serde(default = "default_lines")]
    n: i64,
}

/// The newest lines, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/history",
    operation_id = "history",
    params(("n" = Option<i64>, Query, minimum = 0, description = "so many of the newest lines at most, and never more than 2000; 50 when absent")),
    responses((status = 200, body = [Line], description = "the lines, oldest first"), super::openapi::Refused),
)]
pub(super) async fn newest(State(api): State<Arc<Api>>, Query(part): Query<Part>) -> Result<Json<Vec<Line>>, Problem> {
    let most = usize::try_from(part.n).map_err(|_| Problem::new(400, "n is a number of lines"))?.min(limits::LINES);
    // A memory card is slow, and sessions must not wait for it.
    let read = tokio::task::spawn_blocking(move || history::newest(&api.state_dir, most)).await;
    match read {
        Ok(Ok(lines)) => Ok(Json(lines)),
        Ok(Err(error)) => Err(Problem::new(500, error.to_string())),
        Err(_) => Err(Problem::new(500, "the history cannot be read now")),
    }
}

/// What one looks at without scrolling far.
const fn default_lines() -> i64 {
    50
}
