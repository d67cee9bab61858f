//! What is asked and what is answered, without sensors.

use std::time::Duration;

use super::day::{Day, PULSE, TRAVEL, seconds};
use super::*;

fn self_closing(opener: Opener) -> Settings {
    Settings { closes_itself_after: Some(OpenTime::millis::<30_000>()), ..Settings::plain(opener) }
}

fn reversing(reverse: Reverse) -> Settings {
    Settings { options: Options { reverse, ..Options::default() }, ..Settings::plain(Opener::Step) }
}

#[test]
fn a_request_to_open_pulses_and_the_gate_is_open_after_its_travel() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(TRAVEL - Duration::from_millis(1));
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(Duration::from_millis(1));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn target_and_current_state_change_in_one_batch() {
    let mut day = Day::with(self_closing(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(120));
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
}

#[test]
fn the_same_target_twice_is_one_pulse_whoever_asks() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    for (pause, expected) in
        [(0, Accepted::Pulsed), (1, Accepted::Already), (5, Accepted::Already), (20, Accepted::Already)]
    {
        day.pass(seconds(pause));
        let by = Requester::Controller(format!("controller {pause}"));
        assert_eq!(day.ask_by(Request::Open, by), Ok(expected));
    }
}

#[test]
fn a_closed_gate_that_is_asked_to_close_does_nothing() {
    for opener in Opener::ALL.iter().copied() {
        let mut day = Day::with(Settings::plain(opener));
        assert_eq!(day.ask(Request::Close), Ok(Accepted::Already));
        assert_eq!(day.states, []);
    }
}

#[test]
fn an_open_gate_is_closed_again_by_one_pulse() {
    for opener in [Opener::Step, Opener::OpenClose] {
        let mut day = Day::with(Settings::plain(opener));
        assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
        day.pass(TRAVEL);
        assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
        assert_eq!(day.door(), DoorState::Closing);
        day.pass(TRAVEL);
        assert_eq!(day.door(), DoorState::Closed);
    }
}

#[test]
fn the_opposite_target_stops_a_step_opener_and_the_next_request_sends_it_back() {
    let mut day = Day::with(reversing(Reverse::Stop));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(5));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Stopped);
    day.pass(seconds(3));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Already), "a tap that is sent twice is one tap");
    day.pass(seconds(2));
    assert_eq!(day.gate.state().target, Target::Open, "it stopped, and that is all that comes of it");
    assert_eq!(day.ask(Request::Open), Err(Refusal::OtherWay));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    day.pass(Duration::from_millis(4_999));
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(Duration::from_millis(1));
    assert_eq!(day.door(), DoorState::Closed);
}

#[test]
fn a_second_pulse_sends_the_gate_back_when_it_may() {
    let mut day = Day::with(reversing(Reverse::PulseTwice));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(5));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    let state = day.gate.state();
    assert_eq!((state.current, state.target), (DoorState::Stopped, Target::Closed));
    day.pass(PULSE + limits::PULSE_GAP);
    assert_eq!(day.presses.len(), 3);
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(seconds(5));
    assert_eq!(day.door(), DoorState::Closed);
    assert_eq!(day.presses.len(), 3);
}

#[test]
fn another_request_calls_the_second_pulse_off() {
    for request in [Request::Open, Request::Stop, Request::Toggle(None)] {
        let mut day = Day::with(reversing(Reverse::PulseTwice));
        assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
        day.pass(seconds(6));
        assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
        day.pass(PULSE);
        let _ = day.ask(request);
        day.pass(seconds(60));
        assert_eq!(day.presses.len(), 2, "{request}");
        assert!(day.told().iter().any(|line| line.contains("given up, somebody asked for something else")));
    }
}

#[test]
fn a_second_pulse_that_comes_late_does_not_come() {
    let mut day = Day::with(reversing(Reverse::PulseTwice));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(5));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    day.stall(PULSE + limits::PULSE_GAP + limits::FRESH + Duration::from_nanos(1));
    day.pass(seconds(60));
    assert_eq!(day.presses.len(), 2);
    assert_eq!(day.door(), DoorState::Stopped);
    assert!(day.told().iter().any(|line| line.ends_with("given up, its time is past")));
}

