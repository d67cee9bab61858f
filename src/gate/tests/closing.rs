//! Closing with nobody there: the warning, and `auto_close_after`.

use std::time::Duration;

use super::day::{Day, remembering, seconds};
use super::*;

const WARNING: Duration = Duration::from_secs(5);
const OPEN: Sensors = Sensors { closed_switch: Some(false), open_switch: None, obstruction: Some(false) };

fn warning(opener: Opener) -> Settings {
    Settings { remote_close_warning: WarningTime::millis::<5_000>(), ..Settings::plain(opener) }
}

fn auto_closing() -> Settings {
    Settings { auto_close_after: Some(Patience::millis::<60_000>()), ..warning(Opener::Step) }
}

#[test]
fn a_remote_close_is_announced_before_it_begins() {
    let mut day = Day::sensing(warning(Opener::Step), OPEN);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned));
    assert_eq!(day.warnings, [true]);
    let state = day.gate.state();
    assert_eq!((state.current, state.target, state.warning), (DoorState::Open, Target::Closed, true));
    day.pass(WARNING - Duration::from_nanos(1));
    assert_eq!(day.presses, []);
    day.pass(Duration::from_nanos(1));
    assert_eq!((day.presses.len(), day.warnings.as_slice()), (1, [true, false].as_slice()));
    assert_eq!(day.door(), DoorState::Closing);
    assert_eq!(
        day.told(),
        ["close, asked by the local API: warning first, then a pulse", "close, asked by the local API: goes on"]
    );
    assert_eq!(day.records.iter().filter(|record| record.press.is_some()).count(), 1);
}

#[test]
fn opening_needs_no_warning() {
    let mut day = Day::with(warning(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.warnings.len(), 0);
}

#[test]
fn a_toggle_that_closes_is_announced_unless_it_comes_from_the_wall_button() {
    let mut day = Day::sensing(warning(Opener::Step), OPEN);
    assert_eq!(day.ask(Request::Toggle(None)), Ok(Accepted::Warned));
    let mut day = Day::sensing(warning(Opener::Step), OPEN);
    assert_eq!(day.ask_by(Request::Toggle(None), Requester::Button), Ok(Accepted::Pulsed));
}

#[test]
fn any_other_command_calls_an_announced_closing_off() {
    for request in [Request::Open, Request::Stop, Request::Toggle(None)] {
        let mut day = Day::sensing(warning(Opener::Step), OPEN);
        assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned));
        day.pass(seconds(3));
        assert_eq!(day.ask_by(request, Requester::Button), Ok(Accepted::CalledOff), "{request}");
        assert_eq!(day.warnings, [true, false]);
        day.pass(seconds(600));
        assert_eq!(day.presses, []);
        assert_eq!(day.gate.state().target, Target::Open);
    }
}

#[test]
fn the_same_command_again_is_the_same_closing() {
    let mut day = Day::sensing(warning(Opener::Step), OPEN);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned));
    day.pass(seconds(3));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Already));
    day.pass(seconds(2));
    assert_eq!(day.presses.len(), 1);
}

#[test]
fn an_obstruction_a_hold_or_somebody_outside_calls_it_off() {
    type Reason = fn(&mut Day);
    let reasons: [Reason; 4] = [
        |day| day.sense(Sensor::Obstruction, true),
        |day| day.hold(Hold::Lockout, true),
        |day| day.hold(Hold::Open, true),
        |day| day.sense(Sensor::ClosedSwitch, true),
    ];
    for reason in reasons {
        let mut day = Day::sensing(warning(Opener::Step), OPEN);
        assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned));
        day.pass(seconds(3));
        reason(&mut day);
        assert_eq!(day.warnings, [true, false]);
        day.pass(seconds(600));
        assert_eq!(day.presses, []);
        assert_eq!(day.told().iter().filter(|line| line.contains("given up")).count(), 1, "{:?}", day.told());
    }
}

#[test]
fn a_warning_that_nobody_ended_in_time_closes_nothing() {
    let mut day = Day::sensing(warning(Opener::Step), OPEN);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned));
    day.stall(WARNING + limits::FRESH + Duration::from_nanos(1));
    day.pass(seconds(600));
    assert_eq!(day.presses, []);
    assert_eq!(day.warnings, [true, false]);
}

