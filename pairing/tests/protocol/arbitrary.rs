//! Whatever arrives, nothing panics and nothing is given away.

use std::time::Duration;

use pairing::controller::{self, read_done, read_list};
use pairing::srp::ClientPublicKey;
use pairing::tlv8::{Type, Writer};
use pairing::{Change, ConnectionId, PairVerify, Permissions, Reply, SetupCode, SetupId, VerifyStep, pairings};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Accessory, id, paired, random, unpaired};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_pairings_requests_never_panic(body in any_body()) {
        let state = paired(&[("admin", Permissions::ADMIN)]);
        let _ = pairings::handle(&body, &id("admin"), &state);
        let _ = pairings::handle(&body, &id("nobody"), &state);
    }

    #[test]
    fn arbitrary_pair_verify_requests_open_no_session(bodies in vec(any_body(), 0..4)) {
        let state = paired(&[("admin", Permissions::ADMIN)]);
        let mut verify = PairVerify::new();
        for body in bodies {
            let step = verify.handle(&body, &state, &mut random());
            prop_assert!(matches!(step, VerifyStep::Reply(_)));
        }
    }

    #[test]
    fn arbitrary_answers_never_satisfy_a_controller(body in any_body()) {
        let _ = read_done(&body);
        let _ = read_list(&body);
        let phone = controller::Identity::from_seed(id("phone"), &[1; 32]);
        let gate = controller::Accessory {
            id: *unpaired().identity.device_id(),
            public_key: unpaired().identity.public_key(),
        };
        let (verify, _) = controller::PairVerify::start(&phone, &gate, &mut random());
        prop_assert!(verify.m2(&body).is_err());
    }

    #[test]
    fn arbitrary_texts_never_panic(text: String) {
        let _ = text.parse::<SetupCode>();
        let _ = text.parse::<SetupId>();
    }

    #[test]
    fn arbitrary_public_keys_never_panic(key in vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(ClientPublicKey::new(&key).is_ok(), key.len() <= 384 && key.iter().any(|byte| *byte != 0));
    }
}

proptest! {
    // A body that is a valid M1 or M3 costs exponentiations.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn arbitrary_pair_setup_requests_pair_nobody(
        requests in vec((0_u64..3, any_body(), 0_u64..20, any::<bool>()), 0..6)
    ) {
        let mut accessory = Accessory::new(unpaired());
        for (connection, body, seconds, close) in requests {
            let reply = accessory.post(connection, &body);
            if let Reply::Tlv(body) = reply {
                prop_assert!(body.starts_with(&[6, 1]));
            }
            accessory.wait(Duration::from_secs(seconds));
            if close {
                accessory.setup.connection_closed(ConnectionId(connection));
            }
        }
        prop_assert!(!accessory.state.is_paired());
        prop_assert!(accessory.stored.iter().all(|change| *change == Change::CountFailedAttempt));
    }
}

/// Bytes that are anything, and bodies that look like requests.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let item = (any_kind(), any_value());
    let items = vec(item, 0..6).prop_map(|items| {
        items.iter().fold(Writer::new(), |body, (kind, value)| body.item(Type(*kind), value)).finish()
    });
    let m1 = Just(vec![6, 1, 1, 0, 1, 0]);
    let m3 = (vec(any::<u8>(), 0..390), vec(any::<u8>(), 63..65)).prop_map(|(key, proof)| {
        Writer::new().byte(Type::STATE, 3).item(Type::PUBLIC_KEY, &key).item(Type::PROOF, &proof).finish()
    });
    prop_oneof![3 => vec(any::<u8>(), 0..80), 6 => items, 1 => m1, 1 => m3]
}

fn any_kind() -> impl Strategy<Value = u8> {
    prop_oneof![Just(0_u8), Just(1), Just(3), Just(5), Just(6), Just(10), Just(11), Just(0x13), any::<u8>()]
}

fn any_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (0_u8..8).prop_map(|byte| vec![byte]),
        vec(any::<u8>(), 32),
        vec(any::<u8>(), 64),
        vec(any::<u8>(), 0..300),
    ]
}
