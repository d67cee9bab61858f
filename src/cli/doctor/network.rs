//! By which interfaces phones can come, and why not by the others.

use std::net::{IpAddr, Ipv4Addr};

use hap::discovery::Reason;

use super::finding::Finding;

const PLACE: &str = "network";

/// An interface.
#[derive(Clone, Debug)]
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) skipped: Option<Reason>,
}

/// An IPv4 route of an interface that leads to multicast.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Route {
    pub(super) interface: String,
    /// It refuses instead.
    pub(super) rejects: bool,
}

/// `linux/route.h`
const REJECT: u32 = 0x200;

/// The routes that lead to the group of mDNS, in the text of `/proc/net/route`: the default ones, and those of multicast.
pub(super) fn routes(text: &str) -> Vec<Route> {
    let group = u32::from(Ipv4Addr::new(224, 0, 0, 251));
    let leads = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let interface = fields.next()?.to_owned();
        // Addresses are written as the machine's own numbers: backwards on all that run this.
        let number = |text: Option<&str>| u32::from_str_radix(text?, 16).ok();
        let destination = number(fields.next())?.swap_bytes();
        let flags = number(fields.nth(1))?;
        let mask = number(fields.nth(3))?.swap_bytes();
        (group & mask == destination).then_some(Route { interface, rejects: flags & REJECT != 0 })
    };
    text.lines().skip(1).filter_map(leads).collect()
}

pub(super) fn judge(interfaces: &[Interface], routes: &[Route]) -> Vec<Finding> {
    let mut findings: Vec<_> = interfaces.iter().filter(|interface| interface.name != "lo").map(fate).collect();
    let is_used = |interface: &&Interface| interface.skipped.is_none() && interface.name != "lo";
    let mut used = interfaces.iter().filter(is_used).peekable();
    if used.peek().is_none() {
        let finding = Finding::problem(PLACE, "no interface leads to a network")
            .because("phones have no way here")
            .mend("connect the Wi-Fi or the cable, then look: ip address");
        findings.push(finding);
    }
    if routes.iter().any(|route| route.rejects) {
        let finding = Finding::warning(PLACE, "a route refuses multicast")
            .because("mDNS is multicast: phones may not find the gate")
            .mend("find and delete it: ip route show type unreachable; ip route show type prohibit");
        findings.push(finding);
    }
    for interface in used.filter(|interface| interface.addresses.iter().any(IpAddr::is_ipv4)) {
        if !routes.iter().any(|route| route.interface == interface.name && !route.rejects) {
            let name = &interface.name;
            let finding =
                Finding::note(PLACE, format!("{name} has no route for IPv4 multicast, not even a default one"))
                    .because("this program needs none, but others that speak mDNS here may")
                    .mend(format!("sudo ip route add 224.0.0.0/4 dev {name}"));
            findings.push(finding);
        }
    }
    findings
}

/// What becomes of one.
fn fate(interface: &Interface) -> Finding {
    let Interface { name, addresses, skipped } = interface;
    let Some(reason) = skipped else {
        let addresses: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
        return Finding::fine(PLACE, format!("{name}: advertised at {}", addresses.join(", ")));
    };
    let what = format!("{name}: skipped, {reason}");
    match reason {
        Reason::Absent => Finding::problem(PLACE, what)
            .because("[homekit] interfaces names it, and nothing is advertised there")
            .mend("write one that is there: ip -brief link"),
        // One without addresses is no network of anybody's.
        Reason::NoMulticast if !addresses.is_empty() => Finding::warning(PLACE, what)
            .because("phones look by multicast, and cannot find the gate there")
            .mend(format!("sudo ip link set {name} multicast on")),
        Reason::NoMulticast | Reason::Down | Reason::NoLink | Reason::NoAddress => Finding::note(PLACE, what),
        _ => Finding::note(PLACE, what)
            .mend(format!("if phones are there after all: interfaces = [{name:?}] in [homekit]")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::finding::Severity;
    use super::*;

    const ROUTES: &str = "\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0
eth0\t000000E0\t00000000\t0001\t0\t0\t0\t000000F0\t0\t0\t0
*\t000000E0\t00000000\t0201\t0\t0\t0\t000000F0\t0\t0\t0
";

    fn interface(name: &str, skipped: Option<Reason>) -> Interface {
        Interface { name: name.to_owned(), addresses: vec!["192.168.1.5".parse().unwrap()], skipped }
    }

    fn route(interface: &str, rejects: bool) -> Route {
        Route { interface: interface.to_owned(), rejects }
    }

    fn worst(findings: &[Finding]) -> Severity {
        findings.iter().map(|finding| finding.severity).max().unwrap()
    }

    #[test]
    fn routes_of_multicast_are_the_default_ones_and_its_own() {
        assert_eq!(routes(ROUTES), [route("wlan0", false), route("eth0", false), route("*", true)]);
    }

    #[test]
    fn a_machine_on_a_network_is_fine_and_one_with_only_itself_is_not() {
        let routes = [route("wlan0", false)];
        let found = judge(&[interface("lo", None), interface("wlan0", None)], &routes);
        assert_eq!((found.len(), worst(&found)), (1, Severity::Fine));
        let found = judge(&[interface("lo", None), interface("wlan0", Some(Reason::NoLink))], &routes);
        assert_eq!(worst(&found), Severity::Problem);
        assert!(found[0].what.contains("wlan0: skipped, no link"));
    }

    #[test]
    fn each_skipped_interface_has_its_reason_and_some_a_mend() {
        let of = |reason| {
            judge(&[interface("wlan0", None), interface("x0", Some(reason))], &[route("wlan0", false)]).remove(1)
        };
        assert_eq!(of(Reason::NoMulticast).severity, Severity::Warning);
        assert_eq!(of(Reason::NoMulticast).mends, ["sudo ip link set x0 multicast on"]);
        let bare = Interface { addresses: Vec::new(), ..interface("ifb0", Some(Reason::NoMulticast)) };
        assert_eq!(judge(&[bare], &[]).remove(0).severity, Severity::Note);
        assert_eq!(of(Reason::Absent).severity, Severity::Problem);
        assert_eq!(of(Reason::Containers).severity, Severity::Note);
        assert!(of(Reason::Containers).mends[0].contains("interfaces = [\"x0\"]"));
    }

    #[test]
    fn routes_that_are_missing_or_refuse_are_told() {
        let found = judge(&[interface("wlan0", None)], &[]);
        assert!(found[1].mends[0].contains("224.0.0.0/4 dev wlan0"));
        let found = judge(&[interface("wlan0", None)], &[route("wlan0", false), route("*", true)]);
        assert_eq!(worst(&found), Severity::Warning);
    }

    proptest! {
        #[test]
        fn whatever_the_kernel_writes_is_read(text in "(?s)(.{0,40}\n){0,4}|([0-9A-Fa-f*\t ]{0,60}\n){0,4}") {
            routes(&text);
        }
    }
}