#[test]
fn an_opener_that_must_be_woken_is_woken_after_the_warning() {
    let options = Options { start: Start::ExtraPulse, ..Options::default() };
    let mut day = Day::sensing(Settings { options, ..warning(Opener::Step) }, OPEN);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned));
    day.pass(WARNING);
    assert_eq!(day.presses.len(), 1);
    day.pass(seconds(2));
    assert_eq!((day.presses.len(), day.door()), (2, DoorState::Closing));
}

#[test]
fn auto_close_is_off_unless_it_is_set() {
    let mut day = Day::sensing(warning(Opener::Step), OPEN);
    day.pass(seconds(86_400));
    assert_eq!((day.presses.len(), day.gate.wake_at()), (0, None));
}

#[test]
fn a_gate_that_rests_open_is_closed_after_the_wait_and_a_warning() {
    let mut day = Day::sensing(auto_closing(), OPEN);
    day.pass(seconds(60));
    assert_eq!((day.presses.len(), day.warnings.as_slice()), (0, [true].as_slice()));
    day.pass(WARNING);
    assert_eq!(day.presses.len(), 1);
    day.pass(seconds(15));
    day.sense(Sensor::ClosedSwitch, true);
    assert_eq!(
        day.told(),
        [
            "close, asked by auto_close_after: warning first, then a pulse",
            "close, asked by auto_close_after: goes on",
            "closed, as asked",
        ]
    );
    day.pass(seconds(3_600));
    assert_eq!(day.presses.len(), 1);
}

#[test]
fn auto_close_never_acts_on_an_assumed_state() {
    for opener in [Opener::Step, Opener::OpenClose] {
        let settings = Settings { opener, ..auto_closing() };
        let mut day = Day::with(settings);
        assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
        day.pass(seconds(86_400));
        assert_eq!(day.presses.len(), 1);
        let both = Sensors { closed_switch: Some(true), open_switch: Some(true), obstruction: None };
        let mut day = Day::sensing(settings, both);
        day.pass(seconds(86_400));
        assert_eq!(day.presses, []);
    }
}

#[test]
fn auto_close_gives_up_after_two_failures_until_somebody_closes_the_gate() {
    let mut day = Day::sensing(auto_closing(), OPEN);
    day.pass(seconds(86_400));
    assert_eq!(day.presses.len(), 2, "{:#?}", day.told());
    assert_eq!(day.told().iter().filter(|line| line.contains("did not close by itself twice")).count(), 1);
    // It comes back from a restart as it was.
    let mut day = Day::remembering(auto_closing(), day.gate.remembered(), OPEN);
    day.pass(seconds(86_400));
    assert_eq!(day.presses, []);
    day.sense(Sensor::ClosedSwitch, true);
    day.sense(Sensor::ClosedSwitch, false);
    day.pass(seconds(18 + 60 + 5));
    assert_eq!(day.presses.len(), 1);
}

#[test]
fn whoever_calls_auto_close_off_gets_the_whole_wait_again() {
    let mut day = Day::sensing(auto_closing(), OPEN);
    for _ in 0..5 {
        day.pass(seconds(62));
        assert_eq!(day.ask(Request::Open), Ok(Accepted::CalledOff));
        assert_eq!(day.presses, [], "to be called off is no failure");
    }
    day.pass(seconds(60 + 5));
    assert_eq!(day.presses.len(), 1);
}

#[test]
fn auto_close_waits_while_something_is_in_the_way_or_it_is_held_open() {
    let mut day = Day::sensing(auto_closing(), OPEN);
    day.sense(Sensor::Obstruction, true);
    day.pass(seconds(600));
    day.sense(Sensor::Obstruction, false);
    day.hold(Hold::Open, true);
    day.pass(seconds(600));
    day.hold(Hold::Open, false);
    day.pass(seconds(59));
    assert_eq!((day.presses.len(), day.warnings.len()), (0, 0));
    day.pass(seconds(1) + WARNING);
    assert_eq!(day.presses.len(), 1);
}

#[test]
fn an_obstruction_during_its_warning_is_a_failure() {
    let mut day = Day::sensing(auto_closing(), OPEN);
    for _ in 0..2 {
        day.pass(seconds(62));
        day.sense(Sensor::Obstruction, true);
        day.pass(seconds(10));
        day.sense(Sensor::Obstruction, false);
    }
    day.pass(seconds(86_400));
    assert_eq!(day.presses, []);
    assert!(day.told().iter().any(|line| line.contains("did not close by itself twice")));
}

