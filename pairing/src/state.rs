//! Everything of pairing that must survive a restart, and the only ways to change it (HAP §5.8).

mod document;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::identity::Identity;
use crate::limits;
use crate::pairings::{ControllerId, Pairing, Pairings, Permissions};
use crate::setup_code::{SetupCode, SetupId};

pub use document::StateError;

/// Everything of pairing that must survive a restart (HAP §5.8).
///
/// One law: a change is durable before anybody hears of it. Apply it to a clone, write [`encode`](Self::encode)
/// of the clone, and only then put the clone in the original's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Who the accessory is.
    pub identity: Identity,
    /// The code a first controller needs.
    pub setup_code: SetupCode,
    /// The id that ties a scanned payload to the accessory.
    pub setup_id: SetupId,
    /// How many wrong codes were tried since the last right one.
    pub failed_attempts: FailedAttempts,
    /// The controllers that may open a session.
    pub pairings: Pairings,
}

/// A change of the [`State`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Adds a pairing, or replaces the one with its id. Without room nothing changes.
    AddPairing(Pairing),
    /// Changes what a known controller may do.
    SetPermissions(ControllerId, Permissions),
    /// Notes that a controller opened a session: the pairings are no half ones.
    ConfirmPairings,
    /// Removes a pairing, if it is there.
    RemovePairing(ControllerId),
    /// Removes every pairing: the accessory can be paired anew, under the same identity.
    RemoveAllPairings,
    /// Counts a wrong setup code.
    CountFailedAttempt,
    /// Starts counting wrong setup codes anew, after a right one.
    ForgiveFailedAttempts,
}

impl State {
    /// A new, unpaired state: a new identity, setup code and setup id, drawn in this order.
    #[must_use]
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        Self {
            identity: Identity::random(rng),
            setup_code: SetupCode::random(rng),
            setup_id: SetupId::random(rng),
            failed_attempts: FailedAttempts::default(),
            pairings: Pairings::default(),
        }
    }

    /// Whether any controller is paired.
    #[must_use]
    pub fn is_paired(&self) -> bool {
        !self.pairings.is_empty()
    }

    /// Makes a change. Every change fits every state.
    ///
    /// When no admin is left afterwards, all pairings go: nobody could manage the rest (HAP §7).
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::AddPairing(pairing) => {
                if let Err(pairing) = self.pairings.put(pairing.clone()) {
                    log::warn!("no room for the pairing of {}", pairing.id);
                }
            }
            Change::SetPermissions(id, permissions) => {
                self.pairings.set_permissions(id, *permissions);
            }
            Change::ConfirmPairings => self.pairings.confirm(),
            Change::RemovePairing(id) => self.pairings.remove(id),
            Change::RemoveAllPairings => self.pairings.clear(),
            Change::CountFailedAttempt => self.failed_attempts.count(),
            Change::ForgiveFailedAttempts => self.failed_attempts = FailedAttempts::default(),
        }
        if !self.pairings.has_admin() {
            self.pairings.clear();
        }
    }

    /// The state as a document to be stored. It holds the long-term key and the setup code: keep it from other eyes.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        document::encode(self)
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    ///
    /// [`StateError`] says whether a newer version wrote the document or it is damaged.
    pub fn decode(document: &[u8]) -> Result<Self, StateError> {
        document::decode(document)
    }
}

/// How many wrong setup codes were tried, 0 to 100 (HAP §5.4). It stays at 100.
///
/// A restart does not clear it; only a right code or a new state does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailedAttempts(u8);

impl FailedAttempts {
    /// This many attempts, or 100 if it is more.
    #[must_use]
    pub fn new(attempts: u8) -> Self {
        Self(attempts.min(limits::FAILED_ATTEMPTS))
    }

    /// The number, 0 to 100.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Whether no further attempt is answered.
    #[must_use]
    pub const fn is_exhausted(self) -> bool {
        self.0 >= limits::FAILED_ATTEMPTS
    }

