//! The words of the local API, for the commands of a program that was built without it.

mod token;
mod wire;

pub(crate) use self::token::{Token, TokenError};
pub(crate) use self::wire::{Answer, Controller, Done, GateState, Problem, Rename, Status};
