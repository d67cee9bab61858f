//! A controller over TCP.

use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::time::Duration;

use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use getrandom::SysRng;
use hap::controller::{Accessory, Identity, Message, PairSetup, PairVerify, ProcedureError, Wire};
use hap::{ControllerId, SetupCode};
use pairing::{ErrorCode, SessionKeys};
use rand_core::UnwrapErr;
use serde_json::{Value, json};
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A controller and what it knows of the accessory.
pub(crate) struct Controller {
    pub(crate) identity: Identity,
    pub(crate) accessory: Option<Accessory>,
}

impl Controller {
    pub(crate) fn new(name: &str) -> Self {
        let identity = Identity::random(ControllerId::try_from(name).unwrap(), &mut UnwrapErr(SysRng));
        Self { identity, accessory: None }
    }

    /// Pairs, and verifies on the same connection.
    pub(crate) async fn pair(&mut self, address: SocketAddr, code: &SetupCode) -> Session {
        let mut session = self.pair_only(address, code).await;
        self.verify_on(&mut session).await.unwrap();
        session
    }

    /// Pairs, and leaves it at that.
    pub(crate) async fn pair_only(&mut self, address: SocketAddr, code: &SetupCode) -> Session {
        let mut session = Session::connect(address).await;
        self.set_up(&mut session, code).await;
        session
    }

    /// Pair Setup on a connection.
    pub(crate) async fn set_up(&mut self, session: &mut Session, code: &SetupCode) {
        self.try_set_up(session, code).await.unwrap();
    }

    /// Pair Setup on a connection, which may be refused.
    pub(crate) async fn try_set_up(&mut self, session: &mut Session, code: &SetupCode) -> Result<(), ProcedureError> {
        let (setup, m1) = PairSetup::start(code, &self.identity, &mut UnwrapErr(SysRng));
        let (setup, m3) = setup.m2(&session.post("/pair-setup", &m1).await)?;
        let (setup, m5) = setup.m4(&session.post("/pair-setup", &m3).await)?;
        self.accessory = Some(setup.m6(&session.post("/pair-setup", &m5).await)?);
        Ok(())
    }

    /// Opens a session.
    pub(crate) async fn verify(&self, address: SocketAddr) -> Session {
        let mut session = Session::connect(address).await;
        self.verify_on(&mut session).await.unwrap();
        session
    }

    /// Tries to open a session, and says why it was refused.
    pub(crate) async fn refused(&self, address: SocketAddr) -> Option<ErrorCode> {
        match self.verify_on(&mut Session::connect(address).await).await {
            Err(ProcedureError::Refused(code)) => Some(code),
            _ => None,
        }
    }

    pub(crate) async fn verify_on(&self, session: &mut Session) -> Result<(), ProcedureError> {
        let (verify, m1) = PairVerify::start(&self.identity, &self.accessory.unwrap(), &mut UnwrapErr(SysRng));
        let (verify, m3) = verify.m2(&session.post("/pair-verify", &m1).await)?;
        let keys = verify.m4(&session.post("/pair-verify", &m3).await)?;
        session.wire.secure(&keys);
        session.keys = Some(keys);
        Ok(())
    }
}

/// One connection.
pub(crate) struct Session {
    stream: TcpStream,
    wire: Wire,
    /// What the wire seals with, for frames that it would not make.
    keys: Option<SessionKeys>,
    events: VecDeque<Value>,
}

