//! `[gate.relay]` and the sensors: which line, and which level means what.

use std::fmt;
use std::path::PathBuf;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use crate::duration::Bounded;

/// How long a sensor must hold still before it is believed. A bouncing reed switch settles well
/// within 2 s, and `0ms` believes it at once.
pub(crate) type Debounce = Bounded<0, 2_000>;

/// What presses the button.
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
}

/// A limit switch or a photo cell.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sensor {
    /// The line.
    pub pin: Pin,
    /// The resistor that holds the line while the contact is open.
    #[serde(default)]
    pub pull: Pull,
    /// The level while the sensor reports.
    #[serde(default)]
    pub active: Level,
    /// How long the level must hold.
    #[serde(default = "default_debounce")]
    pub debounce: Debounce,
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

/// What presses the button of the remote.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize)]
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

fn default_debounce() -> Debounce {
    Debounce::millis::<50>()
}
