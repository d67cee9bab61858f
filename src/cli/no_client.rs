//! In place of the way to the running daemon, in a program that was built without the local API.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::cli::error::CommandError;
use crate::config::Config;

/// There is no way.
pub(super) struct Client;

/// Why the daemon gave no answer.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// There is nothing to ask it by.
    #[error(
        "this program was built without the local API, by which commands ask the running daemon: build it with the \
         feature \"api\"; to change the controllers, it is enough to stop the daemon"
    )]
    NotBuilt,
    /// Nobody listens.
    #[error("no daemon answers")]
    NoDaemon {},
    /// It answered, and did not do it.
    #[error("{detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why, in words.
        detail: String,
    },
}

impl Client {
    pub(super) fn new(_: &Config) -> Result<Self, CommandError> {
        Err(ClientError::NotBuilt.into())
    }

    pub(super) fn page(&self) -> String {
        String::new()
    }

    pub(super) fn get<T: DeserializeOwned>(&self, _: &[&str]) -> Result<T, ClientError> {
        Err(ClientError::NotBuilt)
    }

    pub(super) fn get_with<T: DeserializeOwned>(&self, _: &[&str], _: &[(&str, &str)]) -> Result<T, ClientError> {
        Err(ClientError::NotBuilt)
    }

    pub(super) fn put<T: DeserializeOwned>(&self, _: &[&str], _: &impl Serialize) -> Result<T, ClientError> {
        Err(ClientError::NotBuilt)
    }

    pub(super) fn post<T: DeserializeOwned>(&self, _: &[&str]) -> Result<T, ClientError> {
        Err(ClientError::NotBuilt)
    }

    pub(super) fn delete(&self, _: &[&str]) -> Result<(), ClientError> {
        Err(ClientError::NotBuilt)
    }
}
