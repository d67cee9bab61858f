//! What the lines do when all is well: relays of every polarity, switches, the wall button, the LED.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bench::{Bench, assert_length, portcullis, release, text};
use crate::lines::{DOOR, Gate, Trace, level, pull};
use crate::time::{now, said, until, wait_until};

pub(crate) const BUTTON: u8 = 6;

/// How long the button has to be held, by default.
const HOLD: Duration = Duration::from_millis(500);

pub(crate) fn without_a_daemon(trace: &Trace, gates: &[Gate]) {
    said("commands without a daemon");
    release();
    let doctor = portcullis(&["doctor"]).output().unwrap();
    let told = text(&doctor);
    assert!(!doctor.status.success() && told.contains("gpio=5=op,dl") && told.contains("gpio=22=op,dh"), "{told}");
    assert_eq!(told.matches("the line is there, and free").count(), 8, "{told}");

    // Somebody without the group, and a pin that is not there.
    let stranger = portcullis(&["release"]).uid(1000).gid(1000).output().unwrap();
    assert!(text(&stranger).contains("add it to the group gpio"), "{}", text(&stranger));
    fs::write("/wrong.toml", "[[gate]]\n[gate.relay]\npin = \"GPIO99\"\n").unwrap();
    let wrong = Command::new("portcullis").args(["release", "--config", "/wrong.toml"]).output().unwrap();
    assert!(text(&wrong).contains("no line is called \"GPIO99\""), "{}", text(&wrong));

    // Every edge of a bench is one that was asked for.
    let mut bench = portcullis(&["bench", "Low"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    bench.stdin.take().unwrap().write_all(b"\nq\n").unwrap();
    let told = text(&bench.wait_with_output().unwrap());
    assert!(told.contains("s relay on") && told.contains("s relay off"), "{told}");
    assert_eq!(trace.presses(&gates[1]), 1);
    let all: usize = gates.iter().map(|gate| trace.presses(gate)).sum();
    assert_eq!(all, 1);
    trace.clear();
}

pub(crate) fn lines_are_exclusive() {
    said("a second daemon's lines");
    let refused = portcullis(&["release"]).output().unwrap();
    assert!(!refused.status.success());
    assert!(text(&refused).contains("held by another portcullis"), "{}", text(&refused));
    let doctor = portcullis(&["doctor"]).output().unwrap();
    assert_eq!(text(&doctor).matches("the running daemon has it").count(), 8, "{}", text(&doctor));
    // The LED says that it runs.
    assert!(level(24));
}

pub(crate) fn a_request_of_a_controller_presses_once(bench: &mut Bench, trace: &Trace) {
    said("one request");
    let door = DOOR;
    // The switch at the closed end is open, so it is not closed: it has to be, first.
    pull(27, false);
    until("closed", || bench.door() == ("closed".to_owned(), "sensed".to_owned()));
    let before = now();
    assert_eq!(bench.put("Door", "32", "0"), 204);
    // Home sends it twice.
    assert_eq!(bench.put("Door", "32", "0"), 204);
    until("the end of the pulse", || !door.is_pressed(trace) && trace.pulses(&door).len() == 1);
    let [(on, off)] = trace.pulses(&door)[..] else { panic!("{:?}", trace.pulses(&door)) };
    assert!(on >= before, "the kernel's clock is ours");
    assert_length(off - on);
}

pub(crate) fn switches_tell_where_the_gate_is(bench: &mut Bench) {
    said("the limit switch and the photo cell");
    // It opens: the switch lets go, and nothing but it says so.
    pull(27, true);
    until("opening or open", || bench.door().0 != "closed");
    until("open", || bench.door().0 == "open");
    pull(27, false);
    until("closed again, by a remote", || bench.door() == ("closed".to_owned(), "sensed".to_owned()));
    let status = bench.status();
    assert_eq!(status["gates"][0]["obstruction"], false);
    // Active low: something is in the way.
    pull(4, false);
    until("an obstruction", || bench.status()["gates"][0]["obstruction"] == true);
    pull(4, true);
    until("no obstruction", || bench.status()["gates"][0]["obstruction"] == false);
}

pub(crate) fn a_button_that_is_held_presses_once_and_a_spike_never(bench: &Bench, trace: &Trace) {
    said("the wall button");
    trace.clear();
    // As a long wire picks them up.
    for _ in 0..10 {
        pull(BUTTON, false);
        wait_until(now() + Duration::from_millis(20));
        pull(BUTTON, true);
        wait_until(now() + Duration::from_millis(20));
    }
    assert_eq!(trace.presses(&DOOR), 0);
    let before = now();
    pull(BUTTON, false);
    until("the button counts", || trace.presses(&DOOR) == 1);
    assert!(now() - before >= HOLD);
    until("the end of the pulse", || trace.pulses(&DOOR).len() == 1);
    // It stays pressed, and is let go.
    wait_until(now() + 2 * HOLD);
    pull(BUTTON, true);
    bench.status();
    assert_eq!(trace.presses(&DOOR), 1);
}

pub(crate) fn identify_blinks_the_led(bench: &mut Bench, trace: &Trace) {
    said("the LED");
    let led = Gate { name: "LED", pin: 24, pressed: true, floats: false };
    assert!(led.is_pressed(trace), "it is lit while the daemon runs");
    trace.clear();
    assert_eq!(bench.put("Door", "14", "true"), 204);
    until("blinks", || trace.presses(&led) > 3);
    until("the end of blinking", || {
        let lit = trace.presses(&led);
        wait_until(now() + Duration::from_secs(1));
        trace.presses(&led) == lit
    });
    assert!(led.is_pressed(trace), "it is restored");
}

pub(crate) fn levels_and_lengths_are_right(bench: &mut Bench, trace: &Trace, gates: &[Gate]) {
    said("pulse lengths");
    for gate in gates {
        trace.clear();
        for round in 1..=3 {
            bench.press(gate, trace);
            assert!(gate.is_pressed(trace), "{} is down when the answer is there", gate.name);
            // The record is made just before the level changes.
            until("the end of the pulse", || trace.pulses(gate).len() == round && !gate.is_pressed(trace));
        }
        for (on, off) in trace.pulses(gate) {
            assert_length(off - on);
        }
    }
}
