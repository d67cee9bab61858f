//! Any script over a transport that splits, joins, delays and cuts, to controllers that read in sips, while connections have
//! their turns in any order: the answers are those of the straight way.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::bench::{BUTTON, ECHO, LEVEL, MODE, NOTE, SECRET, SENSOR};
use super::home::{Home, Phone, request};
use super::line::{Answer, Message};
use super::randomness::Randomness;

/// What the first controller asks about, and what the second does: neither sees what the other changes.
const FIRST: &[u64] = &[LEVEL, MODE, BUTTON, 999];
const SECOND: &[u64] = &[NOTE, ECHO, SENSOR, SECRET];

/// The longest that a segment is on its way, in milliseconds.
const SLOWEST: u64 = 900;

/// How often all handlers of the longest script are looked at until each has answered.
const LOOKS: usize = 12 * 5 * 4;

/// How bytes travel, and who has his turn when.
#[derive(Clone, Debug, Default)]
struct Way {
    cuts: Vec<usize>,
    delays: Vec<Duration>,
    sips: Vec<usize>,
    order: Option<u64>,
}

fn way() -> impl Strategy<Value = Way> {
    let delays = vec((0..SLOWEST).prop_map(Duration::from_millis), 0..8);
    (vec(1_usize..1500, 0..8), delays, vec(1_usize..2000, 0..6), any::<u64>())
        .prop_map(|(cuts, delays, sips, order)| Way { cuts, delays, sips, order: Some(order) })
}

/// Requests about these characteristics, sound and unsound ones, one behind the other.
fn script(iids: &'static [u64]) -> impl Strategy<Value = Vec<u8>> {
    let put = |path: &str, body: &Value| request("PUT", path, Some(body.to_string().as_bytes()));
    let value = prop_oneof![
        (0..4_u8).prop_map(|value| json!(value)),
        any::<bool>().prop_map(|value| json!(value)),
        select(vec![json!(50), json!(200), json!(-1), json!("x"), json!("é".repeat(200))]),
    ];
    let entry = (select(iids), proptest::option::of(value), proptest::option::of(any::<bool>()), any::<bool>());
    let entries = vec(entry, 1..5).prop_map(|entries| {
        let entries = entries.into_iter().map(|(iid, value, events, response)| {
            let mut entry = json!({"aid": 1, "iid": iid, "r": response});
            value.into_iter().for_each(|value| entry["value"] = value);
            events.into_iter().for_each(|events| entry["ev"] = json!(events));
            entry
        });
        Value::from_iter(entries)
    });
    let read = (vec(select(iids), 1..6), "(&meta=1)?(&ev=1)?(&perms=1)?(&type=1)?").prop_map(|(iids, flags)| {
        let ids: Vec<_> = iids.iter().map(|iid| format!("1.{iid}")).collect();
        request("GET", &format!("/characteristics?id={}{flags}", ids.join(",")), None)
    });
    let pieces = prop_oneof![
        4 => read,
        4 => entries.clone().prop_map(move |entries| put("/characteristics", &json!({"characteristics": entries}))),
        2 => (0..3_u64).prop_map(move |pid| put("/prepare", &json!({"ttl": 60_000, "pid": pid}))),
        2 => (entries, 0..3_u64).prop_map(move |(entries, pid)| {
            put("/characteristics", &json!({"characteristics": entries, "pid": pid}))
        }),
        1 => Just(request("POST", "/pairings", Some(&[6, 1, 1, 0, 1, 5]))),
        1 => Just(request("GET", "/nowhere", None)),
        1 => Just(put("/characteristics", &json!([]))),
        1 => "(\r\n| ){1,4}".prop_map(String::into_bytes),
    ];
    vec(pieces, 1..12).prop_map(|pieces| pieces.concat())
}

/// The answers to each script, in a session of its own; the first breaks off after so many of its bytes, if it does.
fn play(scripts: &[&[u8]], way: &Way, part: Option<f64>) -> Vec<Vec<Answer>> {
    let phone = Phone::new("phone");
    let (mut home, bench) = Home::owned_by(&phone);
    // Handlers that let others have their turns before they answer.
    bench.level.on_write(|level, _| waits(usize::from(level) % 4));
    bench.echo.on_write(|echo, _| waits(usize::from(echo) % 4));
    home.sips.clone_from(&way.sips);
    let lines: Vec<_> = scripts.iter().map(|_| home.session(&phone)).collect();
    home.cuts.clone_from(&way.cuts);
    home.delays.clone_from(&way.delays);
    home.order = way.order.map(Randomness::seeded);
    for (line, script) in lines.iter().zip(scripts) {
        let mut wire = home.seal(*line, script);
        if let Some(part) = part.filter(|_| *line == lines[0]) {
            wire.truncate((wire.len() as f64 * part) as usize);
        }
        home.send_wire(*line, &wire);
    }
    if part.is_some() {
        home.pass(Duration::from_millis(SLOWEST / 2));
        home.hang_up(lines[0]);
    }
    home.pass(Duration::from_millis(SLOWEST));
    for _ in 0..LOOKS {
        home.pass(Duration::ZERO);
    }
    let mut answers = |line| {
        let messages = std::iter::from_fn(|| home.message(line));
        let answers = messages.filter_map(|message| match message {
            Message::Answer(answer) => Some(answer),
            Message::Event(_) => None,
        });
        answers.collect()
    };
    lines.into_iter().map(&mut answers).collect()
}

/// Succeeds when it was looked at so many times.
fn waits(mut looks: usize) -> impl Future<Output = Result<(), crate::Status>> {
    poll_fn(move |_| {
        if looks == 0 {
            return Poll::Ready(Ok(()));
        }
        looks -= 1;
        Poll::Pending
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_script_is_answered_alike_whatever_the_way(first in script(FIRST), second in script(SECOND), way in way()) {
        let straight = Way::default();
        let alone = [play(&[&first], &straight, None), play(&[&second], &straight, None)].concat();
        let together = play(&[&first, &second], &way, None);
        prop_assert_eq!(together, alone);
    }

    #[test]
    fn a_connection_that_is_cut_anywhere_was_answered_up_to_there_and_costs_no_other_anything(
        first in script(FIRST),
        second in script(SECOND),
        way in way(),
        part in 0.0..1.0,
    ) {
        let straight = Way::default();
        let alone = [play(&[&first], &straight, None), play(&[&second], &straight, None)].concat();
        let together = play(&[&first, &second], &way, Some(part));
        prop_assert!(alone[0].starts_with(&together[0]));
        prop_assert_eq!(&together[1], &alone[1]);
    }
}
