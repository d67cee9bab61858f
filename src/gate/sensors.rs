//! The gate's sensors, as the model hears of them: debounced, and active when they report.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Target;

/// A sensor of the gate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sensor {
    /// The limit switch at the closed end.
    ClosedSwitch,
    /// The limit switch at the open end.
    OpenSwitch,
    /// The photo cell.
    Obstruction,
}

/// Its table in the configuration.
impl fmt::Display for Sensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClosedSwitch => "closed_switch",
            Self::OpenSwitch => "open_switch",
            Self::Obstruction => "obstruction",
        })
    }
}

/// Whether each sensor reports; `None` where there is no such sensor.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sensors {
    /// The gate is at its closed end.
    pub closed_switch: Option<bool>,
    /// The gate is at its open end.
    pub open_switch: Option<bool>,
    /// Something is in the way.
    pub obstruction: Option<bool>,
}

impl Sensors {
    /// The level of the limit switch at `end`.
    pub(super) const fn at(&self, end: Target) -> Option<bool> {
        match end {
            Target::Closed => self.closed_switch,
            Target::Open => self.open_switch,
        }
    }

    pub(super) const fn level_mut(&mut self, sensor: Sensor) -> Option<&mut bool> {
        match sensor {
            Sensor::ClosedSwitch => self.closed_switch.as_mut(),
            Sensor::OpenSwitch => self.open_switch.as_mut(),
            Sensor::Obstruction => self.obstruction.as_mut(),
        }
    }
}
