//! One connection's task: moves its bytes, and carries out what it asks for.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use getrandom::SysRng;
use log::debug;
use pairing::ConnectionId;
use rand_core::UnwrapErr;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{sleep, sleep_until, timeout};

use super::slots::Slot;
use super::{Shared, keep, now};
use crate::connection::{Connection, Effect};
use crate::session::SessionId;
use crate::sync::lock;
use crate::{arrival, handlers, limits};

/// Serves a connection until it closes.
pub(super) async fn run(shared: Arc<Shared>, stream: TcpStream, id: SessionId, slot: Arc<Slot>) {
    let wake = Arc::clone(&slot.wake);
    let connection = Connection::new(id, Box::new(move || wake.notify_one()), now());
    // Releases what the connection holds also when the server stops in the middle of it.
    let mut held = Held { shared, connection };
    if let Err(error) = serve(&mut held, stream, &slot).await {
        debug!("connection {id}: {error}");
    }
}

struct Held {
    shared: Arc<Shared>,
    connection: Connection,
}

impl Drop for Held {
    fn drop(&mut self) {
        let ran_setup = {
            let mut host = lock(&self.shared.host);
            let ran_setup = host.setup.owner() == Some(ConnectionId(self.connection.id.0));
            self.connection.closed(&mut host);
            ran_setup
        };
        if self.shared.slots.leave(self.connection.id) {
            self.shared.changed.send_replace(());
        }
        if ran_setup {
            self.shared.setup_next.notify_one();
        }
    }
}

