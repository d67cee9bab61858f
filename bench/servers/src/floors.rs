//! What no server can beat on this machine, measured in the same run: echoes over loopback, and the arithmetic alone.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256, U3072};
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};
use rustix::time::{ClockId, clock_gettime};
use x25519_dalek::{PublicKey, StaticSecret};

/// What a read and its answer have, about.
const MESSAGE: usize = 128;
const LENGTH: usize = 2;
const TAG: usize = 16;

/// An echo in clear or sealed, and a connection to it.
pub(crate) struct Echo {
    stream: TcpStream,
    seals: Option<(Seal, Seal)>,
}

impl Echo {
    /// Starts a server for one connection, and connects.
    pub(crate) fn start(sealed: bool) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address: SocketAddr = listener.local_addr()?;
        std::thread::spawn(move || {
            let Ok((stream, _)) = listener.accept() else { return };
            let mut echo = Self::new(stream, sealed);
            while echo.receive().and_then(|message| echo.send(&message)).is_ok() {}
        });
        Ok(Self::new(TcpStream::connect(address)?, sealed))
    }

    /// There and back.
    pub(crate) fn round_trip(&mut self) -> io::Result<Duration> {
        let begun = Instant::now();
        self.send(&[b'x'; MESSAGE])?;
        self.receive()?;
        Ok(begun.elapsed())
    }

    fn new(stream: TcpStream, sealed: bool) -> Self {
        // Without it the echo would wait for more to send, and be no floor.
        let _ = stream.set_nodelay(true);
        Self { stream, seals: sealed.then(|| (Seal::new(), Seal::new())) }
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match &mut self.seals {
            None => self.stream.write_all(message),
            Some((sending, _)) => self.stream.write_all(&sending.seal(message)?),
        }
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let Some((_, receiving)) = &mut self.seals else {
            let mut message = vec![0; MESSAGE];
            self.stream.read_exact(&mut message)?;
            return Ok(message);
        };
        let mut frame = vec![0; LENGTH + MESSAGE + TAG];
        self.stream.read_exact(&mut frame)?;
        receiving.open(&frame)
    }
}

/// One direction of a session's frames.
struct Seal {
    cipher: ChaCha20Poly1305,
    counter: u64,
}

impl Seal {
    fn new() -> Self {
        Self { cipher: ChaCha20Poly1305::new(&[7; 32].into()), counter: 0 }
    }

    fn nonce(&mut self) -> Nonce {
        let mut nonce = Nonce::default();
        nonce.iter_mut().skip(4).zip(self.counter.to_le_bytes()).for_each(|(to, from)| *to = from);
        self.counter += 1;
        nonce
    }

    fn seal(&mut self, message: &[u8]) -> io::Result<Vec<u8>> {
        let length = u16::try_from(message.len()).map_err(io::Error::other)?.to_le_bytes();
        let nonce = self.nonce();
        let mut frame = Vec::with_capacity(LENGTH + message.len() + TAG);
        frame.extend_from_slice(&length);
        frame.extend_from_slice(message);
        let body = frame.get_mut(LENGTH..).unwrap_or_default();
        let tag = self.cipher.encrypt_inout_detached(&nonce, &length, body.into()).map_err(io::Error::other)?;
        frame.extend_from_slice(&tag);
        Ok(frame)
    }

    fn open(&mut self, frame: &[u8]) -> io::Result<Vec<u8>> {
        let nonce = self.nonce();
        let (length, rest) = frame.split_at_checked(LENGTH).ok_or(io::ErrorKind::InvalidData)?;
        let (body, tag) = rest.split_at_checked(MESSAGE).ok_or(io::ErrorKind::InvalidData)?;
        let tag = Tag::try_from(tag).map_err(io::Error::other)?;
        let mut body = body.to_vec();
        self.cipher
            .decrypt_inout_detached(&nonce, length, body.as_mut_slice().into(), &tag)
            .map_err(io::Error::other)?;
        Ok(body)
    }
}

/// The start and end of a process that does nothing.
pub(crate) fn process() -> io::Result<Duration> {
    let begun = Instant::now();
    Command::new("true").status()?;
    Ok(begun.elapsed())
}

/// What SRP cannot do without: one exponent of 256 bits modulo 3072.
pub(crate) fn exponentiation() -> Duration {
    // The cost is that of any odd modulus of this length.
    let modulus = Odd::new(U3072::MAX).into_option();
    let Some(modulus) = modulus else { return Duration::ZERO };
    let base = FixedMontyForm::new(&U3072::from_u64(5), &FixedMontyParams::new_vartime(modulus));
    processor_time(|| {
        std::hint::black_box(base.pow(&U256::MAX));
    })
}

/// What the accessory must compute for a Pair Verify: an ephemeral key and its agreement, a signature of ours, and a look
/// at theirs.
pub(crate) fn verify() -> Duration {
    let (long_term, theirs) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let their_signature = theirs.sign(&[3; 100]);
    let their_key = PublicKey::from(&StaticSecret::from([4; 32]));
    processor_time(|| {
        let ephemeral = StaticSecret::from([5; 32]);
        std::hint::black_box(PublicKey::from(&ephemeral));
        std::hint::black_box(ephemeral.diffie_hellman(&their_key));
        std::hint::black_box(long_term.sign(&[6; 100]));
        let _ = std::hint::black_box(theirs.verifying_key().verify(&[3; 100], &their_signature));
    })
}

fn processor_time(work: impl FnOnce()) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default();
    let begun = now();
    work();
    now().saturating_sub(begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_brings_back_what_was_sent() {
        for sealed in [false, true] {
            let mut echo = Echo::start(sealed).unwrap();
            for number in 0..3 {
                echo.send(&[number; MESSAGE]).unwrap();
                assert_eq!(echo.receive().unwrap(), [number; MESSAGE]);
            }
        }
    }

    #[test]
    fn the_arithmetic_takes_time() {
        assert!(exponentiation() > Duration::ZERO && verify() > Duration::ZERO);
    }
}
