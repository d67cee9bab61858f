//! What comes out of the machine.

use std::time::Instant;

use super::{Event, Gate, Press, Record, State, Travel};

/// What must happen now. At most one pulse and one change of state: the types allow no more.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use = "a pulse or a new state must be carried out"]
pub(crate) struct Effects {
    /// Press this button. Before anything else: it may fail, see [`Gate::press_failed`].
    pub press: Option<Press>,
    /// Put the warning light or beeper on or off.
    pub warning: Option<bool>,
    /// Tell the new state, all of it at once.
    pub state: Option<State>,
    /// Call [`Gate::tick`] at this time; it replaces what was said before. `None`: nothing is due.
    pub wake_at: Option<Instant>,
    /// Lines for the log and the history, oldest first.
    pub records: Vec<Record>,
    /// The travel was learned anew: write down [`Gate::remembered`].
    pub learned: Option<Travel>,
}

/// One input on its way through the machine.
pub(super) struct Turn {
    pub(super) before: State,
    pub(super) press: Option<Press>,
    /// `press`, until it is in a record.
    pub(super) untold: Option<Press>,
    pub(super) learned: Option<Travel>,
    pub(super) records: Vec<Record>,
}

impl Turn {
    pub(super) const fn new(before: State) -> Self {
        Self { before, press: None, untold: None, learned: None, records: Vec::new() }
    }
}

impl Gate {
    pub(super) fn note(&self, turn: &mut Turn, event: Event) {
        self.note_at(self.now, turn, event);
    }

    /// The pulse of this turn goes to the first that is told after it.
    pub(super) fn note_at(&self, at: Instant, turn: &mut Turn, event: Event) {
        turn.records.push(Record { at, event, press: turn.untold.take(), state: self.state() });
    }
}
