//! The rules of Pair Setup that span attempts and connections (HAP §5).

use std::time::Duration;

use pairing::tlv8::{Type, Writer};
use pairing::{
    Change, Computed, ConnectionId, ControllerId, FailedAttempts, Permissions, Reply, SetupCode, State, Step,
    controller,
};

use crate::support::{Accessory, id, paired, random, tlv, unpaired};

const M1: &[u8] = &[6, 1, 1, 0, 1, 0];
const BUSY: &[u8] = &[6, 1, 2, 7, 1, 7];
const MAX_TRIES: &[u8] = &[6, 1, 2, 7, 1, 5];
const WRONG: &[u8] = &[6, 1, 4, 7, 1, 2];

#[test]
fn a_wrong_code_counts_one_failure() {
    let mut accessory = Accessory::new(unpaired());
    assert_eq!(tlv(&attempt(&mut accessory, 1, "111-22-333")), WRONG);
    assert_eq!(accessory.stored, [Change::CountFailedAttempt]);
    assert_eq!(accessory.state.failed_attempts.get(), 1);
}

#[test]
fn a_wrong_code_is_counted_before_the_answer() {
    let mut accessory = Accessory::new(unpaired());
    let (computed, _) = m3_computed(&mut accessory, 1, "111-22-333");
    let step = accessory.setup.computed(ConnectionId(1), computed, &accessory.state);
    let Step::Store(durable) = step else { panic!("{step:?}") };
    assert_eq!(durable.change, Change::CountFailedAttempt);
    assert_eq!(tlv(&durable.then), WRONG);
    // Until it is stored nobody else can try.
    assert_eq!(tlv(&accessory.post(2, M1)), BUSY);
    accessory.setup.stored(ConnectionId(1), true);
    assert_eq!(accessory.setup.owner(), None);
}

#[test]
fn a_right_code_after_wrong_ones_forgives_them() {
    let mut accessory = Accessory::new(unpaired());
    accessory.state.failed_attempts = FailedAttempts::new(99);
    let reply = attempt(&mut accessory, 1, "031-45-154");
    assert_eq!(tlv(&reply)[..3], [6, 1, 4]);
    assert_eq!(accessory.stored, [Change::ForgiveFailedAttempts]);
    assert_eq!(accessory.state.failed_attempts.get(), 0);
}

#[test]
fn a_right_code_at_once_writes_nothing_before_the_pairing() {
    let mut accessory = Accessory::new(unpaired());
    let _ = attempt(&mut accessory, 1, "031-45-154");
    assert_eq!(accessory.stored, []);
}

#[test]
fn after_a_hundred_failures_no_code_is_tried_also_after_a_restart() {
    let mut accessory = Accessory::new(unpaired());
    accessory.state.failed_attempts = FailedAttempts::new(99);
    assert_eq!(tlv(&attempt(&mut accessory, 1, "111-22-333")), WRONG);
    assert_eq!(tlv(&accessory.post(1, M1)), MAX_TRIES);

    let restarted = State::decode(&accessory.state.encode()).unwrap();
    let mut accessory = Accessory::new(restarted);
    assert_eq!(tlv(&accessory.post(1, M1)), MAX_TRIES);
    assert_eq!(accessory.setup.owner(), None);
}

#[test]
fn failures_that_cannot_be_stored_count_all_the_same() {
    let mut accessory = Accessory::new(unpaired());
    accessory.state.failed_attempts = FailedAttempts::new(99);
    accessory.disk_full = true;
    let unknown = [6, 1, 4, 7, 1, 1];
    assert_eq!(tlv(&attempt(&mut accessory, 1, "111-22-333")), unknown);
    assert_eq!(tlv(&accessory.post(1, M1)), MAX_TRIES);
}

#[test]
fn a_full_disk_does_not_tell_a_right_code_from_a_wrong_one() {
    let answer = |code| {
        let mut accessory = Accessory::new(unpaired());
        accessory.state.failed_attempts = FailedAttempts::new(1);
        accessory.disk_full = true;
        let reply = attempt(&mut accessory, 1, code);
        assert_eq!(accessory.setup.owner(), None);
        reply
    };
    assert_eq!(answer("031-45-154"), answer("111-22-333"));
}

