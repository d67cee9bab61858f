//! A switch that keeps the gate from being closed: while guests come and go.

use super::{Place, hold};
use crate::gate::Hold;

pub(super) fn add(place: Place<'_>) {
    hold::add(place, "hold open", Hold::Open, |state| state.hold_open);
}
