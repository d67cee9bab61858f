//! `[[webhook]]`: who else is told.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A receiver.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    /// Where it listens.
    pub url: HttpUrl,
    /// The file that holds the secret which it shares with us.
    pub secret_file: PathBuf,
    /// What it is told; all when absent.
    #[serde(default = "all")]
    pub events: Vec<WebhookEvent>,
}

/// What can be told.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WebhookEvent {
    /// The button was pressed, or a gate does something else than before.
    Movement,
    /// A request was refused, given up, or failed.
    Refused,
    /// A gate was left open, or no longer is.
    LeftOpen,
    /// Something is wrong with a gate, or no longer is.
    Fault,
}

fn all() -> Vec<WebhookEvent> {
    vec![WebhookEvent::Movement, WebhookEvent::Refused, WebhookEvent::LeftOpen, WebhookEvent::Fault]
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Movement => "movement",
            Self::Refused => "refused",
            Self::LeftOpen => "left-open",
            Self::Fault => "fault",
        })
    }
}

/// An address that begins with `http://`, of a machine in this network.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "String")]
pub(crate) struct HttpUrl(String);

impl HttpUrl {
    /// All of it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The host with its port: what may stand in a log.
    pub(crate) fn host(&self) -> &str {
        let rest = self.0.strip_prefix(SCHEME).unwrap_or_default();
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    }
}

const SCHEME: &str = "http://";

/// Characters of an address at most, as many as most servers take.
const LONGEST: usize = 2000;

/// Why an address is of no use.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(crate) enum UrlError {
    #[error(
        "https is not spoken here: it would make this program a third larger; what is sent is signed all the same. \
         Send it by http to a machine in your network"
    )]
    Https,
    #[error("not an address: write it like \"http://192.168.1.5:8123/api/webhook/gate\"")]
    Unfit,
    #[error("a name or password has no place in the address: what is sent is signed with the secret")]
    Credentials,
}

impl TryFrom<String> for HttpUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        if text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) {
            return Err(UrlError::Https);
        }
        let is_fit =
            text.starts_with(SCHEME) && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        let url = Self(text);
        match url.host() {
            host if host.contains('@') => Err(UrlError::Credentials),
            host if is_fit && !host.is_empty() && !host.starts_with(':') && is_port(host) => Ok(url),
            _ => Err(UrlError::Unfit),
        }
    }
}

/// Whether what stands behind the host's colon, if anything does, is a port.
fn is_port(host: &str) -> bool {
    let name = host.strip_prefix('[').map_or(host, |rest| rest.split_once(']').map_or("x:x", |(_, port)| port));
    name.split_once(':').is_none_or(|(_, port)| port.parse::<u16>().is_ok_and(|port| port > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<HttpUrl, UrlError> {
        HttpUrl::try_from(text.to_owned())
    }

    #[test]
    fn an_address_begins_with_http_and_has_a_host() {
        for (text, host) in [
            ("http://192.168.1.5:8123/api/webhook/gate", "192.168.1.5:8123"),
            ("http://hub.local/x?y=z", "hub.local"),
            ("http://[fe80::1]:80/", "[fe80::1]:80"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(url(text).unwrap().host(), host);
        }
        for text in [
            "",
            "hub.local",
            "ftp://hub",
            "http://",
            "http:///x",
            "http://:80/",
            "http://h:x/",
            "http://h:0",
            "http://a b/",
        ] {
            assert!(matches!(url(text), Err(UrlError::Unfit)), "{text}");
        }
    }

    #[test]
    fn https_and_passwords_are_refused_in_words() {
        assert!(matches!(url("https://hub.local/"), Err(UrlError::Https)));
        assert!(matches!(url("HTTPS://hub.local/"), Err(UrlError::Https)));
        assert!(matches!(url("http://user:secret@hub.local/"), Err(UrlError::Credentials)));
    }
}
