//! `POST /pair-setup` (HAP §5).

use std::time::Instant;

use pairing::{ConnectionId, Step};
use rand_core::CryptoRng;

use crate::connection::Connection;
use crate::host::Host;
use crate::http::Request;
use crate::routes::{Outcome, bad_request, pairing_response};

pub(crate) fn handle(
    connection: &mut Connection,
    host: &mut Host,
    request: &Request<'_>,
    now: Instant,
    rng: &mut dyn CryptoRng,
) -> Outcome {
    // An empty body is malformed to the procedure, which then resets it (HAP §5.3).
    let body = request.body.unwrap_or_default();
    if connection.session().is_some() {
        return bad_request();
    }
    outcome(host.setup.handle(ConnectionId(connection.id.0), body, &host.state, now, rng))
}

/// What a step of the procedure leads to.
pub(crate) fn outcome(step: Step) -> Outcome {
    match step {
        Step::Reply(reply) => Outcome::Answer(pairing_response(reply)),
        Step::Compute(computation) => Outcome::Compute(computation),
        Step::Store(durable) => Outcome::Store(durable),
    }
}
