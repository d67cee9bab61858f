//! What the daemon says of its own health when the network fails. It is heard on `lo` whatever happens, which helps no
//! phone.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;

use crate::discovery::{heard, joined};
use crate::gate::Home;
use crate::http::ask;
use crate::mdns::Ear;
use crate::net::within;

const PHONE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
const SOON: Duration = Duration::from_secs(30);

/// The status for monitors, with the verdict and the words on a part. This thread is on the daemon's machine.
fn healthz(part: &str) -> (u16, String, String) {
    let answer = ask(SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)), "GET", "/healthz", &[]);
    let health = answer.json();
    let found = health["parts"].as_array().unwrap().iter().find(|it| it["part"] == part).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (answer.status, text(&found["verdict"]), text(&found["what"]))
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn a_gate_without_a_network_is_not_well_until_the_network_is_back() {
    let (gate, _phone) = joined();
    let ear = Ear::new(PHONE);
    let home = Home::new();
    let _daemon = home.start(&gate);
    heard(&ear, "10.77.0.1");
    gate.enter();
    let (status, verdict, what) = healthz("network");
    assert_eq!((status, verdict.as_str(), what.as_str()), (200, "ok", "phones can come by 10.77.0.1"));

    gate.ip("link set wlan0 down");
    let (what, _) = within(SOON, "the missing network", || {
        let (status, verdict, what) = healthz("network");
        (status == 503 && verdict == "failing").then_some(what)
    });
    assert_eq!(what, "no network interface has an address that phones could use");
    // What was answered in the network that is gone is no news of this one.
    assert_eq!(healthz("mdns").2, "our own record was not asked for lately");

    gate.ip("link set wlan0 up");
    within(SOON, "the network", || (healthz("network").0 == 200).then_some(()));
}

#[test]
#[ignore = "needs root: tests/network/run"]
fn an_answer_that_only_this_machine_hears_is_none() {
    let (gate, _phone) = joined();
    let home = Home::new();
    gate.nft("add table inet mute");
    gate.nft("add chain inet mute output { type filter hook output priority 0; policy accept; }");
    gate.nft("add rule inet mute output oifname wlan0 udp dport 5353 drop");
    let daemon = home.start(&gate);
    daemon.until_logged(SOON, "wlan0: advertised");
    gate.enter();
    let (_, verdict, what) = healthz("mdns");
    assert_eq!((verdict.as_str(), what.as_str()), ("warning", "our own record was not answered once"));
}
