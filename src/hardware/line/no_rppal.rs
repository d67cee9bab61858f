//! In place of the driver for a Raspberry Pi's registers, in a program that was built without it.

use std::convert::Infallible;

use crate::config::Active;

/// There is none.
#[derive(Debug)]
pub(in crate::hardware) struct Rppal(Infallible);

/// This program was built without the driver.
#[derive(Debug, thiserror::Error)]
#[error("this program was built without the driver \"rppal\": write driver = \"gpiochip\"")]
pub(crate) struct RppalError;

impl Rppal {
    pub(super) const fn take(_: u8, _: Active) -> Result<Self, RppalError> {
        Err(RppalError)
    }

    pub(super) const fn set(&self, _: bool) {
        match self.0 {}
    }
}

/// Whether the registers can be had: they cannot.
pub(crate) const fn check_registers() -> Result<(), RppalError> {
    Err(RppalError)
}
