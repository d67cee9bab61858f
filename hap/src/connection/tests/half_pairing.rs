//! A controller that got M6, or did not (HAP §5.6).

use pairing::ErrorCode;
use pairing::controller::Error;

use super::home::{CODE, Home, Phone};

#[test]
fn the_first_session_is_noted_before_its_controller_hears_of_it() {
    let (mut home, _) = Home::new();
    let phone = Phone::new("phone");
    let line = home.connect();
    home.pair_setup(line, &phone, CODE).unwrap();
    assert!(home.side.stored.pairings.are_unconfirmed() && home.side.host.is_half_paired());
    // The harness fails when an answer leaves before a change is durable.
    home.verify(line, &phone).unwrap();
    assert!(!home.side.stored.pairings.are_unconfirmed() && !home.side.host.is_half_paired());
    let before = home.side.stored.clone();
    home.session(&phone);
    assert_eq!(home.side.stored, before);
}

#[test]
fn a_pair_verify_that_fails_confirms_nothing() {
    let (mut home, _) = Home::new();
    let line = home.connect();
    home.pair_setup(line, &Phone::new("phone"), CODE).unwrap();
    let other = home.connect();
    assert_eq!(home.verify(other, &Phone::new("other")), Err(Error::Refused(ErrorCode::Authentication)));
    assert!(home.side.host.is_half_paired());
}

#[test]
fn a_session_opens_though_it_cannot_be_noted_and_counts_until_a_restart() {
    let (mut home, _) = Home::new();
    let phone = Phone::new("phone");
    let line = home.connect();
    home.pair_setup(line, &phone, CODE).unwrap();
    home.side.disk_full = true;
    home.verify(line, &phone).unwrap();
    assert_eq!(home.get(line, "/accessories").status, 200);
    assert!(!home.side.host.is_half_paired());
    assert!(home.side.stored.pairings.are_unconfirmed());
}

#[test]
fn what_was_confirmed_of_a_removed_pairing_says_nothing_of_the_next() {
    let (mut home, _) = Home::new();
    let phone = Phone::new("phone");
    let line = home.connect();
    home.pair_setup(line, &phone, CODE).unwrap();
    home.verify(line, &phone).unwrap();
    let removal = pairing::controller::remove_pairing(phone.id());
    assert_eq!(home.post(line, "/pairings", &removal).status, 200);
    assert!(!home.side.host.is_half_paired());
    let next = home.connect();
    home.pair_setup(next, &Phone::new("next"), CODE).unwrap();
    assert!(home.side.host.is_half_paired());
}
