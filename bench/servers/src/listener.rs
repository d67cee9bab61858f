//! A session whose messages are timed until they have come: what the controller needs to open them is not the server's.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use getrandom::SysRng;
use hap::controller::{Accessory, Identity, Message, PairVerify, Response, Wire};
use rand_core::UnwrapErr;

use crate::Failure;

const TLV8: &str = "application/pairing+tlv8";

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Such a session.
pub(crate) struct Listener {
    stream: TcpStream,
    wire: Wire,
    /// What has come and is not opened yet.
    taken: Vec<u8>,
}

impl Listener {
    /// Connects and verifies.
    pub(crate) fn start(address: SocketAddr, me: &Identity, accessory: &Accessory) -> Result<Self, Failure> {
        let mut this = Self { stream: TcpStream::connect(address)?, wire: Wire::new(), taken: Vec::new() };
        this.stream.set_nodelay(true)?;
        this.stream.set_read_timeout(Some(PATIENCE))?;
        let (verify, m1) = PairVerify::start(me, accessory, &mut UnwrapErr(SysRng));
        let m2 = this.ask("POST", "/pair-verify", Some((TLV8, &m1)))?.0;
        let (signature, m3) = verify.m2(&m2.body)?;
        let m4 = this.ask("POST", "/pair-verify", Some((TLV8, &m3)))?.0;
        let keys = signature.m4(&m4.body)?;
        this.wire.secure(&keys);
        Ok(this)
    }

    /// Sends a request; its body with its type.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<(), Failure> {
        let request = self.wire.request(method, path, body)?;
        Ok(self.stream.write_all(&request)?)
    }

    /// Waits until a message of this length has come.
    pub(crate) fn take(&mut self, length: usize) -> Result<(), Failure> {
        self.taken.resize(length, 0);
        Ok(self.stream.read_exact(&mut self.taken)?)
    }

    /// Opens what was taken.
    pub(crate) fn open(&mut self) -> Result<Message, Failure> {
        self.wire.receive(&self.taken)?;
        Ok(self.wire.message()?.ok_or("a message is longer than the one before")?)
    }

    /// The next message, and how many bytes it had as it came: others of its kind have as many.
    pub(crate) fn message(&mut self) -> Result<(Message, usize), Failure> {
        let (mut buffer, mut length) = ([0; 4096], 0);
        loop {
            if let Some(message) = self.wire.message()? {
                return Ok((message, length));
            }
            let came = self.stream.read(&mut buffer)?;
            let came = buffer.get(..came).filter(|came| !came.is_empty()).ok_or("the connection closed")?;
            length += came.len();
            self.wire.receive(came)?;
        }
    }

    /// The answer to a request, and how many bytes it had as it came.
    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<(Response, usize), Failure> {
        self.send(method, path, body)?;
        match self.message()? {
            (Message::Response(response), length) => Ok((response, length)),
            (Message::Event(_), _) => Err("an event that nobody asked for".into()),
        }
    }
}
