//! What is known again after a restart.

use super::day::{AT_CLOSED, BETWEEN_BOTH, Day, TRAVEL, remembering, seconds};
use super::*;

const ALL: [Motion; 5] =
    [Motion::Closed, Motion::Opening, Motion::Open, Motion::Closing, Motion::Stopped { after: None }];

#[test]
fn a_restarted_gate_takes_up_what_was_remembered_and_tells_nobody() {
    for motion in ALL {
        let mut day = Day::remembering(Settings::plain(Opener::Step), remembering(motion), Sensors::default());
        assert_eq!((day.gate.state().current, day.states.len(), day.records.len()), (motion.door(), 0, 0));
        day.pass(TRAVEL);
        assert!(day.gate.remembered().motion.rests());
        assert_eq!(day.presses, []);
    }
}

#[test]
fn the_first_reading_is_no_movement() {
    for motion in ALL {
        for sensors in [
            AT_CLOSED,
            BETWEEN_BOTH,
            Sensors { closed_switch: Some(false), ..AT_CLOSED },
            Sensors { closed_switch: Some(false), open_switch: Some(true), ..BETWEEN_BOTH },
            Sensors { closed_switch: Some(false), ..BETWEEN_BOTH },
            Sensors { open_switch: Some(true), ..BETWEEN_BOTH },
        ] {
            let remembered = Remembered { age: Some(seconds(0)), ..remembering(motion) };
            let mut day = Day::remembering(Settings::plain(Opener::Step), remembered, sensors);
            day.sense(Sensor::ClosedSwitch, sensors.closed_switch.unwrap());
            assert_eq!((day.states.len(), day.records.len()), (0, 0), "{motion:?} {sensors:?}");
        }
    }
}

#[test]
fn what_the_switches_say_goes_before_what_was_remembered() {
    let mut away = AT_CLOSED;
    away.closed_switch = Some(false);
    for (sensors, motion, door, confidence) in [
        (AT_CLOSED, Motion::Open, DoorState::Closed, Confidence::Sensed),
        (away, Motion::Closed, DoorState::Open, Confidence::Sensed),
        (away, Motion::Opening, DoorState::Opening, Confidence::Sensed),
        (BETWEEN_BOTH, Motion::Open, DoorState::Closed, Confidence::Sensed),
        (
            Sensors { closed_switch: Some(false), open_switch: Some(true), obstruction: None },
            Motion::Closed,
            DoorState::Open,
            Confidence::Sensed,
        ),
        (
            Sensors { closed_switch: Some(false), open_switch: Some(false), obstruction: None },
            Motion::Closed,
            DoorState::Stopped,
            Confidence::Sensed,
        ),
        (
            Sensors { closed_switch: None, open_switch: Some(false), obstruction: None },
            Motion::Closed,
            DoorState::Closed,
            Confidence::Assumed,
        ),
        (
            Sensors { closed_switch: None, open_switch: Some(false), obstruction: None },
            Motion::Open,
            DoorState::Stopped,
            Confidence::Assumed,
        ),
    ] {
        let day = Day::remembering(Settings::plain(Opener::Step), remembering(motion), sensors);
        let state = day.gate.state();
        assert_eq!((state.current, state.confidence), (door, confidence), "{motion:?} {sensors:?}");
    }
}

#[test]
fn a_movement_goes_on_where_it_was_and_an_old_one_is_over() {
    for (age, door) in [(Some(5), DoorState::Opening), (Some(100), DoorState::Open), (None, DoorState::Opening)] {
        let remembered = Remembered { age: age.map(seconds), ..remembering(Motion::Opening) };
        let mut day = Day::remembering(Settings::plain(Opener::Step), remembered, Sensors::default());
        assert_eq!(day.door(), door, "{age:?}");
        day.pass(seconds(13));
        assert_eq!(day.door(), if age.is_some() { DoorState::Open } else { DoorState::Opening });
    }
}

#[test]
fn a_gate_that_closes_itself_has_done_so_meanwhile() {
    let settings =
        Settings { closes_itself_after: Some(OpenTime::millis::<30_000>()), ..Settings::plain(Opener::OpenOnly) };
    for (age, door) in [(10, DoorState::Open), (40, DoorState::Closing), (60, DoorState::Closed)] {
        let remembered = Remembered { age: Some(seconds(age)), ..remembering(Motion::Open) };
        assert_eq!(Day::remembering(settings, remembered, Sensors::default()).door(), door, "{age}");
    }
}

#[test]
fn an_old_assumption_gives_way_to_the_owners_choice_and_what_is_sensed_does_not() {
    let settings = Settings { assumed_at_start: AssumedAtStart::Closed, ..Settings::plain(Opener::Step) };
    for (age, door) in [(Some(10), DoorState::Open), (Some(3_600), DoorState::Closed), (None, DoorState::Closed)] {
        let remembered = Remembered { age: age.map(seconds), ..remembering(Motion::Open) };
        let mut day = Day::remembering(settings, remembered, Sensors::default());
        assert_eq!((day.door(), day.states.len()), (door, 0), "{age:?}");
        day.pass(seconds(3_600));
        assert_eq!(day.presses, []);
    }
    let away = Sensors { closed_switch: Some(false), ..AT_CLOSED };
    assert_eq!(Day::remembering(settings, remembering(Motion::Open), away).door(), DoorState::Open);
}

#[test]
fn a_gate_that_stopped_half_way_reads_open_and_takes_either_target() {
    for (request, door) in [(Request::Open, DoorState::Opening), (Request::Close, DoorState::Closing)] {
        let stopped = remembering(Motion::Stopped { after: None });
        let mut day = Day::remembering(Settings::plain(Opener::Step), stopped, Sensors::default());
        assert_eq!(day.gate.state().target, Target::Open);
        assert_eq!(day.ask(request), Ok(Accepted::Pulsed));
        assert_eq!(day.door(), door);
        day.pass(TRAVEL - std::time::Duration::from_millis(1));
        assert_eq!(day.door(), door);
    }
}

#[test]
fn what_must_survive_survives() {
    let mut day = Day::sensing(Settings::plain(Opener::Step), BETWEEN_BOTH);
    day.hold(Hold::Lockout, true);
    day.hold(Hold::Open, true);
    day.sense(Sensor::ClosedSwitch, false);
    let text = serde_json::to_string(&day.gate.remembered()).unwrap();
    let read: Remembered = serde_json::from_str(&text).unwrap();
    assert_eq!(read, Remembered { age: None, ..day.gate.remembered() });
    let again =
        Day::remembering(Settings::plain(Opener::Step), read, Sensors { closed_switch: Some(false), ..BETWEEN_BOTH });
    let state = again.gate.state();
    assert_eq!((state.current, state.lockout, state.hold_open), (DoorState::Opening, true, true));
}

#[test]
fn an_older_document_is_read_as_far_as_it_goes() {
    let read: Remembered = serde_json::from_str(r#"{"motion":"open"}"#).unwrap();
    assert_eq!(read, remembering(Motion::Open));
    let read: Remembered = serde_json::from_str(r#"{"motion":{"stopped":{"after":"open"}},"runs":[20000]}"#).unwrap();
    assert_eq!(read.motion, Motion::Stopped { after: Some(Target::Open) });
}
