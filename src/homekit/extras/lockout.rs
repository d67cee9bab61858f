//! A switch that refuses every request: while the house is empty.

use super::{Place, hold};
use crate::gate::Hold;

pub(super) fn add(place: Place<'_>) {
    hold::add(place, "lockout", Hold::Lockout, |state| state.lockout);
}