#[test]
fn a_wait_that_nobody_watched_begins_anew() {
    let mut day = Day::sensing(auto_closing(), OPEN);
    day.stall(seconds(3_600));
    assert_eq!(day.warnings.len(), 0);
    day.pass(seconds(60));
    assert_eq!(day.warnings, [true]);
}

#[test]
fn a_relay_that_fails_is_a_failure_and_no_loop() {
    let mut day = Day::sensing(auto_closing(), OPEN);
    day.pass(seconds(60));
    for _ in 0..2 {
        let due = day.gate.wake_at().unwrap();
        assert!(day.gate.clone().tick(due).press.is_some());
        let effects = day.gate.press_failed(None, due);
        assert_eq!(effects.press, None);
        assert!(effects.wake_at.is_none_or(|at| at > due));
        day.now = due;
        day.pass(seconds(60));
    }
    assert_eq!((day.presses.len(), day.gate.wake_at()), (0, None));
}

#[test]
fn auto_close_does_not_begin_while_the_program_ends_and_that_is_no_failure() {
    let mut day = Day::sensing(auto_closing(), OPEN);
    day.pass(seconds(62));
    assert!(day.gate.state().warning);
    day.leave();
    assert_eq!(day.gate.wake_at(), None);
    day.pass(seconds(3_600));
    assert_eq!((day.presses.len(), day.gate.remembered().failed_closings), (0, 0));
}

#[test]
fn a_gate_that_stopped_where_nobody_knows_its_next_way_is_closed_only_if_the_owner_allows_it() {
    // Both switches are off, and before the restart it was at an end.
    let between = Sensors { closed_switch: Some(false), open_switch: Some(false), obstruction: Some(false) };
    let halfway = |settings| {
        let day = Day::remembering(settings, remembering(Motion::Open), between);
        assert_eq!((day.door(), day.gate.state().confidence), (DoorState::Stopped, Confidence::Sensed));
        day
    };
    let careful = Settings { close_when_assumed: false, ..auto_closing() };
    let mut day = halfway(careful);
    assert_eq!(day.ask(Request::Close), Err(Refusal::WayUnknown));
    assert_eq!(day.gate.foresee(day.now), Ok(Foreseen::Press));
    day.pass(seconds(3_600));
    assert_eq!((day.presses.len(), day.warnings.len()), (0, 0), "auto_close_after does not know it either");
    // Its opener says which way with the first movement.
    assert_eq!(day.ask_by(Request::Open, Requester::Button), Ok(Accepted::Pulsed));

    let mut day = halfway(auto_closing());
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned), "the owner allowed it");
    let mut day = halfway(Settings { opener: Opener::OpenClose, ..careful });
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned), "that contact can only close");
}

#[test]
fn a_limit_switch_that_can_no_longer_be_read_closes_nothing() {
    let mut day = Day::sensing(Settings { close_when_assumed: false, ..auto_closing() }, OPEN);
    day.pass(seconds(30));
    day.lose(Sensor::ClosedSwitch);
    let state = day.gate.state();
    assert_eq!((state.confidence, state.fault), (Confidence::Assumed, Some(Fault::Unread(Sensor::ClosedSwitch))));
    assert!(
        day.told().iter().any(|line| line.starts_with("closed_switch cannot be read any more")),
        "{:?}",
        day.told()
    );
    assert_eq!(day.ask(Request::Close), Err(Refusal::StateAssumed));
    day.pass(seconds(3_600));
    assert_eq!(day.presses, []);
    // Nothing of it is heard any more, and no movement makes the fault go.
    day.sense(Sensor::ClosedSwitch, true);
    assert_eq!(day.door(), DoorState::Open);
    assert_eq!(day.gate.state().fault, Some(Fault::Unread(Sensor::ClosedSwitch)));
}

#[test]
fn a_photo_cell_that_can_no_longer_be_read_counts_as_something_in_the_way() {
    let mut day = Day::sensing(warning(Opener::OpenClose), OPEN);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned));
    day.lose(Sensor::Obstruction);
    assert_eq!((day.warnings.as_slice(), day.gate.state().obstruction), ([true, false].as_slice(), true));
    assert_eq!(day.ask(Request::Close), Err(Refusal::Obstructed));
    day.pass(seconds(600));
    assert_eq!(day.presses, []);
    assert_eq!(day.ask_by(Request::Close, Requester::Button), Ok(Accepted::Pulsed), "who stands there sees it");
}
