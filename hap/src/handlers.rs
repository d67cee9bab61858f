//! Calls the handlers of a request, and answers for those that panic or take too long (HAP §10.1).

use std::future::{Future, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use log::error;
use tokio::task::yield_now;

use crate::camera::Snapshot;
use crate::characteristic::{Answer, Cell, Later};
use crate::limits;
use crate::routes::{Question, Reads, Writes};
use crate::session::SessionId;
use crate::status::Status;
use crate::value::Value;

/// Calls write handlers, one after the other, until `expired` is over.
///
/// A handler that is still at it then is given up, and those behind it are not called any more: the controller is told
/// that they took too long, and must be able to believe that nothing will happen.
///
/// Between two calls of the program all others have their turn, and so has the clock: what each of many handlers takes at
/// once adds up, and nobody else has asked for it.
pub(crate) async fn call(writes: &mut Writes, expired: impl Future<Output = ()> + Send) {
    let mut patience = Patience { expired: pin!(expired), over: false };
    let mut has_called = false;
    for (nth, pending) in writes.calls().enumerate() {
        if mem::take(&mut has_called) {
            yield_now().await;
        }
        // Who is the first has not been waited for: mostly no timer is ever looked at.
        if nth > 0 && patience.is_over().await {
            continue;
        }
        let Some(call) = pending.call() else { continue };
        let name = call.cell.definition.name;
        let started = catch_unwind(AssertUnwindSafe(|| call.cell.write(&call.value, &call.context)));
        let outcome = match started {
            Ok((write, answer)) => {
                has_called = write.is_handled() || call.respond;
                let outcome = patience.settle(answer, name).await;
                write.end(outcome, call.value);
                outcome
            }
            Err(_) => {
                has_called = true;
                Err(panicked(name))
            }
        };
        pending.finish(match outcome {
            Ok(()) if call.respond => response(&call.cell, call.context.session(), &mut patience).await.map(Some),
            Ok(()) => Ok(None),
            Err(status) => Err(status),
        });
    }
}

/// The value that goes back to who wrote: read right after the write (HAP §10.2).
async fn response<F: Future<Output = ()>>(
    cell: &Cell,
    session: SessionId,
    patience: &mut Patience<Pin<&mut F>>,
) -> Result<Value, Status> {
    let name = cell.definition.name;
    if cell.has_read_handler() {
        let since = cell.moment();
        let read = match catch_unwind(AssertUnwindSafe(|| cell.read())) {
            Ok(answer) => patience.settle(answer, name).await.and_then(|value| cell.refresh(value, since))?,
            Err(_) => return Err(panicked(name)),
        };
        if cell.definition.is_control_point() {
            return Ok(read);
        }
    }
    Ok(cell.respond(session))
}

/// Asks read handlers, side by side, each for as long as `limit` takes, and all until `expired` is over.
///
/// Who has not answered then is given up, and answers for itself alone that it took too long: a bridge has slow things
/// beside quick ones, and what is read with a slow one waits no longer than `limit`. Others have their turn in between, as
/// with writes.
pub(crate) async fn ask<L>(reads: &mut Reads, limit: impl Fn() -> L, expired: impl Future<Output = ()> + Send)
where
    L: Future<Output = ()> + Send,
{
    let mut expired = pin!(expired);
    let mut questions = reads.questions();
    let mut asked: Vec<Asked<'_, L>> = Vec::new();
    loop {
        let room = limits::READS_AT_ONCE.saturating_sub(asked.len());
        let mut started = 0;
        for question in questions.by_ref().take(room) {
            started += 1;
            asked.extend(Asked::start(question));
        }
        let in_time = poll_fn(|context| {
            let before = asked.len();
            if before == 0 {
                return Poll::Ready(true);
            }
            asked = mem::take(&mut asked).into_iter().filter_map(|question| question.poll(&limit, context)).collect();
            match expired.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(false),
                Poll::Pending if asked.len() < before => Poll::Ready(true),
                Poll::Pending => Poll::Pending,
            }
        });
        if !in_time.await {
            asked.into_iter().for_each(Asked::give_up);
            return;
        }
        if asked.is_empty() && started < room {
            return;
        }
        yield_now().await;
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

/// A read handler that has not answered yet.
struct Asked<'a, L> {
    question: Question<'a>,
    answer: Later<Value>,
    /// Since it has let us wait.
    limit: Option<Pin<Box<L>>>,
}

impl<'a, L: Future<Output = ()>> Asked<'a, L> {
    /// Asks; `None` if it answered at once.
    fn start(question: Question<'a>) -> Option<Self> {
        match catch_unwind(AssertUnwindSafe(|| question.cell.read())) {
            Ok(Answer::Later(answer)) => return Some(Self { question, answer, limit: None }),
            Ok(Answer::Now(outcome)) => question.answer(outcome),
            Err(_) => {
                let failed = panicked(question.cell.definition.name);
                question.answer(Err(failed));
            }
        }
        None
    }

    /// Itself, unless it has answered now, or its time is over.
    fn poll(mut self, limit: impl Fn() -> L, context: &mut Context<'_>) -> Option<Self> {
        let outcome = match catch_unwind(AssertUnwindSafe(|| self.answer.as_mut().poll(context))) {
            Ok(Poll::Pending) => {
                let limit = self.limit.get_or_insert_with(|| Box::pin(limit()));
                if limit.as_mut().poll(context).is_pending() {
                    return Some(self);
                }
                Err(given_up(self.question.cell.definition.name))
            }
            Ok(Poll::Ready(outcome)) => outcome,
            Err(_) => Err(panicked(self.question.cell.definition.name)),
        };
        self.finish(outcome);
        None
    }

    fn give_up(self) {
        let outcome = Err(given_up(self.question.cell.definition.name));
        self.finish(outcome);
    }

    fn finish(self, outcome: Result<Value, Status>) {
        let Self { question, answer, .. } = self;
        let_go(answer, question.cell.definition.name);
        question.answer(outcome);
    }
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
            Ok(Poll::Pending) if self.poll(context) => Poll::Ready(Err(given_up(name))),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(Err(panicked(name))),
        })
        .await;
        let_go(future, name);
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

fn given_up(name: &str) -> Status {
    error!("a handler of {name} took too long and is given up");
    Status::TimedOut
}

/// What a handler holds is the program's too, and may panic when it goes.
fn let_go<T>(answer: Later<T>, name: &str) {
    if catch_unwind(AssertUnwindSafe(|| drop(answer))).is_err() {
        panicked(name);
    }
}
