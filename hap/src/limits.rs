//! What controllers may ask of the server and what the server waits for, each bound with its reason.
//!
//! The bounds of a wire format stand where it is read: of a frame in `channel.rs`, of a request's first bytes in
//! `http/head.rs`, of mDNS messages in `discovery/`.

use std::time::Duration;

/// Bytes of a request head and body before Pair Verify: the largest pairing message is under 1 KiB (HAP §8.1).
pub const UNVERIFIED_REQUEST: usize = 8 * 1024;

/// Bytes of a request head on a session: the list of ids of a big bridge sits in the request line (HAP §8.1).
pub const REQUEST_HEAD: usize = 64 * 1024;

/// Bytes of a request body on a session (HAP §8.1).
pub const REQUEST_BODY: usize = 256 * 1024;

/// Header lines of a request that are read at one go, and their room on the stack; iOS sends three. A request may have more.
pub const USUAL_HEADERS: usize = 32;

/// Bytes read from a peer in one go. While handlers are at a request, what comes behind it is taken in until so much waits;
/// TCP holds back the rest.
pub const READ: usize = 4 * 1024;

/// How long what a session asks may wait in the system while the server has nothing else to do with it. After more the
/// process stood still meanwhile, and nobody may want any more what was asked then.
pub const FRESH: Duration = Duration::from_secs(1);

/// Bytes of buffer that a connection keeps between messages.
pub const KEPT_BUFFER: usize = 4 * 1024;

/// Characteristics in one request: more than a full bridge has in one tile set, and it bounds the work of one request.
pub const ENTRIES: usize = 10_000;

/// Bytes of JSON in an answer in which something is told twice. What asks for nothing twice is answered whatever it takes:
/// that is never more than the accessories have. The values of 149 lamps take less than a tenth of it (HAP §8.3).
pub const ANSWER: usize = 1024 * 1024;

/// How long a request may take to arrive once it has begun: three times as long as iOS waits for an answer. Events wait
/// meanwhile (HAP §8.4).
pub const REQUEST_ARRIVAL: Duration = Duration::from_secs(30);

/// How long a peer may take none of the bytes that wait for it (HAP §8.5).
pub const WRITE_STALL: Duration = Duration::from_secs(30);

/// How long bytes may be on their way unacknowledged: a peer that vanished without a word is found by it, since
/// keep-alive probes would wake sleeping phones (HAP §1.1).
pub const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// How long a connection that never verified may be silent (HAP §8.5), unless it runs Pair Setup.
pub const UNVERIFIED_SILENCE: Duration = Duration::from_secs(60);

/// How long Pair Setup may wait for the user to type the code (HAP §5.7).
pub const SETUP_SILENCE: Duration = Duration::from_secs(5 * 60);

/// Sessions at once (HAP §8.5). Memory is what bounds it, with less than 64 KiB each; a home has tens.
pub const SESSIONS: usize = 256;

/// Connections at once that have not verified; sessions are never pushed out by strangers.
pub const UNVERIFIED_CONNECTIONS: usize = 128;

/// Connections of one address at once that have not verified, so that other addresses always find room.
pub const UNVERIFIED_PER_ADDRESS: usize = 96;

/// Connections at once in all, with those that were told to go and have not gone: no more are accepted meanwhile. It stays
/// well below the 1024 descriptors that a process commonly may have.
pub const CONNECTIONS: usize = 448;

/// Connections that the kernel completes before we accept them: the reference's 64 is lost in a burst of strangers, and a
/// phone whose knock is lost knocks again after a second only (HAP §15). The kernel may have a lower bound of its own.
pub const BACKLOG: u32 = 1024;

/// How long to wait when the system has no descriptor left, for one to be closed.
pub const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// Changes of pairings that may wait to be stored; each connection has at most one, so that this only bounds how many wait
/// unseen.
pub const WAITING_CHANGES: usize = 16;

/// How long the first pairing may stand without a session before it is undone: its controller verifies within seconds,
/// or never got M6 and does not know that it is paired (HAP §5.6).
pub const HALF_PAIRING: Duration = Duration::from_secs(5 * 60);

/// Handlers of one request in all; iOS gives up after ten seconds (HAP §10.1).
pub const HANDLERS: Duration = Duration::from_secs(9);

/// One read handler: all that is read with it waits for it, and the Home app reads all its tiles in one request (HAP §14).
pub const READ_HANDLER: Duration = Duration::from_secs(3);

/// Read handlers of one request that are asked at a time: a home's slow things, and no more work than one session may make.
pub const READS_AT_ONCE: usize = 64;

/// A camera's picture; slower ones make controllers drop the session (HAP §11.2).
pub const SNAPSHOT: Duration = Duration::from_secs(5);

/// Bytes of a camera's picture: several times what a good JPEG of the largest size in use takes.
pub const SNAPSHOT_BYTES: usize = 4 * 1024 * 1024;

/// Least time between two events of one session, unless a characteristic's events are immediate (HAP §12).
pub const EVENT_INTERVAL: Duration = Duration::from_secs(1);

/// Presses of a button that wait for a session that is in the middle of an answer.
pub const WAITING_PRESSES: usize = 16;

/// How long sessions may take to finish their answer when the server stops.
pub const STOP_GRACE: Duration = Duration::from_secs(2);

/// How long the first announcement is waited for before Pair Setup computes ahead. The responder takes a second to make sure
/// of a name, and another where somebody has that (RFC 6762 §8.1), and a small core may be slow. After more there is no
/// network, or no mDNS.
pub const FIRST_ANNOUNCEMENT: Duration = Duration::from_secs(4);

/// How long the goodbye of service discovery may take.
pub const GOODBYE: Duration = Duration::from_millis(500);

/// Accessories of a server, the bridge included (HAP §9.6).
pub const ACCESSORIES: usize = 150;

/// Services of an accessory (HAP §9.6).
pub const SERVICES: usize = 100;

/// Characteristics of a service (HAP §9.6).
pub const CHARACTERISTICS: usize = 100;
