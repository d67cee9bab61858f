//! From edges of an input to what the model hears: debounced reports, and presses of the wall button.

use std::sync::Arc;
use std::time::{Duration, Instant};

use log::info;
use tokio::sync::mpsc;

use super::{LiveGate, until};
use crate::gate::{Change, Debounce, Request, Requester, Sensor, limits};
use crate::hardware::{self, Edge};

/// How long the wall button must be let go before it can be pressed again.
const LET_GO: Duration = Duration::from_millis(50);

/// One input of a gate, from its raw edges on.
pub(crate) struct Sensing {
    input: Input,
    debounce: Debounce,
    edges: mpsc::Receiver<Edge>,
}

/// What an input is to the gate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Input {
    Sensor(Sensor),
    /// The wall button, which counts after this time.
    Button(Duration),
}

impl Sensing {
    /// A limit switch or a photo cell, which must hold still for `hold` to be believed.
    pub(crate) fn sensor(sensor: Sensor, hold: Duration, input: hardware::Sensor) -> Self {
        let hardware::Sensor { active, edges } = input;
        let now = Instant::now();
        let debounce = match sensor {
            Sensor::ClosedSwitch | Sensor::OpenSwitch => Debounce::limit_switch(hold, active, now),
            Sensor::Obstruction => Debounce::obstruction(hold, active, now),
        };
        Self { input: Input::Sensor(sensor), debounce, edges }
    }

    /// The wall button, which counts once it was pressed for `press`. One that is pressed already must be let go first.
    pub(crate) fn button(press: Duration, input: hardware::Sensor) -> Self {
        let hardware::Sensor { active, edges } = input;
        Self { input: Input::Button(press), debounce: Debounce::button(press, LET_GO, active, Instant::now()), edges }
    }

    /// Tells `gate` what is believed, for ever.
    pub(crate) async fn run(mut self, gate: Arc<LiveGate>) {
        loop {
            let change = tokio::select! {
                // What was heard comes before what the clock makes of it.
                biased;
                edge = self.edges.recv() => match edge {
                    Some(edge) => self.debounce.edge(edge.active, edge.at),
                    // It failed. The gate must not go on believing what it said last; a button is just not pressed any more.
                    None => {
                        if let Input::Sensor(sensor) = self.input {
                            gate.lose(sensor);
                        }
                        return std::future::pending().await;
                    }
                },
                () = until(self.debounce.wake_at()) => self.debounce.tick(Instant::now()),
            };
            if let Some(change) = change {
                self.tell(&gate, change);
            }
        }
    }

    /// Tells `gate` what is believed now.
    pub(super) fn tell(&self, gate: &LiveGate, change: Change) {
        match self.input {
            Input::Sensor(sensor) => gate.sense(sensor, change),
            Input::Button(press) if change.active => {
                let request = Request::Toggle(None);
                // Whoever pressed it then has gone on, and may stand in the gate's way.
                if change.at + press + limits::FRESH < Instant::now() {
                    gate.asked_before(request, Requester::Button);
                } else if let Err(denied) = gate.request(request, Requester::Button) {
                    info!("gate {:?}: the wall button: {denied}", gate.name());
                }
            }
            Input::Button(_) => {}
        }
    }
}
