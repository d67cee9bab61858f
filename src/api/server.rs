//! The local API's sockets: how many connections there are, and how long each may dawdle.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::Router;
use hap::arrival;
use hap::limits::FRESH;
use hyper::Request;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use log::{debug, warn};
use rustix::net::sockopt::{set_socket_send_buffer_size, set_tcp_user_timeout};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};

use super::limits;
use crate::standstill::Standstill;

/// How long to wait when the system has no descriptor left, for one to be closed.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// Serves until the future is dropped. `standstill` is told of what waited. The router, which is large, is made for the first
/// connection: many a gate never has one.
pub(super) async fn serve(listener: TcpListener, router: impl FnOnce() -> Router + Send, standstill: Arc<Standstill>) {
    let router = LazyCell::new(router);
    let connections = Arc::new(Connections::default());
    let mut tasks = JoinSet::new();
    let mut next = 0;
    loop {
        let accepted = tokio::select! {
            accepted = async { connections.room().await; listener.accept().await } => accepted,
            Some(_) = tasks.join_next() => continue,
        };
        match accepted {
            Ok((stream, peer)) => {
                next += 1;
                debug!("local API: connection {next} from {peer}");
                if let Err(error) = prepare(&stream) {
                    debug!("local API: connection {next}: {error}");
                    continue;
                }
                let connection = connections.enter(next);
                let stream = Patient::new(stream, Arc::clone(&standstill));
                tasks.spawn(run(stream, connection, Arc::clone(&connections), Router::clone(&router)));
            }
            Err(error) => {
                warn!("the local API cannot accept a connection: {error}");
                sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

/// Answers go out at once; the system holds a bounded part of what a peer does not take, and for a bounded time. Without
/// this, what a stream tells in hours would wait there for a peer that is gone.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    set_socket_send_buffer_size(stream, limits::UNSENT_BYTES)?;
    set_tcp_user_timeout(stream, u32::try_from(limits::STALL.as_millis()).unwrap_or(u32::MAX))?;
    Ok(())
}

/// Serves one connection until it closes.
async fn run(stream: Patient, connection: Arc<Connection>, connections: Arc<Connections>, router: Router) {
    let _held = Held { id: connection.id, connections };
    let inner = TowerToHyperService::new(router);
    let asked = Arc::clone(&connection);
    let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
        let busy = asked.busy();
        request.extensions_mut().insert(Arc::clone(&asked));
        let answer = inner.call(request);
        async move {
            let answer = answer.await;
            drop(busy);
            answer
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD)
        .max_headers(limits::HEADERS)
        .max_buf_size(limits::HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        served = served => if let Err(error) = served {
            debug!("local API: connection {}: {error}", connection.id);
        },
        () = connection.evicted.notified() => debug!("local API: connection {} makes room", connection.id),
    }
}

/// All connections. When there are too many, the one that has waited longest for its next request goes; a request under
/// way, a stream, and an answer that is sent piece by piece never do.
#[derive(Default)]
struct Connections {
    by_id: Mutex<HashMap<u64, Arc<Connection>>>,
    left: Notify,
}

impl Connections {
    /// Waits until another may come.
    async fn room(&self) {
        loop {
            let left = self.left.notified();
            {
                let by_id = self.lock();
                if by_id.len() < limits::CONNECTIONS {
                    return;
                }
                let idle = by_id.values().filter_map(|connection| Some((connection.idle_since()?, connection)));
                if let Some((_, longest)) = idle.min_by_key(|(since, _)| *since) {
                    longest.evicted.notify_one();
                }
            }
            // Whoever was told to go, or any other; then there may be one that is idle by now.
            tokio::select! {
                () = left => {}
                () = sleep(LOOK_AGAIN) => {}
            }
        }
    }

    fn enter(&self, id: u64) -> Arc<Connection> {
        let standing = Mutex::new(Standing { busy: 0, since: Instant::now() });
        let connection = Arc::new(Connection { id, standing, evicted: Notify::new() });
        self.lock().insert(id, Arc::clone(&connection));
        connection
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How soon a connection that became idle is found when another one waits for its room.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Leaves the list also when the task is dropped.
struct Held {
    id: u64,
    connections: Arc<Connections>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.id);
        self.connections.left.notify_one();
    }
}

/// One connection, as those see it who judge whether it may stay.
pub(super) struct Connection {
    id: u64,
    standing: Mutex<Standing>,
    evicted: Notify,
}

struct Standing {
    /// Requests and streams under way.
    busy: i32,
    /// When the last of them ended, or the connection began.
    since: Instant,
}

impl Connection {
    /// Something is under way, until the guard is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.step(1);
        Busy(Arc::clone(self))
    }

    /// What is under way is not worth the room it takes, until the guard is dropped.
    pub(super) fn idle(&self) -> Idle<'_> {
        self.step(-1);
        Idle(self)
    }

    fn step(&self, by: i32) {
        let mut standing = self.lock();
        standing.busy += by;
        standing.since = Instant::now();
    }

    fn idle_since(&self) -> Option<Instant> {
        let standing = self.lock();
        (standing.busy <= 0).then_some(standing.since)
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Connection::busy`].
pub(super) struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.step(-1);
    }
}

/// See [`Connection::idle`].
pub(super) struct Idle<'a>(&'a Connection);

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.step(1);
    }
}

/// A socket whose peer is given up when it takes nothing for too long, and whose requests are not believed to be new.
struct Patient {
    stream: TcpStream,
    /// Since when a request was waited for. None when something else was to do.
    listens: Option<Listening>,
    standstill: Arc<Standstill>,
    /// Runs while bytes wait.
    stalled: Option<Pin<Box<Sleep>>>,
}

enum Listening {
    /// Since before the connection was taken.
    FromTheBeginning,
    Since(Instant),
}

impl Patient {
    fn new(stream: TcpStream, standstill: Arc<Standstill>) -> Self {
        Self { stream, listens: Some(Listening::FromTheBeginning), standstill, stalled: None }
    }

    /// Looks how long what can be read has waited, unless we let it wait ourselves.
    fn look(&self) {
        let listened = match self.listens {
            Some(Listening::FromTheBeginning) => true,
            Some(Listening::Since(since)) => since.elapsed() > FRESH,
            None => false,
        };
        if listened && let Some(waited) = arrival::waited(&self.stream).filter(|waited| *waited > FRESH) {
            self.standstill.found(waited);
        }
    }

    fn judge<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(limits::STALL))).as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stream.poll_read_ready(context).is_ready() {
            self.look();
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.listens = None;
        } else if self.listens.is_none() {
            self.listens = Some(Listening::Since(Instant::now()));
        }
        read
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use rustix::net::sockopt::{set_socket_recv_buffer_size, tcp_user_timeout};
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_reads_is_given_up_and_costs_a_bounded_buffer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connecting = TcpStream::connect(listener.local_addr().unwrap());
        let (peer, accepted) = tokio::join!(connecting, listener.accept());
        let (peer, stream) = (peer.unwrap(), accepted.unwrap().0);
        set_socket_recv_buffer_size(&peer, 4096).unwrap();
        prepare(&stream).unwrap();
        assert_eq!(u128::from(tcp_user_timeout(&stream).unwrap()), limits::STALL.as_millis());
        let mut stream = Patient::new(stream, Arc::new(Standstill::unwatched()));
        let mut taken = 0;
        // Longer than any event.
        let bytes = [b'x'; 8192];
        let begun = tokio::time::Instant::now();
        let error = loop {
            match stream.write(&bytes).await {
                Ok(length) => taken += length,
                Err(error) => break error,
            }
            // As much as a system lets a socket hold that was told nothing else.
            assert!(taken < 1_000_000, "{taken} bytes wait for a peer that takes none");
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= limits::STALL);
        drop(peer);
    }
}
