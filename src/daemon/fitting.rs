//! The gates with what is wired to them: from the configuration to what runs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::vec;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::config::{self, Config, Extra};
use crate::gate::{Gate, Remembered, Sensor, Sensors, Settings};
use crate::hardware::{self, HardwareError, Health, Keeper, SensorLines};
use crate::live_gate::{Books, LiveGate, Make, Outputs, Sensing, Simulation};
use crate::simulator::Design;
use crate::standstill::Standstill;
use crate::status_light::StatusLight;

/// All gates, their relays and their sensors. Dropped, it lets go of everything.
pub(super) struct Fitting {
    pub(super) gates: Vec<Arc<LiveGate>>,
    sensing: Vec<(Arc<LiveGate>, Sensing)>,
    simulations: Vec<Arc<Simulation>>,
    light: Option<Arc<StatusLight>>,
    keeper: Keeper,
    standstill: Arc<Standstill>,
    _lines: SensorLines,
}

/// Inputs that are not simulated, in the order of the configuration.
type Heard = vec::IntoIter<hardware::Sensor>;

impl Fitting {
    /// Takes all lines that the configuration names, every output at idle. Nothing moves.
    pub(super) async fn new(
        config: &Config,
        state_dir: &Path,
        books: &Books,
        runtime: &Handle,
        standstill: Arc<Standstill>,
    ) -> Result<Self, HardwareError> {
        let keeper = Keeper::start(hardware::outputs(config, state_dir))?;
        let wired = config.gates.iter().flat_map(|gate| {
            let name = gate.name.as_str();
            let lines = gate.inputs().filter_map(|(key, input)| Some((key, input.line(&gate.relay)?)));
            lines.map(move |(key, line)| (format!("gate {name:?}: {key}"), line.clone()))
        });
        let (lines, mut heard) = SensorLines::open(&wired.collect::<Vec<_>>())?;
        let sensors = config.gates.iter().flat_map(config::Gate::sensors);
        settle(&mut heard, sensors.map(|(_, sensor)| sensor.debounce.get()).max().unwrap_or_default()).await;
        let light = keeper.find(None, "status_led").map(|led| StatusLight::new(led, runtime.clone()));
        let (gates, sensing, simulations) = (Vec::new(), Vec::new(), Vec::new());
        let mut fitting = Self { gates, sensing, simulations, light, keeper, standstill, _lines: lines };
        let mut heard = heard.into_iter();
        for gate in &config.gates {
            fitting.fit(gate, config.settings(gate), &mut heard, books)?;
        }
        Ok(fitting)
    }

    /// Lets everything run: until the set is dropped, time passes for the gates, and they hear their sensors.
    pub(super) fn start(&mut self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for gate in &self.gates {
            let gate = Arc::clone(gate);
            tasks.spawn(async move { gate.run().await });
        }
        for (gate, sensing) in self.sensing.drain(..) {
            tasks.spawn(sensing.run(gate));
        }
        for simulation in &self.simulations {
            tasks.spawn(Arc::clone(simulation).run());
        }
        tasks
    }

    /// What tells whether the relays can be reached.
    pub(super) fn health(&self) -> Health {
        self.keeper.health()
    }

    /// What shows a person which computer this is.
    pub(super) fn identify(&self) -> Arc<dyn Fn() + Send + Sync> {
        match &self.light {
            Some(light) => {
                let light = Arc::clone(light);
                Arc::new(move || light.blink())
            }
            None => Arc::new(|| ()),
        }
    }

