//! How controllers find the server: `_hap._tcp` over multicast DNS (HAP §1.2 to §1.6).
//!
//! [`ask`] looks for them as a phone does, which tells whether phones can find the server.
//!
//! A task owns the responder. It chooses the interfaces, starts another responder when their addresses change, says
//! again what was said, since Wi-Fi loses multicast, probes again for a name that somebody else has on a network that was
//! joined later, and tries again when mDNS cannot start.

mod advertisement;
mod ask;
mod changes;
mod interfaces;
mod message;
mod reach;
mod responder;
mod response;
mod unicast;
mod wire;

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use log::{debug, error, info, warn};
use mdns_sd::{DaemonEvent, DnsNameChange};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

pub(crate) use self::advertisement::Advertisement;
use self::advertisement::SERVICE;
pub use self::ask::{Answer, Asked, Expected, Seen, ask};
use self::changes::Changes;
use self::interfaces::{Fate, Interface};
pub use self::interfaces::{Network, Reason, networks};
#[cfg(feature = "fuzzing")]
pub(crate) use self::message::Query;
pub(crate) use self::message::Records;
pub(crate) use self::reach::Known;
pub use self::reach::Reach;
use self::responder::{Broken, Responder};
#[cfg(feature = "fuzzing")]
pub(crate) use self::response::{question, told};
use self::unicast::Unicast;
pub(crate) use self::wire::Name;

/// After an announcement, when it is said again (HAP §1.6): later than the second within which a responder says nothing
/// twice, even where another interface was announced a little earlier.
const AGAIN: [Duration; 2] = [Duration::from_millis(1500), Duration::from_millis(4000)];

/// How often names that somebody else claims are probed for anew: once settles it between two that keep to the rules, and
/// who does not must not keep us from being found.
const CONTEST: Duration = Duration::from_secs(60);

/// When mDNS cannot start, how long until the next attempt: at first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// The running advertisement. When it is dropped, it is taken back as soon as the runtime runs.
pub(crate) struct Discovery {
    paired: watch::Sender<bool>,
    task: JoinHandle<()>,
    known: Arc<Known>,
}

impl Discovery {
    /// Starts to advertise, on the `interfaces` of these names, or on all that lead to a network if there are none.
    /// Needs a tokio runtime. Where mDNS cannot start, the server is served without, and the log says so.
    pub(crate) fn start(advertisement: Advertisement, interfaces: &[String], paired: bool) -> Self {
        let (paired, told) = watch::channel(paired);
        let known = Arc::<Known>::default();
        let task = tokio::spawn(run(advertisement, interfaces.to_vec(), told, Arc::clone(&known)));
        Self { paired, task, known }
    }

    /// What is known of how phones come to us.
    pub(crate) fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known)
    }

    /// Tells the network at once, if it is news (HAP §1.6).
    pub(crate) fn set_paired(&mut self, paired: bool) {
        self.paired.send_if_modified(|told| mem::replace(told, paired) != paired);
    }

    /// Takes the advertisement back, so that phones drop it now and not when it expires.
    pub(crate) async fn goodbye(self) {
        drop(self.paired);
        // It ends by itself, each of its waits has a bound.
        let _ = self.task.await;
    }
}

/// Advertises until the handle is gone.
async fn run(advertisement: Advertisement, chosen: Vec<String>, mut told: watch::Receiver<bool>, known: Arc<Known>) {
    let mut fates = Fates { known, ..Fates::default() };
    let mut last = None;
    let mut wait = RETRY.0;
    loop {
        let paired = *told.borrow();
        let broken = match Advertising::start(&advertisement, &chosen, &mut fates, paired) {
            Ok(advertising) => {
                if last.take().is_some() {
                    info!("advertising again");
                }
                wait = RETRY.0;
                match advertising.run(&mut told).await {
                    Ok(()) => return,
                    Err(broken) => broken,
                }
            }
            Err(broken) => broken,
        };
        let broken = broken.to_string();
        if last.as_ref() != Some(&broken) {
            error!("cannot advertise, so phones cannot find this: {broken}. Trying again until it works");
            last = Some(broken);
        }
        tokio::select! {
            () = sleep(wait) => wait = RETRY.1.min(wait * 2),
            // Only the handle's end counts: whether it is paired is looked up at the next start.
            () = gone(&mut told) => return,
        }
    }
}

async fn gone(told: &mut watch::Receiver<bool>) {
    while told.changed().await.is_ok() {}
}

