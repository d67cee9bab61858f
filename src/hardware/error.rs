//! Why the hardware did not do it, in words that say what to do.

use std::io;
use std::path::PathBuf;

use super::gpio::GpioError;

/// Why the outputs or an input cannot be taken. The owner mends the configuration or the machine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HardwareError {
    /// An output cannot be taken, as the keeper says.
    #[error("{0}")]
    Output(String),
    /// An input cannot be taken.
    #[error("{place}: {source}")]
    Input {
        /// The gate and the input's key.
        place: String,
        /// Why not.
        source: GpioError,
    },
    /// The keeper cannot be started, or did not come up.
    #[error("the keeper, the process that holds the relays, does not start: {0}")]
    Keeper(#[from] io::Error),
}

/// Why a line cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// A line of the kernel.
    #[error(transparent)]
    Gpio(#[from] GpioError),
    /// A line of a Raspberry Pi's registers.
    #[error(transparent)]
    Rppal(#[from] super::line::RppalError),
    /// The trace file cannot be opened.
    #[error("{}: the relay's trace cannot be written: {source}", path.display())]
    Trace {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another process keeps the trace.
    #[error("{}: another portcullis writes this trace: stop it first", path.display())]
    TraceHeld {
        /// The file.
        path: PathBuf,
    },
}

/// Why an output is not let go.
#[derive(Debug, thiserror::Error)]
#[error("{output}: {source}")]
pub(crate) struct ReleaseError {
    /// Its gate and key.
    pub(super) output: String,
    /// Why not.
    pub(super) source: LineError,
}

impl ReleaseError {
    /// Whether a program that is none of ours has the line, which then is not ours to let go.
    pub(crate) fn is_anothers(&self) -> bool {
        matches!(&self.source, LineError::Gpio(error @ GpioError::Held { .. }) if !error.is_held_by_us())
    }
}

impl LineError {
    /// Whether an earlier keeper holds the line: then it is free as soon as that one has gone.
    pub(super) fn is_held_by_us(&self) -> bool {
        match self {
            Self::Gpio(error) => error.is_held_by_us(),
            Self::TraceHeld { .. } => true,
            Self::Rppal(_) | Self::Trace { .. } => false,
        }
    }
}

/// Why an output was not switched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    /// It still is pressed. Ask again after the pulse.
    #[error("the button is still pressed")]
    Busy,
    /// The edge could not be made, so it did not happen.
    #[error("the output cannot be switched: {0}")]
    Output(io::Error),
    /// The keeper read the order too late to carry it out.
    #[error("this computer is too busy to press the button in time: try once more")]
    Late,
    /// There is no keeper at the moment. Ask again: the next one is on its way.
    #[error("the process that holds the relay has to be started again: try once more")]
    NoKeeper,
    /// The keeper did not answer. The button may have been pressed, and was let go at once.
    #[error("the process that holds the relay did not answer, and was replaced: the button may have been pressed")]
    NoAnswer,
}
