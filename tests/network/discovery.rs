//! Being found: announcements, questions and names.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::environment;
use crate::gate::{Home, Phone};
use crate::mdns::{A, Asker, Ear, PTR, SERVICE, SRV, TXT};
use crate::net::{Machine, cable, plug, within};

const SOON: Duration = Duration::from_secs(10);
const GATE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
const PHONE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

/// A gate's machine and a phone's, joined; this thread is on the phone.
pub(crate) fn joined() -> (Machine, Machine) {
    let (gate, phone) = (Machine::new("gate"), Machine::new("phone"));
    cable((&gate, "wlan0", "10.77.0.1/24"), (&phone, "wlan0", "10.77.0.2/24"));
    phone.enter();
    (gate, phone)
}

pub(crate) fn heard(ear: &Ear, address: &str) -> String {
    let name = ear.hear(SOON, |message| message.announces(address).then(|| message.find(PTR).unwrap().data.clone()));
    name.unwrap_or_else(|| panic!("no announcement of {address}"))
}

fn address(ip: Ipv4Addr) -> SocketAddr {
    (ip, 51826).into()
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn it_is_announced_more_than_once_and_says_goodbye() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let daemon = home.start(&gate);
    heard(&ear, "10.77.0.1");
    let first = Instant::now();
    heard(&ear, "10.77.0.1");
    assert!(first.elapsed() >= Duration::from_millis(900), "{:?}", first.elapsed());
    let from = daemon.log();
    assert!(from.contains("wlan0: advertised at 10.77.0.1"), "{from}");
    daemon.terminate();
    let gone = ear.hear(SOON, |message| message.find(PTR).filter(|ptr| ptr.ttl == 0).cloned());
    assert!(gone.is_some());
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn each_way_of_asking_gets_its_answer() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let _daemon = home.start(&gate);
    let instance = heard(&ear, "10.77.0.1");

    // By multicast, for everybody.
    let asker = Asker::new(PHONE, false);
    let (message, _) = within(SOON, "an answer by multicast", || {
        asker.ask(SERVICE, PTR, false, &[]);
        ear.hear(Duration::from_secs(2), |message| message.announces("10.77.0.1").then(|| message.clone()))
    });
    assert_eq!(message.find(PTR).unwrap().ttl, 4500);

    // By unicast, for a phone that asks so; also twice within the second in which a responder multicasts nothing twice.
    let other = Asker::new(PHONE, false);
    for _ in 0..2 {
        let start = Instant::now();
        other.ask(SERVICE, PTR, true, &[]);
        let message = other.hear(SOON, |message| message.is_response.then(|| message.clone())).unwrap();
        assert_eq!((message.id, message.questions, message.answers), (77, 0, 1));
        assert_eq!(message.find(PTR).unwrap().data, instance);
        let (srv, txt) = (message.find(SRV).unwrap(), message.find(TXT).unwrap());
        assert!(srv.data.ends_with(":51826") && srv.flush && srv.ttl == 120, "{srv:?}");
        assert!(txt.data.contains("sf=1") && txt.flush && txt.ttl == 4500, "{txt:?}");
        assert_eq!(message.find(A).unwrap().data, "10.77.0.1");
        println!("a unicast answer took {:?}", start.elapsed());
    }
    other.ask(&instance, SRV, true, &[]);
    assert!(other.hear(SOON, |message| (message.is_response && message.answers == 1).then_some(())).is_some());

    // What the asker knows is not repeated.
    other.ask(SERVICE, PTR, true, &[(&instance, 4000)]);
    let repeated = other.hear(Duration::from_millis(700), |message| message.is_response.then(|| message.clone()));
    assert!(repeated.is_none(), "{repeated:?}");

    // In the old way, from another port.
    let legacy = Asker::new(PHONE, true);
    legacy.ask(SERVICE, PTR, false, &[]);
    let message = legacy.hear(SOON, |message| Some(message.clone())).unwrap();
    assert_eq!((message.id, message.questions), (77, 1));
    assert!(message.records.iter().all(|record| record.ttl <= 10 && !record.flush), "{message:?}");
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn pairing_changes_the_txt_record_at_once() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let _daemon = home.start(&gate);
    let instance = heard(&ear, "10.77.0.1");
    Phone::pair(address(GATE));
    // It was announced while the phone still waited for the answer.
    let start = Instant::now();
    let paired = ear.hear(SOON, |message| {
        message.find(TXT).filter(|txt| message.is_response && txt.data.contains("sf=0")).cloned()
    });
    assert!(paired.is_some());
    println!("sf=0 was heard {:?} after the pairing", start.elapsed());
    assert!(start.elapsed() < Duration::from_millis(300), "{:?}", start.elapsed());
    // And so hears who asks for himself.
    let asker = Asker::new(PHONE, false);
    asker.ask(&instance, TXT, true, &[]);
    let told = asker.hear(SOON, |message| message.find(TXT).filter(|_| message.is_response).cloned()).unwrap();
    assert!(told.data.contains("sf=0"), "{told:?}");
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn an_address_that_changes_is_announced_and_reached_under_the_same_name() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let daemon = home.start(&gate);
    let name = heard(&ear, "10.77.0.1");
    let phone = Phone::pair(address(GATE));

    let start = Instant::now();
    gate.ip("addr del 10.77.0.1/24 dev wlan0");
    gate.ip("addr add 10.77.0.9/24 dev wlan0");
    assert_eq!(heard(&ear, "10.77.0.9"), name);
    println!("the new address was announced after {:?}", start.elapsed());
    phone.session(address(Ipv4Addr::new(10, 77, 0, 9))).read();

    // One more address, as IPv6 brings them all the time: it must not take itself for another device.
    gate.ip("addr add 10.77.0.10/24 dev wlan0");
    assert_eq!(heard(&ear, "10.77.0.10"), name);
    assert!(!daemon.log().contains("another device"), "{}", daemon.log());
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn a_link_that_was_away_is_announced_on_at_once() {
    let (gate, phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let daemon = home.start(&gate);
    let name = heard(&ear, "10.77.0.1");
    // After the last of the announcements at the start, every further one is due to the link.
    while ear.hear(Duration::from_secs(4), |message| message.announces("10.77.0.1").then_some(())).is_some() {}
    for long in [false, true] {
        phone.ip("link set wlan0 down");
        if long {
            daemon.until_logged(SOON, "wlan0: skipped, no link");
        }
        phone.ip("link set wlan0 up");
        let start = Instant::now();
        assert_eq!(heard(&ear, "10.77.0.1"), name);
        println!("announced {:?} after the link came back", start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        while ear.hear(Duration::from_secs(4), |message| message.announces("10.77.0.1").then_some(())).is_some() {}
    }
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn started_before_the_network_it_is_reachable_within_15_s_of_it() {
    let (gate, phone) = (Machine::new("gate"), Machine::new("phone"));
    let home = Home::new();
    let _daemon = home.start(&gate);
    let start = Instant::now();
    plug(&gate, "wlan0", &phone, "wlan0");
    phone.ip("addr add 10.77.0.2/24 dev wlan0");
    gate.ip("addr add 10.77.0.1/24 dev wlan0");
    phone.enter();
    let asker = Asker::new(PHONE, false);
    within(Duration::from_secs(15), "an answer", || {
        asker.ask(SERVICE, PTR, true, &[]);
        asker.hear(Duration::from_millis(200), |message| message.announces("10.77.0.1").then_some(()))
    });
    println!("found {:?} after the network came", start.elapsed());
    Phone::pair(address(GATE)).session(address(GATE)).read();
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn what_was_made_for_containers_and_tunnels_is_left_out_and_each_fate_is_said_once() {
    let (gate, _phone) = joined();
    let container = Machine::new("container");
    gate.ip("link add docker0 type bridge");
    // A container's network under a name that says nothing: its bridge leads to nothing but containers.
    gate.ip("link add house type bridge");
    plug(&gate, "veth0", &container, "eth0");
    gate.ip("link set veth0 master house");
    gate.ip("link set house up");
    gate.ip("addr add 172.30.0.1/24 dev house");
    container.ip("addr add 172.30.0.2/24 dev eth0");
    gate.ip("tuntap add dev vpn0 mode tun");
    gate.ip("addr add 10.8.0.1/24 dev vpn0");
    gate.ip("link set vpn0 up");
    // The cable's end is up when both ends are.
    plug(&gate, "eth0", &container, "unplugged");
    container.ip("link set unplugged down");
    gate.ip("addr add 10.99.0.1/24 dev eth0");

    container.enter();
    let ear = Ear::new(Ipv4Addr::new(172, 30, 0, 2));
    let home = Home::new();
    let daemon = home.start(&gate);
    daemon.until_logged(SOON, "wlan0: advertised at 10.77.0.1");
    let log = daemon.log();
    for line in [
        "docker0: skipped, made for containers or virtual machines",
        "house: skipped, made for containers or virtual machines",
        "veth0: skipped, made for containers or virtual machines",
        "vpn0: skipped, ",
        "eth0: skipped, no link",
    ] {
        assert_eq!(log.matches(&format!(" {line}")).count(), 1, "{line}: {log}");
    }
    let leaked = ear.hear(Duration::from_secs(4), |message| Some(message.clone()));
    assert!(leaked.is_none(), "{leaked:?}");

    // News is said, what is known is not said again.
    gate.ip("link add br-new type bridge");
    daemon.until_logged(SOON, "br-new: skipped, ");
    assert_eq!(daemon.log().matches(" wlan0: ").count(), 1, "{}", daemon.log());
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn a_copy_of_the_card_gets_another_name_and_a_warning_and_the_first_keeps_its_own() {
    let (lan, gate, copy) = (Machine::new("lan"), Machine::new("gate"), Machine::new("copy"));
    lan.ip("link add lan type bridge");
    lan.ip("link set lan up");
    lan.ip("addr add 10.77.0.2/24 dev lan");
    for (machine, port, address) in [(&gate, "gate", "10.77.0.1/24"), (&copy, "copy", "10.77.0.3/24")] {
        plug(machine, "wlan0", &lan, port);
        lan.ip(&format!("link set {port} master lan"));
        machine.ip(&format!("addr add {address} dev wlan0"));
    }
    lan.enter();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let first = home.start(&gate);
    let name = heard(&ear, "10.77.0.1");
    let copied = home.copy();
    let second = copied.start(&copy);
    second.until_logged(SOON, "another device on wlan0 has the name");
    let other = heard(&ear, "10.77.0.3");
    assert!(other != name && other.contains("(2)"), "{other}");
    assert!(!first.log().contains("another device"), "{}", first.log());

    // Both answer by their names, also by unicast.
    let asker = Asker::new(PHONE, false);
    for expected in [&name, &other] {
        within(SOON, expected, || {
            asker.ask(SERVICE, PTR, true, &[]);
            asker.hear(Duration::from_millis(500), |message| {
                message.find(PTR).filter(|ptr| message.answers == 1 && ptr.data == *expected).map(|_| ())
            })
        });
    }
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn of_two_with_one_name_on_networks_that_are_joined_later_one_gets_another_name_and_a_warning() {
    let (lan, gate, copy) = (Machine::new("lan"), Machine::new("gate"), Machine::new("copy"));
    lan.ip("link add lan type bridge");
    lan.ip("link set lan up");
    lan.ip("addr add 10.77.0.2/24 dev lan");
    for (machine, port, address) in [(&gate, "gate", "10.77.0.1/24"), (&copy, "copy", "10.77.0.3/24")] {
        plug(machine, "wlan0", &lan, port);
        machine.ip(&format!("addr add {address} dev wlan0"));
    }
    lan.ip("link set gate master lan");
    lan.ip("addr add 10.77.0.8/24 dev copy");
    lan.enter();
    let (ear, other_ear) = (Ear::new(PHONE), Ear::new(Ipv4Addr::new(10, 77, 0, 8)));
    let home = Home::new();
    let first = home.start(&gate);
    let name = heard(&ear, "10.77.0.1");
    let copied = home.copy();
    let second = copied.start(&copy);
    assert_eq!(heard(&other_ear, "10.77.0.3"), name);

    lan.ip("addr del 10.77.0.8/24 dev copy");
    lan.ip("link set copy master lan");
    // A phone looks around, and both hear the other's answer.
    let asker = Asker::new(PHONE, false);
    let mut names = Vec::new();
    let (_, took) = within(Duration::from_secs(30), "two names", || {
        // Answered to everybody, and to this asker.
        asker.ask(SERVICE, PTR, false, &[]);
        asker.ask(SERVICE, PTR, true, &[]);
        while let Some(name) = asker.hear(Duration::from_millis(500), |message| {
            message.find(PTR).filter(|ptr| message.answers == 1 && ptr.ttl > 0).map(|ptr| ptr.data.clone())
        }) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (names.len() == 2).then_some(())
    });
    println!("two names {took:?} after the networks were joined: {names:?}");
    assert!(names.contains(&name), "{names:?}");
    let renamed = [&first, &second].map(|daemon| daemon.log().contains("another device on wlan0 has the name"));
    assert!(renamed == [true, false] || renamed == [false, true], "{}{}", first.log(), second.log());
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn two_interfaces_in_one_network_do_not_take_each_other_for_another_device() {
    let (lan, gate) = (Machine::new("lan"), Machine::new("gate"));
    lan.ip("link add lan type bridge");
    lan.ip("link set lan up");
    lan.ip("addr add 10.77.0.2/24 dev lan");
    for (interface, address) in [("wlan0", "10.77.0.1/24"), ("eth0", "10.77.0.3/24")] {
        plug(&gate, interface, &lan, interface);
        lan.ip(&format!("link set {interface} master lan"));
        gate.ip(&format!("addr add {address} dev {interface}"));
    }
    lan.enter();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let daemon = home.start(&gate);
    let name = heard(&ear, "10.77.0.1");
    assert_eq!(heard(&ear, "10.77.0.3"), name);
    // One goes and comes while the other stays.
    gate.ip("link set eth0 down");
    daemon.until_logged(SOON, "eth0: skipped, down");
    gate.ip("link set eth0 up");
    while let Some(again) = ear.hear(Duration::from_secs(5), |message| {
        message.find(PTR).filter(|ptr| message.is_response && ptr.name == SERVICE).map(|ptr| ptr.data.clone())
    }) {
        assert_eq!(again, name);
    }
    assert!(!daemon.log().contains("another device"), "{}", daemon.log());
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn a_port_that_another_program_keeps_is_said_once_and_taken_when_it_is_free() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    gate.enter();
    // Bound to both families, and not shared.
    let keeper = UdpSocket::bind(("::", 5353)).unwrap();
    let home = Home::new();
    let daemon = home.start(&gate);
    daemon.until_logged(SOON, "cannot advertise, so phones cannot find this: UDP port 5353 cannot be had");
    // The second attempt comes after five seconds and finds the same.
    let heard_anything = ear.hear(Duration::from_secs(7), |message| Some(message.clone()));
    assert!(heard_anything.is_none(), "{heard_anything:?}");
    assert_eq!(daemon.log().matches("cannot advertise").count(), 1, "{}", daemon.log());
    drop(keeper);
    let name = ear.hear(Duration::from_secs(20), |message| message.announces("10.77.0.1").then_some(()));
    assert!(name.is_some());
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn killed_and_restarted_fifty_times_it_keeps_its_name() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let daemon = home.start(&gate);
    let name = heard(&ear, "10.77.0.1");
    drop(daemon);
    let over = AtomicBool::new(false);
    let names = thread::scope(|scope| {
        let listening = scope.spawn(|| {
            let mut names = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let name = ear.hear(Duration::from_secs(1), |message| {
                    let ptr = message.find(PTR).filter(|ptr| message.is_response && ptr.name == SERVICE);
                    ptr.map(|ptr| ptr.data.clone())
                });
                names.extend(name.filter(|name| !names.contains(name)));
            }
            names
        });
        let start = Instant::now();
        for nth in 0..50 {
            // At every point of probing and announcing.
            let daemon = home.start(&gate);
            thread::sleep(Duration::from_millis(nth * 30));
            assert!(!daemon.log().contains("another device"), "{}", daemon.log());
        }
        println!("50 restarts took {:?}", start.elapsed());
        over.store(true, Ordering::Relaxed);
        listening.join().unwrap()
    });
    assert_eq!(names, std::slice::from_ref(&name));
    let _daemon = home.start(&gate);
    assert_eq!(heard(&ear, "10.77.0.1"), name);
}

/// A program that goes on until it is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An avahi-daemon on a machine, with a message bus of its own; the bus's address.
pub(crate) fn avahi(machine: &Machine, directory: &Path, name: &str) -> (Running, Running, String) {
    fs::create_dir_all(directory).unwrap();
    let configuration = directory.join("avahi.conf");
    fs::write(&configuration, format!("[server]\nhost-name={name}\n")).unwrap();
    let bus = format!("unix:path={}", directory.join("bus").display());
    let mut dbus = machine.command("dbus-daemon");
    dbus.args(["--session", "--nofork", "--nopidfile", "--address", &bus]);
    let dbus = Running(dbus.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    within(SOON, "a message bus", || directory.join("bus").exists().then_some(()));
    // Its socket and its process id are in /run, one for each machine.
    let mut avahi = machine.command("unshare");
    let own_run = "mount -t tmpfs none /run && exec avahi-daemon --no-drop-root --no-chroot --file \"$0\"";
    avahi.args(["--mount", "sh", "-c", own_run]).arg(configuration);
    avahi.env("DBUS_SYSTEM_BUS_ADDRESS", &bus);
    let avahi = Running(avahi.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    (avahi, dbus, bus)
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn beside_avahi_both_are_found_and_avahi_finds_it_here_and_there() {
    let (gate, phone) = joined();
    let directory = tempfile::tempdir().unwrap();
    let (_here, _bus, here) = avahi(&gate, &directory.path().join("here"), "here");
    let (_there, _other_bus, there) = avahi(&phone, &directory.path().join("there"), "there");
    let home = Home::new();
    let daemon = home.start(&gate);
    for (machine, bus) in [(&phone, &there), (&gate, &here)] {
        let (found, took) = within(Duration::from_secs(20), "avahi-browse", || {
            let mut browse = machine.command("timeout");
            browse.args(["5", "avahi-browse", "--resolve", "--parsable", "--terminate", "_hap._tcp"]);
            let listed = browse.env("DBUS_SYSTEM_BUS_ADDRESS", bus).output().unwrap();
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            listed.lines().find(|line| line.starts_with('=') && line.contains("10.77.0.1")).map(str::to_owned)
        });
        println!("avahi-browse after {took:?}: {found}");
        assert!(found.contains("Gate") && found.contains("sf=1") && found.contains("51826"), "{found}");
    }
    // Avahi's own name resolves while we share its port.
    let asker = Asker::new(PHONE, true);
    within(SOON, "avahi's answer", || {
        asker.ask("here.local", A, false, &[]);
        asker.hear(Duration::from_millis(500), |message| {
            message.find(A).filter(|record| record.name == "here.local" && record.data == "10.77.0.1").map(|_| ())
        })
    });
    assert!(!daemon.log().contains("another device"), "{}", daemon.log());
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn python_zeroconf_finds_it_hears_of_the_pairing_and_of_the_end() {
    const BROWSE: &str = "
import sys, threading
from zeroconf import ServiceBrowser, Zeroconf
class Listener:
    def say(self, what, zc, kind, name):
        info = zc.get_service_info(kind, name, 3000) if what != 'gone' else None
        print(what, name, info and info.parsed_addresses(), info and info.properties.get(b'sf'), flush=True)
    def add_service(self, *a): self.say('found', *a)
    def update_service(self, *a): self.say('changed', *a)
    def remove_service(self, *a): self.say('gone', *a)
zc = Zeroconf(interfaces=['10.77.0.2'])
ServiceBrowser(zc, '_hap._tcp.local.', Listener())
sys.stdin.read()
";
    // Its installation needs this machine's own network.
    let python = environment::python();
    let (gate, phone) = joined();
    let home = Home::new();
    let daemon = home.start(&gate);
    let mut browser = phone.command(python.to_str().unwrap());
    browser.args(["-c", BROWSE]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut browser = Running(browser.spawn().unwrap());
    let said = crate::output::Output::of(browser.0.stdout.take().unwrap());
    let until = |words: &str| {
        let line = said.wait(SOON, |text| {
            text.split_inclusive('\n').find(|line| line.ends_with('\n') && line.contains(words)).map(str::to_owned)
        });
        line.unwrap_or_else(|| panic!("{words:?} is not said: {}", said.text()))
    };
    assert!(until("found").contains("'10.77.0.1'"), "{}", said.text());
    until("b'1'");
    Phone::pair(address(GATE));
    until("b'0'");
    daemon.terminate();
    until("gone");
}
