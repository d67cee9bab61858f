//! What moves nothing.

use std::time::Duration;

use crate::bench::{ADDRESS, Bench, Daemon, daemon};
use crate::lines::{Gate, Trace};
use crate::processes::children;
use crate::time::{now, random, said, until, wait_until};

pub(crate) fn restarts_and_crashes(bench: Bench, trace: &Trace, gates: &[Gate]) {
    said("restarts and crashes");
    bench.stop();
    trace.clear();
    for round in 0..5 {
        let bench = Bench { address: ADDRESS.parse().unwrap(), daemon: Daemon::start(), homekit: None };
        if round % 2 == 0 { bench.stop() } else { drop(bench) }
    }
    for _ in 0..10 {
        let mut process = daemon().spawn().unwrap();
        // An emulated start takes about a second.
        wait_until(now() + Duration::from_millis(1_200) * u32::from(random()) / u32::from(u16::MAX));
        process.kill().unwrap();
        process.wait().unwrap();
    }
    until("all keepers are gone", || children("portcullis").is_empty());
    for gate in gates {
        assert_eq!(trace.presses(gate), 0, "{}", gate.name);
        assert!(!gate.is_pressed(trace));
    }
}
