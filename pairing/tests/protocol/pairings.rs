//! Add, remove and list pairings (HAP §7).

use pairing::controller::{add_pairing, list_pairings, read_done, read_list, remove_pairing};
use pairing::tlv8::{Type, Writer};
use pairing::{
    Change, ControllerId, Durable, Pairing, PairingsStep, Permissions, PublicKey, Reply, State, limits, pairings,
};

use crate::support::{bytes, hex, id, paired, pairing, parse, tlv};

const DONE: &[u8] = &[6, 1, 2];
const UNKNOWN: &[u8] = &[6, 1, 2, 7, 1, 1];
const AUTHENTICATION: &[u8] = &[6, 1, 2, 7, 1, 2];
const MAX_PEERS: &[u8] = &[6, 1, 2, 7, 1, 4];

#[test]
fn an_admin_adds_a_pairing() {
    let mut state = family();
    let guest = pairing("guest", Permissions::USER);
    let durable = store(pairings::handle(&add_pairing(&guest), &id("admin"), &state));
    assert_eq!(durable.change, Change::AddPairing(guest.clone()));
    assert_eq!(tlv(&durable.then), DONE);
    assert_eq!(tlv(&durable.otherwise), UNKNOWN);
    state.apply(&durable.change);
    assert_eq!(state.pairings.get(&guest.id), Some(&guest));
}

#[test]
fn a_known_id_with_its_key_gets_the_new_permissions() {
    let state = family();
    let promoted = pairing("user", Permissions::ADMIN);
    let durable = store(pairings::handle(&add_pairing(&promoted), &id("admin"), &state));
    assert_eq!(durable.change, Change::SetPermissions(id("user"), Permissions::ADMIN));
    assert_eq!(tlv(&durable.then), DONE);
}

#[test]
fn a_known_pairing_added_again_succeeds_without_a_write() {
    let state = family();
    let known = pairing("user", Permissions::USER);
    let answer = reply(pairings::handle(&add_pairing(&known), &id("admin"), &state));
    assert_eq!(tlv(&answer), DONE);
}

#[test]
fn a_known_id_with_another_key_is_an_unknown_error() {
    let state = family();
    let other = Pairing { public_key: PublicKey([9; 32]), ..pairing("user", Permissions::USER) };
    let answer = reply(pairings::handle(&add_pairing(&other), &id("admin"), &state));
    assert_eq!(tlv(&answer), UNKNOWN);
}

#[test]
fn demoting_the_last_admin_removes_everybody() {
    let mut state = family();
    let demoted = pairing("admin", Permissions::USER);
    let durable = store(pairings::handle(&add_pairing(&demoted), &id("admin"), &state));
    state.apply(&durable.change);
    assert!(!state.is_paired());
}

#[test]
fn the_last_admin_that_removes_itself_removes_everybody() {
    let mut state = family();
    let durable = store(pairings::handle(&remove_pairing(&id("admin")), &id("admin"), &state));
    assert_eq!(durable.change, Change::RemovePairing(id("admin")));
    assert_eq!(tlv(&durable.then), DONE);
    state.apply(&durable.change);
    assert!(!state.is_paired());
}

#[test]
fn removing_an_unknown_controller_succeeds() {
    let answer = reply(pairings::handle(&remove_pairing(&id("nobody")), &id("admin"), &family()));
    assert_eq!(tlv(&answer), DONE);
    assert_eq!(read_done(tlv(&answer)), Ok(()));
}

#[test]
fn a_pairing_too_many_is_refused() {
    let mut state = family();
    while state.pairings.len() < limits::PAIRINGS {
        let next = pairing(&format!("guest {}", state.pairings.len()), Permissions::USER);
        state.apply(&store(pairings::handle(&add_pairing(&next), &id("admin"), &state)).change);
    }
    let next = pairing("one more", Permissions::USER);
    let answer = reply(pairings::handle(&add_pairing(&next), &id("admin"), &state));
    assert_eq!(tlv(&answer), MAX_PEERS);
    // Who is there already can still be changed.
    let promoted = pairing("user", Permissions::ADMIN);
    let _ = store(pairings::handle(&add_pairing(&promoted), &id("admin"), &state));
}

#[test]
fn the_list_has_the_order_of_adding_and_separators_in_between() {
    let state = family();
    let answer = reply(pairings::handle(&list_pairings(), &id("admin"), &state));
    let admin = pairing("admin", Permissions::ADMIN);
    let user = pairing("user", Permissions::USER);
    let expected = [
        &[6, 1, 2][..],
        &[1, 5],
        b"admin",
        &[3, 32],
        &admin.public_key.0,
        &[11, 1, 1],
        &[0xFF, 0],
        &[1, 4],
        b"user",
        &[3, 32],
        &user.public_key.0,
        &[11, 1, 0],
    ]
    .concat();
    assert_eq!(hex(tlv(&answer)), hex(&expected));
    assert_eq!(read_list(tlv(&answer)), Ok(vec![admin, user]));
}

