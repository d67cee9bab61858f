//! What is no request moves nothing: starts and ends of every kind, pairings and state that go.

use std::time::Duration;

use rustix::process::Signal;

use crate::bench::{Bench, Daemon, PULSE, SLOW, daemon, portcullis, text};
use crate::homekit::ID;
use crate::lines::{Gate, Trace};
use crate::processes::{children, signal};
use crate::time::{now, said, until, wait_within};

/// An emulated start takes about a second.
const START: Duration = Duration::from_millis(1_200);

pub(crate) fn restarts_and_crashes(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("restarts, and crashes at any instant of a start");
    trace.clear();
    // There is no reload: whoever sends the signal for one gets an orderly end.
    for by in [Signal::TERM, Signal::HUP, Signal::INT, Signal::KILL] {
        if by == Signal::KILL {
            signal(bench.daemon.pid(), by);
            bench.daemon.wait();
        } else {
            bench.daemon.end(by);
        }
        bench.daemon = Daemon::start();
    }
    bench.daemon.end(Signal::TERM);
    for _ in 0..10 {
        let mut process = daemon().spawn().unwrap();
        wait_within(START);
        process.kill().unwrap();
        process.wait().unwrap();
    }
    until("all keepers are gone", || children("portcullis").is_empty());
    assert_at_rest(trace, gates);
    bench.daemon = Daemon::start();
    for _ in 0..5 {
        signal(bench.daemon.keeper(), Signal::KILL);
        until("another keeper", || bench.daemon.log_has("a new keeper holds the outputs"));
    }
    bench.reconnect();
    assert_at_rest(trace, gates);
}

pub(crate) fn an_end_in_mid_pulse_lets_go_at_once(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("an orderly end in the middle of a pulse");
    for (gate, by) in gates.iter().zip([Signal::TERM, Signal::HUP, Signal::INT]) {
        let length = bench.pulse_with(gate, trace, |bench| bench.daemon.end(by));
        assert!(length <= PULSE + SLOW, "too late");
        bench.daemon = Daemon::start();
        bench.reconnect();
        assert_eq!(trace.pressed(gates), [(gate.name, 1)]);
    }
}

pub(crate) fn pairings_and_state_go(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("unpaired by the phone, unpaired by the owner, reset");
    for gate in gates {
        let length = bench.pulse_with(gate, trace, |bench| bench.homekit.unpair().unwrap());
        assert!(length <= PULSE + SLOW, "too late");
        bench.pair();
        assert_eq!(trace.pressed(gates), [(gate.name, 1)]);
    }
    trace.clear();
    bench.homekit.unpair().unwrap();
    bench.pair();
    succeeds(&["controllers", "remove", ID]);
    bench.pair();
    let refused = portcullis(&["reset", "--yes"]).output().unwrap();
    assert!(!refused.status.success(), "a daemon runs: {}", text(&refused));
    bench.daemon.end(Signal::TERM);
    succeeds(&["reset", "--yes"]);
    bench.daemon = Daemon::start();
    bench.pair();
    assert_at_rest(trace, gates);
}

/// Since the record was cleared, and now.
pub(crate) fn assert_at_rest(trace: &Trace, gates: &[Gate]) {
    assert_eq!(trace.pressed(gates), [], "at {:?}", now());
    for gate in gates {
        assert!(!gate.is_pressed(trace), "{}", gate.name);
    }
}

fn succeeds(arguments: &[&str]) {
    let output = portcullis(arguments).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
}
