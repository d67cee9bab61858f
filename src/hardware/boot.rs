//! What the pins of a Raspberry Pi do from power-on until the daemon has them, and whether that presses a button.
//!
//! Nothing here is asked of the machine: the tables are the processor's and the board's.

use std::fmt;

use crate::config::{Active, Pull};

/// Something that doctor has to say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    /// Whether it has to be mended.
    pub is_problem: bool,
    /// What is so.
    pub what: String,
    /// What mends it, one way each, the best one first.
    pub mends: Vec<String>,
}

/// What an output does before the daemon runs. `firmware` is the text of config.txt.
pub(crate) fn output(pin: u8, active: Active, firmware: &str) -> Finding {
    if let Some(finding) = other_use(pin) {
        return finding;
    }
    let rest = rest(pin);
    let idle = match active {
        Active::High => Level::Low,
        Active::Low => Level::High,
        Active::Float => return float(pin, rest),
    };
    if rest == idle {
        return Finding::fine(format!(
            "while the computer starts, {} holds GPIO{pin} {rest}, which is idle",
            puller(pin)
        ));
    }
    let set = firmware_level(firmware, pin) == Some(idle);
    let line = format!("gpio={pin}=op,{}", if idle == Level::Low { "dl" } else { "dh" });
    let mut mends = vec![format!("wire it to another pin: {}", good_pins(idle))];
    // Where the board's own resistor is, no other one wins.
    if !is_fixed(pin) {
        let to = if idle == Level::Low { "ground" } else { "3.3 V" };
        mends.push(format!("or put a resistor of 4.7 kΩ between GPIO{pin} and {to}"));
    }
    mends.push(if set {
        format!("{line} in config.txt is there, but acts only some seconds after power-on")
    } else {
        format!("besides, {line} in config.txt shortens it to the first seconds after power-on")
    });
    let until = if set { "the firmware runs" } else { "the daemon starts" };
    Finding {
        is_problem: true,
        what: format!(
            "from power-on until {until}, {} holds GPIO{pin} {rest}, which presses the button: the gate may move at \
             every start",
            puller(pin)
        ),
        mends,
    }
}

/// What is to be said of an input's pin.
pub(crate) fn input(pin: u8, pull: Pull) -> Finding {
    if let Some(finding) = other_use(pin) {
        return finding;
    }
    if is_fixed(pin) && pull == Pull::Down {
        return Finding {
            is_problem: true,
            what: format!("GPIO{pin} has 1.8 kΩ to 3.3 V on the board: pull = \"down\" cannot win against it"),
            mends: vec![
                "wire the contact to ground, and write pull = \"up\" and active = \"low\"".to_owned(),
                "or wire it to another pin".to_owned(),
            ],
        };
    }
    Finding::fine(format!("GPIO{pin} has no other use"))
}

/// A level of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Level {
    High,
    Low,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::High => "high",
            Self::Low => "low",
        })
    }
}

impl Finding {
    fn fine(what: String) -> Self {
        Self { is_problem: false, what, mends: Vec::new() }
    }
}

/// BCM2835: 0 to 8 are pulled up after a reset and the others down; the later processors do the same.
fn rest(pin: u8) -> Level {
    if pin <= 8 { Level::High } else { Level::Low }
}

/// Whether the board has a resistor of its own on the line: 1.8 kΩ to 3.3 V on the two of I²C.
fn is_fixed(pin: u8) -> bool {
    matches!(pin, 2 | 3)
}

fn puller(pin: u8) -> &'static str {
    if is_fixed(pin) { "the board's 1.8 kΩ" } else { "the processor's pull" }
}

/// Pins that nothing else needs and that rest at this level.
fn good_pins(idle: Level) -> &'static str {
    match idle {
        Level::Low => "17, 22, 23, 24, 25 or 27 are pulled down and free",
        Level::High => "4, 5 or 6 are pulled up and free",
    }
}

fn float(pin: u8, rest: Level) -> Finding {
    match rest {
        Level::High => Finding::fine(format!("while the computer starts, GPIO{pin} is pulled up, which is idle")),
        Level::Low => Finding {
            is_problem: false,
            what: format!(
                "while the computer starts, 50 kΩ pull GPIO{pin} down: too weak to press through an optocoupler, which \
                 most relay boards have, but not through a transistor"
            ),
            mends: vec!["prove it with the power switched on and the daemon off, or take pin 4, 5 or 6".to_owned()],
        },
    }
}

