//! What runs inside the virtual machine of `tests/vm/run`: the release program on a simulated chip, a HomeKit controller,
//! and the kernel's own record of every level it was told to set.
//!
//! A check that fails ends it with a panic. `CHIP` is the directory of the chip's simulated lines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may panic and says what it does"
)]

mod bench;
mod blows;
#[path = "../homekit.rs"]
mod homekit;
mod lines;
mod processes;
mod rest;
mod time;
mod wiring;

use std::fs;

use crate::bench::{Bench, CONFIG};
use crate::lines::{Gate, Trace};
use crate::time::said;

fn main() {
    write_config();
    let trace = Trace::start();
    let gates = [
        Gate { name: "High", pin: 5, pressed: true, floats: false },
        Gate { name: "Low", pin: 22, pressed: false, floats: false },
        Gate { name: "Float", pin: 23, pressed: false, floats: true },
    ];
    for gate in &gates {
        gate.pull(!gate.pressed);
    }
    wiring::without_a_daemon(&trace, &gates);
    let mut bench = Bench::start();
    said("the daemon runs: no button was pressed");
    for gate in &gates {
        assert!(!gate.is_pressed(&trace));
        assert_eq!(trace.presses(gate), 0);
    }
    wiring::lines_are_exclusive();
    wiring::a_request_of_a_controller_presses_once(&mut bench, &trace);
    wiring::switches_tell_where_the_gate_is(&mut bench);
    wiring::a_button_that_is_held_presses_once_and_a_spike_never(&bench, &trace);
    wiring::identify_blinks_the_led(&mut bench, &trace);
    wiring::levels_and_lengths_are_right(&mut bench, &trace, &gates);
    blows::a_storm_of_signals(&mut bench, &trace, &gates);
    rest::restarts_and_crashes(bench, &trace, &gates);
}

fn write_config() {
    let storm = |name: &str, pin: &str, active: &str| {
        format!(
            "[[gate]]\nname = \"{name}\"\naccessory = \"switch\"\npulse = \"500ms\"\nclose_when_assumed = true\n\
             pulses_a_minute = 60\n[gate.relay]\npin = {pin}\nactive = \"{active}\"\n"
        )
    };
    let text = format!(
        "[homekit]\nbind = \"127.0.0.1:51826\"\nadvertise = false\nsetup_code = \"031-45-154\"\n\
         [status_led]\npin = 24\n\
         [[gate]]\nname = \"Door\"\npulse = \"500ms\"\ntravel = \"2s\"\n[gate.relay]\npin = 17\n\
         [gate.closed_switch]\npin = 27\n[gate.obstruction]\npin = 4\n[gate.button]\npin = 6\n{}{}{}",
        storm("High", "5", "high"),
        storm("Low", "\"GPIO22\"", "low"),
        storm("Float", "23", "float")
    );
    fs::write(CONFIG, text).unwrap();
}
