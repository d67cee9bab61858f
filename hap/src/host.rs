//! What all connections of a server share.

use std::sync::Arc;

use pairing::{Change, ControllerId, PairSetup, State};

use crate::database::Database;
use crate::events::Hub;

/// The server without its sockets: pairings, the attribute database, and who listens to it.
pub(crate) struct Host {
    pub(crate) state: State,
    pub(crate) setup: PairSetup,
    pub(crate) database: Database,
    pub(crate) hub: Arc<Hub>,
    pub(crate) identify: Option<Identify>,
}

/// What the accessory does to show itself.
pub(crate) type Identify = Arc<dyn Fn() + Send + Sync>;

impl Host {
    pub(crate) fn new(state: State, database: Database, hub: Arc<Hub>, identify: Option<Identify>) -> Self {
        Self { state, setup: PairSetup::new(), database, hub, identify }
    }

    /// Takes over a change that is durable, and wakes the sessions whose pairing it may have ended.
    pub(crate) fn commit(&mut self, change: &Change) {
        let before = self.state.pairings.len();
        self.state.apply(change);
        if self.state.pairings.len() < before {
            self.hub.wake_all();
        }
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
