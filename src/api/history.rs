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
    n: usize,
}

/// The newest lines, oldest first.
pub(super) async fn newest(State(api): State<Arc<Api>>, Query(part): Query<Part>) -> Result<Json<Vec<Line>>, Problem> {
    let most = part.n.min(limits::LINES);
    // A memory card is slow, and sessions must not wait for it.
    let read = tokio::task::spawn_blocking(move || history::newest(&api.state_dir, most)).await;
    match read {
        Ok(Ok(lines)) => Ok(Json(lines)),
        Ok(Err(error)) => Err(Problem::new(500, error.to_string())),
        Err(_) => Err(Problem::new(500, "the history cannot be read now")),
    }
}

/// What one looks at without scrolling far.
const fn default_lines() -> usize {
    50
}
