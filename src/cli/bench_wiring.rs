//! `portcullis bench`: presses on command and shows levels, to prove the wiring before a gate hangs on it.

use std::io::{self, Stdin, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hap::store::{FileStore, Store};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::error::CommandError;
use super::move_gate::choose;
use crate::config::{Config, Gate};
use crate::driven::Driven;
use crate::gate::{Gate as Model, Rate, Refusal, Request, Sensors, limits};
use crate::hardware::{self, HardwareError, Keeper, Reader, Relay};
use crate::history::{After, By, Decision, History, Line, Pulse, Stamp, What};
use crate::memory::Memory;

/// The longest line that is read, in bytes. The longest word has eleven.
const LINE: usize = 256;

/// Takes the gate's outputs and inputs, as the daemon would, until standard input ends or says "q". It presses no faster
/// and no more often than the daemon, and each press has its line in the history.
pub(super) fn run(config: &Config, state_dir: &Path, gate: Option<&str>) -> Result<(), CommandError> {
    let name = choose(config, gate)?;
    let gate = config.gates.iter().find(|gate| gate.name.as_str() == name);
    let gate = gate.ok_or_else(|| CommandError::WhichGate(format!("{name:?}")))?;
    // First of all: it says whether a daemon runs, which presses by itself.
    let store: Arc<dyn Store> = Arc::new(FileStore::open(state_dir)?);
    let memory = Memory::load(Arc::clone(&store), &[name])?;
    let outputs = hardware::outputs(config, state_dir);
    // Dropped after what it tells of.
    let mut driven = Driven::take_over(store, config, &outputs)?;
    let keeper = Keeper::start(outputs)?;
    driven.held();
    let contacts: Vec<_> = gate.relays().filter_map(|(key, _)| Some((key, keeper.find(Some(name), key)?))).collect();
    let inputs = inputs(gate)?;
    let remembered = memory.of(name).unwrap_or_default();
    let model = Model::new(config.settings(gate), remembered, sensors(&inputs)?, Instant::now());
    let mut bench = Bench {
        out: io::stdout().lock(),
        begun: Instant::now(),
        gate,
        contacts,
        rate: Rate::new(gate.pulses_a_minute),
        history: History::open(state_dir)?,
        state: model.state().into(),
    };
    bench.introduce(&inputs)?;
    let ended = bench.serve(&inputs);
    bench.history.close();
    ended
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

/// What the gate's switches say now.
fn sensors(inputs: &[(&str, Reader)]) -> Result<Sensors, CommandError> {
    let level = |wanted: &str| {
        let input = inputs.iter().find(|(key, _)| *key == wanted);
        input.map(|(_, reader)| reader.is_active()).transpose().map_err(CommandError::Input)
    };
    Ok(Sensors {
        closed_switch: level("closed_switch")?,
        open_switch: level("open_switch")?,
        obstruction: level("obstruction")?,
    })
}

fn is_readable(input: impl AsFd) -> io::Result<bool> {
    let mut fds = [PollFd::new(&input, PollFlags::IN)];
    Ok(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? > 0)
}

struct Bench<'a, W> {
    out: W,
    begun: Instant,
    gate: &'a Gate,
    /// The outputs, each with its key; the first is the one that Enter alone means.
    contacts: Vec<(&'static str, Relay)>,
    rate: Rate,
    history: History,
    /// The gate as it was at the beginning: it is not moved by what is pressed here.
    state: After,
}

impl<W: Write> Bench<'_, W> {
    fn introduce(&mut self, inputs: &[(&str, Reader)]) -> Result<(), CommandError> {
        let (name, pulse) = (self.gate.name.as_str(), self.gate.pulse);
        writeln!(self.out, "Gate {name:?}. Enter presses its relay for {pulse}: take the gate off it first.")?;
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

    fn serve(&mut self, inputs: &[(&str, Reader)]) -> Result<(), CommandError> {
        let mut lines = Lines { stdin: io::stdin(), read: Vec::new() };
        loop {
            let is_typed = wait(&lines, inputs).map_err(CommandError::Input)?;
            self.show_edges(inputs)?;
            if !is_typed {
                continue;
            }
            let mut typed = lines.next().map_err(CommandError::Input)?.into_iter();
            while let Some(line) = typed.next() {
                let Some(line) = line.filter(|line| !is_end(line)) else { return Ok(()) };
                let has_pressed = self.obey(&line)?;
                self.show_edges(inputs)?;
                if !has_pressed {
                    continue;
                }
                // Whoever typed it did not know yet what this press does.
                let meanwhile: Vec<_> = typed.by_ref().chain(lines.waiting().map_err(CommandError::Input)?).collect();
                let ends = meanwhile.iter().any(|line| line.as_deref().is_none_or(is_end));
                let passed = meanwhile.iter().flatten().filter(|line| !is_end(line)).count();
                if passed > 0 {
                    writeln!(self.out, "typed during the press, and passed over: {passed} times Enter")?;
                    self.out.flush()?;
                }
                if ends {
                    return Ok(());
                }
            }
        }
    }

    /// Tells whether it pressed.
    fn obey(&mut self, line: &str) -> Result<bool, CommandError> {
        let meant = match line {
            "" => self.contacts.first(),
            key => self.contacts.iter().find(|(known, _)| *known == key),
        };
        let Some((key, relay)) = meant else {
            let known: Vec<_> = self.contacts.iter().map(|(key, _)| *key).collect();
            writeln!(self.out, "{line:?} is nothing here: there is {}", known.join(", "))?;
            return Ok(false);
        };
        let (key, began) = (*key, Instant::now());
        if self.rate.is_full(began) {
            self.write(key, Decision::Refused, Some(Refusal::TooMany.to_string()));
            self.tell(began, &format!("{key}: {}", Refusal::TooMany))?;
            return Ok(false);
        }
        match relay.pulse(self.gate.pulse) {
            Ok(end) => {
                self.rate.count(began);
                self.write(key, Decision::Pulse, None);
                self.tell(Instant::now(), &format!("{key} on"))?;
                end.wait();
                self.tell(Instant::now(), &format!("{key} off"))?;
                // As between any two presses of the daemon's.
                std::thread::sleep(limits::PULSE_GAP);
                Ok(true)
            }
            Err(error) => {
                self.write(key, Decision::Failed, Some(error.to_string()));
                self.tell(Instant::now(), &format!("{key}: {error}"))?;
                Ok(false)
            }
        }
    }

    /// Puts into the history what became of a press.
    fn write(&self, key: &str, decision: Decision, reason: Option<String>) {
        let contact = match key {
            "relay" => "main",
            key => key.strip_suffix("_relay").unwrap_or(key),
        };
        let ms = u64::try_from(self.gate.pulse.get().as_millis()).unwrap_or(u64::MAX);
        let pulse = (decision == Decision::Pulse).then(|| Pulse { contact: contact.to_owned(), ms });
        let request = Request::Toggle(None).to_string();
        let what = What::Request { request, by: By::Bench, decision, reason, pulse, state: self.state };
        self.history.write(Line::new(Stamp::of(Instant::now()), Some(self.gate.name.as_str()), what));
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

fn is_end(line: &str) -> bool {
    matches!(line, "q" | "quit" | "exit")
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
        let length = match rustix::io::read(&self.stdin, &mut buffer) {
            Err(Errno::INTR) => return Ok(Vec::new()),
            read => read?,
        };
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

    /// All that is there already, without waiting.
    fn waiting(&mut self) -> io::Result<Vec<Option<String>>> {
        let mut lines = Vec::new();
        // A file that never ends is the end, too.
        while lines.len() < LINE && is_readable(&self.stdin)? {
            lines.extend(self.next()?);
            if lines.contains(&None) {
                break;
            }
        }
        Ok(lines)
    }
}
