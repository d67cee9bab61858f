//! Sealed frames: what travels on a connection after Pair Verify (HAP §4.6).

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use pairing::SessionKeys;
use thiserror::Error;

/// Plaintext bytes of a frame at most.
pub(crate) const FRAME: usize = 1024;
const LENGTH: usize = 2;
const TAG: usize = 16;

/// Bytes of the frames of a message of this length.
pub(crate) const fn sealed_length(length: usize) -> usize {
    length.saturating_add(length.div_ceil(FRAME).saturating_mul(LENGTH + TAG))
}

/// Both directions of a session.
pub(crate) struct Channel {
    sealer: Sealer,
    opener: Opener,
}

/// The peer does not speak to this session; the connection must close without an answer.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(crate) enum ChannelError {
    #[error("a frame announces {0} bytes; the most is {FRAME}")]
    TooLong(usize),
    #[error("a frame fails authentication")]
    Forged,
    #[error("the frame counter is used up")]
    Exhausted,
}

impl Channel {
    /// The accessory's end.
    pub(crate) fn accessory(keys: &SessionKeys) -> Self {
        Self {
            sealer: Sealer::new(keys.accessory_to_controller.as_bytes()),
            opener: Opener::new(keys.controller_to_accessory.as_bytes()),
        }
    }

    /// The controller's end.
    #[cfg(any(test, feature = "controller"))]
    pub(crate) fn controller(keys: &SessionKeys) -> Self {
        Self {
            sealer: Sealer::new(keys.controller_to_accessory.as_bytes()),
            opener: Opener::new(keys.accessory_to_controller.as_bytes()),
        }
    }

    /// Seals what `wire` holds from `start` on, in as many frames as it needs.
    pub(crate) fn seal_from(&mut self, start: usize, wire: &mut Vec<u8>) -> Result<(), ChannelError> {
        self.sealer.seal_from(start, wire)
    }

    /// Appends `plain` to `wire`, sealed in as many frames as it needs.
    #[cfg(any(test, feature = "controller"))]
    pub(crate) fn seal(&mut self, plain: &[u8], wire: &mut Vec<u8>) -> Result<(), ChannelError> {
        self.sealer.seal(plain, wire)
    }

    /// Opens every complete frame of `wire` into `plain`, and takes it off.
    pub(crate) fn open(&mut self, wire: &mut Vec<u8>, plain: &mut Vec<u8>) -> Result<(), ChannelError> {
        self.opener.open(wire, plain)
    }
}

/// One direction, sending.
pub(crate) struct Sealer {
    cipher: ChaCha20Poly1305,
    counter: u64,
}

impl Sealer {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { cipher: ChaCha20Poly1305::new(key.into()), counter: 0 }
    }

    #[cfg(any(test, feature = "controller"))]
    pub(crate) fn seal(&mut self, plain: &[u8], wire: &mut Vec<u8>) -> Result<(), ChannelError> {
        let start = wire.len();
        wire.extend_from_slice(plain);
        self.seal_from(start, wire)
    }

    /// Seals in place: each piece moves right by what the frames before it need besides, so the last one goes first.
    pub(crate) fn seal_from(&mut self, start: usize, wire: &mut Vec<u8>) -> Result<(), ChannelError> {
        let length = wire.len().saturating_sub(start);
        let frames = length.div_ceil(FRAME);
        // A usize fits into a u64 everywhere.
        let first = self.counter;
        self.counter = first.checked_add(frames as u64).ok_or(ChannelError::Exhausted)?;
        wire.resize(start.saturating_add(sealed_length(length)), 0);
        for nth in (0..frames).rev() {
            let from = start + nth * FRAME;
            let size = (start + length - from).min(FRAME);
            let to = from + nth * (LENGTH + TAG);
            // Every frame behind this one is sealed already and begins behind its end.
            wire.copy_within(from..from + size, to + LENGTH);
            let frame = wire.get_mut(to..to + LENGTH + size + TAG).unwrap_or_default();
            // A frame has at most 1024 bytes.
            let announced = u16::try_from(size).unwrap_or(u16::MAX).to_le_bytes();
            let Some((head, rest)) = frame.split_first_chunk_mut::<LENGTH>() else { continue };
            let Some((body, end)) = rest.split_last_chunk_mut::<TAG>() else { continue };
            *head = announced;
            let nonce = nonce(first + nth as u64);
            let tag = self
                .cipher
                .encrypt_inout_detached(&nonce, &announced, body.into())
                .map_err(|_| ChannelError::Exhausted)?;
            end.copy_from_slice(&tag);
        }
        Ok(())
    }
}

/// One direction, receiving.
pub(crate) struct Opener {
    cipher: ChaCha20Poly1305,
    counter: u64,
}