#[test]
fn an_opener_that_reverses_at_once_needs_as_long_back() {
    let mut day = Day::with(reversing(Reverse::AtOnce));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(5));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(seconds(2));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(Duration::from_millis(14_999));
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(Duration::from_millis(1));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn an_opener_that_must_be_woken_gets_two_pulses() {
    let options = Options { start: Start::ExtraPulse, ..Options::default() };
    let mut day = Day::with(Settings { options, ..Settings::plain(Opener::Step) });
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    let state = day.gate.state();
    assert_eq!((state.current, state.target), (DoorState::Closed, Target::Open));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Already));
    day.pass(PULSE + limits::PULSE_GAP);
    assert_eq!(day.door(), DoorState::Opening);
    assert_eq!(day.presses.len(), 2);
}

#[test]
fn closing_on_an_assumed_state_is_refused_unless_the_owner_allows_it() {
    let mut day = Day::with(Settings { close_when_assumed: false, ..Settings::plain(Opener::Step) });
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(6));
    assert_eq!(day.ask(Request::Close), Err(Refusal::StateAssumed));
    day.pass(TRAVEL);
    assert_eq!(day.ask(Request::Close), Err(Refusal::StateAssumed));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn a_contact_that_only_closes_may_close_whatever_is_known() {
    let mut day = Day::with(Settings { close_when_assumed: false, ..Settings::plain(Opener::OpenClose) });
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(6));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    assert_eq!(day.presses, [Contact::Main, Contact::Close]);
    assert_eq!(day.door(), DoorState::Closing);
}

#[test]
fn a_gate_that_closes_itself_is_followed_without_a_pulse() {
    let mut day = Day::with(self_closing(Opener::OpenOnly));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(TRAVEL + seconds(30));
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(TRAVEL);
    assert_eq!(day.door(), DoorState::Closed);
    assert_eq!(day.presses.len(), 1);
    assert_eq!(day.gate.wake_at(), None);
}

#[test]
fn a_late_wake_up_leaves_the_timetable_as_it_was() {
    let mut day = Day::with(self_closing(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    let start = day.now;
    day.records.clear();
    day.stall(seconds(18 + 30 + 10));
    assert_eq!(day.door(), DoorState::Closing);
    assert_eq!(day.gate.wake_at(), Some(start + seconds(18 + 30 + 18)));
    let told: Vec<_> = day.records.iter().map(|record| record.at - start).collect();
    assert_eq!(told, [seconds(18), seconds(48)]);
}

#[test]
fn a_request_finds_the_gate_where_the_time_has_brought_it() {
    let mut day = Day::with(self_closing(Opener::OpenOnly));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    // Nobody woke it: it is closed again, and this request must not be taken for the first one's double.
    day.now += seconds(100);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
}

#[test]
fn an_open_only_opener_reopens_a_closing_gate_and_cannot_close() {
    let mut day = Day::with(self_closing(Opener::OpenOnly));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.ask(Request::Close), Err(Refusal::CannotClose));
    day.pass(TRAVEL + seconds(30 + 4));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(4));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn a_press_while_a_self_closing_gate_is_open_begins_its_wait_anew() {
    let mut day = Day::with(self_closing(Opener::OpenOnly));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(TRAVEL + seconds(20));
    assert_eq!(day.ask(Request::Toggle(None)), Ok(Accepted::Pulsed));
    day.pass(seconds(29));
    assert_eq!(day.door(), DoorState::Open);
    day.pass(seconds(1));
    assert_eq!(day.door(), DoorState::Closing);
}

#[test]
fn a_momentary_contact_always_reads_closed_and_its_target_comes_back() {
    let mut day = Day::with(Settings::plain(Opener::Momentary));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Already));
    day.pass(limits::REPEAT);
    let seen: Vec<_> = day.states.iter().map(|state| (state.current, state.target)).collect();
    assert_eq!(seen, [(DoorState::Closed, Target::Open), (DoorState::Closed, Target::Closed)]);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
}

#[test]
fn toggle_presses_whatever_the_state() {
    let mut day = Day::with(Settings { close_when_assumed: false, ..Settings::plain(Opener::Step) });
    for door in [DoorState::Opening, DoorState::Stopped, DoorState::Closing, DoorState::Stopped, DoorState::Opening] {
        assert_eq!(day.ask(Request::Toggle(None)), Ok(Accepted::Pulsed));
        assert_eq!(day.door(), door);
        day.pass(if day.presses.len() == 1 { seconds(9) } else { seconds(2) });
    }
}

#[test]
fn a_resting_gate_is_stopped_already() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    assert_eq!(day.ask(Request::Stop), Ok(Accepted::Already));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(5));
    assert_eq!(day.ask(Request::Stop), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Stopped);
    day.pass(seconds(5));
    assert_eq!(day.ask(Request::Stop), Ok(Accepted::Already));
}

