//! Events: who hears of what, and when (HAP §12).

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pairing::Change;
use serde_json::{Value, json};

use super::bench::{BUTTON, Bench, LEVEL, MODE, NOTE, SENSOR, reading, waiting};
use super::home::{Home, LineId, Phone, request};
use super::line::Message;
use super::logged::logged;
use crate::batch::batch;
use crate::catalogue::ProgrammableSwitchEvent;
use crate::limits;
use crate::status::Status;

const A_MOMENT: Duration = Duration::from_millis(1);

/// An accessory with two sessions that listen to everything.
fn listened() -> (Home, Bench, LineId, LineId) {
    let phone = Phone::new("phone");
    let (mut home, bench) = Home::owned_by(&phone);
    let (first, second) = (home.session(&phone), home.session(&phone));
    for line in [first, second] {
        home.subscribe(line, &[LEVEL, MODE, SENSOR, BUTTON]);
    }
    (home, bench, first, second)
}

fn changed(iid: u64, value: impl Into<Value>) -> Value {
    json!([{"aid": 1, "iid": iid, "value": value.into()}])
}

#[test]
fn the_first_change_goes_at_once_and_the_next_ones_go_together_a_second_later_with_the_latest_value() {
    let (mut home, bench, line, _) = listened();
    bench.sensor.set(1);
    home.drive();
    assert_eq!(home.event(line), changed(SENSOR, 1));
    for value in [2, 3] {
        bench.sensor.set(value);
        home.drive();
    }
    bench.level.set(50);
    home.pass(limits::EVENT_INTERVAL - A_MOMENT);
    home.assert_silent(line);
    home.pass(A_MOMENT);
    let together = json!([{"aid": 1, "iid": LEVEL, "value": 50}, {"aid": 1, "iid": SENSOR, "value": 3}]);
    assert_eq!(home.event(line), together);
    home.assert_silent(line);
}

#[test]
fn after_a_quiet_second_a_change_goes_at_once_again() {
    let (mut home, bench, line, _) = listened();
    for value in [1, 2, 3] {
        bench.sensor.set(value);
        home.drive();
        assert_eq!(home.event(line), changed(SENSOR, value));
        home.pass(limits::EVENT_INTERVAL);
    }
}

#[test]
fn a_value_that_is_set_again_is_no_change() {
    let (mut home, bench, line, _) = listened();
    bench.sensor.set(0);
    home.pass(Duration::from_secs(5));
    home.assert_silent(line);
}

#[test]
fn each_press_of_a_button_goes_at_once_in_a_message_of_its_own_and_takes_along_what_waits() {
    let (mut home, bench, line, _) = listened();
    bench.sensor.set(1);
    home.drive();
    assert_eq!(home.event(line), changed(SENSOR, 1));
    bench.sensor.set(2);
    home.drive();
    home.assert_silent(line);
    bench.button.set(ProgrammableSwitchEvent::SinglePress);
    bench.button.set(ProgrammableSwitchEvent::SinglePress);
    home.drive();
    let first = json!([{"aid": 1, "iid": SENSOR, "value": 2}, {"aid": 1, "iid": BUTTON, "value": 0}]);
    assert_eq!(home.event(line), first);
    assert_eq!(home.event(line), changed(BUTTON, 0));
    home.assert_silent(line);
}

#[test]
fn after_a_press_other_changes_wait_for_their_second_again() {
    let (mut home, bench, line, _) = listened();
    bench.button.set(ProgrammableSwitchEvent::LongPress);
    home.drive();
    assert_eq!(home.event(line), changed(BUTTON, 2));
    bench.sensor.set(1);
    home.pass(limits::EVENT_INTERVAL - A_MOMENT);
    home.assert_silent(line);
    home.pass(A_MOMENT);
    assert_eq!(home.event(line), changed(SENSOR, 1));
}

#[test]
fn no_event_comes_while_a_request_is_half_received_and_the_answer_comes_first() {
    let (mut home, bench, line, _) = listened();
    let whole = request("GET", &format!("/characteristics?id=1.{NOTE}"), None);
    let (head, tail) = whole.split_at(20);
    home.send(line, head);
    bench.sensor.set(1);
    home.pass(Duration::from_secs(3));
    home.assert_silent(line);
    home.send(line, tail);
    assert_eq!(home.answer(line).status, 200);
    assert_eq!(home.event(line), changed(SENSOR, 1));
}

#[test]
fn no_event_comes_while_a_frame_is_half_received() {
    let (mut home, bench, line, _) = listened();
    let wire = home.seal(line, &request("GET", &format!("/characteristics?id=1.{NOTE}"), None));
    let (head, tail) = wire.split_at(1);
    home.send_wire(line, head);
    bench.sensor.set(1);
    home.pass(Duration::from_secs(3));
    home.assert_silent(line);
    home.send_wire(line, tail);
    assert_eq!(home.answer(line).status, 200);
    assert_eq!(home.event(line), changed(SENSOR, 1));
}

