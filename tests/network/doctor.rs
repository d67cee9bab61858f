//! What doctor says of networks that are well, and of those that are not.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::discovery::{Running, avahi, heard, joined};
use crate::gate::Home;
use crate::mdns::Ear;
use crate::net::within;

const PHONE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

/// What it found of a place: severities and sentences.
fn of<'a>(report: &'a Value, place: &str) -> Vec<(&'a str, &'a str)> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["place"] == place);
    findings.map(|it| (it["severity"].as_str().unwrap(), it["what"].as_str().unwrap())).collect()
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn a_gate_that_phones_can_find_is_fine_until_a_copy_of_it_answers_too() {
    let (gate, phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let _daemon = home.start(&gate);
    let name = heard(&ear, "10.77.0.1");
    let report = home.doctor(&gate);
    let mdns = of(&report, "mDNS");
    assert_eq!(mdns, [("fine", format!("wlan0: asked as a phone would, {:?} answered", first_label(&name)).as_str())]);
    let (severity, network) = of(&report, "network")[0];
    assert!(severity == "fine" && network.starts_with("wlan0: advertised at 10.77.0.1"), "{report}");
    assert_eq!(of(&report, "daemon")[0].0, "fine", "{report}");

    // The copy of a memory card.
    let copy = home.copy();
    let second = copy.start(&phone);
    // It gives way to the name that is taken, and keeps the identity.
    second.until_logged(Duration::from_secs(20), "another device on wlan0 has the name Gate");
    let report = home.doctor(&gate);
    let mdns = of(&report, "mDNS");
    let copies = mdns.iter().filter(|(severity, what)| *severity == "problem" && what.contains("our identity"));
    assert!(copies.clone().count() == 1 && copies.clone().all(|(_, what)| what.contains("10.77.0.2")), "{report}");
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn an_avahi_that_answers_under_our_name_is_told() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let daemon = home.start(&gate);
    let name = first_label(&heard(&ear, "10.77.0.1"));
    daemon.terminate();
    let directory = tempfile::tempdir().unwrap();
    let (_avahi, _bus, bus) = avahi(&gate, directory.path(), "here");
    let (report, _) = within(Duration::from_secs(60), "avahi's answer", || {
        let mut publish = gate.command("avahi-publish");
        publish.args(["-s", &name, "_hap._tcp", "51826", "id=11:22:33:44:55:66"]).env("DBUS_SYSTEM_BUS_ADDRESS", &bus);
        let _publish = Running(publish.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let report = home.doctor(&gate);
        of(&report, "mDNS").iter().any(|(_, what)| what.contains("Avahi")).then_some(report)
    });
    let mdns = of(&report, "mDNS");
    assert!(mdns.iter().any(|(severity, what)| *severity == "problem" && what.contains(&name)), "{report}");
    assert!(mdns.iter().any(|(severity, what)| *severity == "note" && what.contains("no daemon runs")), "{report}");
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn an_interface_without_multicast_and_a_daemon_that_hangs_are_told() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let daemon = home.start(&gate);
    heard(&ear, "10.77.0.1");
    daemon.freeze();
    let report = home.doctor(&gate);
    assert!(
        of(&report, "mDNS").iter().any(|(severity, what)| *severity == "problem" && what.contains("did not answer")),
        "{report}"
    );
    assert_eq!(of(&report, "daemon")[0].0, "problem", "{report}");
    gate.ip("link set wlan0 multicast off");
    let report = home.doctor(&gate);
    let network = of(&report, "network");
    assert!(network.contains(&("warning", "wlan0: skipped, does not carry multicast")), "{report}");
    assert!(network.contains(&("problem", "no interface leads to a network")), "{report}");
}

/// The instance's name without its type, as people write it.
fn first_label(name: &str) -> String {
    name.strip_suffix("._hap._tcp.local").unwrap_or_else(|| panic!("{name}")).to_owned()
}
