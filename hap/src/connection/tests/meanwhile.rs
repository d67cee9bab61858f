//! What happens to a value while the handler of a write to it is at work (HAP §10.2).

use std::sync::Arc;
use std::time::Duration;

use pairing::Change;
use serde_json::json;
use tokio::sync::Notify;

use super::bench::{LEVEL, NOTE, waiting};
use super::home::{Phone, request};
use super::writes::{guest, owned};

#[test]
fn a_slow_handler_holds_up_its_own_session_and_no_other() {
    let (mut home, bench, slow) = owned();
    let other = home.session(&Phone::new("phone"));
    let release = waiting(&bench.level);
    home.begin_write(slow, LEVEL, &json!(1));
    home.begin_write(slow, NOTE, &json!("later"));
    assert_eq!(home.write_one(other, NOTE, &json!("now")).status, 204);
    assert_eq!(bench.note.get(), "now");
    home.assert_silent(slow);
    release.notify_one();
    home.drive();
    assert_eq!((home.answer(slow).status, home.answer(slow).status), (204, 204));
    assert_eq!((bench.level.get(), bench.note.get()), (1, "later".to_owned()));
}

#[test]
fn a_handler_whose_connection_closes_is_dropped_and_the_value_stays() {
    let (mut home, bench, line) = owned();
    let release = waiting(&bench.level);
    home.begin_write(line, LEVEL, &json!(1));
    home.hang_up(line);
    release.notify_one();
    home.drive();
    assert_eq!(bench.level.get(), 0);
}

#[test]
fn a_write_is_kept_though_the_program_and_a_reader_find_the_old_value_meanwhile() {
    let (mut home, bench, line) = owned();
    let other = home.session(&Phone::new("phone"));
    home.subscribe(other, &[LEVEL]);
    bench.level.on_read(|| async { Ok(0) });
    let release = waiting(&bench.level);
    home.begin_write(line, LEVEL, &json!(50));
    bench.level.set(0);
    assert_eq!(home.get(other, &format!("/characteristics?id=1.{LEVEL}")).status, 200);
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(line).status, 204);
    assert_eq!(bench.level.get(), 50);
    assert_eq!(home.event(other), json!([{"aid": 1, "iid": LEVEL, "value": 50}]));
}

#[test]
fn what_a_reader_finds_on_the_way_is_told_and_the_written_value_after_it() {
    let (mut home, bench, line) = owned();
    let other = home.session(&Phone::new("phone"));
    bench.level.on_read(|| async { Ok(20) });
    let release = waiting(&bench.level);
    home.begin_write(line, LEVEL, &json!(50));
    assert_eq!(home.get(other, &format!("/characteristics?id=1.{LEVEL}")).json(200)["characteristics"][0]["value"], 20);
    assert_eq!(bench.level.get(), 20);
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(line).status, 204);
    assert_eq!(bench.level.get(), 50);
}

#[test]
fn two_sessions_that_write_one_characteristic_at_once_are_both_obeyed_and_hear_of_each_other_only() {
    let (mut home, bench, first) = owned();
    let second = home.session(&Phone::new("phone"));
    home.subscribe(first, &[LEVEL]);
    home.subscribe(second, &[LEVEL]);
    let release = waiting(&bench.level);
    home.begin_write(first, LEVEL, &json!(10));
    home.begin_write(second, LEVEL, &json!(20));
    release.notify_one();
    home.drive();
    assert_eq!((home.answer(first).status, bench.level.get()), (204, 10));
    release.notify_one();
    home.drive();
    assert_eq!((home.answer(second).status, bench.level.get()), (204, 20));
    assert_eq!(home.event(first), json!([{"aid": 1, "iid": LEVEL, "value": 20}]));
    home.pass(Duration::from_secs(5));
    home.assert_silent(first);
    home.assert_silent(second);
}

#[test]
fn a_value_that_the_program_sets_while_a_write_runs_stays_and_the_writer_hears_of_it() {
    let (mut home, bench, line) = owned();
    home.subscribe(line, &[LEVEL]);
    let release = waiting(&bench.level);
    home.begin_write(line, LEVEL, &json!(50));
    bench.level.set(30);
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(line).status, 204);
    assert_eq!(bench.level.get(), 30);
    assert_eq!(home.event(line), json!([{"aid": 1, "iid": LEVEL, "value": 30}]));
    home.pass(Duration::from_secs(5));
    home.assert_silent(line);
}

#[test]
fn a_handler_that_keeps_the_old_value_tells_the_writer_and_nobody_else() {
    let (mut home, bench, line) = owned();
    let other = home.session(&Phone::new("phone"));
    home.subscribe(line, &[LEVEL]);
    home.subscribe(other, &[LEVEL]);
    let level = bench.level.clone();
    bench.level.on_write(move |_, _| {
        let level = level.clone();
        async move {
            level.set(0);
            Ok(())
        }
    });
    assert_eq!(home.write_one(line, LEVEL, &json!(50)).status, 204);
    assert_eq!(bench.level.get(), 0);
    assert_eq!(home.event(line), json!([{"aid": 1, "iid": LEVEL, "value": 0}]));
    home.pass(Duration::from_secs(5));
    home.assert_silent(other);
}

#[test]
fn a_handler_that_sets_a_value_overrides_its_own_write_and_no_other() {
    let (mut home, bench, slow) = owned();
    let quick = home.session(&Phone::new("phone"));
    let release = Arc::new(Notify::new());
    let (level, latch) = (bench.level.clone(), Arc::clone(&release));
    bench.level.on_write(move |value, _| {
        let (level, latch) = (level.clone(), Arc::clone(&latch));
        async move {
            if value > 60 {
                level.set(60);
            } else {
                latch.notified().await;
            }
            Ok(())
        }
    });
    home.begin_write(slow, LEVEL, &json!(50));
    assert_eq!(home.write_one(quick, LEVEL, &json!(70)).status, 204);
    assert_eq!(bench.level.get(), 60);
    release.notify_one();
    home.drive();
    assert_eq!((home.answer(slow).status, bench.level.get()), (204, 50));
}

#[test]
fn entries_behind_the_removal_of_their_pairing_are_not_obeyed() {
    let (mut home, bench, _) = owned();
    let line = guest(&mut home);
    let release = waiting(&bench.level);
    let entries = json!({"characteristics": [
        {"aid": 1, "iid": LEVEL, "value": 1}, {"aid": 1, "iid": NOTE, "value": "x"}
    ]});
    home.send(line, &request("PUT", "/characteristics", Some(entries.to_string().as_bytes())));
    home.side.store(&Change::RemovePairing(*Phone::new("guest").id()));
    release.notify_one();
    home.drive();
    let json = home.answer(line).json(207);
    assert_eq!(
        (&json["characteristics"][0]["status"], &json["characteristics"][1]["status"]),
        (&json!(0), &json!(-70411))
    );
    assert_eq!((bench.level.get(), bench.note.get()), (1, String::new()));
    assert!(!home.is_open(line));
}
