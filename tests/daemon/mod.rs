//! The real daemon for end-to-end tests and benchmarks: the program as it is installed, in a directory of its own.

#![allow(dead_code, reason = "every test uses another part of it")]

mod output;

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use self::output::Output;

/// How long a start, an end or a line of the log may take. A busy machine takes a second or two.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much longer than configured a simulated pulse may last: a machine with four times more work than it can do was
/// seen to end one a third of a second late.
const LATE: Duration = Duration::from_millis(900);

/// Where a daemon lives: its configuration, its state and its relay's trace. They go when this is dropped.
pub(crate) struct Home {
    directory: TempDir,
}

impl Home {
    /// A home with this text as its configuration; see [`network`], [`quiet`] and [`gate`].
    pub(crate) fn new(configuration: &str) -> Self {
        let home = Self { directory: tempfile::tempdir().expect("a temporary directory can be made") };
        home.configure(configuration);
        home
    }

    /// Replaces the configuration, for the next start.
    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.configuration(), text).expect("the configuration can be written");
    }

    /// Starts the daemon and waits until it has printed what a person needs to pair.
    pub(crate) fn start(&self) -> Daemon<'_> {
        self.start_with(&[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn start_with(&self, environment: &[(&str, &str)]) -> Daemon<'_> {
        let Running { process, stdout, stderr } = self.spawn(&["run"], environment);
        let sheet = stdout.wait(PATIENCE, Sheet::read);
        let Some(sheet) = sheet else {
            let mut process = process;
            let _ = process.kill();
            let status = process.wait();
            panic!("the daemon does not start ({status:?}):\n{}{}", stdout.text(), stderr.text());
        };
        Daemon { home: self, process, stdout, stderr, sheet }
    }

    /// Runs a command to its end; also `run`, for a start that fails.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with(arguments, &[])
    }

    /// The same with these variables in its environment.
    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
        self.spawn(arguments, environment).finish(arguments)
    }

    /// What a command prints as JSON. It must succeed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {}", finished.stderr);
        serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {finished:?}"))
    }

    /// The accessory's device id, of a daemon that was started at least once.
    pub(crate) fn device_id(&self) -> String {
        self.json(&["pair", "--json"])["device_id"].as_str().expect("it is text").to_owned()
    }

    /// The edges of all simulated relays since the home was made.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        match fs::read_to_string(self.state().join(TRACE)) {
            Ok(text) => text.lines().map(|line| serde_json::from_str(line).expect("an edge")).collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => panic!("the trace: {error}"),
        }
    }

    /// The same as whole pulses, in the order of their beginning. There must be no other edges.
    pub(crate) fn pulses(&self) -> Vec<Pulse> {
        let mut edges = self.edges();
        let mut pulses = Vec::new();
        while !edges.is_empty() {
            let on = edges.remove(0);
            assert_eq!(on.relay, "on", "{on:?}");
            let end = edges.iter().position(|edge| edge.gate == on.gate);
            let off = edges.remove(end.unwrap_or_else(|| panic!("{on:?} is the last edge of its gate")));
            assert_eq!(off.relay, "off", "{off:?}");
            pulses.push(Pulse { gate: on.gate, length: Duration::from_nanos(off.t_ns - on.t_ns) });
        }
        pulses
    }

    /// Waits until the disk has it that a gate does this, which a start after a crash will go by.
    pub(crate) fn until_remembered(&self, motion: &str) {
        let (file, words) = (self.state().join("gates.current"), format!("\"motion\":\"{motion}\""));
        let begun = Instant::now();
        while !fs::read_to_string(&file).is_ok_and(|document| document.contains(&words)) {
            assert!(begun.elapsed() < PATIENCE, "{words} is not written down");
        }
    }

    /// The configuration's file.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.file("portcullis.toml")
    }

    /// The state directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.file("state")
    }

    /// A file for the test's own use.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn spawn(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
        spawn(&self.configuration(), &self.state(), arguments, environment)
    }
}

/// Runs a command to its end, on any configuration and state directory.
pub(crate) fn run(configuration: &Path, state: &Path, arguments: &[&str]) -> Finished {
    spawn(configuration, state, arguments, &[]).finish(arguments)
}

/// A running daemon; it is killed when this is dropped.
pub(crate) struct Daemon<'a> {
    home: &'a Home,
    process: Child,
    stdout: Output,
    stderr: Output,
    sheet: Sheet,
}

impl<'a> Daemon<'a> {
    /// Where controllers connect.
    pub(crate) fn homekit(&self) -> SocketAddr {
        self.sheet.homekit
    }

    /// Where the local API listens.
    pub(crate) fn api(&self) -> SocketAddr {
        self.sheet.api
    }

    /// The printed setup code.
    pub(crate) fn setup_code(&self) -> &str {
        &self.sheet.setup_code
    }

    /// All that it printed at its start.
    pub(crate) fn printed(&self) -> String {
        self.stdout.text()
    }

    /// Waits until it has printed `words`, and gives all that it printed.
    pub(crate) fn until_printed(&self, words: &str) -> String {
        let found = self.stdout.wait(PATIENCE, |text| text.contains(words).then(|| text.to_owned()));
        found.unwrap_or_else(|| panic!("{words:?} is not printed: {}", self.stdout.text()))
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        self.stderr.text()
    }

