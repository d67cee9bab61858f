//! From a stranger with the code to an owner, and back (HAP, appendix A).

use pairing::controller::{self, Error};
use pairing::{ErrorCode, Permissions};
use serde_json::{Value, json};

use super::bench::{LEVEL, SENSOR};
use super::home::{CODE, Home, Phone};

#[test]
fn a_stranger_with_the_code_becomes_the_owner_and_when_it_removes_itself_the_next_one_can() {
    let (mut home, bench) = Home::new();
    let phone = Phone::new("phone");

    // Nobody owns it: anyone may ask it to show itself.
    let first = home.connect();
    assert_eq!(home.post(first, "/identify", b"").status, 204);
    bench.assert_identified(1);

    let accessory = home.pair_setup(first, &phone, CODE).unwrap();
    assert_eq!(accessory, home.accessory());
    assert_eq!(home.side.stored, home.side.host.state, "what M6 says is stored");
    assert_eq!(home.side.stored.pairings.get(phone.id()), Some(&phone.pairing(Permissions::ADMIN)));
    assert_eq!(home.post(first, "/identify", b"").json(400), json!({"status": -70401}));
    bench.assert_identified(1);

    // Verified on the connection of Pair Setup, and on another.
    home.verify(first, &phone).unwrap();
    let second = home.session(&phone);
    assert_eq!(home.pairings(second), [phone.pairing(Permissions::ADMIN)]);
    let database = home.get(first, "/accessories").json(200);
    assert_eq!(value_in(&database, LEVEL), &json!(0));

    home.subscribe(first, &[LEVEL, SENSOR]);
    home.subscribe(second, &[LEVEL]);
    assert_eq!(home.write_one(first, LEVEL, &json!(40)).status, 204);
    assert_eq!(bench.level.get(), 40);
    assert_eq!(home.event(second), json!([{"aid": 1, "iid": LEVEL, "value": 40}]));
    home.assert_silent(first);

    // The answer first, under the old keys; then all sessions of the pairing that is gone.
    let gone = home.post(first, "/pairings", &controller::remove_pairing(phone.id()));
    assert_eq!(controller::read_done(gone.tlv()), Ok(()));
    assert!(!home.is_open(first) && !home.is_open(second));
    assert!(!home.side.stored.is_paired());

    let third = home.connect();
    assert_eq!(home.verify(third, &phone), Err(Error::Refused(ErrorCode::Authentication)));
    let other = Phone::new("other");
    assert_eq!(home.pair_setup(third, &other, CODE), Ok(accessory));
    home.verify(third, &other).unwrap();
    assert_eq!(home.pairings(third), [other.pairing(Permissions::ADMIN)]);
}

#[test]
fn a_wrong_code_is_counted_before_it_is_refused_and_the_right_one_clears_the_count() {
    let (mut home, _) = Home::new();
    let (line, phone) = (home.connect(), Phone::new("phone"));
    let refused = home.pair_setup(line, &phone, "031-45-155");
    assert_eq!(refused, Err(Error::Refused(ErrorCode::Authentication)));
    assert_eq!(home.side.stored.failed_attempts.get(), 1);
    assert!(home.is_open(line));
    home.pair_setup(line, &phone, CODE).unwrap();
    assert_eq!(home.side.stored.failed_attempts.get(), 0);
}

#[test]
fn a_pairing_that_cannot_be_stored_is_refused_in_m6_and_leaves_the_accessory_unpaired() {
    let (mut home, _) = Home::new();
    let (line, phone) = (home.connect(), Phone::new("phone"));
    home.side.disk_full = true;
    assert_eq!(home.pair_setup(line, &phone, CODE), Err(Error::Refused(ErrorCode::Unknown)));
    assert!(!home.side.host.state.is_paired() && !home.side.stored.is_paired());
    assert_eq!(home.verify(line, &phone), Err(Error::Refused(ErrorCode::Authentication)));

    home.side.disk_full = false;
    home.pair_setup(line, &phone, CODE).unwrap();
    home.verify(line, &phone).unwrap();
}

#[test]
fn a_second_pair_setup_is_busy_until_the_connection_of_the_first_closes() {
    let (mut home, _) = Home::new();
    let m1 = [6, 1, 1, 0, 1, 0];
    let (first, second) = (home.connect(), home.connect());
    assert_eq!(home.post(first, "/pair-setup", &m1).tlv()[..3], [6, 1, 2]);
    assert_eq!(home.post(second, "/pair-setup", &m1).tlv(), [6, 1, 2, 7, 1, 7]);
    home.hang_up(first);
    home.pair_setup(second, &Phone::new("phone"), CODE).unwrap();
}

#[test]
fn a_stranger_cannot_set_up_what_is_owned() {
    let (mut home, _) = Home::owned_by(&Phone::new("phone"));
    let line = home.connect();
    let refused = home.pair_setup(line, &Phone::new("stranger"), CODE);
    assert_eq!(refused, Err(Error::Refused(ErrorCode::Unavailable)));
}

#[test]
fn a_stranger_and_a_thief_of_an_id_do_not_verify() {
    let (mut home, _) = Home::owned_by(&Phone::new("phone"));
    let line = home.connect();
    assert_eq!(home.verify(line, &Phone::new("stranger")), Err(Error::Refused(ErrorCode::Authentication)));
    let thief = Phone { identity: controller::Identity::from_seed(*Phone::new("phone").id(), &[1; 32]) };
    assert_eq!(home.verify(line, &thief), Err(Error::Refused(ErrorCode::Authentication)));
    home.verify(line, &Phone::new("phone")).unwrap();
}

/// The value of a characteristic in the answer to `/accessories`.
fn value_in(database: &Value, iid: u64) -> &Value {
    let services = database["accessories"][0]["services"].as_array().unwrap();
    let all = services.iter().flat_map(|service| service["characteristics"].as_array().unwrap());
    &all.into_iter().find(|characteristic| characteristic["iid"] == iid).unwrap()["value"]
}
