//! A steady read, write and event ask for no memory: what they need was there the time before.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

use std::time::Duration;

use hap::measure::{Home, Line, Size};

/// Seeded, so that every run is the same.
struct Counter(u64);

impl rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.try_next_u64()? as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for byte in bytes {
            *byte = (self.try_next_u64()? >> 32) as u8;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counter {}

fn home() -> (Home, Line) {
    let mut home = Home::new(Size::default(), Box::new(Counter(1)));
    let line = home.session();
    (home, line)
}

/// Allocations of answering the last of several requests.
fn steady(home: &mut Home, line: &mut Line, status: u16, mut request: impl FnMut(u8) -> String) -> u64 {
    let mut allocations = u64::MAX;
    for nth in 0..6 {
        let wire = line.seal(request(nth % 2).as_bytes());
        allocations = allocation_counter::measure(|| line.receive(home, &wire)).count_total;
        assert_eq!(line.heard().0, status);
    }
    allocations
}

fn put(path: &str, body: &str) -> String {
    format!(
        "PUT {path} HTTP/1.1\r\nHost: Garage._hap._tcp.local\r\nContent-Type: application/hap+json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8; 100]))).count_total, 1);
}

#[test]
fn a_steady_read_of_one_characteristic_asks_for_no_memory() {
    let (mut home, mut line) = home();
    let (current, _) = home.door_states();
    let read = |_| format!("GET /characteristics?id=1.{current} HTTP/1.1\r\nHost: Garage._hap._tcp.local\r\n\r\n");
    assert_eq!(steady(&mut home, &mut line, 200, read), 0);
}

#[test]
fn a_steady_write_of_one_characteristic_asks_for_no_memory_though_others_watch() {
    let (mut home, mut line) = home();
    let (current, target) = home.door_states();
    let mut watchers: Vec<_> = (0..8).map(|_| home.session()).collect();
    for watcher in &mut watchers {
        let subscribe =
            put("/characteristics", &format!(r#"{{"characteristics":[{{"aid":1,"iid":{current},"ev":true}}]}}"#));
        let wire = watcher.seal(subscribe.as_bytes());
        watcher.receive(&mut home, &wire);
        assert_eq!(watcher.heard().0, 204);
    }
    let write = |value| {
        put("/characteristics", &format!(r#"{{"characteristics":[{{"aid":1,"iid":{target},"value":{value}}}]}}"#))
    };
    assert_eq!(steady(&mut home, &mut line, 204, write), 0);
    // Nor do the events that tell of it.
    for round in 0..4 {
        home.pass(Duration::from_secs(2));
        home.move_door(round % 2 == 0);
        for watcher in &mut watchers {
            let allocations = allocation_counter::measure(|| watcher.drive(&mut home)).count_total;
            assert_eq!(watcher.heard().0, 0);
            assert!(round < 2 || allocations == 0, "{allocations}");
        }
    }
}

#[test]
fn a_steady_timed_write_asks_for_no_memory() {
    let (mut home, mut line) = home();
    let (_, target) = home.door_states();
    for nth in 0..6 {
        let mut wire = line.seal(put("/prepare", r#"{"ttl":5000,"pid":11122333}"#).as_bytes());
        let value = nth % 2;
        let entries = format!(r#""characteristics":[{{"aid":1,"iid":{target},"value":{value}}}]"#);
        wire.extend(line.seal(put("/characteristics", &format!(r#"{{{entries},"pid":11122333}}"#)).as_bytes()));
        let allocations = allocation_counter::measure(|| line.receive(&mut home, &wire)).count_total;
        assert_eq!((line.heard().0, line.heard().0), (200, 204));
        assert!(nth < 3 || allocations == 0, "{allocations}");
    }
}
