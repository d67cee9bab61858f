//! What receivers are told.

use std::time::Instant;

use serde::Serialize;

use crate::config::WebhookEvent;
use crate::gate::State;
use crate::history::{Decision, Line, Stamp, Timestamp, What};

/// One event, as its JSON says it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Event {
    /// What it is about.
    pub(super) event: WebhookEvent,
    /// When it happened.
    pub(super) at: Timestamp,
    /// The gate's name.
    pub(super) gate: String,
    /// What happened.
    #[serde(flatten)]
    pub(super) news: News,
    /// Of a gate that was left open: what moved it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Line>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum News {
    /// A line of the history.
    History(Line),
    /// It was left open, or no longer is.
    LeftOpen(bool),
    /// What is wrong, in words; none when it is mended.
    Fault(Option<String>),
}

impl Event {
    /// The event that a line of the history is, if it is one.
    pub(super) fn of_line(line: &Line) -> Option<Self> {
        let event = match &line.what {
            What::Request { pulse: Some(_), decision: Decision::Pulse | Decision::GoesOn, .. } | What::State { .. } => {
                WebhookEvent::Movement
            }
            What::Request { decision: Decision::Refused | Decision::Failed | Decision::GivenUp, .. } => {
                WebhookEvent::Refused
            }
            What::Request { .. } | What::Note { .. } | What::Started { .. } | What::Lost { .. } => return None,
        };
        let gate = line.gate.clone().unwrap_or_default();
        Some(Self { event, at: line.stamp.at, gate, news: News::History(line.clone()), last: None })
    }

    /// The events that a change of a gate's state is; `last` is the line of what moved it last.
    pub(super) fn of_change(gate: &str, before: &State, now: &State, last: Option<&Line>) -> Vec<Self> {
        let at = Stamp::of(Instant::now()).at;
        let new = |event, news| Self { event, at, gate: gate.to_owned(), news, last: None };
        let mut events = Vec::new();
        if now.left_open != before.left_open {
            let left_open = new(WebhookEvent::LeftOpen, News::LeftOpen(now.left_open));
            events.push(Self { last: last.cloned(), ..left_open });
        }
        if now.fault != before.fault {
            events.push(new(WebhookEvent::Fault, News::Fault(now.fault.map(|fault| fault.to_string()))));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Confidence, DoorState, Fault, Target};
    use crate::history::Mover;

    fn state() -> State {
        State {
            current: DoorState::Open,
            shown: DoorState::Open,
            target: Target::Open,
            confidence: Confidence::Assumed,
            obstruction: false,
            fault: None,
            warning: false,
            left_open: false,
            lockout: false,
            hold_open: false,
        }
    }

    #[test]
    fn being_left_open_and_a_fault_are_events_and_so_is_their_end() {
        let (plain, left) = (state(), State { left_open: true, fault: Some(Fault::BothEnds), ..state() });
        let what = What::State { cause: Mover::Outside, state: plain.into() };
        let moved = Line { n: 7, ..Line::new(Stamp::of(Instant::now()), Some("Gate"), what) };
        let told = |before, now| {
            let events = Event::of_change("Gate", before, now, Some(&moved));
            events.into_iter().map(|event| serde_json::to_value(event).unwrap()).collect::<Vec<_>>()
        };
        let begun = told(&plain, &left);
        assert_eq!((&begun[0]["event"], &begun[0]["left_open"]), (&"left-open".into(), &true.into()));
        assert_eq!((&begun[0]["last"]["n"], begun[1].get("last")), (&7.into(), None));
        assert_eq!((&begun[1]["event"], &begun[1]["gate"]), (&"fault".into(), &"Gate".into()));
        assert!(begun[1]["fault"].as_str().unwrap().contains("both limit switches"));
        let ended = told(&left, &plain);
        assert_eq!((&ended[0]["left_open"], &ended[1]["fault"]), (&false.into(), &serde_json::Value::Null));
        assert!(told(&plain, &plain).is_empty());
    }
}