#[test]
fn a_pairing_that_cannot_be_stored_is_an_unknown_error() {
    let mut accessory = Accessory::new(unpaired());
    let (setup, m1) = start("031-45-154");
    let (setup, m3) = setup.m2(tlv(&accessory.post(1, &m1))).unwrap();
    let (_, m5) = setup.m4(tlv(&accessory.post(1, &m3))).unwrap();
    accessory.disk_full = true;
    assert_eq!(tlv(&accessory.post(1, &m5)), [6, 1, 6, 7, 1, 1]);
    assert_eq!(accessory.setup.owner(), None);
    assert!(!accessory.state.is_paired());
}

#[test]
fn another_connection_is_told_busy_until_the_owner_closes() {
    let mut accessory = Accessory::new(unpaired());
    let _ = accessory.post(1, M1);
    assert_eq!(accessory.setup.owner(), Some(ConnectionId(1)));
    assert_eq!(tlv(&accessory.post(2, M1)), BUSY);
    // A refused connection frees nothing by leaving.
    accessory.setup.connection_closed(ConnectionId(2));
    assert_eq!(tlv(&accessory.post(3, M1)), BUSY);
    accessory.setup.connection_closed(ConnectionId(1));
    assert_eq!(accessory.setup.owner(), None);
    assert_eq!(tlv(&accessory.post(2, M1))[..3], [6, 1, 2]);
    assert_eq!(accessory.setup.owner(), Some(ConnectionId(2)));
}

#[test]
fn another_connection_takes_over_after_thirty_seconds() {
    let mut accessory = Accessory::new(unpaired());
    let (setup, m1) = start("031-45-154");
    let m2 = accessory.post(1, &m1);
    accessory.wait(Duration::from_millis(29_999));
    assert_eq!(tlv(&accessory.post(2, M1)), BUSY);
    accessory.wait(Duration::from_millis(1));
    let _ = accessory.post(2, M1);
    assert_eq!(accessory.setup.owner(), Some(ConnectionId(2)));
    // The first one lost its turn, and its M3 does no harm to the new owner.
    let (_, m3) = setup.m2(tlv(&m2)).unwrap();
    assert_eq!(accessory.post(1, &m3), Reply::BadRequest);
    assert_eq!(accessory.setup.owner(), Some(ConnectionId(2)));
}

#[test]
fn the_owner_may_take_its_time_when_nobody_else_comes() {
    let mut accessory = Accessory::new(unpaired());
    let (setup, m1) = start("031-45-154");
    let m2 = accessory.post(1, &m1);
    accessory.wait(Duration::from_secs(240));
    let (setup, m3) = setup.m2(tlv(&m2)).unwrap();
    assert!(setup.m4(tlv(&accessory.post(1, &m3))).is_ok());
}

#[test]
fn a_malformed_request_of_a_stranger_takes_nothing_over() {
    let mut accessory = Accessory::new(unpaired());
    let _ = accessory.post(1, M1);
    accessory.wait(Duration::from_secs(31));
    assert_eq!(accessory.post(2, &[6]), Reply::BadRequest);
    assert_eq!(accessory.setup.owner(), Some(ConnectionId(1)));
}

#[test]
fn the_owner_starts_over_with_a_new_m1() {
    let mut accessory = Accessory::new(unpaired());
    let _ = accessory.post(1, M1);
    let (setup, m1) = start("031-45-154");
    let second = accessory.post(1, &m1);
    let (setup, m3) = setup.m2(tlv(&second)).unwrap();
    assert!(setup.m4(tlv(&accessory.post(1, &m3))).is_ok());
}

#[test]
fn a_malformed_request_of_the_owner_ends_its_procedure() {
    let mut accessory = Accessory::new(unpaired());
    let _ = accessory.post(1, M1);
    assert_eq!(accessory.post(1, &[6, 1]), Reply::BadRequest);
    assert_eq!(accessory.setup.owner(), None);
}

