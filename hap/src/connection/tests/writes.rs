//! Writes and subscriptions, entry by entry (HAP §10.2).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pairing::{Change, Permissions};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::bench::{Bench, ECHO, GUARDED, IDENTIFY, LEVEL, LOCKED, NOTE, ORDER, POINT, SECRET, SENSOR, VAULT, waiting};
use super::home::{Home, LineId, Phone, request};
use crate::limits;
use crate::status::Status;

pub(super) fn owned() -> (Home, Bench, LineId) {
    let phone = Phone::new("phone");
    let (mut home, bench) = Home::owned_by(&phone);
    let line = home.session(&phone);
    (home, bench, line)
}

/// A guest's session beside that of the owner.
pub(super) fn guest(home: &mut Home) -> LineId {
    let guest = Phone::new("guest");
    home.side.store(&Change::AddPairing(guest.pairing(Permissions::USER)));
    home.session(&guest)
}

/// The status of each entry, after a check that they stand in the order of the request.
#[track_caller]
fn statuses(home: &mut Home, line: LineId, entries: &Value) -> Vec<i64> {
    let answer = home.write(line, entries);
    let count = entries.as_array().unwrap().len();
    if answer.status == 204 {
        return vec![0; count];
    }
    let json = answer.json(207);
    let answered = json["characteristics"].as_array().unwrap();
    assert_eq!(answered.len(), count);
    for (asked, answered) in entries.as_array().unwrap().iter().zip(answered) {
        assert_eq!((&asked["aid"], &asked["iid"]), (&answered["aid"], &answered["iid"]));
    }
    answered.iter().map(|entry| entry["status"].as_i64().unwrap()).collect()
}

/// The status of a write of one value.
#[track_caller]
fn status(home: &mut Home, line: LineId, iid: u64, value: Value) -> i64 {
    statuses(home, line, &json!([{"aid": 1, "iid": iid, "value": value}]))[0]
}

#[test]
fn a_good_entry_is_obeyed_though_others_fail_and_the_answers_keep_the_order() {
    let (mut home, bench, line) = owned();
    bench.echo.on_write_now(|_, _| Err(Status::NotAllowed));
    let entries = json!([
        {"aid": 1, "iid": 999, "value": 1},
        {"aid": 1, "iid": LEVEL, "value": 7},
        {"aid": 1, "iid": SENSOR, "value": 1},
        {"aid": 1, "iid": ECHO, "value": 1},
        {"aid": 2, "iid": LEVEL, "value": 1},
        {"aid": 1, "iid": LEVEL},
        {"aid": 1, "iid": NOTE, "value": "hello"},
    ]);
    assert_eq!(statuses(&mut home, line, &entries), [-70409, 0, -70404, -70412, -70409, -70410, 0]);
    assert_eq!((bench.level.get(), bench.note.get()), (7, "hello".to_owned()));
}

#[test]
fn handlers_are_called_in_the_order_of_the_request_one_after_the_other() {
    let (mut home, bench, line) = owned();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let release = Arc::new(Notify::new());
    let (log, latch) = (Arc::clone(&calls), Arc::clone(&release));
    bench.level.on_write(move |level, _| {
        let (log, latch) = (Arc::clone(&log), Arc::clone(&latch));
        async move {
            latch.notified().await;
            log.lock().unwrap().push(format!("level {level}"));
            Ok(())
        }
    });
    let log = Arc::clone(&calls);
    bench.order.on_write_now(move |on, _| {
        log.lock().unwrap().push(format!("order {on}"));
        Ok(())
    });
    let entries = json!({"characteristics": [
        {"aid": 1, "iid": LEVEL, "value": 1},
        {"aid": 1, "iid": ORDER, "value": true},
        {"aid": 1, "iid": LEVEL, "value": 2},
    ]});
    home.send(line, &request("PUT", "/characteristics", Some(entries.to_string().as_bytes())));
    assert!(calls.lock().unwrap().is_empty());
    release.notify_one();
    home.drive();
    assert_eq!(*calls.lock().unwrap(), ["level 1", "order true"]);
    home.assert_silent(line);
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(line).status, 204);
    assert_eq!(*calls.lock().unwrap(), ["level 1", "order true", "level 2"]);
}

