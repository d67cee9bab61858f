//! Lockout, hold-open and left open.

use super::day::{AT_CLOSED, Day, TRAVEL, seconds};
use super::*;

#[test]
fn lockout_refuses_every_request_of_everybody() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    day.hold(Hold::Lockout, true);
    assert!(day.gate.state().lockout);
    for request in [Request::Open, Request::Close, Request::Stop, Request::Toggle(None)] {
        for by in [Requester::LocalApi(None), Requester::Button, Requester::Hub("hub".to_owned())] {
            assert_eq!(day.ask_by(request, by), Err(Refusal::LockedOut));
        }
    }
    day.hold(Hold::Lockout, false);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.told()[0], "lockout on, by the local API");
}

#[test]
fn lockout_calls_a_second_pulse_off() {
    let options = Options { start: Start::ExtraPulse, ..Options::default() };
    let mut day = Day::with(Settings { options, ..Settings::plain(Opener::Step) });
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.hold(Hold::Lockout, true);
    day.pass(seconds(60));
    assert_eq!(day.presses.len(), 1);
}

#[test]
fn hold_open_lets_it_open_and_only_the_wall_button_close_it() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    day.hold(Hold::Open, true);
    assert_eq!(day.presses, [], "holding open moves nothing");
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(TRAVEL);
    assert_eq!(day.ask(Request::Close), Err(Refusal::HeldOpen));
    assert_eq!(day.ask(Request::Toggle(None)), Err(Refusal::HeldOpen));
    assert_eq!(day.ask_by(Request::Toggle(None), Requester::Button), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Closing);
}

#[test]
fn after_a_standstill_a_hold_can_be_put_on_at_once_and_off_only_a_moment_later() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    for hold in [Hold::Lockout, Hold::Open] {
        let put = |day: &mut Day, on| day.gate.hold(hold, on, Requester::LocalApi(None), day.now);
        day.gate.stood_still(day.now);
        assert_eq!(put(&mut day, true).0, Ok(()));
        let (answer, effects) = put(&mut day, false);
        assert_eq!(answer, Err(Refusal::Stale));
        assert!(
            effects.state.is_none() && effects.records[0].event.to_string().contains("off, by the local API: refused")
        );
        assert_eq!((day.gate.state().lockout, day.gate.state().hold_open), (hold == Hold::Lockout, hold == Hold::Open));
        day.pass(limits::CATCHES_UP + seconds(1));
        assert_eq!(put(&mut day, false).0, Ok(()));
        assert!(!day.gate.state().lockout && !day.gate.state().hold_open);
    }
}

#[test]
fn a_gate_that_is_not_closed_for_long_is_left_open_until_it_is() {
    let settings = Settings { left_open_after: Some(Patience::millis::<600_000>()), ..Settings::plain(Opener::Step) };
    let mut day = Day::sensing(settings, AT_CLOSED);
    day.sense(Sensor::ClosedSwitch, false);
    day.pass(seconds(599));
    assert!(!day.gate.state().left_open);
    day.states.clear();
    day.pass(seconds(1));
    assert_eq!(day.states.iter().map(|state| state.left_open).collect::<Vec<_>>(), [true]);
    day.sense(Sensor::ClosedSwitch, true);
    assert!(!day.gate.state().left_open);
    assert_eq!(day.gate.wake_at(), None);
}
