//! The gates as HomeKit shows them.

mod ask;
mod extras;
mod garage_door;
mod momentary;
mod named;

use std::borrow::Cow;
use std::sync::Arc;

use hap::catalogue::Switch;
use hap::{Accessory, Category, Information};
use log::info;
use tokio::runtime::Handle;

use crate::config::{self, AccessoryKind, Config};
use crate::gate::Request;
use crate::live_gate::LiveGate;
use crate::names::Names;

/// What HomeKit sees: one gate as itself, several behind a bridge.
pub(crate) struct Presentation {
    /// Accessory 1.
    pub(crate) primary: Accessory,
    /// Those behind it.
    pub(crate) bridged: Vec<Accessory>,
}

/// The category of accessory 1, which the setup payload names.
pub(crate) fn category(config: &Config) -> Category {
    match config.gates.as_slice() {
        [gate] => gate_category(gate.accessory),
        _ => Category::Bridge,
    }
}

/// The name of accessory 1.
pub(crate) fn name(config: &Config) -> &str {
    match config.gates.as_slice() {
        [gate] => gate.name.as_str(),
        _ => config.homekit.name.as_str(),
    }
}

/// What the accessories stand on.
pub(crate) struct Ground {
    /// The names that people gave to services.
    pub(crate) labels: Arc<Names>,
    /// Shows which computer this is.
    pub(crate) identify: Arc<dyn Fn() + Send + Sync>,
    /// Lets time pass.
    pub(crate) runtime: Handle,
}

/// Builds the accessories of `gates`, which stand in the order of the configuration.
pub(crate) fn present(config: &Config, gates: &[Arc<LiveGate>], ground: &Ground) -> Presentation {
    let configured = config.gates.iter().zip(gates);
    let mut accessories: Vec<_> = configured.map(|(gate, live)| accessory(gate, live, ground)).collect();
    if accessories.len() == 1
        && let Some(primary) = accessories.pop()
    {
        return Presentation { primary, bridged: Vec::new() };
    }
    let mut bridge = new(name(config), BRIDGE, Category::Bridge);
    on_identify(&mut bridge, "the bridge".to_owned(), ground);
    Presentation { primary: bridge, bridged: accessories }
}

/// The bridge's serial number, whatever it is called: a gate may have its name.
const BRIDGE: &str = "portcullis-bridge";

/// A gate's serial number. A gate keeps its rooms and automations as long as it keeps its name.
fn serial_number(gate: &str) -> Cow<'_, str> {
    // HomeKit wants two characters, and no name holds a hyphen.
    if gate.len() < 2 { Cow::Owned(format!("gate-{gate}")) } else { Cow::Borrowed(gate) }
}

fn new(name: &str, serial_number: &str, category: Category) -> Accessory {
    let about = Information {
        name,
        manufacturer: "Portcullis",
        model: "Portcullis",
        serial_number,
        firmware_revision: env!("CARGO_PKG_VERSION"),
    };
    Accessory::new(about, category)
}

fn accessory(config: &config::Gate, gate: &Arc<LiveGate>, ground: &Ground) -> Accessory {
    let mut accessory = new(gate.name(), &serial_number(gate.name()), gate_category(config.accessory));
    on_identify(&mut accessory, format!("gate {:?}", gate.name()), ground);
    match config.accessory {
        AccessoryKind::GarageDoor => garage_door::add(&mut accessory, gate),
        AccessoryKind::Switch => {
            let switch = accessory.add(Switch::new().with_name(gate.name()));
            accessory.set_primary(&switch);
            momentary::press_on(&switch.on, gate, Request::Toggle(None), &ground.runtime);
        }
    }
    extras::add(&mut accessory, config, gate, ground);
    accessory
}

fn on_identify(accessory: &mut Accessory, what: String, ground: &Ground) {
    let identify = Arc::clone(&ground.identify);
    accessory.on_identify(move || {
        info!("identify: this is {what}");
        identify();
    });
}

const fn gate_category(kind: AccessoryKind) -> Category {
    match kind {
        AccessoryKind::GarageDoor => Category::GarageDoorOpener,
        AccessoryKind::Switch => Category::Switch,
    }
}

#[cfg(test)]
mod tests {
    use hap::Server;
    use hap::lint::Severity;

    use super::*;

    #[test]
    fn gates_of_one_letter_and_a_gate_called_like_the_bridge_are_taken() {
        let mut server = Server::builder(new("Portcullis", BRIDGE, Category::Bridge));
        for name in ["A", "B", "7", "Ü", "gate", "Portcullis", "long name ".repeat(6).trim_end()] {
            server = server.bridge(new(name, &serial_number(name), Category::GarageDoorOpener));
        }
        let errors: Vec<_> = server.lint().into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}
