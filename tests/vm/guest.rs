//! What runs inside the virtual machine of `tests/vm/run`: the release program on a simulated chip, a HomeKit controller,
//! and the kernel's own record of every level it was told to set.
//!
//! A check that fails ends it with a panic. `CHIP` is the directory of the chip's simulated lines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may panic and says what it does"
)]

mod homekit;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::event::poll;
use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

use self::homekit::HomeKit;

const CONFIG: &str = "/portcullis.toml";
const PULSE: Duration = Duration::from_millis(500);
/// How long after its planned end a pulse may be over, whoever dies.
const LATE: Duration = Duration::from_millis(250);
/// How long after its planned end the daemon looks at a keeper that says nothing.
const OVERDUE: Duration = Duration::from_millis(100);
/// How much longer a pulse may be that nobody disturbs, on an emulated processor.
const SLOW: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(30);
const TRACING: &str = "/sys/kernel/tracing";

fn main() {
    write_config();
    let trace = Trace::start();
    let gates = [
        Gate { name: "High", pin: 5, pressed: true, floats: false },
        Gate { name: "Low", pin: 22, pressed: false, floats: false },
        Gate { name: "Float", pin: 23, pressed: false, floats: true },
    ];
    for gate in &gates {
        gate.pull(!gate.pressed);
    }
    without_a_daemon(&trace, &gates);
    let mut bench = Bench::start();
    said("the daemon runs: no button was pressed");
    for gate in &gates {
        assert!(!gate.is_pressed(&trace));
        assert_eq!(trace.presses(gate), 0);
    }
    lines_are_exclusive();
    a_request_of_a_controller_presses_once(&mut bench, &trace);
    switches_tell_where_the_gate_is(&mut bench);
    a_button_that_is_held_presses_once_and_a_spike_never(&bench, &trace);
    identify_blinks_the_led(&mut bench, &trace);
    levels_and_lengths_are_right(&mut bench, &trace, &gates);
    a_storm_of_signals(&mut bench, &trace, &gates);
    restarts_and_crashes(bench, &trace, &gates);
}

fn write_config() {
    let storm = |name: &str, pin: &str, active: &str| {
        format!(
            "[[gate]]\nname = \"{name}\"\naccessory = \"switch\"\npulse = \"500ms\"\nclose_when_assumed = true\n\
             pulses_a_minute = 60\n[gate.relay]\npin = {pin}\nactive = \"{active}\"\n"
        )
    };
    let text = format!(
        "[homekit]\nbind = \"127.0.0.1:51826\"\nadvertise = false\nsetup_code = \"031-45-154\"\n\
         [status_led]\npin = 24\n\
         [[gate]]\nname = \"Door\"\npulse = \"500ms\"\ntravel = \"2s\"\n[gate.relay]\npin = 17\n\
         [gate.closed_switch]\npin = 27\n[gate.obstruction]\npin = 4\n[gate.button]\npin = 6\n{}{}{}",
        storm("High", "5", "high"),
        storm("Low", "\"GPIO22\"", "low"),
        storm("Float", "23", "float")
    );
    fs::write(CONFIG, text).unwrap();
}

/// A gate whose accessory is a switch: each "on" is one press.
struct Gate {
    name: &'static str,
    pin: u8,
    /// The level that presses.
    pressed: bool,
    /// Idle is no level of its own.
    floats: bool,
}

/// The gate with sensors, which is a garage door.
const DOOR: Gate = Gate { name: "Door", pin: 17, pressed: true, floats: false };
const BUTTON: u8 = 6;
/// How long the button has to be held, by default.
const HOLD: Duration = Duration::from_millis(500);

impl Gate {
    fn is_pressed(&self, trace: &Trace) -> bool {
        if self.floats {
            // A simulated line that nobody drives any more keeps its level; the record says that nobody does.
            return trace.presses_and_ends(self).last().is_some_and(|(_, end)| end.is_none());
        }
        level(self.pin) == self.pressed
    }

    /// What the line is when nobody drives it.
    fn pull(&self, high: bool) {
        pull(self.pin, high);
    }
}

