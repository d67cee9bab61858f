//! What the gate is asked, by whom, and what became of it.

use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{DoorState, Fault, PulseLength, State, Target, Travel};

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
    /// A length out of bounds becomes the nearest that is allowed.
    Toggle(Option<Duration>),
}

impl Request {
    /// The end it is for.
    pub(crate) const fn target(self) -> Option<Target> {
        match self {
            Self::Open => Some(Target::Open),
            Self::Close => Some(Target::Closed),
            Self::Stop | Self::Toggle(_) => None,
        }
    }
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

/// What a press of the gate's one button is expected to do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Foreseen {
    /// It opens the gate.
    Open,
    /// It closes the gate.
    Close,
    /// It stops the gate, or calls off the closing that is announced.
    Stop,
    /// It presses the button; what the gate makes of that is not known, or nothing travels.
    Press,
}

impl Foreseen {
    /// What to ask for, to have just that.
    pub(crate) const fn request(self) -> Request {
        match self {
            Self::Open => Request::Open,
            Self::Close => Request::Close,
            Self::Stop => Request::Stop,
            Self::Press => Request::Toggle(None),
        }
    }
}

/// Who asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Requester {
    /// A HomeKit controller in the house, by its pairing's id.
    Controller(String),
    /// A home hub, by its pairing's id, for somebody it does not name.
    Hub(String),
    /// Somebody on the local API, and what the program says it is: a script, the page, a command.
    LocalApi(Option<String>),
    /// Somebody at the wall button, who sees the gate.
    Button,
    /// The gate itself, which was open for `auto_close_after`.
    AutoClose,
}

impl Requester {
    /// Whether it came over HomeKit, where a tap may be sent twice.
    pub(crate) const fn is_homekit(&self) -> bool {
        matches!(self, Self::Controller(_) | Self::Hub(_))
    }

    /// Whether nobody needs to be there to see the gate.
    pub(crate) const fn is_remote(&self) -> bool {
        !matches!(self, Self::Button)
    }
}

impl fmt::Display for Requester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // An id is whatever the controller sent when it paired: escaped, it cannot forge a log line.
            Self::Controller(id) => write!(f, "controller {}", id.escape_debug()),
            Self::Hub(id) => write!(f, "home hub {}", id.escape_debug()),
            Self::LocalApi(None) => f.write_str("the local API"),
            Self::LocalApi(Some(client)) => write!(f, "the local API ({})", client.escape_debug()),
            Self::Button => f.write_str("the wall button"),
            Self::AutoClose => f.write_str("auto_close_after"),
        }
    }
}

/// A contact of the opener that a relay closes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Contact {
    /// The only one, or the one that opens: `[gate.relay]`.
    Main,
    /// The one that closes: `[gate.close_relay]`.
    Close,
    /// The one that stops: `[gate.stop_relay]`.
    Stop,
}

/// One press of a button.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Press {
    /// Which button.
    pub contact: Contact,
    /// For how long.
    pub length: PulseLength,
}

/// A request that is granted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Accepted {
    /// The button is pressed.
    Pulsed,
    /// The gate is there or on its way: nothing to do.
    Already,
    /// The warning has begun; the button is pressed when it is over.
    Warned,
    /// The closing that the warning announced is called off; nothing else is done.
    CalledOff,
}

/// A request that is not granted, and why. Nothing was pressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The last pulse is not over for long enough. Ask again.
    #[error("the last press of the button is still under way: ask again in a moment")]
    Busy,
    /// The button was pressed too often within a minute. Ask again in a minute.
    #[error("the button was pressed as often in a minute as pulses_a_minute allows: wait a minute")]
    TooMany,
    /// One contact cannot tell directions, and nothing confirms where the gate is.
    #[error(
        "nothing confirms that the gate is open, and a press could open it: \
         set close_when_assumed to allow it, or fit a limit switch"
    )]
    StateAssumed,
    /// From where the gate stopped, the next press sends it the other way.
    #[error(
        "from where it stopped, a press would send the gate the other way: \
         ask for that first, or set reverse = \"pulse-twice\""
    )]
    OtherWay,
    /// The opener has no contact that closes.
    #[error("this opener closes by itself only")]
    CannotClose,
    /// The opener has no contact that stops.
    #[error("this opener has no contact that stops the gate")]
    CannotStop,
    /// Somebody or something is in the way.
    #[error("the photo cell reports something in the way: look, or close it at the gate")]
    Obstructed,
    /// It stopped half-way, and nobody knows which way the next press of its only button sends it.
    #[error(
        "nobody knows which way a press would send the gate from where it stopped: \
         open it first, or set close_when_assumed to allow it"
    )]
    WayUnknown,
    /// The gate is held open.
    #[error("the gate is held open: put hold-open off first")]
    HeldOpen,
    /// Every request is refused.
    #[error("the gate is locked out: put lockout off first")]
    LockedOut,
    /// It may have been asked long ago. Ask again.
    #[error("this computer stood still meanwhile, and nobody knows how old the request is: ask again in a moment")]
    Stale,
    /// The program ends, and presses nothing more.
    #[error("Portcullis is stopping: ask again when it runs again")]
    Stopping,
}

