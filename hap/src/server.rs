//! The server with its sockets: a thin shell around [`connection`](crate::connection) that moves bytes and time.

mod accept;
mod keep;
mod load;
mod prepare;
mod serve;
mod slots;
mod stored;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use getrandom::SysRng;
use pairing::store::{Store, StoreError};
use pairing::{Change, ControllerId, DeviceId, Pairing, SetupCode, SetupPayload};
use rand_core::{TryRng, UnwrapErr};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, mpsc, watch};

use self::slots::Slots;
pub use self::stored::Stored;
use crate::accessory::{Accessory, Category};
use crate::discovery::{Advertisement, Discovery, Known, Reach};
use crate::events::Hub;
use crate::half_pairing::HalfPairing;
use crate::host::Host;
use crate::limits;
use crate::lint::{self, Finding, Rejected};
use crate::sync::lock;

/// A HomeKit accessory server: accessories on the network, for paired controllers.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use hap::catalogue::LightBulb;
/// use hap::store::FileStore;
/// use hap::{Accessory, Category, Information, Server};
///
/// let about = Information { name: "Lamp", serial_number: "L-1", ..Information::default() };
/// let mut lamp = Accessory::new(about, Category::Lighting);
/// let bulb = lamp.add(LightBulb::new());
/// bulb.on.on_write_now(|on, _| {
///     println!("the lamp is {}", if on { "on" } else { "off" });
///     Ok(())
/// });
/// let server = Server::builder(lamp).store(FileStore::open("state")?).start().await?;
/// println!("setup code {}", server.handle().setup_code());
/// server.run().await;
/// # Ok(())
/// # }
/// ```
pub struct Server {
    handle: Handle,
    listener: TcpListener,
    discovery: Option<Discovery>,
    changes: mpsc::Receiver<keep::Order>,
    store: Arc<dyn Store>,
    half_pairing: HalfPairing,
}

/// What a server is made of.
pub struct Builder {
    accessories: Vec<Accessory>,
    store: Option<Arc<dyn Store>>,
    bind: SocketAddr,
    setup_code: Option<SetupCode>,
    advertise: bool,
    interfaces: Vec<String>,
    half_pairing: HalfPairing,
    on_standstill: Box<dyn Fn(Duration) + Send + Sync>,
}

/// Why a server cannot start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The accessories are not what HomeKit takes: mend the program or its configuration.
    #[error(transparent)]
    Accessories(#[from] Rejected),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the store holds was not written by this program, or by a newer one.
    #[error("the stored {document} cannot be used: {reason}")]
    State {
        /// Which document of the store.
        document: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Controllers are paired, and the ids by which they know the accessories are gone. New ones might be old ones of other
    /// things, and rooms, scenes and automations would hang on the wrong ones (HAP §9.2).
    #[error(
        "controllers are paired, and the stored {document} by whose ids they know them are missing: restore the whole store \
         from a backup, or remove all pairings and pair anew"
    )]
    LostIds {
        /// Which document of the store.
        document: &'static str,
    },
    /// The address is taken, or not one of this machine.
    #[error("cannot listen on {address}: {source}{}", hint(source))]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system's random number generator does not work.
    #[error("no random numbers from the system: {0}")]
    Randomness(getrandom::Error),
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::AddrInUse => "; another program has the port: stop it, or bind another",
        io::ErrorKind::AddrNotAvailable => "; this machine does not have the address",
        io::ErrorKind::PermissionDenied => "; ports below 1024 are for root: bind a higher one",
        _ => "",
    }
}

/// Port 51826 on all addresses, the port that HomeKit bridges have used since the first ones.
const DEFAULT_BIND: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED), 51826);

impl Server {
    /// A server of one accessory, or of a bridge if more are [added](Builder::bridge).
    pub fn builder(accessory: Accessory) -> Builder {
        Builder {
            accessories: vec![accessory],
            store: None,
            bind: DEFAULT_BIND,
            setup_code: None,
            advertise: true,
            interfaces: Vec::new(),
            half_pairing: HalfPairing::new(Some(limits::HALF_PAIRING)),
            on_standstill: Box::new(|_| ()),
        }
    }

