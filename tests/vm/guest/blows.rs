//! Who dies or stands still in the middle of a pulse, and when the pulse is over then.

use std::time::Duration;

use rustix::process::Signal;

use crate::bench::{Bench, Daemon, PULSE, SLOW, assert_length, log, release, until_both_are_gone};
use crate::group;
use crate::lines::{Gate, Trace};
use crate::processes::{children, signal, threads};
use crate::time::{now, said, until, wait_until, wait_within};

/// How long after its planned end a pulse may be over, whoever dies.
const LATE: Duration = Duration::from_millis(250);

/// How long after its planned end the daemon looks at a keeper that says nothing.
const OVERDUE: Duration = Duration::from_millis(100);

/// By then every gate has arrived, or is told to have stopped: nothing of one is left to be written.
const ARRIVED: Duration = Duration::from_secs(30);

/// What happens to whom in the middle of a pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blow {
    KillDaemon,
    StopDaemon,
    KillKeeper,
    StopKeeper,
    KillBoth,
    OutOfMemoryDaemon,
    OutOfMemoryKeeper,
    OutOfMemoryBoth,
}

/// All of them; a signal comes twice.
const BLOWS: [Blow; 13] = [
    Blow::KillDaemon,
    Blow::StopDaemon,
    Blow::KillKeeper,
    Blow::StopKeeper,
    Blow::KillBoth,
    Blow::OutOfMemoryDaemon,
    Blow::OutOfMemoryKeeper,
    Blow::OutOfMemoryBoth,
    Blow::KillDaemon,
    Blow::StopDaemon,
    Blow::KillKeeper,
    Blow::StopKeeper,
    Blow::KillBoth,
];

pub(crate) fn a_pulse_ends_whoever_is_struck(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("signals, and no memory left, at any instant of a pulse");
    for gate in gates {
        for blow in BLOWS {
            strike_in_mid_pulse(bench, trace, gate, blow);
            // A pulse is never resumed or repeated, by nobody, and is nobody else's.
            assert_eq!(trace.pressed(gates), [(gate.name, 1)]);
        }
    }
}

fn strike_in_mid_pulse(bench: &mut Bench, trace: &Trace, gate: &Gate, blow: Blow) {
    trace.clear();
    bench.press(gate, trace);
    let instant = wait_within(PULSE);
    let has_no_keeper = !matches!(blow, Blow::KillDaemon | Blow::StopDaemon | Blow::OutOfMemoryDaemon);
    // Where the keeper dies, the line is pressed for as long as nobody holds it.
    if !gate.floats && has_no_keeper {
        gate.pull(gate.pressed);
    }
    let keeper = strike(bench, blow);
    if matches!(blow, Blow::KillBoth | Blow::OutOfMemoryBoth) {
        release();
        gate.pull(!gate.pressed);
    }
    until("the end of the pulse", || !gate.is_pressed(trace));
    gate.pull(!gate.pressed);
    let (on, off) = *trace.pulses(gate).last().expect("it was told to be idle");
    let length = off - on;
    println!(
        "  {:<6}{:<18}after {:>3} ms: over after {} ms",
        gate.name,
        format!("{blow:?}"),
        instant.as_millis(),
        length.as_millis()
    );
    match blow {
        // The keeper does not notice.
        Blow::KillDaemon | Blow::StopDaemon | Blow::OutOfMemoryDaemon => assert_length(length),
        Blow::KillKeeper | Blow::StopKeeper | Blow::OutOfMemoryKeeper => {
            assert!(length <= PULSE + LATE + SLOW, "too late");
        }
        // Whenever the service manager comes.
        Blow::KillBoth | Blow::OutOfMemoryBoth => {}
    }
    if blow == Blow::StopKeeper && length < PULSE + OVERDUE {
        // It was stopped when it had ended the pulse already, which is nothing that anybody notices.
        signal(keeper, Signal::CONT);
    } else {
        recover(bench, blow);
    }
    assert!(!gate.is_pressed(trace));
}

/// Answers with the keeper that was there.
fn strike(bench: &Bench, blow: Blow) -> u32 {
    let (daemon, keeper) = (bench.daemon.pid(), bench.daemon.keeper());
    match blow {
        Blow::KillDaemon => signal(daemon, Signal::KILL),
        Blow::StopDaemon => signal(daemon, Signal::STOP),
        Blow::KillKeeper => signal(keeper, Signal::KILL),
        Blow::StopKeeper => signal(keeper, Signal::STOP),
        Blow::KillBoth => bench.daemon.kill_with_keeper(),
        Blow::OutOfMemoryDaemon => group::kill_for_memory(daemon, keeper),
        Blow::OutOfMemoryKeeper => group::kill_for_memory(keeper, daemon),
        Blow::OutOfMemoryBoth => {
            group::kill_all_for_memory([daemon, keeper]);
            until_both_are_gone();
        }
    }
    keeper
}

/// As the service manager does.
fn recover(bench: &mut Bench, blow: Blow) {
    match blow {
        Blow::StopDaemon => signal(bench.daemon.pid(), Signal::CONT),
        Blow::KillKeeper | Blow::StopKeeper | Blow::OutOfMemoryKeeper => {
            until("another keeper", || bench.daemon.log_has("a new keeper holds the outputs"));
        }
        Blow::KillDaemon | Blow::KillBoth | Blow::OutOfMemoryDaemon | Blow::OutOfMemoryBoth => {
            bench.daemon = Daemon::start();
            bench.reconnect();
        }
    }
}

/// What a gate did last is written by a thread that the daemon starts for it. Where the system has none to give, the part of
/// the daemon that wants it panics, in the middle of the pulse that is to be written; the daemon unwinds, and ends.
pub(crate) fn a_daemon_that_panics_lets_go(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("a panic in the middle of a pulse");
    for gate in gates {
        trace.clear();
        wait_until(now() + ARRIVED);
        // One that nobody needs any more goes after ten seconds.
        let threads = || threads(bench.daemon.pid());
        until("the runtime has no other thread", || !threads().iter().any(|name| name.starts_with("tokio")));
        group::forbid_threads();
        // The answer may be lost with the daemon.
        let _ = bench.try_put(gate.name, "25", "true");
        until("the press", || trace.presses(gate) == 1);
        let ended = bench.daemon.wait();
        group::allow_threads();
        assert_eq!(ended.code(), Some(1), "{}", log());
        assert!(bench.daemon.log_has("a part of the daemon panicked"), "{}", log());
        until("the keeper is gone", || children("portcullis").is_empty());
        let [(on, off)] = trace.pulses(gate)[..] else { panic!("{}: {:?}", gate.name, trace.pulses(gate)) };
        println!("  {:<6}over after {} ms", gate.name, (off - on).as_millis());
        assert!(off - on < PULSE, "the panic came later");
        bench.daemon = Daemon::start();
        bench.reconnect();
        assert!(!gate.is_pressed(trace));
        assert_eq!(trace.pressed(gates), [(gate.name, 1)]);
    }
}