impl Opener {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { cipher: ChaCha20Poly1305::new(key.into()), counter: 0 }
    }

    pub(crate) fn open(&mut self, wire: &mut Vec<u8>, plain: &mut Vec<u8>) -> Result<(), ChannelError> {
        let mut taken = 0;
        let outcome = loop {
            let rest = wire.get(taken..).unwrap_or_default();
            let Some((length, rest)) = rest.split_first_chunk::<LENGTH>() else { break Ok(()) };
            let size = usize::from(u16::from_le_bytes(*length));
            // Before waiting for the bytes, so that nobody makes us wait for 64 KiB of nothing.
            if size > FRAME {
                break Err(ChannelError::TooLong(size));
            }
            let Some((body, rest)) = rest.split_at_checked(size) else { break Ok(()) };
            let Some(tag) = rest.first_chunk::<TAG>() else { break Ok(()) };
            let start = plain.len();
            plain.extend_from_slice(body);
            let opened = plain.get_mut(start..).unwrap_or_default();
            let nonce = match next_nonce(&mut self.counter) {
                Ok(nonce) => nonce,
                Err(error) => break Err(error),
            };
            let tag = Tag::from(*tag);
            if self.cipher.decrypt_inout_detached(&nonce, length, opened.into(), &tag).is_err() {
                plain.truncate(start);
                break Err(ChannelError::Forged);
            }
            taken += LENGTH + size + TAG;
        };
        wire.drain(..taken);
        outcome
    }
}

fn next_nonce(counter: &mut u64) -> Result<Nonce, ChannelError> {
    let this = nonce(*counter);
    *counter = counter.checked_add(1).ok_or(ChannelError::Exhausted)?;
    Ok(this)
}

/// The nonce of the frame with this number.
fn nonce(counter: u64) -> Nonce {
    (*pairing::crypto::Nonce::counter(counter).as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../tests/vectors/chacha_frames.json")).unwrap()
    }

    fn hex(value: &Value) -> Vec<u8> {
        let text = value.as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    fn key(value: &Value) -> [u8; 32] {
        hex(&value["key"]).try_into().unwrap()
    }

    #[test]
    fn every_frame_of_the_vectors_is_sealed_and_opened_byte_for_byte() {
        for case in vectors()["cases"].as_array().unwrap() {
            let counter = case["counter"].as_u64().unwrap();
            let frames: Vec<u8> = case["frames"].as_array().unwrap().iter().flat_map(hex).collect();
            let plain = hex(&case["plain"]);

            let mut sealer = Sealer { counter, ..Sealer::new(&key(case)) };
            let mut wire = Vec::new();
            sealer.seal(&plain, &mut wire).unwrap();
            assert_eq!(wire, frames, "{}", case["name"]);
            assert_eq!(sealer.counter, case["counter_after"].as_u64().unwrap());

            let mut opener = Opener { counter, ..Opener::new(&key(case)) };
            let mut opened = Vec::new();
            opener.open(&mut wire, &mut opened).unwrap();
            assert_eq!(opened, plain, "{}", case["name"]);
            assert!(wire.is_empty());
        }
    }

    #[test]
    fn a_stream_split_anywhere_opens_to_the_same_bytes() {
        let stream = &vectors()["stream"];
        let mut opener = Opener::new(&key(stream));
        let (mut wire, mut plain) = (Vec::new(), Vec::new());
        for piece in stream["pieces"].as_array().unwrap() {
            wire.extend(hex(piece));
            opener.open(&mut wire, &mut plain).unwrap();
        }
        assert_eq!(plain, hex(&stream["plain"]));
        assert_eq!(opener.counter, stream["counter_after"].as_u64().unwrap());
    }

    #[test]
    fn a_bad_frame_closes_the_connection_and_an_unfinished_one_waits() {
        for case in vectors()["invalid"].as_array().unwrap() {
            let counter = case["counter"].as_u64().unwrap();
            let mut opener = Opener { counter, ..Opener::new(&key(case)) };
            let (mut wire, mut plain) = (hex(&case["data"]), Vec::new());
            let outcome = opener.open(&mut wire, &mut plain);
            match case["expect"].as_str().unwrap() {
                "close the connection" => assert!(outcome.is_err(), "{}", case["name"]),
                "wait for more bytes" => assert_eq!((outcome, plain.len()), (Ok(()), 0), "{}", case["name"]),
                "plaintext is empty, counter becomes 1" => {
                    assert_eq!((outcome, plain.len(), opener.counter), (Ok(()), 0, 1));
                }
                other => panic!("unknown expectation {other}"),
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_however_it_is_split(
            plain in proptest::collection::vec(any::<u8>(), 0..5000),
            cuts in proptest::collection::vec(1_usize..2000, 1..20),
        ) {
            let (mut sealer, mut opener) = (Sealer::new(&[7; 32]), Opener::new(&[7; 32]));
            let (mut sealed, mut wire, mut opened) = (Vec::new(), Vec::new(), Vec::new());
            sealer.seal(&plain, &mut sealed).unwrap();
            let mut rest = sealed.as_slice();
            for cut in cuts.iter().cycle() {
                let (piece, tail) = rest.split_at((*cut).min(rest.len()));
                wire.extend_from_slice(piece);
                opener.open(&mut wire, &mut opened).unwrap();
                rest = tail;
                if rest.is_empty() { break }
            }
            prop_assert_eq!(opened, plain);
        }

        #[test]
        fn arbitrary_bytes_never_open(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let (mut wire, mut plain) = (bytes, Vec::new());
            let _ = Opener::new(&[7; 32]).open(&mut wire, &mut plain);
            prop_assert!(plain.is_empty());
        }
    }
}
