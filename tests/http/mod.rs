//! HTTP as scripts and browsers speak it, byte for byte.

#![allow(dead_code, reason = "every test uses another part of it")]

use std::fs::{self, Permissions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

/// Longer than the longest pulse, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Writes a file with a secret, as an owner should.
pub(crate) fn secret(path: &Path, text: &str) {
    fs::write(path, format!("{text}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// The first header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// One request in HTTP/1.1, byte for byte what a script sends; `headers` replace or go beside the usual ones.
pub(crate) fn ask(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request.push_str(&format!("Host: {address}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    tell(address, format!("{request}\r\n").as_bytes()).unwrap_or_else(|error| panic!("{method} {target}: {error}"))
}

/// Asks the gate again and again, until it is not refused for the moment: on a busy machine a relay may be late.
pub(crate) fn granted(address: SocketAddr, request: &str) {
    loop {
        let answer = ask(address, "POST", &format!("/api/v1/gates/Gate/{request}"), &[]);
        match answer.status {
            200 => return,
            409 | 429 | 500 | 503 => {}
            _ => panic!("{request}: {}", answer.body),
        }
    }
}

/// What answers to these bytes.
pub(crate) fn tell(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;

    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| io::Error::other(format!("no head: {answer:?}")))?;
    let (status, rest) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = status.strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
    let headers = rest.lines().map(|line| line.split_once(": ").unwrap());
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    Ok(Answer { status, headers, body: body.to_owned() })
}

/// An event stream.
pub(crate) struct Events {
    lines: BufReader<TcpStream>,
}

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl Events {
    /// Opens it, from behind the event of this id; a stream that is refused is told by its status.
    pub(crate) fn open(address: SocketAddr, last_seen: Option<&str>) -> Result<Self, u16> {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let last = last_seen.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\n{last}\r\n").unwrap();
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(lines.read_line(&mut head).unwrap(), 0, "no head: {head}");
        }
        let status: u16 = head[9..12].parse().unwrap();
        if status != 200 {
            return Err(status);
        }
        assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
        assert!(head.contains("cache-control: no-store\r\n"), "{head}");
        Ok(Self { lines })
    }

    /// The next event; beats are passed over.
    pub(crate) fn next(&mut self) -> Event {
        loop {
            let event = self.any();
            if event.name != "beat" {
                return event;
            }
        }
    }

    /// The next event of this name.
    pub(crate) fn until(&mut self, name: &str) -> Event {
        loop {
            let event = self.any();
            if event.name == name {
                return event;
            }
        }
    }

    /// The next event, be it a beat.
    pub(crate) fn any(&mut self) -> Event {
        let mut event = Event { id: String::new(), name: String::new(), data: Value::Null };
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the stream ended");
            match line.trim_end().split_once(": ") {
                // The sizes of chunks stand in lines of their own, and an empty one behind each.
                None if !event.data.is_null() && line == "\n" => return event,
                None => {}
                Some(("id", id)) => event.id = id.to_owned(),
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                Some(("retry", _)) => {}
                Some(other) => panic!("{other:?}"),
            }
        }
    }
}
