//! Inputs: limit switches, the photo cell and the wall button, as raw edges with the kernel's time.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gpiocdev::Request;
use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, Offset, Value};
use log::error;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

use super::clock;
use super::error::HardwareError;
use super::gpio::{self, GpioError};
use super::limits;
use crate::config::{InputLine, Level, Pull};

/// An input has changed. Contacts bounce, and long wires pick things up: this is not debounced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Edge {
    /// Whether the sensor reports, or the button is pressed, from here on.
    pub active: bool,
    /// When it changed, by the kernel's stamp.
    pub at: Instant,
}

/// An input in operation.
#[derive(Debug)]
pub(crate) struct Sensor {
    /// Whether it reported when it was taken.
    pub active: bool,
    /// What happened since. It ends when the input fails, which is logged.
    pub edges: mpsc::Receiver<Edge>,
}

/// The lines that are read. Dropped, it lets go of them.
#[derive(Debug)]
pub(crate) struct SensorLines {
    stop: OwnedFd,
    thread: Option<JoinHandle<()>>,
}

impl SensorLines {
    /// Takes the lines, and answers with a sensor for each, in their order. With each line goes its place in the
    /// configuration, which an error names.
    pub(crate) fn open(lines: &[(String, InputLine)]) -> Result<(Self, Vec<Sensor>), HardwareError> {
        let stop = eventfd(0, EventfdFlags::CLOEXEC).map_err(io::Error::from)?;
        let (mut inputs, mut sensors) = (Vec::new(), Vec::new());
        for (place, line) in lines {
            let refused = |source| HardwareError::Input { place: place.clone(), source };
            let reader = Reader::take(line).map_err(refused)?;
            let active = reader
                .is_active()
                .map_err(|error| refused(GpioError::Refused { line: reader.name.clone(), what: error.to_string() }))?;
            let (sender, edges) = mpsc::channel(limits::EDGES);
            inputs.push(Input { reader, place: place.clone(), told: active, sender });
            sensors.push(Sensor { active, edges });
        }
        let stopped = stop.try_clone()?;
        // A thread, because one wait serves all lines; it wakes for edges and for nothing else.
        let thread = std::thread::Builder::new().name("sensors".to_owned()).spawn(move || watch(inputs, &stopped))?;
        Ok((Self { stop, thread: Some(thread) }, sensors))
    }
}

impl Drop for SensorLines {
    fn drop(&mut self) {
        // A counter of 64 bits has room for this one.
        let _ = rustix::io::write(&self.stop, &1_u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            // A panic there has been told by itself.
            let _ = thread.join();
        }
    }
}

/// A line that is read.
#[derive(Debug)]
pub(crate) struct Reader {
    request: Request,
    offset: Offset,
    name: String,
}

impl Reader {
    /// Takes the line as an input with its pull, and has the kernel note its edges.
    pub(crate) fn take(line: &InputLine) -> Result<Self, GpioError> {
        let found = gpio::find(&line.pin)?.free()?;
        let mut builder = Request::builder();
        builder.with_consumer(gpio::CONSUMER).on_chip(&found.chip).with_line(found.offset).as_input();
        builder.with_edge_detection(EdgeDetection::BothEdges).with_bias(match line.pull {
            Pull::Up => Bias::PullUp,
            Pull::Down => Bias::PullDown,
            Pull::None => Bias::Disabled,
        });
        if line.active == Level::Low {
            builder.as_active_low();
        }
        let request = builder.request().map_err(|error| found.refused(&error))?;
        Ok(Self { request, offset: found.offset, name: found.name })
    }

    /// Whether it reports now.
    pub(crate) fn is_active(&self) -> io::Result<bool> {
        Ok(self.request.value(self.offset).map_err(io::Error::other)? == Value::Active)
    }

    /// The edges since the last call, at most as many as the kernel keeps; it does not wait.
    pub(crate) fn edges(&self) -> io::Result<Vec<Edge>> {
        let mut edges = Vec::new();
        while edges.len() < limits::EDGES && self.request.has_edge_event().map_err(io::Error::other)? {
            let event = self.request.read_edge_event().map_err(io::Error::other)?;
            let at = clock::instant(Duration::from_nanos(event.timestamp_ns));
            edges.push(Edge { active: event.kind == EdgeKind::Rising, at });
        }
        Ok(edges)
    }
}

impl AsFd for Reader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.request.as_fd()
    }
}

/// A line and who hears of it.
#[derive(Debug)]
struct Input {
    reader: Reader,
    place: String,
    /// What was told last.
    told: bool,
    sender: mpsc::Sender<Edge>,
}

impl Input {
    /// Tells what is new. `true`: something could not be told and has to be tried again.
    fn read(&mut self) -> io::Result<bool> {
        for edge in self.reader.edges()? {
            self.tell(edge);
        }
        // Neither the kernel's queue nor ours is endless: what did not fit shows in the level.
        let active = self.reader.is_active()?;
        if active != self.told {
            self.tell(Edge { active, at: Instant::now() });
        }
        Ok(active != self.told)
    }

    fn tell(&mut self, edge: Edge) {
        if self.sender.try_send(edge).is_ok() {
            self.told = edge.active;
        }
    }
}

/// The life of the thread.
fn watch(mut inputs: Vec<Input>, stop: &OwnedFd) {
    let mut is_behind = false;
    loop {
        let mut fds: Vec<_> = inputs.iter().map(|input| PollFd::new(&input.reader, PollFlags::IN)).collect();
        fds.push(PollFd::new(stop, PollFlags::IN));
        let timeout = is_behind.then(|| Timespec::try_from(limits::TELL_AGAIN).unwrap_or_default());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            // It has valid descriptors and a valid time.
            Err(error) => return error!("the sensors cannot be watched: {error}"),
        }
        if fds.last().is_some_and(|stop| !stop.revents().is_empty()) {
            return;
        }
        is_behind = false;
        inputs.retain_mut(|input| match input.read() {
            Ok(more) => {
                is_behind |= more;
                // Whoever does not listen any more needs no line.
                !input.sender.is_closed()
            }
            Err(error) => {
                error!("{} cannot be read any more: {error}", input.place);
                false
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Pin;

    #[test]
    fn an_input_that_cannot_be_taken_is_named_in_one_line() {
        let line = InputLine { pin: Pin::Name("no-such-line".to_owned()), pull: Pull::Up, active: Level::Low };
        let lines = [("gate \"Gate\": closed_switch".to_owned(), line)];
        let told = SensorLines::open(&lines).unwrap_err().to_string();
        assert!(told.starts_with("gate \"Gate\": closed_switch: ") && !told.contains('\n'), "{told}");
    }

    #[test]
    fn without_lines_there_is_nothing_to_watch_and_it_stops() {
        let (lines, sensors) = SensorLines::open(&[]).unwrap();
        assert!(sensors.is_empty());
        drop(lines);
    }
}