impl Session {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self { stream, wire: Wire::new(), keys: None, events: VecDeque::new() }
    }

    /// Waits for bytes while nothing else on this thread can run; whether some came.
    pub(crate) fn hears_at_once(&self) -> bool {
        let socket = SockRef::from(&self.stream);
        socket.set_nonblocking(false).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let came = socket.peek(&mut [MaybeUninit::uninit()]).is_ok_and(|bytes| bytes > 0);
        socket.set_nonblocking(true).unwrap();
        came
    }

    /// Writes one value; the HAP status of the answer.
    pub(crate) async fn write(&mut self, iid: u64, value: impl Into<Value>) -> i64 {
        self.begin_write(iid, value).await;
        self.written().await
    }

    /// Writes one value without waiting for the answer.
    pub(crate) async fn begin_write(&mut self, iid: u64, value: impl Into<Value>) {
        let value: Value = value.into();
        let body = json!({"characteristics": [{"aid": 1, "iid": iid, "value": value}]}).to_string();
        self.send("PUT", "/characteristics", body.as_bytes()).await;
    }

    /// The HAP status of the answer to a write of one value.
    pub(crate) async fn written(&mut self) -> i64 {
        match self.answer().await {
            (204, _) => 0,
            (207, body) => parse(&body)["characteristics"][0]["status"].as_i64().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn subscribe(&mut self, iid: u64) {
        let body = json!({"characteristics": [{"aid": 1, "iid": iid, "ev": true}]}).to_string();
        self.send("PUT", "/characteristics", body.as_bytes()).await;
        assert_eq!(self.answer().await.0, 204);
    }

    pub(crate) async fn read(&mut self, iid: u64) -> Value {
        self.send("GET", &format!("/characteristics?id=1.{iid}"), b"").await;
        parse(&self.answer().await.1)["characteristics"][0]["value"].take()
    }

    /// The iid of the first characteristic of a type.
    pub(crate) async fn find(&mut self, kind: &str) -> u64 {
        self.send("GET", "/accessories", b"").await;
        let database = parse(&self.answer().await.1);
        let services = database["accessories"][0]["services"].as_array().unwrap();
        let mut all = services.iter().flat_map(|service| service["characteristics"].as_array().unwrap());
        all.find(|characteristic| characteristic["type"] == kind).unwrap()["iid"].as_u64().unwrap()
    }

    /// The body of an answer 200.
    pub(crate) async fn post(&mut self, path: &str, body: &[u8]) -> Vec<u8> {
        self.send("POST", path, body).await;
        let (status, body) = self.answer().await;
        assert_eq!(status, 200, "{path}");
        body
    }

    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &[u8]) {
        // A read has no body, and no length.
        let body = (method != "GET").then_some(("application/octet-stream", body));
        let wire = self.wire.request(method, path, body).unwrap();
        self.stream.write_all(&wire).await.unwrap();
    }

    /// Sends any text: sealed on a session, a frame for each piece.
    pub(crate) async fn send_text(&mut self, pieces: &[&[u8]]) {
        for piece in pieces {
            let wire = self.wire.send(piece).unwrap();
            self.stream.write_all(&wire).await.unwrap();
        }
    }

    /// Sends one frame, as the `counter`th of this session, which may be empty.
    pub(crate) async fn send_frame(&mut self, counter: u64, text: &[u8]) {
        let key = self.keys.as_ref().unwrap().controller_to_accessory.as_bytes();
        let length = u16::try_from(text.len()).unwrap().to_le_bytes();
        let nonce: [u8; 12] = [&[0; 4][..], &counter.to_le_bytes()].concat().try_into().unwrap();
        let payload = Payload { msg: text, aad: &length };
        let sealed = ChaCha20Poly1305::new(key.into()).encrypt(&nonce.into(), payload).unwrap();
        self.stream.write_all(&[&length[..], &sealed].concat()).await.unwrap();
    }

    /// Breaks the connection, as a phone does that has no use for it any more.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Says that nothing more will come, and goes on listening.
    pub(crate) async fn half_close(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Sends bytes as they are, also on a session.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        // Who was refused already may have gone.
        let _ = self.stream.write_all(bytes).await;
    }

    /// The status and body of the next answer; events that come before it are kept.
    pub(crate) async fn answer(&mut self) -> (u16, Vec<u8>) {
        loop {
            match self.message().await.expect("an answer, not the end") {
                Message::Response(response) => return (response.status, response.body),
                Message::Event(json) => self.events.push_back(parse(&json)),
            }
        }
    }

    /// The entries of the next event.
    pub(crate) async fn event(&mut self) -> Value {
        if let Some(mut event) = self.events.pop_front() {
            return event["characteristics"].take();
        }
        match self.message().await {
            Some(Message::Event(json)) => parse(&json)["characteristics"].take(),
            other => panic!("no event but {other:?}"),
        }
    }

    /// Waits for the accessory to close, with nothing said before.
    pub(crate) async fn closed(&mut self) {
        assert_eq!(self.message().await, None);
    }

    /// The next message; `None` at the end of the connection.
    async fn message(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.wire.message().unwrap() {
                return Some(message);
            }
            let mut buffer = [0; 4096];
            // A reset is an end too: the peer may close with something of ours unread.
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.wire.receive(&buffer[..length]).unwrap(),
            }
        }
    }
}

fn parse(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}