    /// A handle to the running server; any number of them, on any thread.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Serves until [`Handle::stop`] is called, then says goodbye on the network and lets sessions finish their answers.
    ///
    /// When this future is dropped instead, the store is free at once, unless a write to it is under way, and sessions and
    /// advertisement end as soon as the runtime runs; their controllers are told nothing more.
    pub async fn run(self) {
        let Self { handle, listener, discovery, changes, store, half_pairing } = self;
        let shared = &handle.shared;
        // In this future and not in a task, which would hold the store beyond its end.
        let keeper = keep::run(shared, store, changes, discovery, half_pairing);
        let accept = async {
            tokio::select! {
                () = accept::run(shared, listener) => {}
                // Only now, when controllers can connect.
                () = prepare::run(shared) => {}
            }
            // Behind all that the sessions asked for; the goodbye is the keeper's last act.
            shared.orders.send(keep::Order::Stop).await.ok();
        };
        tokio::join!(keeper, accept);
    }
}

impl Builder {
    /// Adds an accessory behind the first one, which then is a bridge.
    #[must_use]
    pub fn bridge(mut self, accessory: Accessory) -> Self {
        self.accessories.push(accessory);
        self
    }

    /// Where pairings and ids are kept. Without a store they are kept in memory and lost at the end.
    #[must_use]
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// The address to listen on; `[::]:51826` if never said, which serves IPv4 too.
    #[must_use]
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = address;
        self
    }

    /// The setup code; made at random at the first start if never said.
    #[must_use]
    pub fn setup_code(mut self, code: SetupCode) -> Self {
        self.setup_code = Some(code);
        self
    }

    /// Whether to advertise over mDNS; yes if never said.
    #[must_use]
    pub fn advertise(mut self, advertise: bool) -> Self {
        self.advertise = advertise;
        self
    }

    /// The network interfaces to advertise on, by name; all that lead to a network if never said.
    #[must_use]
    pub fn interfaces(mut self, names: Vec<String>) -> Self {
        self.interfaces = names;
        self
    }

    /// How long the first pairing may stand without a session before it is undone, with a warning in the log; five
    /// minutes if never said, and never with `None`.
    ///
    /// A controller that lost the last answer of Pair Setup does not know that it is paired, and nobody else can pair
    /// meanwhile (HAP §5.6).
    #[must_use]
    pub fn half_pairing_recovery(mut self, patience: Option<Duration>) -> Self {
        self.half_pairing = HalfPairing::new(patience);
        self
    }

    /// Calls `told` when a session's request is found to have waited in the system for longer than [`limits::FRESH`] although
    /// the server had nothing else to do for it: this process stood still meanwhile, and other requests may be as old. It is
    /// told for how long, before any handler hears of that request.
    ///
    /// A program that moves something may want to refuse all writes for a moment. See [`arrival`](crate::arrival).
    #[must_use]
    pub fn on_standstill(mut self, told: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.on_standstill = Box::new(told);
        self
    }

    /// What controllers would refuse of the accessories, or the user be surprised by; errors come first.
    ///
    /// [`start`](Self::start) looks by itself.
    pub fn lint(&self) -> Vec<Finding> {
        lint::findings(&self.accessories)
    }

    /// Looks at the accessories, listens, loads the state and advertises. Needs a tokio runtime.
    pub async fn start(mut self) -> Result<Server, StartError> {
        let mut probe = [0; 1];
        SysRng.try_fill_bytes(&mut probe).map_err(StartError::Randomness)?;
        let store = self.store.unwrap_or_else(|| Arc::new(pairing::store::MemoryStore::default()));
        if let Some(primary) = self.accessories.first_mut() {
            primary.add_protocol_information();
        }
        lint::pass(&self.accessories)?;
        // Before the store is asked, whose disk may be slow: who connects meanwhile waits instead of being refused.
        let listener = accept::listen(self.bind).map_err(|source| StartError::Bind { address: self.bind, source })?;
        let address = listener.local_addr().map_err(|source| StartError::Bind { address: self.bind, source })?;
        let state = load::pairings(&*store, self.setup_code, &mut UnwrapErr(SysRng))?;
        let hub = Arc::new(Hub::default());
        let (database, configuration) = load::accessories(&*store, &self.accessories, &hub, state.is_paired())?;
        let (name, model, category) = self.accessories.first().map_or_else(
            || (String::new(), String::new(), Category::Other),
            |primary| (primary.name(), primary.information.model.get(), primary.category),
        );
        let advertisement = Advertisement {
            name,
            model,
            category,
            device_id: *state.identity.device_id(),
            setup_id: state.setup_id,
            configuration,
            port: address.port(),
        };
        let discovery = self.advertise.then(|| Discovery::start(advertisement, &self.interfaces, state.is_paired()));
        let identify = self.accessories.first().and_then(|primary| primary.identify.clone());
        let (orders, changes) = mpsc::channel(limits::WAITING_CHANGES);
        let reach = discovery.as_ref().map(Discovery::known);
        let shared = Shared {
            host: Mutex::new(Host::new(state, database, hub, identify)),
            slots: Slots::default(),
            orders,
            arithmetic: Arc::new(Semaphore::new(1)),
            strangers: Semaphore::new(1),
            setup_next: Notify::new(),
            stop: watch::Sender::new(false),
            changed: watch::Sender::default(),
            reach,
            next_id: AtomicU64::new(0),
            address,
            category,
            on_standstill: self.on_standstill,
        };
        let handle = Handle { shared: Arc::new(shared) };
        Ok(Server { handle, listener, discovery, changes, store, half_pairing: self.half_pairing })
    }
}