#[test]
fn no_event_comes_before_the_answer_to_a_request_that_is_being_handled() {
    let (mut home, bench, busy, other) = listened();
    let release = reading(&bench.mode, 0);
    home.send(busy, &request("GET", &format!("/characteristics?id=1.{MODE}"), None));
    for value in [1, 2] {
        bench.sensor.set(value);
        home.pass(limits::EVENT_INTERVAL);
    }
    home.assert_silent(busy);
    assert_eq!(home.event(other), changed(SENSOR, 1));
    assert_eq!(home.event(other), changed(SENSOR, 2));
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(busy).status, 200);
    assert_eq!(home.event(busy), changed(SENSOR, 2));
}

#[test]
fn the_writer_hears_nothing_of_its_own_write_but_of_everything_else_it_changed() {
    let (mut home, bench, writer, other) = listened();
    let sensor = bench.sensor.clone();
    bench.level.on_write(move |level, _| {
        sensor.set(level / 50);
        async { Ok(()) }
    });
    assert_eq!(home.write_one(writer, LEVEL, &json!(100)).status, 204);
    assert_eq!(home.event(writer), changed(SENSOR, 2));
    let mut heard = Vec::new();
    home.pass(limits::EVENT_INTERVAL);
    while let Some(Message::Event(event)) = home.message(other) {
        heard.extend(event["characteristics"].as_array().unwrap().clone());
    }
    heard.sort_by_key(|entry| entry["iid"].as_u64());
    assert_eq!(json!(heard), json!([{"aid": 1, "iid": LEVEL, "value": 100}, {"aid": 1, "iid": SENSOR, "value": 2}]));
    home.assert_silent(writer);
}

#[test]
fn a_handler_that_sets_the_written_value_itself_makes_no_event_for_the_writer_and_one_for_others() {
    let (mut home, bench, writer, other) = listened();
    let level = bench.level.clone();
    bench.level.on_write(move |value, _| {
        level.set(value);
        async { Ok(()) }
    });
    assert_eq!(home.write_one(writer, LEVEL, &json!(30)).status, 204);
    home.pass(Duration::from_secs(5));
    home.assert_silent(writer);
    assert_eq!(home.event(other), changed(LEVEL, 30));
    home.assert_silent(other);
}

#[test]
fn a_handler_that_sets_another_value_tells_the_writer_too() {
    let (mut home, bench, writer, other) = listened();
    let level = bench.level.clone();
    bench.level.on_write_now(move |value, _| {
        level.set(value / 2);
        Ok(())
    });
    assert_eq!(home.write_one(writer, LEVEL, &json!(30)).status, 204);
    assert_eq!(bench.level.get(), 15);
    assert_eq!(home.event(writer), changed(LEVEL, 15));
    assert_eq!(home.event(other), changed(LEVEL, 15));
}

#[test]
fn what_is_written_while_another_thread_gathers_changes_is_not_echoed_to_its_writer() {
    // The write changes what was set, or says the same.
    for written in [40, 30] {
        let (mut home, bench, writer, other) = listened();
        let (level, sensor) = (bench.level.clone(), bench.sensor.clone());
        let ((set, is_set), (go_on, may_go_on)) = (mpsc::channel(), mpsc::channel());
        let gathering = thread::spawn(move || {
            batch(|| {
                level.set(30);
                sensor.set(1);
                set.send(()).unwrap();
                may_go_on.recv().unwrap();
            });
        });
        is_set.recv().unwrap();
        assert_eq!(home.write_one(writer, LEVEL, &json!(written)).status, 204);
        go_on.send(()).unwrap();
        gathering.join().unwrap();
        home.pass(Duration::from_secs(5));
        assert_eq!(home.event(writer), changed(SENSOR, 1));
        let mut heard = Vec::new();
        while let Some(Message::Event(mut event)) = home.message(other) {
            heard.extend(event["characteristics"].take().as_array().unwrap().clone());
        }
        heard.sort_by_key(|entry| entry["iid"].as_u64());
        heard.dedup();
        assert_eq!(
            json!(heard),
            json!([{"aid": 1, "iid": LEVEL, "value": written}, {"aid": 1, "iid": SENSOR, "value": 1}])
        );
        home.assert_silent(writer);
    }
}

