//! Reads, entry by entry (HAP §10.1), and the whole database (HAP §9).

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use pairing::{Change, Permissions};
use serde_json::{Value, json};

use super::bench::{BUTTON, Bench, ECHO, IDENTIFY, LEVEL, MODE, NOTE, ORDER, POINT, SECRET, SENSOR, reading};
use super::home::{Home, LineId, Phone};
use crate::catalogue::ProgrammableSwitchEvent;
use crate::limits;
use crate::status::Status;

fn owned() -> (Home, Bench, LineId) {
    let phone = Phone::new("phone");
    let (mut home, bench) = Home::owned_by(&phone);
    let line = home.session(&phone);
    (home, bench, line)
}

/// The entries of a read.
#[track_caller]
fn read(home: &mut Home, line: LineId, query: &str, status: u16) -> Value {
    home.get(line, &format!("/characteristics?{query}")).json(status)["characteristics"].take()
}

#[test]
fn a_read_that_succeeds_carries_no_status_and_keeps_the_order_and_repetitions() {
    let (mut home, bench, line) = owned();
    bench.level.set(12);
    bench.note.set("a \"b\"\n".to_owned());
    let entries = read(&mut home, line, &format!("id=1.{NOTE},1.{LEVEL},1.{NOTE}"), 200);
    let note = json!({"aid": 1, "iid": NOTE, "value": "a \"b\"\n"});
    assert_eq!(entries, json!([note, {"aid": 1, "iid": LEVEL, "value": 12}, note]));
}

#[test]
fn when_one_entry_fails_every_entry_carries_its_status() {
    let (mut home, _, line) = owned();
    let entries = read(&mut home, line, &format!("id=1.{LEVEL},1.{ORDER},1.{IDENTIFY},1.999,7.{LEVEL}"), 207);
    let expected = json!([
        {"aid": 1, "iid": LEVEL, "status": 0, "value": 0},
        {"aid": 1, "iid": ORDER, "status": -70405},
        {"aid": 1, "iid": IDENTIFY, "status": -70405},
        {"aid": 1, "iid": 999, "status": -70409},
        {"aid": 7, "iid": LEVEL, "status": -70409},
    ]);
    assert_eq!(entries, expected);
}

#[test]
fn what_else_is_asked_for_stands_in_the_entry() {
    let (mut home, _, line) = owned();
    home.subscribe(line, &[MODE]);
    let entries = read(&mut home, line, &format!("meta=1&perms=1&type=1&ev=1&id=1.{MODE},1.{SENSOR},1.{NOTE}"), 200);
    let kind = |iid: u64| format!("6B1D5A30-8C0F-4C6B-9E0D-2F3A7C11{iid:04X}");
    let expected = json!([
        {
            "aid": 1, "iid": MODE, "type": kind(MODE), "value": 0, "perms": ["pr", "pw", "ev", "tw"], "ev": true,
            "format": "uint8", "minValue": 0, "maxValue": 3,
        },
        {
            "aid": 1, "iid": SENSOR, "type": kind(SENSOR), "value": 0, "perms": ["pr", "ev"], "ev": false,
            "format": "uint8", "minValue": 0, "maxValue": 3, "minStep": 1,
        },
        {
            "aid": 1, "iid": NOTE, "type": kind(NOTE), "value": "", "perms": ["pr", "pw"], "ev": false,
            "format": "string", "maxLen": 8,
        },
    ]);
    assert_eq!(entries, expected);
    assert_eq!(
        read(&mut home, line, &format!("id=1.{MODE}&ev=0&meta=0"), 200),
        json!([{"aid": 1, "iid": MODE, "value": 0}])
    );
}

#[test]
fn a_read_handler_is_asked_and_what_it_says_is_kept() {
    let (mut home, bench, line) = owned();
    bench.sensor.on_read(|| async { Ok(3) });
    bench.echo.on_read(|| async { Err(Status::Busy) });
    let entries = read(&mut home, line, &format!("id=1.{SENSOR},1.{ECHO}"), 207);
    let expected =
        json!([{"aid": 1, "iid": SENSOR, "status": 0, "value": 3}, {"aid": 1, "iid": ECHO, "status": -70403}]);
    assert_eq!(entries, expected);
    assert_eq!(bench.sensor.get(), 3);
}

#[test]
fn a_read_handler_that_gives_a_bad_value_has_failed() {
    let (mut home, bench, line) = owned();
    bench.sensor.on_read(|| async { Ok(4) });
    assert_eq!(read(&mut home, line, &format!("id=1.{SENSOR}"), 207)[0]["status"], -70402);
    assert_eq!(bench.sensor.get(), 0);
}

