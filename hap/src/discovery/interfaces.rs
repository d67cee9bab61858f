//! Which network interfaces a phone can come in by, and why the others are left out.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use if_addrs::IfAddr;

/// Where Linux shows its interfaces.
const SYS: &str = "/sys/class/net";

/// Names that container and virtual machine software and VPNs give to what they make.
const MADE_FOR: [(&str, Reason); 17] = [
    ("docker", Reason::Containers),
    ("podman", Reason::Containers),
    ("br-", Reason::Containers),
    ("veth", Reason::Containers),
    ("virbr", Reason::Containers),
    ("vnet", Reason::Containers),
    ("lxc", Reason::Containers),
    ("lxd", Reason::Containers),
    ("cni", Reason::Containers),
    ("flannel", Reason::Containers),
    ("cali", Reason::Containers),
    ("hassio", Reason::Containers),
    ("tun", Reason::Tunnel),
    ("tap", Reason::Tunnel),
    ("wg", Reason::Tunnel),
    ("tailscale", Reason::Tunnel),
    ("zt", Reason::Tunnel),
];

/// What is known of an interface. Two that are equal need no new announcement.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Interface {
    pub(super) index: u32,
    pub(super) addresses: Vec<Address>,
    loopback: bool,
    point_to_point: bool,
    up: bool,
    /// Its cable is plugged in, its Wi-Fi is associated.
    link: bool,
    multicast: bool,
    /// A device of the kernel's for VPNs and virtual machines.
    tunnel: bool,
    /// A bridge between nothing but what software made.
    inner_bridge: bool,
    /// How often the link went or came: a flap may be over before anybody looks.
    flaps: u64,
}

/// An address, and how many of its bits are the network's.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Address {
    pub(super) ip: IpAddr,
    prefix: u8,
}

/// What becomes of an interface.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Advertised(Vec<IpAddr>),
    Skipped(Reason),
}

/// Why an interface is not advertised on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// Others were chosen.
    NotChosen,
    /// It was made for containers or virtual machines.
    Containers,
    /// It was made for a VPN or a tunnel.
    Tunnel,
    /// It leads to one peer, where no phone looks.
    PointToPoint,
    /// It does not carry multicast.
    NoMulticast,
    /// It is switched off.
    Down,
    /// No cable, or not in a Wi-Fi network.
    NoLink,
    /// It has no address yet.
    NoAddress,
    /// Chosen, but this machine has none of that name now.
    Absent,
}

/// A network interface, and what service discovery makes of it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Network {
    /// The interface's name.
    pub name: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Why nothing is advertised there, if so.
    pub skipped: Option<Reason>,
}

/// All interfaces of this machine, and those of `chosen` that it does not have, by name: where a server with this choice
/// advertises now, and where not. With nothing chosen, all that lead to a network are taken.
pub fn networks(chosen: &[String]) -> Vec<Network> {
    let all = read();
    let of = |(name, fate)| {
        let addresses = all.get(&name).map(|interface| interface.addresses.iter().map(|address| address.ip).collect());
        let skipped = if let Fate::Skipped(reason) = fate { Some(reason) } else { None };
        Network { name, addresses: addresses.unwrap_or_default(), skipped }
    };
    fates(&all, chosen).into_iter().map(of).collect()
}

/// All interfaces as they are now, by name.
pub(super) fn read() -> BTreeMap<String, Interface> {
    let mut interfaces = BTreeMap::new();
    let addresses = if_addrs::get_if_addrs().unwrap_or_default();
    for entry in fs::read_dir(SYS).into_iter().flatten().flatten() {
        if let (Ok(name), Some(interface)) = (entry.file_name().into_string(), Interface::read(&entry.path())) {
            interfaces.insert(name, interface);
        }
    }
    for found in addresses {
        let index = found.index.unwrap_or(0);
        // A /sys of another network namespace, as some containers have it, describes other interfaces.
        interfaces.retain(|name, interface: &mut Interface| *name != found.name || interface.index == index);
        // Without a /sys there is still what the addresses tell.
        let interface = interfaces.entry(found.name.clone()).or_insert_with(|| Interface {
            index,
            loopback: found.is_loopback(),
            point_to_point: found.is_p2p(),
            up: true,
            link: found.is_oper_up(),
            multicast: true,
            ..Interface::default()
        });
        interface.addresses.push(Address::from(&found.addr));
    }
    for interface in interfaces.values_mut() {
        interface.addresses.sort();
    }
    interfaces
}

