//! What limit switches and the photo cell change.

use std::time::Duration;

use super::day::{AT_CLOSED, BETWEEN_BOTH, Day, TRAVEL, seconds};
use super::*;

fn margin() -> Duration {
    limits::margin(Travel::millis::<18_000>())
}

fn careful(opener: Opener) -> Settings {
    Settings { close_when_assumed: false, ..Settings::plain(opener) }
}

/// A gate with both switches that stands open.
fn open(settings: Settings) -> Day {
    Day::sensing(settings, Sensors { closed_switch: Some(false), open_switch: Some(true), obstruction: Some(false) })
}

#[test]
fn the_switches_say_when_it_leaves_and_when_it_arrives() {
    let mut day = Day::sensing(careful(Opener::Step), BETWEEN_BOTH);
    assert_eq!(day.gate.state().confidence, Confidence::Sensed);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.gate.state().confidence, Confidence::Assumed, "it was only told to");
    day.pass(seconds(1));
    day.sense(Sensor::ClosedSwitch, false);
    assert_eq!((day.door(), day.gate.state().confidence), (DoorState::Opening, Confidence::Sensed));
    day.pass(TRAVEL);
    assert_eq!(day.door(), DoorState::Opening, "the switch decides, not the time");
    day.sense(Sensor::OpenSwitch, true);
    assert_eq!((day.door(), day.gate.state().confidence), (DoorState::Open, Confidence::Sensed));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    day.sense(Sensor::OpenSwitch, false);
    day.pass(seconds(15));
    day.sense(Sensor::ClosedSwitch, true);
    assert_eq!(day.door(), DoorState::Closed);
    assert_eq!(day.gate.state().fault, None);
}

#[test]
fn a_movement_from_outside_changes_target_and_current_together() {
    let mut day = Day::sensing(careful(Opener::Step), BETWEEN_BOTH);
    day.sense(Sensor::ClosedSwitch, false);
    day.sense(Sensor::OpenSwitch, true);
    day.sense(Sensor::OpenSwitch, false);
    day.sense(Sensor::ClosedSwitch, true);
    let seen: Vec<_> = day.states.iter().map(|state| (state.current, state.target)).collect();
    assert_eq!(
        seen,
        [
            (DoorState::Opening, Target::Open),
            (DoorState::Open, Target::Open),
            (DoorState::Closing, Target::Closed),
            (DoorState::Closed, Target::Closed),
        ]
    );
    assert_eq!(
        day.told(),
        ["opening, from outside", "open, from outside", "closing, from outside", "closed, from outside"]
    );
    assert_eq!(day.presses, []);
}

#[test]
fn with_a_switch_at_the_closed_end_only_the_gate_is_closed_or_it_is_not() {
    let mut day = Day::sensing(careful(Opener::Step), AT_CLOSED);
    day.sense(Sensor::ClosedSwitch, false);
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(TRAVEL);
    assert_eq!((day.door(), day.gate.state().confidence), (DoorState::Open, Confidence::Sensed));
    day.pass(seconds(3_600));
    day.sense(Sensor::ClosedSwitch, true);
    let last = *day.states.last().unwrap();
    assert_eq!((last.current, last.target), (DoorState::Closed, Target::Closed));
    assert_eq!(day.told().last().unwrap(), "closed, from outside");
}

#[test]
fn a_switch_that_says_not_closed_lets_one_contact_close() {
    let mut day = Day::sensing(careful(Opener::Step), AT_CLOSED);
    day.sense(Sensor::ClosedSwitch, false);
    day.pass(TRAVEL);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    day.pass(TRAVEL - seconds(1));
    day.sense(Sensor::ClosedSwitch, true);
    assert_eq!(day.door(), DoorState::Closed);
    assert_eq!(day.told().last().unwrap(), "closed, as asked");
}

#[test]
fn an_open_switch_alone_does_not_prove_that_it_is_closed() {
    let sensors = Sensors { closed_switch: None, open_switch: Some(true), obstruction: None };
    let mut day = Day::sensing(careful(Opener::Step), sensors);
    assert_eq!(day.gate.state().confidence, Confidence::Sensed);
    day.sense(Sensor::OpenSwitch, false);
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(TRAVEL);
    assert_eq!((day.door(), day.gate.state().confidence), (DoorState::Closed, Confidence::Assumed));
}

