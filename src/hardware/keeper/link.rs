//! The daemon's end of one keeper: starting it, speaking with it, ending it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{Shutdown, shutdown};

use super::process::HOLDING;
use super::socket::{pair, receive, send, wait};
use super::wire::{Order, Report};
use crate::hardware::clock::monotonic;
use crate::hardware::error::HardwareError;
use crate::hardware::limits;
use crate::hardware::output::Output;

/// A keeper that holds the outputs. Dropped, it is dismissed.
#[derive(Debug)]
pub(super) struct Link {
    socket: Arc<OwnedFd>,
    host: Host,
}

impl Link {
    /// Starts a keeper and waits until it holds `outputs`; something to read from `interrupt` ends the wait.
    pub(super) fn open(outputs: &[Output], interrupt: BorrowedFd<'_>) -> Result<Self, HardwareError> {
        let setup = serde_json::to_vec(outputs).map_err(io::Error::from)?;
        let (ours, theirs) = pair()?;
        send(ours.as_fd(), &setup)?;
        let link = Self { socket: Arc::new(ours), host: Host::start(theirs)? };
        link.until_holding(interrupt)?;
        Ok(link)
    }

    pub(super) fn socket(&self) -> Arc<OwnedFd> {
        Arc::clone(&self.socket)
    }

    pub(super) fn send(&self, order: &Order) -> io::Result<()> {
        send(self.socket.as_fd(), &order.to_bytes())
    }

    /// The next report, if there is one. An error: the keeper is gone, or speaks nonsense.
    pub(super) fn receive(&self) -> io::Result<Option<Report>> {
        let mut buffer = [0; Report::BYTES + 1];
        let Some(length) = receive(self.socket.as_fd(), &mut buffer)? else {
            return Ok(None);
        };
        let report = buffer.get(..length).and_then(Report::from_bytes);
        report.map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Waits for a report until this time of the monotonic clock.
    pub(super) fn receive_until(&self, until: Duration) -> io::Result<Option<Report>> {
        loop {
            if let Some(report) = self.receive()? {
                return Ok(Some(report));
            }
            let left = until.saturating_sub(monotonic());
            if left.is_zero() {
                return Ok(None);
            }
            wait(None, self.socket.as_fd(), Some(left))?;
        }
    }

    /// Ends it now, whatever it is doing, and waits until its lines are free.
    pub(super) fn kill(&mut self) {
        self.host.kill();
    }

    fn until_holding(&self, interrupt: BorrowedFd<'_>) -> Result<(), HardwareError> {
        let until = monotonic() + limits::START;
        let mut buffer = vec![0; limits::RECORD];
        loop {
            let (_, is_over) = wait(Some(self.socket.as_fd()), interrupt, Some(until.saturating_sub(monotonic())))?;
            if is_over {
                return Err(io::Error::from(io::ErrorKind::Interrupted).into());
            }
            match receive(self.socket.as_fd(), &mut buffer) {
                Ok(None) if monotonic() < until => {}
                Ok(None) => return Err(io::Error::from(io::ErrorKind::TimedOut).into()),
                Ok(Some(length)) => {
                    let message = buffer.get(..length).unwrap_or_default();
                    return match message {
                        HOLDING => Ok(()),
                        reason => Err(HardwareError::Output(String::from_utf8_lossy(reason).into_owned())),
                    };
                }
                Err(error) => {
                    return Err(match error.kind() {
                        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                            io::Error::other("it ended at once; what it says itself is above")
                        }
                        _ => error,
                    }
                    .into());
                }
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // It reads the end of our orders, ends what is on, and closes its end.
        let _ = shutdown(self.socket.as_fd(), Shutdown::Write);
        let until = monotonic() + limits::GOODBYE;
        // Reports that nobody waits for any more.
        while let Ok(Some(_)) = self.receive_until(until) {}
        self.host.kill();
    }
}

/// Where a keeper runs: in a process of its own.
#[cfg(not(test))]
#[derive(Debug)]
struct Host(std::process::Child);

#[cfg(not(test))]
impl Host {
    fn start(socket: OwnedFd) -> io::Result<Self> {
        use std::os::unix::process::CommandExt;
        use std::process::{Command, Stdio};

        // The running program itself, also when an upgrade has replaced its file. In a process group of
        // its own, so that a Ctrl-C in a terminal is for the daemon. It holds nobody's output open.
        let child = Command::new("/proc/self/exe")
            .arg0("portcullis-keeper")
            .arg("keeper")
            .stdin(Stdio::from(socket))
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self(child))
    }

    fn kill(&mut self) {
        // Both fail only when it was waited for already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a keeper runs: on a thread, because the unit tests' program has no command `keeper`.
#[cfg(test)]
#[derive(Debug)]
struct Host {
    stop: Option<std::os::unix::net::UnixStream>,
    thread: Option<std::thread::JoinHandle<io::Result<()>>>,
}

#[cfg(test)]
impl Host {
    fn start(socket: OwnedFd) -> io::Result<Self> {
        let (stop, stopped) = std::os::unix::net::UnixStream::pair()?;
        let thread = std::thread::spawn(move || super::process::serve(socket.as_fd(), stopped.as_fd()));
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    fn kill(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}
