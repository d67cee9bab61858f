//! The listening socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use log::{debug, warn};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Shared, now, serve};
use crate::session::SessionId;
use crate::sync::lock;
use crate::{arrival, limits};

/// Listens on `address`; on a machine without IPv6, `[::]` means all of IPv4.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    match bind(address) {
        Err(error)
            if address.ip().is_unspecified() && address.is_ipv6() && error.kind() != io::ErrorKind::AddrInUse =>
        {
            debug!("cannot listen on {address} ({error}): IPv4 only");
            bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port()))
        }
        outcome => outcome,
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    if address.is_ipv6() {
        // Said, since a machine may be set to take `[::]` for IPv6 alone (HAP §1.1).
        SockRef::from(&socket).set_only_v6(false)?;
    }
    socket.set_reuseaddr(true)?;
    if let Err(error) = arrival::note(&socket) {
        warn!("it will not be noticed when this process stands still: {error}");
    }
    prepare(&socket)?;
    socket.bind(address)?;
    socket.listen(limits::BACKLOG)
}

/// Answers go out at once, and a peer that vanished is found when something is sent to it. There is no keep-alive: it
/// would wake sleeping phones (HAP §1.1). What is set on the listening socket, each connection has from it.
fn prepare(socket: &TcpSocket) -> io::Result<()> {
    socket.set_nodelay(true)?;
    #[cfg(any(target_os = "android", target_os = "linux"))]
    SockRef::from(socket).set_tcp_user_timeout(Some(limits::UNACKNOWLEDGED))?;
    Ok(())
}

/// Accepts until the server stops, then gives the sessions a moment to finish.
pub(super) async fn run(shared: &Arc<Shared>, listener: TcpListener) {
    let mut tasks = JoinSet::new();
    let mut stop = shared.stop.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = async { shared.slots.room().await; listener.accept().await } => accepted,
            // The sender lives in `shared`, so this ends only by a stop.
            _ = stop.wait_for(|stopped| *stopped) => break,
            Some(_) = tasks.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) => {
                let id = SessionId(shared.next_id.fetch_add(1, Ordering::Relaxed));
                debug!("connection {id} from {peer}");
                let setup = lock(&shared.host).setup.owner().map(|owner| SessionId(owner.0));
                let slot = shared.slots.enter(id, peer.ip().to_canonical(), setup, now());
                tasks.spawn(serve::run(Arc::clone(shared), stream, id, slot));
            }
            Err(error) => {
                warn!("cannot accept a connection: {error}");
                sleep(limits::OUT_OF_DESCRIPTORS).await;
            }
        }
    }
    drop(listener);
    let finished = timeout(limits::STOP_GRACE, async { while tasks.join_next().await.is_some() {} }).await;
    if finished.is_err() {
        debug!("{} sessions did not finish in time", tasks.len());
        tasks.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_socket_on_all_addresses_takes_ipv4_whatever_the_machine_is_set_to() {
        let listener = listen("[::]:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        assert!(address.is_ipv4() || !SockRef::from(&listener).only_v6().unwrap());
    }

    #[tokio::test]
    async fn a_vanished_peer_is_found_by_what_it_does_not_acknowledge_and_never_by_keep_alive() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (peer, accepted) = tokio::join!(connecting, listener.accept());
        let stream = accepted.unwrap().0;
        let socket = SockRef::from(&stream);
        assert!(!socket.keepalive().unwrap());
        assert!(socket.tcp_nodelay().unwrap());
        #[cfg(any(target_os = "android", target_os = "linux"))]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(30)));
        drop(peer);
    }
}