#[test]
fn a_gate_that_does_not_arrive_counts_as_stopped_after_travel_and_margin() {
    let mut day = Day::sensing(careful(Opener::Step), BETWEEN_BOTH);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.sense(Sensor::ClosedSwitch, false);
    day.pass(TRAVEL + margin() - Duration::from_nanos(1));
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(Duration::from_nanos(1));
    let state = day.gate.state();
    assert_eq!((state.current, state.shown), (DoorState::Stopped, DoorState::Open));
    assert_eq!(state.fault, Some(Fault::NotReached(Target::Open)));
    day.sense(Sensor::OpenSwitch, true);
    assert_eq!((day.door(), day.gate.state().fault), (DoorState::Open, None), "better late than never");
    assert_eq!(
        day.told()[1..],
        [
            "stopped, from outside",
            "the gate did not reach its open end in time: it was stopped on the way, or that limit switch is dead",
            "open, from outside",
            "the fault is gone",
        ]
    );
}

#[test]
fn a_gate_that_does_not_leave_is_where_it_was() {
    let mut day = Day::sensing(careful(Opener::Step), BETWEEN_BOTH);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(TRAVEL + margin());
    let state = day.gate.state();
    assert_eq!((state.current, state.target), (DoorState::Closed, Target::Closed));
    assert_eq!(state.fault, Some(Fault::NotLeft(Target::Closed)));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed), "it may be tried again");
    day.sense(Sensor::ClosedSwitch, false);
    assert_eq!(day.gate.state().fault, None);
}

#[test]
fn a_gate_that_is_stopped_before_it_leaves_is_still_there() {
    let mut day = Day::sensing(careful(Opener::Step), BETWEEN_BOTH);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(2));
    assert_eq!(day.ask(Request::Stop), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Stopped);
    day.pass(limits::SETTLES);
    let state = *day.states.last().unwrap();
    assert_eq!(
        (state.current, state.target, state.confidence),
        (DoorState::Closed, Target::Closed, Confidence::Sensed)
    );
}

#[test]
fn both_ends_at_once_is_a_fault_and_proves_nothing() {
    let mut day = Day::sensing(careful(Opener::Step), BETWEEN_BOTH);
    day.sense(Sensor::OpenSwitch, true);
    let state = day.gate.state();
    assert_eq!((state.current, state.confidence), (DoorState::Stopped, Confidence::Assumed));
    assert_eq!(state.fault, Some(Fault::BothEnds));
    assert!(state.fault.unwrap().to_string().contains("check closed_switch and open_switch"));
    assert_eq!(day.ask(Request::Close), Err(Refusal::StateAssumed));
    day.sense(Sensor::ClosedSwitch, false);
    let state = day.gate.state();
    assert_eq!((state.current, state.confidence, state.fault), (DoorState::Open, Confidence::Sensed, None));
}

#[test]
fn both_ends_at_once_is_a_fault_from_the_start() {
    let sensors = Sensors { closed_switch: Some(true), open_switch: Some(true), obstruction: None };
    let day = Day::sensing(careful(Opener::Step), sensors);
    assert_eq!(day.gate.state().fault, Some(Fault::BothEnds));
    assert_eq!((day.states.len(), day.records.len()), (0, 0));
}

#[test]
fn what_the_gate_still_was_when_the_button_was_pressed_is_no_arrival() {
    let options = Options { reverse: Reverse::AtOnce, ..Options::default() };
    let mut day = open(Settings { options, ..careful(Opener::Step) });
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    day.sense(Sensor::OpenSwitch, false);
    day.pass(seconds(17));
    // It arrives, and before that is believed, somebody sends it back.
    let arrived = day.now;
    day.pass(Duration::from_millis(300));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(Duration::from_millis(200));
    let _ = day.gate.sensor(Sensor::ClosedSwitch, true, arrived, day.now);
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(seconds(1));
    day.sense(Sensor::ClosedSwitch, false);
    assert_eq!(day.told().iter().filter(|line| line.contains("outside")).count(), 0);
}

#[test]
fn an_obstruction_is_told_and_forbids_a_remote_close() {
    let mut day = open(careful(Opener::OpenClose));
    day.sense(Sensor::Obstruction, true);
    assert!(day.gate.state().obstruction);
    assert_eq!(day.ask(Request::Close), Err(Refusal::Obstructed));
    assert_eq!(day.ask(Request::Toggle(None)), Err(Refusal::Obstructed), "a toggle would close it too");
    assert_eq!(day.ask_by(Request::Close, Requester::Hub("hub".to_owned())), Err(Refusal::Obstructed));
    day.sense(Sensor::Obstruction, false);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
}

