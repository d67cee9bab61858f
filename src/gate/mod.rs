//! The gate as a pure state machine: a request, a sensor's report or the time goes in, effects come out.
//!
//! It has no clock, does no I/O and writes no log. Its one law:
//!
//! > **Only a fresh request pulses.** [`Gate::new`], [`Gate::sensor`] and [`Gate::hold`] never begin
//! > anything; a request for what the gate already does never does; and what a granted request leads to
//! > later, a second pulse or the one after a warning, comes on time or not at all. The one exception is
//! > the owner's standing request, `auto_close_after`.
//!
//! A `Gate` is a value. Who must not believe in a pulse that failed asks a clone and keeps it only
//! once the relay has answered; otherwise [`Gate::press_failed`] tells the original.

pub(crate) mod limits;

mod auto_close;
mod debounce;
mod effects;
mod foresight;
mod inputs;
mod machine;
mod motion;
mod opener;
mod permit;
mod place;
mod pursuit;
mod rate;
mod remembered;
mod request;
mod sensors;
mod settings;
mod start;
mod state;
#[cfg(test)]
mod tests;
mod travel;
mod turn;
mod view;

pub(crate) use debounce::{Change, Debounce};
pub(crate) use effects::Effects;
pub(crate) use inputs::Gate;
pub(crate) use limits::{OpenTime, Patience, PulseLength, PulseRate, Travel, WarningTime};
pub(crate) use motion::Motion;
pub(crate) use opener::{Act, Opener, Options, Reverse, Start};
pub(crate) use rate::Rate;
pub(crate) use remembered::{AssumedAtStart, Remembered};
pub(crate) use request::{
    Accepted, Contact, Event, Foreseen, GivenUp, Hold, Mover, Press, Record, Refusal, Request, Requester,
};
pub(crate) use sensors::{Sensor, Sensors};
pub(crate) use settings::Settings;
pub(crate) use state::{Confidence, DoorState, Fault, ShownWhenStopped, State, Target};
