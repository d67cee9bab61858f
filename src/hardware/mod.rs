//! What touches the world: the relays that press buttons, and the sensors.
//!
//! [`Relay`] is the one door to an output. Behind it is the [`Keeper`], a process of its own; behind that
//! a driver, and nothing in front of it knows which one.

mod boot;
mod clock;
mod error;
mod gpio;
mod keeper;
mod limits;
mod line;
mod meaning;
mod output;
mod relay;
mod sensor;

pub(crate) use boot::{Finding, input as input_at_boot, output as output_at_boot};
pub(crate) use error::{HardwareError, RelayError};
pub(crate) use gpio::check_line;
pub(crate) use keeper::{Health, Keeper, release, run as run_keeper};
pub(crate) use line::check_registers;
pub(crate) use meaning::let_go;
pub(crate) use output::{Output, outputs};
pub(crate) use relay::{PulseEnd, Relay};
pub(crate) use sensor::{Edge, Reader, Sensor, SensorLines};
