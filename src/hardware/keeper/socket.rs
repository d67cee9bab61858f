//! Whole messages over a pair of sockets, and waiting for them.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// Two ends that keep messages whole and in order, and tell when the other one is gone.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    // Neither survives an exec by accident: an end that is left open somewhere would hide that its owner died.
    Ok(rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Sends one message, without waiting.
pub(super) fn send(socket: BorrowedFd<'_>, message: &[u8]) -> io::Result<()> {
    rustix::net::send(socket, message, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The length of the next message, which is in `buffer`; `None` when there is none yet. The other end
/// being gone is [`io::ErrorKind::UnexpectedEof`].
pub(super) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match rustix::net::recv(socket, buffer, RecvFlags::DONTWAIT) {
        // Nobody sends an empty message.
        Ok((0, _)) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok((length, _)) => Ok(Some(length)),
        Err(Errno::AGAIN | Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Waits until there is something to read, or the other end is gone; for at most `timeout`. Tells which
/// of the two it was. It may also return early, with neither.
pub(super) fn wait(
    first: Option<BorrowedFd<'_>>,
    second: BorrowedFd<'_>,
    timeout: Option<Duration>,
) -> io::Result<(bool, bool)> {
    let readable = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
    let timeout = timeout.map(|timeout| Timespec::try_from(timeout).unwrap_or(LONGEST));
    let polled = |fds: &mut [PollFd<'_>]| match poll(fds, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(io::Error::from(error)),
    };
    let ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
    match first {
        Some(first) => {
            let mut fds = [readable(first), readable(second)];
            polled(&mut fds)?;
            let [first, second] = &fds;
            Ok((ready(first), ready(second)))
        }
        None => {
            let mut fds = [readable(second)];
            polled(&mut fds)?;
            let [second] = &fds;
            Ok((false, ready(second)))
        }
    }
}

/// What the kernel's clock cannot count is for ever.
const LONGEST: Timespec = Timespec { tv_sec: i32::MAX as i64, tv_nsec: 0 };
