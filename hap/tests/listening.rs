//! Where a server listens (HAP §1.1).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use hap::{Accessory, Category, Information, Server};
use tokio::net::TcpStream;

#[tokio::test]
async fn one_address_serves_ipv4_and_ipv6() {
    let lamp = Accessory::new(Information::default(), Category::Lighting);
    let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let server = Server::builder(lamp).bind(any).advertise(false).start().await.unwrap();
    let port = server.handle().address().port();
    for address in [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))] {
        TcpStream::connect(address).await.expect("it listens there");
    }
}
