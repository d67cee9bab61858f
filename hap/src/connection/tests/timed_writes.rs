//! Prepared writes (HAP §11).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::bench::{Bench, LEVEL, MODE};
use super::home::{Home, LineId, Phone};

/// A pid that a double cannot hold.
const PID: u64 = 17_731_943_923_132_393_123;

struct Story {
    home: Home,
    bench: Bench,
    line: LineId,
}

impl Story {
    fn new() -> Self {
        let phone = Phone::new("phone");
        let (mut home, bench) = Home::owned_by(&phone);
        let line = home.session(&phone);
        Self { home, bench, line }
    }

    fn prepare(&mut self, pid: u64, ttl: u64) {
        let answer = self.home.put(self.line, "/prepare", &json!({"ttl": ttl, "pid": pid}));
        assert_eq!(answer.json(200), json!({"status": 0}));
    }

    /// Writes both; `Ok` when all went well, the statuses otherwise.
    fn execute(&mut self, pid: u64, mode: u8) -> Result<(), Vec<i64>> {
        let entries = json!([{"aid": 1, "iid": MODE, "value": mode}, {"aid": 1, "iid": LEVEL, "value": mode}]);
        let body = json!({"characteristics": entries, "pid": pid});
        let answer = self.home.put(self.line, "/characteristics", &body);
        if answer.status == 204 {
            return Ok(());
        }
        let json = answer.json(207);
        let statuses =
            json["characteristics"].as_array().unwrap().iter().map(|entry| entry["status"].as_i64().unwrap());
        Err(statuses.collect())
    }

    fn values(&self) -> (u8, u8) {
        (self.bench.mode.get(), self.bench.level.get())
    }
}

/// A refusal of both entries.
fn refused() -> Result<(), Vec<i64>> {
    Err(vec![-70410, -70410])
}

#[test]
fn a_prepared_write_that_comes_in_time_is_obeyed_and_its_handler_knows_that_it_was_timed() {
    let mut story = Story::new();
    let timed = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&timed);
    story.bench.mode.on_write_now(move |_, context| {
        seen.fetch_add(usize::from(context.is_timed()), Ordering::Relaxed);
        Ok(())
    });
    story.prepare(PID, 5000);
    story.home.pass(Duration::from_millis(5000));
    assert_eq!(story.execute(PID, 1), Ok(()));
    assert_eq!(story.values(), (1, 1));
    assert_eq!(timed.load(Ordering::Relaxed), 1);
}

#[test]
fn a_prepared_write_that_comes_late_does_nothing() {
    let mut story = Story::new();
    story.prepare(PID, 5000);
    story.home.pass(Duration::from_millis(5001));
    assert_eq!(story.execute(PID, 1), refused());
    assert_eq!(story.values(), (0, 0));
}

#[test]
fn a_time_to_live_of_zero_is_in_time_only_at_once() {
    let mut story = Story::new();
    story.prepare(0, 0);
    assert_eq!(story.execute(0, 1), Ok(()));
    story.prepare(0, 0);
    story.home.pass(Duration::from_nanos(1));
    assert_eq!(story.execute(0, 2), refused());
    assert_eq!(story.values(), (1, 1));
}

#[test]
fn the_longest_time_to_live_does_not_overflow_the_clock() {
    let mut story = Story::new();
    story.prepare(PID, (1 << 53) - 1);
    story.home.pass(Duration::from_secs(86_400));
    assert_eq!(story.execute(PID, 1), Ok(()));
}

#[test]
fn another_pid_does_nothing_and_uses_up_what_was_prepared() {
    let mut story = Story::new();
    story.prepare(PID, 5000);
    // The nearest double is the same for both.
    assert_eq!(story.execute(PID + 1, 1), refused());
    assert_eq!(story.execute(PID, 1), refused());
    assert_eq!(story.values(), (0, 0));
}

#[test]
fn a_prepared_write_is_good_for_one_request_even_if_that_fails() {
    let mut story = Story::new();
    story.prepare(PID, 5000);
    assert_eq!(story.execute(PID, 1), Ok(()));
    assert_eq!(story.execute(PID, 2), refused());
    story.prepare(PID, 5000);
    assert_eq!(story.execute(PID, 9), Err(vec![-70410, 0]), "9 is no mode, but it is a level");
    assert_eq!(story.execute(PID, 2), refused());
    assert_eq!(story.values(), (1, 9));
}

#[test]
fn a_second_preparation_replaces_the_first_with_its_own_time() {
    let mut story = Story::new();
    story.prepare(1, 60_000);
    story.prepare(2, 100);
    assert_eq!(story.execute(1, 1), refused());
    story.prepare(1, 60_000);
    story.prepare(2, 100);
    story.home.pass(Duration::from_millis(101));
    assert_eq!(story.execute(2, 1), refused());
    assert_eq!(story.values(), (0, 0));
}

#[test]
fn a_plain_write_is_refused_where_only_timed_ones_are_taken_and_leaves_what_was_prepared() {
    let mut story = Story::new();
    story.prepare(PID, 5000);
    let answer = story.home.write_one(story.line, MODE, &json!(1));
    assert_eq!(answer.json(207), json!({"characteristics": [{"aid": 1, "iid": MODE, "status": -70410}]}));
    assert_eq!(story.home.write_one(story.line, LEVEL, &json!(5)).status, 204);
    assert_eq!(story.values(), (0, 5));
    assert_eq!(story.execute(PID, 1), Ok(()));
}

#[test]
fn subscribing_to_what_takes_only_timed_writes_needs_no_preparation() {
    let mut story = Story::new();
    story.home.subscribe(story.line, &[MODE]);
}

#[test]
fn what_one_session_prepared_another_cannot_execute() {
    let mut story = Story::new();
    story.prepare(PID, 5000);
    let first = story.line;
    story.line = story.home.session(&Phone::new("phone"));
    assert_eq!(story.execute(PID, 1), refused());
    story.line = first;
    assert_eq!(story.execute(PID, 1), Ok(()));
}

#[test]
fn a_timed_write_of_unknown_ids_that_was_not_prepared_says_nothing_of_them() {
    let mut story = Story::new();
    let entries = json!([{"aid": 1, "iid": LEVEL, "value": 1}, {"aid": 9, "iid": 9, "value": 1}]);
    let answer = story.home.put(story.line, "/characteristics", &json!({"characteristics": entries, "pid": 1}));
    let statuses: Vec<Value> =
        answer.json(207)["characteristics"].as_array().unwrap().iter().map(|entry| entry["status"].clone()).collect();
    assert_eq!(statuses, [-70410, -70410]);
}
