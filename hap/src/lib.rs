//! A HomeKit accessory server: build any accessory from typed services, and run it.
//!
//! # What HAP is
//!
//! The HomeKit Accessory Protocol is how iPhones, home hubs and other *controllers* speak with the things of a home. An
//! *accessory* announces itself over mDNS. Whoever knows its setup code can pair with it once; from then on, keys on both
//! sides open encrypted *sessions*. Over those a controller reads a database of *services* (a lightbulb, a thermostat) made
//! of *characteristics* (on, brightness), writes them, and subscribes to their events.
//!
//! This crate does all of that. A program says what its accessory is, what to do when a value is written, and what the
//! values are.
//!
//! # The first accessory
//!
//! ```no_run
//! use hap::catalogue::LightBulb;
//! use hap::store::FileStore;
//! use hap::{Accessory, Category, Information, Server};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let about = Information { name: "Lamp", serial_number: "L-1", ..Information::default() };
//!     let mut lamp = Accessory::new(about, Category::Lighting);
//!     let bulb = lamp.add(LightBulb::new().with_brightness(100));
//!     bulb.on.on_write_now(|on, _| {
//!         println!("the lamp is {}", if on { "on" } else { "off" });
//!         Ok(())
//!     });
//!     let server = Server::builder(lamp).store(FileStore::open("state")?).start().await?;
//!     println!("setup code {}", server.handle().setup_code());
//!     server.run().await;
//!     Ok(())
//! }
//! ```
//!
//! Every service and characteristic of HomeKit is in the [`catalogue`], with its Rust type and limits; for your own, see
//! [`Service`] and [`Kind`](definition::Kind). When the server starts, it looks at the whole for what phones refuse without a
//! word: see [`lint`].
//!
//! # Writes, and who asked
//!
//! A write handler gets a checked value of its own type: wrong types, values out of range and strangers never reach it. It
//! answers with success, or with the [`Status`] that the controller is told. [`on_write_now`](Characteristic::on_write_now)
//! is for what is done at once, [`on_write`](Characteristic::on_write) for what takes a while; the session that wrote waits for
//! it, at most nine seconds, and others do not. [`WriteContext`] says who asks.
//!
//! ```
//! use hap::catalogue::{LockMechanism, LockTargetState};
//! use hap::definition::Perms;
//! use hap::{Status, WriteContext};
//!
//! async fn turn(bolt: LockTargetState) -> Result<(), Status> {
//! #   let _ = bolt;
//!     Ok(()) // Status::Unable shows "No Response", Status::NotAllowed fails the action and leaves the tile.
//! }
//!
//! let lock = LockMechanism::new();
//! // Only prepared writes, which expire: a command that was stuck in the network must not open a door later.
//! lock.lock_target_state.describe(|it| {
//!     let perms = it.perms();
//!     it.with_perms(perms | Perms::TIMED_WRITE)
//! })?;
//! lock.lock_target_state.on_write(async |target, context: WriteContext| {
//!     if target == LockTargetState::Unsecured && !context.is_admin() {
//!         return Err(Status::InsufficientPrivileges);
//!     }
//!     turn(target).await
//! });
//! # Ok::<(), hap::value::InvalidLimit>(())
//! ```
//!
//! # Values and events
//!
//! A characteristic is a handle: clone it, send it to any thread, and [`set`](Characteristic::set) it when the world changes.
//! Subscribed controllers hear of it, at most one message a second each, the first at once. What belongs together goes into a
//! [`batch`]. Reads are answered from the stored value, or by a handler that you give with
//! [`on_read`](Characteristic::on_read); the list of accessories and events always carry the stored value.
//!
//! ```
//! use hap::catalogue::TemperatureSensor;
//!
//! let sensor = TemperatureSensor::new();
//! // The type's own range begins at 0 °C, which is warm for a garden.
//! sensor.current_temperature.describe(|it| it.with_overridden_range(-40.0, 85.0))?;
//! let temperature = sensor.current_temperature.clone();
//! std::thread::spawn(move || temperature.set(-3.5)).join().unwrap();
//! assert_eq!(sensor.current_temperature.get(), -3.5);
//! # Ok::<(), hap::value::InvalidLimit>(())
//! ```
//!
//! # Bridges
//!
//! Up to 149 accessories stand behind a [bridge](Builder::bridge), paired with one code. Rooms, names and automations hang on
//! ids, which this crate keeps by what a thing is: an accessory by its serial number, a service by its type and label.
//! Accessories and services may be added, removed and reordered; one that comes back has its old ids.
//!
//! ```
//! use hap::catalogue::Outlet;
//! use hap::{Accessory, Category, Information, Server};
//!
//! let bridge = Information { name: "Sockets", serial_number: "B-1", ..Information::default() };
//! let mut builder = Server::builder(Accessory::new(bridge, Category::Bridge));
//! for (name, serial_number) in [("Kettle", "S-1"), ("Radio", "S-2")] {
//!     let mut socket = Accessory::new(Information { name, serial_number, ..Information::default() }, Category::Outlet);
//!     socket.add(Outlet::new());
//!     builder = builder.bridge(socket);
//! }
//! assert!(builder.lint().is_empty());
//! ```
//!
//! # What is stored
//!
//! [`store::FileStore`] keeps identity, pairings, setup code and ids in one directory, each document whole or not at all, with the
//! generation before it. Copy the directory, and the copy is the same accessory: run only one of them. Another place needs
//! two methods: [`store::Store`]. Without a store everything is forgotten at the end.
//!
//! # Testing your accessory without a phone
//!
//! With the feature `controller`, this crate has the other end too:
//!
//! ```
//! # #[cfg(feature = "controller")] {
//! use std::net::Ipv4Addr;
//!
//! use hap::catalogue::Switch;
//! use hap::controller::{Client, ControllerId, Identity};
//! use hap::{Accessory, Category, Information, Server};
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let mut fan = Accessory::new(Information { name: "Fan", ..Information::default() }, Category::Switch);
//! let switch = fan.add(Switch::new());
//! let builder = Server::builder(fan).bind((Ipv4Addr::LOCALHOST, 0).into()).advertise(false);
//! let server = runtime.block_on(builder.start())?;
//! let handle = server.handle();
//! let running = std::thread::spawn(move || runtime.block_on(server.run()));
//!
//! let me = Identity::from_seed(ControllerId::try_from("test")?, &[7; 32]);
//! let mut client = Client::connect(handle.address())?;
//! let accessory = client.pair(&handle.setup_code(), &me)?;
//! client.verify(&me, &accessory)?;
//! let answer = client.put("/characteristics", r#"{"characteristics":[{"aid":1,"iid":11,"value":true}]}"#)?;
//! assert_eq!(answer.status, 204);
//! assert!(switch.on.get());
//!
//! handle.stop();
//! running.join().unwrap();
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limitations
//!
//! - Accessories on a network only: no Bluetooth LE, no Thread.
//! - No authentication coprocessor and no software token: phones say "uncertified accessory" when it is added, once.
//! - A camera can show pictures. Streams and recordings (RTP, HomeKit Data Stream) are not here; their characteristics are,
//!   for a program that brings the rest.
//! - Notifications, automations and access from afar need a home hub; that is the home's side.
//! - mDNS comes from the crate `mdns-sd`, in the process itself; an Avahi that runs beside it is left alone and not used.
//! - It needs a tokio runtime; a single-threaded one is enough. A handler that blocks the thread holds up every session
//!   until it is done: spawn. Identify routines are spawned for you.
//! - What an accessory is made of is fixed while its server runs. To change it, stop and build anew; ids stay.
//!
//! # What it holds to
//!
//! No `unsafe`. Nothing that a peer sends makes it panic, or grow beyond a bound: [`limits`] has those of requests, answers,
//! connections and waits, each with its reason. A change of pairings is durable before anybody hears of it.
#![forbid(unsafe_code)]

mod accessory;
pub mod arrival;
mod batch;
mod camera;
pub mod catalogue;
mod channel;
mod characteristic;
mod connection;
#[cfg(feature = "controller")]
pub mod controller;
mod database;
pub mod definition;
pub mod discovery;
mod event_text;
mod events;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzz;
mod half_pairing;
mod handlers;
mod host;
mod http;
mod ids;
pub mod limits;
pub mod lint;
#[cfg(feature = "measuring")]
#[doc(hidden)]
pub mod measure;
mod routes;
mod server;
mod session;
mod show;
mod status;
mod sync;
mod text;
pub mod value;

pub use pairing::{ControllerId, DeviceId, Pairing, Permissions, SetupCode, SetupId, store};

pub use crate::accessory::{Accessory, Category, Information, Service};
pub use crate::batch::batch;
pub use crate::camera::{SnapshotReason, SnapshotRequest};
pub use crate::characteristic::{AnyCharacteristic, Characteristic};
pub use crate::discovery::Reach;
pub use crate::server::{Builder, Changes, Handle, NotStored, Server, StartError, Stored};
pub use crate::session::{SessionId, WriteContext};
pub use crate::status::Status;
