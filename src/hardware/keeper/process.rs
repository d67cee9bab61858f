//! `portcullis keeper`: a process that holds the outputs, and nothing else.
//!
//! It has no runtime, no network and no configuration. It is told its outputs over its standard input,
//! one end of a pair of sockets; then it carries orders out, one at a time, and ends pulses on time.
//! When the other end is gone it ends what is on, on time, and goes; when it is told to stop by SIGTERM or SIGHUP, at once.
//! SIGINT is none of its business.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::holder::Holder;
use super::socket::{receive, send, wait};
use super::wire::Order;
use crate::hardware::clock::monotonic;
use crate::hardware::limits;
use crate::hardware::output::Output;

/// The first message of a keeper that holds its outputs; any other is the reason why not.
pub(super) const HOLDING: &[u8] = b"\0";

/// The process's whole life.
pub(crate) fn run() -> io::Result<()> {
    if rustix::net::sockopt::socket_type(io::stdin()).is_err() {
        return Err(io::Error::other("this is not for people: the daemon starts it, and gives it its orders"));
    }
    // Without the right to it, it is as good as everybody else.
    let _ = rustix::process::setpriority_process(None, limits::NICENESS);
    let (signalled, signal) = UnixStream::pair()?;
    for number in [SIGTERM, SIGHUP] {
        signal_hook::low_level::pipe::register(number, signal.try_clone()?)?;
    }
    // For the daemon alone: the service manager sends it to all, and waits for us, also when the daemon is gone already.
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    serve(io::stdin().as_fd(), signalled.as_fd())
}

/// The same between any two sockets: `daemon` gives orders, and a byte or the end of `stop` ends it.
pub(super) fn serve(daemon: BorrowedFd<'_>, stop: BorrowedFd<'_>) -> io::Result<()> {
    let Some(outputs) = told(daemon, stop)? else {
        return Ok(());
    };
    let mut holder = match take_over(&outputs, daemon, stop)? {
        Taken::Holder(holder) => holder,
        Taken::Refused(reason) => return unless_gone(send(daemon, reason.as_bytes())),
        Taken::NotWanted => return Ok(()),
    };
    unless_gone(send(daemon, HOLDING))?;
    let mut orders = Some(daemon);
    let mut buffer = [0; Order::BYTES + 1];
    loop {
        // A daemon that does not read them knows from the clock that the pulse is over.
        for report in holder.end_due(monotonic()) {
            let _ = send(daemon, &report.to_bytes());
        }
        let due = holder.due();
        if orders.is_none() && due.is_none() {
            return Ok(());
        }
        let timeout = due.map(|due| due.saturating_sub(monotonic()));
        let (is_order, is_stop) = wait(orders, stop, timeout)?;
        if is_stop {
            return Ok(());
        }
        if !is_order {
            continue;
        }
        match receive(daemon, &mut buffer) {
            Ok(None) => {}
            Ok(Some(length)) => match buffer.get(..length).and_then(Order::from_bytes) {
                Some(order) => {
                    let report = holder.obey(&order, monotonic());
                    let _ = send(daemon, &report.to_bytes());
                }
                None => log::error!("the keeper was sent what is no order: it ignores it"),
            },
            // The daemon is gone: a pulse still gets its length, because half a press may be none.
            Err(_) => {
                holder.release_held();
                orders = None;
            }
        }
    }
}

/// What the daemon says that the outputs are; `None` when it is gone before it says so.
fn told(daemon: BorrowedFd<'_>, stop: BorrowedFd<'_>) -> io::Result<Option<Vec<Output>>> {
    let mut buffer = vec![0; limits::RECORD];
    loop {
        let (is_told, is_stop) = wait(Some(daemon), stop, None)?;
        if is_stop {
            return Ok(None);
        }
        if !is_told {
            continue;
        }
        match receive(daemon, &mut buffer) {
            Ok(None) => {}
            Ok(Some(length)) => return Ok(Some(serde_json::from_slice(buffer.get(..length).unwrap_or_default())?)),
            gone => return unless_gone(gone.map(drop)).map(|()| None),
        }
    }
}

