//! Whole runs of Pair Setup with known secrets at both ends, and the twenty refusals (HAP §5).

use std::time::Duration;

use pairing::controller::{self, Hello};
use pairing::tlv8::{Items, Type};
use pairing::{Change, ControllerId, FailedAttempts, Identity, Pairing, Permissions, PublicKey, Reply, State};
use serde::Deserialize;

use crate::support::{Accessory, Failure, Script, array, bytes, hex, pairing, parse, tlv, unpaired};

#[derive(Deserialize)]
struct Transcript {
    cases: Vec<Case>,
    failures: Vec<Failure>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    secrets: Secrets,
    identities: Identities,
    messages: Messages,
}

#[derive(Deserialize)]
struct Secrets {
    setup_code: String,
    srp_salt: String,
    srp_a: String,
    srp_b: String,
    accessory_ed25519_seed: String,
    controller_ed25519_seed: String,
}

#[derive(Deserialize)]
struct Identities {
    device_id: String,
    accessory_ltpk: String,
    controller_id: String,
    controller_ltpk: String,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the names of the protocol")]
struct Messages {
    M1: Body,
    M2: Body,
    M3: Body,
    M4: Body,
    M5: Body,
    M6: Body,
}

#[derive(Deserialize)]
struct Body {
    body: String,
}

impl Case {
    fn accessory(&self) -> Accessory {
        let device_id = self.identities.device_id.parse().unwrap();
        let seed = array(&self.secrets.accessory_ed25519_seed);
        Accessory::new(State {
            identity: Identity::from_seed(device_id, &seed),
            setup_code: self.secrets.setup_code.parse().unwrap(),
            ..unpaired()
        })
    }

    /// What the accessory draws: the salt, then b.
    fn randomness(&self) -> Script {
        Script::new(&[&bytes(&self.secrets.srp_salt), &bytes(&self.secrets.srp_b)])
    }

    fn controller(&self) -> controller::Identity {
        controller::Identity::from_seed(
            ControllerId::try_from(self.identities.controller_id.as_str()).unwrap(),
            &array(&self.secrets.controller_ed25519_seed),
        )
    }

    /// Brings the accessory to where M2 was sent on connection 1.
    fn m2_sent(&self, accessory: &mut Accessory) {
        let m2 = accessory.post_with(1, &bytes(&self.messages.M1.body), &mut self.randomness());
        assert_eq!(hex(tlv(&m2)), self.messages.M2.body);
    }

