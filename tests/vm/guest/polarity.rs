//! Relays that are wired the other way round from one start to the next.
//!
//! The one change of a line's level is then the one to the new idle level, whatever was driven before.

use rustix::process::Signal;

use crate::bench::{Bench, Daemon, assert_length, configure, release};
use crate::lines::{Gate, Trace};
use crate::rest::assert_at_rest;
use crate::time::said;

pub(crate) fn relays_are_wired_the_other_way_round(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("relays are wired the other way round");
    let turned: Vec<_> = gates.iter().map(Gate::turned).collect();
    bench.daemon.end(Signal::TERM);
    wire(&turned);
    trace.clear();
    bench.daemon = Daemon::start();
    bench.reconnect();
    assert_only_idle(trace, &turned);
    for gate in &turned {
        assert_length(bench.pulse_with(gate, trace, |_| {}));
        assert_eq!(trace.pressed(&turned), [(gate.name, 1)]);
    }

    // And back, after an end that left all of them pressed.
    // The last one has rested the least.
    for gate in turned.iter().rev() {
        bench.press(gate, trace);
    }
    assert!(turned.iter().all(|gate| gate.is_pressed(trace)));
    bench.daemon.kill_with_keeper();
    wire(gates);
    trace.clear();
    release();
    assert_only_idle(trace, gates);
    trace.clear();
    bench.daemon = Daemon::start();
    bench.reconnect();
    assert_only_idle(trace, gates);
}

fn wire(gates: &[Gate]) {
    configure(gates);
    for gate in gates {
        gate.pull(!gate.pressed);
    }
}

fn assert_only_idle(trace: &Trace, gates: &[Gate]) {
    assert_at_rest(trace, gates);
    for gate in gates {
        let idle = if gate.floats { None } else { Some(!gate.pressed) };
        assert_eq!(trace.driven(gate), [idle], "{}", gate.name);
    }
}