#[test]
fn the_list_is_that_of_the_vectors() {
    #[derive(serde::Deserialize)]
    struct Vectors {
        encode: Vec<Case>,
    }
    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        data: String,
    }
    let vectors: Vectors = parse(include_str!("../vectors/tlv8.json"));
    let case = vectors.encode.iter().find(|case| case.name == "list_with_separators").unwrap();
    let list = read_list(&bytes(&case.data)).unwrap();
    assert_eq!(list.len(), 2);
    let mut state = paired(&[]);
    for pairing in &list {
        state.apply(&Change::AddPairing(pairing.clone()));
    }
    let answer = reply(pairings::handle(&list_pairings(), &list[0].id, &state));
    assert_eq!(hex(tlv(&answer)), case.data);
}

#[test]
fn ids_come_back_exactly_as_given() {
    let mut state = family();
    for raw in [&b""[..], b"lower-Case", b"\xFF\xFE", &[b'Z'; 36]] {
        let pairing = Pairing { id: ControllerId::try_from(raw).unwrap(), ..pairing("guest", Permissions::USER) };
        state.apply(&store(pairings::handle(&add_pairing(&pairing), &id("admin"), &state)).change);
        let answer = reply(pairings::handle(&list_pairings(), &id("admin"), &state));
        let list = read_list(tlv(&answer)).unwrap();
        assert_eq!(list.last().unwrap().id.as_bytes(), raw);
    }
}

#[test]
fn who_is_not_an_admin_gets_an_authentication_error() {
    let state = family();
    for requester in ["user", "removed meanwhile"] {
        for request in [
            add_pairing(&pairing("guest", Permissions::USER)),
            remove_pairing(&id("user")),
            list_pairings(),
            // The State is looked at only after the permissions.
            bytes("000105"),
        ] {
            let answer = reply(pairings::handle(&request, &id(requester), &state));
            assert_eq!(tlv(&answer), AUTHENTICATION);
        }
    }
}

#[test]
fn malformed_requests_are_refused() {
    let state = family();
    let add = |writer: Writer| {
        writer.item(Type::IDENTIFIER, b"guest").item(Type::PUBLIC_KEY, &[1; 32]).byte(Type::PERMISSIONS, 0)
    };
    let base = || Writer::new().byte(Type::STATE, 1).byte(Type::METHOD, 3);
    let bodies = [
        vec![],
        bytes("06"),
        // No Method, a wrong one, and one of two bytes.
        bytes("060101"),
        bytes("060101000102"),
        bytes("060101000106"),
        bytes("06010100020500"),
        // No State, and a wrong one.
        bytes("000105"),
        bytes("060102000105"),
        // Twice the same item.
        bytes("060101000105060101"),
        bytes("060101000104"),
        // An Identifier of 37 bytes.
        base().item(Type::IDENTIFIER, &[b'A'; 37]).item(Type::PUBLIC_KEY, &[1; 32]).byte(Type::PERMISSIONS, 0).finish(),
        // A key of 31 bytes.
        base().item(Type::IDENTIFIER, b"guest").item(Type::PUBLIC_KEY, &[1; 31]).byte(Type::PERMISSIONS, 0).finish(),
        // Permissions of two bytes, with another bit, and none.
        base()
            .item(Type::IDENTIFIER, b"guest")
            .item(Type::PUBLIC_KEY, &[1; 32])
            .item(Type::PERMISSIONS, &[1, 0])
            .finish(),
        base().item(Type::IDENTIFIER, b"guest").item(Type::PUBLIC_KEY, &[1; 32]).byte(Type::PERMISSIONS, 2).finish(),
        base().item(Type::IDENTIFIER, b"guest").item(Type::PUBLIC_KEY, &[1; 32]).finish(),
        // Twice the permissions.
        add(base()).item(Type::FLAGS, &[]).byte(Type::PERMISSIONS, 1).finish(),
    ];
    for body in bodies {
        let answer = reply(pairings::handle(&body, &id("admin"), &state));
        assert_eq!(answer, Reply::BadRequest, "{}", hex(&body));
    }
    // What they were changed from is accepted.
    let _ = store(pairings::handle(&add(base()).finish(), &id("admin"), &state));
}

fn family() -> State {
    paired(&[("admin", Permissions::ADMIN), ("user", Permissions::USER)])
}

fn store(step: PairingsStep) -> Durable {
    match step {
        PairingsStep::Store(durable) => durable,
        PairingsStep::Reply(reply) => panic!("{reply:?}"),
    }
}

fn reply(step: PairingsStep) -> Reply {
    match step {
        PairingsStep::Reply(reply) => reply,
        PairingsStep::Store(durable) => panic!("{durable:?}"),
    }
}