#[test]
fn a_stop_contact_stops_and_the_other_two_go_on_from_there() {
    let options = Options { stop_contact: true, ..Options::default() };
    let mut day = Day::with(Settings { options, ..Settings::plain(Opener::OpenClose) });
    for request in [Request::Open, Request::Stop, Request::Open, Request::Stop, Request::Close] {
        assert_eq!(day.ask(request), Ok(Accepted::Pulsed));
        day.pass(seconds(3));
    }
    assert_eq!(day.presses, [Contact::Main, Contact::Stop, Contact::Main, Contact::Stop, Contact::Close]);
    // It was six seconds open, and has been three on its way back.
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(seconds(3));
    assert_eq!(day.door(), DoorState::Closed);
}

#[test]
fn how_a_stopped_gate_is_shown_is_the_owners_choice() {
    for (shown_when_stopped, shown) in
        [(ShownWhenStopped::Open, DoorState::Open), (ShownWhenStopped::Stopped, DoorState::Stopped)]
    {
        let mut day = Day::with(Settings { shown_when_stopped, ..Settings::plain(Opener::Step) });
        assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
        day.pass(seconds(5));
        assert_eq!(day.ask(Request::Stop), Ok(Accepted::Pulsed));
        let state = day.gate.state();
        assert_eq!((state.current, state.shown, state.target), (DoorState::Stopped, shown, Target::Open));
    }
}

#[test]
fn every_request_has_one_record_that_names_who_asked_and_what_became_of_it() {
    let mut day = Day::with(Settings::plain(Opener::OpenOnly));
    day.ask_by(Request::Open, Requester::Controller("A1:B2".to_owned())).unwrap();
    day.ask_by(Request::Open, Requester::Hub("C3:D4".to_owned())).unwrap();
    day.ask(Request::Toggle(None)).unwrap_err();
    day.ask(Request::Close).unwrap_err();
    day.ask_by(Request::Stop, Requester::Button).unwrap_err();
    assert_eq!(
        day.told(),
        [
            "open, asked by controller A1:B2: pulse",
            "open, asked by home hub C3:D4: already so, no pulse",
            "toggle, asked by the local API: refused, the last press of the button is still under way: ask again in a moment",
            "close, asked by the local API: refused, this opener closes by itself only",
            "stop, asked by the wall button: refused, this opener has no contact that stops the gate",
        ]
    );
    let pressed: Vec<_> = day.records.iter().map(|record| record.press.is_some()).collect();
    assert_eq!(pressed, [true, false, false, false, false]);
    assert_eq!(day.records[0].state.current, DoorState::Opening);
}

#[test]
fn a_controllers_id_cannot_forge_a_log_line() {
    for by in [Requester::Controller, Requester::Hub] {
        assert!(!by("a\nopen, asked by b: pulse".to_owned()).to_string().contains('\n'));
    }
}

#[test]
fn a_relay_that_fails_moves_nothing_and_is_told() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    let before = day.gate.state();
    let (answer, effects) = day.gate.clone().request(Request::Open, Requester::LocalApi(None), day.now);
    assert_eq!((answer, effects.press.is_some()), (Ok(Accepted::Pulsed), true));
    let effects = day.gate.press_failed(Some((Request::Open, Requester::LocalApi(None))), day.now);
    assert_eq!((effects.press, effects.state), (None, None));
    assert_eq!(effects.records[0].event.to_string(), "open, asked by the local API: given up, the relay failed");
    assert_eq!(day.gate.state(), before);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed), "it may be asked again at once");
}

#[test]
fn a_second_pulse_that_fails_is_not_tried_again() {
    let mut day = Day::with(reversing(Reverse::PulseTwice));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(seconds(5));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    let due = day.gate.wake_at().unwrap();
    assert!(day.gate.clone().tick(due).press.is_some());
    let effects = day.gate.press_failed(None, due);
    assert_eq!(effects.press, None);
    assert_eq!(effects.records.len(), 1);
    day.now = due;
    day.pass(seconds(60));
    assert_eq!(day.presses.len(), 2);
}

