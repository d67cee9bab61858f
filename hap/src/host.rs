//! What all connections of a server share.

use std::sync::Arc;

use pairing::{Change, ControllerId, PairSetup, PublicKey, State};

use crate::database::Database;
use crate::event_text::EventText;
use crate::events::Hub;

/// The server without its sockets: pairings, the attribute database, and who listens to it.
pub(crate) struct Host {
    pub(crate) state: State,
    pub(crate) setup: PairSetup,
    pub(crate) database: Database,
    pub(crate) hub: Arc<Hub>,
    pub(crate) identify: Option<Identify>,
    pub(crate) events: EventText,
    /// A controller opened a session, though the store may not know of it.
    confirmed: bool,
    /// How often pairings may have changed.
    changes: u64,
}

/// Lets the accessory show itself; it returns at once.
pub(crate) type Identify = Arc<dyn Fn() + Send + Sync>;

impl Host {
    pub(crate) fn new(state: State, database: Database, hub: Arc<Hub>, identify: Option<Identify>) -> Self {
        Self {
            state,
            setup: PairSetup::new(),
            database,
            hub,
            identify,
            events: EventText::default(),
            confirmed: false,
            changes: 0,
        }
    }

    /// The state after a change, to be stored.
    pub(crate) fn after(&self, change: &Change) -> State {
        let mut next = self.state.clone();
        next.apply(change);
        next
    }

    /// Takes over the state after a change, which is durable now, and wakes the sessions whose pairing it may have ended.
    pub(crate) fn commit(&mut self, next: State) {
        let before = self.state.pairings.len();
        self.state = next;
        self.changes = self.changes.wrapping_add(1);
        self.confirmed &= self.state.is_paired();
        if self.state.pairings.len() < before {
            let pairings = &self.state.pairings;
            self.hub.removed(|controller| pairings.get(controller).is_some());
        }
    }

    /// Whether nobody has opened a session since Pair Setup: its controller may not know that it is paired (HAP §5.6).
    pub(crate) fn is_half_paired(&self) -> bool {
        self.state.pairings.are_unconfirmed() && !self.confirmed
    }

    /// A controller opened a session.
    pub(crate) fn confirmed(&mut self) {
        self.confirmed = self.state.is_paired();
    }

    /// What a controller may do, as things are now.
    pub(crate) fn standing(&self, controller: &ControllerId) -> Standing {
        let pairing = self.state.pairings.get(controller);
        Standing {
            key: pairing.map(|pairing| pairing.public_key),
            is_admin: pairing.is_some_and(|pairing| pairing.permissions.is_admin()),
            as_of: self.changes,
        }
    }

    /// Whether a controller may still speak to us.
    pub(crate) fn is_paired_with(&self, controller: &ControllerId) -> bool {
        self.state.pairings.get(controller).is_some()
    }
}

/// What a controller is to us, remembered so that it is looked up only when pairings have changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// The key by which it is known, if it is.
    pub(crate) key: Option<PublicKey>,
    /// Whether it may manage pairings.
    pub(crate) is_admin: bool,
    as_of: u64,
}

impl Standing {
    /// Whether nothing has changed since.
    pub(crate) fn is_of_now(&self, host: &Host) -> bool {
        self.as_of == host.changes
    }
}
