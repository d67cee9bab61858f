//! `PUT /prepare`: announces a timed write (HAP §11.1).

use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::connection::{Connection, Prepared};
use crate::http::{Request, Response, StatusCode};
use crate::routes::{Outcome, bad_request, object};

pub(crate) fn handle(connection: &mut Connection, request: &Request<'_>, now: Instant) -> Outcome {
    let Some(prepare) = request.body.and_then(Prepare::parse) else { return bad_request() };
    let Some(session) = connection.session() else { return bad_request() };
    let until = now.checked_add(Duration::from_millis(prepare.ttl));
    session.prepared = Some(Prepared { pid: prepare.pid, until });
    Outcome::Answer(Response::hap_status(StatusCode::Ok, 0))
}

/// Whether a body is one.
#[cfg(feature = "fuzzing")]
pub(crate) fn is_understood(body: &[u8]) -> bool {
    Prepare::parse(body).is_some()
}

/// The request's body.
#[derive(Debug, Deserialize)]
struct Prepare {
    /// Milliseconds.
    ttl: u64,
    pid: u64,
}

impl Prepare {
    /// The longest time to live, 2^53 − 1 ms (HAP §11.1).
    const LONGEST: u64 = (1 << 53) - 1;

    fn parse(body: &[u8]) -> Option<Self> {
        let prepare: Self = object::read(body)?;
        (prepare.ttl <= Self::LONGEST).then_some(prepare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_taken_and_refused_as_the_reference_does() {
        let verdicts: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/vectors/json_requests.json")).unwrap();
        for case in verdicts["put_prepare"].as_array().unwrap() {
            let body = case["body"].as_str().unwrap();
            assert_eq!(Prepare::parse(body.as_bytes()).is_some(), case["adk"] == "ok", "{body}");
        }
    }

    #[test]
    fn an_array_of_a_time_and_a_pid_is_no_preparation() {
        assert!(Prepare::parse(b"[5000,7]").is_none());
    }

    #[test]
    fn a_pid_keeps_all_its_64_bits() {
        let prepare = Prepare::parse(br#"{"pid":17731943923132393123,"ttl":5000}"#).unwrap();
        assert_eq!(prepare.pid, 17_731_943_923_132_393_123);
    }
}