#[test]
fn what_is_heard_just_after_a_standstill_may_be_old_and_moves_nothing() {
    for by in [Requester::LocalApi(None), Requester::Hub("E5:F6".to_owned()), Requester::Button] {
        let mut day = Day::with(Settings::plain(Opener::Step));
        day.gate.stood_still(day.now);
        for _ in 0..2 {
            assert_eq!(day.ask_by(Request::Open, by.clone()), Err(Refusal::Stale));
            day.pass(limits::CATCHES_UP / 2);
        }
        assert_eq!(day.ask_by(Request::Open, by.clone()), Err(Refusal::Stale), "{by}");
        day.pass(Duration::from_nanos(1));
        assert_eq!(day.ask_by(Request::Open, by), Ok(Accepted::Pulsed));
        assert_eq!(day.presses.len(), 1);
    }
}

#[test]
fn a_request_that_is_known_to_be_old_is_told_and_moves_nothing() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    let effects = day.gate.asked_before(Request::Toggle(None), Requester::Button, day.now);
    assert_eq!((effects.press, effects.state), (None, None));
    let [record] = effects.records.as_slice() else { panic!("{:?}", effects.records) };
    assert!(record.event.to_string().starts_with("toggle, asked by the wall button: refused, "), "{}", record.event);
}

#[test]
fn a_gate_whose_program_ends_begins_nothing_and_goes_on_with_nothing() {
    let settings = Settings { remote_close_warning: WarningTime::millis::<5_000>(), ..reversing(Reverse::PulseTwice) };
    type Before = fn(&mut Day);
    let before: [Before; 3] = [
        |_| (),
        // A second pulse, and the one after a warning, are still to come.
        |day| {
            assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
            day.pass(seconds(5));
            assert_eq!(day.ask_by(Request::Close, Requester::Button), Ok(Accepted::Pulsed));
        },
        |day| {
            assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
            day.pass(seconds(60));
            assert_eq!(day.ask(Request::Close), Ok(Accepted::Warned));
        },
    ];
    for before in before {
        let mut day = Day::with(settings);
        before(&mut day);
        let presses = day.presses.len();
        day.leave();
        assert!(!day.gate.state().warning);
        for request in [Request::Open, Request::Close, Request::Stop, Request::Toggle(None)] {
            assert_eq!(day.ask_by(request, Requester::Button), Err(Refusal::Stopping));
        }
        day.gate.stood_still(day.now);
        day.pass(seconds(600));
        assert_eq!(day.ask(Request::Open), Err(Refusal::Stopping));
        assert_eq!(day.presses.len(), presses);
    }
}

#[test]
fn a_switch_that_two_people_put_on_within_five_seconds_is_one_press() {
    let (phone, hub) = (Requester::Controller("A1:B2".to_owned()), Requester::Hub("E5:F6".to_owned()));
    for options in [Options::default(), Options { start: Start::ExtraPulse, ..Options::default() }] {
        let mut day = Day::with(Settings { options, ..Settings::plain(Opener::Step) });
        assert_eq!(day.ask_by(Request::Toggle(None), phone.clone()), Ok(Accepted::Pulsed));
        day.pass(seconds(2));
        assert_eq!(day.ask_by(Request::Toggle(None), hub.clone()), Ok(Accepted::Already));
        day.pass(seconds(2));
        assert_eq!(day.ask_by(Request::Toggle(None), phone.clone()), Ok(Accepted::Already));
        assert_eq!(day.door(), DoorState::Opening);
        // A script's press is its own, and so is one at the wall: they mean what they say.
        assert_eq!(day.ask_by(Request::Toggle(None), Requester::Button), Ok(Accepted::Pulsed));
        assert_eq!(day.door(), DoorState::Stopped);
    }
    let mut day = Day::with(Settings::plain(Opener::Step));
    assert_eq!(day.ask_by(Request::Toggle(None), phone.clone()), Ok(Accepted::Pulsed));
    day.pass(limits::REPEAT);
    assert_eq!(day.ask_by(Request::Toggle(None), hub), Ok(Accepted::Pulsed), "later it is another wish");
}

#[test]
fn a_press_that_may_have_been_carried_out_counts_as_one() {
    let mut day =
        Day::with(Settings { pulses_a_minute: PulseRate::try_from(2).unwrap(), ..Settings::plain(Opener::Step) });
    for _ in 0..2 {
        day.gate.may_be_pressed(day.now);
        let effects = day.gate.press_failed(Some((Request::Open, Requester::Button)), day.now);
        assert_eq!((effects.press, effects.state), (None, None));
        assert_eq!(day.ask(Request::Open), Err(Refusal::Busy));
        day.pass(limits::PULSE_GAP);
    }
    assert_eq!(day.ask(Request::Open), Err(Refusal::TooMany));
}
