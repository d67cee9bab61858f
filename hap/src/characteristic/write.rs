//! The writes of a characteristic whose handlers run, and which sets are a handler's own.

use std::future::{Future, poll_fn};
use std::pin::pin;

use smallvec::SmallVec;

use super::Cell;
use crate::events::Change;
use crate::session::SessionId;
use crate::status::Status;
use crate::sync::lock;
use crate::value::Value;

/// The writes of one characteristic whose handlers run now: mostly none, or one. A session has one at a time.
#[derive(Default)]
pub(super) struct Writes(SmallVec<[Running; 1]>);

struct Running {
    session: SessionId,
    /// Its own handler set a value, or the program changed it meanwhile: that one stays.
    overridden: bool,
}

impl Writes {
    /// A value is set: in the handler of `own`'s write, or elsewhere in the program.
    ///
    /// A program may poll what the write is about to change and set the old value again: that is no other value.
    pub(super) fn set(&mut self, own: Option<SessionId>, changed: bool) {
        for write in &mut self.0 {
            write.overridden |= own.map_or(changed, |own| own == write.session);
        }
    }

    fn begin(&mut self, session: SessionId) {
        self.0.push(Running { session, overridden: false });
    }

    /// Whether another value was set meanwhile.
    fn end(&mut self, session: SessionId) -> bool {
        let place = self.0.iter().position(|write| write.session == session);
        place.is_some_and(|place| self.0.swap_remove(place).overridden)
    }
}

/// A write whose handler runs. Dropped without an end, it has failed.
pub(crate) struct Write<'a> {
    cell: &'a Cell,
    session: SessionId,
    is_handled: bool,
}

impl<'a> Write<'a> {
    pub(super) fn begin(cell: &'a Cell, session: SessionId, is_handled: bool) -> Self {
        lock(&cell.state).writes.begin(session);
        Self { cell, session, is_handled }
    }

    /// Whether there is a handler.
    pub(crate) const fn is_handled(&self) -> bool {
        self.is_handled
    }

    /// The handler has answered: stores the value if it succeeded, and no other was set meanwhile.
    pub(crate) fn end(self, outcome: Result<(), Status>, value: Value) {
        let Self { cell, session, .. } = self;
        let mut state = lock(&cell.state);
        let overridden = state.writes.end(session);
        if outcome.is_err() || cell.definition.is_control_point() {
            return;
        }
        state.said += 1;
        let holds = overridden && state.value != value;
        if !overridden && cell.store(&mut state, value, Some(session)) {
            return;
        }
        if !holds {
            state.writer = Some(session);
        }
        let Some(place) = cell.place.get() else { return };
        if holds {
            // The controller believes in what it wrote.
            let change = Change { characteristic: place.index, immediate: false, press: None, writer: None };
            place.hub.tell(session, &change);
        } else {
            place.hub.knows(session, place.index);
        }
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        lock(&self.cell.state).writes.end(self.session);
    }
}

/// A write handler as it runs: whose it is, and for whom.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Handler {
    /// The address of its characteristic, which lives longer.
    pub(super) of: usize,
    pub(super) session: SessionId,
}

impl Handler {
    /// The session whose write this thread handles now, if it is one of the characteristic at `of`.
    pub(super) fn session_of(of: usize) -> Option<SessionId> {
        RUNNING.get().filter(|handler| handler.of == of).map(|handler| handler.session)
    }

    /// Runs a piece of the handler.
    pub(super) fn run<T>(self, piece: impl FnOnce() -> T) -> T {
        struct Restore(Option<Handler>);

        impl Drop for Restore {
            fn drop(&mut self) {
                RUNNING.set(self.0);
            }
        }

        let _restore = Restore(RUNNING.replace(Some(self)));
        piece()
    }

    /// Runs what of the handler waits.
    pub(super) async fn finish<F: Future>(self, waiting: F) -> F::Output {
        let mut waiting = pin!(waiting);
        poll_fn(|context| self.run(|| waiting.as_mut().poll(context))).await
    }
}

thread_local! {
    /// The handler that runs on this thread.
    static RUNNING: std::cell::Cell<Option<Handler>> = const { std::cell::Cell::new(None) };
}
