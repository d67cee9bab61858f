//! What all connections of a server share.

use std::sync::Arc;

use pairing::{Change, ControllerId, PairSetup, PublicKey, State};

use crate::database::Database;
use crate::events::Hub;

/// The server without its sockets: pairings, the attribute database, and who listens to it.
pub(crate) struct Host {
    pub(crate) state: State,
    pub(crate) setup: PairSetup,
    pub(crate) database: Database,
    pub(crate) hub: Arc<Hub>,
    pub(crate) identify: Option<Identify>,
    /// A controller opened a session, though the store may not know of it.
    confirmed: bool,
}

/// What the accessory does to show itself.
pub(crate) type Identify = Arc<dyn Fn() + Send + Sync>;

impl Host {
    pub(crate) fn new(state: State, database: Database, hub: Arc<Hub>, identify: Option<Identify>) -> Self {
        Self { state, setup: PairSetup::new(), database, hub, identify, confirmed: false }
    }

    /// Takes over a change that is durable, and wakes the sessions whose pairing it may have ended.
    pub(crate) fn commit(&mut self, change: &Change) {
        let before = self.state.pairings.len();
        self.state.apply(change);
        self.confirmed &= self.state.is_paired();
        if self.state.pairings.len() < before {
            self.hub.wake_all();
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

    /// The key by which a controller is known, as things are now.
    pub(crate) fn key_of(&self, controller: &ControllerId) -> Option<PublicKey> {
        self.state.pairings.get(controller).map(|pairing| pairing.public_key)
    }

    /// Whether a controller may still speak to us.
    pub(crate) fn is_paired_with(&self, controller: &ControllerId) -> bool {
        self.state.pairings.get(controller).is_some()
    }

    /// Whether a controller may manage pairings, as things are now.
    pub(crate) fn is_admin(&self, controller: &ControllerId) -> bool {
        self.state.pairings.get(controller).is_some_and(|pairing| pairing.permissions.is_admin())
    }
}