#[test]
fn what_a_read_finds_that_began_before_a_write_or_a_set_is_answered_and_not_kept() {
    let (mut home, bench, reader) = owned();
    let writer = home.session(&Phone::new("phone"));
    let release = reading(&bench.level, 20);
    home.subscribe(reader, &[LEVEL]);
    home.subscribe(writer, &[LEVEL]);
    // The same value again is as much the newest.
    for (is_written, value, is_news) in [(true, 50, true), (true, 50, false), (false, 60, true), (false, 60, false)] {
        home.send(reader, &super::home::request("GET", &format!("/characteristics?id=1.{LEVEL}"), None));
        if is_written {
            assert_eq!(home.write_one(writer, LEVEL, &json!(value)).status, 204);
        } else {
            bench.level.set(value);
        }
        release.notify_one();
        home.drive();
        assert_eq!(home.answer(reader).json(200)["characteristics"][0]["value"], 20);
        assert_eq!(bench.level.get(), value);
        home.pass(Duration::from_secs(5));
        let change = json!([{"aid": 1, "iid": LEVEL, "value": value}]);
        if is_news {
            assert_eq!(home.event(reader), change);
        }
        if is_news && !is_written {
            assert_eq!(home.event(writer), change);
        }
        home.assert_silent(reader);
        home.assert_silent(writer);
    }
    // One that began behind all of them is kept.
    home.send(reader, &super::home::request("GET", &format!("/characteristics?id=1.{LEVEL}"), None));
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(reader).status, 200);
    assert_eq!(bench.level.get(), 20);
}

#[test]
fn a_handler_that_never_answers_costs_what_is_read_with_it_three_seconds_and_no_answer() {
    let (mut home, bench, line) = owned();
    bench.level.on_read(pending);
    bench.sensor.on_read(|| async { Ok(2) });
    let path = format!("/characteristics?id=1.{NOTE},1.{LEVEL},1.{SENSOR}");
    home.send(line, &super::home::request("GET", &path, None));
    home.pass(limits::READ_HANDLER - Duration::from_millis(1));
    home.assert_silent(line);
    home.pass(Duration::from_millis(1));
    let entries = home.answer(line).json(207)["characteristics"].take();
    let expected = json!([
        {"aid": 1, "iid": NOTE, "status": 0, "value": ""},
        {"aid": 1, "iid": LEVEL, "status": -70408},
        {"aid": 1, "iid": SENSOR, "status": 0, "value": 2},
    ]);
    assert_eq!(entries, expected);
}

#[test]
fn a_read_of_more_slow_things_than_are_asked_at_once_is_answered_in_nine_seconds_all_the_same() {
    let (mut home, bench, line) = owned();
    bench.level.on_read(pending);
    let mut ids = vec![format!("1.{LEVEL}"); 4 * limits::READS_AT_ONCE];
    ids.push(format!("1.{NOTE}"));
    home.send(line, &super::home::request("GET", &format!("/characteristics?id={}", ids.join(",")), None));
    home.pass(limits::HANDLERS - Duration::from_millis(1));
    home.assert_silent(line);
    home.pass(Duration::from_millis(1));
    let entries = home.answer(line).json(207)["characteristics"].take();
    let statuses: Vec<_> = entries.as_array().unwrap().iter().map(|entry| entry["status"].as_i64().unwrap()).collect();
    assert_eq!(statuses[..ids.len() - 1], vec![-70408; ids.len() - 1]);
    assert_eq!(statuses[ids.len() - 1], 0);
}

