//! What comes out of the machine.

use std::time::Instant;

use super::{Press, Record, State, Travel};

/// What must happen now. At most one pulse and one change of state: the types allow no more.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use = "a pulse or a new state must be carried out"]
pub(crate) struct Effects {
    /// Press this button. Before anything else: it may fail, see [`Gate::press_failed`](super::Gate::press_failed).
    pub press: Option<Press>,
    /// Put the warning light or beeper on or off.
    pub warning: Option<bool>,
    /// Tell the new state, all of it at once.
    pub state: Option<State>,
    /// Call [`Gate::tick`](super::Gate::tick) at this time; it replaces what was said before. `None`: nothing is due.
    pub wake_at: Option<Instant>,
    /// Lines for the log and the history, oldest first.
    pub records: Vec<Record>,
    /// The travel was learned anew: write down [`Gate::remembered`](super::Gate::remembered).
    pub learned: Option<Travel>,
}
