//! The bounds of the pulses themselves.

use std::time::Duration;

use super::day::{Day, PULSE, seconds};
use super::*;

#[test]
fn a_second_pulse_waits_for_the_end_of_the_first_and_the_gap() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(PULSE + limits::PULSE_GAP - Duration::from_nanos(1));
    assert_eq!(day.ask(Request::Close), Err(Refusal::Busy));
    assert_eq!(day.ask(Request::Toggle(None)), Err(Refusal::Busy));
    assert_eq!(day.door(), DoorState::Opening, "a refusal changes nothing");
    day.pass(Duration::from_nanos(1));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
}

#[test]
fn a_pulse_is_as_long_as_it_is_asked_to_be() {
    let mut day = Day::with(Settings::plain(Opener::Step));
    let (_, effects) = day.gate.request(Request::Toggle(Some(seconds(2))), Requester::LocalApi(None), day.now);
    assert_eq!(effects.press.unwrap().length.get(), seconds(2));
    day.pass(seconds(2));
    assert_eq!(day.ask(Request::Toggle(None)), Err(Refusal::Busy), "the longer pulse has its gap too");
    day.pass(limits::PULSE_GAP);
    let (_, effects) = day.gate.request(Request::Toggle(None), Requester::LocalApi(None), day.now);
    assert_eq!(effects.press.unwrap().length.get(), PULSE);
}

#[test]
fn a_length_out_of_bounds_becomes_the_nearest_and_is_told() {
    for (asked, given) in
        [(Duration::ZERO, Duration::from_millis(50)), (seconds(3_600), seconds(10)), (Duration::MAX, seconds(10))]
    {
        let mut day = Day::with(Settings::plain(Opener::Step));
        let (_, effects) = day.gate.request(Request::Toggle(Some(asked)), Requester::LocalApi(None), day.now);
        assert_eq!(effects.press.unwrap().length.get(), given);
        assert!(matches!(effects.records[0].event, Event::Clamped { .. }));
        assert_eq!((effects.records[0].press, effects.records[1].press), (None, effects.press));
    }
}

#[test]
fn more_pulses_than_a_minute_may_have_are_refused() {
    let settings = Settings { pulses_a_minute: PulseRate::try_from(3).unwrap(), ..Settings::plain(Opener::Step) };
    let mut day = Day::with(settings);
    for _ in 0..3 {
        assert_eq!(day.ask(Request::Toggle(None)), Ok(Accepted::Pulsed));
        day.pass(seconds(2));
    }
    assert_eq!(day.ask(Request::Toggle(None)), Err(Refusal::TooMany));
    assert!(day.told().last().unwrap().contains("pulses_a_minute"));
    day.pass(seconds(54));
    assert_eq!(day.ask(Request::Toggle(None)), Ok(Accepted::Pulsed), "the first is a minute old");
    day.pass(Duration::from_millis(1_500));
    assert_eq!(day.ask(Request::Toggle(None)), Err(Refusal::TooMany));
}

#[test]
fn the_first_pulse_after_a_start_keeps_its_distance_from_the_last_program() {
    let start = std::time::Instant::now();
    let first = |age: Option<u64>, at| {
        let remembered = Remembered { age: age.map(seconds), ..Remembered::default() };
        let mut gate = Gate::new(Settings::plain(Opener::Step), remembered, Sensors::default(), start);
        gate.request(Request::Open, Requester::LocalApi(None), at).0
    };
    assert_eq!(first(Some(0), start), Err(Refusal::Busy));
    assert_eq!(first(Some(10), start), Err(Refusal::Busy), "the longest pulse is just over");
    assert_eq!(first(Some(0), start + limits::PULSE_GAP), Ok(Accepted::Pulsed));
    assert_eq!(first(Some(11), start), Ok(Accepted::Pulsed));
    assert_eq!(first(None, start), Ok(Accepted::Pulsed), "the computer has just started");
}