#[test]
fn the_salt_stays_and_b_changes_from_attempt_to_attempt() {
    let mut accessory = Accessory::new(unpaired());
    let mut attempted = || {
        let (setup, m1) = start("111-22-333");
        let m2 = accessory.post(1, &m1);
        let (_, m3) = setup.m2(tlv(&m2)).unwrap();
        assert_eq!(tlv(&accessory.post(1, &m3)), WRONG);
        let items = pairing::tlv8::Items::parse(tlv(&m2)).unwrap();
        let get = |kind| items.get(kind).unwrap().unwrap().into_owned();
        (get(Type::SALT), get(Type::PUBLIC_KEY))
    };
    let ((first_salt, first_b), (second_salt, second_b)) = (attempted(), attempted());
    assert_eq!(first_salt, second_salt);
    assert_ne!(first_b, second_b);
}

#[test]
fn who_sends_m1_over_and_over_gets_new_keys_each_time_and_one_computation_at_a_time() {
    let mut accessory = Accessory::new(unpaired());
    let mut seen = Vec::new();
    for connection in [1, 1, 2, 3, 1] {
        let (_, m2) = m1(&mut accessory, connection);
        assert!(!seen.contains(&m2));
        seen.push(m2);
        // Whether it starts over, leaves, or sends nonsense.
        match connection {
            2 => drop(accessory.post(2, &[6, 1])),
            3 => drop(accessory.post(3, &[6, 1, 5, 5, 0])),
            _ => accessory.setup.connection_closed(ConnectionId(1)),
        }
    }
    // Keys whose arithmetic has not ended were not seen: whoever is next gets them, and nothing is computed twice.
    let step = accessory.setup.handle(ConnectionId(1), M1, &accessory.state, accessory.now, &mut random());
    let Step::Compute(given_up) = step else { panic!("{step:?}") };
    accessory.setup.connection_closed(ConnectionId(1));
    let _ = given_up.run();
    let (computes, m2) = m1(&mut accessory, 2);
    assert!(!computes && !seen.contains(&m2));
}

#[test]
fn the_next_attempt_is_prepared_when_this_one_has_ended_and_not_while_its_m3_may_come() {
    let mut accessory = Accessory::new(unpaired());
    accessory.setup.prepare(&accessory.state, &mut random()).unwrap().run();
    let (computes, first) = m1(&mut accessory, 1);
    assert!(!computes && accessory.setup.prepare(&accessory.state, &mut random()).is_none());
    accessory.setup.connection_closed(ConnectionId(1));
    accessory.setup.prepare(&accessory.state, &mut random()).unwrap().run();
    let (computes, second) = m1(&mut accessory, 1);
    assert!(!computes && first != second);
    // Whoever gets the last one pairs.
    assert_eq!(tlv(&attempt(&mut accessory, 1, "031-45-154")).len(), 69);
}

#[test]
fn what_was_prepared_answers_the_first_m1_without_arithmetic_and_pairs() {
    let mut accessory = Accessory::new(unpaired());
    accessory.setup.prepare(&accessory.state, &mut random()).unwrap().run();
    assert!(accessory.setup.prepare(&accessory.state, &mut random()).is_none());
    assert!(!m1(&mut accessory, 1).0);
    // Also one more, after a wrong code.
    assert_eq!(tlv(&attempt(&mut accessory, 1, "111-22-333")), WRONG);
    accessory.setup.prepare(&accessory.state, &mut random()).unwrap().run();
    assert!(!m1(&mut accessory, 1).0);
    assert_eq!(tlv(&attempt(&mut accessory, 1, "031-45-154")).len(), 69);
}

