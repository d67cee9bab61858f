//! Asks the network as a phone would, to see whether phones can find the accessory.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::time::Duration;

use pairing::DeviceId;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::advertisement::instance;
use super::interfaces::{self, Fate, Interface};
use super::responder::PORT;
use super::response::{Told, question, told};
use super::unicast::{GROUP_V4, GROUP_V6, listen_v4, listen_v6, shared};
use super::wire::Name;

/// When the question is asked: at once, and again as phones do, since multicast is what Wi-Fi loses.
const TIMES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// Answers that are kept: accessories of a home, each on a few addresses. What comes after is not looked at.
const ANSWERS: usize = 512;

/// Bytes of a message that are read: what RFC 6762 §17 allows.
const MESSAGE: usize = 9000;

/// What phones should find: an accessory of ours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Expected {
    instance: String,
    device_id: DeviceId,
    port: u16,
}

/// What came of [`ask`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Asked {
    /// The interfaces on which it was asked, by name, each with why it could not be asked there, if so.
    pub interfaces: Vec<(String, Option<String>)>,
    /// Who answered what. One that answers on several interfaces or from several addresses is there several times.
    pub answers: Vec<Answer>,
    /// This machine's addresses.
    own: Vec<IpAddr>,
}

/// What was told of one accessory, on one interface, from one address.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The name of the interface by which it came.
    pub interface: String,
    /// Who sent it.
    pub from: IpAddr,
    /// Whether this machine itself sent it.
    pub here: bool,
    /// The accessory's name, without the service's type.
    pub instance: String,
    /// Its host, if that was told.
    pub host: Option<String>,
    /// Its port, if that was told.
    pub port: Option<u16>,
    /// Its addresses, as far as they were told.
    pub addresses: Vec<IpAddr>,
    /// The keys and values of its TXT record (HAP §1.3), if that was told.
    pub text: Option<Vec<(String, String)>>,
}

/// The answers, sorted by what they mean to an accessory of ours.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Seen<'a> {
    /// Our own record, from this machine: phones on that interface's network can find us.
    pub own: Vec<&'a Answer>,
    /// Our own record, sent on by another machine: an mDNS reflector.
    pub reflected: Vec<&'a Answer>,
    /// Our identity, but another place: a second copy of our state runs there.
    pub copies: Vec<&'a Answer>,
    /// Our name, but not our identity.
    pub namesakes: Vec<&'a Answer>,
    /// Other accessories.
    pub others: Vec<&'a Answer>,
}

/// Asks for all accessories, and for `expected`, over multicast on each interface that leads to a network, or on those of
/// `chosen` that do; and hears what comes by unicast and by multicast until `patience` is over. Needs a tokio runtime.
///
/// Meanwhile this holds up to four sockets for each interface, on the port of mDNS, which they share.
pub async fn ask(chosen: &[String], expected: Option<&Expected>, patience: Duration) -> Asked {
    let end = Instant::now() + patience;
    let all = interfaces::read();
    let own = all.values().flat_map(|interface| interface.addresses.iter().map(|address| address.ip)).collect();
    let fates = interfaces::fates(&all, chosen);
    let mut asked = Asked { own, ..Asked::default() };
    let Some(service) = Name::new(SERVICE) else { return asked };
    let name = expected.and_then(|it| Name::new([it.instance.as_str()].into_iter().chain(SERVICE)));
    let question = question(&service, name.as_ref());
    let mut conversations = JoinSet::new();
    for (name, interface) in all.iter().filter(|(name, _)| matches!(fates.get(*name), Some(Fate::Advertised(_)))) {
        let opened = Conversation::open(name, interface);
        // One family is enough: a phone asks by both.
        let failed = opened.iter().all(Result::is_err);
        let error = opened.iter().find_map(|opened| opened.as_ref().err().filter(|_| failed).map(ToString::to_string));
        asked.interfaces.push((name.clone(), error));
        for conversation in opened.into_iter().flatten() {
            conversations.spawn(conversation.run(question.clone(), service.clone(), end));
        }
    }
    while let Some(heard) = conversations.join_next().await {
        for heard in heard.unwrap_or_default() {
            asked.hear(heard);
        }
    }
    asked
}

/// The labels of the service's type.
const SERVICE: [&str; 3] = ["_hap", "_tcp", "local"];

impl Expected {
    /// The accessory with this name, identity and port. `name` is the accessory's, from which its name on the network
    /// is made (HAP §1.2).
    pub fn new(name: &str, device_id: DeviceId, port: u16) -> Self {
        Self { instance: instance(name, &device_id), device_id, port }
    }

    /// Its name on the network. Where that is another's, a number is added to it.
    pub fn instance(&self) -> &str {
        &self.instance
    }
}

