//! `/api/v1/history`: who opened the gates, and when.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::server::{Busy, Connection};
use super::{Api, Problem, limits};
use crate::history::{Line, Text};

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
pub(super) async fn newest(
    State(api): State<Arc<Api>>,
    Extension(connection): Extension<Arc<Connection>>,
    part: Result<Query<Part>, QueryRejection>,
) -> Result<Response, Problem> {
    let wanted = part.ok().and_then(|Query(Part { n })| u64::try_from(n).ok()).ok_or_else(|| {
        Problem::new(400, format!("n is one number of lines, 0 or more; {} are answered at most", limits::LINES))
    })?;
    let most = usize::try_from(wanted).unwrap_or(usize::MAX).min(limits::LINES);
    let Ok(place) = Arc::clone(&api.readers.answers).try_acquire_owned() else {
        let problem = Problem::new(429, "too many read the history just now: ask again in a moment");
        return Ok(([(header::RETRY_AFTER, "1")], problem).into_response());
    };
    let reader = Arc::clone(&api);
    let found = api.readers.run(move || {
        // Who has just opened the gate sees that.
        reader.history.settle();
        Text::find(&reader.state_dir, most)
    });
    let text = match found.await {
        Some(Ok(text)) => text,
        Some(Err(error)) => return Err(Problem::new(500, error.to_string())),
        None => return Err(Problem::new(500, "the history cannot be read now")),
    };
    let (sender, pieces) = mpsc::channel(1);
    let body = Pieces { pieces, left: text.length(), _place: place, _busy: connection.busy() };
    tokio::spawn(send(api, text, sender));
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::new(body)).into_response())
}

/// Who reads the history.
pub(super) struct Readers {
    /// One thread at a time, however many ask. A memory card is slow, and sessions must not wait for it; and what each would
    /// hold meanwhile adds up.
    thread: Semaphore,
    /// The answers under way, each for as long as its client takes.
    answers: Arc<Semaphore>,
}

impl Default for Readers {
    fn default() -> Self {
        Self { thread: Semaphore::new(1), answers: Arc::new(Semaphore::new(limits::HISTORIES)) }
    }
}

impl Readers {
    /// What `read` finds, away from the event loop; none when it cannot run.
    async fn run<T: Send + 'static>(&self, read: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _one = self.thread.acquire().await.ok()?;
        tokio::task::spawn_blocking(read).await.ok()
    }
}

/// Sends the text piece by piece, as fast as the client takes it.
async fn send(api: Arc<Api>, mut text: Text, pieces: mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let read = move || {
            let piece = text.next();
            (text, piece)
        };
        let Some((rest, piece)) = api.readers.run(read).await else { return };
        text = rest;
        let Some(piece) = piece.transpose() else { return };
        if pieces.send(piece.map(Bytes::from)).await.is_err() {
            return;
        }
    }
}

/// The answer.
struct Pieces {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    /// Bytes that are to come.
    left: u64,
    _place: OwnedSemaphorePermit,
    /// A connection is not idle before all of its answer is on its way.
    _busy: Busy,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = ready!(self.pieces.poll_recv(context));
        if let Some(Ok(piece)) = &piece {
            self.left = self.left.saturating_sub(piece.len() as u64);
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// What one looks at without scrolling far.
const fn default_lines() -> i64 {
    50
}
