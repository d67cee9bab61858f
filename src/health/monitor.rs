//! Looks at the parts, when somebody wants to know.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hap::discovery::{Asked, Expected, ask};
use log::{info, warn};

use super::judge::{Mdns, Observed};
use super::{Health, Verdict};
use crate::config::Config;
use crate::homekit;
use crate::live_gate::LiveGate;

/// Looks at the parts. Nothing is looked at unless somebody asks.
pub(crate) struct Monitor {
    gates: Vec<Arc<LiveGate>>,
    homekit: hap::Handle,
    /// What phones should find.
    expected: Expected,
    /// The interfaces to ask on; all that lead to a network if there are none.
    interfaces: Vec<String>,
    /// Whether the loopback interface is one of them by its name, as where everything is on one machine. Else it is one
    /// that answers whatever happens, and no phone hears it.
    counts_loopback: bool,
    /// How long controllers may be silent.
    patience: Duration,
    started: Instant,
    known: Mutex<Known>,
    /// One asks the network at a time; the others take its answer.
    asking: tokio::sync::Mutex<()>,
}

/// What takes a while to find out, each with when it was.
#[derive(Default)]
struct Known {
    late: Option<(Instant, Duration)>,
    mdns: Option<(Instant, Mdns)>,
    /// The parts that were unwell when last looked at, so that the log tells of each once.
    told: Vec<(super::Part, Verdict)>,
}

/// The name that Linux gives to the loopback interface.
const LOOPBACK: &str = "lo";

/// Our own record is asked for this often at most: phones and their batteries hear the question, too.
const ASK_EVERY: Duration = Duration::from_secs(60);

/// After this, what was found out is forgotten: it says nothing of now. While anybody looks, it is found out far sooner.
const KNOWN_FOR: Duration = Duration::from_secs(180);

/// How long to wait for the answer: long enough for a question that is lost to be asked again.
const PATIENCE: Duration = Duration::from_millis(1500);

/// A pause to measure by how much longer it takes.
const PAUSE: Duration = Duration::from_millis(1);

