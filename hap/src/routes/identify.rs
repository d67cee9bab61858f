//! `POST /identify`: the accessory shows itself, while nobody owns it (HAP §11.3).

use std::sync::Arc;

use crate::host::Host;
use crate::http::{Response, StatusCode};
use crate::routes::Outcome;
use crate::status::Status;

pub(crate) fn handle(host: &Host) -> Outcome {
    if host.state.is_paired() {
        let code = Status::InsufficientPrivileges.code();
        return Outcome::Answer(Response::hap_status(StatusCode::BadRequest, code));
    }
    let done = Response::empty(StatusCode::NoContent);
    match &host.identify {
        Some(routine) => Outcome::Identify(Arc::clone(routine), done),
        None => Outcome::Answer(done),
    }
}