/// That the daemon is gone is no failure of the keeper's.
fn unless_gone(done: io::Result<()>) -> io::Result<()> {
    match done.as_ref().map_err(io::Error::kind) {
        Err(io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => Ok(()),
        _ => done,
    }
}

enum Taken {
    Holder(Holder),
    Refused(String),
    NotWanted,
}

/// Takes the outputs. An earlier keeper, whose daemon was killed, may hold them until its pulse is over.
fn take_over(outputs: &[Output], daemon: BorrowedFd<'_>, stop: BorrowedFd<'_>) -> io::Result<Taken> {
    let until = monotonic() + limits::TAKE_OVER;
    let mut told = false;
    loop {
        let (at, error) = match Holder::take(outputs) {
            Ok(holder) => return Ok(Taken::Holder(holder)),
            Err(refused) => refused,
        };
        if !error.is_held_by_us() || monotonic() >= until {
            let place = outputs.get(at).map(ToString::to_string).unwrap_or_default();
            return Ok(Taken::Refused(format!("{place}: {error}")));
        }
        if !told {
            log::info!("an earlier keeper still holds the outputs: waiting for the end of its pulse");
            told = true;
        }
        let (is_over, is_stop) = wait(Some(daemon), stop, Some(limits::TAKE_OVER_STEP))?;
        // Before its first order the daemon can only be gone.
        if is_over || is_stop {
            return Ok(Taken::NotWanted);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::path::Path;
    use std::thread::JoinHandle;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::super::socket::pair;
    use super::super::wire::{Refusal, Report, What};
    use super::*;
    use crate::config::Config;
    use crate::gate::PulseLength;
    use crate::hardware::output;

    const SHORT: PulseLength = PulseLength::millis::<50>();
    const LONG: PulseLength = PulseLength::millis::<10_000>();

    /// A keeper on a thread, and the daemon's end.
    struct Bench {
        daemon: Option<OwnedFd>,
        stop: Option<UnixStream>,
        thread: Option<JoinHandle<io::Result<()>>>,
    }

    impl Bench {
        fn start(outputs: &[Output]) -> Self {
            let ((daemon, keeper), (stop, stopped)) = (pair().unwrap(), UnixStream::pair().unwrap());
            send(daemon.as_fd(), &serde_json::to_vec(outputs).unwrap()).unwrap();
            let thread = std::thread::spawn(move || serve(keeper.as_fd(), stopped.as_fd()));
            Self { daemon: Some(daemon), stop: Some(stop), thread: Some(thread) }
        }

        fn order(&self, id: u64, what: What) {
            let not_after = monotonic() + Duration::from_secs(60);
            let order = Order { id, line: 0, what, not_after };
            send(self.daemon.as_ref().unwrap().as_fd(), &order.to_bytes()).unwrap();
        }

        /// The next message; `None` when the keeper is gone.
        fn message(&self) -> Option<Vec<u8>> {
            let daemon = self.daemon.as_ref().unwrap().as_fd();
            let mut buffer = vec![0; 4096];
            loop {
                let (ready, _) = wait(Some(daemon), daemon, Some(Duration::from_secs(60))).unwrap();
                assert!(ready, "the keeper says nothing");
                match receive(daemon, &mut buffer) {
                    Ok(None) => {}
                    Ok(Some(length)) => return Some(buffer[..length].to_vec()),
                    Err(_) => return None,
                }
            }
        }

        fn report(&self) -> Report {
            Report::from_bytes(&self.message().unwrap()).unwrap()
        }

        fn is_over(&mut self) {
            self.thread.take().unwrap().join().unwrap().unwrap();
        }
    }

    fn outputs(directory: &TempDir) -> Vec<Output> {
        let text = "[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"relay.jsonl\"\n";
        output::outputs(&Config::parse(text, "portcullis.toml").unwrap(), directory.path())
    }

    fn edges(directory: &Path) -> usize {
        std::fs::read_to_string(directory.join("relay.jsonl")).unwrap().lines().count()
    }

    #[test]
    fn the_edge_is_there_when_it_is_reported_and_the_end_comes_by_itself() {
        let directory = tempfile::tempdir().unwrap();
        let mut bench = Bench::start(&outputs(&directory));
        assert_eq!(bench.message().unwrap(), HOLDING);
        assert_eq!(edges(directory.path()), 0);
        bench.order(1, What::Pulse(SHORT));
        assert_eq!(bench.report(), Report::Done { id: 1 });
        assert_eq!(edges(directory.path()), 1);
        bench.order(2, What::Pulse(SHORT));
        assert_eq!(bench.report(), Report::Refused { id: 2, why: Refusal::Busy });
        assert_eq!(bench.report(), Report::Ended { id: 1 });
        assert_eq!(edges(directory.path()), 2);
        bench.daemon = None;
        bench.is_over();
        assert_eq!(edges(directory.path()), 2);
    }

    #[test]
    fn a_daemon_that_is_gone_leaves_the_pulse_its_length() {
        let directory = tempfile::tempdir().unwrap();
        let mut bench = Bench::start(&outputs(&directory));
        bench.message().unwrap();
        let before = monotonic();
        bench.order(1, What::Pulse(SHORT));
        bench.daemon = None;
        bench.is_over();
        assert!(monotonic() - before >= SHORT.get());
        assert_eq!(edges(directory.path()), 2);
    }

    #[test]
    fn told_to_stop_it_lets_go_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let mut bench = Bench::start(&outputs(&directory));
        bench.message().unwrap();
        let before = monotonic();
        bench.order(1, What::Pulse(LONG));
        bench.report();
        bench.stop = None;
        bench.is_over();
        assert!(monotonic() - before < LONG.get());
        assert_eq!(edges(directory.path()), 2);
    }

    #[test]
    fn a_second_keeper_waits_for_the_pulse_of_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let outputs = outputs(&directory);
        let mut first = Bench::start(&outputs);
        first.message().unwrap();
        first.order(1, What::Pulse(PulseLength::millis::<300>()));
        first.report();
        first.daemon = None;
        let mut second = Bench::start(&outputs);
        assert_eq!(second.message().unwrap(), HOLDING);
        first.is_over();
        assert_eq!(edges(directory.path()), 2);
        second.daemon = None;
        second.is_over();
    }

    #[test]
    fn outputs_that_cannot_be_taken_are_told_with_their_place() {
        let directory = tempfile::tempdir().unwrap();
        let mut bench = Bench::start(&outputs(&directory));
        bench.message().unwrap();
        let text = "[[gate]]\nname = \"Back\"\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"no/where.jsonl\"\n";
        let refused = output::outputs(&Config::parse(text, "portcullis.toml").unwrap(), directory.path());
        let mut other = Bench::start(&refused);
        let reason = String::from_utf8(other.message().unwrap()).unwrap();
        assert!(reason.starts_with("gate \"Back\": relay: "), "{reason}");
        other.is_over();
        bench.stop = None;
        bench.is_over();
    }

    #[test]
    fn what_is_no_order_is_ignored() {
        let directory = tempfile::tempdir().unwrap();
        let mut bench = Bench::start(&outputs(&directory));
        bench.message().unwrap();
        for nonsense in [&[0_u8; 1][..], &[9; 32], &[1; 33], &[7; 4000]] {
            send(bench.daemon.as_ref().unwrap().as_fd(), nonsense).unwrap();
        }
        bench.order(1, What::Release);
        assert_eq!(bench.report(), Report::Done { id: 1 });
        assert_eq!(edges(directory.path()), 0);
        bench.stop = None;
        bench.is_over();
    }
}
