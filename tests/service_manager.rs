//! What a service manager hears of the daemon, over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod daemon;

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use daemon::{Home, gate, quiet};

/// How long anything may take on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// A watchdog that nobody has to wait for long.
const WATCHDOG: &str = "1000000";

/// What a service manager has: a socket, and what it heard so far.
struct Manager {
    socket: UnixDatagram,
    path: String,
}

impl Manager {
    fn new(home: &Home) -> Self {
        let path = home.file("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, path: path.to_str().unwrap().to_owned() }
    }

    fn hears(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).expect("the daemon says something");
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    /// What is told until something starts with `begin`, which is told last.
    fn hears_until(&self, begin: &str) -> Vec<String> {
        let mut heard = vec![self.hears()];
        while !heard.last().unwrap().starts_with(begin) {
            heard.push(self.hears());
        }
        heard
    }

    fn has_heard_all(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let is_empty = self.socket.recv(&mut [0; 4096]).is_err();
        self.socket.set_nonblocking(false).unwrap();
        is_empty
    }
}

fn home() -> Home {
    Home::new(&format!("{}{}", quiet(), gate("")))
}

#[test]
fn it_hears_when_the_daemon_can_be_found_and_when_it_stops_and_no_more_without_a_watchdog() {
    let home = home();
    let manager = Manager::new(&home);
    let daemon = home.start_with(&[("NOTIFY_SOCKET", &manager.path)]);
    let heard = manager.hears_until("READY=1");
    assert_eq!(heard[0], "STATUS=taking the relays, and reading the sensors");
    assert_eq!(heard[1], "READY=1\nSTATUS=1 gate, not paired yet: portcullis pair shows the code");
    assert_eq!(heard.len(), 2);
    // What is ready can be reached.
    std::net::TcpStream::connect(daemon.homekit()).unwrap();
    std::net::TcpStream::connect(daemon.api()).unwrap();
    assert!(manager.has_heard_all());
    assert_eq!(daemon.terminate().code, Some(0));
    assert_eq!(manager.hears(), "STOPPING=1\nSTATUS=stopping");
    assert!(manager.has_heard_all());
}

#[test]
fn it_hears_why_a_start_fails_and_never_that_the_daemon_is_ready() {
    let home = home();
    let manager = Manager::new(&home);
    let daemon = home.start();
    let second = home.run_with(&["run"], &[("NOTIFY_SOCKET", &manager.path)]);
    assert_ne!(second.code, Some(0));
    let heard = manager.hears();
    assert!(heard.starts_with("STATUS=") && heard.contains("another process"), "{heard}");
    assert!(manager.has_heard_all());
    drop(daemon);
}

#[test]
fn its_watchdog_is_fed_while_the_keeper_answers_and_a_keeper_that_does_not_is_replaced() {
    let home = home();
    let manager = Manager::new(&home);
    let daemon = home.start_with(&[("NOTIFY_SOCKET", &manager.path), ("WATCHDOG_USEC", WATCHDOG)]);
    manager.hears_until("WATCHDOG=1");
    let keeper = keeper(daemon.pid());
    kill_process(keeper, Signal::STOP).unwrap();
    // It was well when it was looked at last; this look finds that it is not.
    let heard = manager.hears_until("STATUS=not well");
    assert!(heard.len() <= 2, "{heard:?}");
    daemon.until_logged("a new keeper holds the outputs");
    manager.hears_until("WATCHDOG=1");
    assert!(home.edges().is_empty(), "nothing has pressed the button");
    assert_eq!(daemon.terminate().code, Some(0));
}

#[test]
fn a_daemon_that_hangs_does_not_feed_the_watchdog() {
    let home = home();
    let manager = Manager::new(&home);
    let daemon = home.start_with(&[("NOTIFY_SOCKET", &manager.path), ("WATCHDOG_USEC", WATCHDOG)]);
    manager.hears_until("WATCHDOG=1");
    let pid = Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    while !manager.has_heard_all() {}
    manager.socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    assert!(manager.socket.recv(&mut [0; 4096]).is_err(), "twice the watchdog's time, and nothing is told");
    kill_process(pid, Signal::CONT).unwrap();
    manager.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let heard = manager.hears_until("WATCHDOG=1");
    let last = heard.last().unwrap();
    assert!(last.contains("; process is warning: the daemon comes "), "{last}");
}

#[test]
fn a_daemon_at_rest_writes_nothing_to_its_memory_card() {
    let home = home();
    let manager = Manager::new(&home);
    let daemon = home.start_with(&[("NOTIFY_SOCKET", &manager.path), ("WATCHDOG_USEC", WATCHDOG)]);
    manager.hears_until("WATCHDOG=1");
    let before = written(daemon.pid());
    for _ in 0..FEEDS {
        manager.hears_until("WATCHDOG=1");
    }
    // All that wakes it at rest is the watchdog, every fifteen seconds under systemd. Not all that is written goes to a disk,
    // but nothing goes there that is not written.
    let feeds_a_day = 24 * 60 * 4;
    let in_a_day = (written(daemon.pid()) - before) / FEEDS * feeds_a_day;
    assert!(in_a_day < 100_000, "{in_a_day} bytes a day");
    assert_eq!(daemon.terminate().code, Some(0));
}

/// How often the watchdog is fed while the daemon is watched at rest.
const FEEDS: u64 = 4;

/// Bytes that a process has given the kernel to write, to files and whatever else is written to.
fn written(process: u32) -> u64 {
    let counts = fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    counts.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap().parse().unwrap()
}

/// The daemon's keeper.
fn keeper(daemon: u32) -> Pid {
    let children = fs::read_to_string(format!("/proc/{daemon}/task/{daemon}/children")).unwrap();
    let child = children.split_whitespace().next().expect("a keeper").parse().unwrap();
    Pid::from_raw(child).unwrap()
}
