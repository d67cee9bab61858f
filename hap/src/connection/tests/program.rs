//! What the program does inside what it gave us: it may come back to the same characteristic.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::bench::SENSOR;
use super::home::{Home, Phone};
use super::logged::{logged, when_logged};
use crate::catalogue::{Brightness, On};
use crate::characteristic::Characteristic;

/// Does `work` on a thread of its own, and fails when it stands still.
#[track_caller]
fn goes_on(work: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let worker = thread::spawn(move || {
        work();
        done.send(()).unwrap();
    });
    match is_done.recv_timeout(Duration::from_secs(10)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it waits for itself"),
        _ => worker.join().unwrap(),
    }
}

/// Held by a handler, and calls back when that goes.
struct AtTheEnd(Characteristic<On>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        assert!(!self.0.get());
        self.0.on_read(|| async { Ok(false) });
        self.0.on_write_now(|_, _| Ok(()));
    }
}

#[test]
fn a_description_may_look_at_its_characteristic_and_set_it() {
    goes_on(|| {
        let brightness = Characteristic::<Brightness>::new(30);
        brightness.describe(|limits| limits.with_range(brightness.get(), 100)).unwrap();
        assert!(brightness.try_set(29).is_err());
        // What was set meanwhile is held to the new limits like any other value.
        brightness
            .describe(|limits| {
                brightness.set(40);
                limits.with_range(50, 100)
            })
            .unwrap();
        assert_eq!(brightness.get(), 50);
    });
}

#[test]
fn a_handler_that_is_replaced_may_come_back_to_its_characteristic() {
    goes_on(|| {
        let on = Characteristic::<On>::initial();
        let held = || AtTheEnd(on.clone());
        let (first, second, third) = (held(), held(), held());
        on.on_write_now(move |_, _| {
            let _held = &first;
            Ok(())
        });
        on.on_write(move |_, _| {
            let _held = &second;
            async { Ok(()) }
        });
        on.on_read(move || {
            let _held = &third;
            async { Ok(true) }
        });
        on.on_write_now(|_, _| Ok(()));
        on.on_read(|| async { Ok(true) });
    });
}

#[test]
fn a_log_may_look_at_what_it_is_told_of() {
    goes_on(|| {
        let phone = Phone::new("phone");
        let (mut home, bench) = Home::owned_by(&phone);
        let line = home.session(&phone);
        bench.sensor.on_read(|| async { Ok(4) });
        let sensor = bench.sensor.clone();
        when_logged(move || assert_eq!(sensor.get(), 0));
        let log = logged(|| assert_eq!(home.get(line, &format!("/characteristics?id=1.{SENSOR}")).status, 207));
        assert_eq!(log.len(), 1, "{log:?}");
    });
}
