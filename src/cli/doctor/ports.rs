//! Whether our ports are free, and who has them if not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::finding::Finding;

/// A socket that listens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Listener {
    pub(super) address: SocketAddr,
    pub(super) inode: u64,
}

/// Who has a socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Holder {
    pub(super) inode: u64,
    pub(super) pid: u32,
    pub(super) name: String,
}

/// A port of ours.
pub(super) struct Port {
    pub(super) place: &'static str,
    /// The key that sets it.
    pub(super) key: &'static str,
    pub(super) address: SocketAddr,
}

/// The sockets that listen, in the text of `/proc/net/tcp` or `/proc/net/tcp6`.
pub(super) fn listeners(text: &str) -> Vec<Listener> {
    let listener = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let (ip, port) = fields.nth(1)?.split_once(':')?;
        // include/net/tcp_states.h
        if fields.nth(1)? != "0A" {
            return None;
        }
        let address = SocketAddr::new(address(ip)?, u16::from_str_radix(port, 16).ok()?);
        Some(Listener { address, inode: fields.nth(5)?.parse().ok()? })
    };
    text.lines().skip(1).filter_map(listener).collect()
}

/// `daemon`: the process that runs these gates, if one does.
pub(super) fn judge(ports: &[Port], listeners: &[Listener], holders: &[Holder], daemon: Option<u32>) -> Vec<Finding> {
    let judge = |Port { place, key, address }: &Port| {
        if address.port() == 0 {
            return Finding::note(*place, format!("{key}: any free port is taken"));
        }
        let taken = listeners.iter().find(|listener| clash(listener.address, *address));
        let Some(taken) = taken else {
            return match daemon {
                None => Finding::fine(*place, format!("{address} is free")),
                Some(pid) => {
                    Finding::problem(*place, format!("the daemon (process {pid}) does not listen on {address}"))
                        .because("it runs with another configuration, or from before this one was changed")
                        .mend("restart it: sudo systemctl restart portcullis")
                }
            };
        };
        let holder = holders.iter().find(|holder| holder.inode == taken.inode);
        match (holder, daemon) {
            (Some(holder), Some(pid)) if holder.pid == pid => {
                Finding::fine(*place, format!("the daemon (process {pid}) listens on {address}"))
            }
            (Some(Holder { pid, name, .. }), _) => {
                Finding::problem(*place, format!("{name} (process {pid}) has {}", taken.address))
                    .because("two programs cannot listen there, so the daemon does not start")
                    .mend(format!("stop it: sudo kill {pid}"))
                    .mend(format!("or set {key} to another port"))
            }
            // Only root sees the sockets of others.
            (None, Some(_)) => Finding::fine(*place, format!("somebody, most likely the daemon, listens on {address}")),
            (None, None) => Finding::warning(*place, format!("somebody has {}", taken.address))
                .because(
                    "a second program cannot listen there; it may be the daemon itself, which this user may not see",
                )
                .mend("see who it is: sudo portcullis doctor"),
        }
    };
    ports.iter().map(judge).collect()
}

/// Whether two sockets cannot listen on these.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let is_all = |address: SocketAddr| address.ip().is_unspecified();
    one.port() == other.port() && (one.ip() == other.ip() || is_all(one) || is_all(other))
}

/// An address as the kernel writes it: words of the machine's own byte order, backwards on all that run this.
fn address(text: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(text.get(at..at + 8)?, 16).ok().map(u32::swap_bytes);
    match text.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let number = words.iter().fold(0_u128, |number, word| number << 32 | u128::from(*word));
            let address = Ipv6Addr::from(number);
            Some(address.to_ipv4_mapped().map_or(address.into(), IpAddr::from))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::finding::Severity;
    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1388 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
";
    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:CA72 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
   1: 000080FE00000000FF005450B3F4E8FE:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4714 1 0000000000000000 100 0 0 10 0
";

    fn port(address: &str) -> [Port; 1] {
        [Port { place: "HomeKit port", key: "[homekit] bind", address: address.parse().unwrap() }]
    }

    fn held(pid: u32) -> [Holder; 1] {
        [Holder { inode: 4711, pid, name: "python3".to_owned() }]
    }

    #[test]
    fn listening_sockets_of_both_families_are_read() {
        let address = |listener: &Listener| (listener.address.to_string(), listener.inode);
        assert_eq!(listeners(TCP).iter().map(address).collect::<Vec<_>>(), [("127.0.0.1:5000".to_owned(), 4711)]);
        let found: Vec<_> = listeners(TCP6).iter().map(address).collect();
        assert_eq!(found[0], ("[::]:51826".to_owned(), 4713));
        assert!(found[1].0.starts_with("[fe80::5054:ff:fee8:f4b3]:22"), "{found:?}");
    }

    #[test]
    fn a_port_is_free_or_the_daemons_or_somebody_elses_who_is_named() {
        let all = listeners(TCP);
        let of = |address, holders: &[Holder], daemon| judge(&port(address), &all, holders, daemon).remove(0);
        assert_eq!(of("[::]:51826", &[], None).severity, Severity::Fine);
        assert_eq!(of("127.0.0.1:5000", &held(7), Some(7)).severity, Severity::Fine);
        let other = of("127.0.0.1:5000", &held(9), None);
        assert_eq!(other.severity, Severity::Problem);
        assert!(other.what.contains("python3 (process 9)") && other.mends[0].contains("kill 9"), "{other:?}");
        assert_eq!(of("127.0.0.1:5000", &[], None).severity, Severity::Warning);
        assert_eq!(of("[::]:51826", &[], Some(7)).severity, Severity::Problem);
    }

    #[test]
    fn who_listens_on_all_addresses_has_the_port_on_each() {
        let all: SocketAddr = "[::]:5000".parse().unwrap();
        assert!(clash(all, "127.0.0.1:5000".parse().unwrap()));
        assert!(clash("127.0.0.1:5000".parse().unwrap(), "0.0.0.0:5000".parse().unwrap()));
        assert!(!clash("127.0.0.1:5000".parse().unwrap(), "127.0.0.2:5000".parse().unwrap()));
        assert!(!clash(all, "127.0.0.1:5001".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn whatever_the_kernel_writes_is_read(text in "(?s)\n([ -~ü]{0,160}\n){0,4}", word in "[0-9A-Fg]{0,33}") {
            listeners(&text);
            address(&word);
        }
    }
}
