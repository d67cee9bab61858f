//! Answers by unicast, beside the responder that answers by multicast (RFC 6762 §5.4), and an ear for others who have our
//! names (§9), which the responder has while it probes only.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, UdpSocket as StdSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use log::debug;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::interfaces::Interface;
use super::message::{Query, Records};
use super::reach::Known;
use super::responder::PORT;
use crate::sync::lock;

pub(super) const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
pub(super) const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);

/// Bytes of a message that are read; what is longer breaks off in its list of known answers.
const MESSAGE: usize = 4 * 1024;

/// How long to leave a socket alone that failed: its interface is most likely going.
const FAILED: Duration = Duration::from_secs(1);

/// All answering sockets, by the name of their interface; they close when this is dropped.
#[derive(Default)]
pub(super) struct Unicast {
    served: BTreeMap<String, Served>,
}

/// The sockets on an interface.
struct Served {
    interface: Interface,
    records: Said,
    /// Whether all of them could be opened.
    is_whole: bool,
    _tasks: JoinSet<()>,
}

/// What is answered there now.
type Said = Arc<Mutex<Arc<Records>>>;

impl Unicast {
    /// Answers with `records` on an interface, from now on.
    ///
    /// `contested` is told when somebody else there answers with our names.
    pub(super) fn serve(
        &mut self,
        name: &str,
        interface: &Interface,
        records: Records,
        known: &Arc<Known>,
        contested: &Arc<Notify>,
    ) {
        let records = Arc::new(records);
        let is_served = |served: &&Served| served.is_whole && served.interface == *interface;
        if let Some(served) = self.served.get(name).filter(is_served) {
            *lock(&served.records) = records;
            return;
        }
        let v4 = (!records.v4.is_empty()).then(|| listen_v4(interface.index));
        let v6 = (!records.v6.is_empty()).then(|| listen_v6(interface.index));
        let (said, mut tasks) = (Said::new(Mutex::new(records)), JoinSet::new());
        let mut is_whole = true;
        for socket in [v4, v6].into_iter().flatten() {
            match socket.and_then(UdpSocket::from_std) {
                Ok(socket) => {
                    let (known, contested) = (Arc::clone(known), Arc::clone(contested));
                    tasks.spawn(answer(socket, interface.clone(), Arc::clone(&said), known, contested));
                }
                Err(error) => {
                    is_whole = false;
                    debug!("{name}: no answers by unicast: {error}");
                }
            }
        }
        let served = Served { interface: interface.clone(), records: said, is_whole, _tasks: tasks };
        self.served.insert(name.to_owned(), served);
    }

    /// Answers no more on interfaces that `goes_on` does not know.
    pub(super) fn retain(&mut self, goes_on: impl Fn(&str) -> bool) {
        self.served.retain(|name, _| goes_on(name));
    }
}

async fn answer(socket: UdpSocket, interface: Interface, said: Said, known: Arc<Known>, contested: Arc<Notify>) {
    let mut buffer = vec![0; MESSAGE];
    loop {
        let (length, peer) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                debug!("mDNS: {error}");
                sleep(FAILED).await;
                continue;
            }
        };
        // Another port asks in the old way, which the responder answers by unicast itself (RFC 6762 §6.7). Who is not
        // on the link must not be answered (§11): a forged sender would get it.
        if peer.port() != PORT || !interface.reaches(peer.ip()) {
            continue;
        }
        let records = Arc::clone(&lock(&said));
        let message = buffer.get(..length).unwrap_or_default();
        if let Some(answer) = Query::read(message).and_then(|query| records.answer(&query)) {
            send(&socket, &answer, peer).await;
            known.answered();
        } else if !records.everywhere.contains(&peer.ip()) && records.are_contradicted_by(message) {
            contested.notify_one();
        }
    }
}

async fn send(socket: &UdpSocket, answer: &[u8], peer: SocketAddr) {
    if let Err(error) = socket.send_to(answer, peer).await {
        debug!("mDNS: no answer to {peer}: {error}");
    }
}

/// A socket for the group, on one interface. Bound to the group it takes no unicast away from others on the port.
pub(super) fn listen_v4(index: u32) -> io::Result<StdSocket> {
    let socket = shared(Domain::IPV4)?;
    // Else the kernel hands over what came in by other interfaces, if anybody has joined there.
    socket.set_multicast_all_v4(false)?;
    socket.set_ttl_v4(255)?;
    socket.bind(&SocketAddrV4::new(GROUP_V4, PORT).into())?;
    socket.join_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(index))?;
    Ok(socket.into())
}

pub(super) fn listen_v6(index: u32) -> io::Result<StdSocket> {
    let socket = shared(Domain::IPV6)?;
    socket.set_only_v6(true)?;
    socket.set_unicast_hops_v6(255)?;
    // The scope binds it to the interface.
    socket.bind(&SocketAddrV6::new(GROUP_V6, PORT, 0, index).into())?;
    socket.join_multicast_v6(&GROUP_V6, index)?;
    Ok(socket.into())
}

pub(super) fn shared(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM.nonblocking().cloexec(), Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    Ok(socket)
}

/// Whether the port can be had, shared with whoever shares it.
pub(super) fn can_bind(address: IpAddr) -> io::Result<()> {
    let socket = shared(if address.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 })?;
    socket.set_reuse_port(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&SocketAddr::new(address, PORT).into())
}
