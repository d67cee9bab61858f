//! Calls the handlers of a request, and answers for those that panic or take too long (HAP §10.1).

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use log::error;

use crate::camera::Snapshot;
use crate::characteristic::Answer;
use crate::routes::{Reads, Writes};
use crate::status::Status;

/// Calls write handlers, one after the other, until `expired` is over.
///
/// A handler that is still at it then is given up, and those behind it are not called any more: the controller is told
/// that they took too long, and must be able to believe that nothing will happen.
pub(crate) async fn call(writes: &mut Writes, expired: impl Future<Output = ()> + Send) {
    let mut patience = Patience { expired: pin!(expired), over: false };
    for (nth, pending) in writes.calls().enumerate() {
        // Who is the first has not been waited for: mostly no timer is ever looked at.
        if nth > 0 && patience.is_over().await {
            return;
        }
        let Some(call) = pending.call() else { continue };
        let name = call.cell.definition.name;
        let started = catch_unwind(AssertUnwindSafe(|| call.cell.write(&call.value, &call.context)));
        let (outcome, version) = match started {
            Ok(write) => (patience.settle(write.answer, name).await, write.version),
            Err(_) => (Err(panicked(name)), 0),
        };
        call.cell.written(outcome, call.value, call.context.session(), version);
        pending.finish(outcome);
    }
}

/// Asks read handlers, one after the other, until `expired` is over; see [`call`].
pub(crate) async fn ask(reads: &mut Reads, expired: impl Future<Output = ()> + Send) {
    let mut patience = Patience { expired: pin!(expired), over: false };
    for (nth, question) in reads.questions().enumerate() {
        if nth > 0 && patience.is_over().await {
            return;
        }
        let name = question.cell.definition.name;
        let outcome = match catch_unwind(AssertUnwindSafe(|| question.cell.read())) {
            Ok(answer) => patience.settle(answer, name).await,
            Err(_) => Err(panicked(name)),
        };
        question.answer(outcome);
    }
}

/// Asks for a picture, until `expired` is over.
pub(crate) async fn picture(snapshot: &mut Snapshot, expired: impl Future<Output = ()> + Send) {
    const NAME: &str = "a camera";
    let mut patience = Patience { expired: pin!(expired), over: false };
    let outcome = match catch_unwind(AssertUnwindSafe(|| snapshot.ask())) {
        Ok(picture) => patience.settle(Answer::Later(picture), NAME).await,
        Err(_) => Err(panicked(NAME)),
    };
    snapshot.answer(outcome);
}

/// How long all handlers of a request may take together.
struct Patience<F> {
    expired: F,
    over: bool,
}

impl<F: Future<Output = ()>> Patience<Pin<&mut F>> {
    async fn is_over(&mut self) -> bool {
        poll_fn(|context| Poll::Ready(self.poll(context))).await
    }

    /// Waits for a handler's answer.
    async fn settle<T>(&mut self, answer: Answer<T>, name: &str) -> Result<T, Status> {
        let mut future = match answer {
            Answer::Now(outcome) => return outcome,
            Answer::Later(future) => future,
        };
        let outcome = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(outcome)) => Poll::Ready(outcome),
            Ok(Poll::Pending) if self.poll(context) => {
                error!("a handler of {name} took too long and is given up");
                Poll::Ready(Err(Status::TimedOut))
            }
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(Err(panicked(name))),
        })
        .await;
        // What a handler holds is the program's too, and may panic when it goes.
        if catch_unwind(AssertUnwindSafe(|| drop(future))).is_err() {
            panicked(name);
        }
        outcome
    }

    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        self.over = self.over || self.expired.as_mut().poll(context).is_ready();
        self.over
    }
}

fn panicked(name: &str) -> Status {
    error!("a handler of {name} panicked: mend the program");
    Status::Unable
}