#[test]
fn what_waits_to_be_told_is_no_news_to_who_writes_then() {
    let (mut home, _, first, second) = listened();
    for (value, own) in [(10, 11), (20, 20)] {
        assert_eq!(home.write_one(second, LEVEL, &json!(value - 1)).status, 204);
        assert_eq!(home.event(first), changed(LEVEL, value - 1));
        assert_eq!(home.write_one(second, LEVEL, &json!(value)).status, 204);
        home.assert_silent(first);
        assert_eq!(home.write_one(first, LEVEL, &json!(own)).status, 204);
        home.pass(Duration::from_secs(5));
        home.assert_silent(first);
        if own != value {
            assert_eq!(home.event(second), changed(LEVEL, own));
        }
        home.assert_silent(second);
    }
}

#[test]
fn a_served_value_that_is_set_out_of_range_stays_and_the_log_says_why() {
    let (mut home, bench, line, _) = listened();
    bench.level.set(7);
    home.drive();
    assert_eq!(home.event(line), changed(LEVEL, 7));
    let log = logged(|| bench.level.set(101));
    assert_eq!(log, ["ERROR Level keeps its value: the number is not within 0 to 100"]);
    assert!(logged(|| assert!(bench.level.try_set(101).is_err())).is_empty());
    home.pass(Duration::from_secs(5));
    home.assert_silent(line);
    assert_eq!(bench.level.get(), 7);
    let read = home.get(line, &format!("/characteristics?id=1.{LEVEL}")).json(200);
    assert_eq!(read["characteristics"], changed(LEVEL, 7));
}

#[test]
fn a_later_change_back_reaches_the_writer() {
    let (mut home, bench, writer, _) = listened();
    assert_eq!(home.write_one(writer, LEVEL, &json!(1)).status, 204);
    bench.level.set(0);
    home.drive();
    assert_eq!(home.event(writer), changed(LEVEL, 0));
}

#[test]
fn a_write_that_fails_or_changes_nothing_makes_no_event() {
    let (mut home, bench, writer, other) = listened();
    assert_eq!(home.write_one(writer, LEVEL, &json!(0)).status, 204);
    bench.level.on_write_now(|_, _| Err(Status::Unable));
    assert_eq!(home.write_one(writer, LEVEL, &json!(9)).status, 207);
    home.pass(Duration::from_secs(5));
    home.assert_silent(writer);
    home.assert_silent(other);
}

#[test]
fn who_unsubscribed_hears_nothing_not_even_what_waited() {
    let (mut home, bench, line, other) = listened();
    bench.sensor.set(1);
    home.drive();
    assert_eq!(home.event(line), changed(SENSOR, 1));
    bench.sensor.set(2);
    assert_eq!(home.write(line, &json!([{"aid": 1, "iid": SENSOR, "ev": false}])).status, 204);
    home.pass(Duration::from_secs(5));
    home.assert_silent(line);
    assert_eq!(home.event(other), changed(SENSOR, 1));
    assert_eq!(home.event(other), changed(SENSOR, 2));
}

#[test]
fn a_subscription_ends_with_its_connection() {
    let (mut home, bench, line, _) = listened();
    home.hang_up(line);
    let again = home.session(&Phone::new("phone"));
    bench.sensor.set(1);
    home.pass(Duration::from_secs(5));
    home.assert_silent(again);
}

#[test]
fn who_leaves_while_its_write_is_under_way_is_answered_and_hears_of_nothing_more() {
    let (mut home, bench, writer, other) = listened();
    let release = waiting(&bench.level);
    home.begin_write(writer, LEVEL, &json!(7));
    // One change waits for the answer already, and one comes.
    bench.sensor.set(1);
    home.pass(limits::EVENT_INTERVAL);
    assert_eq!(home.event(other), changed(SENSOR, 1));
    home.leave(writer);
    bench.sensor.set(2);
    home.drive();
    assert_eq!(home.event(other), changed(SENSOR, 2));
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(writer).status, 204);
    home.assert_silent(writer);
    assert!(!home.is_open(writer) && home.is_open(other));
}

#[test]
fn a_removed_controller_hears_nothing_even_of_what_waited() {
    let (mut home, bench, first, second) = listened();
    bench.sensor.set(1);
    home.drive();
    for line in [first, second] {
        assert_eq!(home.event(line), changed(SENSOR, 1));
    }
    bench.sensor.set(2);
    home.side.store(&Change::RemovePairing(*Phone::new("phone").id()));
    bench.sensor.set(3);
    home.pass(Duration::from_secs(5));
    for line in [first, second] {
        home.assert_silent(line);
        assert!(!home.is_open(line));
    }
}

#[test]
fn a_read_handler_that_finds_a_change_tells_all_who_listen() {
    let (mut home, bench, reader, other) = listened();
    bench.sensor.on_read(|| async { Ok(3) });
    assert_eq!(home.get(reader, &format!("/characteristics?id=1.{SENSOR}")).status, 200);
    assert_eq!(home.event(reader), changed(SENSOR, 3));
    assert_eq!(home.event(other), changed(SENSOR, 3));
}
