//! A gate with nothing real behind it: the simulated opener hears the relay, and its sensors are heard.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};

use super::until;
use crate::gate::{Contact, DoorState, Sensor};
use crate::hardware::{self, Edge};
use crate::simulator::{Design, Simulator};

/// Edges of one sensor that may wait to be heard. A gate needs a second at least from one to the next.
const EDGES: usize = 16;

/// What can happen to a gate that is not its relay's doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Happening {
    /// Somebody presses the remote.
    Remote,
    /// Something is in the way.
    Obstruct,
    /// It is gone.
    Free,
    /// The gate cannot move.
    Jam,
    /// It can again.
    Loosen,
    /// Somebody presses the wall button.
    ButtonDown,
    /// And lets it go.
    ButtonUp,
}

/// A simulated gate in operation.
pub(crate) struct Simulation {
    simulator: Mutex<Simulator>,
    /// Something became due at another time.
    rescheduled: Notify,
    /// Who hears of which sensor.
    heard: Vec<(Sensor, mpsc::Sender<Edge>)>,
    /// Who hears of the wall button.
    button: Option<mpsc::Sender<Edge>>,
}

impl Simulation {
    /// A closed gate.
    pub(crate) fn new(design: Design) -> Self {
        let simulator = Mutex::new(Simulator::new(design, Instant::now()));
        Self { simulator, rescheduled: Notify::new(), heard: Vec::new(), button: None }
    }

    /// What this sensor says, from now on.
    pub(crate) fn sensor(&mut self, sensor: Sensor) -> hardware::Sensor {
        let (sender, edges) = mpsc::channel(EDGES);
        self.heard.push((sensor, sender));
        let levels = self.lock().sensors();
        let level = match sensor {
            Sensor::ClosedSwitch => levels.closed_switch,
            Sensor::OpenSwitch => levels.open_switch,
            Sensor::Obstruction => levels.obstruction,
        };
        hardware::Sensor { active: level.unwrap_or_default(), edges }
    }

    /// The wall button, from now on.
    pub(crate) fn button(&mut self) -> hardware::Sensor {
        let (sender, edges) = mpsc::channel(EDGES);
        self.button = Some(sender);
        hardware::Sensor { active: false, edges }
    }

    /// Lets something happen to the gate.
    pub(crate) fn play(&self, happening: Happening) {
        let now = Instant::now();
        {
            let mut simulator = self.lock();
            match happening {
                Happening::Remote => simulator.remote(now),
                Happening::Obstruct => simulator.obstruct(true, now),
                Happening::Free => simulator.obstruct(false, now),
                Happening::Jam => simulator.jam(true, now),
                Happening::Loosen => simulator.jam(false, now),
                Happening::ButtonDown => self.press(true, now),
                Happening::ButtonUp => self.press(false, now),
            }
        }
        self.rescheduled.notify_one();
    }

    /// What the gate really does, and how far open it is, in travel time from the closed end.
    pub(crate) fn truth(&self) -> (DoorState, Duration) {
        let simulator = self.lock();
        let now = Instant::now();
        (simulator.motion().door(), simulator.position(now))
    }

    /// The relay has closed one of the opener's contacts.
    pub(super) fn pressed(&self, contact: Contact) {
        self.lock().contact(contact, true, Instant::now());
        self.rescheduled.notify_one();
    }

    /// Lets time pass, for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            let wake_at = self.lock().wake_at();
            tokio::select! {
                () = until(wake_at) => self.tell(),
                () = self.rescheduled.notified() => {}
            }
        }
    }

    fn press(&self, active: bool, at: Instant) {
        if let Some(button) = &self.button {
            let _ = button.try_send(Edge { active, at });
        }
    }

    fn tell(&self) {
        for edge in self.lock().advance(Instant::now()) {
            for (_, sender) in self.heard.iter().filter(|(sensor, _)| *sensor == edge.sensor) {
                // Who has not heard sixteen edges is not listening.
                let _ = sender.try_send(Edge { active: edge.active, at: edge.at });
            }
        }
    }

    /// The simulator is whole between two calls, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Simulator> {
        self.simulator.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
