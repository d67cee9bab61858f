//! What the daemon costs a Pi Zero, in instructions: runs inside the emulated machine of tests/pi/count, whose clock counts
//! one nanosecond for each instruction. The kernel adds up how long the daemon and its keeper, a control group of their own,
//! had the processor, so what it says is how many instructions were spent on them, the kernel's on their behalf included.
//!
//! Prints one line a figure: what, millions of instructions or MiB, and what it must stay under.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may panic and says what it does"
)]

#[path = "../vm/homekit.rs"]
mod homekit;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use hap::SetupCode;
use hap::controller::{Client, PairSetup};
use rand_core::UnwrapErr;
use rustix::time::{ClockId, clock_gettime};

use self::homekit::HomeKit;

const ADDRESS: &str = "127.0.0.1:51826";
/// The machine's address, and that of all who speak mDNS.
const HERE: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);
const MDNS: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

/// The machine's clock: what an idle daemon does by itself is done after so long.
const SETTLED: Duration = Duration::from_secs(20);
const IDLE: Duration = Duration::from_secs(60);
/// Some happen while the daemon does something else, too: the least counts.
const ROUNDS: usize = 5;
/// What an answer is followed by: what the gate did is written down half a second later, and the pulse of tests/pi/gate.toml
/// ends.
const AFTER_AN_ANSWER: Duration = Duration::from_millis(300);
const AFTER_A_PRESS: Duration = Duration::from_secs(2);

const GROUP: &str = "/sys/fs/cgroup/portcullis";

fn main() {
    let hearing = listen();
    let begun = now();
    let daemon = Daemon::start();
    row("exec to listening", daemon.spent(), None);
    wait_for_announcement(&hearing);
    row("exec to advertised", daemon.spent(), Some(120.0));
    println!("  listening and advertised {} ms after exec, by the machine's clock", (now() - begun).as_millis());
    thread::sleep(SETTLED);
    row("exec to at rest, all that pairing needs computed", daemon.spent(), None);
    let mut homekit = pair(&daemon);
    let verify = daemon.least(|| drop(homekit.connect(address()).unwrap()));
    // It has a session already.
    let mut session = homekit.connect(address()).unwrap();
    let database = daemon.least(|| drop(session.get("/accessories").unwrap()));
    // What its session asked for is not part of it.
    row("Pair Verify", verify.saturating_sub(database), Some(12.0));
    row("GET /accessories", database, None);
    let write = timed_write(&daemon, &homekit, &mut session);
    row("timed write that presses: its preparation, itself, and the pulse", write, Some(1.5));
    thread::sleep(SETTLED);
    mebibytes("the daemon resident, paired, two sessions", memory(daemon.0.id(), "VmRSS:"), Some(6.0));
    mebibytes("of that, nobody else's", memory_alone(daemon.0.id()), None);
    mebibytes(
        "the keeper resident, nearly all of it program text that the daemon has anyway",
        memory(daemon.keeper(), "VmRSS:"),
        None,
    );
    mebibytes("of that, nobody else's", memory_alone(daemon.keeper()), None);
    row("idle for 60 s, two sessions", daemon.spends(Duration::ZERO, || thread::sleep(IDLE)), Some(60.0));
    // Both are still there: what is asked for is so already.
    assert_eq!(session.get("/accessories").unwrap().status, 200);
    assert_eq!(homekit.put("Door", "32", "0").unwrap(), 204);
}

fn pair(daemon: &Daemon) -> HomeKit {
    let me = homekit::identity();
    let code: SetupCode = homekit::SETUP_CODE.parse().unwrap();
    let mut client = Client::connect(address()).unwrap();
    let (setup, m1) = PairSetup::start(&code, &me, &mut UnwrapErr(getrandom::SysRng));
    let mut answer = Vec::new();
    let spent = daemon.spends(AFTER_AN_ANSWER, || answer = client.pairing("/pair-setup", &m1).unwrap());
    row("Pair Setup M1 to M2", spent, Some(5.0));
    let (proof, m3) = setup.m2(&answer).unwrap();
    let spent = daemon.spends(AFTER_AN_ANSWER, || answer = client.pairing("/pair-setup", &m3).unwrap());
    row("Pair Setup M3 to M4", spent, Some(120.0));
    let (exchange, m5) = proof.m4(&answer).unwrap();
    let spent = daemon.spends(AFTER_AN_ANSWER, || answer = client.pairing("/pair-setup", &m5).unwrap());
    row("Pair Setup M5 to M6", spent, None);
    let accessory = exchange.m6(&answer).unwrap();
    HomeKit::paired(address(), me, accessory).unwrap()
}

