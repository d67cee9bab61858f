//! Runs every case once under an instruction counter, which looks at [`measured`] only; see `bench/instructions`.
//!
//!     count [PART_OF_A_NAME]
//!
//! Prints the names of the cases in the order in which they are counted.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    for case in portcullis_cost::cases() {
        if !case.name.contains(&wanted) {
            continue;
        }
        let mut run = (case.set_up)();
        // What is made once, buffers and tables, is made before.
        for _ in 0..2 {
            (run.before)();
            (run.measured)();
        }
        (run.before)();
        measured(&mut *run.measured);
        println!("{}", case.name);
    }
}

/// The counter looks for this name.
#[inline(never)]
fn measured(run: &mut dyn FnMut()) {
    run();
}
