//! A switch that goes off by itself two seconds after it was put on.
//!
//!     cargo run -p portcullis-hap --example switch [STATE_DIRECTORY [ADDRESS]]
//!
//! Shortcut: Ctrl-C ends it without a goodbye on the network. `Handle::stop` would say one.
#![expect(clippy::print_stdout, reason = "an example speaks to its user")]

use std::error::Error;
use std::time::Duration;

use hap::catalogue::Switch;
use hap::store::FileStore;
use hap::{Accessory, Category, Information, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = arguments.next().unwrap_or_else(|| "target/switch".to_owned());
    let address = arguments.next().unwrap_or_else(|| "[::]:51826".to_owned()).parse()?;

    let about = Information { name: "Staircase", serial_number: "EX-SWITCH", ..Information::default() };
    let mut staircase = Accessory::new(about, Category::Switch);
    let switch = staircase.add(Switch::new());
    let on = switch.on.clone();
    switch.on.on_write_now(move |value, _| {
        if value {
            let on = on.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(2)).await;
                // A change of its own, so that the controller which put it on hears of it too.
                on.set(false);
            });
        }
        Ok(())
    });

    let server = Server::builder(staircase).store(FileStore::open(state)?).bind(address).start().await?;
    println!("listening on {}, setup code {}", server.handle().address(), server.handle().setup_code());
    server.run().await;
    Ok(())
}
