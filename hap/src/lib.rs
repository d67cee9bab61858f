//! A HomeKit accessory server.
#![forbid(unsafe_code)]

mod accessory;
pub mod catalogue;
mod channel;
mod characteristic;
mod connection;
#[cfg(feature = "controller")]
pub mod controller;
mod database;
pub mod definition;
mod discovery;
mod events;
mod host;
mod http;
mod ids;
pub mod limits;
mod routes;
mod server;
mod session;
mod status;
mod sync;
pub mod value;

pub use pairing::{ControllerId, DeviceId, Pairing, Permissions, SetupCode, SetupId, store};

pub use crate::accessory::{Accessory, Category, Information, Service};
pub use crate::characteristic::{AnyCharacteristic, Characteristic};
pub use crate::database::DatabaseError;
pub use crate::server::{Builder, Handle, NotStored, Server, StartError, Stored};
pub use crate::session::{SessionId, WriteContext};
pub use crate::status::Status;
