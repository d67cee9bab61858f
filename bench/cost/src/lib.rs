//! What each step of the server costs: the cases that `bench/instructions` counts and `cargo bench -p portcullis-cost`
//! times.
// The daemon's parts that are built from here bring their tests, which run in their own package.
#![cfg(not(test))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what is measured must work")]

// The daemon is a program, whose parts can be had only like this.
#[path = "../../../src/counted.rs"]
#[allow(dead_code, unreachable_pub, reason = "the daemon uses all of it")]
mod counted;
#[path = "../../../src/duration.rs"]
#[allow(dead_code, unreachable_pub, reason = "the daemon uses all of it")]
mod duration;
#[path = "../../../src/gate/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the daemon uses all of it")]
mod gate;

mod door;
mod floor;
mod parts;
mod randomness;
mod requests;
mod scale;
mod setup;
mod verify;

/// One thing whose cost is known.
pub struct Case {
    /// Its name in the budget, one word for each part of it.
    pub name: String,
    /// Makes everything ready.
    pub set_up: Box<dyn Fn() -> Run>,
}

/// What is measured: called any number of times, it does the same each time.
pub struct Run {
    /// Puts things back, and is not measured.
    pub before: Box<dyn FnMut()>,
    /// Is measured.
    pub measured: Box<dyn FnMut()>,
}

/// Every case, the quick ones first.
#[must_use]
pub fn cases() -> Vec<Case> {
    [parts::cases(), door::cases(), requests::cases(), floor::cases(), verify::cases(), setup::cases(), scale::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// A case whose input is made anew each time, and is not part of the cost.
fn case<S: 'static, I: 'static>(
    name: impl Into<String>,
    set_up: impl Fn() -> S + 'static,
    input: impl Fn(&mut S) -> I + Clone + 'static,
    run: impl Fn(&mut S, I) + Clone + 'static,
) -> Case {
    use std::cell::RefCell;
    use std::rc::Rc;

    let set_up = move || {
        let state = Rc::new(RefCell::new((set_up(), None::<I>)));
        let (input, run) = (input.clone(), run.clone());
        let of_before = Rc::clone(&state);
        Run {
            before: Box::new(move || {
                let (state, next) = &mut *of_before.borrow_mut();
                *next = Some(input(state));
            }),
            measured: Box::new(move || {
                let (state, next) = &mut *state.borrow_mut();
                run(state, next.take().expect("made before"));
            }),
        }
    };
    Case { name: name.into(), set_up: Box::new(set_up) }
}
