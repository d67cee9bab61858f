//! Whether the time of a refusal tells why: `cargo run --release -p portcullis-cost --bin refusals`.
//!
//! Two refusals are timed in turn, in an order drawn anew for each pair, so that whatever else the machine does hits both
//! alike. A pair counts for the one that took longer. If neither does systematically, the difference of the two counts is
//! that of a tossed coin; how far it is from that, in standard deviations, is what decides (a sign test: it needs no clean
//! distribution, and an outlier is only one pair). So that a test that cannot see anything does not pass, one comparison is
//! of two that must differ: a signature that is looked at, and a message that is refused before.
//!
//! Fails when two differ that must not. By chance it does so once in some forty thousand runs.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use portcullis_cost::{Case, Run, cases};

/// Standard deviations from a tossed coin that are no chance.
const CHANCE: f64 = 4.5;

/// A difference that nobody can measure over a network: parts of the time that the refusal takes. Below it, many pairs may
/// tell two apart, and no attacker can.
const NEGLIGIBLE: f64 = 0.005;

/// What is compared, how often, and whether it must differ.
const COMPARISONS: [(&str, &str, usize, bool); 4] = [
    ("verify M3 of an unknown controller sixteen times", "verify M3 with a bad signature sixteen times", 300, false),
    ("verify M3 that does not open sixteen times", "verify M3 with a bad signature sixteen times", 50, true),
    ("setup M3 with wrong code 131-45-154", "setup M3 with wrong code 987-65-432", 80, false),
    ("setup M3 with wrong code 031-45-155", "setup M3 with wrong code 000-00-001", 80, false),
];

fn main() -> ExitCode {
    let cases = cases();
    let find = |name: &str| cases.iter().find(|case| case.name == name);
    let mut order = 0x9E37_79B9_7F4A_7C15;
    let mut passed = true;
    for (one, other, pairs, must_differ) in COMPARISONS {
        let (Some(first), Some(second)) = (find(one), find(other)) else {
            println!("FAILED: there is no {one:?} or no {other:?}");
            return ExitCode::FAILURE;
        };
        let found = Comparison::new(first, second, pairs, &mut order);
        let holds = found.differs() == must_differ;
        println!(
            "{}: {one} takes {:+.3} % of {other}, median of {pairs} pairs; {:.1} standard deviations from chance",
            if holds { "passed" } else { "FAILED" },
            found.difference * 100.0,
            found.deviations
        );
        passed &= holds;
    }
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Two refusals, timed in turn.
struct Comparison {
    /// The median of the differences, in parts of the second's median time.
    difference: f64,
    /// How far the number of pairs in which the first took longer is from chance.
    deviations: f64,
}

impl Comparison {
    fn new(first: &Case, second: &Case, pairs: usize, order: &mut u64) -> Self {
        let (mut first, mut second) = ((first.set_up)(), (second.set_up)());
        // What is made once, is made before.
        time(&mut first);
        time(&mut second);
        let (mut differences, mut times) = (Vec::new(), Vec::new());
        let mut longer = 0.0;
        for _ in 0..pairs {
            let (one, other) = if toss(order) {
                let one = time(&mut first);
                (one, time(&mut second))
            } else {
                let other = time(&mut second);
                (time(&mut first), other)
            };
            longer += match one.cmp(&other) {
                std::cmp::Ordering::Less => 0.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Greater => 1.0,
            };
            differences.push(one.as_secs_f64() - other.as_secs_f64());
            times.push(other.as_secs_f64());
        }
        let count = times.len() as f64;
        Self {
            difference: median(differences) / median(times),
            deviations: (longer - count / 2.0).abs() / (count / 4.0).sqrt(),
        }
    }

    fn differs(&self) -> bool {
        self.deviations > CHANCE && self.difference.abs() > NEGLIGIBLE
    }
}

fn time(run: &mut Run) -> Duration {
    (run.before)();
    let begun = Instant::now();
    (run.measured)();
    begun.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Xorshift: it only has to know nothing of the machine.
fn toss(state: &mut u64) -> bool {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state & 1 == 1
}
