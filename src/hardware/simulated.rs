//! A relay with nothing behind it. Its edges can be read from a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::relay::{PulseEnd, RelayError};
use crate::gate::PulseLength;

/// A simulated relay. With a trace, each edge appends one line of JSON in one write, at the edge:
/// `{"t_ns":1234,"gate":"Gate","relay":"on"}`, `t_ns` being `CLOCK_MONOTONIC`.
///
/// Several relays may share a file: it is opened for appending.
#[derive(Debug)]
pub(crate) struct Simulated {
    line: Arc<Mutex<Line>>,
    runtime: Handle,
}

impl Simulated {
    pub(super) fn open(gate: &str, trace: Option<&Path>, runtime: Handle) -> io::Result<Self> {
        let trace =
            trace.map(|path| OpenOptions::new().append(true).create(true).mode(0o600).open(path)).transpose()?;
        let line = Line { gate: gate.to_owned(), trace, pulse: None, pulses: 0 };
        Ok(Self { line: Arc::new(Mutex::new(line)), runtime })
    }

    pub(super) fn pulse(&self, length: PulseLength) -> Result<PulseEnd, RelayError> {
        let number = lock(&self.line).press()?;
        let until = Instant::now() + length.get();
        let (ended, end) = oneshot::channel();
        let pressed = Pressed { line: Arc::clone(&self.line), number, _ended: ended };
        // Whatever becomes of the task, the end of `pressed` is the end of the pulse.
        self.runtime.spawn(async move {
            sleep_until(until).await;
            drop(pressed);
        });
        Ok(PulseEnd(end))
    }

    pub(super) fn release(&self) {
        lock(&self.line).release();
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.release();
    }
}

/// The output and what it wrote last.
#[derive(Debug)]
struct Line {
    gate: String,
    trace: Option<File>,
    /// The number of the pulse that is on.
    pulse: Option<u64>,
    /// How many pulses there were.
    pulses: u64,
}

impl Line {
    /// The rising edge. An edge that cannot be written does not happen.
    fn press(&mut self) -> Result<u64, RelayError> {
        if self.pulse.is_some() {
            return Err(RelayError::Busy);
        }
        self.write_edge("on")?;
        self.pulses += 1;
        self.pulse = Some(self.pulses);
        Ok(self.pulses)
    }

    /// The falling edge, if the line is on. It happens even when it cannot be written.
    fn release(&mut self) {
        if self.pulse.take().is_some()
            && let Err(error) = self.write_edge("off")
        {
            log::error!("gate {:?}: the end of the pulse is not in the trace: {error}", self.gate);
        }
    }

    fn write_edge(&mut self, relay: &'static str) -> io::Result<()> {
        let Some(trace) = &mut self.trace else {
            return Ok(());
        };
        let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
        let edge = Edge { t_ns: now.as_nanos(), gate: &self.gate, relay };
        let mut line = serde_json::to_vec(&edge)?;
        line.push(b'\n');
        // One call, so that lines of several relays in one file never mix.
        if trace.write(&line)? != line.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }
}

/// The pulse while it lasts. Its number tells a pulse that was released early from the next one.
struct Pressed {
    line: Arc<Mutex<Line>>,
    number: u64,
    /// Dropped after the falling edge, which tells [`PulseEnd`].
    _ended: oneshot::Sender<()>,
}

impl Drop for Pressed {
    fn drop(&mut self) {
        let mut line = lock(&self.line);
        if line.pulse == Some(self.number) {
            line.release();
        }
    }
}

#[derive(Serialize)]
struct Edge<'a> {
    t_ns: u128,
    gate: &'a str,
    relay: &'static str,
}

