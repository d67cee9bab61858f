//! Multicast DNS messages, as far as an answer by unicast needs them (RFC 6762 §5.4).
//!
//! The responder answers everybody by multicast. Who asks for a unicast answer, as iPhones do in their first question,
//! is answered from here in addition: multicast is what Wi-Fi loses (HAP §14, 20).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::wire::{Head, Name, Reader, Writer};

/// Questions of one message that are looked at; a phone asks ten.
const QUESTIONS: usize = 32;

/// Known answers of one message that are looked at: what fits a message.
const KNOWN_ANSWERS: usize = 256;

/// Records of one response that are looked at; a host has ten.
const RECORDS: usize = 256;

/// Addresses of a family in one answer, so that it fits a datagram: a host has two or three.
const ADDRESSES: usize = 8;

/// Seconds that host names and what depends on them may be kept (RFC 6762 §10).
const HOST_TTL: u32 = 120;

/// Seconds that everything else may be kept (RFC 6762 §10).
const OTHER_TTL: u32 = 4500;

pub(super) const A: u16 = 1;
pub(super) const PTR: u16 = 12;
pub(super) const TXT: u16 = 16;
pub(super) const AAAA: u16 = 28;
pub(super) const SRV: u16 = 33;
pub(super) const ANY: u16 = 255;

pub(super) const INTERNET: u16 = 1;
/// In a question: answer me by unicast. In a record: this is all there is, forget what you had.
pub(super) const TOP_BIT: u16 = 0x8000;

pub(super) const RESPONSE: u16 = 0x8000;
const AUTHORITATIVE: u16 = 0x0400;
pub(super) const OPCODE: u16 = 0x7800;

/// The questions of a message that want an answer by unicast.
#[derive(Debug)]
pub(crate) struct Query {
    id: u16,
    questions: Vec<Question>,
    /// Pointers that the asker still has, for more than half of their life.
    known: Vec<(Name, Name)>,
}

#[derive(Debug)]
struct Question {
    name: Name,
    kind: u16,
}

/// All that one interface has to say.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    /// The service type.
    pub(crate) service: Name,
    /// The instance: what phones list.
    pub(crate) instance: Name,
    /// The host.
    pub(crate) host: Name,
    pub(crate) port: u16,
    /// `key=value`, in order.
    pub(crate) text: Vec<String>,
    pub(crate) v4: Vec<Ipv4Addr>,
    pub(crate) v6: Vec<Ipv6Addr>,
    /// The host's addresses on all interfaces, which others may repeat here.
    pub(crate) everywhere: Vec<IpAddr>,
}

/// One or more records of a kind.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Types,
    Pointer,
    Service,
    Text,
    V4,
    V6,
}

impl Query {
    /// Reads a message; `None` if it is none, or if nothing in it asks for an answer by unicast.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let mut reader = Reader { message, at: 0 };
        let (id, flags) = (reader.number()?, reader.number()?);
        if flags & (RESPONSE | OPCODE) != 0 {
            return None;
        }
        let (questions, answers) = (reader.number()?, reader.number()?);
        let _authorities_and_additionals = (reader.number()?, reader.number()?);
        let mut query = Self { id, questions: Vec::new(), known: Vec::new() };
        for _ in 0..usize::from(questions).min(QUESTIONS) {
            let (name, kind, class) = (reader.name()?, reader.number()?, reader.number()?);
            if class & TOP_BIT != 0 && matches!(class & !TOP_BIT, INTERNET | ANY) {
                query.questions.push(Question { name, kind });
            }
        }
        if query.questions.is_empty() {
            return None;
        }
        if usize::from(questions) <= QUESTIONS {
            // A list that breaks off was too long for the datagram: what is there counts.
            let _ = query.read_known(&mut reader, usize::from(answers).min(KNOWN_ANSWERS));
        }
        Some(query)
    }

    fn read_known(&mut self, reader: &mut Reader<'_>, count: usize) -> Option<()> {
        for _ in 0..count {
            let Head { owner, kind, ttl, end } = reader.record()?;
            if kind == PTR && ttl >= OTHER_TTL / 2 {
                self.known.push((owner, reader.name()?));
            }
            reader.at = end;
        }
        Some(())
    }
}

