//! What the gate is asked, by whom, and what became of it.

use std::fmt;
use std::time::Instant;

use super::{DoorState, PulseLength};

/// What somebody wants of the gate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Request {
    /// Go to the open end.
    Open,
    /// Go to the closed end.
    Close,
    /// Rest where it is.
    Stop,
    /// Press the button, whatever that does now; for the given length instead of the configured one.
    Toggle(Option<PulseLength>),
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Stop => "stop",
            Self::Toggle(_) => "toggle",
        })
    }
}

/// Who asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Requester {
    /// A HomeKit controller, by its pairing's id.
    Controller(String),
    /// Somebody on the local API: a script, the page, a command.
    LocalApi,
}

impl fmt::Display for Requester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // An id is whatever the controller sent when it paired: escaped, it cannot forge a log line.
            Self::Controller(id) => write!(f, "controller {}", id.escape_debug()),
            Self::LocalApi => f.write_str("the local API"),
        }
    }
}

/// A request that is granted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Accepted {
    /// The button is pressed.
    Pulsed,
    /// The gate is there or on its way: nothing to do.
    Already,
}

/// A request that is not granted, and why. Nothing was pressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The last pulse is not over for long enough. Ask again.
    #[error("the last press of the button is still under way: ask again in a moment")]
    Busy,
    /// One contact cannot tell directions, and nothing confirms where the gate is.
    #[error(
        "nothing confirms that the gate is open, and a press could open it: \
         set close_when_assumed to allow it, or fit a limit switch"
    )]
    StateAssumed,
    /// The opener has no contact that closes.
    #[error("this opener closes by itself only")]
    CannotClose,
    /// The opener has no contact that stops.
    #[error("this opener has no contact that stops the gate")]
    CannotStop,
}

/// A line for the log and the history.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    /// When it happened.
    pub at: Instant,
    /// What happened.
    pub event: Event,
}

/// What a [`Record`] tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    /// A request and its fate. Every pulse has exactly one of these, and so has every refusal.
    Asked {
        /// What was wanted.
        request: Request,
        /// Who wanted it.
        by: Requester,
        /// What became of it.
        answer: Result<Accepted, Refusal>,
    },
    /// The gate went on by itself: it arrived, or its opener began to close it.
    Became(DoorState),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked { request, by, answer } => {
                write!(f, "{request}, asked by {by}: ")?;
                match answer {
                    Ok(Accepted::Pulsed) => f.write_str("pulse"),
                    Ok(Accepted::Already) => f.write_str("already so, no pulse"),
                    Err(refusal) => write!(f, "refused, {refusal}"),
                }
            }
            Self::Became(state) => write!(f, "{state}"),
        }
    }
}
