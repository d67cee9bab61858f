//! The other side of multicast DNS: the question that a phone asks, and what is told in answer (RFC 6762 §5, §6).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::message::{A, AAAA, ANY, INTERNET, OPCODE, PTR, RESPONSE, SRV, TOP_BIT, TXT};
use super::wire::{Name, Reader, Writer};

/// Records of one message that are looked at: more than fit a datagram of an Ethernet.
const RECORDS: usize = 256;

/// Addresses of one host that are kept: a host has two or three.
const ADDRESSES: usize = 16;

/// Keys of one TXT record that are kept: HAP has nine.
const KEYS: usize = 32;

/// The question for all accessories, and for all that is known of one, each to be answered by unicast.
pub(crate) fn question(service: &Name, instance: Option<&Name>) -> Vec<u8> {
    let mut writer = Writer::default();
    for number in [0, 0, 1 + u16::from(instance.is_some()), 0, 0, 0] {
        writer.number(number);
    }
    for (name, kind) in [(service, PTR)].into_iter().chain(instance.map(|instance| (instance, ANY))) {
        writer.name(name);
        writer.number(kind);
        writer.number(INTERNET | TOP_BIT);
    }
    writer.0
}

/// What a message tells of one accessory. What it does not tell is absent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Told {
    /// The first label of its name.
    pub(crate) instance: String,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) text: Option<Vec<(String, String)>>,
    pub(crate) addresses: Vec<IpAddr>,
}

/// Reads a message; what it tells of accessories of the type `service`. What cannot be read ends it: the records before
/// count. Empty if it is a question, or of something else.
pub(crate) fn told(message: &[u8], service: &Name) -> Vec<Told> {
    let mut records = Records { service, told: Vec::new(), hosts: Vec::new(), addresses: Vec::new() };
    // A message that breaks off is worth what came before.
    let _ = records.read(message);
    records.into_told()
}

struct Records<'a> {
    service: &'a Name,
    told: Vec<Told>,
    /// The host of each that is told of, in the same order.
    hosts: Vec<Option<Name>>,
    addresses: Vec<(Name, IpAddr)>,
}

impl Records<'_> {
    fn read(&mut self, message: &[u8]) -> Option<()> {
        let mut reader = Reader { message, at: 0 };
        let (_id, flags) = (reader.number()?, reader.number()?);
        if flags & RESPONSE == 0 || flags & OPCODE != 0 {
            return None;
        }
        let questions = reader.number()?;
        let count = [reader.number()?, reader.number()?, reader.number()?].map(usize::from).into_iter().sum::<usize>();
        for _ in 0..questions {
            let (_name, _kind, _class) = (reader.name()?, reader.number()?, reader.number()?);
        }
        for _ in 0..count.min(RECORDS) {
            self.record(&mut reader)?;
        }
        Some(())
    }

    fn record(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let (owner, kind, class) = (reader.name()?, reader.number()?, reader.number()?);
        let is_goodbye = (reader.number()?, reader.number()?) == (0, 0);
        let length = usize::from(reader.number()?);
        let start = reader.at;
        let data = reader.bytes(length)?;
        if is_goodbye || class & !TOP_BIT != INTERNET {
            return Some(());
        }
        // A name in the data may point to any place before it in the message.
        let mut within = Reader { message: reader.message, at: start };
        match kind {
            PTR if owner.is(self.service) => {
                let target = within.name()?;
                self.of(&target);
            }
            SRV => {
                let (_priority, _weight, port) = (within.number()?, within.number()?, within.number()?);
                let host = within.name()?;
                let text = host.to_text();
                if let Some(nth) = self.of(&owner)
                    && let (Some(told), Some(of)) = (self.told.get_mut(nth), self.hosts.get_mut(nth))
                {
                    (told.port, told.host, *of) = (Some(port), Some(text), Some(host));
                }
            }
            TXT => {
                if let Some(told) = self.of(&owner).and_then(|nth| self.told.get_mut(nth)) {
                    told.text = Some(keys(data));
                }
            }
            A => self.addresses.push((owner, Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?).into())),
            AAAA => self.addresses.push((owner, Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?).into())),
            _ => {}
        }
        Some(())
    }

    /// Which of those that are told of has this name; `None` if it is of another type.
    fn of(&mut self, name: &Name) -> Option<usize> {
        let instance = name.label_under(self.service)?;
        let known = self.told.iter().position(|told| told.instance.eq_ignore_ascii_case(&instance));
        if known.is_none() {
            self.told.push(Told { instance, ..Told::default() });
            self.hosts.push(None);
        }
        known.or(self.told.len().checked_sub(1))
    }

    fn into_told(self) -> Vec<Told> {
        let Self { mut told, hosts, addresses, .. } = self;
        for (told, host) in told.iter_mut().zip(hosts) {
            let of = |(owner, address): &(Name, IpAddr)| {
                host.as_ref().is_some_and(|host| owner.is(host)).then_some(*address)
            };
            told.addresses = addresses.iter().filter_map(of).take(ADDRESSES).collect();
        }
        told
    }
}

