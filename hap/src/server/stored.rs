//! Pairings and setup code while no server runs, for commands.

use getrandom::SysRng;
use pairing::store::{FileStoreView, Store};
use pairing::{Change, ControllerId, DeviceId, Pairing, SetupCode, SetupPayload, State};
use rand_core::UnwrapErr;

use super::{StartError, load};
use crate::accessory::Category;

/// What a store holds of pairing.
///
/// To look at it while a server runs on it, use [`view`](Self::view); a running server would not hear of a change, so
/// that is for [`Handle`](crate::Handle).
pub struct Stored {
    state: State,
}

impl Stored {
    /// What a server would start with: the stored pairings, or a new identity and setup code at the first start.
    pub fn open(store: &dyn Store, setup_code: Option<SetupCode>) -> Result<Self, StartError> {
        Ok(Self { state: load::pairings(store, setup_code, &mut UnwrapErr(SysRng))? })
    }

    /// What is stored, also while a server runs; `None` before the first start.
    pub fn view(store: &FileStoreView) -> Result<Option<Self>, StartError> {
        let loaded = store.load(load::PAIRINGS)?;
        loaded.map(|loaded| Ok(Self { state: load::decode_pairings(&loaded)? })).transpose()
    }

    /// Removes a pairing; `false` if there is none of that id. With the last admin all go (HAP §7).
    pub fn remove_pairing(&mut self, store: &dyn Store, id: &ControllerId) -> Result<bool, StartError> {
        if self.state.pairings.get(id).is_none() {
            return Ok(false);
        }
        self.state.apply(&Change::RemovePairing(*id));
        load::save_pairings(store, &self.state)?;
        Ok(true)
    }

    /// The code a user types.
    pub fn setup_code(&self) -> &SetupCode {
        &self.state.setup_code
    }

    /// The `X-HM://` text for a QR code; `category` is that of the first accessory.
    pub fn setup_payload(&self, category: Category) -> String {
        SetupPayload::new(&self.state.setup_code, &self.state.setup_id, category.number()).to_string()
    }

    /// The id by which controllers know the accessory.
    pub fn device_id(&self) -> &DeviceId {
        self.state.identity.device_id()
    }

    /// The pairings, in the order in which they came.
    pub fn pairings(&self) -> impl Iterator<Item = &Pairing> {
        self.state.pairings.iter()
    }

    /// Whether a controller is paired.
    pub fn is_paired(&self) -> bool {
        self.state.is_paired()
    }
}
