//! A bridge with three sensors behind it.
//!
//!     cargo run -p portcullis-hap --example bridge [STATE_DIRECTORY [ADDRESS]]
//!
//! Shortcut: Ctrl-C ends it without a goodbye on the network. `Handle::stop` would say one.
#![expect(clippy::print_stdout, reason = "an example speaks to its user")]

use std::error::Error;
use std::time::Duration;

use hap::catalogue::{BatteryService, ContactSensor, ContactSensorState, MotionSensor, TemperatureSensor};
use hap::store::FileStore;
use hap::{Accessory, Category, Information, Server};

/// A sensor; its serial number is the key under which its ids are kept, so it must stay the same.
fn sensor(name: &str, serial_number: &str) -> Accessory {
    Accessory::new(Information { name, serial_number, ..Information::default() }, Category::Sensor)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = arguments.next().unwrap_or_else(|| "target/bridge".to_owned());
    let address = arguments.next().unwrap_or_else(|| "[::]:51826".to_owned()).parse()?;

    let mut garden = sensor("Garden", "EX-GARDEN");
    let thermometer = garden.add(TemperatureSensor::new());
    // The type's own range begins at 0 °C.
    thermometer.current_temperature.describe(|limits| limits.with_overridden_range(-40.0, 85.0))?;
    // Asked when a controller reads; an error would show "No Response" here and leave the other sensors alone.
    thermometer.current_temperature.on_read(async || Ok(-3.5));
    // A battery belongs to the service that it feeds.
    let battery = garden.add(BatteryService::new());
    battery.battery_level.set(80);
    garden.link(&thermometer, &battery);

    let mut window = sensor("Window", "EX-WINDOW");
    let contact = window.add(ContactSensor::new());
    let mut hall = sensor("Hall", "EX-HALL");
    let motion = hall.add(MotionSensor::new());
    tokio::spawn(async move {
        let mut often = tokio::time::interval(Duration::from_secs(3));
        loop {
            often.tick().await;
            motion.motion_detected.set(!motion.motion_detected.get());
            // Detected means that the window is closed.
            contact.contact_sensor_state.set(match contact.contact_sensor_state.get() {
                ContactSensorState::Detected => ContactSensorState::NotDetected,
                ContactSensorState::NotDetected => ContactSensorState::Detected,
            });
        }
    });

    let about = Information { name: "Sensors", serial_number: "EX-BRIDGE", ..Information::default() };
    let bridge = Accessory::new(about, Category::Bridge);

    let server = Server::builder(bridge)
        .bridge(garden)
        .bridge(window)
        .bridge(hall)
        .store(FileStore::open(state)?)
        .bind(address)
        .start()
        .await?;
    println!("listening on {}, setup code {}", server.handle().address(), server.handle().setup_code());
    server.run().await;
    Ok(())
}