/// What the tasks of a server share.
struct Shared {
    host: Mutex<Host>,
    slots: Slots,
    orders: mpsc::Sender<keep::Order>,
    /// The slow arithmetic of Pair Setup runs once at a time, so that strangers cannot fill the core.
    arithmetic: Arc<Semaphore>,
    /// Connections that have not verified are looked at one after the other.
    strangers: Semaphore,
    /// A Pair Setup has ended, or pairings have changed: the next one may be prepared.
    setup_next: Notify,
    stop: watch::Sender<bool>,
    /// Pairings or sessions are not what they were.
    changed: watch::Sender<()>,
    /// None when nothing is advertised.
    reach: Option<Arc<Known>>,
    next_id: AtomicU64,
    address: SocketAddr,
    category: Category,
    on_standstill: Box<dyn Fn(Duration) + Send + Sync>,
}

/// The runtime's clock, which a test may move.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// A running server, from outside: who is paired, the setup code, stopping it.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

/// A change could not be made durable; nothing has changed.
#[derive(Debug, Error)]
#[error("it could not be written to the store; the log says why")]
#[non_exhaustive]
pub struct NotStored;

impl Handle {
    /// Stops the server: [`Server::run`] returns.
    pub fn stop(&self) {
        self.shared.stop.send_replace(true);
    }

    /// Removes a pairing from this side, as if an admin had. `false` if there is none of that id.
    ///
    /// With the last admin all pairings go, and the accessory can be set up anew (HAP §7).
    pub async fn remove_pairing(&self, id: &ControllerId) -> Result<bool, NotStored> {
        if !lock(&self.shared.host).is_paired_with(id) {
            return Ok(false);
        }
        let stored = keep::store(&self.shared, Change::RemovePairing(*id)).await;
        if stored { Ok(true) } else { Err(NotStored) }
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The pairings, in the order in which they came.
    pub fn pairings(&self) -> Vec<Pairing> {
        lock(&self.shared.host).state.pairings.iter().cloned().collect()
    }

    /// Whether a controller is paired.
    pub fn is_paired(&self) -> bool {
        lock(&self.shared.host).state.is_paired()
    }

    /// The code a user types.
    pub fn setup_code(&self) -> SetupCode {
        lock(&self.shared.host).state.setup_code.clone()
    }

    /// The `X-HM://` text for a QR code.
    pub fn setup_payload(&self) -> String {
        let host = lock(&self.shared.host);
        SetupPayload::new(&host.state.setup_code, &host.state.setup_id, self.shared.category.number()).to_string()
    }

    /// The id by which controllers know the accessory.
    pub fn device_id(&self) -> DeviceId {
        *lock(&self.shared.host).state.identity.device_id()
    }

    /// Tells of every change of pairings and sessions, from now on.
    pub fn changes(&self) -> Changes {
        Changes { changed: self.shared.changed.subscribe() }
    }

    /// When a controller was last heard in a session: when it verified, or sent something. None if none was since the
    /// start.
    pub fn last_heard(&self) -> Option<Instant> {
        self.shared.slots.last_heard()
    }

    /// How phones can find the server now; none when it does not [advertise](Builder::advertise).
    pub fn reach(&self) -> Option<Reach> {
        self.shared.reach.as_ref().map(|known| known.reach())
    }

    /// How many verified sessions are open.
    pub fn sessions(&self) -> usize {
        self.shared.slots.sessions()
    }
}

/// Changes of pairings and sessions, from [`Handle::changes`].
pub struct Changes {
    changed: watch::Receiver<()>,
}

impl Changes {
    /// Waits for the next one; those that come together are one. Once the server is gone there is none.
    pub async fn next(&mut self) {
        if self.changed.changed().await.is_err() {
            std::future::pending().await
        }
    }
}
