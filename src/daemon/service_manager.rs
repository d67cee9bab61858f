//! Telling the service manager how the daemon is, as sd_notify(3) has it: one datagram for each thing told.
//!
//! Without `NOTIFY_SOCKET` nothing is told to anybody.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use log::{debug, warn};
use tokio::time::{Instant, sleep_until};

/// The bounds of what is told.
mod limits {
    use std::time::Duration;

    /// When the daemon is not well, how long until it looks again: at half of its time, the watchdog leaves no second look.
    pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(500);
}

/// The service manager, if there is one that wants to be told.
#[derive(Debug)]
pub(super) struct ServiceManager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// Finds it by the variables of the environment, in which `variable` looks one up. What is wrong with one is logged.
    pub(super) fn find(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        let socket = variable("NOTIFY_SOCKET").and_then(|name| match open(&name) {
            Ok(socket) => Some(socket),
            Err(error) => {
                warn!("the service manager cannot be told anything: NOTIFY_SOCKET is {}: {error}", name.display());
                None
            }
        });
        let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
        // A watchdog that is meant for another process is passed on by shells and wrappers.
        let is_ours = variable("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(std::process::id().into());
        let watchdog = number("WATCHDOG_USEC").filter(|micros| is_ours && *micros > 0).map(Duration::from_micros);
        Self { watchdog: watchdog.filter(|_| socket.is_some()), socket }
    }

    /// What the daemon is busy with before it is ready, or why it ends.
    pub(super) fn status(&self, text: &str) {
        self.tell(&status(text));
    }

    /// The daemon can be found and does its work.
    pub(super) fn ready(&self, text: &str) {
        self.tell(&format!("READY=1\n{}", status(text)));
    }

    /// The daemon was told to stop, and does.
    pub(super) fn stopping(&self) {
        self.tell(&format!("STOPPING=1\n{}", status("stopping")));
    }

    /// Feeds the watchdog, for ever, with the `text` of the moment, which is told how late that moment came: twice as often
    /// as it wants, and only when `check` finds nothing wrong. That this runs at all says that the event loop turns. Without a watchdog this never wakes.
    pub(super) async fn feed<E: std::error::Error>(
        &self,
        check: impl Fn() -> Result<(), E>,
        text: impl Fn(Duration) -> String,
    ) -> Infallible {
        let Some(watchdog) = self.watchdog else { return std::future::pending().await };
        let half = watchdog / 2;
        let (mut last, mut is_well) = (Instant::now(), true);
        loop {
            let due = last + if is_well { half } else { half.min(limits::LOOK_AGAIN) };
            sleep_until(due).await;
            last = Instant::now();
            is_well = match check() {
                Ok(()) => {
                    self.tell(&format!("WATCHDOG=1\n{}", status(&text(due.elapsed()))));
                    true
                }
                Err(error) => {
                    if is_well {
                        warn!("the service manager's watchdog is not fed: {error}");
                    }
                    self.status(&format!("not well: {error}"));
                    false
                }
            };
        }
    }

    fn tell(&self, message: &str) {
        let Some((socket, address)) = &self.socket else { return };
        // Without waiting: a service manager that does not read must not stop the gate.
        if let Err(error) = socket.send_to_addr(message.as_bytes(), address) {
            debug!("the service manager was not told: {error}");
        }
    }
}

/// One line, whatever the text has.
fn status(text: &str) -> String {
    format!("STATUS={}", text.replace('\n', " "))
}

