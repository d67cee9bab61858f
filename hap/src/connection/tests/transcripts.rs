//! Recorded procedures, byte for byte, through a connection.

use std::sync::Arc;

use pairing::{
    Change, ControllerId, DeviceId, FailedAttempts, Identity, Pairing, Pairings, Permissions, PublicKey, SetupCode,
    State,
};
use serde_json::Value;

use super::home::Home;
use crate::database::Database;
use crate::events::Hub;
use crate::ids::Ids;

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn key(value: &Value) -> [u8; 32] {
    hex(value).try_into().unwrap()
}

/// The accessory of a case; it has nothing to show.
fn accessory(case: &Value) -> Home {
    let id: DeviceId = case["identities"]["device_id"].as_str().unwrap().parse().unwrap();
    let code = case["secrets"]["setup_code"].as_str().unwrap_or("031-45-154");
    let state = State {
        identity: Identity::from_seed(id, &key(&case["secrets"]["accessory_ed25519_seed"])),
        setup_code: SetupCode::try_from(code).unwrap(),
        setup_id: "GATE".parse().unwrap(),
        failed_attempts: FailedAttempts::default(),
        pairings: Pairings::default(),
    };
    let hub = Arc::new(Hub::default());
    let database = Database::build(&[], &mut Ids::default(), &hub).unwrap();
    Home::with(state, database, hub)
}

fn pairing(case: &Value) -> Pairing {
    let identities = &case["identities"];
    Pairing {
        id: ControllerId::try_from(identities["controller_id"].as_str().unwrap()).unwrap(),
        public_key: PublicKey(key(&identities["controller_ltpk"])),
        permissions: Permissions::ADMIN,
    }
}

#[test]
fn pair_setup_answers_every_message_of_the_transcripts_byte_for_byte() {
    let cases = vectors(include_str!("../../../tests/vectors/pair_setup_transcript.json"));
    for case in cases["cases"].as_array().unwrap() {
        let mut home = accessory(case);
        home.side.rng.script(&hex(&case["secrets"]["srp_salt"]));
        home.side.rng.script(&hex(&case["secrets"]["srp_b"]));
        let line = home.connect();
        let messages = &case["messages"];
        for (request, answer) in [("M1", "M2"), ("M3", "M4"), ("M5", "M6")] {
            home.send_wire(line, &hex(&messages[request]["http"]));
            assert_eq!(home.unread(line), hex(&messages[answer]["http"]), "{answer} of {}", case["name"]);
        }
        assert_eq!(home.side.stored.pairings.iter().collect::<Vec<_>>(), [&pairing(case)]);
    }
}

#[test]
fn pair_verify_and_the_first_frames_are_those_of_the_transcript_also_when_they_come_with_m3() {
    let cases = vectors(include_str!("../../../tests/vectors/pair_verify_transcript.json"));
    for (case, together) in cases["cases"].as_array().unwrap().iter().flat_map(|case| [(case, false), (case, true)]) {
        let mut home = accessory(case);
        home.side.store(&Change::AddPairing(pairing(case)));
        home.side.rng.script(&key(&case["secrets"]["accessory_x25519_secret"]));
        let line = home.connect();
        let messages = &case["messages"];
        home.send_wire(line, &hex(&messages["M1"]["http"]));
        assert_eq!(home.unread(line), hex(&messages["M2"]["http"]));

        let frames =
            |of: &str| -> Vec<u8> { case["first_request"][of].as_array().unwrap().iter().flat_map(hex).collect() };
        let (m3, m4) = (hex(&messages["M3"]["http"]), hex(&messages["M4"]["http"]));
        if together {
            home.send_wire(line, &[m3, frames("frames")].concat());
            assert_eq!(home.unread(line), [m4, frames("response_frames")].concat());
        } else {
            home.send_wire(line, &m3);
            assert_eq!(home.unread(line), m4);
            home.send_wire(line, &frames("frames"));
            assert_eq!(home.unread(line), frames("response_frames"));
        }
    }
}

#[test]
fn a_refused_message_of_the_transcripts_is_answered_as_recorded() {
    let cases = vectors(include_str!("../../../tests/vectors/pair_verify_transcript.json"));
    let ordinary = &cases["cases"][0];
    for failure in cases["failures"].as_array().unwrap() {
        let before = failure["before"].as_str().unwrap();
        let mut home = accessory(ordinary);
        home.side.store(&Change::AddPairing(pairing(ordinary)));
        home.side.rng.script(&key(&ordinary["secrets"]["accessory_x25519_secret"]));
        let line = home.connect();
        if before.contains("M2 sent") {
            home.send_wire(line, &hex(&ordinary["messages"]["M1"]["http"]));
            home.answer(line);
        } else if before.contains("encrypted") {
            continue; // Among the exchanges on a session.
        }
        let answer = home.post(line, "/pair-verify", &hex(&failure["request"]));
        let expected = &failure["response"];
        let answered = (u64::from(answer.status), answer.body);
        let name = &failure["name"];
        assert_eq!(answered, (expected["http_status"].as_u64().unwrap(), hex(&expected["body"])), "{name}");
        assert!(home.is_open(line), "{name}");
    }
}
