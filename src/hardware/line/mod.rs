//! One output line, whatever drives it: taken at idle in one operation, switched, let go at idle.

mod gpiochip;
#[cfg(feature = "rppal")]
mod rppal;
#[cfg(not(feature = "rppal"))]
#[path = "no_rppal.rs"]
mod rppal;
mod simulated;

use std::io;
use std::path::Path;

use super::error::LineError;
use super::output::{Driver, Output};
use gpiochip::Gpiochip;
use rppal::Rppal;
use simulated::{Simulated, Traces};

pub(crate) use rppal::{RppalError, check_registers};

/// A line that is held. Whoever holds it switches it off before letting go.
#[derive(Debug)]
pub(super) enum Line {
    Gpiochip(Gpiochip),
    Rppal(Rppal),
    Simulated(Simulated),
}

impl Line {
    /// The edge has happened when this returns without an error, and has not when it returns one.
    pub(super) fn set(&mut self, on: bool) -> io::Result<()> {
        match self {
            Self::Gpiochip(line) => line.set(on),
            Self::Rppal(line) => {
                line.set(on);
                Ok(())
            }
            Self::Simulated(line) => line.set(on),
        }
    }
}

/// Takes all of them, each idle from the first moment; a line that somebody left on is off then.
///
/// The error comes with the place of the output that it is about.
pub(super) fn take(outputs: &[Output]) -> Result<Vec<Line>, (usize, LineError)> {
    let mut traces = Traces::default();
    let taken = outputs.iter().enumerate().map(|(at, output)| {
        let line = match &output.driver {
            Driver::Gpiochip { pin, active } => Gpiochip::take(pin, *active).map(Line::Gpiochip).map_err(Into::into),
            Driver::Rppal { pin, active } => Rppal::take(*pin, *active).map(Line::Rppal).map_err(Into::into),
            Driver::Simulated { trace } => {
                Simulated::take(output.label(), trace.as_deref().map(Path::new), &mut traces).map(Line::Simulated)
            }
        };
        line.map_err(|error| (at, error))
    });
    taken.collect()
}
