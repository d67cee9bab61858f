//! When the network changes.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use log::warn;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use tokio::io::unix::AsyncFd;
use tokio::time::{Instant, sleep, sleep_until};

/// Changes come in bursts: an interface, its link, its addresses.
const BURST: Duration = Duration::from_millis(100);

/// How often to look where the kernel does not tell.
const LOOK: Duration = Duration::from_secs(5);

/// Links, IPv4 addresses, IPv6 addresses: the groups of `linux/rtnetlink.h`, as bits.
const GROUPS: u32 = 0x1 | 0x10 | 0x100;

/// The kernel's word that links or addresses changed.
pub(super) struct Changes {
    socket: Option<AsyncFd<OwnedFd>>,
    /// When the burst of what was heard is over.
    heard: Option<Instant>,
}

impl Changes {
    /// Begins to listen. Where that is not allowed, [`next`](Self::next) comes every five seconds.
    pub(super) fn watch() -> Self {
        let socket = open();
        if let Err(error) = &socket {
            warn!("the kernel does not tell of network changes ({error}): looking every {} s", LOOK.as_secs());
        }
        Self { socket: socket.ok(), heard: None }
    }

    /// Waits until something may have changed, and a moment more for the rest of it. Nothing is lost by not waiting to
    /// the end.
    pub(super) async fn next(&mut self) {
        if self.heard.is_none() {
            self.hear().await;
        }
        let over = *self.heard.get_or_insert_with(|| Instant::now() + BURST);
        sleep_until(over).await;
        self.heard = None;
    }

    async fn hear(&mut self) {
        let Some(socket) = &self.socket else {
            return sleep(LOOK).await;
        };
        let outcome = match socket.readable().await {
            Ok(mut ready) => {
                let outcome = drain(socket.get_ref());
                ready.clear_ready();
                outcome
            }
            Err(error) => Err(error),
        };
        self.heard = Some(Instant::now() + BURST);
        if let Err(error) = outcome {
            warn!("the kernel no longer tells of network changes ({error}): looking every {} s", LOOK.as_secs());
            self.socket = None;
        }
    }
}

#[expect(deprecated, reason = "its successor needs unsafe code; an `OwnedFd` stays the same descriptor, as it must")]
fn open() -> io::Result<AsyncFd<OwnedFd>> {
    // No protocol means that of routes, links and addresses.
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::DGRAM, flags, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    AsyncFd::new(socket)
}

/// Takes the messages away. What they say is not needed: the interfaces are looked at as they are now.
fn drain(socket: &OwnedFd) -> io::Result<()> {
    let mut message = [0_u8; 1024];
    loop {
        match recv(socket, &mut message, RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
            // More changes came than the kernel keeps: that too is a change.
            Ok(_) | Err(Errno::INTR | Errno::NOBUFS) => {}
            Err(Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
