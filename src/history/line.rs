//! What a line of the history says.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::file::Stream;
use super::time::Stamp;
use crate::gate::{Confidence, DoorState, Fault, State};

/// One line: when, which gate, and what happened.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct Line {
    /// Rises from line to line; it tells their order where they stand in several files.
    pub n: u64,
    /// When it happened.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The gate's name; none when it concerns all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum What {
    /// Somebody wanted something, and what became of it. Each pulse has exactly one of these, and so has each refusal.
    Request {
        /// What was wanted, in a word.
        request: String,
        /// Who wanted it.
        by: By,
        /// What became of it, in a word.
        decision: Decision,
        /// Why it was refused, or failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The press of the button, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pulse: Option<Pulse>,
        /// The gate after it.
        state: After,
    },
    /// The gate is in another state, without a press of the button just now.
    State {
        /// What moved it, as far as that is known. Once it was called as who asks is, which is something else.
        #[serde(alias = "by")]
        cause: Mover,
        /// The new state.
        state: After,
    },
    /// Something about the gate that its owner should know.
    Note {
        /// In a sentence.
        text: String,
        /// The gate after it.
        state: After,
    },
    /// The daemon started. Nothing moved because of that.
    Started {
        /// The program's version.
        version: String,
    },
    /// Lines are missing here: the disk was too slow, full, or broken.
    Lost {
        /// How many.
        lines: u64,
    },
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    /// The button was pressed.
    Pulse,
    /// It was so already, or on its way: nothing was pressed.
    Already,
    /// People near the gate are warned first; what follows has its own lines.
    Warning,
    /// The closing that was announced is called off.
    CalledOff,
    /// A later step of a request that was granted before.
    GoesOn,
    /// A step that was to follow does not.
    GivenUp,
    /// Done, and it moves nothing.
    Set,
    /// The gate's rules forbade it.
    Refused,
    /// It was granted, and the relay failed.
    Failed,
}

/// Who caused something.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum By {
    /// A HomeKit controller.
    Controller {
        /// Its pairing's id.
        id: String,
        /// The name that it was given here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// A home hub, which relayed it for somebody whom nobody here can know.
    Hub {
        /// Its pairing's id.
        id: String,
        /// The name that it was given here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// A program on the local API.
    LocalApi {
        /// What it says it is, which nothing proves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<String>,
    },
    /// The button on the wall.
    Button,
    /// The gate was set to close by itself.
    AutoClose,
    /// Somebody who proves the wiring, without the daemon.
    Bench,
}

/// What moved the gate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mover {
    /// A pulse, which has its own line.
    Pulse,
    /// The opener by itself.
    Opener,
    /// Something else: a remote, another button, a hand.
    Outside,
}

/// The gate after something happened. What is not so is not written.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct After {
    /// Where it is.
    pub current: DoorState,
    /// How that is known.
    pub confidence: Confidence,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// Something is in the way.
    #[serde(default, skip_serializing_if = "is_false")]
    pub obstruction: bool,
    /// It is locked out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lockout: bool,
    /// It is held open.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hold_open: bool,
}

/// One press of the button.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct Pulse {
    /// Which contact was closed.
    pub contact: String,
    /// For how long, in milliseconds.
    pub ms: u64,
}

impl Line {
    /// A line about `gate`, or about all gates. It is numbered when it is written.
    pub(crate) fn new(stamp: Stamp, gate: Option<&str>, what: What) -> Self {
        Self { n: 0, stamp, gate: gate.map(str::to_owned), what }
    }
}

impl What {
    /// Whether a gate moves because of this: a press of the button, or a movement without one.
    pub(crate) fn moves(&self) -> bool {
        match self {
            Self::Request { pulse, .. } => pulse.is_some(),
            Self::State { cause, .. } => *cause != Mover::Pulse,
            Self::Note { .. } | Self::Started { .. } | Self::Lost { .. } => false,
        }
    }

    /// Whether this is a request that moved nothing, as anybody can send at will.
    pub(crate) const fn is_in_vain(&self) -> bool {
        matches!(self.stream(), Stream::Requests)
    }