/// Pins that the board moves by itself.
fn other_use(pin: u8) -> Option<Finding> {
    let (what, mend) = match pin {
        0 | 1 => (
            format!(
                "GPIO{pin} is how the firmware looks for an add-on board's memory: it moves while the computer starts"
            ),
            None,
        ),
        14 | 15 => (
            format!(
                "GPIO{pin} is the serial console's {}: it moves with every line that is printed there while the computer \
                 starts",
                if pin == 14 { "output" } else { "input" }
            ),
            Some("or take the console off it: console=serial0,115200 out of cmdline.txt, enable_uart=0 in config.txt"),
        ),
        _ => return None,
    };
    let mut mends = vec!["wire it to another pin: 17, 22, 23, 24, 25 or 27 are free".to_owned()];
    mends.extend(mend.map(str::to_owned));
    Some(Finding { is_problem: true, what, mends })
}

/// The level to which config.txt sets a pin, if it does: the last line counts.
fn firmware_level(firmware: &str, pin: u8) -> Option<Level> {
    firmware.lines().filter_map(|line| gpio_line(line.split('#').next()?.trim(), pin)).next_back()
}

/// `gpio=17,22-25=op,dl`, if it is one, is about `pin` and sets a level.
fn gpio_line(line: &str, pin: u8) -> Option<Level> {
    let (pins, options) = line.strip_prefix("gpio=")?.split_once('=')?;
    let is_meant = pins.split(',').any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let bounds = first.trim().parse::<u8>().ok().zip(last.trim().parse::<u8>().ok());
        bounds.is_some_and(|(first, last)| (first..=last).contains(&pin))
    });
    if !is_meant {
        return None;
    }
    options.split(',').map(str::trim).fold(None, |level, option| match option {
        "dl" | "pd" => Some(Level::Low),
        "dh" | "pu" => Some(Level::High),
        _ => level,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_active_high_relay_is_pressed_at_boot_on_the_low_pins_and_an_active_low_one_on_the_high_pins() {
        for pin in (2..=27).filter(|pin| !matches!(pin, 14 | 15)) {
            assert_eq!(output(pin, Active::High, "").is_problem, pin <= 8, "{pin}");
            assert_eq!(output(pin, Active::Low, "").is_problem, pin > 8, "{pin}");
            assert!(!output(pin, Active::Float, "").is_problem, "{pin}");
        }
    }

    #[test]
    fn pins_with_a_life_of_their_own_are_wrong_for_everything() {
        for pin in [0, 1, 14, 15] {
            for active in [Active::High, Active::Low, Active::Float] {
                assert!(output(pin, active, "").is_problem, "{pin}");
            }
            assert!(input(pin, Pull::Up).is_problem, "{pin}");
        }
        assert!(output(14, Active::High, "").mends[1].contains("cmdline.txt"));
    }

    #[test]
    fn each_problem_names_a_pin_a_resistor_and_a_line_of_the_firmware() {
        let high = output(5, Active::High, "");
        assert!(high.what.contains("GPIO5 high"), "{}", high.what);
        assert_eq!(
            high.mends,
            [
                "wire it to another pin: 17, 22, 23, 24, 25 or 27 are pulled down and free",
                "or put a resistor of 4.7 kΩ between GPIO5 and ground",
                "besides, gpio=5=op,dl in config.txt shortens it to the first seconds after power-on",
            ]
        );
        let low = output(17, Active::Low, "");
        assert_eq!(
            low.mends,
            [
                "wire it to another pin: 4, 5 or 6 are pulled up and free",
                "or put a resistor of 4.7 kΩ between GPIO17 and 3.3 V",
                "besides, gpio=17=op,dh in config.txt shortens it to the first seconds after power-on",
            ]
        );
    }

    #[test]
    fn no_resistor_is_advised_against_the_boards_own() {
        for pin in [2, 3] {
            let finding = output(pin, Active::High, "");
            assert!(finding.is_problem && finding.mends.iter().all(|mend| !mend.contains("4.7")));
            assert!(input(pin, Pull::Down).is_problem);
            assert!(!input(pin, Pull::Up).is_problem);
        }
    }

    #[test]
    fn a_line_of_the_firmware_is_found_and_does_not_make_it_right() {
        let firmware = "# gpio=17=op,dl\n[all]\ngpio=4,16-18=op,dh # relay\n";
        let finding = output(17, Active::Low, firmware);
        assert!(finding.is_problem && finding.what.contains("until the firmware runs"), "{}", finding.what);
        assert!(finding.mends[2].contains("is there"));
        // The other level is as good as none.
        assert!(output(5, Active::High, "gpio=5=op,dh\n").mends[2].contains("besides"));
        assert_eq!(firmware_level("gpio=5=op,dh\ngpio=0-9=op,dl\n", 5), Some(Level::Low));
        assert_eq!(firmware_level("gpio=5=ip,np\n", 5), None);
        assert_eq!(firmware_level("dtparam=gpio=5\n", 5), None);
    }

    proptest! {
        #[test]
        fn any_config_txt_is_read(text in "(?s).{0,200}|(gpio=[0-9,-]{0,9}=[a-z,]{0,9}\n){0,5}", pin in 0_u8..=27) {
            let _ = output(pin, Active::Low, &text);
        }
    }
}
