//! The keeper: a second process that holds the outputs and times the pulses.
//!
//! When the daemon dies, hangs or is stopped in the middle of a pulse, the keeper ends it on time. When
//! the keeper dies or hangs, [`Keeper`] here takes the lines back at idle and starts another. No pulse is
//! ever resumed or repeated.

mod holder;
mod link;
mod process;
mod socket;
mod wire;

use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use log::{error, info, warn};
use rustix::event::{EventfdFlags, eventfd};
use tokio::sync::oneshot;

use super::clock::monotonic;
use super::error::{HardwareError, RelayError, ReleaseError};
use super::limits;
use super::line;
use super::output::Output;
use super::relay::Relay;
use crate::gate::PulseLength;
use link::Link;
use wire::{Order, Refusal, Report, What};

pub(crate) use process::run;

/// The keeper as the daemon sees it. Dropped, it lets go of every output and ends the process.
#[derive(Debug)]
pub(crate) struct Keeper {
    shared: Arc<Shared>,
    /// Watches over the process, and replaces it.
    watch: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Starts the process and waits until it holds `outputs`, each at idle, without an edge.
    ///
    /// An earlier keeper may still be ending a pulse: then this waits for it, for at most ten seconds.
    pub(crate) fn start(outputs: Vec<Output>) -> Result<Self, HardwareError> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(std::io::Error::from)?;
        let link = Link::open(&outputs, wake.as_fd())?;
        let state = State {
            link: Some(link),
            pulses: Vec::new(),
            lights: Vec::new(),
            last_id: 0,
            is_lost: false,
            is_stopping: false,
        };
        let shared = Arc::new(Shared { outputs, wake, state: Mutex::new(state) });
        let watched = Arc::clone(&shared);
        // A thread of its own: the runtime may be busy just when a relay has to be let go.
        let watch = std::thread::Builder::new().name("keeper".to_owned()).spawn(move || watched.watch())?;
        Ok(Self { shared, watch: Some(watch) })
    }

    /// The output at this place of the list, if there is one.
    pub(crate) fn relay(&self, index: usize) -> Option<Relay> {
        self.shared.outputs.get(index)?;
        Some(Relay::new(Arc::clone(&self.shared), u8::try_from(index).ok()?))
    }

    /// What tells whether the keeper is well.
    pub(crate) fn health(&self) -> Health {
        Health(Arc::clone(&self.shared))
    }

    /// The output of this gate and key, such as `relay` or `warning`; without a gate, the status LED.
    pub(crate) fn find(&self, gate: Option<&str>, key: &str) -> Option<Relay> {
        let is_meant = |output: &Output| output.gate.as_deref() == gate && output.key == key;
        self.relay(self.shared.outputs.iter().position(is_meant)?)
    }
}

/// Whether the keeper is well. What is left of it after the keeper was dropped says that it is not.
#[derive(Clone, Debug)]
pub(crate) struct Health(Arc<Shared>);

impl Health {
    /// Asks the keeper for an answer, on the way that orders to press go, and waits for it: well under a millisecond, and
    /// half a second at most. A keeper that does not answer is replaced.
    pub(crate) fn check(&self) -> Result<(), RelayError> {
        self.0.check()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let link = {
            let mut state = self.shared.lock();
            state.is_stopping = true;
            self.shared.wake();
            for line in 0..self.shared.outputs.len() {
                // A keeper that does not read this is gone, or is killed below.
                let _ = u8::try_from(line).map(|line| state.send(line, What::Release, monotonic()));
            }
            state.link.take()
        };
        // Waits for the process, so that the next one finds the lines free.
        drop(link);
        if let Some(watch) = self.watch.take() {
            // A panic there has been told by itself.
            let _ = watch.join();
        }
        // Those of a keeper that had to be killed just now: it may have left them on.
        let pulses = std::mem::take(&mut self.shared.lock().pulses);
        self.shared.let_go(pulses);
    }
}

/// Takes an output once, at idle, and lets it go: for what two killed processes left on.
pub(crate) fn release(output: &Output) -> Result<(), ReleaseError> {
    let taken = line::take(std::slice::from_ref(output));
    taken.map(drop).map_err(|(_, source)| ReleaseError { output: output.to_string(), source })
}

