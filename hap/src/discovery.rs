//! How controllers find the server: `_hap._tcp` over multicast DNS (HAP §1.2 to §1.6).

use log::{debug, error, info, warn};
use mdns_sd::{DaemonEvent, IfKind, IfPredicate, ServiceDaemon, ServiceInfo};
use pairing::{DeviceId, SetupId, setup_hash};

use crate::accessory::Category;
use crate::limits;

const SERVICE: &str = "_hap._tcp.local.";

/// What the network is told, apart from whether the accessory is paired.
pub(crate) struct Advertisement {
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) category: Category,
    pub(crate) device_id: DeviceId,
    pub(crate) setup_id: SetupId,
    pub(crate) configuration: u16,
    pub(crate) port: u16,
}

/// The running advertisement.
pub(crate) struct Discovery {
    daemon: ServiceDaemon,
    advertisement: Advertisement,
}

impl Discovery {
    /// Starts to advertise; a machine without multicast is served without, and the log says so.
    pub(crate) fn start(advertisement: Advertisement, interfaces: &[String], paired: bool) -> Option<Self> {
        let daemon = match ServiceDaemon::new() {
            Ok(daemon) => daemon,
            Err(error) => {
                error!("cannot advertise over mDNS, so phones cannot find this: {error}");
                return None;
            }
        };
        if let Err(error) = choose_interfaces(&daemon, interfaces) {
            warn!("cannot choose network interfaces: {error}");
        }
        watch(&daemon);
        let this = Self { daemon, advertisement };
        this.announce(paired);
        Some(this)
    }

    /// Tells the network at once (HAP §1.6).
    pub(crate) fn set_paired(&mut self, paired: bool) {
        self.announce(paired);
    }

    /// Takes the advertisement back, so that phones drop it now and not when it expires.
    pub(crate) fn goodbye(self) {
        let fullname = match self.advertisement.service(false) {
            Ok(service) => service.get_fullname().to_owned(),
            Err(_) => return,
        };
        if let Ok(done) = self.daemon.unregister(&fullname) {
            // Too late or not sent: the records expire by themselves.
            let _ = done.recv_timeout(limits::GOODBYE);
        }
        if let Ok(done) = self.daemon.shutdown() {
            let _ = done.recv_timeout(limits::GOODBYE);
        }
    }

    fn announce(&self, paired: bool) {
        let registered = self.advertisement.service(paired).and_then(|service| self.daemon.register(service));
        if let Err(error) = registered {
            error!("cannot advertise over mDNS: {error}");
        }
    }
}

impl Advertisement {
    /// The name that phones list: the accessory's, with the end of its id so that two of a name do not clash (HAP §1.2).
    fn instance(&self) -> String {
        let id = self.hex_id();
        let suffix = id.get(8..).unwrap_or_default();
        // A DNS label holds 63 bytes.
        let mut end = self.name.len().min(63 - 1 - suffix.len());
        while !self.name.is_char_boundary(end) {
            end -= 1;
        }
        format!("{} {suffix}", self.name.get(..end).unwrap_or_default())
    }

    fn service(&self, paired: bool) -> mdns_sd::Result<ServiceInfo> {
        let host = format!("{}.local.", self.hex_id());
        let txt = self.txt(paired);
        let service = ServiceInfo::new(SERVICE, &self.instance(), &host, "", self.port, txt.as_slice())?;
        Ok(service.enable_addr_auto())
    }

    /// The TXT record (HAP §1.3).
    fn txt(&self, paired: bool) -> Vec<(&'static str, String)> {
        vec![
            ("c#", self.configuration.to_string()),
            ("ff", "0".to_owned()),
            ("id", self.device_id.to_string()),
            ("md", self.model.clone()),
            ("pv", "1.1".to_owned()),
            ("s#", "1".to_owned()),
            ("sf", if paired { "0" } else { "1" }.to_owned()),
            ("ci", self.category.number().to_string()),
            ("sh", setup_hash(&self.setup_id, &self.device_id)),
        ]
    }

    fn hex_id(&self) -> String {
        self.device_id.to_string().replace(':', "")
    }
}

/// Only the named interfaces, or all that are not made for containers and tunnels: an address behind those is of no use
/// to a phone, and a phone that is given one shows "No Response".
fn choose_interfaces(daemon: &ServiceDaemon, names: &[String]) -> mdns_sd::Result<()> {
    if names.is_empty() {
        return daemon.disable_interface(IfKind::Predicate(IfPredicate::new(|interface| is_virtual(&interface.name))));
    }
    daemon.disable_interface(IfKind::All)?;
    daemon.enable_interface(names.iter().map(|name| IfKind::Name(name.clone())).collect::<Vec<_>>())
}

fn is_virtual(interface: &str) -> bool {
    const PREFIXES: [&str; 15] = [
        "docker", "br-", "veth", "virbr", "vnet", "lxc", "lxd", "cni", "flannel", "cali", "tun", "tap", "wg",
        "tailscale", "zt",
    ];
    PREFIXES.iter().any(|prefix| interface.starts_with(prefix))
}

/// Logs what the responder reports, until it ends.
fn watch(daemon: &ServiceDaemon) {
    let Ok(events) = daemon.monitor() else { return };
    let watching = std::thread::Builder::new().name("mdns-log".to_owned()).stack_size(64 * 1024).spawn(move || {
        for event in events {
            match event {
                DaemonEvent::NameChange(change) => {
                    warn!("another device has the name {}: advertised as {}", change.original, change.new_name);
                }
                DaemonEvent::Announce(service, interfaces) => info!("advertised: {service} on {interfaces}"),
                DaemonEvent::IpAdd(address) => info!("new address {address}"),
                DaemonEvent::IpDel(address) => info!("address {address} is gone"),
                DaemonEvent::Error(error) => warn!("mDNS: {error}"),
                other => debug!("mDNS: {other:?}"),
            }
        }
    });
    if let Err(error) = watching {
        warn!("mDNS events are not logged: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advertisement(name: &str) -> Advertisement {
        Advertisement {
            name: name.to_owned(),
            model: "Portcullis".to_owned(),
            category: Category::GarageDoorOpener,
            device_id: "AA:BB:CC:DD:EE:FF".parse().unwrap(),
            setup_id: "ABCD".parse().unwrap(),
            configuration: 3,
            port: 51826,
        }
    }

    #[test]
    fn the_txt_record_has_every_key_and_sf_says_whether_anybody_is_paired() {
        let text = |paired| {
            let txt = advertisement("Gate").txt(paired);
            txt.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            text(false),
            "c#=3 ff=0 id=AA:BB:CC:DD:EE:FF md=Portcullis pv=1.1 s#=1 sf=1 ci=4 sh=rxqrlA=="
        );
        assert!(text(true).contains(" sf=0 "));
    }

    #[test]
    fn the_instance_name_ends_in_the_id_and_fits_a_label_without_splitting_a_character() {
        assert_eq!(advertisement("Gate").instance(), "Gate EEFF");
        let long = advertisement(&"ü".repeat(32)).instance();
        assert_eq!(long, format!("{} EEFF", "ü".repeat(29)));
        assert!(long.len() <= 63);
    }

    #[test]
    fn interfaces_of_containers_and_tunnels_are_left_out() {
        for name in ["docker0", "br-5c1d", "veth12ab", "wg0", "tailscale0", "tun0"] {
            assert!(is_virtual(name), "{name}");
        }
        for name in ["wlan0", "eth0", "enp3s0", "br0", "lo"] {
            assert!(!is_virtual(name), "{name}");
        }
    }
}