impl Records {
    /// The answer; `None` if nothing that is asked is ours, or the asker has it.
    pub(crate) fn answer(&self, query: &Query) -> Option<Vec<u8>> {
        let mut answers = Vec::new();
        let mut additionals = Vec::new();
        for Question { name, kind } in &query.questions {
            let asks = |wanted| matches!(*kind, kind if kind == wanted || kind == ANY);
            if name.is(&self.service) && asks(PTR) {
                if !query.known.iter().any(|(owner, target)| owner.is(&self.service) && target.is(&self.instance)) {
                    answers.push(Kind::Pointer);
                    additionals.extend([Kind::Service, Kind::Text, Kind::V4, Kind::V6]);
                }
            } else if name.is(&self.instance) {
                if asks(SRV) {
                    answers.push(Kind::Service);
                    additionals.extend([Kind::V4, Kind::V6]);
                }
                if asks(TXT) {
                    answers.push(Kind::Text);
                }
            } else if name.is(&self.host) {
                answers.extend(asks(A).then_some(Kind::V4));
                answers.extend(asks(AAAA).then_some(Kind::V6));
            } else if asks(PTR) && Self::types().is_some_and(|types| name.is(&types)) {
                answers.push(Kind::Types);
            }
        }
        let answers = once(answers, &[]);
        let additionals = once(additionals, &answers);
        let mut writer = Writer::default();
        let answered = answers.iter().fold(0_u16, |count, kind| count.saturating_add(self.write(*kind, &mut writer)));
        if answered == 0 {
            return None;
        }
        let added = additionals.iter().fold(0_u16, |count, kind| count.saturating_add(self.write(*kind, &mut writer)));
        let mut message = Vec::with_capacity(12 + writer.0.len());
        for number in [query.id, RESPONSE | AUTHORITATIVE, 0, answered, 0, added] {
            message.extend(number.to_be_bytes());
        }
        message.append(&mut writer.0);
        Some(message)
    }

    /// Whether a message gives one of our names to somebody else (RFC 6762 §9): networks that were apart when we probed
    /// may be joined later.
    pub(crate) fn are_contradicted_by(&self, message: &[u8]) -> bool {
        // What breaks off says what it said until there.
        self.find_contradiction(message).is_some()
    }

    fn find_contradiction(&self, message: &[u8]) -> Option<()> {
        let mut reader = Reader { message, at: 0 };
        let (_id, flags, questions) = (reader.number()?, reader.number()?, reader.number()?);
        if flags & (RESPONSE | OPCODE) != RESPONSE {
            return None;
        }
        let (answers, authorities, additionals) = (reader.number()?, reader.number()?, reader.number()?);
        for _ in 0..usize::from(questions).min(QUESTIONS) {
            let _question = (reader.name()?, reader.number()?, reader.number()?);
        }
        let records = [answers, authorities, additionals].into_iter().map(usize::from).sum::<usize>();
        for _ in 0..records.min(RECORDS) {
            let record = reader.record()?;
            let is_other = match record.kind {
                // Not any more: it says goodbye.
                _ if record.ttl == 0 => false,
                SRV if record.owner.is(&self.instance) => {
                    let _priority_and_weight = (reader.number()?, reader.number()?);
                    let (port, target) = (reader.number()?, reader.name()?);
                    port != self.port || !target.is(&self.host)
                }
                A if record.owner.is(&self.host) => {
                    let octets = <[u8; 4]>::try_from(reader.bytes(4)?).ok()?;
                    !self.everywhere.contains(&IpAddr::from(octets))
                }
                AAAA if record.owner.is(&self.host) => {
                    let octets = <[u8; 16]>::try_from(reader.bytes(16)?).ok()?;
                    !self.everywhere.contains(&IpAddr::from(octets))
                }
                _ => false,
            };
            if is_other {
                return Some(());
            }
            reader.at = record.end;
        }
        None
    }