/// What the relays, the keeper and its watch have in common.
#[derive(Debug)]
pub(super) struct Shared {
    outputs: Vec<Output>,
    /// Tells the watch that the state is another.
    wake: OwnedFd,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// None while there is no keeper.
    link: Option<Link>,
    pulses: Vec<Running>,
    /// The lights that are on, which a new keeper lights again.
    lights: Vec<u8>,
    last_id: u64,
    /// The keeper did not answer, or is gone: the watch has to replace it.
    is_lost: bool,
    is_stopping: bool,
}

/// A pulse that is, or may be, on.
#[derive(Debug)]
struct Running {
    id: u64,
    line: u8,
    /// Its planned end.
    until: Duration,
    /// Dropped when the button is up, which tells whoever waits for it.
    _ended: oneshot::Sender<()>,
}

impl Shared {
    pub(super) fn pulse(&self, line: u8, length: PulseLength) -> Result<oneshot::Receiver<()>, RelayError> {
        let mut state = self.lock();
        if state.pulses.iter().any(|pulse| pulse.line == line) {
            return Err(RelayError::Busy);
        }
        let (ended, end) = oneshot::channel();
        // From the order on: without an answer nobody knows whether it is on.
        let until = monotonic() + length.get();
        let id = state.last_id + 1;
        state.pulses.push(Running { id, line, until, _ended: ended });
        let answer = state.order(line, What::Pulse(length));
        match &answer {
            // The watch lets go of it.
            Err(RelayError::NoAnswer) => {}
            Err(_) => state.pulses.retain(|pulse| pulse.line != line),
            // Its planned end runs from its edge.
            Ok(()) => {
                let until = monotonic() + length.get();
                state.pulses.iter_mut().filter(|pulse| pulse.line == line).for_each(|pulse| pulse.until = until);
            }
        }
        if state.link.is_some() {
            self.wake();
        }
        answer.map(|()| end)
    }

    pub(super) fn set(&self, line: u8, on: bool) -> Result<(), RelayError> {
        let mut state = self.lock();
        let answer = state.order(line, if on { What::Hold } else { What::Release });
        if answer.is_ok() && !on {
            state.pulses.retain(|pulse| pulse.line != line);
        }
        // What is wanted of a light is known also while there is no keeper.
        state.lights.retain(|light| *light != line);
        if on && !matches!(answer, Err(RelayError::Busy | RelayError::Output(_))) {
            state.lights.push(line);
        }
        if state.link.is_some() {
            self.wake();
        }
        answer
    }

    pub(super) fn is_held(&self) -> bool {
        let state = self.lock();
        state.link.is_some() && !state.is_lost
    }

    fn check(&self) -> Result<(), RelayError> {
        let mut state = self.lock();
        let answer = state.order(0, What::Answer);
        if answer.is_err() && state.link.is_some() {
            self.wake();
        }
        answer
    }

    /// The life of the watch.
    fn watch(&self) {
        loop {
            let (socket, timeout) = {
                let state = self.lock();
                if state.is_stopping {
                    return;
                }
                (state.link.as_ref().map(Link::socket), state.overdue().map(|at| at.saturating_sub(monotonic())))
            };
            let socket = socket.as_ref().map(AsFd::as_fd);
            if let Err(error) = socket::wait(socket, self.wake.as_fd(), timeout) {
                // It has two descriptors and a time, none of which can be wrong.
                error!("the keeper's watch cannot wait: {error}");
            }
            let mut state = self.lock();
            // Under the lock: a wake-up that is about what is seen here must not interrupt what follows.
            self.rest();
            if state.is_stopping {
                return;
            }
            if let Some(why) = state.listen() {
                let (link, pulses) = (state.link.take(), std::mem::take(&mut state.pulses));
                drop(state);
                warn!("the keeper {why}: it is replaced");
                self.replace(link, pulses);
            }
        }
    }