#[test]
fn an_m1_that_comes_before_the_preparation_is_done_shares_its_result() {
    let mut accessory = Accessory::new(unpaired());
    let preparation = accessory.setup.prepare(&accessory.state, &mut random()).unwrap();
    let connection = ConnectionId(1);
    let step = accessory.setup.handle(connection, M1, &accessory.state, accessory.now, &mut random());
    assert!(matches!(step, Step::Compute(_)));
    preparation.run();
    // It is there already: nothing is left to compute but to look.
    assert_eq!(tlv(&accessory.finish(connection, step)).len(), 409);
}

#[test]
fn nothing_is_prepared_for_an_attempt_that_nobody_may_make() {
    let mut accessory = Accessory::new(paired(&[("admin", Permissions::ADMIN)]));
    assert!(accessory.setup.prepare(&accessory.state, &mut random()).is_none());
    let mut accessory = Accessory::new(unpaired());
    accessory.state.failed_attempts = FailedAttempts::new(100);
    assert!(accessory.setup.prepare(&accessory.state, &mut random()).is_none());
}

#[test]
fn what_was_prepared_for_another_setup_code_is_not_used() {
    let mut accessory = Accessory::new(unpaired());
    accessory.setup.prepare(&accessory.state, &mut random()).unwrap().run();
    accessory.state.setup_code = "482-93-157".parse().unwrap();
    assert!(m1(&mut accessory, 1).0);
}

#[test]
fn keys_that_a_proof_was_tried_against_are_never_used_again() {
    let mut accessory = Accessory::new(unpaired());
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (setup, m1) = start("111-22-333");
        let m2 = accessory.post(1, &m1);
        assert!(!seen.contains(&m2));
        let (_, m3) = setup.m2(tlv(&m2)).unwrap();
        assert_eq!(tlv(&accessory.post(1, &m3)), WRONG);
        seen.push(m2);
    }
}

#[test]
fn the_last_of_several_m2_pairs_like_any_other() {
    let mut accessory = Accessory::new(unpaired());
    for _ in 0..3 {
        let _ = accessory.post(1, M1);
    }
    assert_eq!(tlv(&accessory.post(2, M1)), BUSY);
    accessory.setup.connection_closed(ConnectionId(1));
    assert_eq!(tlv(&attempt(&mut accessory, 2, "031-45-154")).len(), 69);
}

#[test]
fn a_changed_setup_code_is_asked_for_at_the_next_attempt() {
    let mut accessory = Accessory::new(unpaired());
    let _ = accessory.post(1, M1);
    accessory.state.setup_code = "482-93-157".parse().unwrap();
    assert_eq!(tlv(&attempt(&mut accessory, 1, "031-45-154")), WRONG);
    assert_eq!(tlv(&attempt(&mut accessory, 1, "482-93-157")).len(), 69);
}

#[test]
fn a_result_that_comes_after_its_connection_closed_tells_nothing() {
    for code in ["031-45-154", "111-22-333"] {
        let mut accessory = Accessory::new(unpaired());
        let (computed, _) = m3_computed(&mut accessory, 1, code);
        accessory.setup.connection_closed(ConnectionId(1));
        assert_late(&mut accessory, 1, computed);
    }
}

#[test]
fn a_result_that_comes_after_a_new_m1_tells_nothing() {
    for code in ["031-45-154", "111-22-333"] {
        let mut accessory = Accessory::new(unpaired());
        let (computed, _) = m3_computed(&mut accessory, 1, code);
        let _ = accessory.post(1, M1);
        assert_late(&mut accessory, 1, computed);
        assert_eq!(accessory.setup.owner(), Some(ConnectionId(1)));
    }
}

#[test]
fn a_result_that_comes_after_a_take_over_tells_nothing() {
    let mut accessory = Accessory::new(unpaired());
    let (computed, _) = m3_computed(&mut accessory, 1, "031-45-154");
    accessory.wait(Duration::from_secs(30));
    let _ = accessory.post(2, M1);
    assert_late(&mut accessory, 1, computed);
    assert_eq!(accessory.setup.owner(), Some(ConnectionId(2)));
}

