//! What nobody sends who means well: each over a real socket, and after each the server goes on.

use hap::limits;
use serde_json::{Value, json};

use super::controller::{Controller, Session};
use super::{BRIGHTNESS, Lamp, ON, within};

const HOST: &str = "Host: Lamp\\032C0FFEE._hap._tcp.local\r\n";

/// A lamp, a session, and the ids of On and Brightness.
async fn lit() -> (Lamp, Controller, Session, u64, u64) {
    let (lamp, phone, mut session) = Lamp::paired().await;
    let (on, brightness) = (session.find(ON).await, session.find(BRIGHTNESS).await);
    (lamp, phone, session, on, brightness)
}

fn put(path: &str, body: &str) -> String {
    format!("PUT {path} HTTP/1.1\r\n{HOST}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\n{HOST}\r\n")
}

/// Sends one request, as it is, and takes its answer.
async fn exchange(session: &mut Session, request: &[u8]) -> (u16, Value) {
    session.send_text(&[request]).await;
    let (status, body) = within(session.answer()).await;
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// The HAP status of each entry.
fn statuses(body: &Value) -> Vec<i64> {
    let entries = body["characteristics"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(|entry| entry["status"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_write_is_obeyed_or_refused_as_a_whole_or_entry_by_entry_whatever_its_json_is() {
    let (lamp, _, mut session, on, dim) = lit().await;
    let maker = session.find("20").await;
    let one = |members: &str| format!(r#"{{"characteristics":[{{{members}}}]}}"#);
    let of = |members: &str| one(&format!(r#""aid":1,"iid":{on},{members}"#));
    let level = |value: &str| one(&format!(r#""aid":1,"iid":{dim},"value":{value}"#));
    let whole: Vec<String> = vec![
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        "\u{feff}{\"characteristics\":[]}".to_owned(),
        r#"{"characteristics":null}"#.to_owned(),
        r#"{"characteristics":[]}"#.to_owned(),
        r#"{"characteristics":[null]}"#.to_owned(),
        r#"{"characteristics":[1]}"#.to_owned(),
        r#"{"characteristics":[{}]}"#.to_owned(),
        r#"{"characteristics":{"aid":1,"iid":2,"value":1}}"#.to_owned(),
        format!(r#"{{"characteristics":[[1,{on},true]]}}"#),
        format!(r#"[[{{"aid":1,"iid":{on},"value":true}}]]"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}],}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}},]}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}]}}{{}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}]"#),
        format!(r#"{{'characteristics':[{{'aid':1,'iid':{on},'value':true}}]}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}],"characteristics":[]}}"#),
        one(&format!(r#""iid":{on},"value":true"#)),
        one(r#""aid":1,"value":true"#),
        one(&format!(r#""aid":1,"aid":1,"iid":{on},"value":true"#)),
        one(&format!(r#""aid":"1","iid":{on},"value":true"#)),
        one(&format!(r#""aid":-1,"iid":{on},"value":true"#)),
        one(&format!(r#""aid":null,"iid":{on},"value":true"#)),
        one(&format!(r#""aid":true,"iid":{on},"value":true"#)),
        one(&format!(r#""aid":18446744073709551616,"iid":{on},"value":true"#)),
        of(r#""value":true,"value":false"#),
        of(r#""value":null"#),
        of(r#""value":[true]"#),
        of(r#""value":{"on":true}"#),
        of(r#""value":True"#),
        of(r#""value":NaN"#),
        of(r#""value":Infinity"#),
        of(r#""value":01"#),
        of(r#""value":+1"#),
        of(r#""value":1e400"#),
        of(r#""value":-2147483649"#),
        of(r#""value":18446744073709551616"#),
        of(r#""ev":null"#),
        of(r#""ev":2"#),
        of(r#""ev":"true""#),
        of(r#""value":true,"r":2"#),
        of(r#""value":true,"r":null"#),
        of(r#""value":true,"remote":"yes""#),
        of(r#""value":true,"authData":5"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}],"pid":-1}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}],"pid":1.5}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}],"pid":"1"}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}],"pid":null}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}],"pid":18446744073709551616}}"#),
        format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}],"pid":1,"pid":1}}"#),
    ];
    for body in whole {
        assert_eq!(
            exchange(&mut session, put("/characteristics", &body).as_bytes()).await,
            (400, Value::Null),
            "{body}"
        );
    }
    let mut not_utf_8 = format!(r#"{{"x":"?","characteristics":[{{"aid":1,"iid":{on},"value":true}}]}}"#).into_bytes();
    not_utf_8[6] = 0xFF;
    let head = format!("PUT /characteristics HTTP/1.1\r\nContent-Length: {}\r\n\r\n", not_utf_8.len());
    assert_eq!(exchange(&mut session, &[head.as_bytes(), &not_utf_8].concat()).await.0, 400);

    // Nothing of all that was obeyed.
    assert!(!lamp.bulb.on.get());
    let entries: Vec<(String, i64)> = vec![
        (one(r#""aid":0,"iid":1,"value":1"#), -70409),
        (one(r#""aid":1,"iid":0,"value":1"#), -70409),
        (one(r#""aid":2,"iid":1,"value":1"#), -70409),
        (one(r#""aid":9007199254740993,"iid":18446744073709551615,"value":1"#), -70409),
        (one(r#""aid":1,"iid":999,"ev":true"#), -70409),
        (one(&format!(r#""aid":1,"iid":{on}"#)), -70410),
        (of(r#""r":true"#), -70410),
        (of(r#""value":"1""#), -70410),
        (of(r#""value":"true""#), -70410),
        (of(r#""value":2"#), -70410),
        (of(r#""value":-1"#), -70410),
        (of(r#""value":0.5"#), -70410),
        (of(r#""value":18446744073709551615"#), -70410),
        (of(r#""value":true,"authData":"?""#), -70410),
        (of(r#""value":true,"r":true"#), -70405),
        (level("50.5"), -70410),
        (level("101"), -70410),
        (level("-1"), -70410),
        (level("\"50\""), -70410),
        (level("4294967346"), -70410),
        (one(r#""aid":1,"iid":1,"value":1"#), -70409),
        (one(&format!(r#""aid":1,"iid":{maker},"value":"Acme""#)), -70404),
        (one(&format!(r#""aid":1,"iid":{maker},"ev":true"#)), -70406),
        (one(&format!(r#""aid":1,"iid":{maker},"ev":false"#)), -70406),
        (of(r#""value":true,"pid":5"#), 0),
        (of(r#""value":1"#), 0),
        (of(r#""value":1.0"#), 0),
        (of(r#""value":-0.0"#), 0),
        (of(r#""value":false,"ev":1"#), 0),
        (of(r#""ev":0,"x":{"deep":[1,{"er":null}]}"#), 0),
        (of(r#""value":true,"remote":1,"r":0"#), 0),
        (level("1e2"), 0),
        (level("50.0"), 0),
    ];
    for (body, status) in entries {
        let expected = if status == 0 { (204, vec![]) } else { (207, vec![status]) };
        let (code, answer) = exchange(&mut session, put("/characteristics", &body).as_bytes()).await;
        assert_eq!((code, statuses(&answer)), expected, "{body}: {answer}");
    }
    assert_eq!((lamp.bulb.on.get(), lamp.bulb.brightness.as_ref().unwrap().get()), (true, 50));
    // Ids come back as they were sent, also beyond what a double holds.
    let far = one(r#""aid":9007199254740993,"iid":18446744073709551615,"ev":true"#);
    let (_, answer) = exchange(&mut session, put("/characteristics", &far).as_bytes()).await;
    let entry = json!({"aid": 9_007_199_254_740_993_u64, "iid": u64::MAX, "status": -70409});
    assert_eq!(answer["characteristics"], json!([entry]));
}

#[tokio::test]
async fn a_read_is_answered_or_refused_whatever_its_query_is() {
    let (_lamp, _, mut session, on, dim) = lit().await;
    let identify = session.find("14").await;
    let many = vec![format!("1.{on}"); 500].join(",");
    let cases: Vec<(String, u16, Vec<i64>)> = vec![
        ("".to_owned(), 204, vec![]),
        ("id".to_owned(), 400, vec![]),
        ("id=".to_owned(), 204, vec![]),
        ("&&".to_owned(), 204, vec![]),
        (format!("id=1.{on}"), 200, vec![]),
        (format!("id=01.{on}"), 200, vec![]),
        (format!("id={many}"), 200, vec![]),
        (format!("id=1.{on},1.{on}"), 200, vec![]),
        (format!("id=1.{on}&id=1.{dim}"), 200, vec![]),
        (format!("&id=1.{on}&&"), 200, vec![]),
        (format!("id=1%2e{on}%2C1.{dim}"), 200, vec![]),
        (format!("id=1.{on}#&meta=7"), 200, vec![]),
        (format!("id=1.{on}&new=thing&meta=1&meta=0&perms=1&type=1&ev=1"), 200, vec![]),
        (format!("id=1.{on},0.1,1.0,2.1,1.999"), 207, vec![0, -70409, -70409, -70409, -70409]),
        ("id=9007199254740993.18446744073709551615".to_owned(), 207, vec![-70409]),
        (format!("id=1.1,1.{identify},1.{on}"), 207, vec![-70409, -70405, 0]),
        (format!("id=1.{on},"), 400, vec![]),
        (format!("id=,1.{on}"), 400, vec![]),
        (format!("id=1.{on},,1.{dim}"), 400, vec![]),
        (format!("id=1.{on};1.{dim}"), 400, vec![]),
        (format!("id=1.{on}%20"), 400, vec![]),
        (format!("id=%31.{on}"), 400, vec![]),
        (format!("id=1.{on}+1.{dim}"), 400, vec![]),
        ("id=1".to_owned(), 400, vec![]),
        ("id=.".to_owned(), 400, vec![]),
        ("id=1.".to_owned(), 400, vec![]),
        ("id=.1".to_owned(), 400, vec![]),
        ("id=1.2.3".to_owned(), 400, vec![]),
        ("id=-1.2".to_owned(), 400, vec![]),
        ("id=1.0x2".to_owned(), 400, vec![]),
        ("id=a.b".to_owned(), 400, vec![]),
        ("id=18446744073709551616.1".to_owned(), 400, vec![]),
        (format!("id=1.{on}&meta"), 400, vec![]),
        (format!("id=1.{on}&meta=true"), 400, vec![]),
        (format!("id=1.{on}&ev=2"), 400, vec![]),
        (format!("id=1.{on}&perms="), 400, vec![]),
    ];
    for (query, status, expected) in cases {
        let (code, answer) = exchange(&mut session, get(&format!("/characteristics?{query}")).as_bytes()).await;
        let found = if code == 207 { statuses(&answer) } else { vec![] };
        assert_eq!((code, found), (status, expected), "{query}: {answer}");
    }
}

#[tokio::test]
async fn a_preparation_is_taken_or_refused_whatever_it_says_and_a_refused_one_leaves_the_last() {
    let (_lamp, _, mut session, on, _) = lit().await;
    let execute = |pid: &str| {
        put("/characteristics", &format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":1}}],"pid":{pid}}}"#))
    };
    let prepare = |body: &str| put("/prepare", body);
    for body in [
        "",
        "[]",
        "{}",
        "[5000,7]",
        r#"{"ttl":5000}"#,
        r#"{"pid":7}"#,
        r#"{"ttl":"5000","pid":7}"#,
        r#"{"ttl":5000,"pid":"7"}"#,
        r#"{"ttl":5000.0,"pid":7}"#,
        r#"{"ttl":5000,"pid":7.0}"#,
        r#"{"ttl":-1,"pid":7}"#,
        r#"{"ttl":null,"pid":7}"#,
        r#"{"ttl":true,"pid":7}"#,
        r#"{"ttl":9007199254740992,"pid":7}"#,
        r#"{"ttl":5000,"pid":18446744073709551616}"#,
        r#"{"ttl":5000,"ttl":5000,"pid":7}"#,
        r#"{"ttl":5000,"pid":7,"pid":7}"#,
        r#"{"ttl":5000,"pid":7}x"#,
    ] {
        assert_eq!(exchange(&mut session, prepare(r#"{"ttl":60000,"pid":1}"#).as_bytes()).await.0, 200);
        assert_eq!(exchange(&mut session, prepare(body).as_bytes()).await, (400, Value::Null), "{body}");
        assert_eq!(exchange(&mut session, execute("1").as_bytes()).await.0, 204, "{body}");
    }
    let accepted = (200, json!({"status": 0}));
    for (body, pid) in [
        (r#"{"ttl":9007199254740991,"pid":0}"#, "0"),
        (r#"{"pid":18446744073709551615,"ttl":60000,"new":[{}]}"#, "18446744073709551615"),
        (r#"{"ttl":60000,"pid":9007199254740993}"#, "9007199254740993"),
    ] {
        assert_eq!(exchange(&mut session, prepare(body).as_bytes()).await, accepted, "{body}");
        assert_eq!(exchange(&mut session, execute(pid).as_bytes()).await.0, 204, "{body}");
        // Used up.
        assert_eq!(statuses(&exchange(&mut session, execute(pid).as_bytes()).await.1), [-70410], "{body}");
    }
    // The neighbour of a pid that a double cannot tell from it.
    assert_eq!(exchange(&mut session, prepare(r#"{"ttl":60000,"pid":9007199254740993}"#).as_bytes()).await, accepted);
    assert_eq!(statuses(&exchange(&mut session, execute("9007199254740992").as_bytes()).await.1), [-70410]);
}

#[tokio::test]
async fn a_request_is_understood_however_it_is_written() {
    let (_lamp, _, mut session, on, _) = lit().await;
    let write = format!(r#"{{"characteristics":[{{"aid":1,"iid":{on},"value":true}}]}}"#);
    let length = write.len();
    let cases: Vec<(String, u16)> = vec![
        (format!("\r\n\r\n{}", get("/accessories")), 200),
        (format!("  \r\n {}", get("/accessories")), 200),
        ("GET  /accessories \t HTTP/1.1\r\n\r\n".to_owned(), 200),
        ("GET /accessories HTTP/2.0\r\n\r\n".to_owned(), 200),
        (format!("GET /accessories HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(500)), 200),
        ("GET /accessories HTTP/1.0\r\n\r\n".to_owned(), 200),
        ("GET /accessories HTTP/1.1\n\n".to_owned(), 200),
        ("GET /accessories HTTP/1.1\r\nHOST:a\r\nhost:b\r\nCONNECTION: close\r\n\r\n".to_owned(), 200),
        ("GET /accessories HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody".to_owned(), 200),
        (format!("PUT /characteristics HTTP/1.1\r\ncOnTeNt-LeNgTh:   000{length}  \r\n\r\n{write}"), 204),
        (
            format!("PUT /characteristics HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n{write}"),
            204,
        ),
        (
            format!(
                "PUT /characteristics HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{write}"
            ),
            204,
        ),
        (format!("PUT /characteristics?id=1.{on} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{write}"), 204),
        ("PUT /characteristics HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("PUT /characteristics HTTP/1.1\r\nContent-Length: 0\r\n\r\n".to_owned(), 400),
        ("POST /pairings HTTP/1.1\r\nContent-Length: 0\r\n\r\n".to_owned(), 400),
        ("POST /pair-setup HTTP/1.1\r\nContent-Length: 0\r\n\r\n".to_owned(), 400),
        ("POST /pair-verify HTTP/1.1\r\nContent-Length: 0\r\n\r\n".to_owned(), 400),
        ("GET http://lamp.local/accessories HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("GET /accessories/ HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("GET //accessories HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("GET /%61ccessories HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("GET /ACCESSORIES HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("GET /accessories?x=1 HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("OPTIONS * HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("POST /resource HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".to_owned(), 404),
        ("POST /secure-message HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".to_owned(), 404),
        ("POST /identify HTTP/1.1\r\nContent-Length: 0\r\n\r\n".to_owned(), 400),
        ("POST /identify HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("HEAD /accessories HTTP/1.1\r\n\r\n".to_owned(), 405),
        ("get /accessories HTTP/1.1\r\n\r\n".to_owned(), 405),
        ("DELETE /characteristics HTTP/1.1\r\n\r\n".to_owned(), 405),
        ("GET /prepare HTTP/1.1\r\n\r\n".to_owned(), 405),
        ("GET /pairings HTTP/1.1\r\n\r\n".to_owned(), 405),
        ("POST /accessories HTTP/1.1\r\nContent-Length: 0\r\n\r\n".to_owned(), 405),
    ];
    for (request, status) in &cases {
        assert_eq!(exchange(&mut session, request.as_bytes()).await.0, *status, "{request}");
    }
    // All of them in as few frames as they fit, and one of them in as many as it has bytes.
    let all: String = cases.iter().map(|(request, _)| request.as_str()).collect();
    session.send_text(&[all.as_bytes()]).await;
    for (request, status) in &cases {
        assert_eq!(within(session.answer()).await.0, *status, "{request}");
    }
    let (write, _) = cases.iter().find(|(_, status)| *status == 204).unwrap();
    let bytes: Vec<_> = write.as_bytes().chunks(1).collect();
    session.send_text(&bytes).await;
    assert_eq!(within(session.answer()).await.0, 204);
}

#[tokio::test]
async fn what_is_no_request_closes_the_connection_and_no_other() {
    let (lamp, phone, mut bystander, on, _) = lit().await;
    let long = format!("GET /characteristics?id={} HTTP/1.1\r\n\r\n", "1.1,".repeat(20_000));
    let many = format!("GET /accessories HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(12_000));
    for text in [
        "PUT /characteristics HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1",
        "PUT /characteristics HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n1",
        "PUT /characteristics HTTP/1.1\r\nContent-Length: -1\r\n\r\n1",
        "PUT /characteristics HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n1",
        "PUT /characteristics HTTP/1.1\r\nContent-Length:\r\n\r\n1",
        "PUT /characteristics HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\n1",
        "PUT /characteristics HTTP/1.1\r\nContent-Length: 262145\r\n\r\n1",
        "PUT /characteristics HTTP/1.1\r\nContent-Type: a\r\nContent-Type: a\r\nContent-Length: 1\r\n\r\n1",
        "GET /accessories\r\n\r\n",
        "GET /accessories http/1.1\r\n\r\n",
        "GET /accessories FOO/1.1\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "GET /accessories HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /accessories HTTP/1.1\r\n\0: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\r\n\r\n",
        "{\"aid\":1}\r\n\r\n",
        &long,
        &many,
        // Nothing is gained by waiting for the blank line.
        "nonsense\r\n",
        "GET /accessories FOO/1.1\r\nHost: x\r\n",
        "GET /accessories HTTP/1.1\r\nno colon\r\n",
        "PUT /characteristics HTTP/1.1\r\nContent-Length: x\r\n",
        "PUT /characteristics HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0",
        "\u{80}\u{81}\u{fe}",
        "{\"aid\":1}",
        "GET /accessories HTTP/1.1\r\nHost: \u{7f}",
    ] {
        let mut session = phone.verify(lamp.address()).await;
        let sent = std::time::Instant::now();
        session.send_text(&[text.as_bytes()]).await;
        within(session.closed()).await;
        let mut stranger = Session::connect(lamp.address()).await;
        stranger.send_bytes(text.as_bytes()).await;
        within(stranger.closed()).await;
        assert!(sent.elapsed() < limits::REQUEST_ARRIVAL, "it was closed for taking too long: {text:?}");
    }
    // Chunks are not understood: without a length it is a bad request, and what follows is none at all.
    let mut session = phone.verify(lamp.address()).await;
    let chunked = "PUT /characteristics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    assert_eq!(exchange(&mut session, chunked.as_bytes()).await.0, 400);
    within(session.closed()).await;
    assert_eq!(bystander.write(on, true).await, 0);
}

#[tokio::test]
async fn who_closes_its_end_behind_a_request_still_gets_the_answer_and_then_the_end() {
    let (lamp, phone, mut session, on, _) = lit().await;
    lamp.bulb.on.on_write(|_, _| async {
        tokio::task::yield_now().await;
        Ok(())
    });
    session.begin_write(on, true).await;
    session.half_close().await;
    assert_eq!(within(session.written()).await, 0);
    within(session.closed()).await;
    let mut stranger = Session::connect(lamp.address()).await;
    stranger.send_bytes(get("/accessories").as_bytes()).await;
    stranger.half_close().await;
    assert_eq!(within(stranger.answer()).await.0, 470);
    within(stranger.closed()).await;
    assert_eq!(phone.verify(lamp.address()).await.read(on).await, true);
}

#[tokio::test]
async fn frames_that_are_no_frames_of_this_session_close_it_and_empty_ones_do_not() {
    let (lamp, phone, mut bystander, on, _) = lit().await;
    let mut session = phone.verify(lamp.address()).await;
    for counter in 0..3 {
        session.send_frame(counter, b"").await;
    }
    session.send_frame(3, get("/accessories").as_bytes()).await;
    assert_eq!(within(session.answer()).await.0, 200);

    // Too long, in clear, forged, and one that was there before.
    let frame = |length: u16| [&length.to_le_bytes()[..], &vec![0; usize::from(length) + 16]].concat();
    for bytes in [frame(1025), frame(u16::MAX), frame(0), frame(1024), get("/accessories").into_bytes()] {
        let mut session = phone.verify(lamp.address()).await;
        session.send_bytes(&bytes).await;
        within(session.closed()).await;
    }
    let mut session = phone.verify(lamp.address()).await;
    session.send_frame(0, get("/accessories").as_bytes()).await;
    assert_eq!(within(session.answer()).await.0, 200);
    session.send_frame(0, get("/accessories").as_bytes()).await;
    within(session.closed()).await;
    assert_eq!(bystander.write(on, true).await, 0);
}

#[tokio::test]
async fn a_stranger_is_refused_everywhere_and_may_verify_afterwards() {
    let (lamp, phone, _session, on, _) = lit().await;
    let mut stranger = Session::connect(lamp.address()).await;
    let refused = json!({"status": -70411});
    for (request, status, body) in [
        (get("/accessories"), 470, refused.clone()),
        (get(&format!("/characteristics?id=1.{on}")), 470, refused.clone()),
        (put("/characteristics", "not json"), 470, refused.clone()),
        (put("/prepare", ""), 470, refused.clone()),
        ("POST /resource HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}".to_owned(), 470, refused),
        (
            "POST /pairings HTTP/1.1\r\nContent-Length: 6\r\n\r\n\u{6}\u{1}\u{1}\0\u{1}\u{5}".to_owned(),
            470,
            Value::Null,
        ),
        (get("/nothing"), 470, Value::Null),
        (get("/accessories?x"), 470, Value::Null),
        (get("/prepare"), 470, Value::Null),
        (get("/pair-setup"), 405, Value::Null),
        ("POST /identify HTTP/1.1\r\n\r\n".to_owned(), 400, json!({"status": -70401})),
        ("POST /pair-verify HTTP/1.1\r\nContent-Length: 3\r\n\r\n\u{6}\u{1}\u{3}".to_owned(), 400, Value::Null),
        ("POST /pair-setup HTTP/1.1\r\nContent-Length: 3\r\n\r\n\u{6}\u{1}\u{5}".to_owned(), 400, Value::Null),
        ("POST /pair-setup HTTP/1.1\r\nContent-Length: 2\r\n\r\n\u{6}\u{9}".to_owned(), 400, Value::Null),
    ] {
        assert_eq!(exchange(&mut stranger, request.as_bytes()).await, (status, body), "{request}");
    }
    phone.verify_on(&mut stranger).await.unwrap();
    assert_eq!(stranger.read(on).await, false);
    // Verified once is verified: both procedures are closed, and the session goes on.
    for path in ["/pair-verify", "/pair-setup"] {
        stranger.send("POST", path, &[6, 1, 1, 0, 1, 0]).await;
        assert_eq!(within(stranger.answer()).await, (400, vec![]));
    }
    assert_eq!(stranger.write(on, true).await, 0);
}