impl Answer {
    /// The value of a key of its TXT record (HAP §1.3).
    pub fn text(&self, key: &str) -> Option<&str> {
        let text = self.text.as_ref()?;
        text.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// Its identity: the key `id` of its TXT record.
    pub fn device_id(&self) -> Option<DeviceId> {
        self.text("id")?.to_ascii_uppercase().parse().ok()
    }
}

impl Asked {
    /// Sorts the answers by what they mean to the accessory that is `expected`.
    pub fn compare(&self, expected: &Expected) -> Seen<'_> {
        let mut seen = Seen::default();
        for answer in &self.answers {
            let of = if answer.device_id() == Some(expected.device_id) {
                if answer.port.is_some_and(|port| port != expected.port) {
                    &mut seen.copies
                } else if answer.here {
                    &mut seen.own
                } else if answer.addresses.iter().any(|address| self.own.contains(address)) {
                    &mut seen.reflected
                } else {
                    &mut seen.copies
                }
            } else if answer.instance.eq_ignore_ascii_case(&expected.instance) {
                &mut seen.namesakes
            } else {
                &mut seen.others
            };
            of.push(answer);
        }
        seen
    }

    /// Adds what was told to what is known of the same accessory, from the same address.
    fn hear(&mut self, Heard { interface, from, told }: Heard) {
        let is_same = |known: &Answer| {
            known.interface == interface && known.from == from && known.instance.eq_ignore_ascii_case(&told.instance)
        };
        let known = self.answers.iter().position(is_same);
        let nth = known.unwrap_or(self.answers.len());
        if known.is_none() && nth < ANSWERS {
            let (here, instance) = (self.own.contains(&from), told.instance);
            let (host, port, addresses, text) = (None, None, Vec::new(), None);
            self.answers.push(Answer { interface, from, here, instance, host, port, addresses, text });
        }
        let Some(answer) = self.answers.get_mut(nth) else { return };
        answer.host = told.host.or(answer.host.take());
        answer.port = told.port.or(answer.port);
        answer.text = told.text.or(answer.text.take());
        if !told.addresses.is_empty() {
            answer.addresses = told.addresses;
        }
    }
}

/// Something that was told, by whom.
struct Heard {
    interface: String,
    from: IpAddr,
    told: Told,
}

/// The question and its answers, on one interface by one family of addresses.
struct Conversation {
    name: String,
    interface: Interface,
    /// Asks, and hears what is sent to us alone: bound to an address it goes before whoever has the port on all.
    own: UdpSocket,
    /// Hears what is sent to all.
    group: UdpSocket,
    to: SocketAddr,
}

impl Conversation {
    fn open(name: &str, interface: &Interface) -> Vec<io::Result<Self>> {
        let v4 = interface.v4().first().copied().map(|ip| {
            let own = shared(socket2::Domain::IPV4)?;
            own.set_multicast_if_v4(&ip)?;
            own.set_multicast_ttl_v4(255)?;
            own.bind(&SocketAddrV4::new(ip, PORT).into())?;
            Ok((own, listen_v4(interface.index)?, SocketAddrV4::new(GROUP_V4, PORT).into()))
        });
        // Phones ask from their link-local address.
        let v6 = interface.v6();
        let v6 = v6.iter().find(|ip| ip.is_unicast_link_local()).or(v6.first()).map(|ip| {
            let own = shared(socket2::Domain::IPV6)?;
            own.set_only_v6(true)?;
            own.set_multicast_if_v6(interface.index)?;
            own.set_multicast_hops_v6(255)?;
            let scope = if ip.is_unicast_link_local() { interface.index } else { 0 };
            own.bind(&SocketAddrV6::new(*ip, PORT, 0, scope).into())?;
            let to = SocketAddrV6::new(GROUP_V6, PORT, 0, interface.index).into();
            Ok((own, listen_v6(interface.index)?, to))
        });
        let finish = |opened: io::Result<(socket2::Socket, std::net::UdpSocket, SocketAddr)>| {
            let (own, group, to) = opened?;
            let (own, group) = (UdpSocket::from_std(own.into())?, UdpSocket::from_std(group)?);
            Ok(Self { name: name.to_owned(), interface: interface.clone(), own, group, to })
        };
        [v4, v6].into_iter().flatten().map(finish).collect()
    }

