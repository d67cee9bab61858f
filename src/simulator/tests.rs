use proptest::prelude::*;

use super::*;
use crate::gate::{Opener, Options, Reverse, Start, Target};

const TRAVEL: Duration = Duration::from_secs(18);

fn design(opener: Opener) -> Design {
    Design {
        opener,
        options: Options { stop_contact: opener == Opener::OpenClose, ..Options::default() },
        travel: TRAVEL,
        starts_after: Duration::from_millis(300),
        closes_itself_after: (opener == Opener::OpenOnly).then_some(Duration::from_secs(30)),
    }
}

fn millis(edges: &[Edge], start: Instant) -> Vec<(Sensor, bool, u128)> {
    edges.iter().map(|edge| (edge.sensor, edge.active, (edge.at - start).as_millis())).collect()
}

#[test]
fn the_gate_leaves_one_switch_and_arrives_at_the_other() {
    let start = Instant::now();
    let mut simulator = Simulator::new(design(Opener::Step), start);
    simulator.remote(start);
    let edges = simulator.advance(start + Duration::from_secs(60));
    assert_eq!(
        millis(&edges, start),
        [(Sensor::ClosedSwitch, false, 300 + 360), (Sensor::OpenSwitch, true, 300 + 17_640)]
    );
    assert_eq!(simulator.motion(), Motion::Open);
    assert_eq!(simulator.position(start + TRAVEL), TRAVEL);
}

#[test]
fn a_gate_that_is_sent_back_needs_as_long_back() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut simulator = Simulator::new(
        Design { options: Options { reverse: Reverse::AtOnce, ..Options::default() }, ..design(Opener::Step) },
        start,
    );
    simulator.remote(start);
    simulator.remote(at(5));
    assert_eq!(simulator.position(at(5)), Duration::from_millis(4_700));
    let edges = simulator.advance(at(9));
    assert_eq!(simulator.motion(), Motion::Closing);
    assert_eq!(edges.len(), 1);
    let edges = simulator.advance(at(60));
    assert_eq!(millis(&edges, start), [(Sensor::ClosedSwitch, true, 5_000 + 4_700 - 360)]);
    assert_eq!(simulator.motion(), Motion::Closed);
}

#[test]
fn the_photo_cell_sends_a_closing_gate_back_and_keeps_it_open() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut simulator = Simulator::new(design(Opener::OpenOnly), start);
    simulator.remote(start);
    simulator.advance(at(52));
    assert_eq!(simulator.motion(), Motion::Closing);
    simulator.obstruct(true, at(53));
    assert_eq!(simulator.motion(), Motion::Opening);
    simulator.advance(at(500));
    assert_eq!(simulator.motion(), Motion::Open, "somebody stands there");
    simulator.obstruct(false, at(500));
    simulator.advance(at(531));
    assert_eq!(simulator.motion(), Motion::Closing);
}

#[test]
fn a_jammed_gate_stays_where_it_is_and_its_motor_gives_up() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut simulator = Simulator::new(design(Opener::Step), start);
    simulator.remote(start);
    simulator.jam(true, at(5));
    simulator.advance(at(20));
    assert_eq!(simulator.motion(), Motion::Stopped { after: Some(Target::Open) });
    let stuck = simulator.position(at(20));
    simulator.remote(at(21));
    simulator.advance(at(40));
    assert_eq!(simulator.position(at(40)), stuck);
    simulator.jam(false, at(41));
    simulator.remote(at(42));
    simulator.advance(at(100));
    assert!(simulator.motion().rests());
    assert_ne!(simulator.position(at(100)), stuck);
}

#[test]
fn an_opener_that_sleeps_needs_two_presses_close_together() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let options = Options { start: Start::ExtraPulse, ..Options::default() };
    let mut simulator = Simulator::new(Design { options, ..design(Opener::Step) }, start);
    simulator.remote(at(0));
    simulator.remote(at(20));
    assert_eq!(simulator.motion(), Motion::Closed, "it fell asleep in between");
    simulator.remote(at(22));
    assert_eq!(simulator.motion(), Motion::Opening);
}

#[test]
fn a_lock_has_nothing_that_moves() {
    let start = Instant::now();
    let mut simulator = Simulator::new(design(Opener::Momentary), start);
    simulator.remote(start);
    assert_eq!(simulator.advance(start + TRAVEL * 2), []);
    assert_eq!(simulator.motion(), Motion::Closed);
}

proptest! {
    #[test]
    fn the_leaf_stays_between_its_ends_and_its_switches_tell_the_truth(
        happenings in prop::collection::vec((0..40_000_u64, 0..7_u8), 0..60),
        opener in prop::sample::select(Opener::ALL.to_vec()),
    ) {
        let start = Instant::now();
        let mut now = start;
        let mut simulator = Simulator::new(design(opener), now);
        let mut levels = simulator.sensors();
        let mut last = now;
        for (pause, happening) in happenings {
            now += Duration::from_millis(pause);
            match happening {
                0 => simulator.contact(Contact::Close, true, now),
                1 => simulator.contact(Contact::Stop, true, now),
                2 | 3 => simulator.obstruct(happening == 2, now),
                4 | 5 => simulator.jam(happening == 4, now),
                _ => simulator.remote(now),
            }
            for edge in simulator.advance(now) {
                prop_assert!(edge.at >= last && edge.at <= now, "edges come in order");
                last = edge.at;
                let level = match edge.sensor {
                    Sensor::ClosedSwitch => levels.closed_switch.as_mut(),
                    Sensor::OpenSwitch => levels.open_switch.as_mut(),
                    Sensor::Obstruction => levels.obstruction.as_mut(),
                };
                prop_assert_ne!(std::mem::replace(level.unwrap(), edge.active), edge.active, "an edge is a change");
            }
            prop_assert_eq!(levels, simulator.sensors());
            prop_assert!(simulator.wake_at().is_none_or(|at| at >= now));
            let position = simulator.position(now);
            prop_assert!(position <= TRAVEL);
            prop_assert!(simulator.motion() != Motion::Closed || position.is_zero());
            prop_assert!(simulator.motion() != Motion::Open || position == TRAVEL);
            prop_assert!(levels.closed_switch != Some(true) || position <= TRAVEL / 50);
            prop_assert!(levels.open_switch != Some(true) || position >= TRAVEL - TRAVEL / 50);
        }
    }
}