/// The write that Home makes to move a garage door, with the request that announces it (HAP §7.5), up to the end of the pulse.
fn timed_write(daemon: &Daemon, homekit: &HomeKit, session: &mut Client) -> Duration {
    let (aid, target_iid) = homekit.find("Door", "32");
    let (_, current_iid) = homekit.find("Door", "E");
    let mut write = |round: usize| {
        let pid = round + 1;
        // Open, close, …, open. The first one finds nothing of it in the processor's and the program's memory.
        let target = round % 2;
        let value = format!(
            "{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{target_iid},\"value\":{target}}}],\"pid\":{pid}}}"
        );
        let spent = daemon.spends(AFTER_A_PRESS, || {
            let prepared = session.put("/prepare", &format!("{{\"ttl\":5000,\"pid\":{pid}}}")).unwrap();
            assert_eq!(prepared.status, 200);
            assert_eq!(session.put("/characteristics", &value).unwrap().status, 204);
        });
        // Opening or closing: it was pressed.
        let moves = session.get(&format!("/characteristics?id={aid}.{current_iid}")).unwrap().text();
        assert!(moves.contains(if target == 0 { "\"value\":2" } else { "\"value\":3" }), "{moves}");
        // The travel is over then.
        thread::sleep(SETTLED);
        spent
    };
    (0..ROUNDS).map(&mut write).min().unwrap()
}

/// The release program, running.
struct Daemon(Child);

impl Daemon {
    fn start() -> Self {
        fs::create_dir(GROUP).unwrap();
        let mut process = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!(
                "echo $$ >{GROUP}/cgroup.procs && exec portcullis run --config /gate.toml --state-dir /tmp/state"
            ))
            .stdout(Stdio::piped())
            .stderr(fs::File::create("/tmp/log").unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let started = lines.any(|line| line.contains("Payload"));
        assert!(started, "it does not start: {}", fs::read_to_string("/tmp/log").unwrap());
        Self(process)
    }

    /// What the daemon and its keeper had of the processor up to now, also in threads that have ended.
    fn spent(&self) -> Duration {
        let text = fs::read_to_string(format!("{GROUP}/cpu.stat")).unwrap();
        Duration::from_micros(number(&text, "usage_usec"))
    }

    /// What they have of it meanwhile, and for so long after it.
    fn spends(&self, after: Duration, meanwhile: impl FnOnce()) -> Duration {
        let before = self.spent();
        meanwhile();
        thread::sleep(after);
        self.spent() - before
    }

    /// The least that they have of it for what ends with an answer.
    fn least(&self, mut meanwhile: impl FnMut()) -> Duration {
        (0..ROUNDS).map(|_| self.spends(AFTER_AN_ANSWER, &mut meanwhile)).min().unwrap()
    }

    fn keeper(&self) -> u32 {
        let parent = format!("PPid:\t{}", self.0.id());
        let processes = fs::read_dir("/proc").unwrap().filter_map(|it| it.unwrap().file_name().to_str()?.parse().ok());
        let is_child = |pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default().lines().any(|line| line == parent)
        };
        processes.into_iter().find(is_child).expect("a keeper")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

/// Kibibytes.
fn memory(process: u32, what: &str) -> u64 {
    number(&fs::read_to_string(format!("/proc/{process}/status")).unwrap(), what)
}

/// What would be free without the process, in kibibytes.
fn memory_alone(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    number(&text, "Private_Clean:") + number(&text, "Private_Dirty:")
}

fn number(text: &str, what: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// Hears what is multicast, as everybody on the network does.
fn listen() -> UdpSocket {
    let socket = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::DGRAM, None).unwrap();
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true).unwrap();
    rustix::net::sockopt::set_socket_reuseport(&socket, true).unwrap();
    rustix::net::bind(&socket, &SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5353))).unwrap();
    let socket = UdpSocket::from(socket);
    socket.join_multicast_v4(&MDNS, &HERE).unwrap();
    socket
}

/// An answer that nobody asked for, with our service's type (RFC 6762 §8.3).
fn wait_for_announcement(socket: &UdpSocket) {
    let mut message = [0; 9000];
    loop {
        let length = socket.recv(&mut message).unwrap();
        let message = &message[..length];
        let is_answer = message.len() > 12 && message[2] & 0x80 != 0 && message[6..8] != [0, 0];
        if is_answer && message.windows(4).any(|bytes| bytes == b"_hap") {
            return;
        }
    }
}

fn address() -> SocketAddr {
    ADDRESS.parse().unwrap()
}

fn now() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap()
}

fn row(what: &str, spent: Duration, limit: Option<f64>) {
    print("M instructions", what, spent.as_secs_f64() * 1000.0, limit);
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn mebibytes(what: &str, kibibytes: u64, limit: Option<f64>) {
    print("MiB", what, kibibytes as f64 / 1024.0, limit);
}

/// The form that tests/pi/count reads.
fn print(unit: &str, what: &str, value: f64, limit: Option<f64>) {
    let limit = limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
    println!("FIGURE|{what}|{value:.2}|{unit}|{limit}");
}
