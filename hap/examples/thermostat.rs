//! A thermostat of a simulated room, which can heat and cannot cool.
//!
//!     cargo run -p portcullis-hap --example thermostat [STATE_DIRECTORY [ADDRESS]]
//!
//! Shortcut: Ctrl-C ends it without a goodbye on the network. `Handle::stop` would say one.
#![expect(clippy::print_stdout, reason = "an example speaks to its user")]

use std::error::Error;
use std::time::Duration;

use hap::catalogue::{CurrentHeatingCoolingState, TargetHeatingCoolingState, Thermostat};
use hap::store::FileStore;
use hap::{Accessory, Category, Information, Server};

/// One second of the room: it warms faster than it cools, down to 12 °C.
fn tick(thermostat: &Thermostat) {
    let now = thermostat.current_temperature.get();
    let wanted = thermostat.target_temperature.get();
    let heats = thermostat.target_heating_cooling_state.get() == TargetHeatingCoolingState::Heat && now < wanted;
    let state = if heats { CurrentHeatingCoolingState::Heat } else { CurrentHeatingCoolingState::Off };
    let next = if heats { now + 0.1 } else { now - 0.1 };
    // Rounded to the step of 0.1 °C by the library.
    thermostat.current_temperature.set(next.max(12.0));
    thermostat.current_heating_cooling_state.set(state);
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = arguments.next().unwrap_or_else(|| "target/thermostat".to_owned());
    let address = arguments.next().unwrap_or_else(|| "[::]:51826".to_owned()).parse()?;

    let about = Information { name: "Thermostat", serial_number: "EX-THERMO", ..Information::default() };
    let mut room = Accessory::new(about, Category::Thermostat);
    let thermostat = room.add(Thermostat::new());
    // What it cannot do is not offered.
    let modes = [TargetHeatingCoolingState::Off as u8, TargetHeatingCoolingState::Heat as u8];
    thermostat.target_heating_cooling_state.describe(|limits| limits.with_valid_values(&modes))?;
    thermostat.target_temperature.describe(|limits| limits.with_range(15.0, 25.0))?;
    thermostat.current_temperature.set(18.0);
    thermostat.target_temperature.set(20.0);
    thermostat.target_heating_cooling_state.set(TargetHeatingCoolingState::Heat);
    tokio::spawn(async move {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            tick(&thermostat);
        }
    });

    let server = Server::builder(room).store(FileStore::open(state)?).bind(address).start().await?;
    println!("listening on {}, setup code {}", server.handle().address(), server.handle().setup_code());
    server.run().await;
    Ok(())
}