    /// Where it belongs.
    pub(super) const fn stream(&self) -> Stream {
        match self {
            Self::Request { pulse: None, .. } => Stream::Requests,
            Self::Request { .. }
            | Self::State { .. }
            | Self::Note { .. }
            | Self::Started { .. }
            | Self::Lost { .. } => Stream::Moves,
        }
    }

    /// Whether a power cut in the next minute must not lose it.
    pub(super) const fn hurries(&self) -> bool {
        match self {
            Self::Request { decision, .. } => !matches!(decision, Decision::Already),
            Self::Lost { .. } | Self::Note { .. } => true,
            Self::State { .. } | Self::Started { .. } => false,
        }
    }
}

impl From<State> for After {
    fn from(state: State) -> Self {
        let State { current, confidence, fault, obstruction, lockout, hold_open, .. } = state;
        Self { current, confidence, fault, obstruction, lockout, hold_open }
    }
}

/// For people: `2025-03-01 06:30:00Z  Gate  open by Mum: pulse of 1000 ms; then opening (assumed)`.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  ", self.stamp.at.to_the_second())?;
        if let Some(gate) = &self.gate {
            write!(f, "{gate}  ")?;
        }
        self.what.fmt(f)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { request, by, decision, reason, pulse, state } => {
                write!(f, "{request} by {by}: {decision}")?;
                if let Some(Pulse { contact, ms }) = pulse {
                    let of = if *decision == Decision::Pulse { "" } else { ", pulse" };
                    write!(f, "{of} of {ms} ms on the {contact} contact")?;
                }
                if let Some(reason) = reason {
                    write!(f, ", {reason}")?;
                }
                write!(f, "; {state}")
            }
            Self::State { cause, state } => write!(f, "{state}, {cause}"),
            Self::Note { text, state } => write!(f, "{text}; {state}"),
            Self::Started { version } => write!(f, "Portcullis {version} started"),
            Self::Lost { lines: 1 } => f.write_str("one line is missing here"),
            Self::Lost { lines } => write!(f, "{lines} lines are missing here"),
        }
    }
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.current.fmt(f)?;
        if self.confidence == Confidence::Assumed {
            f.write_str(" (assumed)")?;
        }
        for (flag, word) in
            [(self.obstruction, "obstructed"), (self.lockout, "locked out"), (self.hold_open, "held open")]
        {
            if flag {
                write!(f, ", {word}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pulse => "pulse",
            Self::Already => "nothing to do",
            Self::Warning => "warning first",
            Self::CalledOff => "the announced closing is called off",
            Self::GoesOn => "goes on",
            Self::GivenUp => "given up",
            Self::Set => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        })
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Controller { name: Some(name), .. } => f.write_str(name),
            Self::Controller { id, name: None } => write!(f, "controller {id}"),
            // The name says which hub it was, never who asked.
            Self::Hub { name: Some(name), .. } => write!(f, "somebody via hub {name}"),
            Self::Hub { id, name: None } => write!(f, "somebody via hub {id}"),
            Self::LocalApi { client: Some(client) } => write!(f, "{client} on the local API"),
            Self::LocalApi { client: None } => f.write_str("the local API"),
            Self::Button => f.write_str("the wall button"),
            Self::AutoClose => f.write_str("the automatic closing"),
            Self::Bench => f.write_str("portcullis bench"),
        }
    }
}

