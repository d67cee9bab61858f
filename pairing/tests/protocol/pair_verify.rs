//! Pair Verify: the transcript at both ends, the twelve refusals, and the rules around them (HAP §6).

use pairing::crypto::{self, Nonce};
use pairing::{
    Change, ControllerId, Identity, PairVerify, Pairing, Permissions, PublicKey, Reply, SessionKeys, State, VerifyStep,
    controller,
};
use serde::Deserialize;

use crate::support::{Failure, Script, array, bytes, hex, id, pairing, parse, random, tlv, unpaired};

#[derive(Deserialize)]
struct Transcript {
    cases: Vec<Case>,
    failures: Vec<Failure>,
}

#[derive(Deserialize)]
struct Case {
    secrets: Secrets,
    identities: Identities,
    derived: Derived,
    messages: Messages,
    first_request: FirstRequest,
}

#[derive(Deserialize)]
struct Secrets {
    accessory_x25519_secret: String,
    controller_x25519_secret: String,
    accessory_ed25519_seed: String,
    controller_ed25519_seed: String,
}

#[derive(Deserialize)]
struct Identities {
    device_id: String,
    controller_id: String,
    controller_ltpk: String,
}

#[derive(Deserialize)]
struct Derived {
    accessory_to_controller_key: String,
    controller_to_accessory_key: String,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the names of the protocol")]
struct Messages {
    M1: Body,
    M2: Body,
    M3: Body,
    M4: Body,
}

#[derive(Deserialize)]
struct Body {
    body: String,
}

#[derive(Deserialize)]
struct FirstRequest {
    plain: String,
    frames: Vec<String>,
    response_plain: String,
    response_frames: Vec<String>,
}

impl Case {
    /// The accessory, paired with the controller of the transcript.
    fn state(&self) -> State {
        let device_id = self.identities.device_id.parse().unwrap();
        let mut state = State {
            identity: Identity::from_seed(device_id, &array(&self.secrets.accessory_ed25519_seed)),
            ..unpaired()
        };
        state.apply(&Change::AddPairing(Pairing {
            id: self.controller_id(),
            public_key: PublicKey(array(&self.identities.controller_ltpk)),
            permissions: Permissions::ADMIN,
        }));
        state
    }

    fn controller_id(&self) -> ControllerId {
        ControllerId::try_from(self.identities.controller_id.as_str()).unwrap()
    }

    fn controller(&self) -> controller::Identity {
        let seed = array(&self.secrets.controller_ed25519_seed);
        controller::Identity::from_seed(self.controller_id(), &seed)
    }

    fn m2_sent(&self, verify: &mut PairVerify) {
        let mut randomness = Script::new(&[&bytes(&self.secrets.accessory_x25519_secret)]);
        let step = verify.handle(&bytes(&self.messages.M1.body), &self.state(), &mut randomness);
        assert_eq!(hex(tlv(&reply(step))), self.messages.M2.body);
        assert!(randomness.is_used_up());
    }

    fn verified(&self, verify: &mut PairVerify) -> pairing::Session {
        self.m2_sent(verify);
        let m3 = bytes(&self.messages.M3.body);
        match verify.handle(&m3, &self.state(), &mut Script::default()) {
            VerifyStep::Verified { reply, session } => {
                assert_eq!(hex(tlv(&reply)), self.messages.M4.body);
                session
            }
            VerifyStep::Reply(reply) => panic!("{reply:?}"),
        }
    }

