//! Asking the running daemon over its local API.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use ureq::http::header::RETRY_AFTER;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use crate::api::{Problem, Token};
use crate::cli::error::CommandError;
use crate::config::Config;

/// The daemon answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a question is asked at most, where too many ask at once.
const TURNS: u32 = 5;

/// What the history calls us.
const CALLER: &str = concat!("portcullis/", env!("CARGO_PKG_VERSION"));

/// The local API of the daemon that the configuration describes.
pub(super) struct Client {
    agent: Agent,
    address: SocketAddr,
    token: Option<Token>,
}

/// Why the daemon gave no good answer.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// Nobody listens.
    #[error(
        "no daemon answers at {address} ({reason}): start it with: portcullis run, or sudo systemctl start portcullis; \
         what is in its way says: portcullis doctor"
    )]
    NoDaemon {
        /// The address of the local API.
        address: SocketAddr,
        /// What happened.
        reason: String,
    },
    /// It answered, and did not do it.
    #[error("{detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why, in words.
        detail: String,
    },
    /// Too many ask it, whatever they ask.
    #[error("{0}")]
    TooOften(String),
    /// It is something else that listens there.
    #[error("what answers at {address} is not this daemon ({reason}): see [api] listen in the configuration")]
    Stranger {
        /// The address of the local API.
        address: SocketAddr,
        /// What is wrong with the answer.
        reason: String,
    },
}

impl Client {
    /// Reads the token, if the configuration names one; asks nobody yet.
    pub(super) fn new(config: &Config) -> Result<Self, CommandError> {
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .proxy(None)
            .user_agent(CALLER)
            .build();
        let token = config.api.token_file.as_deref().map(Token::read).transpose()?;
        let mut address = config.api.listen;
        // All addresses of this machine: loopback is one of them.
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                std::net::Ipv4Addr::LOCALHOST.into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        Ok(Self { agent: agent.into(), address, token })
    }

    /// The address of the page, for a browser on this machine.
    pub(super) fn page(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// `GET /api/v1/…`
    pub(super) fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, ClientError> {
        self.get_with(path, &[])
    }

    /// `GET /api/v1/…?…`. Where many ask at once, it waits for its turn.
    pub(super) fn get_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ClientError> {
        let mut turns = 0;
        let answer = loop {
            let mut request = self.agent.get(self.url(path)).query_pairs(query.iter().copied());
            if let Some(token) = &self.token {
                request = request.header("Authorization", token.header());
            }
            let answer = request.call();
            turns += 1;
            match answer.as_ref().ok().and_then(turn).filter(|_| turns < TURNS) {
                Some(wait) => std::thread::sleep(wait),
                None => break answer,
            }
        };
        self.parse(&self.text(answer)?)
    }

    /// `PUT /api/v1/…` of JSON.
    pub(super) fn put<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T, ClientError> {
        let mut request = self.agent.put(self.url(path)).content_type("application/json");
        if let Some(token) = &self.token {
            request = request.header("Authorization", token.header());
        }
        let body = serde_json::to_vec(body).map_err(|error| self.stranger(error.to_string()))?;
        self.parse(&self.text(request.send(&body))?)
    }

    /// `POST /api/v1/…`
    pub(super) fn post<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, ClientError> {
        let mut request = self.agent.post(self.url(path));
        if let Some(token) = &self.token {
            request = request.header("Authorization", token.header());
        }
        self.parse(&self.text(request.send_empty())?)
    }

    /// `DELETE /api/v1/…`
    pub(super) fn delete(&self, path: &[&str]) -> Result<(), ClientError> {
        let mut request = self.agent.delete(self.url(path));
        if let Some(token) = &self.token {
            request = request.header("Authorization", token.header());
        }
        self.text(request.call()).map(drop)
    }

    fn url(&self, path: &[&str]) -> String {
        let path: String = path.iter().map(|part| format!("/{}", escape(part))).collect();
        format!("http://{}/api/v1{path}", self.address)
    }

    fn text(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<String, ClientError> {
        let no_daemon = |error: ureq::Error| ClientError::NoDaemon { address: self.address, reason: error.to_string() };
        let mut answer = answer.map_err(no_daemon)?;
        let status = answer.status();
        // The gate's own refusal says in words how long to wait.
        let is_too_often = status == StatusCode::TOO_MANY_REQUESTS && answer.headers().contains_key(RETRY_AFTER);
        let text = answer.body_mut().read_to_string().map_err(no_daemon)?;
        if status.is_success() {
            return Ok(text);
        }
        match serde_json::from_str::<Problem>(&text) {
            Ok(problem) if is_too_often => Err(ClientError::TooOften(problem.detail)),
            Ok(problem) => Err(ClientError::Refused { status: status.as_u16(), detail: problem.detail }),
            Err(_) => Err(self.stranger(format!("HTTP {status}"))),
        }
    }

    fn parse<T: DeserializeOwned>(&self, text: &str) -> Result<T, ClientError> {
        serde_json::from_str(text).map_err(|error| self.stranger(error.to_string()))
    }

    fn stranger(&self, reason: String) -> ClientError {
        ClientError::Stranger { address: self.address, reason }
    }
}

/// How long to wait before asking again, when the answer is that too many asked within a second. Who sent wrong tokens would
/// have to wait longer, and is told so instead.
fn turn(answer: &Response<Body>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    (answer.status() == StatusCode::TOO_MANY_REQUESTS && seconds <= 1).then(|| Duration::from_secs(seconds))
}

/// A part of a path, as it stands in a URL: names of gates have spaces, ids of controllers anything.
fn escape(part: &str) -> String {
    let mut escaped = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_slashes_stays_one_part_of_the_path() {
        assert_eq!(escape("Grandma's Gate"), "Grandma%27s%20Gate");
        assert_eq!(escape("a/b?c"), "a%2Fb%3Fc");
        assert_eq!(escape("Tür"), "T%C3%BCr");
    }
}
