//! Who dies or stands still in the middle of a pulse, and when the pulse is over then.

use std::time::Duration;

use rustix::process::Signal;

use crate::bench::{Bench, Daemon, PULSE, SLOW, assert_length, portcullis, text};
use crate::lines::{Gate, Trace};
use crate::processes::{children, signal};
use crate::time::{now, random, said, until, wait_until};

/// How long after its planned end a pulse may be over, whoever dies.
const LATE: Duration = Duration::from_millis(250);

/// How long after its planned end the daemon looks at a keeper that says nothing.
const OVERDUE: Duration = Duration::from_millis(100);

/// Who gets which signal in the middle of a pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blow {
    KillDaemon,
    StopDaemon,
    KillKeeper,
    StopKeeper,
    KillBoth,
}

pub(crate) fn a_storm_of_signals(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("signals at any instant of a pulse");
    let blows = [Blow::KillDaemon, Blow::StopDaemon, Blow::KillKeeper, Blow::StopKeeper, Blow::KillBoth];
    trace.clear();
    for gate in gates {
        for (count, blow) in (1..).zip(blows.into_iter().chain(blows)) {
            bench.press(gate, trace);
            let on = now();
            let instant = PULSE * u32::from(random()) / u32::from(u16::MAX);
            wait_until(on + instant);
            // Where the keeper dies, the line is pressed for as long as nobody holds it.
            if !gate.floats && blow != Blow::KillDaemon {
                gate.pull(gate.pressed);
            }
            let keeper = bench.strike(blow);
            if blow == Blow::KillBoth {
                let released = portcullis(&["release"]).output().unwrap();
                assert!(released.status.success(), "{}", text(&released));
                gate.pull(!gate.pressed);
            }
            until("the end of the pulse", || !gate.is_pressed(trace));
            gate.pull(!gate.pressed);
            let (on, off) = *trace.pulses(gate).last().expect("it was told to be idle");
            let length = off - on;
            println!(
                "  {:<6}{blow:?} after {:>3} ms: over after {} ms",
                gate.name,
                instant.as_millis(),
                length.as_millis()
            );
            match blow {
                // The keeper does not notice.
                Blow::KillDaemon | Blow::StopDaemon => assert_length(length),
                Blow::KillKeeper | Blow::StopKeeper => assert!(length <= PULSE + LATE + SLOW, "too late"),
                // Whenever the service manager comes.
                Blow::KillBoth => {}
            }
            if blow == Blow::StopKeeper && length < PULSE + OVERDUE {
                // It was stopped when it had ended the pulse already, which is nothing that anybody notices.
                signal(keeper, Signal::CONT);
            } else {
                bench.recover(blow);
            }
            // A pulse is never resumed or repeated, by nobody.
            assert!(!gate.is_pressed(trace));
            assert_eq!(trace.presses(gate), count);
        }
    }
    for gate in gates {
        assert_eq!(trace.presses(gate), 10, "{}: one press for each request", gate.name);
    }
}

impl Bench {
    /// Answers with the keeper that was there.
    fn strike(&self, blow: Blow) -> u32 {
        let (daemon, keeper) = (self.daemon.0.id(), self.daemon.keeper());
        match blow {
            Blow::KillDaemon => signal(daemon, Signal::KILL),
            Blow::StopDaemon => signal(daemon, Signal::STOP),
            Blow::KillKeeper => signal(keeper, Signal::KILL),
            Blow::StopKeeper => signal(keeper, Signal::STOP),
            Blow::KillBoth => {
                // Neither has time to notice the other one's end.
                signal(daemon, Signal::STOP);
                signal(keeper, Signal::KILL);
                signal(daemon, Signal::KILL);
                until("both are gone", || children("portcullis").iter().all(|(_, state)| state == "Z"));
            }
        }
        keeper
    }

    /// As the service manager does.
    fn recover(&mut self, blow: Blow) {
        match blow {
            Blow::StopDaemon => signal(self.daemon.0.id(), Signal::CONT),
            Blow::KillKeeper | Blow::StopKeeper => {
                until("another keeper", || self.daemon.log_has("a new keeper holds the outputs"));
            }
            Blow::KillDaemon | Blow::KillBoth => {
                self.daemon = Daemon::start();
                self.homekit.as_mut().unwrap().reconnect(self.address).unwrap();
            }
        }
    }
}
