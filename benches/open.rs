//! How long an "open" takes from the controller's write to the relay's edge, how true a pulse's length is, and what the
//! daemon costs at rest.
//!
//! `cargo bench --bench open` starts the daemon with a simulated relay, pairs the in-tree controller over loopback, and
//! writes the target back and forth. The floor, measured in the same run and in turn with it, is a loopback connection
//! whose other end answers as many bytes with as many. Quote ratios: single times say more about the machine.
//!
//! Then the same while eight sessions ask for everything all the time.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, missing_docs, reason = "a measurement")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hap::SetupCode;
use hap::controller::{Accessory, Client, ControllerId, Identity};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;

/// How many writes are timed.
const WRITES: usize = 40;
/// The gate's travel, after which the other target is no reversal, and some. The gate is
/// configured for 60 pulses a minute.
const GAP: Duration = Duration::from_millis(1_100);
/// How long the button is pressed.
const PULSE: Duration = Duration::from_millis(200);
/// How wrong a pulse's length may be, in nanoseconds.
const PUNCTUAL: u64 = 5_000_000;
/// How many sessions are busy.
const SESSIONS: usize = 8;
/// How long the daemon is watched at rest.
const REST: Duration = Duration::from_secs(20);
/// What a sealed write and its answer have on the wire, about.
const REQUEST: usize = 220;
const ANSWER: usize = 46;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(directory.path());
    let unpaired = daemon.resident();
    let me = Identity::random(ControllerId::try_from("5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405").unwrap(), &mut rng());
    let accessory = Client::connect(daemon.address).unwrap().pair(&daemon.code, &me).unwrap();
    let mut client = session(&daemon, &me, &accessory);
    let target = find(&client.get("/accessories").unwrap().text(), "32");

    let mut echo = echo();
    let mut measure = |load: &str| {
        let earlier = daemon.pulses().len();
        let (mut edges, mut answers, mut floors) = (Vec::new(), Vec::new(), Vec::new());
        for write in 0..WRITES {
            thread::sleep(GAP);
            floors.push(timed(|| {
                echo.write_all(&[0; REQUEST]).unwrap();
                echo.read_exact(&mut [0; ANSWER]).unwrap();
            }));
            let value = write % 2;
            let json = format!("{{\"characteristics\":[{{\"aid\":1,\"iid\":{target},\"value\":{value}}}]}}");
            let begun = now();
            let response = client.put("/characteristics", &json).unwrap();
            answers.push(now() - begun);
            assert_eq!(response.status, 204, "{}", response.text());
            edges.push(daemon.last_edge() - begun);
        }
        thread::sleep(PULSE * 2);
        let lengths: Vec<_> = daemon.pulses().split_off(earlier);
        assert_eq!(lengths.len(), WRITES);

        println!("one write of TargetDoorState, over loopback, {load}, {WRITES} times; microseconds");
        println!("{:<34}{:>10}{:>10}{:>10}{:>10}", "", "least", "median", "most", "ratio");
        let floor = Times::of(floors);
        floor.print("loopback round trip of that size", &floor);
        Times::of(edges).print("write sent to relay edge", &floor);
        Times::of(answers).print("write sent to answer received", &floor);
        let planned = u64::try_from(PULSE.as_nanos()).unwrap();
        let punctual = lengths.iter().filter(|length| length.abs_diff(planned) <= PUNCTUAL).count();
        let late = Times::of(lengths.iter().map(|length| length.checked_sub(planned).unwrap()).collect());
        late.print("pulse longer than asked for by", &floor);
        println!("pulses within 5 ms of their length{punctual:>9}");
        println!();
    };
    measure("nothing else");
    let paired = daemon.resident();
    {
        let busy = AtomicBool::new(true);
        thread::scope(|scope| {
            for _ in 0..SESSIONS {
                let mut client = session(&daemon, &me, &accessory);
                let busy = &busy;
                scope.spawn(move || {
                    while busy.load(Ordering::Relaxed) {
                        client.get("/accessories").unwrap();
                    }
                });
            }
            measure(&format!("{SESSIONS} sessions busy"));
            busy.store(false, Ordering::Relaxed);
        });
    }

    let before = daemon.wake_ups();
    thread::sleep(REST);
    let woken: u64 = daemon.wake_ups().iter().zip(&before).map(|((_, after), (_, before))| after - before).sum();
    println!("resident, unpaired                {:>8.1} MiB", mebibytes(unpaired));
    println!("resident, paired, one session     {:>8.1} MiB", mebibytes(paired));
    println!("resident, the keeper              {:>8.1} MiB", mebibytes(resident(daemon.keeper())));
    println!("wake-ups in {} s at rest, by thread", REST.as_secs());
    for ((name, after), (_, before)) in daemon.wake_ups().iter().zip(&before) {
        println!("  {name:<32}{:>8}", after - before);
    }
    println!("  {:<32}{woken:>8}", "all");
    drop(client);
    daemon.process.kill().unwrap();
    daemon.process.wait().unwrap();
}

struct Daemon {
    process: Child,
    address: SocketAddr,
    code: SetupCode,
    trace: PathBuf,
}

