//! The outputs, as the configuration names them and the keeper takes them.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::{self, Active, Config, Pin};

/// One output.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Output {
    /// The gate it belongs to; `None` for the status LED.
    pub(super) gate: Option<String>,
    /// Its table in the configuration: `relay`, `close_relay`, …
    pub(super) key: String,
    /// What drives it.
    pub(super) driver: Driver,
}

/// What drives an output.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) enum Driver {
    Gpiochip {
        pin: Pin,
        active: Active,
    },
    Rppal {
        pin: u8,
        active: Active,
    },
    /// A path need not be UTF-8.
    Simulated {
        trace: Option<OsString>,
    },
}

impl Output {
    fn new(gate: Option<&str>, key: &str, relay: &config::Relay, state_dir: &Path) -> Self {
        let driver = match relay {
            config::Relay::Gpiochip { pin, active } => Driver::Gpiochip { pin: pin.clone(), active: *active },
            config::Relay::Rppal { pin, active } => Driver::Rppal { pin: *pin, active: *active },
            // An absolute path replaces the state directory.
            config::Relay::Simulated { trace } => {
                Driver::Simulated { trace: trace.as_ref().map(|trace| state_dir.join(trace).into_os_string()) }
            }
        };
        Self { gate: gate.map(ToOwned::to_owned), key: key.to_owned(), driver }
    }

    /// What a line of a trace calls it. No gate may be named like a key.
    pub(super) fn label(&self) -> &str {
        self.gate.as_deref().unwrap_or(&self.key)
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.gate {
            Some(gate) => write!(f, "gate {gate:?}: {}", self.key),
            None => f.write_str(&self.key),
        }
    }
}

/// Every output of a configuration, each gate's in the order of its keys, then the status LED.
/// `state_dir` is where a relative trace is.
pub(crate) fn outputs(config: &Config, state_dir: &Path) -> Vec<Output> {
    let of_gates = config.gates.iter().flat_map(|gate| {
        gate.relays().map(|(key, relay)| Output::new(Some(gate.name.as_str()), key, relay, state_dir))
    });
    let led = config.status_led.iter().map(|led| Output::new(None, "status_led", led, state_dir));
    of_gates.chain(led).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_of_an_output_is_one_in_the_order_of_the_gates() {
        let text = "[status_led]\npin = 24\n\
                    [[gate]]\nname = \"Front\"\nopener = \"open-close\"\n[gate.relay]\npin = 17\nactive = \"low\"\n\
                    [gate.close_relay]\ndriver = \"rppal\"\npin = 22\n[gate.warning]\npin = \"lamp\"\nactive = \"float\"\n\
                    [[gate]]\nname = \"Back\"\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"back.jsonl\"\n";
        let config = Config::parse(text, "portcullis.toml").unwrap();
        let outputs = outputs(&config, Path::new("/state"));
        let named: Vec<_> = outputs.iter().map(ToString::to_string).collect();
        assert_eq!(
            named,
            [
                "gate \"Front\": relay",
                "gate \"Front\": close_relay",
                "gate \"Front\": warning",
                "gate \"Back\": relay",
                "status_led"
            ]
        );
        assert_eq!(outputs[3].driver, Driver::Simulated { trace: Some("/state/back.jsonl".into()) });
        assert_eq!((outputs[3].label(), outputs[4].label()), ("Back", "status_led"));
        // The keeper reads them back as they were.
        let json = serde_json::to_vec(&outputs).unwrap();
        assert_eq!(serde_json::from_slice::<Vec<Output>>(&json).unwrap(), outputs);
    }

    #[test]
    fn an_absolute_trace_is_not_in_the_state_directory() {
        let text = "[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"/elsewhere/relay.jsonl\"\n";
        let config = Config::parse(text, "portcullis.toml").unwrap();
        let outputs = outputs(&config, Path::new("/state"));
        assert_eq!(outputs[0].driver, Driver::Simulated { trace: Some("/elsewhere/relay.jsonl".into()) });
    }
}
