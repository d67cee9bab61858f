//! What the gate is in the middle of doing for somebody.

use std::time::Instant;

use super::{Request, Requester, Target};

/// A granted request until nothing more can follow from it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pursuit {
    pub(super) request: Request,
    pub(super) by: Requester,
    pub(super) stage: Stage,
    /// When the stage is over.
    pub(super) due: Instant,
    /// The last pulse only woke the opener.
    pub(super) awake: bool,
    /// Whoever is in the way was warned.
    pub(super) warned: bool,
    /// How many pulses there were.
    pub(super) pulses: u8,
}

/// What a [`Pursuit`] waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    /// Nothing: it begins.
    Begins,
    /// The warning runs, and a pulse follows.
    Warns,
    /// A pulse is under way, and another step follows.
    Pulses,
    /// Nothing follows; it is only remembered so that it is not done twice.
    Ends,
}

impl Pursuit {
    pub(super) const fn new(request: Request, by: Requester, now: Instant) -> Self {
        Self { request, by, stage: Stage::Begins, due: now, awake: false, warned: false, pulses: 0 }
    }

    /// The end that the gate is to come to.
    pub(super) const fn target(&self) -> Option<Target> {
        self.request.target()
    }

    /// Whether a pulse may still follow.
    pub(super) fn goes_on(&self) -> bool {
        self.stage != Stage::Ends
    }
}