/// Why a pulse that was to follow does not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum GivenUp {
    /// Somebody wanted something else.
    #[error("somebody asked for something else")]
    Superseded,
    /// The gate was moved by something else.
    #[error("the gate was moved from outside")]
    MovedOutside,
    /// Its time is past: the program was stopped or starved.
    #[error("its time is past")]
    Late,
    /// A rule forbids it now.
    #[error("{0}")]
    Refused(Refusal),
    /// The relay did not press the button.
    #[error("the relay failed")]
    RelayFailed,
}

/// A switch that changes what is allowed and moves nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hold {
    /// Every request is refused.
    Lockout,
    /// Nothing but the wall button closes the gate.
    Open,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lockout => "lockout",
            Self::Open => "hold-open",
        })
    }
}

/// What moved the gate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mover {
    /// A pulse from here.
    Request,
    /// Its opener, which closes it by itself or reverses at an obstruction.
    Opener,
    /// Somebody else: a remote, another button, a hand.
    Outside,
}

impl fmt::Display for Mover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "as asked",
            Self::Opener => "by its opener",
            Self::Outside => "from outside",
        })
    }
}

/// A line for the log and the history.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    /// When it happened.
    pub at: Instant,
    /// What happened.
    pub event: Event,
    /// The pulse that goes with it. Every pulse is in exactly one record.
    pub press: Option<Press>,
    /// The gate after it.
    pub state: State,
}

/// What a [`Record`] tells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    /// A request and its fate. Every request has exactly one of these.
    Asked {
        /// What was wanted.
        request: Request,
        /// Who wanted it.
        by: Requester,
        /// What became of it.
        answer: Result<Accepted, Refusal>,
    },
    /// A later step of a request that was granted before: a pulse, or the warning before one.
    Followed {
        /// What was wanted.
        request: Request,
        /// Who wanted it.
        by: Requester,
    },
    /// A step that was to follow and does not.
    GaveUp {
        /// What was wanted.
        request: Request,
        /// Who wanted it.
        by: Requester,
        /// Why it does not follow.
        why: GivenUp,
    },
    /// A pulse was asked for that is out of bounds, and the nearest allowed one was given.
    Clamped {
        /// The length that was asked for.
        asked: Duration,
        /// The length that was given.
        given: PulseLength,
    },
    /// The gate arrived, stopped, or was set off by something else than a request.
    Became {
        /// Where it is.
        door: DoorState,
        /// What moved it.
        by: Mover,
    },
    /// The photo cell's report.
    Obstruction(bool),
    /// A fault appeared, or all is well again.
    Fault(Option<Fault>),
    /// A switch was put on or off, or stays as it was.
    Held {
        /// Which switch.
        hold: Hold,
        /// Whether it was to be on.
        on: bool,
        /// Who wanted that.
        by: Requester,
        /// Whether it is so now.
        answer: Result<(), Refusal>,
    },
    /// The travel is now known to be this long.
    Learned(Travel),
    /// The gate will not close itself again until it was closed by somebody.
    AutoCloseGaveUp,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked { request, by, answer } => {
                write!(f, "{request}, asked by {by}: ")?;
                match answer {
                    Ok(Accepted::Pulsed) => f.write_str("pulse"),
                    Ok(Accepted::Already) => f.write_str("already so, no pulse"),
                    Ok(Accepted::Warned) => f.write_str("warning first, then a pulse"),
                    Ok(Accepted::CalledOff) => f.write_str("the announced closing is called off, no pulse"),
                    Err(refusal) => write!(f, "refused, {refusal}"),
                }
            }
            Self::Followed { request, by } => write!(f, "{request}, asked by {by}: goes on"),
            Self::GaveUp { request, by, why } => write!(f, "{request}, asked by {by}: given up, {why}"),
            Self::Clamped { asked, given } => {
                write!(f, "a pulse of {} ms is out of bounds: {given} instead", asked.as_millis())
            }
            Self::Became { door, by } => write!(f, "{door}, {by}"),
            Self::Obstruction(true) => f.write_str("something is in the way"),
            Self::Obstruction(false) => f.write_str("the way is free"),
            Self::Fault(Some(fault)) => fault.fmt(f),
            Self::Fault(None) => f.write_str("the fault is gone"),
            Self::Held { hold, on, by, answer } => {
                write!(f, "{hold} {}, by {by}", if *on { "on" } else { "off" })?;
                answer.map_or_else(|refusal| write!(f, ": refused, {refusal}"), Ok)
            }
            Self::Learned(travel) => write!(f, "the travel takes {travel}"),
            Self::AutoCloseGaveUp => {
                f.write_str("it did not close by itself twice: auto_close_after waits until somebody closes it")
            }
        }
    }
}
