//! What is known of how phones come to us.

use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::sync::lock;

/// How phones can find the server, as things are now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Reach {
    /// The addresses that are advertised. None: there is no network, and no phone can find us.
    pub addresses: Vec<IpAddr>,
    /// Answers that were sent over mDNS since the start, by multicast and by unicast.
    pub answers: u64,
}

/// The same while it changes.
#[derive(Debug, Default)]
pub(crate) struct Known {
    addresses: Mutex<Vec<IpAddr>>,
    answers: AtomicU64,
    announced: Notify,
}

impl Known {
    pub(crate) fn announced(&self) {
        self.announced.notify_one();
    }

    /// Waits for an announcement, unless one was made since the last wait. For one who waits.
    pub(crate) async fn announcement(&self) {
        self.announced.notified().await;
    }

    pub(super) fn answered(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_addresses(&self, addresses: Vec<IpAddr>) {
        *lock(&self.addresses) = addresses;
    }

    pub(crate) fn reach(&self) -> Reach {
        Reach { addresses: lock(&self.addresses).clone(), answers: self.answers.load(Ordering::Relaxed) }
    }
}