    /// Ends the old keeper, lets go of what it may have left on, and starts another.
    fn replace(&self, link: Option<Link>, pulses: Vec<Running>) {
        if let Some(mut link) = link {
            link.kill();
        }
        // From here and not only by the next keeper: a new process may need its time, or not start at all.
        self.let_go(pulses);
        let (mut pause, longest) = limits::RESTART;
        loop {
            match Link::open(&self.outputs, self.wake.as_fd()) {
                Ok(link) => {
                    let mut state = self.lock();
                    state.is_lost = false;
                    state.link = Some(link);
                    info!("a new keeper holds the outputs");
                    for light in state.lights.clone() {
                        if let Err(error) = state.order(light, What::Hold) {
                            warn!("a light stays off: {error}");
                        }
                    }
                    return;
                }
                Err(_) if self.lock().is_stopping => return,
                Err(error) => error!("{error}"),
            }
            // Only the end of the daemon wakes us while there is no keeper.
            if socket::wait(None, self.wake.as_fd(), Some(pause)).is_ok_and(|(_, is_over)| is_over) {
                return;
            }
            pause = (pause * 2).min(longest);
        }
    }

    /// Takes the lines of these pulses at idle, now that nobody has them, and tells that the pulses are over.
    fn let_go(&self, pulses: Vec<Running>) {
        for pulse in pulses {
            let output = self.outputs.get(usize::from(pulse.line));
            if let Err(error) = output.map_or(Ok(()), release) {
                error!("{error}");
            }
        }
    }

    /// Called under the lock, and while there is no keeper only by the end of the daemon.
    fn wake(&self) {
        // It fails only when it is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// Takes back what [`Self::wake`] did.
    fn rest(&self) {
        let _ = rustix::io::read(&self.wake, &mut [0; 8]);
    }

    /// The state is whole between two calls, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives an order and waits for its answer.
    fn order(&mut self, line: u8, what: What) -> Result<(), RelayError> {
        let until = monotonic()
            + match what {
                // One that is on without an answer must not be on for longer than any other.
                What::Pulse(length) => limits::ANSWER.min(length.get() + limits::OVERDUE),
                What::Hold | What::Release | What::Answer => limits::ANSWER,
            };
        let id = self.send(line, what, until)?;
        self.answer(id, until)
    }

    /// Gives an order that is void after `not_after`; its answer has this number.
    fn send(&mut self, line: u8, what: What, not_after: Duration) -> Result<u64, RelayError> {
        let link = self.link.as_ref().filter(|_| !self.is_lost).ok_or(RelayError::NoKeeper)?;
        self.last_id += 1;
        let order = Order { id: self.last_id, line, what, not_after };
        if link.send(&order).is_err() {
            // Nothing has reached it.
            self.is_lost = true;
            return Err(RelayError::NoKeeper);
        }
        Ok(self.last_id)
    }

    /// Waits for the answer to an order. A keeper without one is ended here, so that it never carries it out late.
    fn answer(&mut self, wanted: u64, until: Duration) -> Result<(), RelayError> {
        while let Some(link) = &mut self.link {
            match link.receive_until(until) {
                Ok(Some(Report::Done { id })) if id == wanted => return Ok(()),
                Ok(Some(Report::Refused { id, why })) if id == wanted => {
                    return Err(match why {
                        Refusal::Busy => RelayError::Busy,
                        Refusal::Void => RelayError::Late,
                        Refusal::Failed(errno) => RelayError::Output(std::io::Error::from_raw_os_error(errno)),
                    });
                }
                Ok(Some(report)) => self.note(report),
                Ok(None) | Err(_) => {
                    link.kill();
                    self.is_lost = true;
                    return Err(RelayError::NoAnswer);
                }
            }
        }
        Err(RelayError::NoKeeper)
    }

    /// Takes what the keeper says by itself. `Some`: it has to be replaced, because it did this.
    fn listen(&mut self) -> Option<&'static str> {
        if self.is_lost {
            return Some("does not answer");
        }
        loop {
            match self.link.as_ref()?.receive() {
                Ok(Some(report)) => self.note(report),
                Ok(None) => break,
                Err(_) => return Some("is gone"),
            }
        }
        self.overdue().is_some_and(|at| at <= monotonic()).then_some("did not end a pulse")
    }

    fn note(&mut self, report: Report) {
        if let Report::Ended { id } = report {
            self.pulses.retain(|pulse| pulse.id != id);
        }
    }

    /// When the keeper counts as hung if it says nothing.
    fn overdue(&self) -> Option<Duration> {
        self.pulses.iter().map(|pulse| pulse.until + limits::OVERDUE).min()
    }
}

#[cfg(test)]
mod tests;
