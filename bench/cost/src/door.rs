//! The gate's model.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::gate::{
    AssumedAtStart, Gate, Opener, Options, PulseLength, PulseRate, Remembered, Request, Requester, Sensor, Sensors,
    Settings, ShownWhenStopped, Travel, WarningTime,
};
use crate::{Case, case};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("gate open", gate, ready, |_, (mut gate, now)| {
            let by = Requester::Controller(String::new());
            let (answer, effects) = black_box(gate.request(Request::Open, by, now));
            assert!(answer.is_ok() && effects.press.is_some());
        }),
        case("gate open again", gate, opening, |_, (mut gate, now)| {
            let by = Requester::Controller(String::new());
            let (answer, effects) = black_box(gate.request(Request::Open, by, now));
            assert!(answer.is_ok() && effects.press.is_none());
        }),
        case("gate sensor", gate, opening, |_, (mut gate, now)| {
            assert!(black_box(gate.sensor(Sensor::ClosedSwitch, false, now, now)).press.is_none());
        }),
        case("gate tick", gate, opening, |_, (mut gate, now)| {
            assert!(black_box(gate.tick(now)).press.is_none());
        }),
        case("gate clone", gate, ready, |_, (gate, _)| drop(black_box(gate.clone()))),
    ]
}

/// A closed gate with both switches and a photo cell.
fn gate() -> (Gate, Instant) {
    let settings = Settings {
        opener: Opener::Step,
        options: Options::default(),
        pulse: PulseLength::millis::<1_000>(),
        travel: Travel::millis::<18_000>(),
        closes_itself_after: None,
        close_when_assumed: true,
        shown_when_stopped: ShownWhenStopped::Open,
        assumed_at_start: AssumedAtStart::Remembered,
        pulses_a_minute: PulseRate::default(),
        remote_close_warning: WarningTime::millis::<0>(),
        auto_close_after: None,
        left_open_after: None,
    };
    let sensors = Sensors { closed_switch: Some(true), open_switch: Some(false), obstruction: Some(false) };
    let now = Instant::now();
    (Gate::new(settings, Remembered::default(), sensors, now), now)
}

fn ready((gate, now): &mut (Gate, Instant)) -> (Gate, Instant) {
    (gate.clone(), *now + Duration::from_secs(60))
}

fn opening(start: &mut (Gate, Instant)) -> (Gate, Instant) {
    let (mut gate, now) = ready(start);
    let effects = gate.request(Request::Open, Requester::Button, now).1;
    assert!(effects.press.is_some());
    (gate, now + Duration::from_secs(2))
}