/// The fate of each interface, and of each that was `chosen`; if none was chosen, all that lead to a network are taken.
pub(super) fn fates(interfaces: &BTreeMap<String, Interface>, chosen: &[String]) -> BTreeMap<String, Fate> {
    let absent = chosen.iter().map(|name| (name.clone(), Fate::Skipped(Reason::Absent)));
    let present = interfaces.iter().map(|(name, interface)| {
        let reason = interface.reason(name, chosen);
        let addresses = || interface.addresses.iter().map(|address| address.ip).collect();
        (name.clone(), reason.map_or_else(|| Fate::Advertised(addresses()), Fate::Skipped))
    });
    absent.chain(present).collect()
}

impl Interface {
    fn read(path: &Path) -> Option<Self> {
        let text = |file: &str| fs::read_to_string(path.join(file)).ok().map(|text| text.trim().to_owned());
        let flags = text("flags").and_then(|flags| u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok())?;
        // include/uapi/linux/if_arp.h: a network of packets without an Ethernet around them.
        let bare = text("type").is_some_and(|kind| kind == "65534");
        let made_by_vpn = text("uevent").is_some_and(|event| event.lines().any(|line| line == "DEVTYPE=wireguard"));
        Some(Self {
            index: text("ifindex")?.parse().ok()?,
            addresses: Vec::new(),
            // include/uapi/linux/if.h
            up: flags & 0x1 != 0,
            loopback: flags & 0x8 != 0,
            point_to_point: flags & 0x10 != 0,
            multicast: flags & 0x1000 != 0,
            // Drivers that do not know their link say "unknown".
            link: text("operstate").is_none_or(|state| matches!(state.as_str(), "up" | "unknown")),
            tunnel: bare || made_by_vpn || path.join("tun_flags").exists(),
            inner_bridge: path.join("bridge").exists() && !leads_out(&path.join("brif")),
            flaps: text("carrier_changes").and_then(|count| count.parse().ok()).unwrap_or(0),
        })
    }

    /// Why it is not advertised on, if it is not.
    fn reason(&self, name: &str, chosen: &[String]) -> Option<Reason> {
        let is_chosen = chosen.iter().any(|chosen| chosen == name);
        let made_for = MADE_FOR.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, reason)| *reason);
        if !chosen.is_empty() && !is_chosen {
            Some(Reason::NotChosen)
        } else if let Some(reason) = made_for.filter(|_| !is_chosen) {
            Some(reason)
        } else if self.inner_bridge && !is_chosen {
            Some(Reason::Containers)
        } else if self.tunnel && !is_chosen {
            Some(Reason::Tunnel)
        } else if self.point_to_point {
            Some(Reason::PointToPoint)
        } else if !self.multicast && !self.loopback {
            Some(Reason::NoMulticast)
        } else if !self.up {
            Some(Reason::Down)
        } else if !self.link {
            Some(Reason::NoLink)
        } else if self.addresses.is_empty() {
            Some(Reason::NoAddress)
        } else {
            None
        }
    }

    /// Whether it is the same interface with the same addresses.
    pub(super) fn has_addresses_of(&self, other: &Self) -> bool {
        self.index == other.index && self.addresses == other.addresses
    }

    /// Its IPv4 addresses.
    pub(super) fn v4(&self) -> Vec<Ipv4Addr> {
        self.addresses
            .iter()
            .filter_map(|address| if let IpAddr::V4(ip) = address.ip { Some(ip) } else { None })
            .collect()
    }

    /// Its IPv6 addresses.
    pub(super) fn v6(&self) -> Vec<Ipv6Addr> {
        self.addresses
            .iter()
            .filter_map(|address| if let IpAddr::V6(ip) = address.ip { Some(ip) } else { None })
            .collect()
    }

    /// Whether `peer` is on this interface's own network (RFC 6762 §11).
    pub(super) fn reaches(&self, peer: IpAddr) -> bool {
        let link_local = matches!(peer, IpAddr::V6(peer) if peer.is_unicast_link_local());
        link_local || self.addresses.iter().any(|address| address.reaches(peer))
    }
}