/// A path, or with an @ in front a name in the abstract namespace.
fn open(name: &OsStr) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        [b'/', ..] => SocketAddr::from_pathname(name)?,
        _ => return Err(io::Error::other("neither a path nor a name after an @")),
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::ffi::OsString;
    use std::path::Path;

    use super::*;

    /// A service manager that listens at `name`.
    struct Listener(UnixDatagram);

    impl Listener {
        fn at(path: &Path) -> Self {
            Self(UnixDatagram::bind(path).unwrap())
        }

        fn abstracted(name: &str) -> Self {
            Self(UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap())
        }

        fn heard(&self) -> String {
            let mut buffer = [0; 1024];
            let length = self.0.recv(&mut buffer).unwrap();
            String::from_utf8(buffer[..length].to_vec()).unwrap()
        }

        fn hears_nothing(&self) {
            self.0.set_nonblocking(true).unwrap();
            assert_eq!(self.0.recv(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
    }

    fn found(variables: &[(&str, &str)]) -> ServiceManager {
        ServiceManager::find(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn each_thing_told_is_one_datagram_at_a_path_and_at_an_abstract_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let name = format!("portcullis-test-{}", std::process::id());
        let cases = [
            (Listener::at(&path), path.to_str().unwrap().to_owned()),
            (Listener::abstracted(&name), format!("@{name}")),
        ];
        for (listener, address) in cases {
            let manager = found(&[("NOTIFY_SOCKET", &address)]);
            manager.status("taking\nthe relays");
            assert_eq!(listener.heard(), "STATUS=taking the relays");
            manager.ready("one gate");
            assert_eq!(listener.heard(), "READY=1\nSTATUS=one gate");
            manager.stopping();
            assert_eq!(listener.heard(), "STOPPING=1\nSTATUS=stopping");
        }
    }

    #[test]
    fn without_a_service_manager_nothing_is_told() {
        for variables in [&[][..], &[("NOTIFY_SOCKET", "")], &[("NOTIFY_SOCKET", "elsewhere")]] {
            let manager = found(variables);
            assert!(manager.socket.is_none());
            manager.ready("one gate");
        }
    }

    #[test]
    fn a_service_manager_that_is_gone_or_does_not_read_stops_nobody() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let manager = found(&[("NOTIFY_SOCKET", path.to_str().unwrap())]);
        manager.ready("nobody listens");
        let _deaf = Listener::at(&path);
        for _ in 0..10_000 {
            manager.status("nobody reads");
        }
    }

    #[test]
    fn a_watchdog_is_ours_unless_it_names_another_process() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let _listener = Listener::at(&path);
        let me = std::process::id().to_string();
        let watchdog = |variables: &[(&str, &str)]| {
            found(&[variables, &[("NOTIFY_SOCKET", path.to_str().unwrap())]].concat()).watchdog
        };
        let half_a_minute = Some(Duration::from_secs(30));
        assert_eq!(watchdog(&[("WATCHDOG_USEC", "30000000")]), half_a_minute);
        assert_eq!(watchdog(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", &me)]), half_a_minute);
        assert_eq!(watchdog(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "1")]), None);
        assert_eq!(watchdog(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "me")]), None);
        for nothing in ["", "0", "-1", "soon"] {
            assert_eq!(watchdog(&[("WATCHDOG_USEC", nothing)]), None, "{nothing:?}");
        }
        // A watchdog that nobody could be told about.
        assert_eq!(found(&[("WATCHDOG_USEC", "30000000")]).watchdog, None);
    }

    #[derive(Debug, thiserror::Error)]
    #[error("it has a cold")]
    struct Ill;

    /// Feeds a watchdog of 40 s for `time`, in which `check` is asked; answers with how often.
    async fn feed(manager: &ServiceManager, time: Duration, check: impl Fn(u32) -> Result<(), Ill>) -> u32 {
        let asked = Cell::new(0);
        let check = || {
            asked.set(asked.get() + 1);
            check(asked.get())
        };
        let _ = tokio::time::timeout(time, manager.feed(check, |_| "one gate".to_owned())).await;
        asked.get()
    }

    #[tokio::test(start_paused = true)]
    async fn the_watchdog_is_fed_at_half_of_its_time_and_not_more_often() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let listener = Listener::at(&path);
        let manager = found(&[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "40000000")]);
        assert_eq!(feed(&manager, Duration::from_secs(101), |_| Ok(())).await, 5);
        for _ in 0..5 {
            assert_eq!(listener.heard(), "WATCHDOG=1\nSTATUS=one gate");
        }
        listener.hears_nothing();
        // Without a watchdog there is no timer at all.
        let manager = found(&[("NOTIFY_SOCKET", path.to_str().unwrap())]);
        assert_eq!(feed(&manager, Duration::from_secs(3600), |_| Ok(())).await, 0);
        listener.hears_nothing();
    }

    #[tokio::test(start_paused = true)]
    async fn a_daemon_that_is_not_well_feeds_nothing_until_it_is_well_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notify");
        let listener = Listener::at(&path);
        let manager = found(&[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "40000000")]);
        // Ill at the first three looks, the last of which is a second after the first.
        let looks = feed(&manager, Duration::from_secs(22), |look| if look < 4 { Err(Ill) } else { Ok(()) }).await;
        assert_eq!(looks, 4);
        for _ in 0..3 {
            assert_eq!(listener.heard(), "STATUS=not well: it has a cold");
        }
        assert_eq!(listener.heard(), "WATCHDOG=1\nSTATUS=one gate");
        listener.hears_nothing();
    }
}
