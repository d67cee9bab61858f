//! A button without state: press Enter for a press, "2" Enter for two, "l" Enter for a long one.
//!
//!     cargo run -p portcullis-hap --example button [STATE_DIRECTORY [ADDRESS]]
//!
//! Shortcut: Ctrl-C ends it without a goodbye on the network. `Handle::stop` would say one.
#![expect(clippy::print_stdout, reason = "an example speaks to its user")]

use std::error::Error;

use hap::catalogue::{ProgrammableSwitchEvent, StatelessProgrammableSwitch};
use hap::store::FileStore;
use hap::{Accessory, Category, Information, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = arguments.next().unwrap_or_else(|| "target/button".to_owned());
    let address = arguments.next().unwrap_or_else(|| "[::]:51826".to_owned()).parse()?;

    let about = Information { name: "Button", serial_number: "EX-BUTTON", ..Information::default() };
    let mut remote = Accessory::new(about, Category::ProgrammableSwitch);
    let button = remote.add(StatelessProgrammableSwitch::new());
    // Values may be set on any thread; every press is an event, also one like the last.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            button.programmable_switch_event.set(match line.as_str() {
                "2" => ProgrammableSwitchEvent::DoublePress,
                "l" => ProgrammableSwitchEvent::LongPress,
                _ => ProgrammableSwitchEvent::SinglePress,
            });
        }
    });

    let server = Server::builder(remote).store(FileStore::open(state)?).bind(address).start().await?;
    println!("listening on {}, setup code {}", server.handle().address(), server.handle().setup_code());
    server.run().await;
    Ok(())
}
