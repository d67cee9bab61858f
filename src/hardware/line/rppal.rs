//! An output line of a Raspberry Pi's registers.

use rppal::gpio::{Gpio, IoPin, Level, Mode, OutputPin};

use crate::config::Active;

/// A line that is written past the kernel. Nothing keeps another process from it, and it stays as it
/// is when the process is gone, on every kernel.
#[derive(Debug)]
pub(in crate::hardware) enum Rppal {
    /// Driven either way.
    Driven {
        pin: OutputPin,
        /// The level that is on.
        on: Level,
    },
    /// Driven low, or an input.
    Float(IoPin),
}

/// Why the registers cannot be had. The owner changes the driver or the machine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RppalError {
    /// Not a Raspberry Pi, or one that the driver does not know.
    #[error("this is no Raspberry Pi that driver \"rppal\" knows: write driver = \"gpiochip\"")]
    NotAPi,
    /// The device of the registers may not be opened.
    #[error("this user may not open {path}: {}", super::super::gpio::permission(path))]
    Permission {
        /// The device.
        path: String,
    },
    /// The line is not on this board, or something else.
    #[error("GPIO{pin} cannot be taken: {source}; driver = \"gpiochip\" may know why")]
    Pin {
        /// The BCM number.
        pin: u8,
        /// What the driver says.
        source: rppal::gpio::Error,
    },
}

/// Whether this is a Raspberry Pi whose registers may be had.
pub(crate) fn check_registers() -> Result<(), RppalError> {
    Gpio::new().map(drop).map_err(|error| refused(0, error))
}

impl Rppal {
    pub(super) fn take(pin: u8, active: Active) -> Result<Self, RppalError> {
        let line = Gpio::new().and_then(|gpio| gpio.get(pin)).map_err(|error| refused(pin, error))?;
        // Each sets the level before the direction. A line that was left on is off from here.
        Ok(match active {
            Active::High => Self::driven(line.into_output_low(), Level::High),
            Active::Low => Self::driven(line.into_output_high(), Level::Low),
            Active::Float => {
                let mut line = line.into_io(Mode::Input);
                line.set_low();
                line.set_reset_on_drop(false);
                Self::Float(line)
            }
        })
    }

    pub(super) fn set(&mut self, on: bool) {
        match self {
            Self::Driven { pin, on: level } => pin.write(if on { *level } else { !*level }),
            Self::Float(pin) => pin.set_mode(if on { Mode::Output } else { Mode::Input }),
        }
    }

    /// Idle stays driven when the process goes: as an input, the line would follow its pull.
    fn driven(mut pin: OutputPin, on: Level) -> Self {
        pin.set_reset_on_drop(false);
        Self::Driven { pin, on }
    }
}

fn refused(pin: u8, source: rppal::gpio::Error) -> RppalError {
    match source {
        rppal::gpio::Error::UnknownModel => RppalError::NotAPi,
        rppal::gpio::Error::PermissionDenied(path) => RppalError::Permission { path },
        source => RppalError::Pin { pin, source },
    }
}
