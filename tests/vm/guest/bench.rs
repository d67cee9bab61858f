//! The release program, with a controller that is paired with it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use hap::controller::ClientError;
use rustix::process::Signal;
use serde_json::Value;

use crate::group;
use crate::homekit::HomeKit;
use crate::lines::{Gate, Trace};
use crate::processes::{children, parent_of, signal};
use crate::time::{now, until, until_some, wait_until, wait_within};

const CONFIG: &str = "/portcullis.toml";
const ADDRESS: &str = "127.0.0.1:51826";
const LOG: &str = "/log";
const PLACES: [&str; 4] = ["--config", CONFIG, "--state-dir", "/state"];

pub(crate) const PULSE: Duration = Duration::from_millis(500);

/// How much longer a pulse may be that nobody disturbs, on an emulated processor.
pub(crate) const SLOW: Duration = Duration::from_millis(100);

/// Writes the configuration: a garage door with everything there is, and these.
pub(crate) fn configure(gates: &[Gate]) {
    let switch = |gate: &Gate| {
        format!(
            "[[gate]]\nname = \"{}\"\naccessory = \"switch\"\npulse = \"500ms\"\nclose_when_assumed = true\n\
             pulses_a_minute = 60\n[gate.relay]\npin = \"GPIO{}\"\nactive = \"{}\"\n",
            gate.name,
            gate.pin,
            gate.active()
        )
    };
    let text = format!(
        "[homekit]\nbind = \"127.0.0.1:51826\"\nadvertise = false\nsetup_code = \"031-45-154\"\n\
         [status_led]\npin = 24\n\
         [[gate]]\nname = \"Door\"\npulse = \"500ms\"\ntravel = \"2s\"\n[gate.relay]\npin = 17\n\
         [gate.closed_switch]\npin = 27\n[gate.obstruction]\npin = 4\n[gate.button]\npin = 6\n{}",
        gates.iter().map(switch).collect::<String>()
    );
    fs::write(CONFIG, text).unwrap();
}

/// The daemon with a controller that is paired with it.
pub(crate) struct Bench {
    address: SocketAddr,
    pub(crate) daemon: Daemon,
    pub(crate) homekit: HomeKit,
}

impl Bench {
    pub(crate) fn start() -> Self {
        let daemon = Daemon::start();
        let address = ADDRESS.parse().unwrap();
        let homekit = HomeKit::pair(address).unwrap();
        Self { address, daemon, homekit }
    }

    /// Pairs anew, after the pairing is gone.
    pub(crate) fn pair(&mut self) {
        self.homekit = HomeKit::pair(self.address).unwrap();
    }

    /// Presses the button of a gate that is a switch, as soon as it may be.
    pub(crate) fn press(&mut self, gate: &Gate, trace: &Trace) {
        until("the button may be pressed", || {
            let status = self.put(gate.name, "25", "true");
            // While the switch still reads on, another "on" is the same one; and a remote needs its gap.
            let is_pressed = status == 204 && gate.is_pressed(trace);
            if !is_pressed {
                wait_until(now() + Duration::from_millis(200));
            }
            is_pressed
        });
    }

    /// Presses, has this happen at some instant of the pulse, and waits for its end; how long it was. The record has nothing
    /// else then.
    pub(crate) fn pulse_with(&mut self, gate: &Gate, trace: &Trace, happens: impl FnOnce(&mut Self)) -> Duration {
        trace.clear();
        self.press(gate, trace);
        let instant = wait_within(PULSE);
        happens(self);
        until("the end of the pulse", || !gate.is_pressed(trace) && !trace.pulses(gate).is_empty());
        let (on, off) = trace.pulses(gate)[0];
        let length = off - on;
        println!("  {:<6}after {:>3} ms: over after {} ms", gate.name, instant.as_millis(), length.as_millis());
        length
    }

    /// Writes a characteristic of a gate's accessory; the answer's status.
    pub(crate) fn put(&mut self, gate: &str, kind: &str, value: &str) -> u16 {
        self.try_put(gate, kind, value).unwrap()
    }

    /// The same of a daemon that may be gone before it answers.
    pub(crate) fn try_put(&mut self, gate: &str, kind: &str, value: &str) -> Result<u16, ClientError> {
        self.homekit.put(gate, kind, value)
    }

    /// The daemon is another one, or the session is lost.
    pub(crate) fn reconnect(&mut self) {
        self.homekit.reconnect(self.address).unwrap();
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
}

/// The release program, running; killed when this is dropped.
pub(crate) struct Daemon(Child);

impl Daemon {
    pub(crate) fn start() -> Self {
        let mut process = daemon().stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = lines.any(|line| line.contains("Payload"));
        assert!(started, "it does not start:\n{}", log());
        Self(process)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }

    /// Ends it in order, as this signal does.
    pub(crate) fn end(&mut self, by: Signal) {
        signal(self.pid(), by);
        assert!(self.wait().success(), "{}", log());
    }

    pub(crate) fn keeper(&self) -> u32 {
        let parent = self.pid();
        until_some("a keeper", || {
            let mut processes = children("portcullis-keep").into_iter();
            processes.find_map(|(pid, state)| (state != "Z" && parent_of(pid) == Some(parent)).then_some(pid))
        })
    }

    /// Kills it and its keeper, of which neither has time to notice the other one's end.
    pub(crate) fn kill_with_keeper(&self) {
        let keeper = self.keeper();
        signal(self.pid(), Signal::STOP);
        signal(keeper, Signal::KILL);
        signal(self.pid(), Signal::KILL);
        until_both_are_gone();
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

/// In its control group from its first moment.
pub(crate) fn daemon() -> Command {
    let log = fs::OpenOptions::new().append(true).create(true).open(LOG).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{} && exec portcullis run \"$@\"", group::JOIN), "sh"]).args(PLACES);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command
}

pub(crate) fn portcullis(arguments: &[&str]) -> Command {
    let mut command = Command::new("portcullis");
    command.args(arguments).args(PLACES).stdin(Stdio::null());
    command
}

/// Waits for the end of the daemon and of its keeper.
pub(crate) fn until_both_are_gone() {
    until("both are gone", || children("portcullis").iter().all(|(_, state)| state == "Z"));
}

/// The service's step after its end and before its start.
pub(crate) fn release() {
    let released = portcullis(&["release"]).output().unwrap();
    assert!(released.status.success(), "{}", text(&released));
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