/// Whether a bridge has a port to something that software did not make: a card, or what stands on one, as a VLAN does.
fn leads_out(ports: &Path) -> bool {
    fs::read_dir(ports).into_iter().flatten().flatten().any(|port| {
        let port = port.path();
        let on_another = |entry: fs::DirEntry| entry.file_name().to_string_lossy().starts_with("lower_");
        // An entry of brif is the port itself or leads to it, as the kernel likes.
        [port.clone(), port.join("..")].iter().any(|port| port.join("device").exists())
            || fs::read_dir(&port).into_iter().flatten().flatten().any(on_another)
    })
}

impl Address {
    fn reaches(self, peer: IpAddr) -> bool {
        let differ = match (self.ip, peer) {
            (IpAddr::V4(own), IpAddr::V4(peer)) => u128::from(own.to_bits() ^ peer.to_bits()) << 96,
            (IpAddr::V6(own), IpAddr::V6(peer)) => own.to_bits() ^ peer.to_bits(),
            _ => return false,
        };
        differ.leading_zeros() >= u32::from(self.prefix)
    }
}

impl From<&IfAddr> for Address {
    fn from(address: &IfAddr) -> Self {
        match address {
            IfAddr::V4(address) => Self { ip: address.ip.into(), prefix: address.prefixlen },
            IfAddr::V6(address) => Self { ip: address.ip.into(), prefix: address.prefixlen },
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advertised(addresses) => {
                f.write_str("advertised at")?;
                for (nth, address) in addresses.iter().enumerate() {
                    write!(f, "{} {address}", if nth == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Skipped(reason) => write!(f, "skipped, {reason}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotChosen => "not one of the chosen interfaces",
            Self::Containers => "made for containers or virtual machines",
            Self::Tunnel => "made for a VPN or a tunnel",
            Self::PointToPoint => "leads to one peer, where no phone looks",
            Self::NoMulticast => "does not carry multicast",
            Self::Down => "down",
            Self::NoLink => "no link: no cable, or not in a Wi-Fi network",
            Self::NoAddress => "no address yet",
            Self::Absent => "chosen, but there is none of that name",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(ip: &str, prefix: u8) -> Address {
        Address { ip: ip.parse().unwrap(), prefix }
    }

    /// A card with an address, in its network.
    fn card() -> Interface {
        Interface {
            index: 2,
            addresses: vec![address("192.168.1.5", 24)],
            up: true,
            link: true,
            multicast: true,
            ..Interface::default()
        }
    }

    fn fate(name: &str, interface: Interface, chosen: &[&str]) -> Fate {
        let chosen: Vec<_> = chosen.iter().map(|name| (*name).to_owned()).collect();
        fates(&BTreeMap::from([(name.to_owned(), interface)]), &chosen).remove(name).unwrap()
    }

    fn advertised() -> Fate {
        Fate::Advertised(vec!["192.168.1.5".parse().unwrap()])
    }

    #[test]
    fn interfaces_of_containers_and_tunnels_are_skipped_by_name() {
        for name in ["docker0", "br-5c1d", "veth12ab", "wg0", "tailscale0", "tun0"] {
            assert!(matches!(fate(name, card(), &[]), Fate::Skipped(Reason::Containers | Reason::Tunnel)), "{name}");
        }
        for name in ["wlan0", "eth0", "enp3s0", "br0", "end0"] {
            assert_eq!(fate(name, card(), &[]), advertised(), "{name}");
        }
    }

    #[test]
    fn what_the_kernel_says_of_an_interface_counts_under_any_name() {
        let skipped = |interface| fate("net0", interface, &[]);
        assert_eq!(skipped(Interface { tunnel: true, ..card() }), Fate::Skipped(Reason::Tunnel));
        assert_eq!(skipped(Interface { inner_bridge: true, ..card() }), Fate::Skipped(Reason::Containers));
        assert_eq!(skipped(Interface { point_to_point: true, ..card() }), Fate::Skipped(Reason::PointToPoint));
        assert_eq!(skipped(Interface { multicast: false, ..card() }), Fate::Skipped(Reason::NoMulticast));
        assert_eq!(skipped(Interface { up: false, link: false, ..card() }), Fate::Skipped(Reason::Down));
        assert_eq!(skipped(Interface { link: false, ..card() }), Fate::Skipped(Reason::NoLink));
        assert_eq!(skipped(Interface { addresses: Vec::new(), ..card() }), Fate::Skipped(Reason::NoAddress));
    }

    #[test]
    fn a_choice_wins_over_every_guess_but_not_over_what_cannot_work() {
        assert_eq!(fate("docker0", Interface { inner_bridge: true, ..card() }, &["docker0"]), advertised());
        assert_eq!(fate("tap0", Interface { tunnel: true, ..card() }, &["tap0"]), advertised());
        assert_eq!(fate("eth0", card(), &["wlan0"]), Fate::Skipped(Reason::NotChosen));
        assert_eq!(fate("eth0", Interface { link: false, ..card() }, &["eth0"]), Fate::Skipped(Reason::NoLink));
        assert_eq!(fates(&BTreeMap::new(), &["wlan9".to_owned()])["wlan9"], Fate::Skipped(Reason::Absent));
    }

    #[test]
    fn the_loopback_interface_needs_no_multicast_flag() {
        assert_eq!(fate("lo", Interface { loopback: true, multicast: false, ..card() }, &[]), advertised());
    }

    #[test]
    fn a_fate_is_one_line() {
        let two = Fate::Advertised(vec!["192.168.1.5".parse().unwrap(), "fe80::1".parse().unwrap()]);
        assert_eq!(two.to_string(), "advertised at 192.168.1.5, fe80::1");
        assert_eq!(Fate::Skipped(Reason::Containers).to_string(), "skipped, made for containers or virtual machines");
    }

    #[test]
    fn only_peers_of_its_own_network_are_reached() {
        let interface = Interface { addresses: vec![address("192.168.1.5", 24), address("2001:db8::5", 64)], ..card() };
        for peer in ["192.168.1.200", "fe80::99", "2001:db8::77"] {
            assert!(interface.reaches(peer.parse().unwrap()), "{peer}");
        }
        for peer in ["192.168.2.5", "8.8.8.8", "2001:db8:0:1::5"] {
            assert!(!interface.reaches(peer.parse().unwrap()), "{peer}");
        }
    }

    #[test]
    fn the_interfaces_of_this_machine_can_be_read_and_loopback_is_one() {
        let interfaces = read();
        assert!(interfaces["lo"].loopback && interfaces["lo"].index > 0, "{interfaces:?}");
    }

    proptest! {
        #[test]
        fn every_prefix_has_an_answer(own: u32, peer: u32, own6: u128, peer6: u128, prefix: u8) {
            let v4 = Address { ip: Ipv4Addr::from(own).into(), prefix };
            prop_assert!(prefix > 32 || v4.reaches(Ipv4Addr::from(own).into()));
            v4.reaches(Ipv4Addr::from(peer).into());
            let v6 = Address { ip: Ipv6Addr::from(own6).into(), prefix };
            prop_assert!(prefix > 128 || v6.reaches(Ipv6Addr::from(own6).into()));
            v6.reaches(Ipv6Addr::from(peer6).into());
        }
    }
}
