//! The same cases in time: `cargo bench -p portcullis-cost [-- PART_OF_A_NAME]`. Compare within one run only.
#![allow(missing_docs, reason = "criterion's macros write no documentation")]

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};

fn all(criterion: &mut Criterion) {
    for case in portcullis_cost::cases() {
        criterion.bench_function(&case.name, |bencher| {
            let mut run = (case.set_up)();
            bencher.iter_custom(|times| {
                (0..times)
                    .map(|_| {
                        (run.before)();
                        let began = Instant::now();
                        (run.measured)();
                        began.elapsed()
                    })
                    .sum()
            });
        });
    }
}

criterion_group! {
    name = cases;
    config = Criterion::default().warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(cases);
