//! `POST /pairings`: add, remove and list pairings (HAP §7).

use pairing::PairingsStep;

use crate::connection::Connection;
use crate::host::Host;
use crate::http::Request;
use crate::routes::{Outcome, bad_request, pairing_response};

pub(crate) fn handle(connection: &mut Connection, host: &Host, request: &Request<'_>) -> Outcome {
    let (Some(session), Some(body)) = (connection.session(), request.body) else { return bad_request() };
    match pairing::pairings::handle(body, &session.controller, &host.state) {
        PairingsStep::Reply(reply) => Outcome::Answer(pairing_response(reply)),
        PairingsStep::Store(durable) => Outcome::Store(durable),
    }
}
