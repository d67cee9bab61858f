//! What no server can beat over this machine's loopback: one that only answers, in clear or sealed like a session.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};

/// What a read and its answer have, about.
const MESSAGE: usize = 128;
/// What a frame holds at most.
const FRAME: usize = 1024;
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
        let stream = connect(move |stream| {
            let mut echo = Self::new(stream, sealed);
            while echo.receive().and_then(|message| echo.send(&message)).is_ok() {}
        })?;
        Ok(Self::new(stream, sealed))
    }

    /// There and back.
    pub(crate) fn round_trip(&mut self) -> io::Result<Duration> {
        let begun = Instant::now();
        self.send(&[b'x'; MESSAGE])?;
        self.receive()?;
        Ok(begun.elapsed())
    }

    fn new(stream: TcpStream, sealed: bool) -> Self {
        Self { stream, seals: sealed.then(|| (Seal::new(), Seal::new())) }
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match &mut self.seals {
            None => self.stream.write_all(message),
            Some((sending, _)) => {
                let mut frame = Vec::with_capacity(LENGTH + message.len() + TAG);
                sending.seal(message, &mut frame)?;
                self.stream.write_all(&frame)
            }
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

/// A server that answers with the same long message each time, sealed in frames, and a connection to it.
pub(crate) struct Answers {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Answers {
    /// Starts a server for one connection, whose answers have this length as they come, and connects.
    pub(crate) fn start(length: usize) -> io::Result<Self> {
        let message = vec![b'x'; length.saturating_sub(length.div_ceil(LENGTH + FRAME + TAG) * (LENGTH + TAG))];
        let stream = connect(move |mut stream| {
            let (mut seal, mut sealed) = (Seal::new(), Vec::with_capacity(length));
            while stream.read_exact(&mut [0; MESSAGE]).is_ok() {
                sealed.clear();
                if message.chunks(FRAME).any(|piece| seal.seal(piece, &mut sealed).is_err())
                    || stream.write_all(&sealed).is_err()
                {
                    return;
                }
            }
        })?;
        Ok(Self { stream, answer: vec![0; length] })
    }

    /// From the question until all of the answer has come.
    pub(crate) fn ask(&mut self) -> io::Result<Duration> {
        let begun = Instant::now();
        self.stream.write_all(&[b'x'; MESSAGE])?;
        self.stream.read_exact(&mut self.answer)?;
        Ok(begun.elapsed())
    }
}

/// A connection to `server`, which has a thread for it.
fn connect(server: impl FnOnce(TcpStream) + Send + 'static) -> io::Result<TcpStream> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let stream = TcpStream::connect(listener.local_addr()?)?;
    let (accepted, _) = listener.accept()?;
    for end in [&stream, &accepted] {
        // Without it either would wait for more to send, and be no floor.
        end.set_nodelay(true)?;
    }
    std::thread::spawn(move || server(accepted));
    Ok(stream)
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

    /// Appends a frame.
    fn seal(&mut self, message: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let length = u16::try_from(message.len()).map_err(io::Error::other)?.to_le_bytes();
        let nonce = self.nonce();
        out.extend_from_slice(&length);
        let begin = out.len();
        out.extend_from_slice(message);
        let body = out.get_mut(begin..).unwrap_or_default();
        let tag = self.cipher.encrypt_inout_detached(&nonce, &length, body.into()).map_err(io::Error::other)?;
        out.extend_from_slice(&tag);
        Ok(())
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
    fn an_answer_comes_whole_each_time_it_is_asked_for() {
        for length in [100, LENGTH + FRAME + TAG, 5000] {
            let mut answers = Answers::start(length).unwrap();
            for _ in 0..3 {
                assert!(answers.ask().unwrap() > Duration::ZERO);
            }
        }
    }
}