    async fn run(self, question: Vec<u8>, service: Name, end: Instant) -> Vec<Heard> {
        let start = Instant::now();
        let mut times = TIMES.iter().map(|after| start + *after);
        let mut next = times.next();
        let (mut to_us, mut to_all) = (vec![0; MESSAGE], vec![0; MESSAGE]);
        let mut heard = Vec::new();
        while heard.len() < ANSWERS {
            let received = timeout_at(end, async {
                tokio::select! {
                    biased;
                    () = sleep_until(next.unwrap_or(end)), if next.is_some() => None,
                    received = self.own.recv_from(&mut to_us) => Some((received, true)),
                    received = self.group.recv_from(&mut to_all) => Some((received, false)),
                }
            });
            let ((length, from), alone) = match received.await {
                Err(_) => break,
                Ok(None) => {
                    // One that is lost is what the next ones are for.
                    let _ = self.own.send_to(&question, self.to).await;
                    next = times.next();
                    continue;
                }
                Ok(Some((Ok(received), alone))) => (received, alone),
                // The interface is going: what was heard so far counts.
                Ok(Some((Err(_), _))) => break,
            };
            // Answers come from that port and from that network (RFC 6762 §11).
            if from.port() != PORT || !self.interface.reaches(from.ip()) {
                continue;
            }
            let message = if alone { &to_us } else { &to_all };
            for told in told(message.get(..length).unwrap_or_default(), &service) {
                heard.push(Heard { interface: self.name.clone(), from: from.ip(), told });
            }
        }
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AA:BB:CC:DD:EE:FF";

    fn expected() -> Expected {
        Expected::new("Gate", ID.parse().unwrap(), 51826)
    }

    fn told(instance: &str, id: &str, port: u16, address: &str) -> Told {
        Told {
            instance: instance.to_owned(),
            host: Some("host.local".to_owned()),
            port: Some(port),
            text: Some(vec![("id".to_owned(), id.to_owned())]),
            addresses: vec![address.parse().unwrap()],
        }
    }

    /// What comes of these answers, on a machine that has the address 10.0.0.1.
    fn asked(answers: impl IntoIterator<Item = (&'static str, Told)>) -> Asked {
        let mut asked = Asked { own: vec!["10.0.0.1".parse().unwrap()], ..Asked::default() };
        for (from, told) in answers {
            asked.hear(Heard { interface: "wlan0".to_owned(), from: from.parse().unwrap(), told });
        }
        asked
    }

    fn counts(asked: &Asked) -> [usize; 5] {
        let seen = asked.compare(&expected());
        [seen.own.len(), seen.reflected.len(), seen.copies.len(), seen.namesakes.len(), seen.others.len()]
    }

    #[test]
    fn our_own_record_is_ours_under_any_name_and_by_whatever_way_it_came() {
        assert_eq!(counts(&asked([("10.0.0.1", told("Gate EEFF", ID, 51826, "10.0.0.1"))])), [1, 0, 0, 0, 0]);
        let small = ID.to_ascii_lowercase();
        assert_eq!(counts(&asked([("10.0.0.1", told("Gate EEFF (2)", &small, 51826, "10.0.0.1"))])), [1, 0, 0, 0, 0]);
        assert_eq!(counts(&asked([("10.0.0.254", told("Gate EEFF", ID, 51826, "10.0.0.1"))])), [0, 1, 0, 0, 0]);
    }

    #[test]
    fn our_identity_in_another_place_is_a_copy() {
        assert_eq!(counts(&asked([("10.0.0.9", told("Gate EEFF", ID, 51826, "10.0.0.9"))])), [0, 0, 1, 0, 0]);
        assert_eq!(counts(&asked([("10.0.0.1", told("Gate EEFF", ID, 51827, "10.0.0.1"))])), [0, 0, 1, 0, 0]);
    }

    #[test]
    fn our_name_with_another_identity_is_a_namesake_and_the_rest_are_others() {
        let other = "11:22:33:44:55:66";
        assert_eq!(counts(&asked([("10.0.0.1", told("gate eeff", other, 51826, "10.0.0.1"))])), [0, 0, 0, 1, 0]);
        assert_eq!(counts(&asked([("10.0.0.7", told("Lamp 5566", other, 80, "10.0.0.7"))])), [0, 0, 0, 0, 1]);
    }

    #[test]
    fn what_is_told_in_pieces_is_put_together_and_a_repetition_takes_nothing_away() {
        let pointer = || Told { instance: "Gate EEFF".to_owned(), ..Told::default() };
        let whole = told("Gate EEFF", ID, 51826, "10.0.0.1");
        let asked = asked([("10.0.0.1", pointer()), ("10.0.0.1", whole), ("10.0.0.1", pointer())]);
        let [answer] = asked.answers.as_slice() else { panic!("{:?}", asked.answers) };
        assert!(answer.here && answer.port == Some(51826) && answer.text("ID") == Some(ID), "{answer:?}");
        assert_eq!(counts(&asked), [1, 0, 0, 0, 0]);
    }

    #[test]
    fn a_flood_of_accessories_is_cut_off() {
        let flood = (0..2 * ANSWERS).map(|nth| ("10.0.0.7", told(&format!("Lamp {nth}"), "", 80, "10.0.0.7")));
        assert_eq!(asked(flood).answers.len(), ANSWERS);
    }
}
