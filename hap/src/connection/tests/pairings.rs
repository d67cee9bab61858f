//! An admin adds, demotes and removes controllers, and what their sessions notice (HAP §7).

use pairing::controller::{self, Error};
use pairing::{Change, ErrorCode, Permissions};
use serde_json::json;

use super::bench::{LEVEL, SENSOR, waiting};
use super::home::{Home, LineId, Phone};

fn add(home: &mut Home, admin: LineId, phone: &Phone, permissions: Permissions) -> Result<(), Error> {
    let body = controller::add_pairing(&phone.pairing(permissions));
    controller::read_done(home.post(admin, "/pairings", &body).tlv())
}

fn remove(home: &mut Home, admin: LineId, phone: &Phone) -> Result<(), Error> {
    controller::read_done(home.post(admin, "/pairings", &controller::remove_pairing(phone.id())).tlv())
}

#[test]
fn an_admin_adds_a_controller_which_reads_and_writes_but_manages_nobody() {
    let (owner, guest) = (Phone::new("owner"), Phone::new("guest"));
    let (mut home, bench) = Home::owned_by(&owner);
    let admin = home.session(&owner);
    add(&mut home, admin, &guest, Permissions::USER).unwrap();
    assert_eq!(home.side.stored, home.side.host.state);

    let user = home.session(&guest);
    assert_eq!(home.write_one(user, LEVEL, &json!(3)).status, 204);
    assert_eq!(bench.level.get(), 3);
    let refused = Err(Error::Refused(ErrorCode::Authentication));
    assert_eq!(add(&mut home, user, &Phone::new("friend"), Permissions::USER), refused);
    assert_eq!(remove(&mut home, user, &owner), refused);
    let expected = [owner.pairing(Permissions::ADMIN), guest.pairing(Permissions::USER)];
    assert_eq!(home.pairings(admin), expected);
}

#[test]
fn a_removed_controller_loses_its_sessions_at_once_and_the_others_keep_theirs() {
    let (owner, guest) = (Phone::new("owner"), Phone::new("guest"));
    let (mut home, bench) = Home::owned_by(&owner);
    let admin = home.session(&owner);
    add(&mut home, admin, &guest, Permissions::USER).unwrap();
    let (user, second) = (home.session(&guest), home.session(&guest));
    home.subscribe(user, &[SENSOR]);

    remove(&mut home, admin, &guest).unwrap();
    bench.sensor.set(2);
    home.drive();
    assert!(!home.is_open(user) && !home.is_open(second));
    home.assert_silent(user);
    assert!(home.is_open(admin));
    assert_eq!(home.pairings(admin), [owner.pairing(Permissions::ADMIN)]);
    let again = home.connect();
    assert_eq!(home.verify(again, &guest), Err(Error::Refused(ErrorCode::Authentication)));
}

#[test]
fn a_removed_controller_whose_write_is_under_way_gets_its_answer_and_nothing_after_it() {
    let (owner, guest) = (Phone::new("owner"), Phone::new("guest"));
    let (mut home, bench) = Home::owned_by(&owner);
    let admin = home.session(&owner);
    add(&mut home, admin, &guest, Permissions::USER).unwrap();
    let user = home.session(&guest);
    home.subscribe(user, &[SENSOR]);
    let release = waiting(&bench.level);
    home.begin_write(user, LEVEL, &json!(1));
    remove(&mut home, admin, &guest).unwrap();
    bench.sensor.set(1);
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(user).status, 204);
    home.assert_silent(user);
    assert!(!home.is_open(user));
}

#[test]
fn a_controller_that_was_removed_and_added_with_another_key_does_not_go_on_with_its_old_session() {
    let (owner, guest) = (Phone::new("owner"), Phone::new("guest"));
    let (mut home, bench) = Home::owned_by(&owner);
    let admin = home.session(&owner);
    add(&mut home, admin, &guest, Permissions::USER).unwrap();
    let user = home.session(&guest);
    let release = waiting(&bench.level);
    // Its session is in the middle of a write, so it cannot look in between.
    home.begin_write(user, LEVEL, &json!(1));
    remove(&mut home, admin, &guest).unwrap();
    let successor = Phone { identity: controller::Identity::from_seed(*guest.id(), &[9; 32]) };
    add(&mut home, admin, &successor, Permissions::ADMIN).unwrap();
    release.notify_one();
    home.drive();
    assert_eq!(home.answer(user).status, 204);
    assert!(!home.is_open(user));
    home.session(&successor);
}

#[test]
fn a_change_of_pairings_that_cannot_be_stored_is_refused_and_undone() {
    let (owner, guest) = (Phone::new("owner"), Phone::new("guest"));
    let (mut home, _) = Home::owned_by(&owner);
    let admin = home.session(&owner);
    home.side.disk_full = true;
    assert_eq!(add(&mut home, admin, &guest, Permissions::USER), Err(Error::Refused(ErrorCode::Unknown)));
    assert_eq!(remove(&mut home, admin, &owner), Err(Error::Refused(ErrorCode::Unknown)));
    assert!(home.is_open(admin));
    assert_eq!(home.pairings(admin), [owner.pairing(Permissions::ADMIN)]);
}

#[test]
fn when_the_last_admin_goes_all_go_and_only_the_one_who_asked_hears_of_it() {
    let (owner, guest) = (Phone::new("owner"), Phone::new("guest"));
    let (mut home, _) = Home::owned_by(&owner);
    let admin = home.session(&owner);
    add(&mut home, admin, &guest, Permissions::USER).unwrap();
    let user = home.session(&guest);
    // A demotion of the last admin leaves none either.
    add(&mut home, admin, &owner, Permissions::USER).unwrap();
    assert!(!home.is_open(admin) && !home.is_open(user));
    home.assert_silent(user);
    assert!(!home.side.stored.is_paired());
}

#[test]
fn a_pairing_that_is_removed_on_this_side_ends_its_sessions() {
    let owner = Phone::new("owner");
    let (mut home, _) = Home::owned_by(&owner);
    let line = home.session(&owner);
    assert!(home.side.store(&Change::RemovePairing(*owner.id())));
    home.drive();
    assert!(!home.is_open(line));
}

#[test]
fn a_pairings_request_that_is_none_is_refused_and_the_session_goes_on() {
    let owner = Phone::new("owner");
    let (mut home, _) = Home::owned_by(&owner);
    let line = home.session(&owner);
    for body in [&b""[..], b"\x06\x01\x01", b"\x06\x01\x01\x00\x01\x09", b"\x06\x01\x02\x00\x01\x05", b"\xff"] {
        let answer = home.post(line, "/pairings", body);
        assert_eq!((answer.status, answer.body.len()), (400, 0), "{body:?}");
    }
    assert_eq!(home.pairings(line).len(), 1);
}
