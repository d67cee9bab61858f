//! Encodings, derivations, ciphers and payloads, byte for byte.

use std::collections::BTreeMap;

use pairing::crypto::{self, Key, Nonce, Purpose, Unauthentic};
use pairing::tlv8::{Items, Malformed, Type, Writer};
use pairing::{DeviceId, SetupCode, SetupCodeError, SetupId, SetupPayload, setup_hash};
use serde::Deserialize;

use crate::support::{array, bytes, hex, parse};

#[derive(Deserialize)]
struct Tlv8 {
    encode: Vec<TlvCase>,
    decode: Vec<TlvCase>,
    malformed: Vec<TlvMalformed>,
    lookups: Vec<TlvLookup>,
}

#[derive(Deserialize)]
struct TlvCase {
    name: String,
    items: Vec<(u8, String)>,
    data: String,
}

#[derive(Deserialize)]
struct TlvMalformed {
    name: String,
    data: String,
    reader: String,
}

#[derive(Deserialize)]
struct TlvLookup {
    name: String,
    wanted: Vec<u8>,
    data: String,
    verdict: String,
    #[serde(default)]
    found: BTreeMap<String, String>,
}

fn tlv8() -> Tlv8 {
    parse(include_str!("../vectors/tlv8.json"))
}

#[test]
fn tlv8_is_written_as_in_the_vectors() {
    let cases = tlv8().encode;
    assert!(cases.len() > 10);
    for case in cases {
        let body = case.items.iter().fold(Writer::new(), |body, (kind, value)| body.item(Type(*kind), &bytes(value)));
        assert_eq!(hex(&body.finish()), case.data, "{}", case.name);
    }
}

#[test]
fn tlv8_is_read_as_in_the_vectors() {
    let vectors = tlv8();
    assert_eq!(vectors.decode.len(), 6);
    for case in vectors.encode.iter().chain(&vectors.decode) {
        let data = bytes(&case.data);
        let items: Vec<_> = Items::parse(&data).unwrap().iter().map(|item| (item.kind.0, hex(&item.value))).collect();
        assert_eq!(items, case.items, "{}", case.name);
    }
}

#[test]
fn malformed_tlv8_is_refused_for_the_reason_of_the_vectors() {
    let cases = tlv8().malformed;
    assert_eq!(cases.len(), 8);
    for case in cases {
        let reason = match case.reader.as_str() {
            "truncated header" => Malformed::Header,
            "truncated body" => Malformed::Body,
            _ => Malformed::Fragment,
        };
        let refused = Items::parse(&bytes(&case.data)).err();
        assert_eq!(refused, Some(reason), "{}", case.name);
    }
}

#[test]
fn tlv8_lookups_refuse_duplicates_of_what_they_look_for() {
    for case in tlv8().lookups {
        let data = bytes(&case.data);
        let items = Items::parse(&data).unwrap();
        let found: Result<BTreeMap<_, _>, _> = case
            .wanted
            .iter()
            .filter_map(|kind| match items.get(Type(*kind)) {
                Ok(value) => value.map(|value| Ok((kind.to_string(), hex(&value)))),
                Err(malformed) => Some(Err(malformed)),
            })
            .collect();
        match case.verdict.as_str() {
            "ok" => assert_eq!(found, Ok(case.found), "{}", case.name),
            _ => assert!(matches!(found, Err(Malformed::Duplicate(_))), "{}", case.name),
        }
    }
}

#[derive(Deserialize)]
struct Derivations {
    cases: Vec<Derivation>,
}

#[derive(Deserialize)]
struct Derivation {
    name: String,
    ikm: String,
    salt: String,
    info: String,
    okm: String,
}

