//! `portcullis doctor`: what is wrong with the wiring, and what mends it.

use std::fs;
use std::io::{self, Write};

use super::error::CommandError;
use crate::config::{Active, Config, Pin, Relay};
use crate::hardware::{self, Finding};

/// Where the firmware keeps its settings, on today's systems and on older ones.
const CONFIG_TXT: [&str; 2] = ["/boot/firmware/config.txt", "/boot/config.txt"];

/// Looks, without taking or moving anything, also while the daemon runs.
pub(super) fn run(config: &Config) -> Result<(), CommandError> {
    let firmware = CONFIG_TXT.iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    examine(config, &firmware, &mut io::stdout().lock())
}

fn examine(config: &Config, firmware: &str, out: &mut impl Write) -> Result<(), CommandError> {
    let mut report = Report { out, problems: 0 };
    report.place("configuration")?;
    report.fine("read, and within its bounds")?;
    for warning in config.warnings() {
        report.note(&warning)?;
    }
    for gate in &config.gates {
        for (key, relay) in gate.relays() {
            report.place(&format!("gate {:?}: {key}", gate.name.as_str()))?;
            report.output(relay, key != "warning", firmware)?;
        }
        for (key, input) in gate.inputs() {
            report.place(&format!("gate {:?}: {key}", gate.name.as_str()))?;
            match input.line(&gate.relay) {
                None => report.note("simulated: nothing real is read")?,
                Some(line) => {
                    if let Pin::Number(pin) = line.pin {
                        report.finding(&hardware::input_at_boot(pin, line.pull))?;
                    }
                    report.line(&line.pin)?;
                }
            }
        }
    }
    if let Some(led) = &config.status_led {
        report.place("status_led")?;
        report.output(led, false, firmware)?;
    }
    report.end()
}

struct Report<W> {
    out: W,
    problems: usize,
}

impl<W: Write> Report<W> {
    /// `presses`: whether it is a button that would be pressed at boot, and not a light that is on.
    fn output(&mut self, relay: &Relay, presses: bool, firmware: &str) -> io::Result<()> {
        let (pin, active) = match relay {
            Relay::Simulated { .. } => return self.note("simulated: nothing real moves"),
            Relay::Gpiochip { pin, active } => (pin.clone(), *active),
            Relay::Rppal { pin, active } => {
                if let Err(error) = hardware::check_registers() {
                    self.problem(&error.to_string(), &[])?;
                }
                (Pin::Number(*pin), *active)
            }
        };
        if let Pin::Number(number) = pin {
            // What a light does meanwhile moves no gate.
            if presses {
                self.finding(&hardware::output_at_boot(number, active, firmware))?;
            }
        } else if active == Active::Low {
            self.note("whether this line is low while the computer starts, only its board's papers can say")?;
        }
        self.line(&pin)
    }

    /// Whether the kernel has such a line, and who has it.
    fn line(&mut self, pin: &Pin) -> io::Result<()> {
        match hardware::check_line(pin) {
            Ok(()) => self.fine("the line is there, and free"),
            Err(error) if error.is_held_by_us() => self.fine("the line is there, and the running daemon has it"),
            Err(error) => self.problem(&error.to_string(), &[]),
        }
    }

    fn end(mut self) -> Result<(), CommandError> {
        match self.problems {
            0 => Ok(writeln!(self.out, "No problem found.")?),
            count => Err(CommandError::Problems { count }),
        }
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        match (finding.is_problem, finding.mends.as_slice()) {
            (true, mends) => self.problem(&finding.what, mends),
            (false, []) => self.fine(&finding.what),
            (false, mends) => {
                self.note(&finding.what)?;
                self.mends(mends)
            }
        }
    }

    fn place(&mut self, place: &str) -> io::Result<()> {
        writeln!(self.out, "{place}")
    }

    fn fine(&mut self, what: &str) -> io::Result<()> {
        writeln!(self.out, "  fine     {what}")
    }

    fn note(&mut self, what: &str) -> io::Result<()> {
        writeln!(self.out, "  note     {what}")
    }

    fn problem(&mut self, what: &str, mends: &[String]) -> io::Result<()> {
        self.problems += 1;
        writeln!(self.out, "  PROBLEM  {what}")?;
        self.mends(mends)
    }

    fn mends(&mut self, mends: &[String]) -> io::Result<()> {
        mends.iter().try_for_each(|mend| writeln!(self.out, "           mend: {mend}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> (String, Result<(), String>) {
        let config = Config::parse(text, "portcullis.toml").unwrap();
        let mut out = Vec::new();
        let ended = examine(&config, "", &mut out).map_err(|error| error.to_string());
        (String::from_utf8(out).unwrap(), ended)
    }

    #[test]
    fn a_simulated_gate_has_no_problem() {
        let (text, ended) = report("");
        assert!(text.contains("gate \"Gate\": relay\n  note     simulated: nothing real moves\n"), "{text}");
        assert!(text.ends_with("No problem found.\n"), "{text}");
        assert_eq!(ended, Ok(()));
    }

    #[test]
    fn a_wrong_pin_is_told_with_its_mends_and_fails_the_command() {
        let (text, ended) = report("[[gate]]\n[gate.relay]\npin = 17\nactive = \"low\"\n");
        assert!(text.contains("  PROBLEM  from power-on"), "{text}");
        assert!(text.contains("mend: or put a resistor of 4.7 kΩ between GPIO17 and 3.3 V"), "{text}");
        assert!(ended.unwrap_err().contains("problem"));
    }

    #[test]
    fn a_light_that_is_on_at_boot_is_no_problem_of_its_pin() {
        let (text, _) = report("[status_led]\npin = 5\n[[gate]]\n[gate.relay]\ndriver = \"simulated\"\n");
        assert!(!text.contains("power-on"), "{text}");
    }

    #[test]
    fn every_output_and_input_has_its_place() {
        let inputs = ["closed_switch", "open_switch", "obstruction", "button"].map(|key| format!("[gate.{key}]\n"));
        let outputs = ["relay", "close_relay", "stop_relay", "warning"]
            .map(|key| format!("[gate.{key}]\ndriver = \"simulated\"\n"));
        let (text, ended) =
            report(&format!("[[gate]]\nopener = \"open-close\"\n{}{}", outputs.concat(), inputs.concat()));
        assert_eq!(text.matches("gate \"Gate\": ").count(), 8, "{text}");
        assert_eq!(ended, Ok(()));
    }
}