    fn assert_keys(&self, keys: &SessionKeys) {
        assert_eq!(hex(keys.accessory_to_controller.as_bytes()), self.derived.accessory_to_controller_key);
        assert_eq!(hex(keys.controller_to_accessory.as_bytes()), self.derived.controller_to_accessory_key);
    }
}

fn transcript() -> Transcript {
    parse(include_str!("../vectors/pair_verify_transcript.json"))
}

fn reply(step: VerifyStep) -> Reply {
    match step {
        VerifyStep::Reply(reply) => reply,
        VerifyStep::Verified { .. } => panic!("verified"),
    }
}

#[test]
fn the_accessory_answers_the_transcript_byte_for_byte() {
    let case = &transcript().cases[0];
    let session = case.verified(&mut PairVerify::new());
    assert_eq!(session.controller, case.controller_id());
    case.assert_keys(&session.keys);
}

#[test]
fn the_controller_writes_the_transcript_byte_for_byte() {
    let case = &transcript().cases[0];
    let state = case.state();
    let accessory = controller::Accessory { id: *state.identity.device_id(), public_key: state.identity.public_key() };
    let mut randomness = Script::new(&[&bytes(&case.secrets.controller_x25519_secret)]);
    let (verify, m1) = controller::PairVerify::start(&case.controller(), &accessory, &mut randomness);
    assert_eq!(hex(&m1), case.messages.M1.body);
    let (verify, m3) = verify.m2(&bytes(&case.messages.M2.body)).unwrap();
    assert_eq!(hex(&m3), case.messages.M3.body);
    case.assert_keys(&verify.m4(&bytes(&case.messages.M4.body)).unwrap());
}

#[test]
fn the_keys_open_the_first_frames_of_the_transcript() {
    let case = &transcript().cases[0];
    let keys = case.verified(&mut PairVerify::new()).keys;
    let first = &case.first_request;
    for (key, frame, plain) in [
        (&keys.controller_to_accessory, &first.frames[0], &first.plain),
        (&keys.accessory_to_controller, &first.response_frames[0], &first.response_plain),
    ] {
        let frame = bytes(frame);
        let (length, cipher) = frame.split_at(2);
        let opened = crypto::open(key, Nonce::counter(0), length, cipher).unwrap();
        assert_eq!(hex(&opened), *plain);
    }
}

#[test]
fn every_refusal_is_that_of_the_vectors_and_ends_the_procedure() {
    let Transcript { cases, failures } = transcript();
    let case = &cases[0];
    assert_eq!(failures.len(), 12);
    for failure in failures {
        let mut verify = PairVerify::new();
        match failure.before.as_str() {
            "idle" => {}
            "the public keys of case 'ordinary' were exchanged (M2 sent)" => {
                case.m2_sent(&mut verify);
            }
            "the connection is already encrypted" => {
                case.verified(&mut verify);
            }
            before => panic!("unknown situation: {before}"),
        }
        let step = verify.handle(&bytes(&failure.request), &case.state(), &mut random());
        assert_eq!(reply(step), failure.response.reply(), "{}", failure.name);
        // What was begun is over: even the right M3 is out of turn.
        let m3 = bytes(&case.messages.M3.body);
        let step = verify.handle(&m3, &case.state(), &mut random());
        assert_eq!(reply(step), Reply::BadRequest, "{}", failure.name);
    }
}

#[test]
fn a_new_m1_in_the_middle_starts_over() {
    let case = &transcript().cases[0];
    let mut verify = PairVerify::new();
    let m1 = bytes(&case.messages.M1.body);
    let _ = reply(verify.handle(&m1, &case.state(), &mut random()));
    case.verified(&mut verify);
}

#[test]
fn a_public_key_of_low_order_is_an_authentication_error() {
    let case = &transcript().cases[0];
    // Zero, one, and a point of order eight.
    let order_eight = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
    for key in [&"00".repeat(32), &format!("01{}", "00".repeat(31)), order_eight] {
        let mut verify = PairVerify::new();
        let m1 = bytes(&format!("0601010320{key}"));
        let step = verify.handle(&m1, &case.state(), &mut random());
        assert_eq!(tlv(&reply(step)), [6, 1, 2, 7, 1, 2]);
        let m3 = bytes(&case.messages.M3.body);
        let step = verify.handle(&m3, &case.state(), &mut random());
        assert_eq!(reply(step), Reply::BadRequest);
    }
}

#[test]
fn an_unpaired_accessory_refuses_only_at_m4() {
    let state = unpaired();
    let accessory = controller::Accessory { id: *state.identity.device_id(), public_key: state.identity.public_key() };
    let phone = controller::Identity::random(id("phone"), &mut random());
    let mut verify = PairVerify::new();
    let (procedure, m1) = controller::PairVerify::start(&phone, &accessory, &mut random());
    let m2 = reply(verify.handle(&m1, &state, &mut random()));
    let (_, m3) = procedure.m2(tlv(&m2)).unwrap();
    let m4 = reply(verify.handle(&m3, &state, &mut random()));
    assert_eq!(tlv(&m4), [6, 1, 4, 7, 1, 2]);
}

#[test]
fn an_id_in_another_case_is_another_controller() {
    let case = &transcript().cases[0];
    let state = case.state();
    let accessory = controller::Accessory { id: *state.identity.device_id(), public_key: state.identity.public_key() };
    let lower = id(&case.identities.controller_id.to_lowercase());
    let seed = array(&case.secrets.controller_ed25519_seed);
    let phone = controller::Identity::from_seed(lower, &seed);
    let mut verify = PairVerify::new();
    let (procedure, m1) = controller::PairVerify::start(&phone, &accessory, &mut random());
    let m2 = reply(verify.handle(&m1, &state, &mut random()));
    let (_, m3) = procedure.m2(tlv(&m2)).unwrap();
    let m4 = reply(verify.handle(&m3, &state, &mut random()));
    assert_eq!(tlv(&m4), [6, 1, 4, 7, 1, 2]);
}

#[test]
fn the_secret_is_a_new_one_every_time() {
    let case = &transcript().cases[0];
    let m1 = bytes(&case.messages.M1.body);
    let mut verify = PairVerify::new();
    let first = reply(verify.handle(&m1, &case.state(), &mut random()));
    let second = reply(verify.handle(&m1, &case.state(), &mut random()));
    assert_ne!(tlv(&first)[5..37], tlv(&second)[5..37]);
}

#[test]
fn the_controller_refuses_an_accessory_it_did_not_pair_with() {
    let case = &transcript().cases[0];
    let state = case.state();
    let start = |accessory| {
        let mut randomness = Script::new(&[&bytes(&case.secrets.controller_x25519_secret)]);
        let (verify, _) = controller::PairVerify::start(&case.controller(), &accessory, &mut randomness);
        verify.m2(&bytes(&case.messages.M2.body)).err()
    };
    let known = controller::Accessory { id: *state.identity.device_id(), public_key: state.identity.public_key() };
    let other_key = controller::Accessory { public_key: pairing("other", Permissions::USER).public_key, ..known };
    assert_eq!(start(other_key), Some(controller::Error::Signature));
    let other_id = controller::Accessory { id: pairing::DeviceId([9; 6]), ..known };
    assert_eq!(start(other_id), Some(controller::Error::OtherAccessory));
}