#[test]
fn keys_are_derived_as_in_the_vectors() {
    let cases = parse::<Derivations>(include_str!("../vectors/hkdf.json")).cases;
    assert_eq!(cases.len(), 31);
    for case in cases {
        let key = crypto::hkdf_sha512_32(&bytes(&case.ikm), &bytes(&case.salt), &bytes(&case.info));
        let derived = hex(key.as_bytes());
        // Two kinds of the vectors have another length; the start of the output does not depend on it.
        let common = derived.len().min(case.okm.len());
        assert_eq!(derived[..common], case.okm[..common], "{}", case.name);
    }
}

#[test]
fn every_purpose_has_the_salt_and_info_of_its_vector() {
    let cases = parse::<Derivations>(include_str!("../vectors/hkdf.json")).cases;
    for (name, purpose) in [
        ("pair_setup_encrypt_1", Purpose::PAIR_SETUP_ENCRYPT),
        ("pair_setup_controller_sign_1", Purpose::PAIR_SETUP_CONTROLLER_SIGN),
        ("pair_setup_accessory_sign_1", Purpose::PAIR_SETUP_ACCESSORY_SIGN),
        ("pair_verify_encrypt_1", Purpose::PAIR_VERIFY_ENCRYPT),
        ("control_read_1", Purpose::ACCESSORY_TO_CONTROLLER),
        ("control_write_1", Purpose::CONTROLLER_TO_ACCESSORY),
    ] {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        let key = purpose.derive(&bytes(&case.ikm));
        assert_eq!(hex(key.as_bytes()), case.okm, "{name}");
    }
}

