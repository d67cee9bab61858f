//! `portcullis bench`: presses on command and shows levels, to prove the wiring before a gate hangs on it.

use std::io::{self, Read, Stdin, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::error::CommandError;
use super::move_gate::choose;
use crate::config::{Config, Gate};
use crate::gate::PulseLength;
use crate::hardware::{self, HardwareError, Keeper, Reader, Relay};

/// The longest line that is read, in bytes. The longest word has eleven.
const LINE: usize = 256;

/// Takes the gate's outputs and inputs, as the daemon would, until standard input ends or says "q".
pub(super) fn run(config: &Config, state_dir: &Path, gate: Option<&str>) -> Result<(), CommandError> {
    let name = choose(config, gate)?;
    let gate = config.gates.iter().find(|gate| gate.name.as_str() == name);
    let gate = gate.ok_or_else(|| CommandError::WhichGate(format!("{name:?}")))?;
    let keeper = Keeper::start(hardware::outputs(config, state_dir))?;
    let contacts: Vec<_> = gate.relays().filter_map(|(key, _)| Some((key, keeper.find(Some(name), key)?))).collect();
    let mut bench = Bench { out: io::stdout().lock(), begun: Instant::now(), pulse: gate.pulse, contacts };
    let inputs = inputs(gate)?;
    bench.introduce(gate, &inputs)?;
    let mut lines = Lines { stdin: io::stdin(), read: Vec::new() };
    loop {
        let is_typed = wait(&lines, &inputs).map_err(CommandError::Input)?;
        bench.show_edges(&inputs)?;
        if !is_typed {
            continue;
        }
        for line in lines.next().map_err(CommandError::Input)? {
            match line {
                Some(line) if !matches!(line.as_str(), "q" | "quit" | "exit") => bench.obey(&line)?,
                _ => return Ok(()),
            }
            bench.show_edges(&inputs)?;
        }
    }
}

/// The inputs of a gate that are not simulated.
fn inputs(gate: &Gate) -> Result<Vec<(&'static str, Reader)>, HardwareError> {
    let lines = gate.inputs().filter_map(|(key, input)| Some((key, input.line(&gate.relay)?)));
    let take = |(key, line)| match Reader::take(line) {
        Ok(reader) => Ok((key, reader)),
        Err(source) => Err(HardwareError::Input { place: format!("gate {:?}: {key}", gate.name.as_str()), source }),
    };
    lines.map(take).collect()
}

/// Waits for a line or an edge. Tells whether it was a line.
fn wait(lines: &Lines, inputs: &[(&str, Reader)]) -> io::Result<bool> {
    let stdin = lines.stdin.as_fd();
    let mut fds = vec![PollFd::from_borrowed_fd(stdin, PollFlags::IN)];
    fds.extend(inputs.iter().map(|(_, reader)| PollFd::new(reader, PollFlags::IN)));
    match poll(&mut fds, None) {
        Ok(_) | Err(Errno::INTR) => Ok(fds.first().is_some_and(|stdin| !stdin.revents().is_empty())),
        Err(error) => Err(error.into()),
    }
}

struct Bench<W> {
    out: W,
    begun: Instant,
    pulse: PulseLength,
    /// The outputs, each with its key; the first is the one that Enter alone means.
    contacts: Vec<(&'static str, Relay)>,
}

impl<W: Write> Bench<W> {
    fn introduce(&mut self, gate: &Gate, inputs: &[(&str, Reader)]) -> Result<(), CommandError> {
        let name = gate.name.as_str();
        writeln!(self.out, "Gate {name:?}. Enter presses its relay for {}: take the gate off it first.", self.pulse)?;
        let others: Vec<_> = self.contacts.iter().skip(1).map(|(key, _)| *key).collect();
        if !others.is_empty() {
            writeln!(self.out, "Before Enter, {} presses that instead.", others.join(" or "))?;
        }
        writeln!(self.out, "q and Enter ends.")?;
        for (key, reader) in inputs {
            writeln!(self.out, "  now      {key} {}", reports(reader.is_active().map_err(CommandError::Input)?))?;
        }
        Ok(self.out.flush()?)
    }

    fn obey(&mut self, line: &str) -> io::Result<()> {
        let meant = match line {
            "" => self.contacts.first(),
            key => self.contacts.iter().find(|(known, _)| *known == key),
        };
        let Some((key, relay)) = meant else {
            let known: Vec<_> = self.contacts.iter().map(|(key, _)| *key).collect();
            return writeln!(self.out, "{line:?} is nothing here: there is {}", known.join(", "));
        };
        let key = *key;
        match relay.pulse(self.pulse) {
            Ok(end) => {
                self.tell(Instant::now(), &format!("{key} on"))?;
                end.wait();
                self.tell(Instant::now(), &format!("{key} off"))
            }
            Err(error) => self.tell(Instant::now(), &format!("{key}: {error}")),
        }
    }

    fn show_edges(&mut self, inputs: &[(&str, Reader)]) -> Result<(), CommandError> {
        for (key, reader) in inputs {
            for edge in reader.edges().map_err(CommandError::Input)? {
                self.tell(edge.at, &format!("{key} {}", reports(edge.active)))?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, at: Instant, what: &str) -> io::Result<()> {
        let seconds = at.saturating_duration_since(self.begun).as_secs_f64();
        writeln!(self.out, "{seconds:8.3} s {what}")?;
        self.out.flush()
    }
}

fn reports(active: bool) -> &'static str {
    if active { "reports" } else { "does not report" }
}

/// Standard input, line by line, without taking more from it than there is.
struct Lines {
    stdin: Stdin,
    read: Vec<u8>,
}

impl Lines {
    /// The lines that are complete now; `None` is the end. It waits for at least a byte.
    fn next(&mut self) -> io::Result<Vec<Option<String>>> {
        let mut buffer = [0; LINE];
        let length = self.stdin.lock().read(&mut buffer)?;
        if length == 0 {
            return Ok(vec![None]);
        }
        self.read.extend_from_slice(buffer.get(..length).unwrap_or_default());
        let mut lines = Vec::new();
        while let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.read.drain(..=end).collect();
            lines.push(Some(String::from_utf8_lossy(&line).trim().to_owned()));
        }
        // Whoever types more than this in a line means nothing that we know.
        self.read.truncate(LINE);
        Ok(lines)
    }
}
