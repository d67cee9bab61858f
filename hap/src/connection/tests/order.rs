//! The order of bytes: pipelined requests, frames, and what closes a connection.

use std::time::Instant;

use serde_json::json;

use super::bench::{Bench, LEVEL, NOTE, SENSOR};
use super::home::{Home, LineId, Phone, request};
use crate::channel::Channel;
use crate::connection::Connection;
use crate::limits;
use crate::session::SessionId;

fn owned() -> (Home, Bench, LineId) {
    let phone = Phone::new("phone");
    let (mut home, bench) = Home::owned_by(&phone);
    let line = home.session(&phone);
    (home, bench, line)
}

fn read(iid: u64) -> Vec<u8> {
    request("GET", &format!("/characteristics?id=1.{iid}"), None)
}

fn write(iid: u64, value: &serde_json::Value) -> Vec<u8> {
    let body = json!({"characteristics": [{"aid": 1, "iid": iid, "value": value}]}).to_string();
    request("PUT", "/characteristics", Some(body.as_bytes()))
}

#[test]
fn pipelined_requests_are_answered_in_order_before_any_event() {
    let (mut home, bench, line) = owned();
    home.subscribe(line, &[SENSOR]);
    bench.level.on_write(|_, _| async { Ok(()) });
    let sensor = bench.sensor.clone();
    bench.note.on_write_now(move |_, _| {
        sensor.set(1);
        Ok(())
    });
    let requests = [
        write(LEVEL, &json!(5)),
        read(LEVEL),
        write(NOTE, &json!("x")),
        read(NOTE),
        request("GET", "/nope", None),
        write(LEVEL, &json!(6)),
        read(LEVEL),
    ];
    home.send(line, &requests.concat());
    let level = |value| json!({"characteristics": [{"aid": 1, "iid": LEVEL, "value": value}]});
    assert_eq!(home.answer(line).status, 204);
    assert_eq!(home.answer(line).json(200), level(5));
    assert_eq!(home.answer(line).status, 204);
    assert_eq!(home.answer(line).json(200)["characteristics"][0]["value"], "x");
    assert_eq!(home.answer(line).status, 404);
    assert_eq!(home.answer(line).status, 204);
    assert_eq!(home.answer(line).json(200), level(6));
    assert_eq!(home.event(line)[0]["iid"], SENSOR);
    home.assert_silent(line);
}

#[test]
fn pipelined_requests_before_verify_are_answered_in_order_too() {
    let (mut home, _) = Home::new();
    let line = home.connect();
    let requests = [
        request("POST", "/identify", Some(b"")),
        request("GET", "/accessories", None),
        request("GET", "/pair-setup", None),
    ];
    home.send(line, &requests.concat());
    assert_eq!([home.answer(line).status, home.answer(line).status, home.answer(line).status], [204, 470, 405]);
}

#[test]
fn a_peer_that_asks_and_does_not_read_makes_nothing_grow() {
    let (mut home, _) = Home::new();
    let now = Instant::now();
    let mut connection = Connection::new(SessionId(99), Box::new(|| ()), now);
    connection.receive(&request("GET", "/nope", None).repeat(50), now);
    let mut poll = |connection: &mut Connection| {
        for _ in 0..10 {
            assert!(connection.poll(&mut home.side.host, now, &mut home.side.rng).is_none());
        }
        String::from_utf8(connection.outgoing().clone()).unwrap()
    };
    let answer = "HTTP/1.1 470 Connection Authorization Required\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(poll(&mut connection), answer);
    connection.outgoing().clear();
    assert_eq!(poll(&mut connection), answer, "and the next one when that is read");
}

#[test]
fn what_follows_m3_in_the_same_segment_is_opened_as_frames() {
    let phone = Phone::new("phone");
    let (mut home, _) = Home::owned_by(&phone);
    let line = home.connect();
    let (procedure, m3) = home.begin_verify(line, &phone).unwrap();
    // The keys do not depend on M4, which says only that all is well.
    let keys = procedure.m4(&[6, 1, 4]).unwrap();
    let m3 = request("POST", "/pair-verify", Some(&m3));
    let mut channel = Channel::controller(&keys);
    let mut wire = m3;
    for iid in [LEVEL, NOTE] {
        channel.seal(&read(iid), &mut wire).unwrap();
    }
    home.send_wire(line, &wire);
    assert_eq!(home.answer(line).tlv(), [6, 1, 4]);
    home.secure(line, &keys);
    assert_eq!(home.answer(line).json(200)["characteristics"][0]["iid"], LEVEL);
    assert_eq!(home.answer(line).json(200)["characteristics"][0]["iid"], NOTE);
}

