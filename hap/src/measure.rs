//! What the benchmarks and the instruction counts run: the server's inner parts, without sockets.
//!
//! Not a part of the library: it is there with the feature `measuring`, and may change at any time.
#![allow(clippy::expect_used, clippy::panic, clippy::missing_panics_doc, reason = "what is measured must work")]

mod home;
mod line;

pub use self::home::{Home, Size};
pub use self::line::Line;

use pairing::SessionKeys;

use crate::channel::Channel;
use crate::http::{Bounds, Scan};

/// Whether `text` begins with a whole request of a session.
#[must_use]
pub fn parse_request(text: &[u8]) -> bool {
    matches!(Scan::default().request(text, Bounds::SESSION), Ok(Some(_)))
}

/// Both ends of a session's frames.
pub struct Frames {
    accessory: Channel,
    controller: Channel,
    wire: Vec<u8>,
    plain: Vec<u8>,
}

impl Frames {
    /// Ends that speak to each other.
    #[must_use]
    pub fn new() -> Self {
        let keys = session_keys();
        Self {
            accessory: Channel::accessory(&keys),
            controller: Channel::controller(&keys),
            wire: Vec::with_capacity(64 * 1024),
            plain: Vec::with_capacity(64 * 1024),
        }
    }

    /// The accessory seals `plain`.
    pub fn seal(&mut self, plain: &[u8]) {
        self.wire.clear();
        self.accessory.seal(plain, &mut self.wire).expect("fewer than 2^64 frames");
    }

    /// What the controller sends for `plain`.
    #[must_use]
    pub fn sealed(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut wire = Vec::new();
        self.controller.seal(plain, &mut wire).expect("fewer than 2^64 frames");
        wire
    }

    /// The accessory opens it.
    pub fn open(&mut self, mut wire: Vec<u8>) -> usize {
        self.plain.clear();
        self.accessory.open(&mut wire, &mut self.plain).expect("sealed with the key it is opened with");
        self.plain.len()
    }
}

impl Default for Frames {
    fn default() -> Self {
        Self::new()
    }
}

fn session_keys() -> SessionKeys {
    SessionKeys { accessory_to_controller: [1; 32].into(), controller_to_accessory: [2; 32].into() }
}
