//! What the gate's model reports, as lines of the history.

use crate::gate::{Accepted, Contact, Event, GivenUp, Mover, Press, Record, Requester};
use crate::history::{self, Decision, Line, Pulse, Stamp, What};
use crate::names::Names;

/// The line for `record`; `failure` is why the relay failed, if it did just now.
pub(super) fn line(gate: &str, record: &Record, failure: Option<&str>, names: &Names) -> Line {
    let mut what = what(record, names);
    if let (What::Request { decision: Decision::Failed, reason, .. }, Some(failure)) = (&mut what, failure) {
        *reason = Some(failure.to_owned());
    }
    Line::new(Stamp::of(record.at), Some(gate), what)
}

fn what(record: &Record, names: &Names) -> What {
    let request = |request: String, by: &Requester, decision, reason| What::Request {
        request,
        by: who(by, names),
        decision,
        reason,
        pulse: record.press.map(pulse),
        state: record.state.into(),
    };
    match &record.event {
        Event::Asked { request: wanted, by, answer } => {
            let (decision, reason) = match answer {
                Ok(Accepted::Pulsed) => (Decision::Pulse, None),
                Ok(Accepted::Already) => (Decision::Already, None),
                Ok(Accepted::Warned) => (Decision::Warning, None),
                Ok(Accepted::CalledOff) => (Decision::CalledOff, None),
                Err(refusal) => (Decision::Refused, Some(refusal.to_string())),
            };
            request(wanted.to_string(), by, decision, reason)
        }
        Event::Followed { request: wanted, by } => request(wanted.to_string(), by, Decision::GoesOn, None),
        Event::GaveUp { request: wanted, by, why } => {
            let decision = if *why == GivenUp::RelayFailed { Decision::Failed } else { Decision::GivenUp };
            request(wanted.to_string(), by, decision, Some(why.to_string()))
        }
        Event::Held { hold, on, by, answer } => {
            let (decision, reason) = match answer {
                Ok(()) => (Decision::Set, None),
                Err(refusal) => (Decision::Refused, Some(refusal.to_string())),
            };
            request(format!("{hold} {}", if *on { "on" } else { "off" }), by, decision, reason)
        }
        Event::Became { by, .. } => {
            let cause = match by {
                Mover::Request => history::Mover::Pulse,
                Mover::Opener => history::Mover::Opener,
                Mover::Outside => history::Mover::Outside,
            };
            What::State { cause, state: record.state.into() }
        }
        event @ (Event::Clamped { .. }
        | Event::Obstruction(_)
        | Event::Fault(_)
        | Event::Learned(_)
        | Event::AutoCloseGaveUp) => What::Note { text: event.to_string(), state: record.state.into() },
    }
}

fn who(by: &Requester, names: &Names) -> history::By {
    match by {
        Requester::Controller(id) => history::By::Controller { id: id.clone(), name: names.of(id) },
        Requester::Hub(id) => history::By::Hub { id: id.clone(), name: names.of(id) },
        Requester::LocalApi(client) => history::By::LocalApi { client: client.clone() },
        Requester::Button => history::By::Button,
        Requester::AutoClose => history::By::AutoClose,
    }
}

fn pulse(press: Press) -> Pulse {
    let contact = match press.contact {
        Contact::Main => "main",
        Contact::Close => "close",
        Contact::Stop => "stop",
    };
    let ms = u64::try_from(press.length.get().as_millis()).unwrap_or(u64::MAX);
    Pulse { contact: contact.to_owned(), ms }
}
