//! The relay, whatever drives it.

use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::simulated::Simulated;
use crate::config;
use crate::gate::PulseLength;

/// The output that presses the button of one gate's remote.
///
/// It is idle unless [`Relay::pulse`] was called and that pulse is not over. Dropping it, and
/// dropping the runtime, ends a pulse at once.
#[derive(Debug)]
pub(crate) enum Relay {
    /// Nothing real.
    Simulated(Simulated),
}

impl Relay {
    /// Takes the relay of `gate`, idle, without an edge.
    ///
    /// `runtime` has its timer enabled: it ends the pulses. What the configuration allows and this
    /// build cannot drive is refused here.
    pub(crate) fn open(gate: &config::Gate, state_dir: &Path, runtime: &Handle) -> Result<Self, HardwareError> {
        let name = gate.name.as_str();
        if let Some((key, _)) = gate.sensors().next() {
            return Err(HardwareError::Sensor { gate: name.to_owned(), key });
        }
        let driver = match &gate.relay {
            config::Relay::Simulated { trace } => {
                // An absolute path replaces the state directory.
                let trace = trace.as_ref().map(|trace| state_dir.join(trace));
                return Simulated::open(name, trace.as_deref(), runtime.clone())
                    .map(Self::Simulated)
                    .map_err(|source| HardwareError::Trace { path: trace.unwrap_or_default(), source });
            }
            config::Relay::Gpiochip { .. } => "gpiochip",
            config::Relay::Rppal { .. } => "rppal",
        };
        Err(HardwareError::Driver { gate: name.to_owned(), driver })
    }

    /// Presses the button for `length`. It is down when this returns; the value returned tells when
    /// it is up again.
    pub(crate) fn pulse(&self, length: PulseLength) -> Result<PulseEnd, RelayError> {
        match self {
            Self::Simulated(relay) => relay.pulse(length),
        }
    }

    /// Ends a running pulse now. For an orderly stop.
    pub(crate) fn release(&self) {
        match self {
            Self::Simulated(relay) => relay.release(),
        }
    }
}

/// Resolves when a pulse is over. The pulse does not depend on it: it may be dropped.
#[derive(Debug)]
pub(crate) struct PulseEnd(pub(super) oneshot::Receiver<()>);

impl PulseEnd {
    /// Waits until the button is up, which is at most the pulse's length from its start.
    pub(crate) async fn ended(self) {
        // The sender is dropped at the end of the pulse, and that is the message.
        let _ = self.0.await;
    }
}

/// Why a relay cannot be taken. The owner mends the configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HardwareError {
    /// A driver that this build does not have.
    #[error("gate {gate:?}: this build cannot drive {driver:?} yet: write driver = \"simulated\"")]
    Driver {
        /// The gate.
        gate: String,
        /// The driver's name in the configuration.
        driver: &'static str,
    },
    /// A sensor, which this build cannot read. Ignoring it would let the state be wrong.
    #[error("gate {gate:?}: this build cannot read sensors yet: take [gate.{key}] out")]
    Sensor {
        /// The gate.
        gate: String,
        /// The sensor's key in the configuration.
        key: &'static str,
    },
    /// The trace file cannot be opened.
    #[error("{}: the relay's trace cannot be written: {source}", path.display())]
    Trace {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Why the button was not pressed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    /// It still is pressed. Ask again after the pulse.
    #[error("the button is still pressed")]
    Busy,
    /// The simulated edge could not be written, so it did not happen.
    #[error("the relay's trace cannot be written: {0}")]
    Trace(#[from] io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    /// The relay of the first gate, with `directory` as the state directory.
    fn open(text: &str, directory: &Path) -> Result<Relay, HardwareError> {
        let config = Config::parse(text, "portcullis.toml").unwrap();
        Relay::open(&config.gates[0], directory, &Handle::current())
    }

    #[tokio::test]
    async fn the_trace_is_in_the_state_directory_unless_its_path_is_absolute() {
        let (state, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let simulated = |trace: &Path| format!("[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = {trace:?}\n");
        let relay = open(&simulated(Path::new("relay.jsonl")), state.path()).unwrap();
        let _ = relay.pulse(PulseLength::millis::<50>()).unwrap();
        relay.release();
        let trace = std::fs::read_to_string(state.path().join("relay.jsonl")).unwrap();
        assert_eq!(trace.lines().count(), 2);
        open(&simulated(&other.path().join("elsewhere.jsonl")), state.path()).unwrap();
        assert!(other.path().join("elsewhere.jsonl").exists());
    }

    #[tokio::test]
    async fn a_trace_that_cannot_be_written_stops_the_start() {
        let directory = tempfile::tempdir().unwrap();
        let text = "[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"missing/relay.jsonl\"\n";
        assert!(matches!(open(text, directory.path()), Err(HardwareError::Trace { .. })));
    }

    #[tokio::test]
    async fn what_this_build_cannot_drive_is_refused_with_its_mend() {
        let directory = tempfile::tempdir().unwrap();
        let told = |text| open(text, directory.path()).unwrap_err().to_string();
        assert_eq!(
            told("[[gate]]\n[gate.relay]\npin = 17\n"),
            "gate \"Gate\": this build cannot drive \"gpiochip\" yet: write driver = \"simulated\""
        );
        assert!(told("[[gate]]\n[gate.relay]\ndriver = \"rppal\"\npin = 17\n").contains("\"rppal\""));
        assert!(
            told("[[gate]]\n[gate.relay]\ndriver = \"simulated\"\n[gate.obstruction]\npin = 5\n")
                .contains("take [gate.obstruction] out")
        );
    }
}