    /// Brings the accessory to where M4 was sent on connection 1.
    fn m4_sent(&self, accessory: &mut Accessory) {
        self.m2_sent(accessory);
        let m4 = accessory.post(1, &bytes(&self.messages.M3.body));
        assert_eq!(hex(tlv(&m4)), self.messages.M4.body);
    }
}

fn transcript() -> Transcript {
    parse(include_str!("../vectors/pair_setup_transcript.json"))
}

#[test]
fn the_accessory_answers_every_transcript_byte_for_byte() {
    let cases = transcript().cases;
    assert_eq!(cases.len(), 3);
    for case in cases {
        let mut accessory = case.accessory();
        let mut randomness = case.randomness();
        let messages = &case.messages;
        for (request, answer) in
            [(&messages.M1, &messages.M2), (&messages.M3, &messages.M4), (&messages.M5, &messages.M6)]
        {
            let reply = accessory.post_with(1, &bytes(&request.body), &mut randomness);
            assert_eq!(hex(tlv(&reply)), answer.body, "{}", case.name);
        }
        assert!(randomness.is_used_up());
        assert_eq!(accessory.setup.owner(), None);
        let first = Pairing {
            id: ControllerId::try_from(case.identities.controller_id.as_str()).unwrap(),
            public_key: PublicKey(array(&case.identities.controller_ltpk)),
            permissions: Permissions::ADMIN,
        };
        assert_eq!(accessory.stored, [Change::AddPairing(first.clone())]);
        assert_eq!(accessory.state.pairings.get(&first.id), Some(&first));
    }
}

#[test]
fn the_controller_writes_every_transcript_byte_for_byte() {
    for case in transcript().cases {
        let messages = &case.messages;
        let hello = match case.name.as_str() {
            "method_0" => Hello::Plain,
            "method_1_with_auth" => Hello::WithAuth,
            _ => Hello::MethodFirst,
        };
        let code = case.secrets.setup_code.parse().unwrap();
        let mut randomness = Script::new(&[&bytes(&case.secrets.srp_a)]);
        let (setup, m1) = controller::PairSetup::start_with(hello, &code, &case.controller(), &mut randomness);
        assert!(randomness.is_used_up());
        assert_eq!(hex(&m1), messages.M1.body, "{}", case.name);
        let (setup, m3) = setup.m2(&bytes(&messages.M2.body)).unwrap();
        assert_eq!(hex(&m3), messages.M3.body, "{}", case.name);
        let (setup, m5) = setup.m4(&bytes(&messages.M4.body)).unwrap();
        assert_eq!(hex(&m5), messages.M5.body, "{}", case.name);
        let accessory = setup.m6(&bytes(&messages.M6.body)).unwrap();
        assert_eq!(accessory.id.to_string(), case.identities.device_id);
        assert_eq!(hex(&accessory.public_key.0), case.identities.accessory_ltpk);
    }
}

#[test]
fn every_refusal_is_that_of_the_vectors_and_ends_the_procedure() {
    let Transcript { cases, failures } = transcript();
    let case = &cases[0];
    assert_eq!(failures.len(), 20);
    for failure in failures {
        let name = &failure.name;
        let mut accessory = case.accessory();
        let mut other_connection = false;
        match failure.before.as_str() {
            "idle" => {}
            "accessory has a pairing" => {
                accessory.state.apply(&Change::AddPairing(pairing("home", Permissions::ADMIN)))
            }
            "another connection is between M2 and M6 for less than 30 s" => {
                other_connection = true;
                case.m2_sent(&mut accessory);
                accessory.wait(Duration::from_secs(29));
            }
            "100 failed attempts counted" => {
                accessory.state.failed_attempts = FailedAttempts::new(100);
            }
            "M2 was sent" | "M2 of case method_0 was sent" => case.m2_sent(&mut accessory),
            "M4 of case method_0 was sent" => case.m4_sent(&mut accessory),
            before => panic!("unknown situation: {before}"),
        }
        let connection = if other_connection { 2 } else { 1 };
        let reply = accessory.post(connection, &bytes(&failure.request));
        assert_eq!(reply, failure.response.reply(), "{name}");

        let counted: &[Change] = match name.as_str() {
            "m3_wrong_code" => &[Change::CountFailedAttempt],
            _ => &[],
        };
        assert_eq!(accessory.stored, counted, "{name}");
        if !other_connection {
            assert_eq!(accessory.setup.owner(), None, "{name}");
            for request in [&case.messages.M3, &case.messages.M5] {
                let reply = accessory.post(1, &bytes(&request.body));
                assert_eq!(reply, Reply::BadRequest, "{name}");
            }
        }
    }
}

#[test]
fn the_controller_names_every_refusal() {
    use pairing::ErrorCode;
    let Transcript { cases, failures } = transcript();
    for failure in failures {
        let Reply::Tlv(body) = failure.response.reply() else {
            continue;
        };
        let items = Items::parse(&body).unwrap();
        let code = ErrorCode::from_byte(items.byte(Type::ERROR).unwrap().unwrap()).unwrap();
        let case = &cases[0];
        let start = || {
            let code = case.secrets.setup_code.parse().unwrap();
            let mut randomness = Script::new(&[&bytes(&case.secrets.srp_a)]);
            controller::PairSetup::start(&code, &case.controller(), &mut randomness).0
        };
        let error = match items.byte(Type::STATE).unwrap() {
            Some(2) => start().m2(&body).err(),
            Some(4) => {
                let (setup, _) = start().m2(&bytes(&case.messages.M2.body)).unwrap();
                setup.m4(&body).err()
            }
            _ => {
                let (setup, _) = start().m2(&bytes(&case.messages.M2.body)).unwrap();
                let (setup, _) = setup.m4(&bytes(&case.messages.M4.body)).unwrap();
                setup.m6(&body).err()
            }
        };
        assert_eq!(error, Some(controller::Error::Refused(code)), "{}", failure.name);
    }
}

#[test]
fn the_controller_does_not_go_on_with_an_accessory_that_does_not_know_the_code() {
    let case = &transcript().cases[0];
    let code = case.secrets.setup_code.parse().unwrap();
    let mut randomness = Script::new(&[&bytes(&case.secrets.srp_a)]);
    let (setup, _) = controller::PairSetup::start(&code, &case.controller(), &mut randomness);
    let (setup, _) = setup.m2(&bytes(&case.messages.M2.body)).unwrap();
    let mut m4 = bytes(&case.messages.M4.body);
    *m4.last_mut().unwrap() ^= 1;
    assert_eq!(setup.m4(&m4).err(), Some(controller::Error::WrongProof));
}
