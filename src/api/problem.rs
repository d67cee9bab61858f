//! Errors of the local API, in words.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Problem;

impl Problem {
    pub(crate) fn new(status: u16, detail: impl Into<String>) -> Self {
        let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        Self { status, title: title.unwrap_or_default().to_owned(), detail: detail.into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Three fields that JSON can hold.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
