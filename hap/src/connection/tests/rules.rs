//! Small rules that have no story of their own.

use serde_json::json;

use super::bench::{LEVEL, ORDER, SENSOR};
use super::home::{Home, Phone, request};

fn owned() -> (Home, super::bench::Bench, super::home::LineId) {
    let owner = Phone::new("owner");
    let (mut home, bench) = Home::owned_by(&owner);
    let line = home.session(&owner);
    (home, bench, line)
}

#[test]
fn paths_of_accessories_with_other_hardware_do_not_exist_and_configured_is_harmless() {
    let (mut home, _, line) = owned();
    for path in ["/config", "/secure-message"] {
        assert_eq!(home.post(line, path, b"").status, 404, "{path}");
    }
    assert_eq!(home.post(line, "/configured", b"").status, 204);
    let stranger = home.connect();
    assert_eq!(home.post(stranger, "/configured", b"").status, 204);
    for path in ["/config", "/secure-message"] {
        assert_eq!(home.post(stranger, path, b"").status, 470, "{path}");
    }
}

#[test]
fn headers_that_mean_nothing_here_are_ignored_and_the_connection_stays() {
    let (mut home, _, line) = owned();
    for header in ["Connection: close", "Expect: 100-continue", "Accept: text/html", "Cookie: a=b", "Host: a\\032b"] {
        home.send(line, format!("GET /accessories HTTP/1.1\r\n{header}\r\n\r\n").as_bytes());
        assert_eq!(home.answer(line).status, 200, "{header}");
        assert!(home.is_open(line), "{header}");
    }
    let body = json!({"characteristics": [{"aid": 1, "iid": LEVEL, "value": 5}]}).to_string();
    let text = format!(
        "PUT /characteristics HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    home.send(line, text.as_bytes());
    assert_eq!(home.answer(line).status, 204);
}

#[test]
fn a_write_or_pairing_message_without_a_length_is_a_bad_request() {
    let (mut home, _, line) = owned();
    for (method, path) in [("PUT", "/characteristics"), ("PUT", "/prepare"), ("POST", "/pairings")] {
        home.send(line, &request(method, path, None));
        assert_eq!(home.answer(line).status, 400, "{path}");
    }
    let stranger = home.connect();
    for path in ["/pair-setup", "/pair-verify"] {
        home.send(stranger, &request("POST", path, None));
        assert_eq!(home.answer(stranger).status, 400, "{path}");
    }
}

#[test]
fn what_takes_no_body_needs_no_length() {
    let (mut home, bench) = Home::new();
    let stranger = home.connect();
    for path in ["/identify", "/configured"] {
        home.send(stranger, &request("POST", path, None));
        assert_eq!(home.answer(stranger).status, 204, "{path}");
    }
    bench.assert_identified(1);
}

#[test]
fn a_path_with_a_fragment_is_another_path() {
    let (mut home, bench) = Home::new();
    let stranger = home.connect();
    for path in ["/identify#x", "/identify#", "/accessories#x", "/configured#"] {
        home.send(stranger, &request("POST", path, None));
        assert_eq!(home.answer(stranger).status, 470, "{path}");
    }
    bench.assert_identified(0);
    let (mut home, _, line) = owned();
    assert_eq!(home.get(line, "/accessories#x").status, 404);
    assert_eq!(home.get(line, &format!("/characteristics?id=1.{SENSOR}#x")).status, 200);
}

#[test]
fn subscribing_and_unsubscribing_twice_is_no_fault() {
    let (mut home, bench, line) = owned();
    for on in [true, true, false, false] {
        assert_eq!(home.write(line, &json!([{"aid": 1, "iid": SENSOR, "ev": on}])).status, 204);
    }
    bench.sensor.set(1);
    home.drive();
    home.assert_silent(line);
}

#[test]
fn the_same_characteristic_twice_in_a_write_is_obeyed_in_order() {
    let (mut home, bench, line) = owned();
    let entries = json!([{"aid": 1, "iid": LEVEL, "value": 1}, {"aid": 1, "iid": LEVEL, "value": 2}]);
    assert_eq!(home.write(line, &entries).status, 204);
    assert_eq!(bench.level.get(), 2);
}

#[test]
fn what_is_only_written_is_never_read_and_its_entry_has_no_value() {
    let (mut home, _, line) = owned();
    let answer = home.get(line, &format!("/characteristics?id=1.{ORDER}")).json(207);
    assert_eq!(answer["characteristics"], json!([{"aid": 1, "iid": ORDER, "status": -70405}]));
}

#[test]
fn an_event_is_a_message_of_this_form() {
    let (mut home, bench, line) = owned();
    home.subscribe(line, &[LEVEL]);
    bench.level.set(7);
    home.drive();
    let expected = format!(
        "EVENT/1.0 200 OK\r\nContent-Type: application/hap+json\r\nContent-Length: 50\r\n\r\n\
         {{\"characteristics\":[{{\"aid\":1,\"iid\":{LEVEL},\"value\":7}}]}}"
    );
    assert_eq!(String::from_utf8(home.unread(line)).unwrap(), expected);
}

#[test]
fn several_sessions_of_one_controller_live_side_by_side() {
    let owner = Phone::new("owner");
    let (mut home, bench) = Home::owned_by(&owner);
    let sessions: Vec<_> = (0..8).map(|_| home.session(&owner)).collect();
    for line in &sessions {
        home.subscribe(*line, &[SENSOR]);
    }
    bench.sensor.set(2);
    home.drive();
    for line in sessions {
        assert_eq!(home.event(line), json!([{"aid": 1, "iid": SENSOR, "value": 2}]));
    }
}
