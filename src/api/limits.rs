//! The bounds of the local API, each with its reason.

use std::time::Duration;

/// Bytes of a request's body at most: none that the local API takes has more than a name.
pub(super) const BODY_BYTES: usize = 4 * 1024;

/// Bytes of a request's head at most: a browser's with its cookies for other ports of this machine fits.
pub(super) const HEAD_BYTES: usize = 16 * 1024;

/// Header lines of a request at most: browsers send some twenty.
pub(super) const HEADERS: usize = 64;

/// How long a request's head may take, and how long a connection may wait for its next request.
pub(super) const HEAD: Duration = Duration::from_secs(15);

/// How long a request's body may take.
pub(super) const BODY: Duration = Duration::from_secs(10);

/// How long a peer may take none of the bytes that wait for it. Wi-Fi that roams is silent for a few seconds.
pub(super) const STALL: Duration = Duration::from_secs(20);

/// Bytes that may wait in the system for one peer: an answer of the page. The kernel takes twice as much for it.
pub(super) const UNSENT_BYTES: usize = 32 * 1024;

/// Connections at a time: the streams, and as many again for everything else.
pub(super) const CONNECTIONS: usize = 64;

/// Event streams at a time: every phone of a large family, a tablet on the wall, and a few scripts.
pub(super) const STREAMS: usize = 32;

/// Events that may wait for one stream. The gate tells a handful in a second at its busiest.
pub(super) const WAITING: usize = 64;

/// Events that are kept for a client that comes back: a day of passages, or the minutes of a phone in a tunnel.
pub(super) const KEPT: usize = 256;

/// Bytes of all events that are kept.
pub(super) const KEPT_BYTES: usize = 128 * 1024;

/// Lines of the history in a snapshot that moved a gate or are about one: what a phone shows without scrolling far.
pub(super) const SNAPSHOT_LINES: usize = 20;

/// The same of requests that moved nothing. They have a bound of their own, so that who asks in vain does not push out
/// who opened the gate.
pub(super) const SNAPSHOT_IN_VAIN: usize = 5;

/// How often a stream says that it lives, while anybody listens. A page must soon see that nobody tells it anything any more:
/// what it shows is where a gate stands.
pub(super) const BEAT: Duration = Duration::from_secs(5);

/// How often the health is looked at while anybody listens.
pub(super) const HEALTH: Duration = Duration::from_secs(15);

/// Lines of the history that one question is answered with at most; they have some 250 bytes each.
pub(super) const LINES: usize = 2_000;

/// Answers with lines under way at a time. Each may take as long as its client likes to read, and a connection that is
/// answered makes no room for another: beside them and the streams, a quarter of the connections is left.
pub(super) const HISTORIES: usize = 16;

/// Requests in a second, in the long run, and at once. A page asks for ten things when it opens; a small core has time
/// for several hundred, and must have most of it for the gate.
pub(super) const RATE: (u32, u32) = (50, 200);

/// The same for requests that are refused before anything else is looked at, and once more for the page's own files, which
/// need no token. A page has twenty of them.
pub(super) const RATE_OUTSIDE: (u32, u32) = (100, 400);

/// After this many wrong tokens within [`WRONG_WINDOW`], each further one is answered later than the one before it.
pub(super) const WRONG_AT_ONCE: u32 = 3;

/// When wrong tokens are forgotten.
pub(super) const WRONG_WINDOW: Duration = Duration::from_secs(60);

/// What the answer to a wrong token waits for at first, doubled each time, and at most.
pub(super) const WRONG_WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Wrong tokens that wait for their answer at a time; more are turned away at once, and never the right one.
pub(super) const WRONG_WAITING: usize = 16;
