//! `[[gate]]`

use serde::Deserialize;

use super::name::Name;
use super::wiring::{Relay, Sensor};
use crate::gate::{OpenTime, Opener, PulseLength, Settings, Travel};

/// One gate.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gate {
    /// Its name in HomeKit and on the command line; unlike every other gate's.
    #[serde(default = "Name::gate")]
    pub name: Name,
    /// What it is to HomeKit.
    #[serde(default)]
    pub accessory: AccessoryKind,
    /// How the opener answers to its contact.
    #[serde(default)]
    pub opener: OpenerKind,
    /// How long the button is pressed.
    #[serde(default = "default_pulse")]
    pub pulse: PulseLength,
    /// From one end to the other.
    #[serde(default = "default_travel")]
    pub travel: Travel,
    /// The opener closes the gate after it was open for this long. No pulse, only the state follows.
    pub closes_itself_after: Option<OpenTime>,
    /// Whether "close" may pulse though nothing confirms that the gate is open.
    #[serde(default)]
    pub close_when_assumed: bool,
    /// Accessories beside the gate, each at most once.
    #[serde(default)]
    pub extras: Vec<Extra>,
    /// What presses the button.
    pub relay: Relay,
    /// The limit switch at the closed end.
    pub closed_switch: Option<Sensor>,
    /// The limit switch at the open end.
    pub open_switch: Option<Sensor>,
    /// The photo cell.
    pub obstruction: Option<Sensor>,
}

impl Gate {
    /// The gate of the default configuration: nothing real moves, so it may always close.
    pub(crate) fn simulated() -> Self {
        Self {
            name: Name::gate(),
            accessory: AccessoryKind::default(),
            opener: OpenerKind::default(),
            pulse: default_pulse(),
            travel: default_travel(),
            closes_itself_after: None,
            close_when_assumed: true,
            extras: Vec::new(),
            relay: Relay::Simulated { trace: None },
            closed_switch: None,
            open_switch: None,
            obstruction: None,
        }
    }

    /// How the model of this gate behaves.
    pub(crate) fn settings(&self) -> Result<Settings, UnsupportedOpener> {
        let opener = match self.opener {
            OpenerKind::Step => Opener::Step,
            OpenerKind::OpenOnly => Opener::OpenOnly,
            OpenerKind::Momentary => Opener::Momentary,
            OpenerKind::OpenClose => {
                return Err(UnsupportedOpener { gate: self.name.to_string() });
            }
        };
        Ok(Settings {
            opener,
            pulse: self.pulse,
            travel: self.travel,
            closes_itself_after: self.closes_itself_after,
            close_when_assumed: self.close_when_assumed,
        })
    }

    /// The sensors that are fitted, each with its key.
    pub(crate) fn sensors(&self) -> impl Iterator<Item = (&'static str, &Sensor)> {
        [("closed_switch", &self.closed_switch), ("open_switch", &self.open_switch), ("obstruction", &self.obstruction)]
            .into_iter()
            .filter_map(|(key, sensor)| Some((key, sensor.as_ref()?)))
    }

    /// Whether a limit switch tells where the gate is.
    fn is_sensed(&self) -> bool {
        self.closed_switch.is_some() || self.open_switch.is_some()
    }

    pub(super) fn warning(&self) -> Option<String> {
        let stays_open = self.opener == OpenerKind::Step
            && self.closes_itself_after.is_none()
            && !self.close_when_assumed
            && !self.is_sensed();
        stays_open.then(|| {
            format!(
                "gate {:?} will read open for ever once it was opened: nothing tells when it is \
                 closed again. Set closes_itself_after if its opener does that, close_when_assumed \
                 to let HomeKit close it, or fit a closed_switch",
                self.name.as_str()
            )
        })
    }

    /// Whether the state ever finds back to closed, without which "open" would work only once.
    pub(super) fn finds_back_to_closed(&self) -> bool {
        self.opener != OpenerKind::OpenOnly || self.closes_itself_after.is_some() || self.is_sensed()
    }
}

/// What a gate is to HomeKit.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AccessoryKind {
    /// A garage door opener: a secure accessory. Siri asks for the phone to be unlocked.
    #[default]
    GarageDoor,
    /// A switch: anybody in the Home may press it, and so may any automation.
    Switch,
}

/// How an opener answers to its contacts.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OpenerKind {
    /// One contact: each press sends the gate the other way.
    #[default]
    Step,
    /// One contact that only opens.
    OpenOnly,
    /// One contact for each direction.
    OpenClose,
    /// A lock's release: open while it is pressed.
    Momentary,
}

/// An opt-in accessory beside the gate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Extra {
    /// A switch that automations may use without a confirmation.
    AutomationSwitch,
    /// An occupancy sensor: the gate was left open.
    LeftOpen,
    /// A contact sensor that follows the gate.
    Contact,
    /// A switch that holds the gate open.
    HoldOpen,
    /// A switch that refuses every request.
    Lockout,
}

/// The gate's opener is one that this build cannot work.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "gate {gate:?}: this build cannot work an \"open-close\" opener yet: wire the remote's single \
     button and write opener = \"step\", or its open button and \"open-only\""
)]
pub(crate) struct UnsupportedOpener {
    /// The gate's name.
    pub gate: String,
}

fn default_pulse() -> PulseLength {
    PulseLength::millis::<1_000>()
}

fn default_travel() -> Travel {
    Travel::millis::<18_000>()
}
