//! `GET /accessories` (HAP §9).

use crate::connection::Connection;
use crate::host::Host;
use crate::http::{Response, StatusCode};
use crate::routes::{Outcome, bad_request};

pub(crate) fn handle(connection: &mut Connection, host: &Host) -> Outcome {
    let Some(session) = connection.session() else { return bad_request() };
    let json = host.database.accessories(&session.subscriber);
    Outcome::Answer(Response::json(StatusCode::Ok, json))
}
