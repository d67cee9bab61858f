//! Requests to bytes, bytes to responses and events.

use pairing::SessionKeys;
use thiserror::Error;

use super::chunked;
use crate::channel::{Channel, ChannelError};
use crate::text::push;

/// Bytes of one message at most: `/accessories` of a full bridge fits by far.
const LONGEST: usize = 16 * 1024 * 1024;

/// Header lines of an answer; accessories send a handful.
const HEADERS: usize = 32;

/// The controller's end of a connection, without its socket.
#[derive(Default)]
pub struct Wire {
    channel: Option<Channel>,
    sealed: Vec<u8>,
    text: Vec<u8>,
}

/// What an accessory sends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// The answer to the oldest open request.
    Response(Response),
    /// An event: its JSON.
    Event(Vec<u8>),
}

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// The type of the body, empty without one.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The accessory breaks the protocol: close the connection.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum WireError {
    /// A frame does not open.
    #[error("the accessory's frames do not open: {0}")]
    Frame(String),
    /// Not HTTP.
    #[error("the accessory's answer is not HTTP: {0}")]
    Http(String),
}

impl From<ChannelError> for WireError {
    fn from(error: ChannelError) -> Self {
        Self::Frame(error.to_string())
    }
}

impl Wire {
    /// A connection in clear.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything from here on is sealed with these keys.
    pub fn secure(&mut self, keys: &SessionKeys) {
        self.channel = Some(Channel::controller(keys));
    }

    /// A request as it goes over the wire; `body` with its type.
    pub fn request(&mut self, method: &str, target: &str, body: Option<(&str, &[u8])>) -> Result<Vec<u8>, WireError> {
        let mut text = Vec::with_capacity(128);
        push(&mut text, format_args!("{method} {target} HTTP/1.1\r\nHost: accessory\r\n"));
        match body {
            Some((kind, body)) => {
                push(&mut text, format_args!("Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len()));
                text.extend_from_slice(body);
            }
            None => text.extend_from_slice(b"\r\n"),
        }
        self.send(&text)
    }

    /// Any bytes as they go over the wire: sealed if there is a session.
    pub fn send(&mut self, text: &[u8]) -> Result<Vec<u8>, WireError> {
        let Some(channel) = &mut self.channel else { return Ok(text.to_vec()) };
        let mut sealed = Vec::new();
        channel.seal(text, &mut sealed)?;
        Ok(sealed)
    }

    /// Bytes from the accessory.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        match &mut self.channel {
            None => self.text.extend_from_slice(bytes),
            Some(channel) => {
                self.sealed.extend_from_slice(bytes);
                channel.open(&mut self.sealed, &mut self.text)?;
            }
        }
        if self.text.len() > LONGEST { Err(WireError::Http("a message without end".to_owned())) } else { Ok(()) }
    }

    /// The next complete message.
    pub fn message(&mut self) -> Result<Option<Message>, WireError> {
        let Some((message, taken)) = parse(&self.text)? else { return Ok(None) };
        self.text.drain(..taken);
        Ok(Some(message))
    }
}

fn parse(text: &[u8]) -> Result<Option<(Message, usize)>, WireError> {
    const EVENT: &[u8] = b"EVENT/1.0";
    let http = |error: httparse::Error| WireError::Http(error.to_string());
    // An event is an HTTP response but for the first word, which `httparse` does not know.
    let event = text.starts_with(EVENT);
    let (skipped, rest) = match text.iter().position(|byte| *byte == b'\n') {
        Some(end) if event => (end.saturating_add(1), text.get(end.saturating_add(1)..).unwrap_or_default()),
        None if event || EVENT.starts_with(text) => return Ok(None),
        _ => (0, text),
    };
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let (head, status, reason) = if event {
        match httparse::parse_headers(rest, &mut headers).map_err(http)? {
            httparse::Status::Complete((head, _)) => (head, 200, String::new()),
            httparse::Status::Partial => return Ok(None),
        }
    } else {
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(rest).map_err(http)? {
            httparse::Status::Complete(head) => {
                (head, response.code.unwrap_or_default(), response.reason.unwrap_or_default().to_owned())
            }
            httparse::Status::Partial => return Ok(None),
        }
    };
    let value = |name: &str| {
        let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| String::from_utf8_lossy(header.value).into_owned())
    };
    let start = skipped.saturating_add(head);
    let rest = text.get(start..).unwrap_or_default();
    let (body, length) = match value("transfer-encoding") {
        // It says more than a length beside it would (RFC 9112 §6.3).
        Some(coding) if coding.eq_ignore_ascii_case("chunked") => match chunked::body(rest)? {
            Some(whole) => whole,
            None => return Ok(None),
        },
        Some(coding) => return Err(WireError::Http(format!("a Transfer-Encoding of {coding:?}"))),
        None => {
            let length = match value("content-length") {
                Some(text) => text.parse().map_err(|_| WireError::Http(format!("a Content-Length of {text:?}")))?,
                None => 0_usize,
            };
            let Some(body) = rest.get(..length) else { return Ok(None) };
            (body.to_vec(), length)
        }
    };
    let end = start.saturating_add(length);
    let message = if event {
        Message::Event(body)
    } else {
        Message::Response(Response { status, reason, content_type: value("content-type").unwrap_or_default(), body })
    };
    Ok(Some((message, end)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n\
        EVENT/1.0 200 OK\r\nContent-Type: application/hap+json\r\nContent-Length: 2\r\n\r\n{}\
        HTTP/1.1 200 OK\r\nContent-Type: application/pairing+tlv8\r\nTransfer-Encoding: chunked\r\n\r\n\
        2\r\nde\r\n1\r\nf\r\n0\r\n\r\n\
        HTTP/1.1 207 Multi-Status\r\ncontent-length: 3\r\nContent-Type: application/hap+json\r\n\r\nabc";

    #[test]
    fn responses_and_events_come_out_in_order() {
        let mut wire = Wire::new();
        wire.receive(STREAM).unwrap();
        let response = |status, reason: &str, content_type: &str, body: &[u8]| {
            Some(Message::Response(Response {
                status,
                reason: reason.to_owned(),
                content_type: content_type.to_owned(),
                body: body.to_vec(),
            }))
        };
        assert_eq!(wire.message().unwrap(), response(204, "No Content", "", b""));
        assert_eq!(wire.message().unwrap(), Some(Message::Event(b"{}".to_vec())));
        assert_eq!(wire.message().unwrap(), response(200, "OK", "application/pairing+tlv8", b"def"));
        assert_eq!(wire.message().unwrap(), response(207, "Multi-Status", "application/hap+json", b"abc"));
        assert_eq!(wire.message().unwrap(), None);
    }

    proptest! {
        #[test]
        fn messages_come_out_alike_however_their_bytes_arrive(cuts in proptest::collection::vec(1_usize..30, 1..20)) {
            let (mut whole, mut pieces) = (Wire::new(), Wire::new());
            whole.receive(STREAM).unwrap();
            let expected: Vec<_> = std::iter::from_fn(|| whole.message().unwrap()).collect();
            let (mut rest, mut cuts, mut messages) = (STREAM, cuts.iter().cycle(), Vec::new());
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                pieces.receive(piece).unwrap();
                messages.extend(std::iter::from_fn(|| pieces.message().unwrap()));
                rest = tail;
            }
            prop_assert_eq!(messages, expected);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            let mut wire = Wire::new();
            wire.receive(&bytes).unwrap();
            let _ = wire.message();
        }
    }
}
