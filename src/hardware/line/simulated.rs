//! An output with nothing behind it. Its edges can be read from a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::hardware::clock::monotonic;
use crate::hardware::error::LineError;
use crate::hardware::limits;

/// A simulated output. With a trace, each edge appends one line of JSON in one write, at the edge:
/// `{"t_ns":1234,"gate":"Gate","relay":"on"}`, `t_ns` being `CLOCK_MONOTONIC`.
///
/// It behaves like a line of a Raspberry Pi's kernel: one process has it, and when that one is killed
/// the line stays as it was. So a trace that ends with "on" gets its "off" when the line is taken anew.
#[derive(Debug)]
pub(in crate::hardware) struct Simulated {
    label: String,
    trace: Option<Rc<File>>,
}

impl Simulated {
    pub(super) fn take(label: &str, trace: Option<&Path>, traces: &mut Traces) -> Result<Self, LineError> {
        let Some(path) = trace else {
            return Ok(Self { label: label.to_owned(), trace: None });
        };
        let failed = |source| LineError::Trace { path: path.to_owned(), source };
        let trace = traces.open(path)?;
        let is_on = last_edge(&trace, label).map_err(failed)?;
        let line = Self { label: label.to_owned(), trace: Some(trace) };
        if is_on {
            line.write_edge("off").map_err(failed)?;
        }
        Ok(line)
    }

    pub(super) fn set(&self, on: bool) -> io::Result<()> {
        match self.write_edge(if on { "on" } else { "off" }) {
            // The falling edge happens even when it cannot be written.
            Err(error) if !on => {
                log::error!("{:?}: the end of the pulse is not in the trace: {error}", self.label);
                Ok(())
            }
            done => done,
        }
    }

    fn write_edge(&self, relay: &str) -> io::Result<()> {
        let Some(trace) = &self.trace else {
            return Ok(());
        };
        let edge = Edge { t_ns: monotonic().as_nanos(), gate: &self.label, relay };
        let mut line = serde_json::to_vec(&edge)?;
        line.push(b'\n');
        // One call, so that lines of several relays in one file never mix.
        if trace.as_ref().write(&line)? != line.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }
}

/// The traces of one process. Several outputs may share a file; no two processes do.
#[derive(Debug, Default)]
pub(super) struct Traces {
    open: Vec<(PathBuf, Rc<File>)>,
}

impl Traces {
    fn open(&mut self, path: &Path) -> Result<Rc<File>, LineError> {
        if let Some((_, file)) = self.open.iter().find(|(known, _)| known == path) {
            return Ok(Rc::clone(file));
        }
        let failed = |source| LineError::Trace { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        // The kernel lets go of it when the process is gone, however it went.
        if file.metadata().map_err(failed)?.is_file() {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => return Err(LineError::TraceHeld { path: path.to_owned() }),
                Err(error) => return Err(failed(error.into())),
            }
        }
        let file = Rc::new(file);
        self.open.push((path.to_owned(), Rc::clone(&file)));
        Ok(file)
    }
}

/// Whether the last line about `label` in the tail of the trace says "on". A torn line is closed.
fn last_edge(mut trace: &File, label: &str) -> io::Result<bool> {
    let metadata = trace.metadata()?;
    if !metadata.is_file() {
        return Ok(false);
    }
    trace.seek(SeekFrom::Start(metadata.len().saturating_sub(limits::TRACE_TAIL)))?;
    let mut tail = Vec::new();
    trace.take(limits::TRACE_TAIL).read_to_end(&mut tail)?;
    if tail.last().is_some_and(|byte| *byte != b'\n') {
        // A power cut tore it; what follows is a line of its own.
        trace.write_all(b"\n")?;
    }
    let edges = tail.split(|byte| *byte == b'\n').rev().filter_map(|line| serde_json::from_slice::<Last>(line).ok());
    Ok(edges.into_iter().find(|edge| edge.gate == label).is_some_and(|edge| edge.relay == "on"))
}

#[derive(Serialize)]
struct Edge<'a> {
    t_ns: u128,
    gate: &'a str,
    relay: &'a str,
}

#[derive(Deserialize)]
struct Last {
    gate: String,
    relay: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;

    struct Bench {
        directory: TempDir,
    }

    impl Bench {
        fn new() -> Self {
            Self { directory: tempfile::tempdir().unwrap() }
        }

