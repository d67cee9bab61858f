//! Connections that say nothing (HAP §5.7, §8.5).

use std::time::Duration;

use pairing::ErrorCode;
use pairing::controller::Error;

use serde_json::json;

use super::bench::{LEVEL, MODE};
use super::home::{CODE, Home, Phone, request};
use crate::limits;

const A_MOMENT: Duration = Duration::from_millis(1);
const M1: [u8; 6] = [6, 1, 1, 0, 1, 0];

#[test]
fn a_connection_that_never_verifies_closes_after_a_minute_of_silence() {
    let (mut home, _) = Home::new();
    let line = home.connect();
    home.pass(limits::UNVERIFIED_SILENCE - A_MOMENT);
    assert_eq!(home.post(line, "/identify", b"").status, 204);
    home.pass(limits::UNVERIFIED_SILENCE - A_MOMENT);
    assert!(home.is_open(line));
    home.pass(A_MOMENT);
    assert!(!home.is_open(line));
}

#[test]
fn half_a_request_does_not_keep_a_stranger() {
    let (mut home, _) = Home::new();
    let line = home.connect();
    home.send(line, b"POST /pair-setup HTTP/1.1\r\n");
    home.pass(limits::UNVERIFIED_SILENCE);
    assert!(!home.is_open(line));
}

#[test]
fn the_connection_that_runs_pair_setup_has_five_minutes_for_the_code_and_then_frees_it() {
    let (mut home, _) = Home::new();
    let (line, other) = (home.connect(), home.connect());
    assert_eq!(home.post(line, "/pair-setup", &M1).tlv()[..3], [6, 1, 2]);
    home.pass(limits::SETUP_SILENCE - A_MOMENT);
    assert!(home.is_open(line) && !home.is_open(other));
    home.pass(A_MOMENT);
    assert!(!home.is_open(line));
    assert_eq!(home.side.host.setup.owner(), None);
}

#[test]
fn a_pair_setup_that_stands_still_is_taken_over_after_half_a_minute_and_the_first_has_to_begin_anew() {
    let (mut home, _) = Home::new();
    let phone = Phone::new("phone");
    let (first, second) = (home.connect(), home.connect());
    assert_eq!(home.post(first, "/pair-setup", &M1).tlv()[..3], [6, 1, 2]);
    home.pass(Duration::from_secs(30));
    home.pair_setup(second, &phone, CODE).unwrap();
    assert_eq!(home.pair_setup(first, &phone, CODE), Err(Error::Refused(ErrorCode::Unavailable)));
    // It no longer owns a procedure, so a minute is all it has.
    home.pass(limits::UNVERIFIED_SILENCE);
    assert!(!home.is_open(first));
}

#[test]
fn a_session_may_be_silent_for_ever() {
    let phone = Phone::new("phone");
    let (mut home, _) = Home::owned_by(&phone);
    let line = home.session(&phone);
    home.pass(Duration::from_secs(90 * 3600));
    assert_eq!(home.get(line, "/accessories").status, 200);
}

#[test]
fn a_request_has_half_a_minute_to_arrive_however_busily_it_drips() {
    let phone = Phone::new("phone");
    let (mut home, _) = Home::owned_by(&phone);
    let whole = request("GET", "/accessories", None);
    for line in [home.connect(), home.session(&phone)] {
        let status = if line == 0 { 470 } else { 200 };
        for _ in 0..3 {
            home.send(line, &whole[..10]);
            home.pass(limits::REQUEST_ARRIVAL - A_MOMENT);
            home.send(line, &whole[10..]);
            assert_eq!(home.answer(line).status, status);
        }
        home.send(line, &whole[..10]);
        home.pass(limits::REQUEST_ARRIVAL - A_MOMENT);
        home.send(line, &whole[10..20]);
        assert!(home.is_open(line));
        home.pass(A_MOMENT);
        assert!(!home.is_open(line));
        home.assert_silent(line);
    }
}

#[test]
fn half_a_frame_is_half_a_request() {
    let phone = Phone::new("phone");
    let (mut home, _) = Home::owned_by(&phone);
    let line = home.session(&phone);
    let frame = home.seal(line, &request("GET", "/accessories", None));
    home.send_wire(line, &frame[..7]);
    home.pass(limits::REQUEST_ARRIVAL);
    assert!(!home.is_open(line));
}

#[test]
fn the_time_of_a_request_does_not_run_while_the_one_before_it_is_answered() {
    let phone = Phone::new("phone");
    let (mut home, bench) = Home::owned_by(&phone);
    bench.mode.on_write(|_, _| std::future::pending());
    let line = home.session(&phone);
    assert_eq!(home.put(line, "/prepare", &json!({"ttl": 1000, "pid": 1})).status, 200);
    let write = json!({"pid": 1, "characteristics": [{"aid": 1, "iid": MODE, "value": 1}]}).to_string();
    let whole = request("GET", "/accessories", None);
    home.send(line, &[&request("PUT", "/characteristics", Some(write.as_bytes())), &whole[..10]].concat());
    home.pass(limits::HANDLERS);
    assert_eq!(home.answer(line).status, 207);
    home.pass(limits::REQUEST_ARRIVAL - A_MOMENT);
    home.send(line, &whole[10..]);
    assert_eq!(home.answer(line).status, 200);
}

#[test]
fn blank_lines_are_no_request_and_hold_nothing_up() {
    let phone = Phone::new("phone");
    let (mut home, bench) = Home::owned_by(&phone);
    let line = home.session(&phone);
    home.subscribe(line, &[LEVEL]);
    home.send(line, b"\r\n\r\n\n");
    bench.level.set(7);
    home.pass(Duration::from_secs(3600));
    assert_eq!(home.event(line), json!([{"aid": 1, "iid": LEVEL, "value": 7}]));
    assert_eq!(home.get(line, "/accessories").status, 200);
}