#[test]
fn every_status_of_a_handler_reaches_the_controller_and_the_value_stays() {
    let (mut home, bench, line) = owned();
    for (status, code) in [
        (Status::Unable, -70402),
        (Status::Busy, -70403),
        (Status::OutOfResources, -70407),
        (Status::TimedOut, -70408),
        (Status::InvalidValue, -70410),
        (Status::InsufficientAuthorization, -70411),
        (Status::NotAllowed, -70412),
    ] {
        bench.level.on_write(move |_, _| async move { Err(status) });
        assert_eq!(self::status(&mut home, line, LEVEL, json!(50)), code);
        assert_eq!(bench.level.get(), 0);
    }
}

#[test]
fn a_handler_that_takes_longer_than_nine_seconds_is_given_up_with_those_behind_it_and_the_session_goes_on() {
    let (mut home, bench, line) = owned();
    let _never = waiting(&bench.level);
    let entries =
        json!({"characteristics": [{"aid": 1, "iid": LEVEL, "value": 1}, {"aid": 1, "iid": NOTE, "value": "x"}]});
    home.send(line, &request("PUT", "/characteristics", Some(entries.to_string().as_bytes())));
    home.pass(limits::HANDLERS - Duration::from_millis(1));
    home.assert_silent(line);
    home.pass(Duration::from_millis(1));
    let json = home.answer(line).json(207);
    assert_eq!(json["characteristics"][0]["status"], -70408);
    assert_eq!(json["characteristics"][1]["status"], -70408);
    assert_eq!((bench.level.get(), bench.note.get()), (0, String::new()));
    assert_eq!(home.write_one(line, NOTE, &json!("y")).status, 204);
}

#[test]
fn a_handler_that_panics_when_it_is_given_up_costs_nobody_anything() {
    struct Fuse;
    impl Drop for Fuse {
        fn drop(&mut self) {
            panic!("on its way out");
        }
    }

    let (mut home, bench, line) = owned();
    bench.level.on_write(|_, _| {
        let fuse = Fuse;
        async move {
            let _fuse = fuse;
            std::future::pending().await
        }
    });
    home.begin_write(line, LEVEL, &json!(1));
    home.pass(limits::HANDLERS);
    assert_eq!(home.answer(line).json(207)["characteristics"][0]["status"], -70408);
    assert_eq!(home.write_one(line, NOTE, &json!("y")).status, 204);
}

#[test]
fn a_handler_that_panics_fails_its_own_entry_and_no_other() {
    let (mut home, bench, line) = owned();
    bench.level.on_write_now(|_, _| panic!("at once"));
    bench.echo.on_write(|_, _| async { panic!("later") });
    let entries = json!([
        {"aid": 1, "iid": LEVEL, "value": 1},
        {"aid": 1, "iid": ECHO, "value": 1},
        {"aid": 1, "iid": NOTE, "value": "x"},
    ]);
    assert_eq!(statuses(&mut home, line, &entries), [-70402, -70402, 0]);
    assert_eq!((bench.level.get(), bench.echo.get(), bench.note.get()), (0, 0, "x".to_owned()));
    // What the handler did not finish does not hide the next change from the one who wrote.
    home.subscribe(line, &[LEVEL]);
    bench.level.set(1);
    home.drive();
    assert_eq!(home.event(line), json!([{"aid": 1, "iid": LEVEL, "value": 1}]));
}

#[test]
fn a_subscription_is_made_behind_the_entries_before_it_and_before_those_behind_it() {
    let (mut home, bench, line) = owned();
    let sensor = bench.sensor.clone();
    bench.level.on_write(move |level, _| {
        sensor.set(level);
        async { Ok(()) }
    });
    let write = |level: u8| json!({"aid": 1, "iid": LEVEL, "value": level});
    let subscribe = |on: bool| json!({"aid": 1, "iid": SENSOR, "ev": on});
    assert_eq!(home.write(line, &json!([write(1), subscribe(true)])).status, 204);
    home.pass(Duration::from_secs(5));
    home.assert_silent(line);
    assert_eq!(home.write(line, &json!([write(2), subscribe(false), write(3)])).status, 204);
    home.pass(Duration::from_secs(5));
    home.assert_silent(line);
    assert_eq!(home.write(line, &json!([subscribe(true), write(2)])).status, 204);
    assert_eq!(home.event(line), json!([{"aid": 1, "iid": SENSOR, "value": 2}]));
}

