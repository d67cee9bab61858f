//! Messages of multicast DNS, as anybody on the link may send them.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::discovery::{Name, Query, Records, question, told};

/// What fits a datagram on an Ethernet, in IPv6.
const DATAGRAM: usize = 1500 - 40 - 8;

/// Whatever is answered to our own question is read without trouble, and not kept without bounds.
///
/// Whatever is asked, the answer is a response of whole records to this very message, and fits a datagram.
pub fn mdns(data: &[u8]) {
    let ours = lamp();
    for told in told(data, &ours.service) {
        assert!(told.addresses.len() <= 16 && told.text.is_none_or(|text| text.len() <= 32));
    }
    let heard = ours.answer(&Query::read(&question(&ours.service, Some(&ours.instance))).expect("a question"));
    let mut heard = heard.expect("an answer to it");
    // Our own answer, with some of it written over.
    if let Some((at, over)) = data.split_first() {
        let place = usize::from(*at);
        heard.iter_mut().skip(place).zip(over).for_each(|(byte, over)| *byte = *over);
        told(&heard, &ours.service);
    } else {
        assert!(matches!(&told(&heard, &ours.service)[..], [only] if only.port == Some(ours.port)));
    }
    lamp().are_contradicted_by(data);
    let Some(answer) = Query::read(data).and_then(|query| lamp().answer(&query)) else { return };
    assert!(answer.len() <= DATAGRAM);
    assert!(!lamp().are_contradicted_by(&answer), "we would take ourselves for another");
    assert!(Query::read(&answer).is_none(), "two of us would answer each other for ever");
    let (head, mut records) = answer.split_at(12);
    assert_eq!(head[..2], data[..2], "the answer to another message");
    let number = |at| u16::from_be_bytes([head[at], head[at + 1]]);
    assert_eq!(number(4), 0, "it asks something");
    assert!(number(6) > 0, "it answers nothing");
    for _ in 0..u32::from(number(6)) + u32::from(number(8)) + u32::from(number(10)) {
        records = behind_record(records);
    }
    assert_eq!(records, [0; 0]);
}

/// What one server has to say: no shorter than what real ones say.
fn lamp() -> Records {
    let name = |labels: &[&str]| Name::new(labels.iter().copied()).expect("labels of less than 64 bytes");
    Records {
        service: name(&["_hap", "_tcp", "local"]),
        instance: name(&["Lamp EEFF", "_hap", "_tcp", "local"]),
        host: name(&["AABBCCDDEEFF", "local"]),
        port: 51826,
        text: vec!["c#=1".to_owned(), format!("md={}", "m".repeat(64)), "sf=1".to_owned()],
        v4: vec![Ipv4Addr::new(192, 168, 1, 5); 30],
        v6: vec![Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5); 30],
        everywhere: vec![Ipv4Addr::new(192, 168, 1, 5).into(), Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5).into()],
    }
}

/// The rest, behind a record that must be whole.
fn behind_record(records: &[u8]) -> &[u8] {
    let mut rest = records;
    while rest[0] != 0 {
        rest = &rest[1 + usize::from(rest[0])..];
    }
    // Its end, then type, class, time to live and length.
    let length = usize::from(u16::from_be_bytes([rest[9], rest[10]]));
    &rest[11 + length..]
}
