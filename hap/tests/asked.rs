//! Asking the network as a phone would, over the loopback interface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

use std::net::Ipv4Addr;
use std::time::Duration;

use hap::catalogue::Switch;
use hap::discovery::{Expected, ask};
use hap::{Accessory, Category, Information, Server};

/// How often to ask: a responder probes for almost a second before it answers.
const TRIES: u32 = 10;

#[test]
fn a_server_that_advertises_is_found_and_one_that_stopped_is_not() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let lo = ["lo".to_owned()];
        let mut fan = Accessory::new(Information { name: "Fan", ..Information::default() }, Category::Switch);
        fan.add(Switch::new());
        let builder = Server::builder(fan).bind((Ipv4Addr::LOCALHOST, 0).into()).interfaces(lo.to_vec());
        let server = builder.start().await.unwrap();
        let handle = server.handle();
        let running = tokio::spawn(server.run());
        let expected = Expected::new("Fan", handle.device_id(), handle.address().port());
        let mut found = false;
        for _ in 0..TRIES {
            let asked = ask(&lo, Some(&expected), Duration::from_secs(1)).await;
            assert_eq!(asked.interfaces, [("lo".to_owned(), None)]);
            let seen = asked.compare(&expected);
            assert!(seen.copies.is_empty() && seen.namesakes.is_empty(), "{seen:?}");
            if let Some(own) = seen.own.first() {
                assert_eq!(own.instance, expected.instance());
                assert_eq!(own.text("sf"), Some("1"));
                found = true;
                break;
            }
        }
        assert!(found, "the server was never found");
        handle.stop();
        running.await.unwrap();
        let asked = ask(&lo, Some(&expected), Duration::from_secs(1)).await;
        assert!(asked.compare(&expected).own.is_empty(), "{asked:?}");
    });
}
