//! The responder: it probes, announces and answers by multicast, in a thread of its own.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mdns_sd::{DaemonEvent, IfKind, IfPredicate, Receiver, ServiceDaemon, ServiceInfo};
use thiserror::Error;
use tokio::time::{sleep, timeout};

use super::unicast::can_bind;
use crate::limits;
use crate::sync::lock;

/// The port of multicast DNS.
pub(super) const PORT: u16 = 5353;

/// The responder repeats its goodbye once, after 120 ms: one packet is easily lost.
const REPEATED_GOODBYE: Duration = Duration::from_millis(150);

/// Longer than the second after which the responder looks at the addresses.
const LOOK: Duration = Duration::from_millis(1500);

/// A running responder.
pub(super) struct Responder {
    daemon: ServiceDaemon,
    events: Receiver<DaemonEvent>,
    /// The names of the interfaces it may use.
    interfaces: Arc<Mutex<HashSet<String>>>,
}

/// Why nothing can be advertised.
#[derive(Debug, Error)]
pub(super) enum Broken {
    #[error("UDP port 5353 cannot be had: {0}{hint}", hint = hint(.0))]
    Port(io::Error),
    #[error("the mDNS responder: {0}")]
    Responder(#[from] mdns_sd::Error),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program keeps it for itself: stop it, or let it share the port",
        io::ErrorKind::PermissionDenied => "; allow this program to open UDP sockets",
        _ => "",
    }
}

impl Responder {
    /// Starts it on the interfaces of these names, as they are now. It does not follow their changes: see
    /// [`retire`](Self::retire).
    pub(super) fn start(names: HashSet<String>) -> Result<Self, Broken> {
        // Its thread would be silent about this, and would not try again.
        let [v4, v6] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()].map(|any: IpAddr| can_bind(any));
        if let (Err(error), Err(_)) = (v4, v6) {
            return Err(Broken::Port(error));
        }
        let daemon = ServiceDaemon::new()?;
        daemon.set_ip_check_interval(0)?;
        let interfaces = Arc::new(Mutex::new(names));
        let allowed = Arc::clone(&interfaces);
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(IfKind::Predicate(IfPredicate::new(move |interface| {
            lock(&allowed).contains(&interface.name)
        })))?;
        let events = daemon.monitor()?;
        Ok(Self { daemon, events, interfaces })
    }

    /// Ends it without a goodbye, to make room for another one.
    ///
    /// An address that comes to a running responder makes it take itself for another device: it asks whether the host
    /// name is taken, hears itself answer with the addresses it had, and gives itself new names. A new one probes once
    /// for all addresses, as it should on a network that may be another one (RFC 6762 §8).
    pub(super) async fn retire(self) {
        lock(&self.interfaces).clear();
        // Applies the above to the addresses that are still there; the others it finds gone at its next look.
        let left = self.daemon.enable_interface(Vec::<IfKind>::new()).is_ok();
        if left && self.daemon.set_ip_check_interval(1).is_ok() {
            sleep(LOOK).await;
        }
        // On no interface it has nobody to say goodbye to.
        if let Ok(done) = self.daemon.shutdown() {
            let _ = timeout(limits::GOODBYE, done.recv_async()).await;
        }
    }

    /// Announces a service; one that it knows at once, a new one after probing for its name.
    pub(super) fn announce(&self, service: ServiceInfo) -> Result<(), Broken> {
        Ok(self.daemon.register(service)?)
    }

    /// What it reports next; `None` when it has ended.
    pub(super) async fn event(&self) -> Option<DaemonEvent> {
        self.events.recv_async().await.ok()
    }

    /// Takes the service back, so that phones drop it now and not when it expires, and ends.
    pub(super) async fn goodbye(self, fullname: &str) {
        if let Ok(done) = self.daemon.unregister(fullname) {
            // Too late or not sent: the records expire by themselves.
            let _ = timeout(limits::GOODBYE, done.recv_async()).await;
            sleep(REPEATED_GOODBYE).await;
        }
        if let Ok(done) = self.daemon.shutdown() {
            let _ = timeout(limits::GOODBYE, done.recv_async()).await;
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // Its thread does not end by itself. After an orderly end there is none.
        let _ = self.daemon.shutdown();
    }
}
