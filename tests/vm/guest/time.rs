//! Time, and waiting for what has to happen.

use std::time::Duration;

use rustix::event::poll;
use rustix::time::{ClockId, clock_gettime};

use crate::bench::log;

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn said(what: &str) {
    println!("{:>6.1} s  {what}", now().as_secs_f64());
}

pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    until_some(what, || is_so().then_some(()));
}

pub(crate) fn until_some<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(now() - begun < PATIENCE, "waited for {what}; the log:\n{}", log());
        // To look costs the emulated processor more than to wait. When it was so, the kernel's record tells.
        wait_until(now() + Duration::from_millis(10));
    }
}

pub(crate) fn wait_until(time: Duration) {
    while let Some(left) = time.checked_sub(now()).filter(|left| !left.is_zero()) {
        poll(&mut [], Some(&left.try_into().unwrap())).unwrap();
    }
}

/// Waits until some instant of a span that begins now, and tells which one.
pub(crate) fn wait_within(span: Duration) -> Duration {
    let (begun, instant) = (now(), span * u32::from(random()) / u32::from(u16::MAX));
    wait_until(begun + instant);
    instant
}

pub(crate) fn now() -> Duration {
    Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap()
}

fn random() -> u16 {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).unwrap();
    u16::from_ne_bytes(bytes)
}
