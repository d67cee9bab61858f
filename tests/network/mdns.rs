//! A phone's view of multicast DNS, by hand: what is asked and heard, byte for byte.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use rustix::net::sockopt::{set_ip_add_membership, set_ip_multicast_if, set_socket_reuseaddr};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};

pub(crate) const PTR: u16 = 12;
pub(crate) const A: u16 = 1;
pub(crate) const TXT: u16 = 16;
pub(crate) const SRV: u16 = 33;
pub(crate) const SERVICE: &str = "_hap._tcp.local";

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const PORT: u16 = 5353;

/// A record, of any section.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) kind: u16,
    pub(crate) flush: bool,
    pub(crate) ttl: u32,
    /// A name for PTR, `host:port` for SRV, an address for A, the texts for TXT.
    pub(crate) data: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: u16,
    pub(crate) is_response: bool,
    pub(crate) answers: usize,
    pub(crate) questions: usize,
    pub(crate) from: Ipv4Addr,
    pub(crate) records: Vec<Record>,
}

impl Message {
    pub(crate) fn find(&self, kind: u16) -> Option<&Record> {
        self.records.iter().find(|record| record.kind == kind)
    }

    /// Whether it says that an accessory is here, at this address.
    pub(crate) fn announces(&self, address: &str) -> bool {
        let here = |record: &Record| record.kind == A && record.data == address && record.ttl > 0;
        self.is_response && self.find(PTR).is_some_and(|ptr| ptr.name == SERVICE) && self.records.iter().any(here)
    }
}

/// Hears what is multicast on the network of an own address.
pub(crate) struct Ear {
    socket: UdpSocket,
    own: Ipv4Addr,
}

impl Ear {
    pub(crate) fn new(own: Ipv4Addr) -> Self {
        let socket = shared(SocketAddrV4::new(GROUP, PORT));
        set_ip_add_membership(&socket, &GROUP, &own).unwrap();
        Self { socket, own }
    }

    /// The first message of others that `find` finds something in; none when the time is over.
    pub(crate) fn hear<T>(&self, patience: Duration, mut find: impl FnMut(&Message) -> Option<T>) -> Option<T> {
        hear(&self.socket, patience, |message| if message.from == self.own { None } else { find(message) })
    }
}

/// Asks.
pub(crate) struct Asker {
    socket: UdpSocket,
}

impl Asker {
    /// From the port of multicast DNS, or from any other, as old resolvers do.
    pub(crate) fn new(own: Ipv4Addr, legacy: bool) -> Self {
        let socket = shared(SocketAddrV4::new(own, if legacy { 0 } else { PORT }));
        set_ip_multicast_if(&socket, &own).unwrap();
        Self { socket }
    }

    /// A question; with known answers: their owner is the asked name.
    pub(crate) fn ask(&self, name: &str, kind: u16, unicast: bool, known: &[(&str, u32)]) {
        let mut message = Vec::new();
        for number in [77, 0, 1, known.len(), 0, 0] {
            message.extend(u16::try_from(number).unwrap().to_be_bytes());
        }
        put_name(&mut message, name);
        for number in [kind, if unicast { 0x8001 } else { 1 }] {
            message.extend(number.to_be_bytes());
        }
        for (target, ttl) in known {
            put_name(&mut message, name);
            for number in [kind, 1] {
                message.extend(number.to_be_bytes());
            }
            message.extend(ttl.to_be_bytes());
            let mut data = Vec::new();
            put_name(&mut data, target);
            message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
            message.append(&mut data);
        }
        // Without a network there is nobody to ask.
        let _ = self.socket.send_to(&message, (GROUP, PORT));
    }

    /// An answer to this asker alone.
    pub(crate) fn hear<T>(&self, patience: Duration, find: impl FnMut(&Message) -> Option<T>) -> Option<T> {
        hear(&self.socket, patience, find)
    }
}

fn shared(address: SocketAddrV4) -> UdpSocket {
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap();
    set_socket_reuseaddr(&socket, true).unwrap();
    bind(&socket, &address).unwrap();
    socket.into()
}

fn hear<T>(socket: &UdpSocket, patience: Duration, mut find: impl FnMut(&Message) -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    let mut buffer = [0; 9000];
    loop {
        let left = deadline.checked_duration_since(Instant::now())?;
        socket.set_read_timeout(Some(left.max(Duration::from_millis(1)))).unwrap();
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let std::net::IpAddr::V4(from) = from.ip() else { continue };
        if let Some(found) = find(&read(&buffer[..length], from)) {
            return Some(found);
        }
    }
}

fn put_name(message: &mut Vec<u8>, name: &str) {
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).unwrap());
        message.extend(label.as_bytes());
    }
    message.push(0);
}

fn read(bytes: &[u8], from: Ipv4Addr) -> Message {
    let number = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let counts: Vec<usize> = (2..6).map(|nth| number(nth * 2).into()).collect();
    let mut at = 12;
    for _ in 0..counts[0] {
        at = name_at(bytes, at).1 + 4;
    }
    let records = (0..counts[1] + counts[2] + counts[3]).map(|_| {
        let (name, after) = name_at(bytes, at);
        let (kind, class) = (number(after), number(after + 2));
        let ttl = u32::from(number(after + 4)) << 16 | u32::from(number(after + 6));
        let data = after + 10;
        at = data + usize::from(number(after + 8));
        let data = match kind {
            PTR => name_at(bytes, data).0,
            SRV => format!("{}:{}", name_at(bytes, data + 6).0, number(data + 4)),
            A => Ipv4Addr::new(bytes[data], bytes[data + 1], bytes[data + 2], bytes[data + 3]).to_string(),
            TXT => String::from_utf8_lossy(&bytes[data..at]).into_owned(),
            _ => String::new(),
        };
        Record { name, kind, flush: class & 0x8000 != 0, ttl, data }
    });
    let records = records.collect();
    let is_response = number(2) & 0x8000 != 0;
    Message { id: number(0), is_response, answers: counts[1], questions: counts[0], from, records }
}

/// The name, and where what follows it begins.
fn name_at(bytes: &[u8], mut at: usize) -> (String, usize) {
    let mut labels = Vec::new();
    let mut after = None;
    loop {
        let length = usize::from(bytes[at]);
        if length >= 0xC0 {
            after = after.or(Some(at + 2));
            at = (length & 0x3F) << 8 | usize::from(bytes[at + 1]);
        } else if length == 0 {
            return (labels.join("."), after.unwrap_or(at + 1));
        } else {
            labels.push(String::from_utf8_lossy(&bytes[at + 1..at + 1 + length]).into_owned());
            at += 1 + length;
        }
    }
}