#[test]
fn the_wall_button_closes_under_somebodys_eyes() {
    let mut day = open(careful(Opener::Step));
    day.sense(Sensor::Obstruction, true);
    assert_eq!(day.ask_by(Request::Toggle(None), Requester::Button), Ok(Accepted::Pulsed));
}

#[test]
fn an_obstruction_while_it_closes_sends_it_back() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    day.gate = Gate::new(
        Settings::plain(Opener::Step),
        Remembered { motion: Motion::Open, ..Remembered::default() },
        Sensors { obstruction: Some(false), ..Sensors::default() },
        day.now,
    );
    day.pass(limits::PULSE_GAP);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    day.pass(seconds(6));
    day.sense(Sensor::Obstruction, true);
    let state = *day.states.last().unwrap();
    assert_eq!((state.current, state.target, state.obstruction), (DoorState::Opening, Target::Open, true));
    day.pass(seconds(6));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn a_gate_that_closes_itself_waits_while_something_is_in_the_way() {
    let settings =
        Settings { closes_itself_after: Some(OpenTime::millis::<30_000>()), ..Settings::plain(Opener::OpenOnly) };
    let mut day = Day::sensing(settings, Sensors { closed_switch: Some(false), ..AT_CLOSED });
    day.sense(Sensor::Obstruction, true);
    day.pass(seconds(600));
    assert_eq!(day.door(), DoorState::Open);
    day.sense(Sensor::Obstruction, false);
    day.pass(seconds(29));
    assert_eq!(day.door(), DoorState::Open);
    day.pass(seconds(1));
    assert_eq!(day.door(), DoorState::Closing);
    assert_eq!(day.told().last().unwrap(), "closing, by its opener");
}

#[test]
fn the_travel_is_learned_from_whole_runs_and_used() {
    let mut day = Day::sensing(careful(Opener::Step), BETWEEN_BOTH);
    for run in 0..3 {
        day.sense(Sensor::ClosedSwitch, false);
        day.pass(seconds(12));
        day.sense(Sensor::OpenSwitch, true);
        day.pass(seconds(60));
        day.sense(Sensor::OpenSwitch, false);
        day.pass(seconds(12));
        day.sense(Sensor::ClosedSwitch, true);
        day.pass(seconds(60));
        let learned = day.told().iter().filter(|line| *line == "the travel takes 12s").count();
        assert_eq!(learned > 0, run > 0, "three runs are two passages");
    }
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.sense(Sensor::ClosedSwitch, false);
    day.pass(seconds(12) + limits::margin(Travel::millis::<12_000>()));
    assert_eq!(day.door(), DoorState::Stopped);
}

#[test]
fn a_run_that_was_interrupted_teaches_nothing() {
    let mut day = Day::sensing(careful(Opener::Step), BETWEEN_BOTH);
    for _ in 0..5 {
        assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
        day.sense(Sensor::ClosedSwitch, false);
        day.pass(seconds(4));
        assert_eq!(day.ask(Request::Stop), Ok(Accepted::Pulsed));
        day.pass(seconds(6));
        assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
        day.pass(seconds(2));
        assert_eq!(day.ask(Request::Stop), Ok(Accepted::Pulsed));
        day.pass(seconds(6));
        assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
        day.pass(seconds(16));
        day.sense(Sensor::OpenSwitch, true);
        assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
        day.pass(seconds(8));
        day.sense(Sensor::Obstruction, true);
        day.sense(Sensor::Obstruction, false);
        day.pass(seconds(60));
        let effects = day.gate.sensor(Sensor::OpenSwitch, false, day.now, day.now);
        assert_eq!(effects.learned, None);
        day.sense(Sensor::ClosedSwitch, true);
        day.pass(seconds(60));
        assert!(!day.told().iter().any(|line| line.starts_with("the travel")), "{:?}", day.told());
        day.records.clear();
    }
}

#[test]
fn a_sensor_that_is_not_fitted_says_nothing() {
    let mut day = Day::with(careful(Opener::Step));
    for sensor in [Sensor::ClosedSwitch, Sensor::OpenSwitch, Sensor::Obstruction] {
        day.sense(sensor, true);
        day.sense(sensor, false);
    }
    assert_eq!((day.states.len(), day.records.len()), (0, 0));
}

#[test]
fn what_does_not_travel_has_no_ends() {
    let mut day =
        Day::sensing(Settings::plain(Opener::Momentary), Sensors { closed_switch: Some(false), ..BETWEEN_BOTH });
    assert_eq!(day.door(), DoorState::Closed);
    day.sense(Sensor::OpenSwitch, true);
    assert_eq!(day.door(), DoorState::Closed);
}