async fn serve(held: &mut Held, mut stream: TcpStream, slot: &Slot) -> io::Result<()> {
    let Held { shared, connection } = held;
    let mut stop = shared.stop.subscribe();
    // Since when nothing keeps us from reading: an answer that is sent does not.
    let mut since = now();
    loop {
        if advance(shared, connection, &mut stream, slot, &mut since).await? == Advance::Closed {
            return Ok(());
        }
        let deadline = connection.deadline(&lock(&shared.host), now());
        tokio::select! {
            is_open = poll_fn(|context| read(shared, connection, &mut stream, since, context)) => {
                if !is_open? {
                    return Ok(());
                }
                since = now();
                slot.heard(since);
            }
            () = slot.wake.notified() => {}
            () = slot.evicted() => connection.stop(),
            () = until(deadline) => connection.tick(&lock(&shared.host), now()),
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
///
/// Strangers have their turn one after the other, and let others have theirs before it ends: the arithmetic of Pair Verify
/// takes milliseconds on a small core, and a session must not have to wait for more than one of them, however many there
/// are. A session lets others have their turn when it has asked more meanwhile. Answers go out before that.
async fn advance(
    shared: &Arc<Shared>,
    connection: &mut Connection,
    stream: &mut TcpStream,
    slot: &Slot,
    since: &mut Instant,
) -> io::Result<Advance> {
    loop {
        let is_stranger = connection.controller().is_none();
        // Never closed; and without its turn it would only be less polite.
        let turn = if is_stranger { shared.strangers.acquire().await.ok() } else { None };
        let effect = poll(shared, connection, slot);
        let outgoing = connection.outgoing();
        let answers = !outgoing.is_empty();
        // Who does not take its answer ends its turn all the same.
        let end_turn = async {
            if is_stranger && answers {
                yield_now().await;
            }
            drop(turn);
        };
        // What is answered goes out before anything slow begins.
        let sent = tokio::join!(biased; send(stream, outgoing, slot), end_turn).0?;
        match effect {
            None if sent => {
                if connection.controller().is_some() && (connection.is_receiving() || is_readable(stream).await) {
                    yield_now().await;
                }
            }
            None => return Ok(Advance::Idle),
            Some(Effect::Close) => return Ok(Advance::Closed),
            Some(effect) => {
                carry_out(shared, connection, effect, stream, slot).await?;
                *since = now();
            }
        }
    }
}

/// Polls the connection once.
fn poll(shared: &Shared, connection: &mut Connection, slot: &Slot) -> Option<Effect> {
    let is_stranger = connection.controller().is_none();
    let effect = connection.poll(&mut lock(&shared.host), now(), &mut UnwrapErr(SysRng));
    if is_stranger && (!connection.outgoing().is_empty() || effect.is_some()) {
        slot.asked();
    }
    if connection.controller().is_some() && !slot.is_session() {
        shared.slots.verified(connection.id);
        shared.changed.send_replace(());
    }
    effect
}

async fn carry_out(
    shared: &Arc<Shared>,
    connection: &mut Connection,
    effect: Effect,
    stream: &mut TcpStream,
    slot: &Slot,
) -> io::Result<()> {
    match effect {
        Effect::Compute(computation) => {
            let permit = Arc::clone(&shared.arithmetic).acquire_owned().await;
            let compute = move || {
                // Given back when the arithmetic is done, though nobody may wait for it any more.
                let _permit = permit;
                computation.run()
            };
            if let Ok(result) = tokio::task::spawn_blocking(compute).await {
                // On one processor the thread that computed has still to say that it is free again: without this, another
                // one would be started for what is stored next.
                std::thread::yield_now();
                connection.computed(&mut lock(&shared.host), result);
                shared.setup_next.notify_one();
            } else {
                connection.stop();
            }
        }
        Effect::Store(change) => {
            let stored = keep::store(shared, change).await;
            connection.stored(&mut lock(&shared.host), stored);
            shared.setup_next.notify_one();
        }
        Effect::Write(mut writes) => {
            let handlers = handlers::call(&mut writes, sleep(limits::HANDLERS));
            listen_while(handlers, shared, connection, stream, slot).await?;
            connection.written(&lock(&shared.host), writes);
        }
        Effect::Read(mut reads) => {
            let handlers = handlers::ask(&mut reads, || sleep(limits::READ_HANDLER), sleep(limits::HANDLERS));
            listen_while(handlers, shared, connection, stream, slot).await?;
            connection.read(&lock(&shared.host), reads);
        }
        Effect::Snapshot(mut snapshot) => {
            let handler = handlers::picture(&mut snapshot, sleep(limits::SNAPSHOT));
            listen_while(handler, shared, connection, stream, slot).await?;
            connection.pictured(snapshot);
        }
        Effect::Identify(start) => start(),
        Effect::Close => {}
    }
    Ok(())
}

/// Waits for handlers, and hears meanwhile whether the peer goes: what it held is released then, and not when they end.
///
/// Who only says that nothing more will come still gets its answer: a phone that asks and leaves wants the gate to open.
/// What a peer sends ahead is taken up to a bound; the rest waits in the kernel.
async fn listen_while(
    handlers: impl Future<Output = ()>,
    shared: &Shared,
    connection: &mut Connection,
    stream: &mut TcpStream,
    slot: &Slot,
) -> io::Result<()> {
    let mut handlers = pin!(handlers);
    let mut is_open = true;
    loop {
        let since = now();
        tokio::select! {
            biased;
            () = &mut handlers => return Ok(()),
            () = slot.evicted() => return Err(io::Error::other("another connection needed the room")),
            came = poll_fn(|context| read(shared, connection, stream, since, context)),
                if is_open && connection.has_room() =>
            {
                is_open = came?;
                if is_open {
                    slot.heard(now());
                } else {
                    connection.left(&lock(&shared.host));
                    // It takes nothing any more: its room is the first to be given away.
                    slot.stalls(now());
                }
            }
        }
    }
}

/// Reads what is there; `false` when the peer closed.
///
/// Bytes that do not fill the buffer are all there are, so that nothing is asked of the kernel twice. Only what a session
/// says after a silence is asked for its age: since `since` nothing was in the way of reading.
fn read(
    shared: &Shared,
    connection: &mut Connection,
    stream: &mut TcpStream,
    since: Instant,
    context: &mut Context<'_>,
) -> Poll<io::Result<bool>> {
    if connection.controller().is_some() && now().saturating_duration_since(since) > limits::FRESH {
        ready!(stream.poll_read_ready(context))?;
        if let Some(waited) = arrival::waited(stream).filter(|waited| *waited > limits::FRESH) {
            (shared.on_standstill)(waited);
        }
    }
    let mut buffer = [MaybeUninit::uninit(); limits::READ];
    let mut buffer = ReadBuf::uninit(&mut buffer);
    ready!(Pin::new(stream).poll_read(context, &mut buffer))?;
    let bytes = buffer.filled();
    if bytes.is_empty() {
        return Poll::Ready(Ok(false));
    }
    connection.receive(bytes, now());
    Poll::Ready(Ok(true))
}

/// Whether more is known to have come.
async fn is_readable(stream: &TcpStream) -> bool {
    poll_fn(|context| Poll::Ready(stream.poll_read_ready(context).is_ready())).await
}

/// Sends all of `bytes`; whether there were any. A peer that takes none for too long is given up.
async fn send(stream: &TcpStream, bytes: &mut Vec<u8>, slot: &Slot) -> io::Result<bool> {
    if bytes.is_empty() {
        return Ok(false);
    }
    let mut sent = 0;
    while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
        match stream.try_write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => {
                sent += length;
                slot.flows(now());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                slot.stalls(now());
                tokio::select! {
                    writable = timeout(limits::WRITE_STALL, stream.writable()) => writable??,
                    () = slot.evicted() => return Err(io::Error::other("another connection needed the room")),
                }
            }
            Err(error) => return Err(error),
        }
    }
    bytes.clear();
    bytes.shrink_to(limits::KEPT_BUFFER);
    Ok(true)
}

/// Waits for a time; for ever without one.
pub(super) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
