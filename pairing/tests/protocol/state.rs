//! What is stored is what is read back (HAP §5.8).

use std::collections::BTreeSet;

use pairing::{
    Change, ControllerId, DeviceId, FailedAttempts, Identity, Pairing, Permissions, PublicKey, SetupCode, SetupId,
    State, StateError, limits,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{paired, random, unpaired};

#[test]
fn a_new_state_is_unpaired_and_like_no_other() {
    let (one, other) = (State::new(&mut random()), State::new(&mut random()));
    assert!(!one.is_paired());
    assert_eq!(one.failed_attempts.get(), 0);
    assert_ne!(one.identity, other.identity);
}

#[test]
fn drawn_codes_and_ids_are_allowed_ones_of_every_character() {
    let mut characters = BTreeSet::new();
    let mut codes = BTreeSet::new();
    let mut digits = [const { BTreeSet::new() }; 10];
    for _ in 0..500 {
        let code = SetupCode::random(&mut random());
        assert_eq!(code.as_str().parse(), Ok(code.clone()));
        codes.insert(code.as_str().to_owned());
        for (digits, digit) in digits.iter_mut().zip(code.as_str().chars()) {
            digits.insert(digit);
        }
        let id = SetupId::random(&mut random());
        assert_eq!(id.as_str().parse(), Ok(id));
        characters.extend(id.as_str().chars());
    }
    assert_eq!(characters.len(), 36);
    // Two of 500 are alike once in eight hundred runs, three never.
    assert!(codes.len() > 497, "{} of 500 codes", codes.len());
    for (place, digits) in digits.iter().enumerate() {
        assert_eq!(digits.len(), if matches!(place, 3 | 6) { 1 } else { 10 }, "place {place}");
    }
}

#[test]
fn a_document_of_a_newer_version_is_told_from_damage() {
    let document = edit(r#""version": 1"#, r#""version": 2, "more": []"#);
    let error = State::decode(&document).unwrap_err();
    assert_eq!(error, StateError::Newer { found: 2 });
    assert!(error.to_string().contains("newer version"));
}

#[test]
fn damage_is_refused() {
    for (from, to) in [
        ("{", ""),
        (r#""version": 1"#, r#""version": 0"#),
        (r#""version": 1"#, r#""version": -1"#),
        (r#""version": 1,"#, ""),
        ("1A:2B", "1A-2B"),
        ("031-45-154", "111-11-111"),
        ("GATE", "gate"),
        (r#""permissions": 1"#, r#""permissions": 0"#),
        (r#""permissions": 1"#, r#""permissions": 2"#),
        (r#""seed": "Bw"#, r#""seed": "B"#),
        (r#""public_key": "aG"#, r#""public_key": ""#),
    ] {
        let error = State::decode(&edit(from, to)).unwrap_err();
        assert!(!matches!(error, StateError::Newer { .. }), "{from} → {to}");
    }
}

#[test]
fn errors_never_quote_the_secrets() {
    for (from, to) in [("031-45-154", "111-11-111"), ("\"031", "031"), ("\"seed\"", "\"sid\"")] {
        let text = State::decode(&edit(from, to)).unwrap_err().to_string();
        assert!(!text.contains("45-154") && !text.contains("Bwc"), "{text}");
    }
}

#[test]
fn a_document_that_says_nothing_of_confirmation_holds_confirmed_pairings() {
    let state = State::decode(&edit("  \"unconfirmed\": true,\n", "")).unwrap();
    assert!(state.is_paired() && !state.pairings.are_unconfirmed());
    let again = String::from_utf8(state.encode().to_vec()).unwrap();
    assert!(!again.contains("unconfirmed"), "{again}");
}

#[test]
fn more_failures_than_count_are_a_hundred() {
    let document = edit(r#""failed_attempts": 0"#, r#""failed_attempts": 250"#);
    assert_eq!(State::decode(&document).unwrap().failed_attempts.get(), 100);
}

#[test]
fn twins_and_crowds_are_damage() {
    let text = document();
    let entry = &text[text.find("[").unwrap() + 1..text.rfind("]").unwrap()];
    let twins = text.replace(entry, &[entry, entry].join(","));
    assert!(State::decode(twins.as_bytes()).is_err());
    let crowd: Vec<_> =
        (0..=limits::PAIRINGS).map(|number| entry.replace("aG9tZQ==", &format!("{number:04}"))).collect();
    assert!(State::decode(text.replace(entry, &crowd.join(",")).as_bytes()).is_err());
    let house_full = text.replace(entry, &crowd[..limits::PAIRINGS].join(","));
    let state = State::decode(house_full.as_bytes()).unwrap();
    assert!(state.pairings.is_full());
}

proptest! {
    #[test]
    fn a_state_reads_as_it_is_written(state in any_state()) {
        prop_assert_eq!(State::decode(&state.encode()), Ok(state));
    }

    #[test]
    fn arbitrary_documents_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        let _ = State::decode(&bytes);
    }

    #[test]
    fn documents_with_flipped_bytes_never_panic(place in 0_usize..400, byte: u8) {
        let mut document = document().into_bytes();
        let length = document.len();
        document[place % length] = byte;
        let _ = State::decode(&document);
    }

    #[test]
    fn whoever_is_paired_there_is_an_admin(changes in vec(any_change(), 0..40)) {
        let mut state = unpaired();
        for change in &changes {
            state.apply(change);
            prop_assert!(!state.is_paired() || state.pairings.has_admin());
            prop_assert!(state.pairings.len() <= limits::PAIRINGS);
            prop_assert!(state.is_paired() || !state.pairings.are_unconfirmed());
        }
    }
}

fn document() -> String {
    let state = paired(&[("home", Permissions::ADMIN)]);
    String::from_utf8(state.encode().to_vec()).unwrap()
}

/// The document with one text in place of another.
fn edit(from: &str, to: &str) -> Vec<u8> {
    let document = document();
    assert!(document.contains(from), "{from} is not in {document}");
    document.replacen(from, to, 1).into_bytes()
}

fn any_state() -> impl Strategy<Value = State> {
    let code = (0..10_000_000_u32).prop_map(|number| {
        let code = format!("0{}-{:02}-{:03}", number / 100_000, number / 1000 % 100, number % 1000);
        code.parse().unwrap_or_else(|_| "031-45-154".parse().unwrap())
    });
    (any::<[u8; 6]>(), any::<[u8; 32]>(), code, "[0-9A-Z]{4}", any::<u8>(), vec(any_pairing(), 0..70)).prop_map(
        |(device, seed, setup_code, setup_id, failed, pairings)| {
            let mut state = State {
                identity: Identity::from_seed(DeviceId(device), &seed),
                setup_code,
                setup_id: setup_id.parse().unwrap(),
                failed_attempts: FailedAttempts::new(failed),
                ..unpaired()
            };
            for pairing in pairings {
                state.apply(&Change::AddPairing(pairing));
            }
            state
        },
    )
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => any_pairing().prop_map(Change::AddPairing),
        2 => (any_id(), any_permissions()).prop_map(|(id, permissions)| Change::SetPermissions(id, permissions)),
        1 => any_id().prop_map(Change::RemovePairing),
        1 => Just(Change::ConfirmPairings),
        1 => Just(Change::CountFailedAttempt),
    ]
}

fn any_pairing() -> impl Strategy<Value = Pairing> {
    (any_id(), any::<[u8; 32]>(), any_permissions()).prop_map(|(id, key, permissions)| Pairing {
        id,
        public_key: PublicKey(key),
        permissions,
    })
}

fn any_id() -> impl Strategy<Value = ControllerId> {
    // Few enough that ids meet again.
    let short = vec(0_u8..4, 0..3);
    let long = vec(any::<u8>(), 0..=limits::CONTROLLER_ID);
    prop_oneof![short, long].prop_map(|id| ControllerId::try_from(&*id).unwrap())
}

fn any_permissions() -> impl Strategy<Value = Permissions> {
    prop_oneof![Just(Permissions::ADMIN), Just(Permissions::USER)]
}