    /// Counts one more.
    pub fn count(&mut self) {
        *self = Self::new(self.0.saturating_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceId, PublicKey};

    #[test]
    fn removing_the_last_admin_removes_everybody() {
        let mut state = state_with(&[("admin", Permissions::ADMIN), ("user", Permissions::USER)]);
        state.apply(&Change::RemovePairing(id("admin")));
        assert!(!state.is_paired());
    }

    #[test]
    fn demoting_the_last_admin_removes_everybody() {
        let mut state = state_with(&[("admin", Permissions::ADMIN), ("user", Permissions::USER)]);
        state.apply(&Change::SetPermissions(id("admin"), Permissions::USER));
        assert!(!state.is_paired());
    }

    #[test]
    fn removing_one_of_two_admins_keeps_the_rest() {
        let mut state =
            state_with(&[("first", Permissions::ADMIN), ("second", Permissions::ADMIN), ("user", Permissions::USER)]);
        state.apply(&Change::RemovePairing(id("first")));
        let left: Vec<_> = state.pairings.iter().map(|pairing| pairing.id).collect();
        assert_eq!(left, [id("second"), id("user")]);
    }

    #[test]
    fn the_first_pairing_is_unconfirmed_until_somebody_opens_a_session() {
        let mut state = state_with(&[]);
        assert!(!state.pairings.are_unconfirmed());
        state.apply(&Change::AddPairing(pairing("admin", Permissions::ADMIN)));
        assert!(state.pairings.are_unconfirmed());
        state.apply(&Change::ConfirmPairings);
        assert!(!state.pairings.are_unconfirmed());
        state.apply(&Change::AddPairing(pairing("user", Permissions::USER)));
        assert!(!state.pairings.are_unconfirmed(), "the admin that added it has a session");
    }

    #[test]
    fn what_is_removed_leaves_nothing_unconfirmed() {
        for removal in [Change::RemoveAllPairings, Change::RemovePairing(id("admin"))] {
            let mut state = state_with(&[("admin", Permissions::ADMIN), ("user", Permissions::USER)]);
            assert!(state.pairings.are_unconfirmed());
            state.apply(&removal);
            assert_eq!(state, state_with(&[]));
        }
    }

    #[test]
    fn changing_an_unknown_controller_changes_nothing() {
        let mut state = state_with(&[("admin", Permissions::ADMIN)]);
        let before = state.clone();
        state.apply(&Change::RemovePairing(id("other")));
        state.apply(&Change::SetPermissions(id("other"), Permissions::USER));
        assert_eq!(state, before);
    }

    #[test]
    fn removing_all_pairings_keeps_the_identity_and_the_count() {
        let mut state = state_with(&[("admin", Permissions::ADMIN)]);
        state.apply(&Change::CountFailedAttempt);
        let identity = state.identity.clone();
        state.apply(&Change::RemoveAllPairings);
        assert!(!state.is_paired());
        assert_eq!(state.identity, identity);
        assert_eq!(state.failed_attempts.get(), 1);
    }

    #[test]
    fn a_full_state_refuses_a_further_pairing() {
        let mut state = state_with(&[("admin", Permissions::ADMIN)]);
        for number in 1..=limits::PAIRINGS {
            state.apply(&Change::AddPairing(pairing(&number.to_string(), Permissions::USER)));
        }
        assert_eq!(state.pairings.len(), limits::PAIRINGS);
        assert!(state.pairings.get(&id("64")).is_none());
    }

    #[test]
    fn failed_attempts_stay_at_a_hundred() {
        let mut attempts = FailedAttempts::default();
        for _ in 0..300 {
            attempts.count();
        }
        assert_eq!(attempts.get(), 100);
        assert!(attempts.is_exhausted());
        assert!(!FailedAttempts::new(99).is_exhausted());
    }

    fn state_with(pairings: &[(&str, Permissions)]) -> State {
        let mut state = State {
            identity: Identity::from_seed(DeviceId([1; 6]), &[2; 32]),
            setup_code: "031-45-154".parse().unwrap(),
            setup_id: "GATE".parse().unwrap(),
            failed_attempts: FailedAttempts::default(),
            pairings: Pairings::default(),
        };
        for (name, permissions) in pairings {
            state.apply(&Change::AddPairing(pairing(name, *permissions)));
        }
        state
    }

    fn pairing(name: &str, permissions: Permissions) -> Pairing {
        Pairing { id: id(name), public_key: PublicKey([3; 32]), permissions }
    }

    fn id(name: &str) -> ControllerId {
        ControllerId::try_from(name).unwrap()
    }
}
