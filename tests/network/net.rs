//! Network namespaces joined by cables.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A machine: a network namespace. It goes when this is dropped.
pub(crate) struct Machine {
    name: String,
}

impl Machine {
    /// A machine with nothing but its loopback interface.
    pub(crate) fn new(role: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("gate-{}-{}-{role}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        run(Command::new("ip").args(["netns", "add", &name]));
        let machine = Self { name };
        machine.ip("link set lo up");
        machine
    }

    /// `ip` there; the arguments are separated by spaces.
    pub(crate) fn ip(&self, arguments: &str) {
        run(Command::new("ip").args(["-n", &self.name]).args(arguments.split(' ')));
    }

    /// A program that will run there, and sees that machine's `/sys`.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Lets this thread's new sockets be that machine's.
    pub(crate) fn enter(&self) {
        let namespace = File::open(format!("/run/netns/{}", self.name)).expect("it exists");
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).expect("root may");
    }

    /// Drops every packet that comes or goes, and tells nobody.
    pub(crate) fn silence(&self) {
        self.nft("add table inet silence");
        for hook in ["input", "output"] {
            self.nft(&format!("add chain inet silence {hook} {{ type filter hook {hook} priority 0; policy drop; }}"));
        }
    }

    /// The end of [`silence`](Self::silence).
    pub(crate) fn restore(&self) {
        self.nft("delete table inet silence");
    }

    /// How many TCP connections to this peer it has, in any state but TIME-WAIT.
    pub(crate) fn connections(&self, peer: &str) -> usize {
        let listed = run(self.command("ss").args(["-Htn", "exclude", "time-wait", "dst", peer]));
        String::from_utf8_lossy(&listed.stdout).lines().count()
    }

    /// One command of nftables, there.
    pub(crate) fn nft(&self, rule: &str) {
        run(self.command("nft").arg(rule));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

/// A cable: its ends' names and addresses with their prefix.
pub(crate) fn cable(left: (&Machine, &str, &str), right: (&Machine, &str, &str)) {
    plug(left.0, left.1, right.0, right.1);
    for (machine, interface, address) in [left, right] {
        machine.ip(&format!("addr add {address} dev {interface}"));
    }
}

/// A cable between interfaces without addresses.
pub(crate) fn plug(left: &Machine, left_interface: &str, right: &Machine, right_interface: &str) {
    run(Command::new("ip").args(["link", "add", left_interface, "netns", &left.name, "type", "veth"]).args([
        "peer",
        "name",
        right_interface,
        "netns",
        &right.name,
    ]));
    for (machine, interface) in [(left, left_interface), (right, right_interface)] {
        machine.ip(&format!("link set {interface} up"));
    }
}

/// Runs a command, which must succeed.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Looks again and again until there is something; how long that took.
pub(crate) fn within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> (T, Duration) {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return (found, start.elapsed());
        }
        assert!(start.elapsed() < patience, "{what}: not within {patience:?}");
        thread::sleep(Duration::from_millis(20));
    }
}