/// What is advertised now.
struct Advertising<'a> {
    advertisement: &'a Advertisement,
    chosen: &'a [String],
    fates: &'a mut Fates,
    changes: Changes,
    responder: Responder,
    /// What the responder was started on, without what went down since.
    interfaces: BTreeMap<String, Interface>,
    /// The names that were announced, by interface. Before that they could still be another's.
    names: HashMap<String, Names>,
    /// The state that was probed. Another one changes the TXT record, which must not wait for probing: our name is ours.
    probed: bool,
    paired: bool,
    /// Whether this responder has announced the service.
    announced: bool,
    unicast: Unicast,
    /// Somebody else answers with our names.
    contested: Arc<Notify>,
    /// When that last made us probe again.
    last_contest: Option<Instant>,
    /// When to announce again, the next one last.
    again: Vec<Instant>,
}

/// What became of the interfaces at the last look.
#[derive(Default)]
struct Fates {
    by_name: BTreeMap<String, Fate>,
    known: Arc<Known>,
}

/// Our names, or others where somebody else has ours: the first labels.
#[derive(Eq, PartialEq)]
struct Names {
    instance: String,
    host: String,
}

impl<'a> Advertising<'a> {
    fn start(
        advertisement: &'a Advertisement,
        chosen: &'a [String],
        fates: &'a mut Fates,
        paired: bool,
    ) -> Result<Self, Broken> {
        // First listen, then look: nothing is missed in between.
        let changes = Changes::watch();
        let interfaces = fates.look(chosen);
        let this = Self {
            advertisement,
            chosen,
            fates,
            changes,
            responder: Responder::start(interfaces.keys().cloned().collect())?,
            interfaces,
            names: HashMap::new(),
            probed: paired,
            paired,
            announced: false,
            unicast: Unicast::default(),
            contested: Arc::default(),
            last_contest: None,
            again: Vec::new(),
        };
        this.say()?;
        Ok(this)
    }

