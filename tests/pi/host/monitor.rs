//! The emulator's monitor: what its user may ask about the machine without the machine knowing.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

const PROMPT: &[u8] = b"(qemu) ";

/// A connection to the monitor.
pub(crate) struct Monitor {
    stream: UnixStream,
}

impl Monitor {
    /// Takes the connection over, and waits for the prompt.
    pub(crate) fn connect(stream: &UnixStream) -> Self {
        let mut monitor = Self { stream: stream.try_clone().unwrap() };
        monitor.answer().expect("the emulator runs");
        monitor
    }

    /// The port of this machine that leads to `port` of the emulated one.
    pub(crate) fn forwarded_port(&mut self, port: u16) -> u16 {
        let answer = self.ask("info usernet").expect("the emulator runs");
        // Protocol[state], descriptor, source address and port, destination address and port, queues.
        let forwarded = answer.lines().find_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            (words.len() > 5 && words[0].starts_with("TCP[HOST_FORWARD]") && words[5] == port.to_string())
                .then(|| words[3].parse().ok())?
        });
        forwarded.unwrap_or_else(|| panic!("no port is forwarded: {answer}"))
    }

    /// A word of the physical memory; none when the emulator is gone.
    pub(crate) fn word(&mut self, address: u32) -> Option<u32> {
        let answer = self.ask(&format!("xp /1wx {address:#x}"))?;
        let digits = answer.rsplit(": 0x").next()?.trim();
        Some(u32::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("not a word: {answer}")))
    }

    fn ask(&mut self, command: &str) -> Option<String> {
        self.stream.write_all(format!("{command}\n").as_bytes()).ok()?;
        let answer = self.answer()?;
        // It repeats what was typed, in pieces and with escapes, up to the first end of a line.
        Some(answer.split_once('\n').map_or("", |(_, rest)| rest).to_owned())
    }

    fn answer(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        while !bytes.ends_with(PROMPT) {
            let length = self.stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
            bytes.extend_from_slice(&buffer[..length]);
        }
        bytes.truncate(bytes.len() - PROMPT.len());
        Some(String::from_utf8_lossy(&bytes).replace('\r', ""))
    }
}