#[test]
fn plain_text_that_follows_m3_closes_the_connection_behind_m4() {
    let phone = Phone::new("phone");
    let (mut home, _) = Home::owned_by(&phone);
    let line = home.connect();
    let (_, m3) = home.begin_verify(line, &phone).unwrap();
    home.send_wire(line, &[request("POST", "/pair-verify", Some(&m3)), read(LEVEL)].concat());
    assert_eq!(home.answer(line).tlv(), [6, 1, 4]);
    home.assert_silent(line);
    assert!(!home.is_open(line));
}

#[test]
fn an_answer_larger_than_a_frame_goes_out_in_several_and_a_request_may_come_in_several() {
    let (mut home, bench, line) = owned();
    let entries: Vec<_> = (0..100).map(|level| json!({"aid": 1, "iid": LEVEL, "value": level})).collect();
    assert_eq!(home.write(line, &json!(entries)).status, 204);
    assert_eq!(bench.level.get(), 99);
    let ids = vec![format!("1.{LEVEL}"); 200].join(",");
    let answer = home.get(line, &format!("/characteristics?id={ids}"));
    assert!(answer.body.len() > 4096);
    assert_eq!(answer.json(200)["characteristics"].as_array().unwrap().len(), 200);
}

#[test]
fn what_a_large_request_took_is_given_back() {
    let (mut home, _, line) = owned();
    let entries: Vec<_> = (0..4000).map(|_| json!({"aid": 1, "iid": NOTE, "value": "x"})).collect();
    assert_eq!(home.write(line, &json!(entries)).status, 204);
}

#[test]
fn a_frame_that_is_forged_repeated_or_too_long_closes_the_connection_without_an_answer() {
    let (mut home, _, _) = owned();
    let phone = Phone::new("phone");
    for tamper in [
        |wire: &mut Vec<u8>| wire[5] ^= 1,
        |wire: &mut Vec<u8>| *wire = [wire.clone(), wire.clone()].concat(),
        |wire: &mut Vec<u8>| wire[1] = 0xFF,
        |wire: &mut Vec<u8>| *wire = read(LEVEL),
    ] {
        let line = home.session(&phone);
        let mut wire = home.seal(line, &read(LEVEL));
        tamper(&mut wire);
        home.send_wire(line, &wire);
        assert!(!home.is_open(line));
    }
}

#[test]
fn a_request_that_is_none_or_too_large_closes_the_connection_without_an_answer() {
    let (mut home, _) = Home::new();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"POST /pair-setup HTTP/1.1\r\nContent-Length: 6\r\nContent-Length: 6\r\n\r\n",
        b"POST /pair-setup HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST /pair-setup HTTP/1.1\r\nContent-Length: 8193\r\n\r\n",
        &[b'a'; 9000],
    ] {
        let line = home.connect();
        home.send_wire(line, bytes);
        home.assert_silent(line);
        assert!(!home.is_open(line), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_session_has_room_for_the_request_of_a_big_bridge() {
    let (mut home, _, line) = owned();
    let ids = vec![format!("1.{LEVEL}"); 9000].join(",");
    assert_eq!(home.get(line, &format!("/characteristics?id={ids}")).status, 200);
    let path = format!("/characteristics?id={}", "1".repeat(limits::REQUEST_HEAD));
    home.send(line, &request("GET", &path, None));
    assert!(!home.is_open(line));
}

#[test]
fn a_session_keeps_to_its_keys() {
    let (mut home, _, line) = owned();
    for path in ["/pair-setup", "/pair-verify"] {
        assert_eq!(home.post(line, path, &[6, 1, 1, 0, 1, 0]).status, 400);
    }
    assert_eq!(home.get(line, "/accessories").status, 200);
}