    /// Until the handle is gone, or the responder fails.
    async fn run(mut self, told: &mut watch::Receiver<bool>) -> Result<(), Broken> {
        loop {
            tokio::select! {
                changed = told.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    self.paired = *told.borrow();
                    self.announce()?;
                    self.answer_by_unicast();
                }
                event = self.responder.event() => match event {
                    Some(event) => self.report(event),
                    None => return Err(Broken::Responder(mdns_sd::Error::DaemonShutdown)),
                },
                () = self.changes.next() => self.look()?,
                () = self.contested.notified() => self.contest()?,
                () = until(self.again.last().copied()) => {
                    self.again.pop();
                    self.say()?;
                }
            }
        }
        drop(self.unicast);
        if let Ok(service) = self.advertisement.service(self.paired) {
            self.responder.goodbye(service.get_fullname()).await;
        }
        Ok(())
    }

    /// Looks at the interfaces, and announces if anything is not as it was.
    fn look(&mut self) -> Result<(), Broken> {
        let found = self.fates.look(self.chosen);
        // One without a link keeps its addresses, and the responder on it keeps the name until the link is back.
        let waits = |name: &String| matches!(self.fates.by_name.get(name), Some(Fate::Skipped(Reason::NoLink)));
        self.interfaces.retain(|name, _| found.contains_key(name) || waits(name));
        let known = |(name, interface): (&String, &Interface)| {
            self.interfaces.get(name).is_some_and(|known| known.has_addresses_of(interface))
        };
        if !found.iter().all(known) {
            self.restart(found)
        } else if found.iter().any(|(name, interface)| self.interfaces.get(name) != Some(interface)) {
            // A link was away. Whoever is on it may have forgotten us, or never known.
            self.interfaces.extend(found);
            self.announce()
        } else {
            Ok(())
        }
    }

    /// Finds out whose our names are, on a network that others have joined since they were probed for (RFC 6762 §9): the
    /// responder does so only when it starts.
    fn contest(&mut self) -> Result<(), Broken> {
        let now = Instant::now();
        if self.last_contest.is_some_and(|last| now < last + CONTEST) {
            return Ok(());
        }
        self.last_contest = Some(now);
        warn!("another device on the network answers to our name: asking again whose it is");
        self.restart(self.interfaces.clone())
    }

    /// Another responder, which probes for the names: for addresses that this one does not know, or a network that it does
    /// not.
    fn restart(&mut self, interfaces: BTreeMap<String, Interface>) -> Result<(), Broken> {
        let responder = Responder::start(interfaces.keys().cloned().collect())?;
        let old = mem::replace(&mut self.responder, responder);
        tokio::spawn(old.retire());
        self.interfaces = interfaces;
        self.names.retain(|name, _| self.interfaces.contains_key(name));
        self.probed = self.paired;
        self.announced = false;
        self.again.clear();
        self.say()?;
        self.answer_by_unicast();
        Ok(())
    }

    /// Says it now, and again. While the name is being probed it is said when that is done.
    fn announce(&mut self) -> Result<(), Broken> {
        self.say_again();
        self.say()
    }

    fn say_again(&mut self) {
        let now = Instant::now();
        self.again = AGAIN.iter().rev().map(|later| now + *later).collect();
    }

    fn say(&self) -> Result<(), Broken> {
        let mut service = self.advertisement.service(self.paired)?;
        service.set_requires_probe(self.paired == self.probed || !self.announced);
        self.responder.announce(service)
    }

    fn report(&mut self, event: DaemonEvent) {
        match event {
            DaemonEvent::NameChange(DnsNameChange { original, new_name, intf_name, .. }) => {
                warn!("another device on {intf_name} has the name {original}: advertised as {new_name}");
            }
            DaemonEvent::Announce(service, on) => {
                debug!("announced: {service} on {on}");
                self.fates.known.announced();
                if !mem::replace(&mut self.announced, true) {
                    self.say_again();
                }
                self.set_names(&service, &on);
            }
            DaemonEvent::Respond(on) => {
                debug!("mDNS: answered on {on}");
                self.fates.known.answered();
            }
            DaemonEvent::Error(error) => warn!("mDNS: {error}"),
            other => debug!("mDNS: {other:?}"),
        }
    }

    /// Takes over the names that won the probing on an interface. `on` is the host and the interface, with a colon
    /// between; an announcement that did not wait for probing has its addresses there.
    fn set_names(&mut self, service: &str, on: &str) {
        let Some((host, interface)) = on.rsplit_once(".local.:") else { return };
        let Some(instance) = service.strip_suffix(SERVICE).and_then(|name| name.strip_suffix('.')) else { return };
        // The responder writes dots and backslashes within a label with a backslash.
        let instance = instance.replace("\\.", ".").replace("\\\\", "\\");
        let names = Names { instance, host: host.to_owned() };
        if self.names.get(interface) != Some(&names) {
            self.names.insert(interface.to_owned(), names);
            self.answer_by_unicast();
        }
    }

    /// Has what there is to say now answered by unicast, wherever that is.
    fn answer_by_unicast(&mut self) {
        self.unicast.retain(|name| self.interfaces.contains_key(name) && self.names.contains_key(name));
        for (name, interface) in &self.interfaces {
            if let Some(records) = self.records(name, interface) {
                self.unicast.serve(name, interface, records, &self.fates.known, &self.contested);
            }
        }
    }

    /// `None` before anything was announced there.
    fn records(&self, name: &str, interface: &Interface) -> Option<Records> {
        let Names { instance, host } = self.names.get(name)?;
        let service = ["_hap", "_tcp", "local"];
        let text = self.advertisement.txt(self.paired);
        Some(Records {
            service: Name::new(service)?,
            instance: Name::new([instance.as_str()].into_iter().chain(service))?,
            host: Name::new([host.as_str(), "local"])?,
            port: self.advertisement.port,
            text: text.iter().map(|(key, value)| format!("{key}={value}")).collect(),
            v4: interface.v4(),
            v6: interface.v6(),
            everywhere: self.interfaces.values().flat_map(|on| on.addresses.iter().map(|address| address.ip)).collect(),
        })
    }
}

impl Fates {
    /// The interfaces to advertise on, as they are now. What became of the others is logged, if it is news.
    fn look(&mut self, chosen: &[String]) -> BTreeMap<String, Interface> {
        let mut interfaces = interfaces::read();
        let now = interfaces::fates(&interfaces, chosen);
        for (name, fate) in &now {
            if self.by_name.get(name) != Some(fate) {
                info!("{name}: {fate}");
            }
        }
        for name in self.by_name.keys().filter(|name| !now.contains_key(*name)) {
            info!("{name}: gone");
        }
        let addresses = now.values().filter_map(|fate| match fate {
            Fate::Advertised(addresses) => Some(addresses),
            Fate::Skipped(_) => None,
        });
        self.known.set_addresses(addresses.flatten().copied().collect());
        interfaces.retain(|name, _| matches!(now.get(name), Some(Fate::Advertised(_))));
        self.by_name = now;
        interfaces
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;
    use crate::accessory::Category;

    /// A responder takes a second to make sure of its names, and a busy machine may be slow.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn who_waits_for_the_first_announcement_hears_of_it() {
        let advertisement = Advertisement {
            name: "Lamp".to_owned(),
            model: "Lamp".to_owned(),
            category: Category::Lighting,
            device_id: "4C:41:4D:50:00:01".parse().unwrap(),
            setup_id: "LAMP".parse().unwrap(),
            configuration: 1,
            port: 51826,
        };
        let discovery = Discovery::start(advertisement, &["lo".to_owned()], false);
        timeout(PATIENCE, discovery.known().announcement()).await.unwrap();
        discovery.goodbye().await;
    }
}
