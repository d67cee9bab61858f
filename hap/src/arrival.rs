//! How long what can be read has waited in the system.
//!
//! Nobody tells a process that it was frozen, by a control group or a debugger, or that its computer had too much else to
//! do. But the system notes when bytes come.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, SystemTime};

/// Has the system note when bytes come on `socket`; of one that listens, on every connection that comes from now on. For the
/// first such socket of a computer it may begin some milliseconds later. Only Linux is asked.
pub fn note(socket: &impl AsFd) -> io::Result<()> {
    system::note(socket.as_fd())
}

/// How long the bytes that can be read next on `socket` have waited for that. What came later on the same connection may
/// hide it: the system keeps one time for bytes that it keeps together.
///
/// The times are those of the wall clock. Bytes that seem to come from the future have waited for nobody knows how long,
/// which is [`Duration::MAX`]. `None`: there are none, or nothing was [noted](note).
pub fn waited(socket: &impl AsFd) -> Option<Duration> {
    let came = system::came(socket.as_fd())?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Some(between(came, (now.as_secs() as u32, now.subsec_nanos())))
}

#[cfg(any(target_os = "android", target_os = "linux"))]
mod system {
    use std::io::{self, IoSliceMut};
    use std::os::fd::{AsRawFd, BorrowedFd};

    use nix::sys::socket::sockopt::ReceiveTimestampns;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};

    /// Room for one time with its head, aligned as the system wants it.
    #[repr(align(8))]
    struct Room([u8; 64]);

    pub(super) fn note(socket: BorrowedFd<'_>) -> io::Result<()> {
        setsockopt(&socket, ReceiveTimestampns, &true).map_err(Into::into)
    }

    /// The time of what can be read next, in seconds and nanoseconds.
    pub(super) fn came(socket: BorrowedFd<'_>) -> Option<(u32, u32)> {
        let (mut byte, mut room) = ([0], Room([0; 64]));
        let mut bytes = [IoSliceMut::new(&mut byte)];
        let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        let message = recvmsg::<()>(socket.as_raw_fd(), &mut bytes, Some(&mut room.0), flags).ok()?;
        message.cmsgs().ok()?.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampns(time) => Some((time.tv_sec() as u32, time.tv_nsec() as u32)),
            _ => None,
        })
    }
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
mod system {
    use std::io;
    use std::os::fd::BorrowedFd;

    pub(super) fn note(_: BorrowedFd<'_>) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn came(_: BorrowedFd<'_>) -> Option<(u32, u32)> {
        None
    }
}

/// From one time to another: seconds, which start again after 136 years as they do on small systems, and nanoseconds.
fn between(from: (u32, u32), to: (u32, u32)) -> Duration {
    const BILLION: i64 = 1_000_000_000;
    let seconds = i64::from(to.0.wrapping_sub(from.0).cast_signed());
    let nanos = seconds * BILLION + i64::from(to.1) - i64::from(from.1);
    u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// A socket whose connections the system has begun to note.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    fn noted() -> TcpListener {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        note(&listener).unwrap();
        for _ in 0..10_000 {
            let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            peer.write_all(b"open").unwrap();
            let (stream, _) = listener.accept().unwrap();
            came(&stream);
            if waited(&stream).is_some() {
                return listener;
            }
        }
        panic!("nothing is ever noted");
    }

    /// Waits until `stream` has bytes to read.
    fn came(stream: &TcpStream) {
        stream.peek(&mut [0]).unwrap();
    }

    #[cfg(any(target_os = "android", target_os = "linux"))]
    #[test]
    fn bytes_are_as_old_as_they_wait_and_also_those_that_came_before_anybody_took_the_connection() {
        let listener = noted();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let sent = Instant::now();
        peer.write_all(b"open").unwrap();
        // It is time itself that is measured.
        while sent.elapsed() < 50 * MILLISECOND {
            std::hint::spin_loop();
        }
        let (mut stream, _) = listener.accept().unwrap();
        came(&stream);
        let waited_before = waited(&stream).unwrap();
        assert!(
            waited_before >= 40 * MILLISECOND && waited_before <= sent.elapsed() + MILLISECOND,
            "{waited_before:?}"
        );
        stream.read_exact(&mut [0; 4]).unwrap();
        let again = Instant::now();
        peer.write_all(b"open").unwrap();
        came(&stream);
        let fresh = waited(&stream).unwrap();
        assert!(fresh <= again.elapsed() + MILLISECOND, "{fresh:?}");
    }

    #[cfg(any(target_os = "android", target_os = "linux"))]
    #[test]
    fn bytes_whose_sender_is_gone_are_as_old_as_they_are() {
        let listener = noted();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.write_all(b"open").unwrap();
        let (stream, _) = listener.accept().unwrap();
        came(&stream);
        socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
        drop(peer);
        assert!(waited(&stream).is_some());
    }

    #[test]
    fn where_nothing_waits_or_nothing_is_noted_nothing_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        note(&listener).unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        assert_eq!(waited(&stream), None);
        let plain = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(plain.local_addr().unwrap()).unwrap();
        let (stream, _) = plain.accept().unwrap();
        peer.write_all(b"open").unwrap();
        came(&stream);
        assert_eq!(waited(&stream), None);
    }

    #[test]
    fn a_wait_is_told_across_the_end_of_the_seconds_and_none_is_negative() {
        assert_eq!(between((7, 900_000_000), (9, 100_000_000)), Duration::from_millis(1_200));
        assert_eq!(between((u32::MAX, 0), (1, 0)), Duration::from_secs(2));
        assert_eq!(between((i32::MAX as u32, 0), (i32::MAX as u32 + 1, 0)), Duration::from_secs(1));
        assert_eq!(between((7, 1), (7, 0)), Duration::MAX);
        assert_eq!(between((9, 0), (7, 0)), Duration::MAX);
    }
}