    /// Who asks for this wants to know which types of service there are (RFC 6763 §9).
    fn types() -> Option<Name> {
        Name::new(["_services", "_dns-sd", "_udp", "local"])
    }

    /// Writes the records of a kind; how many there are.
    fn write(&self, kind: Kind, writer: &mut Writer) -> u16 {
        let unique = INTERNET | TOP_BIT;
        match kind {
            Kind::Types => {
                let Some(types) = Self::types() else { return 0 };
                writer.record(&types, PTR, INTERNET, OTHER_TTL, |data| data.name(&self.service));
                1
            }
            Kind::Pointer => {
                writer.record(&self.service, PTR, INTERNET, OTHER_TTL, |data| data.name(&self.instance));
                1
            }
            Kind::Service => {
                writer.record(&self.instance, SRV, unique, HOST_TTL, |data| {
                    // Priority and weight.
                    data.number(0);
                    data.number(0);
                    data.number(self.port);
                    data.name(&self.host);
                });
                1
            }
            Kind::Text => {
                writer.record(&self.instance, TXT, unique, OTHER_TTL, |data| {
                    for text in &self.text {
                        let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
                        data.0.push(length);
                        data.0.extend(text.as_bytes().iter().take(usize::from(length)));
                    }
                });
                1
            }
            Kind::V4 => self.v4.iter().take(ADDRESSES).fold(0, |count, address| {
                writer.record(&self.host, A, unique, HOST_TTL, |data| data.0.extend(address.octets()));
                count + 1
            }),
            Kind::V6 => self.v6.iter().take(ADDRESSES).fold(0, |count, address| {
                writer.record(&self.host, AAAA, unique, HOST_TTL, |data| data.0.extend(address.octets()));
                count + 1
            }),
        }
    }
}

