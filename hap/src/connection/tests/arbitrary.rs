//! Whatever comes, however it is cut.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::bench::{BUTTON, LEVEL, MODE, NOTE, SENSOR};
use super::home::{Home, LineId, Phone, request};
use super::line::Message;

/// What a controller asks in a session, in one stream.
fn script() -> Vec<u8> {
    let put = |path: &str, body: serde_json::Value| request("PUT", path, Some(body.to_string().as_bytes()));
    let subscriptions: Vec<_> = [LEVEL, MODE, SENSOR].map(|iid| json!({"aid": 1, "iid": iid, "ev": true})).into();
    let many: Vec<_> = (0..60).map(|level| json!({"aid": 1, "iid": LEVEL, "value": level})).collect();
    [
        request("GET", "/accessories", None),
        put("/characteristics", json!({"characteristics": subscriptions})),
        put("/characteristics", json!({"characteristics": many})),
        request("GET", &format!("/characteristics?id=1.{LEVEL},1.{NOTE},1.999&meta=1&ev=1"), None),
        put("/prepare", json!({"ttl": 1000, "pid": u64::MAX})),
        put("/characteristics", json!({"characteristics": [{"aid": 1, "iid": MODE, "value": 2}], "pid": u64::MAX})),
        request("POST", "/pairings", Some(&[6, 1, 1, 0, 1, 5])),
        request("GET", "/nope", None),
        put("/characteristics", json!({"characteristics": [{"aid": 1, "iid": NOTE, "value": "é"}]})),
        request("GET", &format!("/characteristics?id=1.{BUTTON},1.{MODE}"), None),
    ]
    .concat()
}

/// All that the accessory says to the script, from Pair Verify on, when its bytes are cut like this.
fn play(cuts: &[usize]) -> Vec<Message> {
    let phone = Phone::new("phone");
    let (mut home, bench) = Home::owned_by(&phone);
    let level = bench.level.clone();
    bench.mode.on_write(move |mode, _| {
        level.set(mode);
        async { Ok(()) }
    });
    home.cuts = cuts.to_vec();
    let line = home.session(&phone);
    home.send(line, &script());
    std::iter::from_fn(|| home.message(line)).collect()
}

fn session() -> (Home, LineId) {
    let phone = Phone::new("phone");
    let (mut home, _) = Home::owned_by(&phone);
    let line = home.session(&phone);
    (home, line)
}

/// Text that is almost a request.
fn almost_a_request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof!["GET", "PUT", "POST", "[A-Z]{0,9}"];
    let path = prop_oneof![
        "/(accessories|characteristics|prepare|pairings|identify|pair-setup|pair-verify|resource|config|configured)",
        "/characteristics\\?(id=[0-9.,%]{0,20}|(meta|ev|perms|type)=[01x])(&[a-z]{0,4}=[0-9.]{0,9})?",
        "[ -~]{0,30}",
    ];
    let body = prop_oneof![
        vec(any::<u8>(), 0..40),
        "\\{\"characteristics\":\\[\\{\"aid\":1,\"iid\":1[0-9],\"(value|ev|r|authData)\":(1|true|null|\"x\"|-1|1e9)\\}\\](,\"pid\":[0-9]{1,2})?\\}"
            .prop_map(String::into_bytes),
        "\\{\"(ttl|pid)\":[0-9]{1,20},\"(ttl|pid)\":[0-9]{1,20}\\}".prop_map(String::into_bytes),
        vec(0_u8..8, 0..20),
    ];
    (method, path, body, 0_usize..4).prop_map(|(method, path, body, extra)| {
        let length = body.len() + extra / 3;
        let mut text = format!("{method} {path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n").into_bytes();
        text.extend(body);
        text
    })
}

/// Requests, almost requests and noise, one behind the other.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => almost_a_request(),
        1 => vec(any::<u8>(), 0..200),
        1 => "(\r\n|\n){1,4}".prop_map(String::into_bytes),
        1 => vec(Just(b'a'), 0..20_000),
    ];
    vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_session_is_answered_alike_however_its_bytes_are_split_and_joined(cuts in vec(1_usize..1500, 1..12)) {
        let whole = play(&[]);
        prop_assert!(whole.len() >= 10);
        let split = play(&cuts);
        prop_assert_eq!(split, whole);
    }

    #[test]
    fn a_script_that_breaks_off_anywhere_is_answered_up_to_there(part in 0.0..1.0) {
        let whole = play(&[]);
        let (mut home, line) = session();
        let wire = home.seal(line, &script());
        let end = (wire.len() as f64 * part) as usize;
        home.send_wire(line, &wire[..end]);
        home.hang_up(line);
        let answers: Vec<_> = std::iter::from_fn(|| home.message(line)).collect();
        prop_assert!(whole.starts_with(&answers));
    }

    #[test]
    fn a_stranger_may_send_anything(bytes in anything(), cuts in vec(16_usize..3000, 0..6)) {
        let (mut home, _) = Home::owned_by(&Phone::new("phone"));
        let before = home.side.stored.clone();
        home.cuts = cuts;
        let line = home.connect();
        home.send_wire(line, &bytes);
        prop_assert_eq!(&home.side.stored, &before);
        // Nobody else notices.
        home.session(&Phone::new("phone"));
    }

    #[test]
    fn a_paired_controller_may_send_anything(bytes in anything(), cuts in vec(16_usize..3000, 0..6)) {
        let (mut home, line) = session();
        home.cuts = cuts;
        home.send(line, &bytes);
        home.cuts.clear();
        let other = home.connect();
        if home.side.host.state.is_paired() {
            home.verify(other, &Phone::new("phone")).unwrap();
        }
    }

    #[test]
    fn noise_instead_of_frames_closes_the_session_or_waits_for_more(bytes in vec(any::<u8>(), 0..3000)) {
        let (mut home, line) = session();
        home.send_wire(line, &bytes);
        home.assert_silent(line);
    }
}

#[test]
fn the_script_is_answered_as_it_should_be() {
    let messages = play(&[]);
    let statuses: Vec<_> = messages
        .iter()
        .filter_map(|message| match message {
            Message::Answer(answer) => Some(answer.status),
            Message::Event(_) => None,
        })
        .collect();
    assert_eq!(statuses, [200, 204, 204, 207, 200, 204, 200, 404, 204, 200]);
    let events = messages.iter().filter(|message| matches!(message, Message::Event(_))).count();
    assert_eq!(events, 1, "the level that the mode's handler set");
}