impl fmt::Display for Mover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pulse => "as asked",
            Self::Opener => "by its opener",
            Self::Outside => "from outside",
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
impl Line {
    /// A request of the local API that moved nothing.
    pub(crate) fn in_vain(request: &str, decision: Decision) -> Self {
        let state = After {
            current: DoorState::Open,
            confidence: Confidence::Assumed,
            fault: None,
            obstruction: false,
            lockout: false,
            hold_open: false,
        };
        let by = By::LocalApi { client: None };
        let what = What::Request { request: request.to_owned(), by, decision, reason: None, pulse: None, state };
        Self::new(Stamp::of(std::time::Instant::now()), Some("Gate"), what)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn after(current: DoorState) -> After {
        let confidence = Confidence::Assumed;
        After { current, confidence, fault: None, obstruction: false, lockout: false, hold_open: false }
    }

    fn opened(by: By) -> What {
        What::Request {
            request: "open".to_owned(),
            by,
            decision: Decision::Pulse,
            reason: None,
            pulse: Some(Pulse { contact: "main".to_owned(), ms: 1000 }),
            state: after(DoorState::Opening),
        }
    }

    fn mum() -> By {
        By::Controller { id: "7A1B".to_owned(), name: Some("Mum".to_owned()) }
    }

    #[test]
    fn a_line_is_one_flat_object_whose_form_does_not_change() {
        let text = concat!(
            r#"{"n":7,"at":"2025-03-01T06:30:00.250Z","up_ms":5,"gate":"Gate","event":"request","request":"open","#,
            r#""by":{"kind":"controller","id":"7A1B","name":"Mum"},"decision":"pulse","#,
            r#""pulse":{"contact":"main","ms":1000},"state":{"current":"opening","confidence":"assumed"}}"#,
        );
        let line: Line = serde_json::from_str(text).unwrap();
        assert_eq!(line.what, opened(mum()));
        assert_eq!(serde_json::to_string(&line).unwrap(), text);
    }

    #[test]
    fn what_moved_a_gate_is_read_under_its_first_name_too_and_written_under_its_own() {
        let line = |key: &str| {
            format!(
                r#"{{"n":7,"at":"2025-03-01T06:30:00.250Z","up_ms":5,"gate":"Gate","event":"state","{key}":"outside","state":{{"current":"open","confidence":"sensed"}}}}"#
            )
        };
        for key in ["by", "cause"] {
            let read: Line = serde_json::from_str(&line(key)).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), line("cause"));
        }
    }

    #[test]
    fn every_kind_of_line_reads_back() {
        let state = After { fault: Some(Fault::BothEnds), obstruction: true, ..after(DoorState::Stopped) };
        for what in [
            opened(By::Hub { id: "H".to_owned(), name: None }),
            opened(By::LocalApi { client: Some("curl/8.5.0".to_owned()) }),
            What::State { cause: Mover::Outside, state },
            What::Note { text: "words".to_owned(), state },
            What::Started { version: "0.1.0".to_owned() },
            What::Lost { lines: 3 },
        ] {
            let line = Line::new(Stamp::of(Instant::now()), Some("Gate"), what);
            let text = serde_json::to_string(&line).unwrap();
            assert!(text.len() < 1024, "{text}");
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line, "{text}");
        }
    }

    #[test]
    fn a_line_of_a_newer_program_is_read_as_far_as_it_is_known() {
        let text =
            r#"{"n":7,"at":"2025-03-01T06:30:00.250Z","up_ms":5,"mood":"good","event":"lost","lines":1,"why":"?"}"#;
        assert_eq!(serde_json::from_str::<Line>(text).unwrap().what, What::Lost { lines: 1 });
    }

    #[test]
    fn a_request_through_a_hub_is_nobodys() {
        let hub = |name: Option<&str>| By::Hub { id: "H".to_owned(), name: name.map(str::to_owned) }.to_string();
        assert_eq!(hub(None), "somebody via hub H");
        assert_eq!(hub(Some("Kitchen")), "somebody via hub Kitchen");
    }

    #[test]
    fn people_read_who_asked_what_was_done_and_where_the_gate_is() {
        let refused = What::Request {
            request: "close".to_owned(),
            by: By::LocalApi { client: None },
            decision: Decision::Refused,
            reason: Some("something is in the way".to_owned()),
            pulse: None,
            state: After { obstruction: true, confidence: Confidence::Sensed, ..after(DoorState::Open) },
        };
        for (what, text) in [
            (opened(mum()), "open by Mum: pulse of 1000 ms on the main contact; opening (assumed)"),
            (refused, "close by the local API: refused, something is in the way; open, obstructed"),
            (What::State { cause: Mover::Outside, state: after(DoorState::Closed) }, "closed (assumed), from outside"),
            (What::Lost { lines: 1 }, "one line is missing here"),
        ] {
            assert_eq!(what.to_string(), text);
        }
    }
}