impl Daemon {
    fn start(directory: &Path) -> Self {
        let (config, state) = (directory.join("portcullis.toml"), directory.join("state"));
        fs::write(&config, CONFIG).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["--config".as_ref(), config.as_os_str(), "--state-dir".as_ref(), state.as_os_str()])
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut value = |name: &str| {
            let line = lines.find(|line| line.trim_start().starts_with(name)).unwrap();
            line.split_whitespace().last().unwrap().to_owned()
        };
        let address = value("HomeKit").parse().unwrap();
        let code = value("Setup code").parse().unwrap();
        Self { process, address, code, trace: state.join("relay.jsonl") }
    }

    /// When the button went down last, in nanoseconds of the monotonic clock.
    fn last_edge(&self) -> u64 {
        self.edges().into_iter().rev().find_map(|(at, on)| on.then_some(at)).unwrap()
    }

    /// The lengths of the pulses that are over, in nanoseconds.
    fn pulses(&self) -> Vec<u64> {
        self.edges().chunks_exact(2).map(|pulse| pulse[1].0 - pulse[0].0).collect()
    }

    /// When there was an edge, and whether the button went down.
    fn edges(&self) -> Vec<(u64, bool)> {
        let trace = fs::read_to_string(&self.trace).unwrap();
        let edges = trace.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        edges.map(|edge| (edge["t_ns"].as_u64().unwrap(), edge["relay"] == "on")).collect()
    }

    /// Kibibytes.
    fn resident(&self) -> u64 {
        resident(self.process.id())
    }

    /// The process that holds the relay.
    fn keeper(&self) -> u32 {
        let processes = fs::read_dir("/proc").unwrap().filter_map(|it| it.unwrap().file_name().to_str()?.parse().ok());
        let is_child = |pid: &u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.lines().any(|line| line.split_whitespace().eq(["PPid:", &self.process.id().to_string()]))
        };
        processes.into_iter().find(is_child).unwrap()
    }

    /// How often each thread went to sleep, and so woke up.
    fn wake_ups(&self) -> Vec<(String, u64)> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let mut tasks: Vec<_> = tasks.map(|task| task.unwrap().path()).collect();
        tasks.sort();
        let name = |task: &Path| fs::read_to_string(task.join("comm")).unwrap().trim().to_owned();
        let switches = |task: &Path| field(task.join("status").to_str().unwrap(), "voluntary_ctxt_switches:");
        tasks.iter().map(|task| (name(task), switches(task))).collect()
    }
}

const CONFIG: &str = r#"
[homekit]
bind = "127.0.0.1:0"
[api]
listen = "127.0.0.1:0"
[[gate]]
name = "Gate"
pulse = "200ms"
travel = "1s"
close_when_assumed = true
pulses_a_minute = 60
[gate.relay]
driver = "simulated"
trace = "relay.jsonl"
"#;

fn session(daemon: &Daemon, me: &Identity, accessory: &Accessory) -> Client {
    let mut client = Client::connect(daemon.address).unwrap();
    client.verify(me, accessory).unwrap();
    client
}

/// The iid of the characteristic of this type.
fn find(accessories: &str, kind: &str) -> u64 {
    let database: Value = serde_json::from_str(accessories).unwrap();
    let services = database["accessories"][0]["services"].as_array().unwrap();
    let mut characteristics = services.iter().flat_map(|service| service["characteristics"].as_array().unwrap());
    characteristics.find(|characteristic| characteristic["type"] == kind).unwrap()["iid"].as_u64().unwrap()
}

/// A connection whose other end answers each request.
fn echo() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        while stream.read_exact(&mut [0; REQUEST]).is_ok() && stream.write_all(&[0; ANSWER]).is_ok() {}
    });
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

struct Times {
    least: u64,
    median: u64,
    most: u64,
}

impl Times {
    fn of(mut nanoseconds: Vec<u64>) -> Self {
        nanoseconds.sort_unstable();
        let most = nanoseconds[nanoseconds.len() - 1];
        Self { least: nanoseconds[0], median: nanoseconds[nanoseconds.len() / 2], most }
    }

    #[expect(clippy::cast_precision_loss, reason = "times of milliseconds")]
    fn print(&self, what: &str, floor: &Self) {
        let micros = |nanoseconds: u64| nanoseconds as f64 / 1000.0;
        let ratio = self.median as f64 / floor.median as f64;
        let (least, median, most) = (micros(self.least), micros(self.median), micros(self.most));
        println!("{what:<34}{least:>10.1}{median:>10.1}{most:>10.1}{ratio:>10.1}");
    }
}

fn timed(run: impl FnOnce()) -> u64 {
    let begun = now();
    run();
    now() - begun
}

/// Nanoseconds of the clock that the trace uses.
fn now() -> u64 {
    let time = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap();
    u64::try_from(time.as_nanos()).unwrap()
}

/// Kibibytes.
fn resident(process: u32) -> u64 {
    field(&format!("/proc/{process}/status"), "VmRSS:")
}

fn field(path: &str, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

fn rng() -> impl rand_core::CryptoRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}