        fn path(&self) -> PathBuf {
            self.directory.path().join("relay.jsonl")
        }

        fn take(&self, label: &str) -> Result<Simulated, LineError> {
            Simulated::take(label, Some(&self.path()), &mut Traces::default())
        }

        fn text(&self) -> String {
            std::fs::read_to_string(self.path()).unwrap()
        }
    }

    #[test]
    fn a_trace_line_is_exactly_time_gate_and_edge() {
        let bench = Bench::new();
        let before = monotonic().as_nanos();
        bench.take("Grandma's Gate").unwrap().set(true).unwrap();
        let text = bench.text();
        let t_ns: u128 = text.strip_prefix("{\"t_ns\":").unwrap().split(',').next().unwrap().parse().unwrap();
        assert!(before <= t_ns && t_ns <= monotonic().as_nanos());
        assert_eq!(text, format!("{{\"t_ns\":{t_ns},\"gate\":\"Grandma's Gate\",\"relay\":\"on\"}}\n"));
    }

    #[test]
    fn taking_and_letting_go_write_no_line() {
        let bench = Bench::new();
        for _ in 0..100 {
            bench.take("Gate").unwrap();
        }
        assert_eq!(bench.text(), "");
    }

    #[test]
    fn a_line_that_was_left_on_is_off_once_it_is_taken() {
        let bench = Bench::new();
        let mut traces = Traces::default();
        let front = Simulated::take("Front", Some(&bench.path()), &mut traces).unwrap();
        let back = Simulated::take("Back", Some(&bench.path()), &mut traces).unwrap();
        front.set(true).unwrap();
        back.set(true).unwrap();
        back.set(false).unwrap();
        // As if the process were gone.
        drop((front, back, traces));
        for _ in 0..2 {
            bench.take("Back").unwrap();
            assert_eq!(
                bench.text().lines().count(),
                if bench.text().contains("Front\",\"relay\":\"off") { 4 } else { 3 }
            );
            bench.take("Front").unwrap();
            assert_eq!(bench.text().lines().count(), 4);
        }
        assert!(bench.text().ends_with("\"gate\":\"Front\",\"relay\":\"off\"}\n"));
    }

    #[test]
    fn a_torn_line_at_the_end_hides_no_edge() {
        let bench = Bench::new();
        bench.take("Gate").unwrap().set(true).unwrap();
        let torn = format!("{}{{\"t_ns\":1,\"ga", bench.text());
        std::fs::write(bench.path(), torn).unwrap();
        bench.take("Gate").unwrap();
        assert!(bench.text().lines().nth(2).unwrap().starts_with("{\"t_ns\":"));
        assert!(bench.text().ends_with("\"relay\":\"off\"}\n"));
    }

    #[test]
    fn a_trace_belongs_to_one_process() {
        let bench = Bench::new();
        let held = bench.take("Gate").unwrap();
        let refused = bench.take("Gate").unwrap_err();
        assert!(matches!(refused, LineError::TraceHeld { .. }) && refused.is_held_by_us());
        drop(held);
        bench.take("Gate").unwrap();
    }

    #[test]
    fn without_a_trace_there_is_a_pulse_and_no_file() {
        let line = Simulated::take("Gate", None, &mut Traces::default()).unwrap();
        line.set(true).unwrap();
        line.set(false).unwrap();
    }

    #[test]
    fn an_edge_that_cannot_be_written_does_not_happen_unless_it_lets_go() {
        let line = Simulated::take("Gate", Some(Path::new("/dev/full")), &mut Traces::default()).unwrap();
        assert!(line.set(true).is_err());
        assert!(line.set(false).is_ok());
    }

    #[test]
    fn a_trace_that_cannot_be_opened_is_named() {
        let bench = Bench::new();
        let path = bench.directory.path().join("missing/relay.jsonl");
        let refused = Simulated::take("Gate", Some(&path), &mut Traces::default()).unwrap_err();
        assert!(refused.to_string().contains("missing/relay.jsonl: the relay's trace cannot be written"));
    }

    proptest! {
        #[test]
        fn whatever_a_trace_holds_it_is_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let bench = Bench::new();
            std::fs::write(bench.path(), &bytes).unwrap();
            prop_assert!(bench.take("Gate").is_ok());
        }
    }
}