    /// Waits until the log contains `words`.
    pub(crate) fn until_logged(&self, words: &str) {
        let found = self.stderr.wait(PATIENCE, |text| text.contains(words).then_some(()));
        assert!(found.is_some(), "{words:?} is not logged");
    }

    /// SIGKILL: no goodbye, no end of a pulse.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it is ours");
    }

    /// SIGKILL, and a start on the same state.
    pub(crate) fn restart(self) -> Daemon<'a> {
        let home = self.home;
        self.kill();
        home.start()
    }

    /// SIGTERM, and the orderly end.
    pub(crate) fn terminate(self) -> Finished {
        self.end_with(Signal::TERM)
    }

    /// The same with another signal that tells it to end.
    pub(crate) fn end_with(self, signal: Signal) -> Finished {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, signal).expect("it runs");
        self.finished()
    }

    /// What comes of it once it ends by itself.
    pub(crate) fn finished(mut self) -> Finished {
        finish(&mut self.process, &self.stdout, &self.stderr).expect("it ends in time")
    }
}

impl Drop for Daemon<'_> {
    #[expect(clippy::print_stderr, reason = "the log of a daemon that failed its test")]
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.stderr.text());
        }
    }
}

/// What came of a process that ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit code; none after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A line of a trace.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    /// Nanoseconds of `CLOCK_MONOTONIC`.
    pub(crate) t_ns: u64,
    pub(crate) gate: String,
    pub(crate) relay: String,
}

/// A press of the button.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    pub(crate) gate: String,
    pub(crate) length: Duration,
}

impl Pulse {
    /// Whether it lasted for `length`: never shorter, and not much longer.
    pub(crate) fn lasted(&self, length: Duration) -> bool {
        (length..=length + LATE).contains(&self.length)
    }
}

/// Free ports of the loopback interface, and mDNS there.
pub(crate) fn network() -> String {
    "[homekit]\nbind = \"127.0.0.1:0\"\ninterfaces = [\"lo\"]\n[api]\nlisten = \"127.0.0.1:0\"\n".to_owned()
}

/// Addresses that stay the same over a restart and for commands, and no mDNS.
pub(crate) fn quiet() -> String {
    let (homekit, api) = (own_address(), own_address());
    format!("[homekit]\nbind = \"{homekit}\"\nadvertise = false\n[api]\nlisten = \"{api}\"\n")
}

/// A gate with a simulated relay and a trace, and these keys.
pub(crate) fn gate(keys: &str) -> String {
    format!("[[gate]]\n{keys}\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"{TRACE}\"\n")
}

/// A loopback address and port that nobody else uses, in this process or another one of this machine.
///
/// A free port that was only looked up can be gone by the time the daemon starts. But all of 127.0.0.0/8 is ours: the
/// process id and a count choose the address and the port.
pub(crate) fn own_address() -> SocketAddr {
    // 127.0.0.1 is where everybody is.
    static NEXT: AtomicU8 = AtomicU8::new(2);
    let count = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_add(1));
    // Linux has process ids of 22 bits.
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    ([127, middle, low, count.expect("few daemons in one process")], 5000 + u16::from(high)).into()
}

/// The trace's name, in the state directory.
const TRACE: &str = "relay.jsonl";

/// What a person reads at the start.
struct Sheet {
    homekit: SocketAddr,
    api: SocketAddr,
    setup_code: String,
}

impl Sheet {
    /// None as long as it is not complete.
    fn read(text: &str) -> Option<Self> {
        // The last of the lines that it always has.
        line(text, "Payload ")?;
        Some(Self {
            homekit: line(text, "HomeKit ")?.parse().expect("an address"),
            api: line(text, "local API ")?.strip_prefix("http://")?.parse().expect("an address"),
            setup_code: line(text, "Setup code ")?.to_owned(),
        })
    }
}

/// What follows `label`, once its line is whole.
fn line<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    whole.filter_map(|line| line.trim_start().strip_prefix(label)).map(str::trim).next()
}

struct Running {
    process: Child,
    stdout: Output,
    stderr: Output,
}

impl Running {
    fn finish(mut self, arguments: &[&str]) -> Finished {
        finish(&mut self.process, &self.stdout, &self.stderr).unwrap_or_else(|| {
            let _ = self.process.kill();
            panic!("{arguments:?} does not end:\n{}{}", self.stdout.text(), self.stderr.text())
        })
    }
}

fn spawn(configuration: &Path, state: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(arguments).arg("--config").arg(configuration).arg("--state-dir").arg(state);
    // A backtrace would be seen, if there were one.
    command.env_remove("RUST_LOG").env("RUST_BACKTRACE", "1");
    // Nor does whoever runs the tests hear of a daemon.
    command.env_remove("NOTIFY_SOCKET").envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the program starts");
    let stdout = Output::of(process.stdout.take().expect("it is piped"));
    let stderr = Output::of(process.stderr.take().expect("it is piped"));
    Running { process, stdout, stderr }
}

/// Waits for the end; none when it does not come.
fn finish(process: &mut Child, stdout: &Output, stderr: &Output) -> Option<Finished> {
    // The end of both outputs is the end of the process, whatever is left of it.
    (stdout.wait_for_end(PATIENCE) && stderr.wait_for_end(PATIENCE)).then_some(())?;
    let status: ExitStatus = process.wait().expect("it is ours");
    Some(Finished { code: status.code(), stdout: stdout.text(), stderr: stderr.text() })
}