#[test]
fn a_subscription_behind_a_handler_that_never_answers_is_made_all_the_same() {
    let (mut home, bench, line) = owned();
    let _never = waiting(&bench.level);
    let entries =
        json!({"characteristics": [{"aid": 1, "iid": LEVEL, "value": 1}, {"aid": 1, "iid": SENSOR, "ev": true}]});
    home.send(line, &request("PUT", "/characteristics", Some(entries.to_string().as_bytes())));
    home.pass(limits::HANDLERS);
    let json = home.answer(line).json(207);
    assert_eq!(
        (&json["characteristics"][0]["status"], &json["characteristics"][1]["status"]),
        (&json!(-70408), &json!(0))
    );
    bench.sensor.set(1);
    home.drive();
    assert_eq!(home.event(line), json!([{"aid": 1, "iid": SENSOR, "value": 1}]));
}

#[test]
fn write_responses_that_only_repetitions_make_too_large_are_out_of_resources_and_the_session_goes_on() {
    let (mut home, bench, line) = owned();
    bench.point.on_read(|| async { Ok(vec![7; 200_000]) });
    let entry = json!({"aid": 1, "iid": POINT, "value": "", "r": true});
    let answer = home.write(line, &json!(vec![&entry; 100]));
    assert_eq!(answer.json(500), json!({"status": -70407}));
    bench.point.on_read(|| async { Ok(vec![7; limits::ANSWER]) });
    assert_eq!(statuses(&mut home, line, &json!([entry])), [0]);
}

#[test]
fn a_write_response_is_asked_of_the_read_handler() {
    let (mut home, bench, line) = owned();
    let other = home.session(&Phone::new("phone"));
    home.subscribe(line, &[ECHO]);
    home.subscribe(other, &[ECHO]);
    bench.echo.on_read(|| async { Ok(7) });
    let write = json!([{"aid": 1, "iid": ECHO, "value": 84, "r": true}]);
    let answer = home.write(line, &write).json(207);
    assert_eq!(answer["characteristics"], json!([{"aid": 1, "iid": ECHO, "status": 0, "value": 7}]));
    assert_eq!(bench.echo.get(), 7);
    // Who has the answer needs no event.
    home.pass(Duration::from_secs(5));
    home.assert_silent(line);
    assert_eq!(home.event(other), json!([{"aid": 1, "iid": ECHO, "value": 7}]));
    bench.echo.on_read(|| async { Err(Status::Busy) });
    assert_eq!(statuses(&mut home, line, &write), [-70403]);
    bench.echo.on_read(|| async { panic!("while it reads") });
    assert_eq!(statuses(&mut home, line, &write), [-70402]);
}

#[test]
fn what_is_written_to_a_control_point_is_for_its_handler_alone() {
    let (mut home, bench, line) = owned();
    let other = guest(&mut home);
    let read = |home: &mut Home| {
        home.get(other, &format!("/characteristics?id=1.{POINT}")).json(200)["characteristics"][0]["value"].take()
    };
    let listed = |home: &mut Home| {
        let listed = home.get(other, "/accessories").json(200);
        let mut all = listed["accessories"][0]["services"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|service| service["characteristics"].as_array().unwrap());
        all.find(|characteristic| characteristic["iid"] == POINT).unwrap()["value"].clone()
    };
    assert_eq!(home.write_one(line, POINT, &json!("AQIDBA==")).status, 204);
    assert_eq!((read(&mut home), listed(&mut home)), (json!(""), json!("")));
    let point = bench.point.clone();
    bench.point.on_write_now(move |request, _| {
        point.set(request.into_iter().rev().collect());
        Ok(())
    });
    let answer = home.write(line, &json!([{"aid": 1, "iid": POINT, "value": "AQIDBA==", "r": true}])).json(207);
    assert_eq!(answer["characteristics"][0]["value"], "BAMCAQ==");
    assert_eq!((read(&mut home), listed(&mut home)), (json!("BAMCAQ=="), json!("")));
    bench.point.on_read(|| async { Ok(vec![9]) });
    assert_eq!(read(&mut home), json!("CQ=="));
    assert_eq!(bench.point.get(), [4, 3, 2, 1]);
}

#[test]
fn a_write_response_gives_the_value_after_the_write() {
    let (mut home, bench, line) = owned();
    let echo = bench.echo.clone();
    bench.echo.on_write_now(move |value, _| {
        echo.set(value / 2);
        Ok(())
    });
    let entries = json!([{"aid": 1, "iid": ECHO, "value": 84, "r": true}, {"aid": 1, "iid": NOTE, "value": "x"}]);
    let answer = home.write(line, &entries).json(207);
    let expected = json!([{"aid": 1, "iid": ECHO, "status": 0, "value": 42}, {"aid": 1, "iid": NOTE, "status": 0}]);
    assert_eq!(answer["characteristics"], expected);
}

