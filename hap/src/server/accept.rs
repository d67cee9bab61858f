//! The listening socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use log::{debug, warn};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Shared, serve};
use crate::limits;
use crate::session::SessionId;

/// Connections that the kernel completes before we accept them (HAP §15).
const BACKLOG: u32 = 64;

/// How long to wait when the system has no descriptor left, for one to be closed.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// Listens on `address`; on a machine without IPv6, `[::]` means all of IPv4.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    match bind(address) {
        Err(error) if address.ip().is_unspecified() && address.is_ipv6() && error.kind() != io::ErrorKind::AddrInUse => {
            debug!("cannot listen on {address} ({error}): IPv4 only");
            bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port()))
        }
        outcome => outcome,
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6()? } else { TcpSocket::new_v4()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts until the server stops, then gives the sessions a moment to finish.
pub(super) async fn run(shared: &Arc<Shared>, listener: TcpListener) {
    let mut tasks = JoinSet::new();
    let mut stop = shared.stop.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // The sender lives in `shared`, so this ends only by a stop.
            _ = stop.wait_for(|stopped| *stopped) => break,
            Some(_) = tasks.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) => {
                let id = SessionId(shared.next_id.fetch_add(1, Ordering::Relaxed));
                debug!("connection {id} from {peer}");
                let slot = shared.slots.enter(id, Instant::now());
                tasks.spawn(serve::run(Arc::clone(shared), stream, id, slot));
            }
            Err(error) => {
                warn!("cannot accept a connection: {error}");
                sleep(OUT_OF_DESCRIPTORS).await;
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
