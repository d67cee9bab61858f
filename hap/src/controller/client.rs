//! A controller on a blocking socket.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use getrandom::SysRng;
use pairing::{SessionKeys, SetupCode};
use rand_core::UnwrapErr;
use thiserror::Error;

use super::{Accessory, Identity, Message, PairSetup, PairVerify, ProcedureError, Response, Wire, WireError};

/// How long an answer may take: longer than the protocol gives the accessory.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes that are read at once: the database of a large bridge comes in a few pieces.
const READ: usize = 64 * 1024;

const TLV8: &str = "application/pairing+tlv8";
const JSON: &str = "application/hap+json";

/// A controller's connection to one accessory.
pub struct Client {
    stream: TcpStream,
    wire: Wire,
    events: VecDeque<Vec<u8>>,
    /// What is read at once.
    buffer: Box<[u8]>,
}

/// Why a request got no good answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The network, or the accessory closed the connection.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The accessory breaks the protocol.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A pairing procedure failed.
    #[error(transparent)]
    Procedure(#[from] ProcedureError),
    /// A pairing message was answered with this HTTP status.
    #[error("the accessory answered with status {0}")]
    Status(u16),
}

impl Client {
    /// Connects, in clear.
    pub fn connect(address: SocketAddr) -> Result<Self, ClientError> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, wire: Wire::new(), events: VecDeque::new(), buffer: vec![0; READ].into() })
    }

    /// Pair Setup.
    pub fn pair(&mut self, code: &SetupCode, identity: &Identity) -> Result<Accessory, ClientError> {
        let (setup, m1) = PairSetup::start(code, identity, &mut UnwrapErr(SysRng));
        let (proof, m3) = setup.m2(&self.pairing("/pair-setup", &m1)?)?;
        let (exchange, m5) = proof.m4(&self.pairing("/pair-setup", &m3)?)?;
        Ok(exchange.m6(&self.pairing("/pair-setup", &m5)?)?)
    }

    /// Pair Verify; everything after it is sealed.
    pub fn verify(&mut self, identity: &Identity, accessory: &Accessory) -> Result<(), ClientError> {
        let (verify, m1) = PairVerify::start(identity, accessory, &mut UnwrapErr(SysRng));
        let (signature, m3) = verify.m2(&self.pairing("/pair-verify", &m1)?)?;
        let keys = signature.m4(&self.pairing("/pair-verify", &m3)?)?;
        self.secure(&keys);
        Ok(())
    }

    /// From now on everything is sealed with these keys: those of a [`PairVerify`] whose messages went through
    /// [`pairing`](Self::pairing).
    pub fn secure(&mut self, keys: &SessionKeys) {
        self.wire.secure(keys);
    }

    /// A pairing message; its answer's body, if the status was 200.
    pub fn pairing(&mut self, path: &str, body: &[u8]) -> Result<Vec<u8>, ClientError> {
        let response = self.request("POST", path, Some((TLV8, body)))?;
        if response.status == 200 { Ok(response.body) } else { Err(ClientError::Status(response.status)) }
    }

    /// `GET`
    pub fn get(&mut self, target: &str) -> Result<Response, ClientError> {
        self.request("GET", target, None)
    }

    /// `PUT` of JSON.
    pub fn put(&mut self, path: &str, json: &str) -> Result<Response, ClientError> {
        self.request("PUT", path, Some((JSON, json.as_bytes())))
    }

    /// Any request. Events that come before its answer wait for [`event`](Self::event).
    pub fn request(
        &mut self,
        method: &str,
        target: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<Response, ClientError> {
        let bytes = self.wire.request(method, target, body)?;
        self.stream.write_all(&bytes)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.message(deadline)? {
                Message::Response(response) => return Ok(response),
                Message::Event(json) => self.events.push_back(json),
            }
        }
    }

    /// Sends bytes as they are, sealed if verified, and waits for nothing.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let bytes = self.wire.send(bytes)?;
        Ok(self.stream.write_all(&bytes)?)
    }

    /// The next message, whatever it is; [`io::ErrorKind::WouldBlock`] or `TimedOut` when none came in time.
    pub fn next(&mut self, patience: Duration) -> Result<Message, ClientError> {
        self.message(Instant::now() + patience)
    }

    /// The JSON of the next event; `None` when none came in time.
    pub fn event(&mut self, patience: Duration) -> Result<Option<String>, ClientError> {
        let json = match self.events.pop_front() {
            Some(json) => json,
            None => match self.next(patience) {
                Ok(Message::Event(json)) => json,
                Ok(Message::Response(_)) => return Err(WireError::Http("an answer nobody asked for".to_owned()).into()),
                Err(ClientError::Io(error))
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            },
        };
        Ok(Some(String::from_utf8_lossy(&json).into_owned()))
    }

    fn message(&mut self, deadline: Instant) -> Result<Message, ClientError> {
        loop {
            if let Some(message) = self.wire.message()? {
                return Ok(message);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            // Zero would mean no limit at all.
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            match self.stream.read(&mut self.buffer) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(length) => self.wire.receive(self.buffer.get(..length).unwrap_or_default())?,
                // The process was stopped and goes on.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