#[test]
fn slow_handlers_are_asked_side_by_side_and_no_more_of_them_than_the_bound() {
    let (mut home, bench, line) = owned();
    let (asked, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (Arc::clone(&asked), Arc::clone(&most));
    bench.sensor.on_read(move || {
        let now = Arc::clone(&now);
        peak.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        let mut looks = 0;
        poll_fn(move |context| {
            looks += 1;
            if looks < 3 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            now.fetch_sub(1, Ordering::Relaxed);
            Poll::Ready(Ok(2))
        })
    });
    let count = 3 * limits::READS_AT_ONCE;
    let ids = vec![format!("1.{SENSOR}"); count].join(",");
    home.send(line, &super::home::request("GET", &format!("/characteristics?id={ids}"), None));
    let entries = home.answer(line).json(200)["characteristics"].take();
    assert!(entries.as_array().unwrap().iter().all(|entry| entry["value"] == 2));
    assert_eq!(entries.as_array().unwrap().len(), count);
    assert_eq!((asked.load(Ordering::Relaxed), most.load(Ordering::Relaxed)), (0, limits::READS_AT_ONCE));
}

#[test]
fn what_is_kept_for_admins_cannot_be_read_by_others() {
    let (mut home, _, admin) = owned();
    let guest = Phone::new("guest");
    home.side.store(&Change::AddPairing(guest.pairing(Permissions::USER)));
    let user = home.session(&guest);
    assert_eq!(read(&mut home, user, &format!("id=1.{SECRET}"), 207)[0]["status"], -70401);
    assert_eq!(read(&mut home, admin, &format!("id=1.{SECRET}"), 200)[0]["value"], 0);
}

#[test]
fn a_button_reads_as_null_and_reading_it_is_no_press() {
    let (mut home, bench, line) = owned();
    bench.button.on_read(|| async { Ok(ProgrammableSwitchEvent::LongPress) });
    home.subscribe(line, &[BUTTON]);
    for _ in 0..2 {
        assert_eq!(read(&mut home, line, &format!("id=1.{BUTTON}"), 200)[0]["value"], Value::Null);
        home.assert_silent(line);
    }
}

#[test]
fn a_query_that_is_none_is_refused_and_an_empty_one_has_no_answer() {
    let (mut home, _, line) = owned();
    for (path, status) in [
        ("/characteristics", 400),
        ("/characteristics?id=1", 400),
        ("/characteristics?id=1.2,", 400),
        ("/characteristics?id=1.11&meta=2", 400),
        ("/characteristics?", 204),
        ("/characteristics?id=", 204),
        ("/characteristics?id=1.11&foo=1", 200),
        ("/characteristics?id=1%2E11%2C1.16", 200),
    ] {
        assert_eq!(home.get(line, path).status, status, "{path}");
    }
}

#[test]
fn more_ids_than_the_bound_are_out_of_resources() {
    let (mut home, _, line) = owned();
    let ids = vec!["1.1"; limits::ENTRIES + 1].join(",");
    assert_eq!(home.get(line, &format!("/characteristics?id={ids}")).json(500), json!({"status": -70407}));
}

#[test]
fn an_answer_that_only_repetitions_make_too_large_is_out_of_resources_and_the_session_goes_on() {
    let (mut home, bench, line) = owned();
    let full = json!({"status": -70407});
    let many = |iid: u64| vec![format!("1.{iid}"); 9000].join(",");
    // Short, and made long by what is told of it.
    let path = format!("/characteristics?id={}&meta=1&perms=1&type=1&ev=1", many(MODE));
    assert_eq!(home.get(line, &path).json(500), full);
    bench.point.set(vec![7; 200_000]);
    assert_eq!(home.get(line, &format!("/characteristics?id={}", many(POINT))).json(500), full);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    bench.point.on_read(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        async { Ok(vec![7; 200_000]) }
    });
    assert_eq!(home.get(line, &format!("/characteristics?id={}", many(POINT))).json(500), full);
    // Nobody is asked for what cannot be told.
    assert!(asked.load(Ordering::Relaxed) <= limits::READS_AT_ONCE, "{asked:?}");
    assert_eq!(read(&mut home, line, &format!("id={}", many(LEVEL)), 200).as_array().unwrap().len(), 9000);
}

#[test]
fn what_is_asked_for_once_is_told_however_large_it_is() {
    let (mut home, bench, line) = owned();
    let large = vec![7; limits::ANSWER];
    bench.point.set(large.clone());
    let path = format!("id=1.{POINT},1.{LEVEL}");
    let entries = read(&mut home, line, &path, 200);
    assert!(entries[0]["value"].as_str().unwrap().len() > limits::ANSWER);
    assert_eq!(entries[1], json!({"aid": 1, "iid": LEVEL, "value": 0}));
    bench.point.on_read(move || std::future::ready(Ok(large.clone())));
    assert_eq!(read(&mut home, line, &path, 200), entries);
}

#[test]
fn the_database_shows_what_is_kept_for_admins_to_admins_only() {
    let (mut home, bench, admin) = owned();
    bench.secret.set(5);
    let guest = Phone::new("guest");
    home.side.store(&Change::AddPairing(guest.pairing(Permissions::USER)));
    let user = home.session(&guest);
    for (line, value) in [(admin, json!(5)), (user, Value::Null)] {
        let database = home.get(line, "/accessories").json(200);
        let services = database["accessories"][0]["services"].as_array().unwrap();
        let mut all = services.iter().flat_map(|service| service["characteristics"].as_array().unwrap());
        assert_eq!(all.find(|characteristic| characteristic["iid"] == SECRET).unwrap()["value"], value);
    }
}

#[test]
fn the_database_shows_stored_values_and_subscriptions_and_asks_no_handler() {
    let (mut home, bench, line) = owned();
    bench.level.on_read(pending);
    bench.level.set(9);
    home.subscribe(line, &[LEVEL]);
    let database = home.get(line, "/accessories").json(200);
    let bench = database["accessories"][0]["services"].as_array().unwrap().iter().find(|service| service["iid"] == 10);
    let characteristics = bench.unwrap()["characteristics"].as_array().unwrap();
    let one = |iid: u64| characteristics.iter().find(|characteristic| characteristic["iid"] == iid).unwrap();
    assert_eq!((&one(LEVEL)["value"], &one(LEVEL)["ev"]), (&json!(9), &json!(true)));
    assert_eq!((one(BUTTON).get("value"), &one(BUTTON)["ev"]), (Some(&Value::Null), &json!(false)));
    assert_eq!((one(ORDER).get("value"), one(ORDER).get("ev")), (None, None));
}
