//! The tables of relays and inputs: which line, and which level means what.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

use crate::duration::Bounded;

/// How long a sensor must hold still before it is believed. A bouncing reed switch settles well
/// within 2 s, and `0ms` believes it at once.
pub(crate) type Debounce = Bounded<0, 2_000>;

/// How long the wall button must be held before it counts. Interference on a long wire is shorter
/// than 100 ms; nobody holds a button for more than 5 s.
pub(crate) type Hold = Bounded<100, 5_000>;

/// An output: a contact of the remote, a warning light, a LED.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(try_from = "RelayTable")]
pub(crate) enum Relay {
    /// A line of the kernel's GPIO character device.
    Gpiochip {
        /// The line.
        pin: Pin,
        /// The level that presses.
        active: Active,
    },
    /// A Raspberry Pi's GPIO registers.
    Rppal {
        /// The BCM number.
        pin: u8,
        /// The level that presses.
        active: Active,
    },
    /// Nothing real.
    Simulated {
        /// A file that gets a line for each edge; relative to the state directory.
        trace: Option<PathBuf>,
    },
}

impl Relay {
    /// The line it drives, if any.
    pub(crate) fn pin(&self) -> Option<Pin> {
        match self {
            Self::Gpiochip { pin, .. } => Some(pin.clone()),
            Self::Rppal { pin, .. } => Some(Pin::Number(*pin)),
            Self::Simulated { .. } => None,
        }
    }

    /// Whether it drives anything.
    pub(crate) const fn is_real(&self) -> bool {
        !matches!(self, Self::Simulated { .. })
    }

    /// The file of its edges, if it is simulated and has one.
    pub(crate) fn trace(&self) -> Option<&Path> {
        match self {
            Self::Simulated { trace } => trace.as_deref(),
            Self::Gpiochip { .. } | Self::Rppal { .. } => None,
        }
    }
}

/// A limit switch or a photo cell.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(try_from = "SensorTable")]
pub(crate) struct Sensor {
    /// Where it is wired to.
    pub input: Input,
    /// How long the level must hold.
    pub debounce: Debounce,
}

impl Sensor {
    /// Of a gate that is simulated.
    pub(super) const fn simulated() -> Self {
        Self { input: Input { driver: Some(InputDriver::Simulated), line: None }, debounce: default_debounce() }
    }
}

/// A wall button, which asks as a person at the gate.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(try_from = "ButtonTable")]
pub(crate) struct Button {
    /// Where it is wired to.
    pub input: Input,
    /// How long it must be held.
    pub hold: Hold,
}

/// Where a sensor or a button is wired to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    /// `None`: as the gate's relay.
    driver: Option<InputDriver>,
    line: Option<InputLine>,
}

impl Input {
    /// The line to read, on a gate with this `relay`. `None`: the input is simulated.
    pub(crate) fn line(&self, relay: &Relay) -> Option<&InputLine> {
        self.line.as_ref().filter(|_| self.is_real(relay))
    }

    /// What is missing on a gate with this `relay`, in words.
    pub(super) fn missing(&self, relay: &Relay) -> Option<&'static str> {
        (self.is_real(relay) && self.line.is_none()).then_some(NO_INPUT_PIN)
    }

    /// Whether something is wired, on a gate with this `relay`.
    pub(super) fn is_real(&self, relay: &Relay) -> bool {
        match self.driver {
            Some(driver) => driver == InputDriver::Gpiochip,
            None => relay.is_real(),
        }
    }
}

/// A line that is read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct InputLine {
    /// The line.
    pub pin: Pin,
    /// The resistor that holds the line while the contact is open.
    pub pull: Pull,
    /// The level while the sensor reports, or the button is pressed.
    pub active: Level,
}

/// A line's name or its BCM number.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Pin {
    /// The BCM number of a line on the header, 0 to 27. `"GPIO17"` is 17 too.
    Number(u8),
    /// The kernel's name of any other line, at most 31 bytes.
    Name(String),
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "{name:?}"),
        }
    }
}

/// The level that switches an output on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Active {
    /// 3.3 V presses.
    #[default]
    High,
    /// 0 V presses.
    Low,
    /// 0 V presses and idle is high impedance, for 5 V relay boards.
    Float,
}

/// A sensor's level.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// 3.3 V.
    High,
    /// 0 V: a contact to ground is closed.
    #[default]
    Low,
}

/// The resistor inside the computer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pull {
    /// To 3.3 V.
    #[default]
    Up,
    /// To ground.
    Down,
    /// None: the wiring has its own.
    None,
}

/// The highest BCM number on the header. The lines above serve the board itself, its Wi-Fi among them.
const HIGHEST_PIN: u8 = 27;
/// The kernel keeps 32 bytes for a line's name, the closing zero included.
const PIN_NAME_BYTES: usize = 31;