    /// Puts one gate together; `heard` comes to its inputs next.
    fn fit(
        &mut self,
        config: &config::Gate,
        settings: Settings,
        heard: &mut Heard,
        books: &Books,
    ) -> Result<(), HardwareError> {
        let simulated = !config.relay.is_real();
        let mut simulation = simulated.then(|| Simulation::new(design(config)));
        let mut sensors = Sensors::default();
        let mut sensing = Vec::new();
        for (key, wired) in config.sensors() {
            let (sensor, level) = match key {
                "closed_switch" => (Sensor::ClosedSwitch, &mut sensors.closed_switch),
                "open_switch" => (Sensor::OpenSwitch, &mut sensors.open_switch),
                _ => (Sensor::Obstruction, &mut sensors.obstruction),
            };
            let input = match wired.input.line(&config.relay) {
                Some(_) => heard.next(),
                None => simulation.as_mut().map(|simulation| simulation.sensor(sensor)),
            };
            if let Some(input) = input {
                *level = Some(input.active);
                sensing.push(Sensing::sensor(sensor, wired.debounce.get(), input));
            }
        }
        if let Some(button) = &config.button {
            let input = match button.input.line(&config.relay) {
                Some(_) => heard.next(),
                None => simulation.as_mut().map(Simulation::button),
            };
            sensing.extend(input.map(|input| Sensing::button(button.hold.get(), input)));
        }
        let simulation = simulation.map(Arc::new);
        self.simulations.extend(simulation.clone());
        let name = config.name.as_str();
        let output = |key| self.keeper.find(Some(name), key);
        let outputs = Outputs {
            main: output("relay").ok_or_else(|| HardwareError::Output(format!("gate {name:?}: no relay is held")))?,
            close: output("close_relay"),
            stop: output("stop_relay"),
            warning: output("warning"),
            simulation,
        };
        let model = Gate::new(settings, remembered(config, books), sensors, Instant::now());
        let make = Make { opener: config.opener, accessory: config.accessory, simulated };
        let gate = LiveGate::new(name, make, model, outputs, books.clone(), Arc::clone(&self.standstill));
        self.sensing.extend(sensing.into_iter().map(|sensing| (Arc::clone(&gate), sensing)));
        self.gates.push(gate);
        Ok(())
    }
}

/// Waits until no input has changed for `hold`, so that the first that anybody hears is no bounce. An input that will not
/// hold still is on a gate that moves: it is heard as it changes.
async fn settle(inputs: &mut [hardware::Sensor], hold: Duration) {
    for _ in 0..TRIES {
        if inputs.is_empty() {
            return;
        }
        tokio::time::sleep(hold).await;
        let mut is_still = true;
        for input in &mut *inputs {
            while let Ok(edge) = input.edges.try_recv() {
                input.active = edge.active;
                is_still = false;
            }
        }
        if is_still {
            return;
        }
    }
}

/// How often inputs may be restless before the start goes on: ten seconds with the longest debounce there is.
const TRIES: u32 = 5;

/// What the gate did last. A hold goes with the switch that could put it off again.
fn remembered(config: &config::Gate, books: &Books) -> Remembered {
    let known = books.memory.of(config.name.as_str()).unwrap_or_default();
    let has = |extra| config.extras.contains(&extra);
    Remembered {
        lockout: known.lockout && has(Extra::Lockout),
        hold_open: known.hold_open && has(Extra::HoldOpen),
        ..known
    }
}

/// The simulated gate that is like the configured one.
fn design(config: &config::Gate) -> Design {
    let settings = config.settings();
    Design {
        opener: settings.opener,
        options: settings.options,
        travel: settings.travel.get(),
        starts_after: Duration::ZERO,
        closes_itself_after: settings.closes_itself_after.map(|after| after.get()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::hardware::Edge;

    #[tokio::test]
    async fn a_contact_that_bounces_at_the_start_is_believed_once_it_holds_still() {
        let (bounces, edges) = mpsc::channel(16);
        let (_silence, other) = mpsc::channel(16);
        for active in [false, true, false] {
            bounces.try_send(Edge { active, at: Instant::now() }).unwrap();
        }
        let mut inputs = [hardware::Sensor { active: true, edges }, hardware::Sensor { active: true, edges: other }];
        settle(&mut inputs, Duration::from_millis(1)).await;
        assert_eq!(inputs.map(|input| input.active), [false, true]);
    }

    #[tokio::test]
    async fn an_input_that_never_holds_still_does_not_stop_the_start() {
        let (sender, edges) = mpsc::channel(1);
        let chatter = tokio::spawn(async move {
            let edge = |active| Edge { active, at: Instant::now() };
            while sender.send(edge(true)).await.is_ok() && sender.send(edge(false)).await.is_ok() {}
        });
        let mut inputs = [hardware::Sensor { active: true, edges }];
        settle(&mut inputs, Duration::from_millis(1)).await;
        drop(inputs);
        chatter.await.unwrap();
    }
}
