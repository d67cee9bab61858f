//! `/characteristics`: reads and writes (HAP §10).

pub(crate) mod get;
pub(crate) mod put;

pub(crate) use self::get::{Question, Reads};
pub(crate) use self::put::Writes;
