//! `/characteristics`: reads and writes (HAP §10).

pub(crate) mod get;
pub(crate) mod put;
mod room;

pub(crate) use self::get::{Question, Reads};
pub(crate) use self::put::Writes;
pub(crate) use self::room::TooLarge;