/// `[gate.relay]` as it is written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RelayTable {
    #[serde(default)]
    driver: Driver,
    pin: Option<Pin>,
    active: Option<Active>,
    trace: Option<PathBuf>,
}

#[derive(Clone, Copy, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Driver {
    #[default]
    Gpiochip,
    Rppal,
    Simulated,
}

/// `[gate.closed_switch]`, `[gate.open_switch]` and `[gate.obstruction]` as they are written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SensorTable {
    driver: Option<InputDriver>,
    pin: Option<Pin>,
    #[serde(default)]
    pull: Pull,
    #[serde(default)]
    active: Level,
    #[serde(default = "default_debounce")]
    debounce: Debounce,
}

/// `[gate.button]` as it is written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ButtonTable {
    driver: Option<InputDriver>,
    pin: Option<Pin>,
    #[serde(default)]
    pull: Pull,
    #[serde(default)]
    active: Level,
    #[serde(default = "default_hold")]
    hold: Hold,
}

/// Inputs of a gate with an `rppal` relay are read through the kernel, which alone tells of edges.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum InputDriver {
    Gpiochip,
    Simulated,
}

const NO_INPUT_PIN: &str =
    "missing key \"pin\": write the BCM number it is wired to, 0 to 27, or driver = \"simulated\"";

impl TryFrom<SensorTable> for Sensor {
    type Error = &'static str;

    fn try_from(SensorTable { driver, pin, pull, active, debounce }: SensorTable) -> Result<Self, Self::Error> {
        Ok(Self { input: input(driver, pin, pull, active)?, debounce })
    }
}

impl TryFrom<ButtonTable> for Button {
    type Error = &'static str;

    fn try_from(ButtonTable { driver, pin, pull, active, hold }: ButtonTable) -> Result<Self, Self::Error> {
        Ok(Self { input: input(driver, pin, pull, active)?, hold })
    }
}

fn input(driver: Option<InputDriver>, pin: Option<Pin>, pull: Pull, active: Level) -> Result<Input, &'static str> {
    if driver == Some(InputDriver::Gpiochip) && pin.is_none() {
        return Err(NO_INPUT_PIN);
    }
    Ok(Input { driver, line: pin.map(|pin| InputLine { pin, pull, active }) })
}

impl TryFrom<RelayTable> for Relay {
    type Error = &'static str;

    fn try_from(table: RelayTable) -> Result<Self, Self::Error> {
        if table.trace.is_some() && table.driver != Driver::Simulated {
            return Err("trace goes with driver = \"simulated\" only: leave it out");
        }
        let active = table.active.unwrap_or_default();
        match (table.driver, table.pin) {
            // A pin may stay in the file while the relay is simulated for a try.
            (Driver::Simulated, _) => Ok(Self::Simulated { trace: table.trace }),
            (Driver::Gpiochip, Some(pin)) => Ok(Self::Gpiochip { pin, active }),
            (Driver::Rppal, Some(Pin::Number(pin))) => Ok(Self::Rppal { pin, active }),
            (Driver::Rppal, Some(Pin::Name(_))) => {
                Err("driver \"rppal\" knows no line names: write pin as a BCM number, 0 to 27")
            }
            (Driver::Gpiochip | Driver::Rppal, None) => {
                Err("missing key \"pin\": write the relay's BCM number, 0 to 27, or driver = \"simulated\"")
            }
        }
    }
}

impl Serialize for Pin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u8(*number),
            Self::Name(name) => serializer.serialize_str(name),
        }
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Pin;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a BCM number, 0 to 27, or a line's name such as \"GPIO17\"")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Pin, E> {
                u8::try_from(number).ok().filter(|number| *number <= HIGHEST_PIN).map(Pin::Number).ok_or_else(|| {
                    E::custom(format_args!("{number} is not on the header: BCM numbers are 0 to {HIGHEST_PIN}"))
                })
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Pin, E> {
                self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Pin, E> {
                if let Some(number) = header_line(name) {
                    return Ok(Pin::Number(number));
                }
                let fits = (1..=PIN_NAME_BYTES).contains(&name.len());
                if !fits || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(E::custom(format_args!(
                        "{name:?} is no line's name: 1 to {PIN_NAME_BYTES} ASCII characters without \
                         blanks, such as \"GPIO17\""
                    )));
                }
                Ok(Pin::Name(name.to_owned()))
            }
        }

        deserializer.deserialize_any(Written)
    }
}

/// The number in a name that the kernel gives a line of the header: `GPIO17`.
fn header_line(name: &str) -> Option<u8> {
    let number: u8 = name.strip_prefix("GPIO")?.parse().ok()?;
    (number <= HIGHEST_PIN && name == format!("GPIO{number}")).then_some(number)
}

const fn default_debounce() -> Debounce {
    Debounce::millis::<50>()
}