#[derive(Deserialize)]
struct Sealed {
    cases: Vec<Frames>,
    invalid: Vec<InvalidFrame>,
    pairing_messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Frames {
    name: String,
    key: String,
    counter: u64,
    plain: String,
    frames: Vec<String>,
}

#[derive(Deserialize)]
struct InvalidFrame {
    name: String,
    key: String,
    counter: u64,
    data: String,
    why: String,
}

#[derive(Deserialize)]
struct Message {
    name: String,
    key: String,
    nonce: String,
    plain: String,
    cipher_and_tag: String,
}

fn sealed() -> Sealed {
    parse(include_str!("../vectors/chacha_frames.json"))
}

#[test]
fn pairing_messages_are_sealed_and_opened_as_in_the_vectors() {
    for case in sealed().pairing_messages {
        let key = Key::from(array(&case.key));
        let nonce = Nonce::text(case.name.as_bytes().try_into().unwrap());
        assert_eq!(hex(nonce.as_bytes()), case.nonce);
        let plain = bytes(&case.plain);
        let cipher = bytes(&case.cipher_and_tag);
        assert_eq!(crypto::seal(&key, nonce, &[], &plain), cipher, "{}", case.name);
        assert_eq!(crypto::open(&key, nonce, &[], &cipher), Ok(plain), "{}", case.name);
    }
}

#[test]
fn the_named_nonces_are_those_of_the_vectors() {
    let cases = sealed().pairing_messages;
    for (name, nonce) in [
        ("PS-Msg05", Nonce::PAIR_SETUP_M5),
        ("PS-Msg06", Nonce::PAIR_SETUP_M6),
        ("PV-Msg02", Nonce::PAIR_VERIFY_M2),
        ("PV-Msg03", Nonce::PAIR_VERIFY_M3),
    ] {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        assert_eq!(hex(nonce.as_bytes()), case.nonce);
    }
}

#[test]
fn session_frames_are_sealed_and_opened_as_in_the_vectors() {
    let cases = sealed().cases;
    assert!(cases.len() > 10);
    for case in cases {
        let key = Key::from(array(&case.key));
        let plain = bytes(&case.plain);
        let mut opened = Vec::new();
        for (place, (frame, part)) in case.frames.iter().zip(plain.chunks(1024)).enumerate() {
            let frame = bytes(frame);
            let (length, cipher) = frame.split_at(2);
            let nonce = Nonce::counter(case.counter + place as u64);
            assert_eq!(crypto::seal(&key, nonce, length, part), cipher, "{}", case.name);
            opened.extend(crypto::open(&key, nonce, length, cipher).unwrap());
        }
        assert_eq!(opened, plain, "{}", case.name);
    }
}

#[test]
fn frames_that_were_touched_do_not_open() {
    let mut refused = 0;
    for case in sealed().invalid {
        // The length is the framing's business.
        if ["length_1025", "length_0"].contains(&case.name.as_str()) {
            continue;
        }
        let key = Key::from(array(&case.key));
        let data = bytes(&case.data);
        let (length, cipher) = data.split_at(2);
        let opened = crypto::open(&key, Nonce::counter(case.counter), length, cipher);
        assert_eq!(opened, Err(Unauthentic), "{}: {}", case.name, case.why);
        refused += 1;
    }
    assert_eq!(refused, 8);
}

#[test]
fn nothing_shorter_than_a_tag_opens() {
    for length in 0..crypto::TAG {
        let opened = crypto::open(&Key::from([1; 32]), Nonce::counter(0), &[], &vec![0; length]);
        assert_eq!(opened, Err(Unauthentic));
    }
}

#[derive(Deserialize)]
struct Setup {
    payloads: Vec<Payload>,
    hashes: Vec<Hash>,
    disallowed_codes: Vec<String>,
    malformed_codes: Vec<String>,
    allowed_codes: Vec<String>,
}

#[derive(Deserialize)]
struct Payload {
    setup_code: Option<String>,
    setup_id: Option<String>,
    category: u8,
    ip: bool,
    ble: bool,
    paired: bool,
    payload: String,
}

#[derive(Deserialize)]
struct Hash {
    setup_id: String,
    device_id: String,
    sh: String,
}

fn setup() -> Setup {
    parse(include_str!("../vectors/setup_payload.json"))
}

#[test]
fn setup_payloads_are_those_of_the_vectors() {
    let payloads = setup().payloads;
    assert!(payloads.len() > 10);
    for case in payloads {
        let code: Option<SetupCode> = case.setup_code.map(|code| code.parse().unwrap());
        let id: Option<SetupId> = case.setup_id.map(|id| id.parse().unwrap());
        let payload = SetupPayload {
            code: code.as_ref(),
            id: id.as_ref(),
            category: case.category,
            ip: case.ip,
            ble: case.ble,
            paired: case.paired,
        };
        assert_eq!(payload.to_string(), case.payload);
    }
}

#[test]
fn a_printed_payload_is_that_of_an_ip_accessory() {
    let payload = SetupPayload::new(&"031-45-154".parse().unwrap(), &"ABCD".parse().unwrap(), 4).to_string();
    assert_eq!(payload, "X-HM://0042JX0W2ABCD");
}

#[test]
fn setup_hashes_are_those_of_the_vectors() {
    for case in setup().hashes {
        let device: DeviceId = case.device_id.parse().unwrap();
        assert_eq!(setup_hash(&case.setup_id.parse().unwrap(), &device), case.sh);
        assert_eq!(device.to_string(), case.device_id);
    }
}

#[test]
fn setup_codes_are_judged_as_in_the_vectors() {
    let codes = setup();
    let judge = |code: &String| code.parse::<SetupCode>().map(|code| code.to_string());
    for code in &codes.allowed_codes {
        assert_eq!(judge(code).as_ref(), Ok(code));
    }
    assert_eq!(codes.disallowed_codes.len(), 12);
    for code in &codes.disallowed_codes {
        assert_eq!(judge(code), Err(SetupCodeError::TooSimple));
    }
    for code in &codes.malformed_codes {
        assert_eq!(judge(code), Err(SetupCodeError::Format), "{code}");
    }
}

#[test]
fn a_setup_code_is_shown_only_on_request() {
    let code: SetupCode = "031-45-154".parse().unwrap();
    assert!(!format!("{code:?}").contains(|character: char| character.is_ascii_digit()));
    assert_eq!(code.to_string(), "031-45-154");
}