impl Monitor {
    /// Looks at nothing yet.
    pub(crate) fn new(config: &Config, gates: Vec<Arc<LiveGate>>, homekit: hap::Handle) -> Self {
        let interfaces: Vec<_> =
            config.homekit.interfaces.iter().flatten().map(|name| name.as_str().to_owned()).collect();
        Self {
            expected: Expected::new(homekit::name(config), homekit.device_id(), homekit.address().port()),
            counts_loopback: interfaces.iter().any(|name| name == LOOPBACK),
            interfaces,
            patience: config.api.controller_seen_within.get(),
            gates,
            homekit,
            started: Instant::now(),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// How long the daemon has run.
    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// The health as far as it is known without a wait.
    pub(crate) fn known(&self) -> Health {
        let (late, mdns) = {
            let (known, now) = (self.lock(), Instant::now());
            (known.late(now), known.mdns(now))
        };
        let unheld = self.gates.iter().filter(|gate| !gate.is_held()).map(|gate| format!("{:?}", gate.name()));
        let heard = self.homekit.last_heard().unwrap_or(self.started);
        let health = Health::judge(&Observed {
            late,
            unheld: unheld.collect(),
            addresses: self.addresses(),
            mdns,
            is_paired: self.homekit.is_paired(),
            sessions: self.homekit.sessions(),
            silent: heard.elapsed(),
            patience: self.patience,
        });
        self.tell(&health);
        health
    }

    /// The health now. It asks the network if nobody did for a minute, which takes a second or two at most.
    pub(crate) async fn look(&self) -> Health {
        let before = tokio::time::Instant::now();
        tokio::time::sleep(PAUSE).await;
        let late = before.elapsed().saturating_sub(PAUSE);
        self.came_late(late);
        self.ask().await;
        self.known()
    }

    /// The daemon came so late to something that was due just now.
    pub(crate) fn came_late(&self, late: Duration) {
        self.lock().late = Some((Instant::now(), late));
    }

    /// The addresses that phones can come by; none at all when nothing is advertised.
    fn addresses(&self) -> Option<Vec<IpAddr>> {
        let mut addresses = self.homekit.reach()?.addresses;
        addresses.retain(|address| self.counts_loopback || !address.is_loopback());
        Some(addresses)
    }

    async fn ask(&self) {
        let _one = self.asking.lock().await;
        if self.addresses().is_none_or(|addresses| addresses.is_empty()) {
            // There is nowhere to ask, and what was answered before is of a network that is gone.
            self.lock().mdns = None;
            return;
        }
        if self.lock().mdns.as_ref().is_some_and(|(at, _)| at.elapsed() < ASK_EVERY) {
            return;
        }
        let asked = ask(&self.interfaces, Some(&self.expected), PATIENCE).await;
        let mut known = self.lock();
        let now = Instant::now();
        known.mdns = Some((now, self.answer(&asked, &known.mdns(now))));
    }

    fn answer(&self, asked: &Asked, before: &Mdns) -> Mdns {
        let seen = asked.compare(&self.expected);
        if let Some(copy) = seen.copies.first() {
            return Mdns::Copied(copy.from);
        }
        let counts = |interface: &str| self.counts_loopback || interface != LOOPBACK;
        if seen.own.iter().any(|answer| counts(&answer.interface)) {
            return Mdns::Answered;
        }
        let asked: Vec<_> = asked.interfaces.iter().filter(|(name, _)| counts(name)).collect();
        let failures: Vec<_> = asked.iter().filter_map(|(_, failure)| failure.as_deref()).collect();
        match failures.first() {
            // The network went meanwhile.
            None if asked.is_empty() => Mdns::NotAsked,
            Some(failure) if failures.len() == asked.len() => Mdns::CannotAsk((*failure).to_owned()),
            _ => Mdns::Silent(if let Mdns::Silent(times) = before { times.saturating_add(1) } else { 1 }),
        }
    }

    /// Says in the log what has become worse or better.
    fn tell(&self, health: &Health) {
        let mut known = self.lock();
        let mut told = Vec::new();
        for part in health.parts.iter().filter(|part| part.verdict != Verdict::Ok) {
            told.push((part.part, part.verdict));
            if !known.told.contains(&(part.part, part.verdict)) {
                let mend = part.mend.as_deref().unwrap_or_default();
                warn!("health: {} is {}: {}; {mend}", part.part, part.verdict, part.what);
            }
        }
        let is_well = |part| health.parts.iter().any(|it| it.part == part && it.verdict == Verdict::Ok && it.is_known);
        for (part, _) in known.told.iter().filter(|(part, _)| is_well(*part)) {
            info!("health: {part} is ok again");
        }
        known.told = told;
    }

    /// What is known is whole between two calls, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// How late the daemon last came to what was due, if that was lately.
    fn late(&self, now: Instant) -> Duration {
        lately(self.late.as_ref(), now).copied().unwrap_or_default()
    }

    /// What came of asking for our own record, if that was lately.
    fn mdns(&self, now: Instant) -> Mdns {
        lately(self.mdns.as_ref(), now).cloned().unwrap_or_default()
    }
}

fn lately<T>(found: Option<&(Instant, T)>, now: Instant) -> Option<&T> {
    found.filter(|(at, _)| now.saturating_duration_since(*at) < KNOWN_FOR).map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_out_is_forgotten_after_minutes() {
        let then = Instant::now();
        let known = Known {
            late: Some((then, Duration::from_secs(2))),
            mdns: Some((then, Mdns::Silent(2))),
            ..Known::default()
        };
        let at = |age: Duration| (known.late(then + age), known.mdns(then + age));
        let still = (Duration::from_secs(2), Mdns::Silent(2));
        assert_eq!(at(Duration::ZERO), still);
        assert_eq!(at(KNOWN_FOR - Duration::from_millis(1)), still);
        assert_eq!(at(KNOWN_FOR), (Duration::ZERO, Mdns::NotAsked));
        assert!(KNOWN_FOR > 2 * ASK_EVERY, "it is found out anew before that while anybody looks");
    }
}