/// Each kind once, and none of those in `but`.
fn once(kinds: Vec<Kind>, but: &[Kind]) -> Vec<Kind> {
    let mut once = Vec::new();
    for kind in kinds {
        if !once.contains(&kind) && !but.contains(&kind) {
            once.push(kind);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNICAST: u16 = INTERNET | TOP_BIT;

    fn name(dotted: &str) -> Name {
        Name::new(dotted.split('.')).unwrap()
    }

    fn records() -> Records {
        Records {
            service: name("_hap._tcp.local"),
            instance: name("Gate EEFF._hap._tcp.local"),
            host: name("AABBCCDDEEFF.local"),
            port: 51826,
            text: vec!["c#=1".to_owned(), "sf=1".to_owned()],
            v4: vec![Ipv4Addr::new(192, 168, 1, 5)],
            v6: vec![Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5)],
            everywhere: vec![
                Ipv4Addr::new(192, 168, 1, 5).into(),
                Ipv4Addr::new(10, 0, 0, 5).into(),
                Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5).into(),
            ],
        }
    }

    /// The response of a host with `theirs` to say, of which `change` is made.
    fn response(theirs: &Records, change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let query = Query::read(&asking(&[("_hap._tcp.local", PTR, UNICAST)], &[])).unwrap();
        let mut message = theirs.answer(&query).unwrap();
        change(&mut message);
        message
    }

    fn asking(questions: &[(&str, u16, u16)], known: &[(&str, &str, u32)]) -> Vec<u8> {
        let mut writer = Writer::default();
        for number in [7, 0, questions.len(), known.len(), 0, 0] {
            writer.number(number.try_into().unwrap());
        }
        for (asked, kind, class) in questions {
            writer.name(&name(asked));
            writer.number(*kind);
            writer.number(*class);
        }
        for (owner, target, ttl) in known {
            writer.record(&name(owner), PTR, INTERNET, *ttl, |data| data.name(&name(target)));
        }
        writer.0
    }

    /// The kinds of the answers and of the additional records.
    fn answer(message: &[u8]) -> Option<(Vec<u16>, Vec<u16>)> {
        let answer = records().answer(&Query::read(message)?)?;
        let mut reader = Reader { message: &answer, at: 0 };
        assert_eq!((reader.number(), reader.number(), reader.number()), (Some(7), Some(0x8400), Some(0)));
        let counts = (reader.number().unwrap(), reader.number().unwrap(), reader.number().unwrap());
        let mut kinds = (0..counts.0 + counts.2).map(|_| {
            reader.name().unwrap();
            let kind = reader.number().unwrap();
            reader.bytes(6).unwrap();
            let length = reader.number().unwrap();
            reader.bytes(length.into()).unwrap();
            kind
        });
        let kinds = (kinds.by_ref().take(counts.0.into()).collect(), kinds.collect());
        assert_eq!(reader.at, answer.len());
        Some(kinds)
    }

    #[test]
    fn a_phone_that_looks_for_accessories_is_told_everything_at_once() {
        let everything = Some((vec![PTR], vec![SRV, TXT, A, AAAA]));
        assert_eq!(answer(&asking(&[("_hap._tcp.local", PTR, UNICAST)], &[])), everything);
        assert_eq!(answer(&asking(&[("_HAP._tcp.LOCAL", ANY, UNICAST)], &[])), everything);
    }

    #[test]
    fn each_record_can_be_asked_for_and_comes_once() {
        let instance = "Gate EEFF._hap._tcp.local";
        let host = "AABBCCDDEEFF.local";
        assert_eq!(answer(&asking(&[(instance, SRV, UNICAST)], &[])), Some((vec![SRV], vec![A, AAAA])));
        assert_eq!(answer(&asking(&[(instance, TXT, UNICAST)], &[])), Some((vec![TXT], vec![])));
        assert_eq!(answer(&asking(&[(host, A, UNICAST), (host, A, UNICAST)], &[])), Some((vec![A], vec![])));
        let all = asking(&[(instance, ANY, UNICAST), (host, AAAA, UNICAST)], &[]);
        assert_eq!(answer(&all), Some((vec![SRV, TXT, AAAA], vec![A])));
        let types = asking(&[("_services._dns-sd._udp.local", PTR, UNICAST)], &[]);
        assert_eq!(answer(&types), Some((vec![PTR], vec![])));
    }

    #[test]
    fn who_did_not_ask_for_unicast_or_asked_for_others_gets_none() {
        assert_eq!(answer(&asking(&[("_hap._tcp.local", PTR, INTERNET)], &[])), None);
        assert_eq!(answer(&asking(&[("_ipp._tcp.local", PTR, UNICAST)], &[])), None);
        assert_eq!(answer(&asking(&[("_hap._tcp.local", TXT, UNICAST)], &[])), None);
        assert_eq!(answer(&asking(&[("_hap._tcp.local", PTR, 3 | TOP_BIT)], &[])), None);
    }

    #[test]
    fn an_answer_that_the_asker_still_has_is_not_repeated_until_half_of_its_life_is_over() {
        let question = [("_hap._tcp.local", PTR, UNICAST)];
        let known = |target, ttl| answer(&asking(&question, &[("_hap._tcp.local", target, ttl)])).is_none();
        assert!(known("Gate EEFF._hap._tcp.local", 2250));
        assert!(!known("Gate EEFF._hap._tcp.local", 2249));
        assert!(!known("Gate 0000._hap._tcp.local", 4500));
    }

    #[test]
    fn who_gives_our_name_to_another_host_contradicts_us_and_nobody_else_does() {
        let ours = records();
        let contradicts = |change: &dyn Fn(&mut Records)| {
            let mut theirs = ours.clone();
            change(&mut theirs);
            ours.are_contradicted_by(&response(&theirs, |_| ()))
        };
        assert!(!contradicts(&|_| ()), "ourselves");
        assert!(!contradicts(&|theirs| theirs.v4 = vec![Ipv4Addr::new(10, 0, 0, 5)]), "our other interface");
        assert!(!contradicts(&|theirs| {
            theirs.instance = name("Lamp 0000._hap._tcp.local");
            theirs.host = name("0123456789AB.local");
            theirs.v4 = vec![Ipv4Addr::new(192, 168, 1, 6)];
        }));
        assert!(contradicts(&|theirs| theirs.v4.push(Ipv4Addr::new(192, 168, 1, 6))), "our host elsewhere");
        assert!(contradicts(&|theirs| theirs.v6.push(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 6))));
        assert!(contradicts(&|theirs| theirs.port = 51827), "our name on another port");
        assert!(contradicts(&|theirs| theirs.host = name("0123456789AB.local")), "our name on another host");
        assert!(contradicts(&|theirs| {
            theirs.instance = name("GATE eeff._HAP._tcp.local");
            theirs.host = name("0123456789AB.local");
        }));
    }

    #[test]
    fn a_question_and_a_goodbye_contradict_nobody() {
        let ours = records();
        let mut theirs = ours.clone();
        theirs.v4 = vec![Ipv4Addr::new(192, 168, 1, 6)];
        theirs.v6 = vec![];
        assert!(ours.are_contradicted_by(&response(&theirs, |_| ())));
        assert!(!ours.are_contradicted_by(&response(&theirs, |message| message[2] &= 0x7F)));
        let goodbye = response(&theirs, |message| {
            let ttl = message.windows(4).rposition(|bytes| bytes == HOST_TTL.to_be_bytes()).unwrap();
            message[ttl..ttl + 4].fill(0);
        });
        assert!(!ours.are_contradicted_by(&goodbye));
    }

    #[test]
    fn a_response_is_not_a_query() {
        let mut message = asking(&[("_hap._tcp.local", PTR, UNICAST)], &[]);
        message[2] = 0x84;
        assert!(Query::read(&message).is_none());
    }

    #[test]
    fn the_longest_answer_fits_a_datagram_of_an_ethernet() {
        let mut records = records();
        records.instance = Name::new(["i".repeat(63).as_str(), "_hap", "_tcp", "local"]).unwrap();
        records.text = vec![format!("md={}", "m".repeat(64)), "n".repeat(120)];
        records.v4 = vec![Ipv4Addr::LOCALHOST; 30];
        records.v6 = vec![Ipv6Addr::LOCALHOST; 30];
        let query = Query::read(&asking(&[("_hap._tcp.local", PTR, UNICAST)], &[])).unwrap();
        let length = records.answer(&query).unwrap().len();
        assert!(length <= 1452, "{length}");
    }

    proptest! {
        #[test]
        fn whatever_arrives_nothing_breaks(mut message in prop::collection::vec(any::<u8>(), 0..200), query: bool) {
            if query && message.len() > 12 {
                message[2..12].copy_from_slice(&[0, 0, 0, 3, 0, 2, 0, 0, 0, 0]);
            }
            records().are_contradicted_by(&message);
            if let Some(query) = Query::read(&message) {
                prop_assert!(query.questions.len() <= QUESTIONS && query.known.len() <= KNOWN_ANSWERS);
                records().answer(&query);
            }
        }

        #[test]
        fn an_answer_cut_anywhere_nothing_breaks(cut in 0..300_usize, at in 0..300_usize, byte: u8) {
            let message = response(&records(), |message| {
                if let Some(changed) = message.get_mut(at) {
                    *changed = byte;
                }
                message.truncate(cut);
            });
            records().are_contradicted_by(&message);
        }

        #[test]
        fn a_question_cut_anywhere_nothing_breaks(cut in 0..80_usize, at in 0..80_usize, byte: u8) {
            let mut message = asking(
                &[("_hap._tcp.local", PTR, UNICAST)],
                &[("_hap._tcp.local", "Gate EEFF._hap._tcp.local", 4500)],
            );
            if let Some(changed) = message.get_mut(at) {
                *changed = byte;
            }
            message.truncate(cut);
            if let Some(query) = Query::read(&message) {
                records().answer(&query);
            }
        }
    }
}
