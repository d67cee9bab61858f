//! `GET /accessories` (HAP §9).

use std::sync::Arc;

use crate::connection::Connection;
use crate::host::Host;
use crate::http::StatusCode;
use crate::routes::{Outcome, bad_request};

pub(crate) fn handle(connection: &mut Connection, host: &Host) -> Outcome {
    let Some(session) = connection.session() else { return bad_request() };
    let (subscriber, admin) = (Arc::clone(&session.subscriber), session.is_admin());
    connection.answer(StatusCode::Ok, |json| {
        host.database.write_accessories(&subscriber, admin, json);
        Ok(())
    });
    Outcome::Answered
}
