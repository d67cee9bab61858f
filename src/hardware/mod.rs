//! What touches the world: the relay that presses the button.
//!
//! `Relay` is the one door to it. A driver takes its place behind `Relay`, and nothing in front of
//! it knows which one it is.

mod relay;
mod simulated;

pub(crate) use relay::{HardwareError, PulseEnd, Relay, RelayError};