#[test]
fn the_verdict_of_an_earlier_attempt_does_not_decide_a_later_one() {
    let mut accessory = Accessory::new(unpaired());
    let (right, _) = m3_computed(&mut accessory, 1, "031-45-154");
    let (wrong, _) = m3_computed(&mut accessory, 1, "111-22-333");
    assert_late(&mut accessory, 1, right);
    let step = accessory.setup.computed(ConnectionId(1), wrong, &accessory.state);
    assert_eq!(tlv(&accessory.finish(ConnectionId(1), step)), WRONG);
}

#[test]
fn a_request_while_the_last_one_is_computed_ends_the_procedure() {
    let mut accessory = Accessory::new(unpaired());
    let (computed, m3) = m3_computed(&mut accessory, 1, "031-45-154");
    assert_eq!(accessory.post(1, &m3), Reply::BadRequest);
    assert_late(&mut accessory, 1, computed);
}

#[test]
fn a_report_of_the_store_out_of_turn_changes_nothing() {
    let mut accessory = Accessory::new(unpaired());
    let (setup, m1) = start("031-45-154");
    let m2 = accessory.post(1, &m1);
    accessory.setup.stored(ConnectionId(1), false);
    accessory.setup.stored(ConnectionId(2), true);
    let (setup, m3) = setup.m2(tlv(&m2)).unwrap();
    assert!(setup.m4(tlv(&accessory.post(1, &m3))).is_ok());
}

#[test]
fn a_second_first_controller_is_refused_at_every_message() {
    let unavailable = |state| [6, 1, state, 7, 1, 6];
    let mut accessory = Accessory::new(unpaired());
    let (setup, m1) = start("031-45-154");
    let (setup, m3) = setup.m2(tlv(&accessory.post(1, &m1))).unwrap();
    let (_, m5) = setup.m4(tlv(&accessory.post(1, &m3))).unwrap();
    accessory.state = paired(&[("home", Permissions::ADMIN)]);
    assert_eq!(tlv(&accessory.post(1, &m5)), unavailable(6));
    assert_eq!(tlv(&accessory.post(1, &m1)), unavailable(2));

    let mut accessory = Accessory::new(unpaired());
    let (setup, m1) = start("031-45-154");
    let (_, m3) = setup.m2(tlv(&accessory.post(1, &m1))).unwrap();
    accessory.state = paired(&[("home", Permissions::ADMIN)]);
    assert_eq!(tlv(&accessory.post(1, &m3)), unavailable(4));
    assert_eq!(accessory.stored, []);
}

#[test]
fn the_first_controller_is_an_admin_under_the_id_it_gave() {
    let mut accessory = Accessory::new(unpaired());
    let odd = ControllerId::try_from(&b"not utf-8: \xFF"[..]).unwrap();
    let phone = controller::Identity::random(odd, &mut random());
    let code = accessory.state.setup_code.clone();
    let (setup, m1) = controller::PairSetup::start(&code, &phone, &mut random());
    let (setup, m3) = setup.m2(tlv(&accessory.post(1, &m1))).unwrap();
    let (setup, m5) = setup.m4(tlv(&accessory.post(1, &m3))).unwrap();
    let kept = setup.m6(tlv(&accessory.post(1, &m5))).unwrap();
    let pairing = accessory.state.pairings.get(&odd).unwrap();
    assert_eq!(pairing.permissions, Permissions::ADMIN);
    assert_eq!(pairing.public_key, phone.public_key());
    assert_eq!(kept.public_key, accessory.state.identity.public_key());
}

#[test]
fn flags_of_up_to_four_bytes_are_ignored() {
    for length in 0..=4 {
        let mut accessory = Accessory::new(unpaired());
        let request = Writer::new()
            .byte(Type::STATE, 1)
            .byte(Type::METHOD, 0)
            .item(Type::FLAGS, &[0x10, 0, 0, 1][..length])
            .finish();
        // M2 with B and the salt, as without Flags.
        assert_eq!(tlv(&accessory.post(1, &request)).len(), 409);
    }
}

