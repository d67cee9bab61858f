//! `POST /pair-verify` (HAP §6).

use pairing::VerifyStep;
use rand_core::CryptoRng;

use crate::connection::Connection;
use crate::host::Host;
use crate::http::Request;
use crate::routes::{Outcome, bad_request, pairing_response};

pub(crate) fn handle(
    connection: &mut Connection,
    host: &Host,
    request: &Request<'_>,
    rng: &mut dyn CryptoRng,
) -> Outcome {
    if connection.session().is_some() {
        return bad_request();
    }
    match connection.verify.handle(request.body.unwrap_or_default(), &host.state, rng) {
        VerifyStep::Reply(reply) => Outcome::Answer(pairing_response(reply)),
        VerifyStep::Verified { reply, session } => {
            log::debug!("session {}: controller {}", connection.id, session.controller);
            let pending = connection.secure(host, &session);
            let response = pairing_response(reply);
            if host.is_half_paired() {
                Outcome::Confirm(response, pending)
            } else {
                Outcome::Verified(response, pending)
            }
        }
    }
}
