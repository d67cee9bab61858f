//! The parts by themselves: items, requests, frames.

use std::hint::black_box;

use hap::measure::{Frames, parse_request};
use pairing::tlv8::{Items, Type, Writer};

use crate::{Case, case};

/// As iOS writes it.
pub(crate) const WRITE: &[u8] = b"PUT /characteristics HTTP/1.1\r\nHost: Garage._hap._tcp.local\r\n\
    Content-Type: application/hap+json\r\nContent-Length: 53\r\n\r\n\
    {\"characteristics\":[{\"aid\":1,\"iid\":11,\"value\":true}]}";

/// As iOS writes it.
pub(crate) const READ: &[u8] = b"GET /characteristics?id=1.10,1.11 HTTP/1.1\r\nHost: Garage._hap._tcp.local\r\n\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let nothing = || ();
    vec![
        case(
            "tlv8 read M3",
            m3,
            |m3| m3.clone(),
            |_, m3| {
                let items = Items::parse(&m3).unwrap();
                assert_eq!(items.byte(Type::STATE).unwrap(), Some(3));
                assert_eq!(items.get(Type::PUBLIC_KEY).unwrap().unwrap().len(), 384);
                assert!(items.array::<64>(Type::PROOF).unwrap().is_some());
            },
        ),
        case("tlv8 write M3", nothing, |()| (), |(), ()| drop(black_box(m3()))),
        case("http parse a read", nothing, |()| (), |(), ()| assert!(parse_request(black_box(READ)))),
        case("http parse a write", nothing, |()| (), |(), ()| assert!(parse_request(black_box(WRITE)))),
        case("frame seal 64 bytes", Frames::new, |_| (), |frames, ()| frames.seal(black_box(&[7; 64]))),
        case("frame seal 1024 bytes", Frames::new, |_| (), |frames, ()| frames.seal(black_box(&[7; 1024]))),
        case("frame seal 64 KiB", Frames::new, |_| (), |frames, ()| frames.seal(black_box(&[7; 65536]))),
        case(
            "frame open 200 bytes",
            Frames::new,
            |frames| frames.sealed(&[7; 200]),
            |frames, wire| {
                assert_eq!(frames.open(wire), 200);
            },
        ),
        case(
            "frame open 1024 bytes",
            Frames::new,
            |frames| frames.sealed(&[7; 1024]),
            |frames, wire| {
                assert_eq!(frames.open(wire), 1024);
            },
        ),
    ]
}

fn m3() -> Vec<u8> {
    Writer::new().byte(Type::STATE, 3).item(Type::PUBLIC_KEY, &[7; 384]).item(Type::PROOF, &[8; 64]).finish()
}
