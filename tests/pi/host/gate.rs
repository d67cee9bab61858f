//! The release program drives a relay's pin: what is seen of it from outside while people open the gate, and while
//! processes die in the middle of a pulse.

use std::time::{Duration, Instant};

use crate::daemon::IN_MEMORY;
use crate::homekit::HomeKit;
use crate::machine::{Machine, Parts};
use crate::pins::{DOOR, SWITCH};

/// As in tests/pi/gate.toml.
const DOOR_PULSE: Duration = Duration::from_millis(500);
const SWITCH_PULSE: Duration = Duration::from_secs(4);

/// How much later than planned a pulse may end, whatever happened, and how soon a dead keeper's must.
const LATE: Duration = Duration::from_millis(250);

/// How long before an edge the processor may have read its clock last.
const CLOCK: Duration = Duration::from_millis(1);

/// How long the owner may have to ask until the relay has rested enough, by this computer's clock.
const PATIENCE: Duration = Duration::from_secs(600);

/// What happens to whom in the middle of a pulse.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Blow {
    KillDaemon,
    KillKeeper,
    KillBoth,
    StopDaemon,
    StopKeeper,
    AbortDaemon,
    AbortKeeper,
    Panic,
}

const ALL: [Blow; 8] = [
    Blow::KillBoth,
    Blow::KillKeeper,
    Blow::KillDaemon,
    Blow::StopDaemon,
    Blow::StopKeeper,
    Blow::AbortDaemon,
    Blow::AbortKeeper,
    Blow::Panic,
];

/// What ends others needs no other program in the machine than ours; the last one does.
const MOST: &[Blow] = ALL.split_at(ALL.len() - 1).0;

/// Where the kernel lets go of what a dead process drove, less can go wrong.
const FEW: [Blow; 3] = [Blow::KillBoth, Blow::KillKeeper, Blow::KillDaemon];

/// Everything, under one setting of the kernel.
pub(crate) fn run(parts: &Parts<'_>, short: bool) {
    println!("a kernel that {} outputs of the dead", if parts.persist { "keeps" } else { "lets go of" });
    let mut machine = Machine::boot(parts);
    let setting = machine.run("cat /sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs");
    assert_eq!(setting.trim(), if parts.persist { "Y" } else { "N" });
    assert!(machine.run("portcullis --version").starts_with("portcullis "));
    IN_MEMORY.start(&mut machine);
    let mut homekit = pair(&machine);
    let pins = machine.pins();
    assert!(pins.changes(DOOR).is_empty() && pins.changes(SWITCH).is_empty(), "nobody asked for anything yet");
    let (writes, readings) = pins.told();
    assert!(writes > 0 && readings > 0, "the emulator tells nothing");
    println!("  no edge from power-up to the first request, in all {writes} writes to the pins' registers");
    machine.check_pins();

    opens(&machine, &mut homekit);
    let blows = match (short, parts.persist) {
        (false, _) => &ALL[..],
        (true, true) => MOST,
        (true, false) => &FEW[..],
    };
    println!("  {:<14}{:>10}{:>10}   by whom", "blow", "struck", "over");
    for &blow in blows {
        strike(&mut machine, &mut homekit, blow, parts.persist);
    }
    IN_MEMORY.stop(&mut machine);
    assert!(!machine.pins().is_pressed(DOOR) && !machine.pins().is_pressed(SWITCH));
    assert_eq!(machine.pins().presses(DOOR), 1, "nobody else opened the door");
    machine.check_pins();
}

fn pair(machine: &Machine) -> HomeKit {
    let begun = Instant::now();
    let homekit = HomeKit::pair(machine.homekit()).unwrap_or_else(|error| panic!("pairing: {error}"));
    println!("  paired, and a session open, in {:.1} s", begun.elapsed().as_secs_f64());
    homekit
}

fn opens(machine: &Machine, homekit: &mut HomeKit) {
    press(machine, homekit, DOOR, ("Door", "32", "0"));
    let on = machine.pins().until(DOOR, true);
    let length = machine.pins().until(DOOR, false) - on;
    println!("  opened: a pulse of {} ms", length.as_millis());
    assert!((DOOR_PULSE - CLOCK..=DOOR_PULSE + LATE).contains(&length), "{length:?}");
    // Home sends it twice.
    assert_eq!(homekit.put("Door", "32", "0").unwrap(), 204);
    assert_eq!(machine.pins().presses(DOOR), 1);
}

/// Writes until the relay is at rest and presses.
fn press(machine: &Machine, homekit: &mut HomeKit, pin: u32, (gate, kind, value): (&str, &str, &str)) -> Duration {
    let before = machine.pins().presses(pin);
    let begun = Instant::now();
    loop {
        let status = homekit.put(gate, kind, value).unwrap_or_else(|error| panic!("{gate}: {error}"));
        if status == 204 && machine.pins().is_pressed(pin) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{gate} is never pressed: {status}");
        // Between the answer and the next look at the pin.
        if machine.pins().presses(pin) > before {
            break;
        }
    }
    assert_eq!(machine.pins().presses(pin), before + 1, "one request is one press");
    machine.pins().until(pin, true)
}

