//! What the local API says, and what it is told: the words that it shares with the commands.

use hap::Pairing;
use serde::{Deserialize, Serialize};

use crate::config::AccessoryKind;
use crate::gate::{Confidence, DoorState, Foreseen, Opener, Target};
#[cfg(feature = "api")]
use crate::health::Health;
#[cfg(feature = "api")]
use crate::history::Line;
use crate::history::Timestamp;

/// The answer to `GET /api/v1/status`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct Status {
    /// The program's version.
    pub(crate) version: String,
    /// The commit it was built from, if that is known.
    #[serde(default)]
    pub(crate) commit: Option<String>,
    /// How long it has run, in seconds.
    pub(crate) uptime_s: u64,
    /// The accessory's name, as Home lists it.
    pub(crate) name: String,
    /// All gates.
    pub(crate) gates: Vec<GateState>,
    /// Whether a controller is paired.
    pub(crate) paired: bool,
    /// How many controllers are paired.
    pub(crate) controllers: usize,
    /// How many of their sessions are open.
    pub(crate) sessions: usize,
}

/// One gate.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct GateState {
    pub(crate) name: String,
    /// Where it is.
    pub(crate) current: DoorState,
    /// Where it is meant to be.
    pub(crate) target: Target,
    /// How that is known.
    pub(crate) confidence: Confidence,
    /// Since when `current` is so; `null` when that was before the daemon's start.
    #[cfg_attr(feature = "api", schema(value_type = Option<String>, format = DateTime))]
    pub(crate) since: Option<Timestamp>,
    /// Something is in the way.
    pub(crate) obstruction: bool,
    /// What is wrong, in words.
    pub(crate) fault: Option<String>,
    /// It warns that it will close.
    pub(crate) warning: bool,
    /// It was left open for longer than its owner likes.
    pub(crate) left_open: bool,
    /// Every request is refused.
    pub(crate) lockout: bool,
    /// Nothing but the wall button closes it.
    pub(crate) hold_open: bool,
    /// What a press of its one button does, and what to ask for to have just that: `press` is for `toggle`. `null` while
    /// it would be refused.
    pub(crate) press: Option<Foreseen>,
    /// Why a press would be refused.
    pub(crate) press_refused: Option<String>,
    /// How long it is expected to travel from one end to the other, in milliseconds.
    pub(crate) travel_ms: u64,
    /// What its opener makes of a press.
    pub(crate) opener: Opener,
    /// What HomeKit takes it for.
    pub(crate) accessory: AccessoryKind,
    /// Whether nothing real moves.
    pub(crate) simulated: bool,
}

/// A request that was granted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct Done {
    /// Whether the button was pressed.
    pub(crate) pulsed: bool,
    /// What became of the request.
    pub(crate) answer: Answer,
    /// The gate after it.
    #[serde(flatten)]
    pub(crate) gate: GateState,
}

/// What became of a request that was granted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// The button was pressed.
    Pulsed,
    /// There was nothing to do.
    Already,
    /// It warns first, and presses then.
    Warned,
    /// The closing that it warned of is called off.
    CalledOff,
}

/// A paired controller.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct Controller {
    pub(crate) id: String,
    /// What somebody called it; `null` when nobody did.
    pub(crate) name: Option<String>,
    /// Whether it may add and remove others.
    pub(crate) admin: bool,
}

impl Controller {
    pub(crate) fn new(pairing: &Pairing, name: impl FnOnce(&str) -> Option<String>) -> Self {
        let id = pairing.id.to_string();
        Self { name: name(&id), id, admin: pairing.permissions.is_admin() }
    }
}

/// What a controller is to be called.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Rename {
    /// The new name; none takes the old one away.
    pub(crate) name: Option<String>,
}

/// How to pair.
#[cfg(feature = "api")]
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct Setup {
    /// The accessory's name, as Home lists it.
    pub(crate) name: String,
    /// Whether a controller is paired; then there is nothing to set up.
    pub(crate) paired: bool,
    /// The code that Home asks for; `null` once paired.
    pub(crate) setup_code: Option<String>,
    /// The `X-HM://` text of the QR code; `null` once paired.
    pub(crate) setup_payload: Option<String>,
}

/// A simulated gate as it really is, whatever the daemon knows of it.
#[cfg(feature = "api")]
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct Truth {
    /// What it does.
    pub(crate) really: DoorState,
    /// How far open it is, in milliseconds of its travel from the closed end.
    pub(crate) open_ms: u64,
}

/// Who is paired, and who is connected.
#[cfg(feature = "api")]
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct PairingState {
    /// Whether a controller is paired.
    pub(crate) paired: bool,
    /// How many controllers are.
    pub(crate) controllers: usize,
    /// How many of their sessions are open.
    pub(crate) sessions: usize,
}

/// Everything at once: what a client starts from.
#[cfg(feature = "api")]
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct Snapshot {
    /// The program's version.
    pub(crate) version: String,
    /// All gates.
    pub(crate) gates: Vec<GateState>,
    /// Who is paired.
    pub(crate) pairing: PairingState,
    /// The health as far as it is known.
    pub(crate) health: Health,
    /// The newest lines of the history, oldest first.
    pub(crate) history: Vec<Line>,
}

/// What went wrong, as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct Problem {
    /// The HTTP status again.
    pub(crate) status: u16,
    /// What the status means.
    pub(crate) title: String,
    /// What happened, and what to do.
    pub(crate) detail: String,
}
