//! The chip's lines: levels from outside, and the kernel's own record of what it was told about each.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::bench::text;

const TRACING: &str = "/sys/kernel/tracing";

/// A gate whose accessory is a switch: each "on" is one press.
pub(crate) struct Gate {
    pub(crate) name: &'static str,
    pub(crate) pin: u8,
    /// The level that presses.
    pub(crate) pressed: bool,
    /// Idle is no level of its own.
    pub(crate) floats: bool,
}

/// The gate with sensors, which is a garage door.
pub(crate) const DOOR: Gate = Gate { name: "Door", pin: 17, pressed: true, floats: false };

impl Gate {
    pub(crate) fn is_pressed(&self, trace: &Trace) -> bool {
        if self.floats {
            // A simulated line that nobody drives any more keeps its level; the record says that nobody does.
            return trace.presses_and_ends(self).last().is_some_and(|(_, end)| end.is_none());
        }
        level(self.pin) == self.pressed
    }

    /// The same with a relay that is pressed by the other level.
    pub(crate) fn turned(&self) -> Self {
        Self { pressed: !self.pressed, floats: false, ..*self }
    }

    /// The word of the configuration.
    pub(crate) fn active(&self) -> &'static str {
        match self {
            Self { floats: true, .. } => "float",
            Self { pressed: true, .. } => "high",
            _ => "low",
        }
    }

    /// What the line is when nobody drives it.
    pub(crate) fn pull(&self, high: bool) {
        pull(self.pin, high);
    }
}

/// The kernel's record of what it was told about lines.
pub(crate) struct Trace {
    /// The kernel's number of the header's line 0.
    base: u32,
}

impl Trace {
    pub(crate) fn start() -> Self {
        fs::write(format!("{TRACING}/trace_clock"), "mono").unwrap();
        for event in ["gpio_value", "gpio_direction"] {
            fs::write(format!("{TRACING}/events/gpio/{event}/enable"), "1").unwrap();
        }
        // One line, so that its number tells the others'.
        fs::write("/one.toml", "[[gate]]\n[gate.relay]\npin = 17\n").unwrap();
        let released = Command::new("portcullis").args(["release", "--config", "/one.toml"]).output().unwrap();
        assert!(released.status.success(), "{}", text(&released));
        let trace = Self { base: 0 };
        let number = trace.events().first().expect("the kernel records levels").1;
        trace.clear();
        Self { base: number - 17 }
    }

    pub(crate) fn clear(&self) {
        fs::write(format!("{TRACING}/trace"), "").unwrap();
    }

    /// Time, line and what happened to it.
    fn events(&self) -> Vec<(Duration, u32, What)> {
        let text = fs::read_to_string(format!("{TRACING}/trace")).unwrap();
        let lost = text.lines().filter(|line| line.contains("LOST") && line.contains("EVENTS")).count();
        assert_eq!(lost, 0, "the kernel's record is too small");
        text.lines().filter_map(event).collect()
    }

    fn events_of(&self, gate: &Gate) -> impl Iterator<Item = (Duration, u32, What)> {
        let number = self.base + u32::from(gate.pin);
        self.events().into_iter().filter(move |(_, line, _)| *line == number)
    }

    /// The begin and, if it is over, the end of each press: when the line was driven to the level that presses.
    fn presses_and_ends(&self, gate: &Gate) -> Vec<(Duration, Option<Duration>)> {
        let (mut value, mut output) = (!gate.pressed, true);
        let mut presses: Vec<(Duration, Option<Duration>)> = Vec::new();
        for (at, _, what) in self.events_of(gate) {
            match what {
                What::Set(high) => value = high,
                What::Output(is_output) => output = is_output,
            }
            let is_pressed = output && value == gate.pressed;
            match presses.last_mut().filter(|(_, end)| end.is_none()) {
                Some((_, end)) if !is_pressed => *end = Some(at),
                None if is_pressed => presses.push((at, None)),
                _ => {}
            }
        }
        presses
    }

    pub(crate) fn presses(&self, gate: &Gate) -> usize {
        self.presses_and_ends(gate).len()
    }

    /// Each of these gates and of the door that was pressed, and how often.
    pub(crate) fn pressed(&self, gates: &[Gate]) -> Vec<(&'static str, usize)> {
        let all = gates.iter().chain([&DOOR]).map(|gate| (gate.name, self.presses(gate)));
        all.filter(|(_, presses)| *presses > 0).collect()
    }

    /// What a gate's line was driven to, one after the other; `None` where nobody drove it any more.
    pub(crate) fn driven(&self, gate: &Gate) -> Vec<Option<bool>> {
        let (mut value, mut output) = (None, None);
        let mut driven = Vec::new();
        for (_, _, what) in self.events_of(gate) {
            match what {
                What::Set(high) => value = Some(high),
                What::Output(is_output) => output = Some(is_output),
            }
            // A level alone says nothing about a line whose direction is not known yet.
            if let Some(is_output) = output {
                driven.push(value.filter(|_| is_output));
            }
        }
        driven.dedup();
        driven
    }

    /// The whole pulses.
    pub(crate) fn pulses(&self, gate: &Gate) -> Vec<(Duration, Duration)> {
        self.presses_and_ends(gate).into_iter().filter_map(|(on, off)| Some((on, off?))).collect()
    }
}

#[derive(Clone, Copy, Debug)]
enum What {
    Set(bool),
    Output(bool),
}

/// `portcullis-keep-71 [000] ..... 12.345678: gpio_value: 529 set 1`, and `gpio_direction: 529 out (0)`.
fn event(line: &str) -> Option<(Duration, u32, What)> {
    let (head, value) = line.split_once(": gpio_")?;
    let at = Duration::from_secs_f64(head.split_whitespace().next_back()?.parse().ok()?);
    let words: Vec<&str> = value.split_whitespace().collect();
    let what = match words[..] {
        ["value:", _, "set", level] => What::Set(level == "1"),
        ["direction:", _, direction, "(0)"] => What::Output(direction == "out"),
        _ => return None,
    };
    Some((at, words[1].parse().ok()?, what))
}

fn line(pin: u8, attribute: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("CHIP").expect("CHIP is the chip's directory"))
        .join(format!("sim_gpio{pin}/{attribute}"))
}

pub(crate) fn level(pin: u8) -> bool {
    fs::read_to_string(line(pin, "value")).unwrap().trim() == "1"
}

pub(crate) fn pull(pin: u8, high: bool) {
    fs::write(line(pin, "pull"), if high { "pull-up" } else { "pull-down" }).unwrap();
}