fn default_hold() -> Hold {
    Hold::millis::<500>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, "portcullis.toml").map_err(|error| error.to_string())
    }

    fn with_switch(relay: &str, switch: &str) -> Result<Config, String> {
        parse(&format!("[[gate]]\n[gate.relay]\n{relay}\n[gate.closed_switch]\n{switch}\n"))
    }

    /// The line of the first input, if it is real.
    fn line(config: &Config) -> Option<InputLine> {
        let gate = &config.gates[0];
        gate.inputs().next().and_then(|(_, input)| input.line(&gate.relay)).cloned()
    }

    #[test]
    fn an_input_is_as_real_as_the_gates_relay_unless_it_says_otherwise() {
        let simulated = "driver = \"simulated\"";
        for (relay, switch, real) in [
            ("pin = 17", "pin = 27", true),
            ("driver = \"rppal\"\npin = 17", "pin = 27", true),
            (simulated, "pin = 27", false),
            (simulated, "", false),
            (simulated, "driver = \"gpiochip\"\npin = 27", true),
        ] {
            let config = with_switch(relay, switch).unwrap();
            assert_eq!(line(&config).is_some(), real, "{relay} {switch}");
        }
    }

    #[test]
    fn a_real_input_needs_a_pin() {
        assert_eq!(
            with_switch("pin = 17", "pull = \"down\"").unwrap_err(),
            "portcullis.toml:4: gate.closed_switch: missing key \"pin\": write the BCM number it is wired to, 0 to 27, \
             or driver = \"simulated\""
        );
        let named = with_switch("driver = \"simulated\"", "driver = \"gpiochip\"").unwrap_err();
        assert!(named.contains("gate.closed_switch: missing key \"pin\""), "{named}");
        assert!(
            with_switch("pin = 17", "driver = \"rppal\"\npin = 27").unwrap_err().contains("unknown word \"rppal\"")
        );
    }

    #[test]
    fn a_button_is_held_for_half_a_second_and_never_for_less_than_a_tenth() {
        let hold = |keys| {
            let config = parse(&format!("[[gate]]\n[gate.relay]\npin = 17\n[gate.button]\npin = 25\n{keys}\n"))?;
            Ok::<_, String>(config.gates[0].button.as_ref().unwrap().hold.to_string())
        };
        assert_eq!(hold(""), Ok("500ms".to_owned()));
        assert_eq!(hold("hold = \"1s\""), Ok("1s".to_owned()));
        assert!(hold("hold = \"99ms\"").unwrap_err().contains("100ms to 5s"));
        assert!(hold("debounce = \"50ms\"").unwrap_err().contains("unknown key \"debounce\""));
    }

    #[test]
    fn no_two_tables_have_the_same_pin() {
        let all = "[[gate]]\nopener = \"open-close\"\n[gate.relay]\npin = 17\n[gate.close_relay]\npin = 4\n\
                   [gate.warning]\npin = 5\n[gate.button]\npin = 6\n";
        assert!(parse(all).is_ok());
        for (key, pin) in [("close_relay", "pin = 4"), ("warning", "pin = 5"), ("button", "pin = 6")] {
            let told = parse(&all.replace(pin, "pin = \"GPIO17\"")).unwrap_err();
            assert!(
                told.contains(&format!("gate.{key}.pin: 17 is used twice: the relay of \"Gate\" has it")),
                "{told}"
            );
        }
        let told = parse("[status_led]\npin = 17\n[[gate]]\n[gate.relay]\npin = 17\n").unwrap_err();
        assert_eq!(told, "portcullis.toml:5: gate.relay.pin: 17 is used twice: status_led has it");
    }

    #[test]
    fn a_trace_tells_the_outputs_of_one_gate_apart_and_may_serve_several_gates() {
        let simulated = "driver = \"simulated\"\ntrace = \"relay.jsonl\"\n";
        let gate = |name: &str| format!("[[gate]]\nname = {name:?}\n[gate.relay]\n{simulated}");
        assert!(parse(&format!("{}{}", gate("One"), gate("Two"))).is_ok());
        let told = parse(&format!("{}[gate.warning]\n{simulated}", gate("One"))).unwrap_err();
        assert_eq!(
            told,
            "portcullis.toml:8: gate.warning.trace: another output of this gate has this trace: each needs its own"
        );
        assert!(
            parse("[status_led]\ndriver = \"simulated\"\ntrace = \"\"\n")
                .unwrap_err()
                .contains("status_led.trace: empty")
        );
    }

    #[test]
    fn a_pin_reads_back_as_it_is_written() {
        for pin in [Pin::Number(17), Pin::Name("relay-out".to_owned())] {
            let json = serde_json::to_string(&pin).unwrap();
            assert_eq!(serde_json::from_str::<Pin>(&json).unwrap(), pin);
        }
    }
}