/// A line is whole between two calls, so a panic elsewhere does not spoil it.
fn lock(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use tempfile::TempDir;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Line {
        t_ns: u64,
        gate: String,
        relay: String,
    }

    struct Bench {
        directory: TempDir,
    }

    impl Bench {
        fn new() -> Self {
            Self { directory: tempfile::tempdir().unwrap() }
        }

        fn relay(&self, gate: &str) -> Simulated {
            let trace = self.directory.path().join("relay.jsonl");
            Simulated::open(gate, Some(&trace), Handle::current()).unwrap()
        }

        fn trace(&self) -> Vec<Line> {
            std::fs::read_to_string(self.directory.path().join("relay.jsonl"))
                .unwrap()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect()
        }

        fn edges(&self) -> Vec<String> {
            self.trace().into_iter().map(|line| format!("{} {}", line.gate, line.relay)).collect()
        }
    }

    const SHORT: PulseLength = PulseLength::millis::<50>();
    const LONG: PulseLength = PulseLength::millis::<10_000>();

    #[tokio::test]
    async fn the_edge_is_written_before_the_call_returns_and_the_other_one_on_time() {
        let bench = Bench::new();
        let relay = bench.relay("Gate");
        let end = relay.pulse(SHORT).unwrap();
        assert_eq!(bench.edges(), ["Gate on"]);
        end.ended().await;
        assert_eq!(bench.edges(), ["Gate on", "Gate off"]);
        let trace = bench.trace();
        assert!(trace[1].t_ns - trace[0].t_ns >= 50_000_000);
    }

    #[tokio::test]
    async fn a_trace_line_is_exactly_time_gate_and_edge() {
        let bench = Bench::new();
        let relay = bench.relay("Grandma's Gate");
        let _ = relay.pulse(LONG).unwrap();
        let text = std::fs::read_to_string(bench.directory.path().join("relay.jsonl")).unwrap();
        let t_ns = bench.trace()[0].t_ns;
        assert_eq!(text, format!("{{\"t_ns\":{t_ns},\"gate\":\"Grandma's Gate\",\"relay\":\"on\"}}\n"));
    }

    #[tokio::test]
    async fn starting_and_stopping_write_no_line() {
        let bench = Bench::new();
        for _ in 0..100 {
            let relay = bench.relay("Gate");
            relay.release();
        }
        assert_eq!(bench.edges(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn dropping_the_relay_ends_the_pulse() {
        let bench = Bench::new();
        let relay = bench.relay("Gate");
        let _ = relay.pulse(LONG).unwrap();
        drop(relay);
        assert_eq!(bench.edges(), ["Gate on", "Gate off"]);
    }

    #[test]
    fn dropping_the_runtime_ends_the_pulse() {
        let bench = Bench::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let relay = runtime.block_on(async { bench.relay("Gate") });
        let _ = relay.pulse(LONG).unwrap();
        drop(runtime);
        assert_eq!(bench.edges(), ["Gate on", "Gate off"]);
        // Without a runtime nothing could time a pulse, so it ends where it begins.
        let _ = relay.pulse(LONG).unwrap();
        assert_eq!(bench.edges(), ["Gate on", "Gate off", "Gate on", "Gate off"]);
    }

    #[tokio::test]
    async fn a_second_pulse_never_merges_with_a_running_one() {
        let bench = Bench::new();
        let relay = bench.relay("Gate");
        let end = relay.pulse(SHORT).unwrap();
        assert!(matches!(relay.pulse(SHORT), Err(RelayError::Busy)));
        end.ended().await;
        assert_eq!(bench.edges(), ["Gate on", "Gate off"]);
    }

    #[tokio::test]
    async fn a_released_pulse_does_not_cut_the_next_one() {
        let bench = Bench::new();
        let relay = bench.relay("Gate");
        let first = relay.pulse(SHORT).unwrap();
        relay.release();
        let _ = relay.pulse(LONG).unwrap();
        first.ended().await;
        assert_eq!(bench.edges(), ["Gate on", "Gate off", "Gate on"]);
    }

    #[tokio::test]
    async fn two_gates_share_one_trace() {
        let bench = Bench::new();
        let (front, back) = (bench.relay("Front"), bench.relay("Back"));
        let ends = [front.pulse(SHORT).unwrap(), back.pulse(SHORT).unwrap()];
        for end in ends {
            end.ended().await;
        }
        let mut edges = bench.edges();
        edges.sort();
        assert_eq!(edges, ["Back off", "Back on", "Front off", "Front on"]);
    }

    #[tokio::test]
    async fn without_a_trace_there_is_a_pulse_and_no_file() {
        let relay = Simulated::open("Gate", None, Handle::current()).unwrap();
        let end = relay.pulse(SHORT).unwrap();
        assert!(matches!(relay.pulse(SHORT), Err(RelayError::Busy)));
        end.ended().await;
        assert!(relay.pulse(SHORT).is_ok());
    }

    #[tokio::test]
    async fn an_edge_that_cannot_be_written_does_not_happen() {
        let relay = Simulated::open("Gate", Some(Path::new("/dev/full")), Handle::current()).unwrap();
        for _ in 0..2 {
            assert!(matches!(relay.pulse(SHORT), Err(RelayError::Trace(_))));
        }
    }
}
