//! The daemon with a simulated gate on a machine, and controllers that are paired with it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use getrandom::SysRng;
use hap::SetupCode;
use hap::controller::{Accessory, Client, ControllerId, Identity};
use rand_core::UnwrapErr;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::net::{Machine, within};
use crate::output::Output;

const PATIENCE: Duration = Duration::from_secs(60);
const CODE: &str = "031-45-154";
const CONFIGURATION: &str = "[homekit]\nbind = \"[::]:51826\"\nsetup_code = \"031-45-154\"\n\
    [[gate]]\nname = \"Gate\"\npulse = \"100ms\"\ntravel = \"1s\"\nclose_when_assumed = true\n\
    [gate.relay]\ndriver = \"simulated\"\n";

/// The state directory of a daemon.
pub(crate) struct Home {
    directory: TempDir,
}

/// A running daemon. It is killed when this is dropped.
pub(crate) struct Gate {
    process: Child,
    stdout: Output,
    stderr: Output,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self { directory: tempfile::tempdir().unwrap() };
        fs::write(home.directory.path().join("portcullis.toml"), CONFIGURATION).unwrap();
        home
    }

    /// The same identity and pairings once more, as on the copy of a card.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        copy_files(&self.directory.path().join("state"), &copy.directory.path().join("state"));
        copy
    }

    /// Starts the daemon, which then listens.
    pub(crate) fn start(&self, machine: &Machine) -> Gate {
        let mut command = machine.command(env!("CARGO_BIN_EXE_portcullis"));
        command.arg("run").arg("--config").arg(self.directory.path().join("portcullis.toml"));
        command.arg("--state-dir").arg(self.directory.path().join("state"));
        command.env("RUST_LOG", "info").env("RUST_BACKTRACE", "1");
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = Output::of(process.stdout.take().unwrap());
        let stderr = Output::of(process.stderr.take().unwrap());
        let gate = Gate { process, stdout, stderr };
        let started = gate.stdout.wait(PATIENCE, |text| text.contains("Payload ").then_some(()));
        assert!(started.is_some(), "it does not start: {}{}", gate.stdout.text(), gate.stderr.text());
        gate
    }
}

impl Home {
    /// What doctor says there.
    pub(crate) fn doctor(&self, machine: &Machine) -> Value {
        let mut command = machine.command(env!("CARGO_BIN_EXE_portcullis"));
        command.args(["doctor", "--json", "--config"]).arg(self.directory.path().join("portcullis.toml"));
        let told = command.arg("--state-dir").arg(self.directory.path().join("state")).output().unwrap();
        serde_json::from_slice(&told.stdout).unwrap_or_else(|error| panic!("{error}: {told:?}"))
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        } else if entry.file_type().unwrap().is_dir() {
            copy_files(&entry.path(), &to.join(entry.file_name()));
        }
    }
}

impl Gate {
    pub(crate) fn log(&self) -> String {
        self.stderr.text()
    }

    pub(crate) fn until_logged(&self, patience: Duration, words: &str) {
        let found = self.stderr.wait(patience, |text| text.contains(words).then_some(()));
        assert!(found.is_some(), "{words:?} is not logged");
    }

    /// SIGSTOP: it is there, and does nothing.
    pub(crate) fn freeze(&self) {
        kill_process(Pid::from_child(&self.process), Signal::STOP).unwrap();
    }

    /// SIGTERM, and the orderly end.
    pub(crate) fn terminate(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        assert!(self.stderr.wait_for_end(PATIENCE), "it does not end");
        self.process.wait().unwrap();
    }

    /// Resident memory in KiB.
    pub(crate) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Gate {
    #[expect(clippy::print_stderr, reason = "the log of a daemon that failed its test")]
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.stderr.text());
        }
    }
}

/// A controller that is paired.
#[derive(Clone)]
pub(crate) struct Phone {
    identity: Identity,
    accessory: Accessory,
    /// The ids of the gate's target and current door state.
    pub(crate) target: (u64, u64),
    pub(crate) current: (u64, u64),
}

impl Phone {
    /// Pairs, from the machine that this thread is on.
    pub(crate) fn pair(address: SocketAddr) -> Self {
        let identity = stranger();
        let mut client = connect(address);
        let accessory = client.pair(&SetupCode::try_from(CODE).unwrap(), &identity).unwrap();
        let mut phone = Self { identity, accessory, target: (0, 0), current: (0, 0) };
        client.verify(&phone.identity, &phone.accessory).unwrap();
        let database: Value = serde_json::from_slice(&client.get("/accessories").unwrap().body).unwrap();
        phone.target = find(&database, "32");
        phone.current = find(&database, "E");
        phone
    }

    /// A verified session.
    pub(crate) fn session(&self, address: SocketAddr) -> Session {
        let mut client = connect(address);
        client.verify(&self.identity, &self.accessory).unwrap();
        Session { client, target: self.target, current: self.current }
    }
}

/// A new controller, paired with nobody.
pub(crate) fn stranger() -> Identity {
    let mut random = UnwrapErr(SysRng);
    let number = rand_core::Rng::next_u64(&mut random);
    let id = format!("5F2C9A1E-7B3D-4E60-8A4F-{:012X}", number & 0xFFFF_FFFF_FFFF);
    Identity::random(ControllerId::try_from(id.as_bytes()).unwrap(), &mut random)
}

pub(crate) fn connect(address: SocketAddr) -> Client {
    within(PATIENCE, "a connection", || Client::connect(address).ok()).0
}

fn find(database: &Value, kind: &str) -> (u64, u64) {
    let short = |found: &Value| {
        let found = found.as_str().unwrap();
        found.split('-').next().unwrap().trim_start_matches('0') == kind
    };
    for accessory in database["accessories"].as_array().unwrap() {
        for service in accessory["services"].as_array().unwrap() {
            for characteristic in service["characteristics"].as_array().unwrap() {
                if short(&characteristic["type"]) {
                    return (accessory["aid"].as_u64().unwrap(), characteristic["iid"].as_u64().unwrap());
                }
            }
        }
    }
    panic!("no characteristic of type {kind}")
}

/// A verified session.
pub(crate) struct Session {
    pub(crate) client: Client,
    target: (u64, u64),
    current: (u64, u64),
}

impl Session {
    /// Subscribes to the door's states.
    pub(crate) fn subscribe(&mut self) {
        let entries: Vec<_> =
            [self.target, self.current].map(|(aid, iid)| format!("{{\"aid\":{aid},\"iid\":{iid},\"ev\":true}}")).into();
        let body = format!("{{\"characteristics\":[{}]}}", entries.join(","));
        assert_eq!(self.client.put("/characteristics", &body).unwrap().status, 204);
    }

    /// Reads the door's state; how long that took.
    pub(crate) fn read(&mut self) -> Duration {
        let start = Instant::now();
        let (aid, iid) = self.current;
        assert_eq!(self.client.get(&format!("/characteristics?id={aid}.{iid}")).unwrap().status, 200);
        start.elapsed()
    }

    /// Tells the gate to open or to close.
    pub(crate) fn go(&mut self, open: bool) {
        let (aid, iid) = self.target;
        let value = u8::from(!open);
        let body = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"value\":{value}}}]}}");
        assert_eq!(self.client.put("/characteristics", &body).unwrap().status, 204);
    }

    /// How long until the next event.
    pub(crate) fn event(&mut self, patience: Duration) -> Duration {
        let start = Instant::now();
        let event = self.client.event(patience).unwrap();
        assert!(event.is_some(), "no event within {patience:?}");
        start.elapsed()
    }
}
