//! A bridge of switches: what the other servers' bridges are, made with `hap`.
//!
//! Arguments: the number of switches; the directory for its state; its address.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "whoever measures it reads the setup code here")]

use std::error::Error;

use hap::catalogue::Switch;
use hap::store::FileStore;
use hap::{Accessory, Category, Information, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("missing: {what}"));
    let switches: u16 = next("the number of switches")?.parse()?;
    let (state, address) = (next("the state directory")?, next("the address")?.parse()?);

    let about = Information { name: "Bridge", serial_number: "BENCH-BRIDGE", ..Information::default() };
    let mut builder = Server::builder(Accessory::new(about, Category::Bridge));
    for number in 1..=switches {
        let (name, serial_number) = (format!("Switch {number}"), format!("BENCH-{number}"));
        let about = Information { name: &name, serial_number: &serial_number, ..Information::default() };
        let mut accessory = Accessory::new(about, Category::Switch);
        accessory.add(Switch::new());
        builder = builder.bridge(accessory);
    }
    let server = builder.store(FileStore::open(state)?).bind(address).start().await?;
    println!("listening on {}, setup code {}", server.handle().address(), server.handle().setup_code());
    server.run().await;
    Ok(())
}