fn without_a_daemon(trace: &Trace, gates: &[Gate]) {
    said("commands without a daemon");
    let released = portcullis(&["release"]).output().unwrap();
    assert!(released.status.success(), "{}", text(&released));
    let doctor = portcullis(&["doctor"]).output().unwrap();
    let told = text(&doctor);
    assert!(!doctor.status.success() && told.contains("gpio=5=op,dl") && told.contains("gpio=22=op,dh"), "{told}");
    assert_eq!(told.matches("the line is there, and free").count(), 8, "{told}");

    // Somebody without the group, and a pin that is not there.
    let stranger = portcullis(&["release"]).uid(1000).gid(1000).output().unwrap();
    assert!(text(&stranger).contains("add it to the group gpio"), "{}", text(&stranger));
    fs::write("/wrong.toml", "[[gate]]\n[gate.relay]\npin = \"GPIO99\"\n").unwrap();
    let wrong = Command::new("portcullis").args(["release", "--config", "/wrong.toml"]).output().unwrap();
    assert!(text(&wrong).contains("no line is called \"GPIO99\""), "{}", text(&wrong));

    // Every edge of a bench is one that was asked for.
    let mut bench = portcullis(&["bench", "Low"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    bench.stdin.take().unwrap().write_all(b"\nq\n").unwrap();
    let told = text(&bench.wait_with_output().unwrap());
    assert!(told.contains("s relay on") && told.contains("s relay off"), "{told}");
    assert_eq!(trace.presses(&gates[1]), 1);
    let all: usize = gates.iter().map(|gate| trace.presses(gate)).sum();
    assert_eq!(all, 1);
    trace.clear();
}

fn lines_are_exclusive() {
    said("a second daemon's lines");
    let refused = portcullis(&["release"]).output().unwrap();
    assert!(!refused.status.success());
    assert!(text(&refused).contains("held by another portcullis"), "{}", text(&refused));
    let doctor = portcullis(&["doctor"]).output().unwrap();
    assert_eq!(text(&doctor).matches("the running daemon has it").count(), 8, "{}", text(&doctor));
    // The LED says that it runs.
    assert!(level(24));
}

fn a_request_of_a_controller_presses_once(bench: &mut Bench, trace: &Trace) {
    said("one request");
    let door = DOOR;
    // The switch at the closed end is open, so it is not closed: it has to be, first.
    pull(27, false);
    until("closed", || bench.door() == ("closed".to_owned(), "sensed".to_owned()));
    let before = now();
    assert_eq!(bench.put("Door", "32", "0"), 204);
    // Home sends it twice.
    assert_eq!(bench.put("Door", "32", "0"), 204);
    until("the end of the pulse", || !door.is_pressed(trace) && trace.pulses(&door).len() == 1);
    let [(on, off)] = trace.pulses(&door)[..] else { panic!("{:?}", trace.pulses(&door)) };
    assert!(on >= before, "the kernel's clock is ours");
    assert_length(off - on);
}

fn switches_tell_where_the_gate_is(bench: &mut Bench) {
    said("the limit switch and the photo cell");
    // It opens: the switch lets go, and nothing but it says so.
    pull(27, true);
    until("opening or open", || bench.door().0 != "closed");
    until("open", || bench.door().0 == "open");
    pull(27, false);
    until("closed again, by a remote", || bench.door() == ("closed".to_owned(), "sensed".to_owned()));
    let status = bench.status();
    assert_eq!(status["gates"][0]["obstruction"], false);
    // Active low: something is in the way.
    pull(4, false);
    until("an obstruction", || bench.status()["gates"][0]["obstruction"] == true);
    pull(4, true);
    until("no obstruction", || bench.status()["gates"][0]["obstruction"] == false);
}

fn a_button_that_is_held_presses_once_and_a_spike_never(bench: &Bench, trace: &Trace) {
    said("the wall button");
    trace.clear();
    // As a long wire picks them up.
    for _ in 0..10 {
        pull(BUTTON, false);
        wait_until(now() + Duration::from_millis(20));
        pull(BUTTON, true);
        wait_until(now() + Duration::from_millis(20));
    }
    assert_eq!(trace.presses(&DOOR), 0);
    let before = now();
    pull(BUTTON, false);
    until("the button counts", || trace.presses(&DOOR) == 1);
    assert!(now() - before >= HOLD);
    until("the end of the pulse", || trace.pulses(&DOOR).len() == 1);
    // It stays pressed, and is let go.
    wait_until(now() + 2 * HOLD);
    pull(BUTTON, true);
    bench.status();
    assert_eq!(trace.presses(&DOOR), 1);
}

fn identify_blinks_the_led(bench: &mut Bench, trace: &Trace) {
    said("the LED");
    let led = Gate { name: "LED", pin: 24, pressed: true, floats: false };
    assert!(led.is_pressed(trace), "it is lit while the daemon runs");
    trace.clear();
    assert_eq!(bench.put("Door", "14", "true"), 204);
    until("blinks", || trace.presses(&led) > 3);
    until("the end of blinking", || {
        let lit = trace.presses(&led);
        wait_until(now() + Duration::from_secs(1));
        trace.presses(&led) == lit
    });
    assert!(led.is_pressed(trace), "it is restored");
}

fn levels_and_lengths_are_right(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("pulse lengths");
    for gate in gates {
        trace.clear();
        for round in 1..=3 {
            bench.press(gate, trace);
            assert!(gate.is_pressed(trace), "{} is down when the answer is there", gate.name);
            // The record is made just before the level changes.
            until("the end of the pulse", || trace.pulses(gate).len() == round && !gate.is_pressed(trace));
        }
        for (on, off) in trace.pulses(gate) {
            assert_length(off - on);
        }
    }
}

/// Who gets which signal in the middle of a pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blow {
    KillDaemon,
    StopDaemon,
    KillKeeper,
    StopKeeper,
    KillBoth,
}

fn a_storm_of_signals(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("signals at any instant of a pulse");
    let blows = [Blow::KillDaemon, Blow::StopDaemon, Blow::KillKeeper, Blow::StopKeeper, Blow::KillBoth];
    trace.clear();
    for gate in gates {
        for (count, blow) in (1..).zip(blows.into_iter().chain(blows)) {
            bench.press(gate, trace);
            let on = now();
            let instant = PULSE * u32::from(random()) / u32::from(u16::MAX);
            wait_until(on + instant);
            // Where the keeper dies, the line is pressed for as long as nobody holds it.
            if !gate.floats && blow != Blow::KillDaemon {
                gate.pull(gate.pressed);
            }
            let keeper = bench.strike(blow);
            if blow == Blow::KillBoth {
                let released = portcullis(&["release"]).output().unwrap();
                assert!(released.status.success(), "{}", text(&released));
                gate.pull(!gate.pressed);
            }
            until("the end of the pulse", || !gate.is_pressed(trace));
            gate.pull(!gate.pressed);
            let (on, off) = *trace.pulses(gate).last().expect("it was told to be idle");
            let length = off - on;
            println!(
                "  {:<6}{blow:?} after {:>3} ms: over after {} ms",
                gate.name,
                instant.as_millis(),
                length.as_millis()
            );
            match blow {
                // The keeper does not notice.
                Blow::KillDaemon | Blow::StopDaemon => assert_length(length),
                Blow::KillKeeper | Blow::StopKeeper => assert!(length <= PULSE + LATE + SLOW, "too late"),
                // Whenever the service manager comes.
                Blow::KillBoth => {}
            }
            if blow == Blow::StopKeeper && length < PULSE + OVERDUE {
                // It was stopped when it had ended the pulse already, which is nothing that anybody notices.
                signal(keeper, Signal::CONT);
            } else {
                bench.recover(blow);
            }
            // A pulse is never resumed or repeated, by nobody.
            assert!(!gate.is_pressed(trace));
            assert_eq!(trace.presses(gate), count);
        }
    }
    for gate in gates {
        assert_eq!(trace.presses(gate), 10, "{}: one press for each request", gate.name);
    }
}

fn restarts_and_crashes(bench: Bench, trace: &Trace, gates: &[Gate]) {
    said("restarts and crashes");
    bench.stop();
    trace.clear();
    for round in 0..5 {
        let bench = Bench { address: ADDRESS.parse().unwrap(), daemon: Daemon::start(), homekit: None };
        if round % 2 == 0 { bench.stop() } else { drop(bench) }
    }
    for _ in 0..10 {
        let mut process = daemon().spawn().unwrap();
        // An emulated start takes about a second.
        wait_until(now() + Duration::from_millis(1_200) * u32::from(random()) / u32::from(u16::MAX));
        process.kill().unwrap();
        process.wait().unwrap();
    }
    until("all keepers are gone", || children("portcullis").is_empty());
    for gate in gates {
        assert_eq!(trace.presses(gate), 0, "{}", gate.name);
        assert!(!gate.is_pressed(trace));
    }
}

fn assert_length(length: Duration) {
    assert!((PULSE..=PULSE + SLOW).contains(&length), "a pulse of {length:?}");
}

const ADDRESS: &str = "127.0.0.1:51826";

/// The daemon with a controller that is paired with it.
struct Bench {
    address: SocketAddr,
    daemon: Daemon,
    homekit: Option<HomeKit>,
}

impl Bench {
    fn start() -> Self {
        let daemon = Daemon::start();
        let address = ADDRESS.parse().unwrap();
        let homekit = HomeKit::pair(address).unwrap();
        Self { address, daemon, homekit: Some(homekit) }
    }

    /// Presses the button of a gate that is a switch, as soon as it may be.
    fn press(&mut self, gate: &Gate, trace: &Trace) {
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
    fn put(&mut self, gate: &str, kind: &str, value: &str) -> u16 {
        self.homekit.as_mut().unwrap().put(gate, kind, value).unwrap()
    }

    fn status(&self) -> Value {
        let status = portcullis(&["status", "--json"]).output().unwrap();
        serde_json::from_str(&text(&status)).unwrap_or_else(|_| panic!("{}", text(&status)))
    }

    /// Where the door is, and how that is known.
    fn door(&self) -> (String, String) {
        let status = self.status();
        let of = |key: &str| status["gates"][0][key].as_str().unwrap().to_owned();
        (of("current"), of("confidence"))
    }

    /// Answers with the keeper that was there.
    fn strike(&self, blow: Blow) -> u32 {
        let (daemon, keeper) = (self.daemon.0.id(), self.daemon.keeper());
        match blow {
            Blow::KillDaemon => signal(daemon, Signal::KILL),
            Blow::StopDaemon => signal(daemon, Signal::STOP),
            Blow::KillKeeper => signal(keeper, Signal::KILL),
            Blow::StopKeeper => signal(keeper, Signal::STOP),
            Blow::KillBoth => {
                // Neither has time to notice the other one's end.
                signal(daemon, Signal::STOP);
                signal(keeper, Signal::KILL);
                signal(daemon, Signal::KILL);
                until("both are gone", || children("portcullis").iter().all(|(_, state)| state == "Z"));
            }
        }
        keeper
    }

    /// As the service manager does.
    fn recover(&mut self, blow: Blow) {
        match blow {
            Blow::StopDaemon => signal(self.daemon.0.id(), Signal::CONT),
            Blow::KillKeeper | Blow::StopKeeper => {
                until("another keeper", || self.daemon.log_has("a new keeper holds the outputs"));
            }
            Blow::KillDaemon | Blow::KillBoth => {
                self.daemon = Daemon::start();
                self.homekit.as_mut().unwrap().reconnect(self.address).unwrap();
            }
        }
    }

    fn stop(mut self) {
        signal(self.daemon.0.id(), Signal::TERM);
        assert!(self.daemon.0.wait().unwrap().success());
    }
}

/// The release program, running; killed when this is dropped.
struct Daemon(Child);

const LOG: &str = "/log";

impl Daemon {
    fn start() -> Self {
        let mut process = daemon().stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = lines.any(|line| line.contains("Payload"));
        assert!(started, "it does not start:\n{}", log());
        Self(process)
    }

    fn keeper(&self) -> u32 {
        let parent = self.0.id();
        until_some("a keeper", || {
            let mut processes = children("portcullis-keep").into_iter();
            processes.find_map(|(pid, state)| (state != "Z" && parent_of(pid) == Some(parent)).then_some(pid))
        })
    }

    /// Whether the log of this daemon, since it was looked at last, has these words.
    fn log_has(&self, words: &str) -> bool {
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

fn daemon() -> Command {
    let log = fs::OpenOptions::new().append(true).create(true).open(LOG).unwrap();
    let mut command = portcullis(&["run"]);
    command.stdout(Stdio::null()).stderr(log);
    command
}

fn portcullis(arguments: &[&str]) -> Command {
    let mut command = Command::new("portcullis");
    command.args(arguments).args(["--config", CONFIG, "--state-dir", "/state"]).stdin(Stdio::null());
    command
}

/// The kernel's record of what it was told about lines.
struct Trace {
    /// The kernel's number of the header's line 0.
    base: u32,
}

impl Trace {
    fn start() -> Self {
        fs::write(format!("{TRACING}/trace_clock"), "mono").unwrap();
        for event in ["gpio_value", "gpio_direction"] {
            fs::write(format!("{TRACING}/events/gpio/{event}/enable"), "1").unwrap();
        }
        // One line, so that its number tells the others'.
        fs::write("/one.toml", "[[gate]]\n[gate.relay]\npin = 17\n").unwrap();
        let released = Command::new("portcullis").args(["release", "--config", "/one.toml"]).output().unwrap();
        assert!(released.status.success(), "{}", text(&released));
        let trace = Self { base: 0 };
        let number = trace.events().first().expect("the kernel records levels").1;
        trace.clear();
        Self { base: number - 17 }
    }

    fn clear(&self) {
        fs::write(format!("{TRACING}/trace"), "").unwrap();
    }

    /// Time, line and what happened to it.
    fn events(&self) -> Vec<(Duration, u32, What)> {
        let text = fs::read_to_string(format!("{TRACING}/trace")).unwrap();
        let lost = text.lines().filter(|line| line.contains("LOST") && line.contains("EVENTS")).count();
        assert_eq!(lost, 0, "the kernel's record is too small");
        text.lines().filter_map(event).collect()
    }

    /// The begin and, if it is over, the end of each press: when the line was driven to the level that presses.
    fn presses_and_ends(&self, gate: &Gate) -> Vec<(Duration, Option<Duration>)> {
        let number = self.base + u32::from(gate.pin);
        let (mut value, mut output) = (!gate.pressed, true);
        let mut presses: Vec<(Duration, Option<Duration>)> = Vec::new();
        for (at, _, what) in self.events().into_iter().filter(|(_, line, _)| *line == number) {
            match what {
                What::Set(high) => value = high,
                What::Output(is_output) => output = is_output,
            }
            let is_pressed = output && value == gate.pressed;
            match presses.last_mut().filter(|(_, end)| end.is_none()) {
                Some((_, end)) if !is_pressed => *end = Some(at),
                None if is_pressed => presses.push((at, None)),
                _ => {}
            }
        }
        presses
    }

    fn presses(&self, gate: &Gate) -> usize {
        self.presses_and_ends(gate).len()
    }

    /// The whole pulses.
    fn pulses(&self, gate: &Gate) -> Vec<(Duration, Duration)> {
        self.presses_and_ends(gate).into_iter().filter_map(|(on, off)| Some((on, off?))).collect()
    }
}

#[derive(Clone, Copy, Debug)]
enum What {
    Set(bool),
    Output(bool),
}

/// `portcullis-keep-71 [000] ..... 12.345678: gpio_value: 529 set 1`, and `gpio_direction: 529 out (0)`.
fn event(line: &str) -> Option<(Duration, u32, What)> {
    let (head, value) = line.split_once(": gpio_")?;
    let at = Duration::from_secs_f64(head.split_whitespace().next_back()?.parse().ok()?);
    let words: Vec<&str> = value.split_whitespace().collect();
    let what = match words[..] {
        ["value:", _, "set", level] => What::Set(level == "1"),
        ["direction:", _, direction, "(0)"] => What::Output(direction == "out"),
        _ => return None,
    };
    Some((at, words[1].parse().ok()?, what))
}

fn line(pin: u8, attribute: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("CHIP").expect("CHIP is the chip's directory"))
        .join(format!("sim_gpio{pin}/{attribute}"))
}

fn level(pin: u8) -> bool {
    fs::read_to_string(line(pin, "value")).unwrap().trim() == "1"
}

fn pull(pin: u8, high: bool) {
    fs::write(line(pin, "pull"), if high { "pull-up" } else { "pull-down" }).unwrap();
}

/// Processes whose name starts so, with their state.
fn children(name: &str) -> Vec<(u32, String)> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let named = processes.filter_map(|pid| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let state = stat(pid)?.0;
        // A process that has ended has no arguments left, only its name.
        let is_named = String::from_utf8_lossy(&arguments).starts_with(name)
            || (arguments.is_empty() && fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.starts_with(name));
        is_named.then_some((pid, state))
    });
    named.collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    stat(pid).map(|(_, parent)| parent)
}

fn stat(pid: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// The last lines of the daemon's log.
fn log() -> String {
    let log = fs::read_to_string(LOG).unwrap_or_default();
    let lines: Vec<_> = log.lines().rev().take(20).collect();
    lines.into_iter().rev().flat_map(|line| [line, "\n"]).collect()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn said(what: &str) {
    println!("{:>6.1} s  {what}", now().as_secs_f64());
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    until_some(what, || is_so().then_some(()));
}

fn until_some<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(
            now() - begun < PATIENCE,
            "waited for {what}; the log:\n{}",
            fs::read_to_string(LOG).unwrap_or_default()
        );
        wait_until(now() + Duration::from_millis(2));
    }
}

fn wait_until(time: Duration) {
    while let Some(left) = time.checked_sub(now()).filter(|left| !left.is_zero()) {
        poll(&mut [], Some(&left.try_into().unwrap())).unwrap();
    }
}

fn now() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap()
}

fn random() -> u16 {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).unwrap();
    u16::from_ne_bytes(bytes)
}
