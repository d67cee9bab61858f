//! A controller's request, and the status it is answered with.

use hap::{Status, WriteContext};
use log::debug;

use crate::gate::{Request, Requester};
use crate::live_gate::{Denied, LiveGate};

/// Asks the gate on behalf of the controller that wrote.
pub(super) fn ask(gate: &LiveGate, request: Request, context: &WriteContext) -> Result<(), Status> {
    match gate.request(request, requester(context)) {
        Ok(_) => Ok(()),
        Err(denied) => {
            let status = status(&denied);
            debug!("gate {:?}: the controller is told {} for {request}: {denied}", gate.name(), status.code());
            Err(status)
        }
    }
}

/// A refusal fails the action and leaves the tile; only a relay that fails makes it "No Response".
pub(super) fn status(denied: &Denied) -> Status {
    match denied {
        denied if denied.is_for_now() => Status::Busy,
        Denied::Refused(_) => Status::NotAllowed,
        Denied::Relay(_) => Status::Unable,
    }
}

/// Who wrote. A request that a hub relays carries the hub's id, so it is not the person's who asked.
pub(super) fn requester(context: &WriteContext) -> Requester {
    let id = context.controller().to_string();
    if context.is_remote() { Requester::Hub(id) } else { Requester::Controller(id) }
}
