//! One connection of a [`Home`], driven as the server drives it.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::{Home, session_keys};
use crate::connection::{Connection, Effect};
use crate::controller::{Message, Wire};
use crate::events::Wake;
use crate::handlers;
use crate::session::SessionId;

/// Turns that the handlers of one request may take.
const TURNS: usize = 100_000;

/// One session: the accessory's end, and the controller's.
pub struct Line {
    connection: Connection,
    wire: Wire,
    /// What went to the controller and was not read. The socket, so to say.
    sent: Vec<u8>,
}

impl Line {
    pub(super) fn session(id: u64, home: &mut Home, wake: Wake) -> Self {
        let keys = session_keys();
        let mut connection = Connection::new(SessionId(id), wake, home.now);
        connection.verified(&home.host, &pairing::Session { controller: home.admin_id(), keys: keys.clone() });
        let mut wire = Wire::new();
        wire.secure(&keys);
        Self { connection, wire, sent: Vec::with_capacity(16 * 1024) }
    }

    /// What the controller sends for `text`.
    #[must_use]
    pub fn seal(&mut self, text: &[u8]) -> Vec<u8> {
        self.wire.send(text).expect("fewer than 2^64 frames")
    }

    /// The accessory gets bytes, and does all there is to do.
    pub fn receive(&mut self, home: &mut Home, bytes: &[u8]) {
        self.connection.receive(bytes, home.now);
        self.drive(home);
    }

    /// The accessory does what there is to do.
    pub fn drive(&mut self, home: &mut Home) {
        loop {
            let effect = self.connection.poll(&mut home.host, home.now, &mut home.rng);
            let outgoing = self.connection.outgoing();
            let sent = !outgoing.is_empty();
            self.sent.extend_from_slice(outgoing);
            outgoing.clear();
            match effect {
                None if sent => {}
                None => return,
                Some(Effect::Write(mut writes)) => {
                    now(handlers::call(&mut writes, std::future::pending()));
                    self.connection.written(&home.host, writes);
                }
                Some(Effect::Read(mut reads)) => {
                    now(handlers::ask(&mut reads, std::future::pending, std::future::pending()));
                    self.connection.read(&home.host, reads);
                }
                Some(_) => panic!("nothing else is measured"),
            }
        }
    }

    /// The answer or event that the controller got: its status and body; 0 for an event.
    pub fn heard(&mut self) -> (u16, Vec<u8>) {
        self.wire.receive(&self.sent).expect("frames that open");
        self.sent.clear();
        match self.wire.message().expect("HTTP").expect("a message") {
            Message::Response(answer) => (answer.status, answer.body),
            Message::Event(body) => (0, body),
        }
    }

    /// Whether anything was sent that was not read.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.sent.is_empty()
    }
}

/// The outcome of a future that waits for nothing, and lets others have their turn.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..TURNS {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("a handler that is ready waits")
}
