//! A dimmable lightbulb that shows itself as a line of text.
//!
//!     cargo run -p portcullis-hap --example lightbulb [STATE_DIRECTORY [ADDRESS]]
//!
//! Shortcut: Ctrl-C ends it without a goodbye on the network. `Handle::stop` would say one.
#![expect(clippy::print_stdout, reason = "an example speaks to its user")]

use std::error::Error;

use hap::catalogue::LightBulb;
use hap::store::FileStore;
use hap::{Accessory, Category, Information, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = arguments.next().unwrap_or_else(|| "target/lightbulb".to_owned());
    let address = arguments.next().unwrap_or_else(|| "[::]:51826".to_owned()).parse()?;

    let about = Information { name: "Lightbulb", serial_number: "EX-LIGHT", ..Information::default() };
    let mut lamp = Accessory::new(about, Category::Lighting);
    lamp.on_identify(|| println!("blink, blink"));
    let bulb = lamp.add(LightBulb::new().with_brightness(100));
    // This lamp flickers below 10 %, so controllers are told that it goes no lower.
    if let Some(brightness) = &bulb.brightness {
        brightness.describe(|limits| limits.with_range(10, 100))?;
        brightness.on_write_now(|percent, _| {
            println!("dimmed to {percent} %");
            Ok(())
        });
    }
    bulb.on.on_write_now(|on, context| {
        println!("{} switched it {}", context.controller(), if on { "on" } else { "off" });
        Ok(())
    });

    let server = Server::builder(lamp).store(FileStore::open(state)?).bind(address).start().await?;
    println!("listening on {}, setup code {}", server.handle().address(), server.handle().setup_code());
    server.run().await;
    Ok(())
}