fn strike(machine: &mut Machine, homekit: &mut HomeKit, blow: Blow, persist: bool) {
    if blow == Blow::Panic {
        return panic_in_the_keeper(machine, homekit);
    }
    let presses = machine.pins().presses(SWITCH);
    let on = press(machine, homekit, SWITCH, ("Switch", "25", "true"));
    machine.run(match blow {
        Blow::KillDaemon => "kill -KILL $D",
        Blow::KillKeeper => "kill -KILL $K",
        // Neither has time to notice the other one's end.
        Blow::KillBoth => "stand $D; kill -KILL $K; kill -KILL $D; gone $D; gone $K",
        Blow::StopDaemon => "kill -STOP $D",
        Blow::StopKeeper => "kill -STOP $K",
        Blow::AbortDaemon => "kill -ABRT $D",
        Blow::AbortKeeper => "kill -ABRT $K",
        Blow::Panic => unreachable!(),
    });
    let struck = machine.pins().now() - on;
    assert!(struck < SWITCH_PULSE, "{blow:?} came after the pulse: this machine is too slow for the test");
    if blow == Blow::KillBoth {
        if persist {
            assert!(
                machine.pins().is_pressed(SWITCH),
                "this kernel keeps what the dead drove: {:?}",
                machine.pins().changes(SWITCH)
            );
        } else {
            machine.pins().until(SWITCH, false);
        }
        // As the service manager does after the stop.
        machine.run(&IN_MEMORY.command("release"));
    }
    let over = machine.pins().until(SWITCH, false) - on;
    let by = match blow {
        Blow::KillDaemon | Blow::StopDaemon | Blow::AbortDaemon => "the keeper, on time",
        Blow::KillKeeper | Blow::AbortKeeper if persist => "the daemon, which takes the line back",
        Blow::KillKeeper | Blow::AbortKeeper => "the kernel",
        Blow::StopKeeper => "the daemon, which kills the keeper",
        Blow::KillBoth if persist => "portcullis release",
        Blow::KillBoth => "the kernel, before portcullis release",
        Blow::Panic => unreachable!(),
    };
    print_row(blow, struck, over, by);
    match blow {
        // When somebody comes to do it is not the program's to say.
        Blow::KillBoth => {}
        Blow::KillKeeper | Blow::AbortKeeper => assert!(over < struck + LATE, "{over:?}"),
        _ => assert!((SWITCH_PULSE - CLOCK..=SWITCH_PULSE + LATE).contains(&over), "{over:?}"),
    }
    match blow {
        Blow::StopDaemon => {
            machine.run("kill -CONT $D");
        }
        Blow::KillKeeper | Blow::AbortKeeper | Blow::StopKeeper => IN_MEMORY.find_keeper(machine),
        _ => {
            machine.run("gone $D");
            IN_MEMORY.start(machine);
            homekit.reconnect(machine.homekit()).unwrap();
        }
    }
    assert_eq!(machine.pins().presses(SWITCH), presses + 1, "a pulse is never resumed or repeated");
}

/// The keeper's own part with the line in its hands panics; its process lives on, so that nothing but its unwinding lets
/// go. No request from outside can have it do that, so the test is one of the program's own.
fn panic_in_the_keeper(machine: &mut Machine, homekit: &mut HomeKit) {
    IN_MEMORY.stop(machine);
    machine.run(
        "mkfifo /tmp/word; PORTCULLIS_TEST_PIN=18 portcullis-tests --ignored --exact --nocapture \
         hardware::keeper::holder::tests::a_panic_in_mid_pulse_lets_go_of_a_real_line </tmp/word >/tmp/panic 2>&1 & T=$!; \
         exec 3>/tmp/word",
    );
    let on = machine.pins().until(SWITCH, true);
    machine.run("echo panic >&3");
    let struck = machine.pins().now() - on;
    let over = machine.pins().until(SWITCH, false) - on;
    assert!(struck < SWITCH_PULSE, "too slow");
    assert!(over < struck + LATE, "{over:?}");
    machine.run("runs $T && echo end >&3; exec 3>&-; gone $T; rm /tmp/word");
    let told = machine.run("cat /tmp/panic");
    assert!(told.contains("in the middle of a pulse") && told.contains("test result: ok. 1 passed"), "{told}");
    print_row(Blow::Panic, struck, over, "the keeper, unwinding");
    IN_MEMORY.start(machine);
    homekit.reconnect(machine.homekit()).unwrap();
}

fn print_row(blow: Blow, struck: Duration, over: Duration, by: &str) {
    println!("  {:<14}{:>7} ms{:>7} ms   {by}", format!("{blow:?}"), struck.as_millis(), over.as_millis());
}
