//! What happens around the gate moves nothing, and changes no pulse: the network goes and comes back, the clock is set.

use std::process::{Child, Command};
use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime, clock_settime};

use crate::bench::{Bench, assert_length};
use crate::lines::{DOOR, Gate, Trace, pull};
use crate::rest::assert_at_rest;
use crate::time::{now, said, until, wait_until};
use crate::wiring::BUTTON;

const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;

/// In seconds: summer time, a clock without a battery that hears of the time, and one that is put right again.
const JUMPS: [i64; 4] = [HOUR, -2 * HOUR, 10 * YEAR, HOUR - 10 * YEAR];

/// How long nothing happens afterwards.
const QUIET: Duration = Duration::from_secs(2);

pub(crate) fn the_clock_jumps(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("the clock jumps");
    trace.clear();
    let door = bench.door();
    for seconds in JUMPS {
        // A spike on the wall button is none the longer for it.
        pull(BUTTON, false);
        jump(seconds);
        wait_until(now() + Duration::from_millis(20));
        pull(BUTTON, true);
        wait_until(now() + QUIET);
        assert_eq!(bench.door(), door);
    }
    assert_at_rest(trace, gates);
    for (gate, seconds) in gates.iter().cycle().zip(JUMPS) {
        assert_length(bench.pulse_with(gate, trace, |_| jump(seconds)));
        wait_until(now() + QUIET);
        assert_eq!(trace.pressed(gates), [(gate.name, 1)]);
    }
}

pub(crate) fn the_network_goes_and_comes_back(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("the network goes and comes back");
    trace.clear();
    for _ in 0..3 {
        network_goes();
        wait_until(now() + QUIET);
        network_comes_back();
        wait_until(now() + QUIET);
    }
    assert_at_rest(trace, gates);
    for gate in gates {
        assert_length(bench.pulse_with(gate, trace, |_| network_goes()));
        network_comes_back();
        assert_eq!(trace.pressed(gates), [(gate.name, 1)]);
    }
    // What a phone asks for meanwhile is heard when the network is back. Home asks again, in another session.
    // A simulated line was pulled up when its daemon took it.
    pull(27, false);
    until("closed", || bench.door() == ("closed".to_owned(), "sensed".to_owned()));
    trace.clear();
    network_goes();
    let mut back = shell(&format!("sleep 1 && {COMES_BACK}"));
    assert_eq!(bench.put(DOOR.name, "32", "0"), 204);
    assert!(back.wait().unwrap().success());
    bench.reconnect();
    assert_eq!(bench.put(DOOR.name, "32", "0"), 204);
    until("the end of the pulse", || trace.pulses(&DOOR).len() == 1);
    wait_until(now() + QUIET);
    assert_eq!(trace.pressed(gates), [(DOOR.name, 1)]);
}

const COMES_BACK: &str = "ifconfig lo 127.0.0.1 up";

fn network_goes() {
    assert!(shell("ifconfig lo down").wait().unwrap().success());
}

fn network_comes_back() {
    assert!(shell(COMES_BACK).wait().unwrap().success());
}

fn shell(command: &str) -> Child {
    Command::new("sh").args(["-c", command]).spawn().unwrap()
}

fn jump(seconds: i64) {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::Realtime);
    clock_settime(ClockId::Realtime, Timespec { tv_sec: tv_sec + seconds, tv_nsec }).unwrap();
}
