//! One connection's task: moves its bytes, and carries out what it asks for.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use getrandom::SysRng;
use log::{debug, error};
use rand_core::UnwrapErr;
use tokio::net::TcpStream;
use tokio::time::{sleep_until, timeout, timeout_at};

use super::slots::Slot;
use super::{Shared, keep};
use crate::characteristic::Answer;
use crate::connection::{Connection, Effect};
use crate::limits;
use crate::routes::{Reads, Writes};
use crate::session::SessionId;
use crate::status::Status;
use crate::sync::lock;

/// Serves a connection until it closes.
pub(super) async fn run(shared: Arc<Shared>, stream: TcpStream, id: SessionId, slot: Arc<Slot>) {
    let wake = Arc::clone(&slot.wake);
    let connection = Connection::new(id, Box::new(move || wake.notify_one()), Instant::now());
    // Releases what the connection holds also when the server stops in the middle of it.
    let mut held = Held { shared, connection };
    if let Err(error) = serve(&mut held, &stream, &slot).await {
        debug!("connection {id}: {error}");
    }
}

struct Held {
    shared: Arc<Shared>,
    connection: Connection,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.connection.closed(&mut lock(&self.shared.host));
        self.shared.slots.leave(self.connection.id);
    }
}

async fn serve(held: &mut Held, stream: &TcpStream, slot: &Slot) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Held { shared, connection } = held;
    let mut stop = shared.stop.subscribe();
    loop {
        if advance(shared, connection, stream).await? == Advance::Closed {
            return Ok(());
        }
        if connection.controller().is_some() {
            slot.set_verified();
        }
        let deadline = connection.deadline(&lock(&shared.host), Instant::now());
        tokio::select! {
            readable = stream.readable() => {
                readable?;
                if !read(connection, stream)? {
                    return Ok(());
                }
                slot.heard(Instant::now());
            }
            () = slot.wake.notified() => {
                if slot.is_evicted() {
                    connection.stop();
                }
            }
            () = until(deadline) => connection.tick(&lock(&shared.host), Instant::now()),
            _ = stop.wait_for(|stopped| *stopped) => connection.stop(),
        }
    }
}

#[derive(Eq, PartialEq)]
enum Advance {
    Idle,
    Closed,
}

/// Polls the connection, carries out its effects and sends its answers, until it has nothing left to do.
async fn advance(shared: &Arc<Shared>, connection: &mut Connection, stream: &TcpStream) -> io::Result<Advance> {
    loop {
        let effect = connection.poll(&mut lock(&shared.host), Instant::now(), &mut UnwrapErr(SysRng));
        // What is answered goes out before anything slow begins.
        let sent = send(stream, connection.outgoing()).await?;
        match effect {
            None if sent => {}
            None => return Ok(Advance::Idle),
            Some(Effect::Close) => return Ok(Advance::Closed),
            Some(effect) => carry_out(shared, connection, effect).await,
        }
    }
}

async fn carry_out(shared: &Arc<Shared>, connection: &mut Connection, effect: Effect) {
    match effect {
        Effect::Compute(computation) => {
            // Never closed; and without the permit it would only be less polite.
            let _permit = shared.arithmetic.acquire().await;
            if let Ok(result) = tokio::task::spawn_blocking(move || computation.run()).await {
                connection.computed(&mut lock(&shared.host), result);
            } else {
                connection.stop();
            }
        }
        Effect::Store(change) => {
            let stored = keep::store(shared, change).await;
            connection.stored(&mut lock(&shared.host), stored);
        }
        Effect::Write(mut writes) => {
            call(&mut writes).await;
            connection.written(&lock(&shared.host), writes);
        }
        Effect::Read(mut reads) => {
            ask(&mut reads).await;
            connection.read(&lock(&shared.host), reads);
        }
        Effect::Identify(routine) => {
            if catch_unwind(AssertUnwindSafe(|| routine())).is_err() {
                error!("the identify routine panicked");
            }
        }
        Effect::Close => {}
    }
}

/// Calls write handlers, one after the other, within the time a request has.
async fn call(writes: &mut Writes) {
    let deadline = tokio::time::Instant::now() + limits::HANDLERS;
    for pending in writes.calls() {
        let Some(call) = pending.call() else { continue };
        let started = catch_unwind(AssertUnwindSafe(|| call.cell.write(&call.value, &call.context)));
        let (outcome, version) = match started {
            Ok(write) => (settle(write.answer, deadline).await, write.version),
            Err(_) => (Err(panicked(call.cell.definition.name)), 0),
        };
        call.cell.written(outcome, call.value, call.context.session(), version);
        pending.finish(outcome);
    }
}

/// Asks read handlers, one after the other, within the time a request has.
async fn ask(reads: &mut Reads) {
    let deadline = tokio::time::Instant::now() + limits::HANDLERS;
    for question in reads.questions() {
        let outcome = match catch_unwind(AssertUnwindSafe(|| question.cell.read())) {
            Ok(answer) => settle(answer, deadline).await,
            Err(_) => Err(panicked(question.cell.definition.name)),
        };
        question.answer(outcome);
    }
}

/// Waits for a handler's answer; one that panics or takes too long is answered for.
async fn settle<T>(answer: Answer<T>, deadline: tokio::time::Instant) -> Result<T, Status> {
    match answer {
        Answer::Now(outcome) => outcome,
        Answer::Later(future) => match timeout_at(deadline, caught(future)).await {
            Ok(Some(outcome)) => outcome,
            Ok(None) => Err(panicked("a characteristic")),
            Err(_) => Err(Status::TimedOut),
        },
    }
}

/// The future's outcome, or `None` if it panics.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}

fn panicked(whose: &str) -> Status {
    error!("a handler of {whose} panicked: mend the program");
    Status::Unable
}

/// Reads what is there; `false` when the peer closed.
fn read(connection: &mut Connection, stream: &TcpStream) -> io::Result<bool> {
    let mut buffer = [0; limits::READ];
    match stream.try_read(&mut buffer) {
        Ok(0) => Ok(false),
        Ok(length) => {
            connection.receive(buffer.get(..length).unwrap_or_default(), Instant::now());
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
        Err(error) => Err(error),
    }
}

/// Sends all of `bytes`; whether there were any. A peer that takes none for too long is given up.
async fn send(stream: &TcpStream, bytes: &mut Vec<u8>) -> io::Result<bool> {
    if bytes.is_empty() {
        return Ok(false);
    }
    let mut sent = 0;
    while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
        match stream.try_write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => sent += length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                timeout(limits::WRITE_STALL, stream.writable()).await??;
            }
            Err(error) => return Err(error),
        }
    }
    bytes.clear();
    bytes.shrink_to(limits::KEPT_BUFFER);
    Ok(true)
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
