//! One receiver: a thread that sends it what waits, one event after the other, until it has taken it or time is up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver as Queue, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, SystemTime};

use log::{debug, info, warn};
use ureq::Agent;

use super::event::Event;
use super::sign::signature;
use super::{WebhookError, limits};
use crate::config::{Webhook, WebhookEvent};
use crate::secret::Secret;

/// The way to a receiver's thread.
pub(super) struct Receiver {
    events: Vec<WebhookEvent>,
    queue: SyncSender<Arc<Event>>,
    /// Events that found no place in the queue.
    lost: Arc<AtomicU64>,
}

impl Receiver {
    /// Reads the secret and starts the thread, which ends with the program: nobody waits for a receiver.
    pub(super) fn start(config: &Webhook) -> Result<Self, WebhookError> {
        let (queue, waiting) = sync_channel(limits::WAITING);
        let lost = Arc::<AtomicU64>::default();
        let work = Work {
            agent: Agent::config_builder()
                .timeout_global(Some(limits::ANSWER))
                .max_idle_age(limits::IDLE)
                .max_idle_connections_per_host(1)
                .http_status_as_error(false)
                .max_redirects(0)
                .proxy(None)
                .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
                .build()
                .into(),
            url: config.url.as_str().to_owned(),
            host: config.url.host().to_owned(),
            secret: Secret::read("webhook's secret", &config.secret_file)?,
            lost: Arc::clone(&lost),
        };
        let thread = thread::Builder::new().name("webhook".to_owned());
        thread.spawn(move || work.run(&waiting)).map_err(WebhookError::Thread)?;
        Ok(Self { events: config.events.clone(), queue, lost })
    }

    /// Hands an event over if this receiver wants it, without waiting.
    pub(super) fn tell(&self, event: &Arc<Event>) {
        if !self.events.contains(&event.event) {
            return;
        }
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.queue.try_send(Arc::clone(event)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What the thread works with.
struct Work {
    agent: Agent,
    url: String,
    /// Where it goes, without what the address may hold of secrets: for the log.
    host: String,
    secret: Secret,
    lost: Arc<AtomicU64>,
}

/// What came of an attempt.
#[derive(Debug, Eq, PartialEq)]
enum Outcome {
    Taken,
    /// For this reason, which may pass.
    NotNow(String),
    /// For this reason, which will not pass by itself.
    Never(String),
}

impl Work {
    fn run(self, waiting: &Queue<Arc<Event>>) {
        for event in waiting {
            let lost = self.lost.swap(0, Ordering::Relaxed);
            if lost > 0 {
                warn!("webhook to {}: {lost} events found no room to wait and are lost", self.host);
            }
            self.deliver(&event);
        }
    }

    fn deliver(&self, event: &Event) {
        // It is made of names, numbers and flags, which JSON can hold.
        let body = serde_json::to_vec(event).unwrap_or_default();
        let mut reason = String::new();
        for attempt in 0..limits::ATTEMPTS {
            match self.attempt(event.event, &body) {
                Outcome::Taken => {
                    debug!("webhook to {}: {} is told", self.host, event.event);
                    if attempt > 0 {
                        info!("webhook to {}: answers again", self.host);
                    }
                    return;
                }
                Outcome::Never(why) => {
                    warn!("webhook to {}: {} is not told: {why}", self.host, event.event);
                    return;
                }
                Outcome::NotNow(why) => {
                    // Once, not for each attempt.
                    if attempt == 0 {
                        warn!("webhook to {}: {why}; trying again for some minutes", self.host);
                    }
                    reason = why;
                }
            }
            if attempt + 1 < limits::ATTEMPTS {
                thread::sleep(back_off(attempt));
            }
        }
        warn!("webhook to {}: {} is not told: {reason}", self.host, event.event);
    }

    /// Signed anew each time: a receiver may refuse what was signed long ago.
    fn attempt(&self, event: WebhookEvent, body: &[u8]) -> Outcome {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let request = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Portcullis-Event", event.to_string())
            .header("Portcullis-Timestamp", now.to_string())
            .header("Portcullis-Signature", signature(&self.secret, now, body));
        match request.send(body) {
            Ok(mut answer) => {
                let outcome = judge(answer.status().as_u16());
                // Read to its end, the connection can be used again; what is too long for that is not worth it.
                let _ = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
                outcome
            }
            // Without the address, which may hold a secret.
            Err(error) => Outcome::NotNow(error.to_string().replace(&self.url, &self.host)),
        }
    }
}

/// Bytes of an answer that are read and forgotten.
const ANSWER_BYTES: u64 = 16 * 1024;

fn judge(status: u16) -> Outcome {
    match status {
        200..=299 => Outcome::Taken,
        408 | 425 | 429 | 500..=599 => Outcome::NotNow(format!("it answers with status {status}")),
        300..=399 => Outcome::Never(format!("it redirects (status {status}): write the new address into url")),
        _ => Outcome::Never(format!("it answers with status {status}")),
    }
}

/// How long to wait behind attempt `nth`, the first being 0.
fn back_off(nth: u32) -> Duration {
    let (first, most) = limits::BACK_OFF;
    first.saturating_mul(1 << nth.min(20)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_ever_later_and_end() {
        let waits: Vec<_> = (0..limits::ATTEMPTS - 1).map(|nth| back_off(nth).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256]);
        assert_eq!(back_off(u32::MAX), limits::BACK_OFF.1);
    }

    #[test]
    fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
        assert_eq!(judge(204), Outcome::Taken);
        for status in [408, 429, 500, 502, 503] {
            assert!(matches!(judge(status), Outcome::NotNow(_)), "{status}");
        }
        for status in [301, 400, 401, 404, 410] {
            assert!(matches!(judge(status), Outcome::Never(_)), "{status}");
        }
    }

    #[test]
    fn connections_are_idle_for_less_than_a_router_remembers_them() {
        assert!(limits::IDLE < Duration::from_secs(240));
    }
}
