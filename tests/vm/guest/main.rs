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
mod group;
#[path = "../homekit.rs"]
mod homekit;
mod lines;
mod polarity;
mod processes;
mod rest;
mod surroundings;
mod time;
mod wiring;

use crate::bench::{Bench, configure};
use crate::lines::{Gate, Trace};
use crate::time::said;

fn main() {
    let gates = [
        Gate { name: "High", pin: 5, pressed: true, floats: false },
        Gate { name: "Low", pin: 22, pressed: false, floats: false },
        Gate { name: "Float", pin: 23, pressed: false, floats: true },
    ];
    configure(&gates);
    group::make();
    let trace = Trace::start();
    for gate in &gates {
        gate.pull(!gate.pressed);
    }
    wiring::without_a_daemon(&trace, &gates);
    let bench = &mut Bench::start();
    said("the daemon runs: no button was pressed");
    rest::assert_at_rest(&trace, &gates);
    wiring::lines_are_exclusive();
    wiring::a_request_of_a_controller_presses_once(bench, &trace);
    wiring::switches_tell_where_the_gate_is(bench);
    wiring::a_button_that_is_held_presses_once_and_a_spike_never(bench, &trace);
    wiring::identify_blinks_the_led(bench, &trace);
    wiring::levels_and_lengths_are_right(bench, &trace, &gates);
    blows::a_pulse_ends_whoever_is_struck(bench, &trace, &gates);
    blows::a_daemon_that_panics_lets_go(bench, &trace, &gates);
    surroundings::the_clock_jumps(bench, &trace, &gates);
    surroundings::the_network_goes_and_comes_back(bench, &trace, &gates);
    rest::pairings_and_state_go(bench, &trace, &gates);
    rest::an_end_in_mid_pulse_lets_go_at_once(bench, &trace, &gates);
    polarity::relays_are_wired_the_other_way_round(bench, &trace, &gates);
    rest::restarts_and_crashes(bench, &trace, &gates);
}
