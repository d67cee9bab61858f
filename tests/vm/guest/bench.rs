//! The release program, with a controller that is paired with it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::homekit::HomeKit;
use crate::lines::{Gate, Trace};
use crate::processes::{children, parent_of, signal};
use crate::time::{now, until, until_some, wait_until};

pub(crate) const CONFIG: &str = "/portcullis.toml";
pub(crate) const ADDRESS: &str = "127.0.0.1:51826";
const LOG: &str = "/log";

pub(crate) const PULSE: Duration = Duration::from_millis(500);

/// How much longer a pulse may be that nobody disturbs, on an emulated processor.
pub(crate) const SLOW: Duration = Duration::from_millis(100);

/// The daemon with a controller that is paired with it.
pub(crate) struct Bench {
    pub(crate) address: SocketAddr,
    pub(crate) daemon: Daemon,
    pub(crate) homekit: Option<HomeKit>,
}

impl Bench {
    pub(crate) fn start() -> Self {
        let daemon = Daemon::start();
        let address = ADDRESS.parse().unwrap();
        let homekit = HomeKit::pair(address).unwrap();
        Self { address, daemon, homekit: Some(homekit) }
    }

    /// Presses the button of a gate that is a switch, as soon as it may be.
    pub(crate) fn press(&mut self, gate: &Gate, trace: &Trace) {
        until("the button may be pressed", || {
            let status = self.put(gate.name, "25", "true");
            // While the switch still reads on, another "on" is the same one; and a remote needs its gap.
            let is_pressed = status == 204 && gate.is_pressed(trace);
            if !is_pressed {
                wait_until(now() + Duration::from_millis(50));
            }
            is_pressed
        });
    }

    /// Writes a characteristic of a gate's accessory; the answer's status.
    pub(crate) fn put(&mut self, gate: &str, kind: &str, value: &str) -> u16 {
        self.homekit.as_mut().unwrap().put(gate, kind, value).unwrap()
    }

    pub(crate) fn status(&self) -> Value {
        let status = portcullis(&["status", "--json"]).output().unwrap();
        serde_json::from_str(&text(&status)).unwrap_or_else(|_| panic!("{}", text(&status)))
    }

    /// Where the door is, and how that is known.
    pub(crate) fn door(&self) -> (String, String) {
        let status = self.status();
        let of = |key: &str| status["gates"][0][key].as_str().unwrap().to_owned();
        (of("current"), of("confidence"))
    }

    pub(crate) fn stop(mut self) {
        signal(self.daemon.0.id(), Signal::TERM);
        assert!(self.daemon.0.wait().unwrap().success());
    }
}

/// The release program, running; killed when this is dropped.
pub(crate) struct Daemon(pub(crate) Child);

impl Daemon {
    pub(crate) fn start() -> Self {
        let mut process = daemon().stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = lines.any(|line| line.contains("Payload"));
        assert!(started, "it does not start:\n{}", log());
        Self(process)
    }

    pub(crate) fn keeper(&self) -> u32 {
        let parent = self.0.id();
        until_some("a keeper", || {
            let mut processes = children("portcullis-keep").into_iter();
            processes.find_map(|(pid, state)| (state != "Z" && parent_of(pid) == Some(parent)).then_some(pid))
        })
    }

    /// Whether the log of this daemon, since it was looked at last, has these words.
    pub(crate) fn log_has(&self, words: &str) -> bool {
        let log = fs::read_to_string(LOG).unwrap();
        let found = log.contains(words);
        if found {
            fs::write(LOG, "").unwrap();
        }
        found
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn daemon() -> Command {
    let log = fs::OpenOptions::new().append(true).create(true).open(LOG).unwrap();
    let mut command = portcullis(&["run"]);
    command.stdout(Stdio::null()).stderr(log);
    command
}

pub(crate) fn portcullis(arguments: &[&str]) -> Command {
    let mut command = Command::new("portcullis");
    command.args(arguments).args(["--config", CONFIG, "--state-dir", "/state"]).stdin(Stdio::null());
    command
}

/// The last lines of the daemon's log.
pub(crate) fn log() -> String {
    let log = fs::read_to_string(LOG).unwrap_or_default();
    let lines: Vec<_> = log.lines().rev().take(20).collect();
    lines.into_iter().rev().flat_map(|line| [line, "\n"]).collect()
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(crate) fn assert_length(length: Duration) {
    assert!((PULSE..=PULSE + SLOW).contains(&length), "a pulse of {length:?}");
}
