//! Pictures of a camera: `POST /resource` (HAP §11.2).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use log::error;
use pairing::ControllerId;

use crate::http::{Body, Response, StatusCode};
use crate::limits;
use crate::status::Status;

/// What a controller wants a picture of, and how large.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SnapshotRequest {
    /// The accessory that is asked.
    pub aid: u64,
    /// In pixels.
    pub width: u16,
    /// In pixels.
    pub height: u16,
    /// Why, if the controller says so.
    pub reason: Option<SnapshotReason>,
    /// Who asks. Behind a home hub this is the hub.
    pub controller: ControllerId,
}

/// Why a controller wants a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SnapshotReason {
    /// The tile is on somebody's screen.
    Periodic,
    /// Something happened, and the picture goes with the notification.
    Event,
}

/// What answers with a picture.
pub(crate) type SnapshotHandler = Arc<dyn Fn(SnapshotRequest) -> Picture + Send + Sync>;
pub(crate) type Picture = Pin<Box<dyn Future<Output = Result<Vec<u8>, Status>> + Send>>;

/// A picture that has to be asked for.
pub(crate) struct Snapshot {
    handler: SnapshotHandler,
    request: SnapshotRequest,
    /// `None` until somebody has asked.
    outcome: Option<Result<Vec<u8>, Status>>,
}

impl Snapshot {
    pub(crate) fn new(handler: SnapshotHandler, request: SnapshotRequest) -> Self {
        Self { handler, request, outcome: None }
    }

    /// Asks the handler.
    pub(crate) fn ask(&self) -> Picture {
        (self.handler)(self.request.clone())
    }

    /// Takes the handler's answer.
    pub(crate) fn answer(&mut self, outcome: Result<Vec<u8>, Status>) {
        self.outcome = Some(outcome.and_then(|jpeg| check(jpeg, self.request.aid)));
    }

    /// The picture, or a status that says why there is none.
    pub(crate) fn response(self) -> Response {
        // Nobody asked: whoever carries out the effect gave up.
        match self.outcome.unwrap_or(Err(Status::TimedOut)) {
            Ok(jpeg) => Response { status: StatusCode::Ok, body: Body::Jpeg(jpeg) },
            Err(status) => Response::hap_status(StatusCode::InternalServerError, status.code()),
        }
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({:?})", self.request)
    }
}

fn check(jpeg: Vec<u8>, aid: u64) -> Result<Vec<u8>, Status> {
    if !jpeg.starts_with(&[0xFF, 0xD8]) {
        error!("the snapshot handler of accessory {aid} gave no JPEG: mend the program");
        return Err(Status::Unable);
    }
    if jpeg.len() > limits::SNAPSHOT_BYTES {
        error!("the snapshot of accessory {aid} has {} bytes: compress it more", jpeg.len());
        return Err(Status::OutOfResources);
    }
    Ok(jpeg)
}