#[test]
fn a_write_response_that_was_not_asked_for_is_not_given() {
    let (mut home, _, line) = owned();
    assert_eq!(home.write_one(line, ECHO, &json!(1)).status, 204);
}

#[test]
fn a_write_response_of_what_has_none_is_refused_though_the_write_is_obeyed() {
    let (mut home, bench, line) = owned();
    assert_eq!(statuses(&mut home, line, &json!([{"aid": 1, "iid": LEVEL, "value": 5, "r": 1}])), [-70405]);
    assert_eq!(bench.level.get(), 5);
}

#[test]
fn authorisation_data_reaches_the_handler_decoded_and_anything_else_is_refused() {
    let (mut home, bench, line) = owned();
    let seen = Arc::new(Mutex::new(None));
    let log = Arc::clone(&seen);
    bench.locked.on_write_now(move |_, context| {
        *log.lock().unwrap() = Some((context.authorization().map(<[u8]>::to_vec), context.is_remote()));
        Ok(())
    });
    let write = |data: Value| json!([{"aid": 1, "iid": LOCKED, "value": true, "authData": data, "remote": true}]);
    assert_eq!(statuses(&mut home, line, &write(json!("not base64!"))), [-70410]);
    assert_eq!(*seen.lock().unwrap(), None);
    assert_eq!(statuses(&mut home, line, &write(json!("b3Blbg=="))), [0]);
    assert_eq!(*seen.lock().unwrap(), Some((Some(b"open".to_vec()), true)));
    assert_eq!(home.write(line, &write(json!(5))).status, 400);
}

#[test]
fn what_is_kept_for_admins_is_refused_to_others_until_they_become_admins() {
    let (mut home, bench, admin) = owned();
    let user = guest(&mut home);
    assert_eq!(status(&mut home, user, SECRET, json!(1)), -70401);
    assert_eq!(statuses(&mut home, user, &json!([{"aid": 1, "iid": SECRET, "ev": true}])), [-70401]);
    assert_eq!(bench.secret.get(), 0);
    assert_eq!(status(&mut home, admin, SECRET, json!(2)), 0);
    // What a pairing may do is looked up for each request, not once for the session.
    home.side.store(&Change::SetPermissions(*Phone::new("guest").id(), Permissions::ADMIN));
    assert_eq!(status(&mut home, user, SECRET, json!(3)), 0);
    home.side.store(&Change::SetPermissions(*Phone::new("guest").id(), Permissions::USER));
    assert_eq!(status(&mut home, user, SECRET, json!(4)), -70401);
    assert_eq!(bench.secret.get(), 3);
}

#[test]
fn events_kept_for_admins_end_with_the_right_to_them_and_anybody_may_unsubscribe() {
    let (mut home, bench, _) = owned();
    let user = guest(&mut home);
    let ev = |iid: u64, on: bool| json!([{"aid": 1, "iid": iid, "ev": on}]);
    for iid in [GUARDED, SECRET] {
        assert_eq!(statuses(&mut home, user, &ev(iid, true)), [-70401]);
        assert_eq!(statuses(&mut home, user, &ev(iid, false)), [0]);
    }
    home.side.store(&Change::SetPermissions(*Phone::new("guest").id(), Permissions::ADMIN));
    home.subscribe(user, &[GUARDED, SECRET, LEVEL]);
    bench.guarded.set(1);
    home.drive();
    assert_eq!(home.event(user), json!([{"aid": 1, "iid": GUARDED, "value": 1}]));
    bench.secret.set(1);
    home.side.store(&Change::SetPermissions(*Phone::new("guest").id(), Permissions::USER));
    bench.guarded.set(2);
    bench.level.set(1);
    home.pass(Duration::from_secs(5));
    assert_eq!(home.event(user), json!([{"aid": 1, "iid": LEVEL, "value": 1}]));
    home.assert_silent(user);
    assert_eq!(statuses(&mut home, user, &ev(SECRET, false)), [0]);
}

