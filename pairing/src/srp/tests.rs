//! The published vector and fifteen with leading zeros in every place (HAP §4.1).

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Vectors {
    group: Group,
    cases: Vec<Case>,
    invalid: Vec<Invalid>,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the names of the protocol")]
struct Group {
    N: String,
    k: String,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the names of the protocol")]
struct Case {
    name: String,
    username: String,
    password: String,
    salt: String,
    a: String,
    b: String,
    x: String,
    v: String,
    A: String,
    B: String,
    u: String,
    S: String,
    K: String,
    M1: String,
    M2: String,
    leading_zero_bytes: serde_json::Map<String, serde_json::Value>,
    other_conventions: std::collections::BTreeMap<String, Convention>,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the names of the protocol")]
struct Convention {
    K: String,
    M1: String,
}

#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the names of the protocol")]
struct Invalid {
    name: String,
    A: String,
    M1: Option<String>,
    expect: String,
    salt: String,
    password: String,
    b: String,
}

impl Case {
    fn verifier(&self) -> Verifier {
        Verifier::new(&self.username, &self.password, array(&self.salt))
    }
}

#[test]
fn the_group_is_that_of_rfc_5054() {
    let group = vectors().group;
    assert_eq!(hex(&group::modulus()), group.N);
    assert_eq!(hex(&group::padded(&multiplier())[320..]), group.k);
}

#[test]
fn every_intermediate_value_of_every_vector_is_met() {
    let cases = vectors().cases;
    assert_eq!(cases.len(), 16);
    for case in cases {
        let name = &case.name;
        let x = private_exponent(&case.username, &case.password, &array(&case.salt));
        assert_eq!(hex(x.to_be_bytes().as_ref()), case.x, "{name}: x");
        let verifier = case.verifier();
        assert_eq!(hex(&group::padded(&verifier.v)), case.v, "{name}: v");
        let keys = ServerKeys::new(&verifier, &array(&case.b));
        assert_eq!(hex(keys.public_key()), case.B, "{name}: B");
        let client = ClientPublicKey::new(&bytes(&case.A)).unwrap();
        let u = scrambler(&client.padded, &keys.public);
        assert_eq!(hex(u.to_be_bytes().as_ref()), case.u, "{name}: u");
        let premaster = keys.premaster(&client);
        assert_eq!(hex(&*premaster), case.S, "{name}: S");
        let proven = keys.check(&case.username, &verifier, &client, &array(&case.M1)).unwrap();
        assert_eq!(hex(proven.key.as_bytes()), case.K, "{name}: K");
        assert_eq!(hex(&proven.proof), case.M2, "{name}: M2");
    }
}

#[test]
fn the_controller_meets_every_vector() {
    for case in vectors().cases {
        let name = &case.name;
        let keys = ClientKeys::new(&array(&case.a));
        assert_eq!(hex(keys.public_key()), case.A, "{name}: A");
        let proof = keys.prove(&case.username, &case.password, &array(&case.salt), strip(&bytes(&case.B))).unwrap();
        assert_eq!(hex(proof.proof()), case.M1, "{name}: M1");
        let key = proof.check(&array(&case.M2)).unwrap();
        assert_eq!(hex(key.as_bytes()), case.K, "{name}: K");
    }
}

#[test]
fn a_proof_of_another_reading_of_leading_zeros_is_accepted_with_its_key() {
    let mut accepted = 0;
    for case in vectors().cases {
        // B never goes out with a leading zero.
        if case.leading_zero_bytes.contains_key("B") {
            continue;
        }
        let verifier = case.verifier();
        let keys = ServerKeys::new(&verifier, &array(&case.b));
        let client = ClientPublicKey::new(strip(&bytes(&case.A))).unwrap();
        for convention in case.other_conventions.values() {
            let proven = keys.check(&case.username, &verifier, &client, &array(&convention.M1)).unwrap();
            assert_eq!(hex(proven.key.as_bytes()), convention.K, "{}", case.name);
            accepted += 1;
        }
    }
    assert_eq!(accepted, 8);
}

#[test]
fn invalid_keys_and_proofs_are_refused() {
    for case in vectors().invalid {
        let client = ClientPublicKey::new(&bytes(&case.A));
        match case.name.as_str() {
            "A_zero" | "A_empty" | "A_equals_N" => {
                assert_eq!(client.err(), Some(PublicKeyError::Zero));
                assert_eq!(case.expect, "M4 error Authentication");
            }
            "A_too_long" => {
                assert_eq!(client.err(), Some(PublicKeyError::TooLong));
                assert!(case.expect.starts_with("HTTP 400"));
            }
            // A proof of another length is refused before it comes here.
            "proof_short" => assert_ne!(bytes(&case.M1.unwrap()).len(), 64),
            name => {
                let verifier = Verifier::new(USERNAME, &case.password, array(&case.salt));
                let keys = ServerKeys::new(&verifier, &array(&case.b));
                let proof = array(&case.M1.unwrap());
                let checked = keys.check(USERNAME, &verifier, &client.unwrap(), &proof);
                assert_eq!(checked.err(), Some(WrongProof), "{name}");
            }
        }
    }
}

#[test]
fn a_public_key_with_a_leading_zero_is_drawn_again() {
    let cases = vectors().cases;
    let case = cases.iter().find(|case| case.name == "B_one_zero").unwrap();
    let verifier = case.verifier();
    let first = ServerKeys::new(&verifier, &array(&case.b));
    assert_eq!(first.public_key()[0], 0);
    let drawn = ServerKeys::draw(&verifier, &array(&case.b));
    assert_ne!(drawn.public_key()[0], 0);
}

#[test]
fn a_public_key_without_a_leading_zero_is_the_seeds_own() {
    let cases = vectors().cases;
    let case = cases.iter().find(|case| case.name == "ordinary").unwrap();
    let drawn = ServerKeys::draw(&case.verifier(), &array(&case.b));
    assert_eq!(hex(drawn.public_key()), case.B);
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../tests/vectors/srp.json")).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(hex: &str) -> [u8; N] {
    bytes(hex).try_into().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
