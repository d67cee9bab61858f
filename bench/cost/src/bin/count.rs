//! Runs one case under an instruction counter, which looks at [`measured`] only; see `bench/instructions`.
//!
//!     count         prints the names of all cases
//!     count NAME    runs the case of this name
//!
//! A process counts one case: what other cases left of the heap would count as its own.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let cases = portcullis_cost::cases();
    let Some(name) = std::env::args().nth(1) else {
        cases.iter().for_each(|case| println!("{}", case.name));
        return ExitCode::SUCCESS;
    };
    let Some(case) = cases.iter().find(|case| case.name == name) else {
        println!("there is no case {name:?}");
        return ExitCode::FAILURE;
    };
    let mut run = (case.set_up)();
    // What is made once, buffers and tables, is made before.
    for _ in 0..2 {
        (run.before)();
        (run.measured)();
    }
    (run.before)();
    measured(&mut *run.measured);
    ExitCode::SUCCESS
}

/// The counter looks for this name.
#[inline(never)]
fn measured(run: &mut dyn FnMut()) {
    run();
}