#[test]
fn a_handler_knows_who_writes() {
    let (mut home, bench, admin) = owned();
    let user = guest(&mut home);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    bench.level.on_write(move |level, context| {
        let who = (level, context.controller().to_string(), context.is_admin(), context.is_timed());
        log.lock().unwrap().push(who);
        async { Ok(()) }
    });
    status(&mut home, admin, LEVEL, json!(1));
    status(&mut home, user, LEVEL, json!(2));
    let expected = [(1, "phone".to_owned(), true, false), (2, "guest".to_owned(), false, false)];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn a_value_that_does_not_fit_is_refused_before_its_handler() {
    let (mut home, bench, line) = owned();
    bench.level.on_write_now(|_, _| panic!("called with a bad value"));
    bench.note.on_write_now(|_, _| panic!("called with a bad value"));
    for value in [json!(101), json!(-1), json!("5"), json!(0.5), json!(1_000_000)] {
        assert_eq!(status(&mut home, line, LEVEL, value.clone()), -70410, "{value}");
    }
    for value in [json!("nine bytes"), json!(5), json!(true), json!("ééééé")] {
        assert_eq!(status(&mut home, line, NOTE, value.clone()), -70410, "{value}");
    }
    for value in [json!(2), json!("true")] {
        assert_eq!(status(&mut home, line, ORDER, value.clone()), -70410, "{value}");
    }
    for value in [json!(1), json!(false), json!(true)] {
        assert_eq!(status(&mut home, line, ORDER, value.clone()), 0, "{value}");
    }
}

#[test]
fn a_write_response_tells_what_is_kept_for_admins_to_admins_only() {
    let (mut home, bench, admin) = owned();
    let user = guest(&mut home);
    bench.vault.set(5);
    let respond = |entry: Value| {
        let mut entries = json!([{"aid": 1, "iid": VAULT, "r": true}]);
        entries[0].as_object_mut().unwrap().extend(entry.as_object().unwrap().clone());
        entries
    };
    let asked = Arc::new(AtomicUsize::new(0));
    for has_handler in [false, true] {
        let counter = Arc::clone(&asked);
        if has_handler {
            bench.vault.on_read(move || {
                counter.fetch_add(1, Ordering::Relaxed);
                async { Ok(5) }
            });
        }
        let refused = json!([{"aid": 1, "iid": VAULT, "status": -70401}]);
        assert_eq!(home.write(user, &respond(json!({"ev": false}))).json(207)["characteristics"], refused);
        // Writing is for all, and what was written is told to none of them.
        assert_eq!(home.write(user, &respond(json!({"value": 5}))).json(207)["characteristics"], refused);
        assert_eq!(bench.vault.get(), 5);
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        let told = json!([{"aid": 1, "iid": VAULT, "status": 0, "value": 5}]);
        assert_eq!(home.write(admin, &respond(json!({"ev": false}))).json(207)["characteristics"], told);
    }
}

#[test]
fn what_cannot_be_written_or_subscribed_says_so() {
    let (mut home, _, line) = owned();
    assert_eq!(status(&mut home, line, SENSOR, json!(1)), -70404);
    let subscribe = |iid| json!([{"aid": 1, "iid": iid, "ev": true}]);
    assert_eq!(statuses(&mut home, line, &subscribe(NOTE)), [-70406]);
    assert_eq!(statuses(&mut home, line, &subscribe(ORDER)), [-70406]);
    assert_eq!(statuses(&mut home, line, &subscribe(999)), [-70409]);
}

#[test]
fn a_subscription_in_an_entry_whose_value_fails_still_fails_the_entry() {
    let (mut home, _, line) = owned();
    let entries =
        json!([{"aid": 1, "iid": LEVEL, "ev": true, "value": 101}, {"aid": 1, "iid": NOTE, "ev": true, "value": "x"}]);
    assert_eq!(statuses(&mut home, line, &entries), [-70410, -70406]);
}

#[test]
fn a_body_that_is_no_write_is_refused_whole() {
    let (mut home, bench, line) = owned();
    for body in [
        json!({}),
        json!([]),
        json!({"characteristics": []}),
        json!({"characteristics": [{"aid": 1, "iid": LEVEL, "value": 5}, {"aid": 1, "value": 5}]}),
        json!({"characteristics": [{"aid": 1, "iid": LEVEL, "value": 5}, {"aid": 1, "iid": LEVEL, "value": null}]}),
    ] {
        assert_eq!(home.put(line, "/characteristics", &body).status, 400, "{body}");
    }
    home.send(line, b"PUT /characteristics HTTP/1.1\r\n\r\n");
    assert_eq!(home.answer(line).status, 400, "without a length");
    assert_eq!(bench.level.get(), 0);
}

#[test]
fn a_paired_controller_identifies_the_accessory_by_a_write() {
    let (mut home, bench, line) = owned();
    assert_eq!(status(&mut home, line, IDENTIFY, json!(true)), 0);
    bench.assert_identified(1);
}
