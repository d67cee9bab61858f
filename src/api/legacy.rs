//! `POST /toggle-relay`: the endpoint that scripts around older relay servers call.
//!
//! It answers as those did, minus their faults: a value that is not a sensible number of seconds is refused before
//! anything moves, and two requests never merge into one pulse.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Api, Problem, gates};
use crate::gate::{PulseLength, Refusal, Request, Requester};
use crate::live_gate::Denied;

/// How long the button is pressed when the request does not say.
const DEFAULT: PulseLength = PulseLength::millis::<2_000>();

/// The shortest pulse, for callers that ask for less.
const SHORTEST: PulseLength = PulseLength::millis::<50>();

/// Presses the first gate's button for `delay` or `duration` seconds, and answers when it is up again.
#[utoipa::path(
    post,
    path = "/toggle-relay",
    operation_id = "toggle_relay",
    params(
        ("delay" = Option<f64>, Query, description = "seconds, 0 to 10; 2 when absent", minimum = 0, maximum = 10),
        ("duration" = Option<f64>, Query, description = "the same, where there is no delay", minimum = 0, maximum = 10),
    ),
    responses(
        (status = 200, content_type = "text/html", body = String, description = "ok: the button is up again"),
        (status = "4XX", description = "nothing was pressed", content((String = "text/html"), (Problem = "application/problem+json"))),
        (status = "5XX", description = "the relay failed", content((String = "text/html"), (Problem = "application/problem+json"))),
    ),
)]
pub(super) async fn toggle_relay(
    State(api): State<Arc<Api>>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let allow = (header::ALLOW, HeaderValue::from_static("OPTIONS, POST"));
    if method == Method::OPTIONS {
        return ([allow], "").into_response();
    }
    if method != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, [allow], text("only POST moves the gate")).into_response();
    }
    let length = match length(query.as_deref().unwrap_or_default()) {
        Ok(length) => length,
        Err(refusal) => return (StatusCode::BAD_REQUEST, text(refusal)).into_response(),
    };
    let Some(gate) = api.gates.first() else {
        return (StatusCode::NOT_FOUND, text("there is no gate")).into_response();
    };
    match gate.request(Request::Toggle(Some(length.get())), Requester::LocalApi(gates::client(&headers))) {
        Ok(granted) => {
            if let Some(pulse) = granted.pulse {
                pulse.ended().await;
            }
            text("ok").into_response()
        }
        Err(denied) => {
            let status = match denied {
                Denied::Refused(Refusal::Busy) => StatusCode::CONFLICT,
                Denied::Refused(Refusal::TooMany) => StatusCode::TOO_MANY_REQUESTS,
                Denied::Refused(Refusal::Stale | Refusal::Stopping) => StatusCode::SERVICE_UNAVAILABLE,
                Denied::Refused(_) => StatusCode::FORBIDDEN,
                Denied::Relay(_) if denied.is_for_now() => StatusCode::SERVICE_UNAVAILABLE,
                Denied::Relay(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            (status, text(denied.to_string())).into_response()
        }
    }
}

/// A body of the type that callers have always been sent.
fn text(body: impl Into<String>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body.into())
}

/// The length that the query asks for; `delay` before `duration`, the first of several.
fn length(query: &str) -> Result<PulseLength, &'static str> {
    let mut values = [None, None];
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match &*name {
            "delay" => 0,
            "duration" => 1,
            _ => continue,
        };
        if let Some(place @ None) = values.get_mut(slot) {
            *place = Some(value.into_owned());
        }
    }
    let [delay, duration] = values;
    let Some(text) = delay.or(duration) else { return Ok(DEFAULT) };
    let seconds: f64 = text.trim().parse().map_err(|_| REFUSAL)?;
    if !seconds.is_finite() || seconds < 0.0 || (seconds == 0.0 && seconds.is_sign_negative()) {
        return Err(REFUSAL);
    }
    let wanted = Duration::try_from_secs_f64(seconds).map_err(|_| REFUSAL)?;
    // "0" has always meant as short as can be.
    PulseLength::try_from(wanted.max(SHORTEST.get())).map_err(|_| REFUSAL)
}

const REFUSAL: &str = "delay and duration are seconds, from 0 to 10";

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(query: &str) -> Option<u128> {
        length(query).ok().map(|length| length.get().as_millis())
    }

    #[test]
    fn without_a_value_it_is_two_seconds() {
        assert_eq!(millis(""), Some(2000));
        assert_eq!(millis("seconds=5"), Some(2000));
    }

    #[test]
    fn delay_goes_before_duration_and_the_first_before_the_second() {
        assert_eq!(millis("delay=1"), Some(1000));
        assert_eq!(millis("duration=1.5"), Some(1500));
        assert_eq!(millis("duration=3&delay=1&delay=9"), Some(1000));
        assert_eq!(millis("delay=0.5"), Some(500));
    }

    #[test]
    fn a_length_of_zero_is_the_shortest_pulse() {
        assert_eq!(millis("delay=0"), Some(50));
    }

    #[test]
    fn what_is_no_sensible_number_of_seconds_is_refused() {
        for value in ["", "abc", "-1", "-0", "nan", "inf", "-inf", "1e3", "10.001", "1e400", "1,5", "0x1"] {
            assert_eq!(millis(&format!("delay={value}")), None, "{value:?}");
        }
        assert_eq!(millis("delay=abc&duration=1"), None);
    }

    #[test]
    fn the_longest_pulse_is_ten_seconds() {
        assert_eq!(millis("delay=10"), Some(10_000));
    }
}