#[test]
fn a_split_pair_setup_of_which_no_first_part_was_kept_is_an_authentication_error_and_begins_nothing() {
    let m1 = |method, flags: &[u8]| {
        Writer::new().byte(Type::STATE, 1).byte(Type::METHOD, method).item(Type::FLAGS, flags).finish()
    };
    let mut accessory = Accessory::new(unpaired());
    assert_eq!(tlv(&accessory.post(1, &m1(0, &[0, 0, 0, 1]))), [6, 1, 2, 7, 1, 2]);
    assert_eq!(accessory.setup.owner(), None);
    // With a coprocessor, or as the first part of two, it asks for no verifier.
    assert_eq!(tlv(&accessory.post(1, &m1(1, &[0, 0, 0, 1]))).len(), 409);
    assert_eq!(tlv(&accessory.post(2, &m1(0, &[0, 0, 0, 1]))), BUSY);
    assert_eq!(tlv(&accessory.post(1, &m1(0, &[0x10, 0, 0, 1]))).len(), 409);
}

#[test]
fn a_twin_of_an_item_that_is_looked_for_is_malformed() {
    let twins: [&[u8]; 3] =
        [&[6, 1, 1, 0, 1, 0, 6, 1, 1], &[0, 1, 0, 6, 1, 1, 0, 1, 0], &[6, 1, 1, 0x13, 1, 0, 0, 1, 0, 0x13, 1, 0]];
    for request in twins {
        let mut accessory = Accessory::new(unpaired());
        assert_eq!(accessory.post(1, request), Reply::BadRequest);
        assert_eq!(accessory.setup.owner(), None);
    }
}

#[test]
fn a_computation_may_run_on_another_thread() {
    let mut accessory = Accessory::new(unpaired());
    let connection = ConnectionId(1);
    let step = accessory.setup.handle(connection, M1, &accessory.state, accessory.now, &mut random());
    let Step::Compute(computation) = step else { panic!("{step:?}") };
    let computed = std::thread::spawn(move || computation.run()).join().unwrap();
    let step = accessory.setup.computed(connection, computed, &accessory.state);
    assert!(matches!(step, Step::Reply(Reply::Tlv(_))));
}

/// One attempt with a code up to the answer to M3.
fn attempt(accessory: &mut Accessory, connection: u64, code: &str) -> Reply {
    let (setup, m1) = start(code);
    let (_, m3) = setup.m2(tlv(&accessory.post(connection, &m1))).unwrap();
    accessory.post(connection, &m3)
}

/// An attempt up to where M3's verdict is computed but not brought back: the verdict, and M3.
fn m3_computed(accessory: &mut Accessory, connection: u64, code: &str) -> (Computed, Vec<u8>) {
    let (setup, m1) = start(code);
    let (_, m3) = setup.m2(tlv(&accessory.post(connection, &m1))).unwrap();
    let step = accessory.setup.handle(ConnectionId(connection), &m3, &accessory.state, accessory.now, &mut random());
    let Step::Compute(computation) = step else { panic!("{step:?}") };
    (computation.run(), m3)
}

/// The verdict is answered with 400 and nothing is counted.
fn assert_late(accessory: &mut Accessory, connection: u64, computed: Computed) {
    let step = accessory.setup.computed(ConnectionId(connection), computed, &accessory.state);
    assert!(matches!(step, Step::Reply(Reply::BadRequest)), "{step:?}");
}

fn start(code: &str) -> (controller::PairSetup, Vec<u8>) {
    let code: SetupCode = code.parse().unwrap();
    let phone = controller::Identity::random(id("phone"), &mut random());
    controller::PairSetup::start(&code, &phone, &mut random())
}

/// Whether M1 of this connection costs arithmetic, and its answer.
fn m1(accessory: &mut Accessory, connection: u64) -> (bool, Reply) {
    let connection = ConnectionId(connection);
    let step = accessory.setup.handle(connection, M1, &accessory.state, accessory.now, &mut random());
    let computes = matches!(step, Step::Compute(_));
    (computes, accessory.finish(connection, step))
}