/// The keys and values of a TXT record (RFC 6763 §6).
fn keys(mut data: &[u8]) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        let Some((text, rest)) = rest.split_at_checked(usize::from(*length)) else { break };
        data = rest;
        let text = String::from_utf8_lossy(text);
        let (key, value) = text.split_once('=').unwrap_or((&text, ""));
        if !key.is_empty() && keys.len() < KEYS {
            keys.push((key.to_owned(), value.to_owned()));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::message::{Query, Records as Ours};
    use super::*;

    fn service() -> Name {
        Name::new(["_hap", "_tcp", "local"]).unwrap()
    }

    fn instance() -> Name {
        Name::new(["Gate EEFF", "_hap", "_tcp", "local"]).unwrap()
    }

    /// What this crate answers to that question.
    fn answer() -> Vec<u8> {
        let ours = Ours {
            service: service(),
            instance: instance(),
            host: Name::new(["AABBCCDDEEFF", "local"]).unwrap(),
            port: 51826,
            text: vec!["id=AA:BB:CC:DD:EE:FF".to_owned(), "sf=1".to_owned(), "flag".to_owned()],
            v4: vec![Ipv4Addr::new(192, 168, 1, 5)],
            v6: vec!["fe80::1".parse().unwrap()],
            everywhere: Vec::new(),
        };
        ours.answer(&Query::read(&question(&service(), Some(&instance()))).unwrap()).unwrap()
    }

    #[test]
    fn the_question_is_answered_and_the_answer_read_back() {
        let key = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = Told {
            instance: "Gate EEFF".to_owned(),
            host: Some("AABBCCDDEEFF.local".to_owned()),
            port: Some(51826),
            text: Some(vec![key("id", "AA:BB:CC:DD:EE:FF"), key("sf", "1"), key("flag", "")]),
            addresses: vec!["192.168.1.5".parse().unwrap(), "fe80::1".parse().unwrap()],
        };
        assert_eq!(told(&answer(), &service()), [expected]);
    }

    #[test]
    fn questions_other_services_and_goodbyes_tell_nothing() {
        assert_eq!(told(&question(&service(), None), &service()), []);
        assert_eq!(told(&answer(), &Name::new(["_ipp", "_tcp", "local"]).unwrap()), []);
        let mut goodbye = Writer::default();
        for number in [0, RESPONSE, 0, 1, 0, 0] {
            goodbye.number(number);
        }
        goodbye.record(&service(), PTR, INTERNET, 0, |data| data.name(&instance()));
        assert_eq!(told(&goodbye.0, &service()), []);
    }

    #[test]
    fn an_answer_that_breaks_off_counts_up_to_there() {
        let answer = answer();
        let all: Vec<_> = (0..answer.len()).map(|cut| told(&answer[..cut], &service())).collect();
        assert!(all.first().unwrap().is_empty());
        let last = all.last().unwrap().first().unwrap();
        assert_eq!((last.instance.as_str(), last.port, last.addresses.len()), ("Gate EEFF", Some(51826), 1));
    }

    proptest! {
        #[test]
        fn whatever_arrives_nothing_breaks_and_nothing_grows(
            mut message in prop::collection::vec(any::<u8>(), 0..600),
            response: bool,
        ) {
            if response && message.len() > 12 {
                message[2..12].copy_from_slice(&[0x84, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0]);
            }
            let told = told(&message, &service());
            prop_assert!(told.len() <= RECORDS && told.iter().all(|told| told.addresses.len() <= ADDRESSES));
        }

        #[test]
        fn an_answer_with_any_byte_changed_breaks_nothing(at in 0..400_usize, byte: u8, cut in 0..400_usize) {
            let mut answer = answer();
            if let Some(changed) = answer.get_mut(at) {
                *changed = byte;
            }
            answer.truncate(cut);
            for told in told(&answer, &service()) {
                prop_assert!(told.text.is_none_or(|text| text.len() <= KEYS));
            }
        }
    }
}
