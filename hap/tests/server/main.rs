//! The server with its sockets, over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod controller;
mod outside;

use std::future::{Future, pending};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use getrandom::SysRng;
use hap::catalogue::LightBulb;
use hap::controller::PairVerify;
use hap::store::{FileStore, Loaded, MemoryStore, Store, StoreError};
use hap::{Accessory, Category, Handle, Information, Server, StartError, Status, limits};
use pairing::ErrorCode;
use rand_core::UnwrapErr;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use controller::{Controller, Session};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The type of On, and of Brightness.
const ON: &str = "25";
const BRIGHTNESS: &str = "8";

/// A lamp that is served.
struct Lamp {
    bulb: LightBulb,
    handle: Handle,
    running: JoinHandle<()>,
}

impl Lamp {
    async fn start(store: impl Store + 'static) -> Self {
        Self::start_on(ANY_PORT, store).await
    }

    async fn start_on(address: SocketAddr, store: impl Store + 'static) -> Self {
        let (accessory, bulb) = lamp();
        let server = Server::builder(accessory).store(store).bind(address).advertise(false).start().await.unwrap();
        let handle = server.handle();
        Self { bulb, handle, running: tokio::spawn(server.run()) }
    }

    /// A new lamp, and the session of the controller that has paired with it.
    async fn paired() -> (Self, Controller, Session) {
        let lamp = Self::start(MemoryStore::new()).await;
        let mut phone = Controller::new("phone");
        let session = phone.pair(lamp.address(), &lamp.handle.setup_code()).await;
        (lamp, phone, session)
    }

    fn address(&self) -> SocketAddr {
        self.handle.address()
    }

    /// Its switch's write handler tells when it is called, and answers once it is told to.
    fn waits(&self) -> (Arc<Notify>, Arc<Notify>) {
        let (called, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (caller, latch) = (Arc::clone(&called), Arc::clone(&release));
        self.bulb.on.on_write(move |_, _| {
            caller.notify_one();
            let latch = Arc::clone(&latch);
            async move {
                latch.notified().await;
                Ok(())
            }
        });
        (called, release)
    }

    async fn stop(self) {
        self.handle.stop();
        within(self.running).await.unwrap();
    }
}

fn lamp() -> (Accessory, LightBulb) {
    let about = Information { name: "Lamp", serial_number: "L-1", ..Information::default() };
    let mut accessory = Accessory::new(about, Category::Lighting);
    let bulb = accessory.add(LightBulb::new().with_brightness(10));
    (accessory, bulb)
}

/// The outcome, which is there soon: what hangs fails.
async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("an outcome in time")
}

/// Lets the server's tasks run until `condition` holds.
async fn until(condition: impl Fn() -> bool) {
    within(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_controller_pairs_and_its_two_sessions_read_write_and_hear_of_changes() {
    let (lamp, phone, mut first) = Lamp::paired().await;
    assert!(lamp.handle.is_paired());
    assert_eq!(lamp.handle.pairings()[0].id, *phone.identity.id());
    let on = first.find(ON).await;
    let mut second = phone.verify(lamp.address()).await;
    assert_eq!(lamp.handle.sessions(), 2);
    lamp.bulb.on.on_write(|on, context| async move {
        tokio::task::yield_now().await;
        if on && context.is_admin() { Ok(()) } else { Err(Status::NotAllowed) }
    });
    first.subscribe(on).await;
    second.subscribe(on).await;

    assert_eq!(first.write(on, true).await, 0);
    assert!(lamp.bulb.on.get());
    assert_eq!(second.event().await, json!([{"aid": 1, "iid": on, "value": true}]));
    assert_eq!(second.write(on, false).await, -70412);
    assert_eq!(second.read(on).await, true);

    // From outside any write, both hear of it; the writer's first event is this one.
    lamp.bulb.on.set(false);
    assert_eq!(first.event().await, json!([{"aid": 1, "iid": on, "value": false}]));
    assert_eq!(second.event().await, json!([{"aid": 1, "iid": on, "value": false}]));
    drop(second);
    until(|| lamp.handle.sessions() == 1).await;
    lamp.stop().await;
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_for_and_the_server_goes_on() {
    let (lamp, phone, mut session) = Lamp::paired().await;
    let on = session.find(ON).await;
    let brightness = lamp.bulb.brightness.clone().unwrap();

    lamp.bulb.on.on_write_now(|_, _| panic!("at once"));
    assert_eq!(session.write(on, true).await, -70402);
    lamp.bulb.on.on_write(|_, _| async {
        tokio::task::yield_now().await;
        panic!("later")
    });
    assert_eq!(session.write(on, true).await, -70402);
    brightness.on_read(|| async { panic!("while reading") });
    let iid = session.find(BRIGHTNESS).await;
    assert_eq!(session.read(iid).await, json!(null));
    assert!(!lamp.bulb.on.get());

    lamp.bulb.on.on_write_now(|_, _| Ok(()));
    assert_eq!(session.write(on, true).await, 0);
    assert_eq!(phone.verify(lamp.address()).await.read(on).await, true);
}

#[tokio::test]
async fn an_identify_routine_that_panics_costs_nobody_anything() {
    let (mut accessory, _) = lamp();
    accessory.on_identify(|| panic!("cannot blink"));
    let server = Server::builder(accessory).bind(ANY_PORT).advertise(false).start().await.unwrap();
    let handle = server.handle();
    tokio::spawn(server.run());
    let mut stranger = Session::connect(handle.address()).await;
    for _ in 0..2 {
        stranger.send("POST", "/identify", b"").await;
        assert_eq!(stranger.answer().await.0, 204);
    }
}

#[tokio::test]
async fn nobody_waits_for_an_identify_routine() {
    let (mut accessory, _) = lamp();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let (ended, has_ended) = std::sync::mpsc::channel();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    accessory.on_identify(move || {
        begun.send(()).unwrap();
        // Should it be waited for, that comes to an end too.
        let told = may_go_on.lock().unwrap().recv_timeout(Duration::from_secs(60));
        ended.send(told.is_ok()).unwrap();
    });
    let server = Server::builder(accessory).bind(ANY_PORT).advertise(false).start().await.unwrap();
    let handle = server.handle();
    tokio::spawn(server.run());
    let mut stranger = Session::connect(handle.address()).await;
    stranger.send("POST", "/identify", b"").await;
    assert_eq!(stranger.answer().await.0, 204);
    let mut phone = Controller::new("phone");
    let mut session = phone.pair(handle.address(), &handle.setup_code()).await;
    let identify = session.find("14").await;
    has_begun.recv().unwrap();
    assert_eq!(session.write(identify, true).await, 0);
    let on = session.find(ON).await;
    assert_eq!(session.write(on, true).await, 0);
    // It shows itself still, and did not begin anew.
    assert!(has_begun.try_recv().is_err());
    go_on.send(()).unwrap();
    assert!(has_ended.recv().unwrap(), "somebody waited for it");
}

#[tokio::test]
async fn a_restart_keeps_identity_setup_code_pairings_and_ids() {
    let directory = tempfile::tempdir().unwrap();
    // Another address than the other tests', which may get the port while nobody has it.
    let any_port = (Ipv4Addr::new(127, 0, 0, 4), 0).into();
    let lamp = Lamp::start_on(any_port, FileStore::open(directory.path()).unwrap()).await;
    let address = lamp.address();
    let mut phone = Controller::new("phone");
    let code = lamp.handle.setup_code();
    let (id, payload) = (lamp.handle.device_id(), lamp.handle.setup_payload());
    let mut session = phone.pair(lamp.address(), &code).await;
    let on = session.find(ON).await;
    lamp.stop().await;
    within(session.closed()).await;

    let lamp = Lamp::start_on(address, FileStore::open(directory.path()).unwrap()).await;
    assert_eq!(lamp.address(), address);
    assert_eq!((lamp.handle.device_id(), lamp.handle.setup_payload()), (id, payload));
    assert_eq!(lamp.handle.setup_code(), code);
    let mut session = phone.verify(lamp.address()).await;
    assert_eq!(session.find(ON).await, on);
    assert_eq!(session.write(on, true).await, 0);
    lamp.stop().await;
}

#[tokio::test]
async fn an_occupied_port_stops_the_start_and_the_message_says_what_to_do() {
    let lamp = Lamp::start(MemoryStore::new()).await;
    let (accessory, _) = self::lamp();
    let error = Server::builder(accessory).bind(lamp.address()).advertise(false).start().await.err().unwrap();
    assert!(matches!(error, StartError::Bind { address, .. } if address == lamp.address()));
    let message = error.to_string();
    assert!(
        message.contains(&lamp.address().to_string()) && message.contains("another program has the port"),
        "{message}"
    );
}

#[tokio::test]
async fn stop_ends_run_closes_every_connection_and_frees_the_port() {
    // Another address than the other tests', which may get the port as soon as it is free.
    let lamp = Lamp::start_on((Ipv4Addr::new(127, 0, 0, 2), 0).into(), MemoryStore::new()).await;
    let mut session = Controller::new("phone").pair(lamp.address(), &lamp.handle.setup_code()).await;
    let mut stranger = Session::connect(lamp.address()).await;
    stranger.send("GET", "/accessories", b"").await;
    assert_eq!(stranger.answer().await.0, 470);
    let address = lamp.address();
    lamp.stop().await;
    within(session.closed()).await;
    within(stranger.closed()).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

/// Whether nobody holds the store.
fn is_free(directory: &std::path::Path) -> bool {
    FileStore::open(directory).is_ok()
}

#[tokio::test]
async fn a_server_that_is_dropped_frees_its_store_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let start =
        || Server::builder(lamp().0).bind(ANY_PORT).advertise(false).store(FileStore::open(&directory).unwrap());
    let server = start().start().await.unwrap();
    let handle = server.handle();
    drop(server);
    assert!(is_free(directory.path()));
    assert!(handle.remove_pairing(Controller::new("phone").identity.id()).await.is_ok_and(|removed| !removed));

    // It may have been polled already.
    let server = start().start().await.unwrap();
    let mut running = Box::pin(server.run());
    assert!(tokio::time::timeout(Duration::ZERO, &mut running).await.is_err());
    drop(running);
    assert!(is_free(directory.path()));
}

#[tokio::test]
async fn a_run_that_is_dropped_ends_its_sessions_and_frees_store_and_port() {
    let directory = tempfile::tempdir().unwrap();
    // Another address than the other tests', which may get the port as soon as it is free.
    let lamp = Lamp::start_on((Ipv4Addr::new(127, 0, 0, 3), 0).into(), FileStore::open(&directory).unwrap()).await;
    let mut phone = Controller::new("phone");
    let mut session = phone.pair(lamp.address(), &lamp.handle.setup_code()).await;
    let on = session.find(ON).await;
    session.subscribe(on).await;
    lamp.running.abort();
    assert!(within(lamp.running).await.unwrap_err().is_cancelled());
    within(session.closed()).await;
    assert!(tokio::net::TcpStream::connect(lamp.handle.address()).await.is_err());
    // The handle is still there, and what it is asked has an answer.
    assert!(within(lamp.handle.remove_pairing(phone.identity.id())).await.is_err());
    assert_eq!(lamp.handle.sessions(), 0);

    let lamp = Lamp::start(FileStore::open(&directory).unwrap()).await;
    let mut session = phone.verify(lamp.address()).await;
    assert_eq!(session.write(on, true).await, 0);
    lamp.stop().await;
}

#[tokio::test]
async fn stop_waits_no_longer_than_its_grace_for_a_handler() {
    let (lamp, _, mut session) = Lamp::paired().await;
    let on = session.find(ON).await;
    let called = Arc::new(Notify::new());
    let caller = Arc::clone(&called);
    lamp.bulb.on.on_write(move |_, _| {
        caller.notify_one();
        pending()
    });
    session.begin_write(on, true).await;
    called.notified().await;
    // From here on only timers are left to wait for, so time jumps from one to the next.
    tokio::time::pause();
    let stopped = tokio::time::Instant::now();
    lamp.handle.stop();
    lamp.running.await.unwrap();
    let took = stopped.elapsed();
    assert!((limits::STOP_GRACE..limits::HANDLERS).contains(&took), "{took:?}");
    session.closed().await;
}

#[tokio::test]
async fn a_write_handler_that_never_answers_has_nine_seconds_and_a_read_handler_three() {
    let (lamp, _, mut session) = Lamp::paired().await;
    let on = session.find(ON).await;
    lamp.bulb.on.on_write(|_, _| pending());
    let brightness = session.find(BRIGHTNESS).await;
    lamp.bulb.brightness.as_ref().unwrap().on_read(pending);
    // From here on only timers are left to wait for, so time jumps from one to the next.
    tokio::time::pause();
    let asked = tokio::time::Instant::now();
    assert_eq!(session.write(on, true).await, -70408);
    let took = asked.elapsed();
    assert!(took >= limits::HANDLERS && took < limits::HANDLERS * 2, "{took:?}");
    let asked = tokio::time::Instant::now();
    session.send("GET", &format!("/characteristics?id=1.{brightness},1.{on}"), b"").await;
    let (status, body) = session.answer().await;
    let took = asked.elapsed();
    assert!(took >= limits::READ_HANDLER && took < limits::HANDLERS, "{took:?}");
    assert_eq!(status, 207);
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let expected =
        json!([{"aid": 1, "iid": brightness, "status": -70408}, {"aid": 1, "iid": on, "status": 0, "value": false}]);
    assert_eq!(body["characteristics"], expected);
}

#[tokio::test]
async fn a_connection_that_breaks_while_a_handler_is_at_it_is_gone_at_once() {
    let (lamp, phone, mut session) = Lamp::paired().await;
    let on = session.find(ON).await;
    let called = Arc::new(Notify::new());
    let caller = Arc::clone(&called);
    // As long as the handler lives.
    let alive = Arc::new(());
    let life = Arc::downgrade(&alive);
    lamp.bulb.on.on_write(move |_, _| {
        caller.notify_one();
        let held = life.upgrade();
        async move {
            let _held = held;
            pending().await
        }
    });
    session.subscribe(on).await;
    session.begin_write(on, true).await;
    called.notified().await;
    let broken = std::time::Instant::now();
    session.reset();
    until(|| lamp.handle.sessions() == 0 && Arc::strong_count(&alive) == 1).await;
    assert!(broken.elapsed() < limits::HANDLERS / 2, "{:?}", broken.elapsed());
    lamp.bulb.on.on_write_now(|_, _| Ok(()));
    assert_eq!(phone.verify(lamp.address()).await.write(on, true).await, 0);
}

#[tokio::test]
async fn what_is_sent_ahead_while_a_handler_is_at_it_is_answered_afterwards_and_in_order() {
    let (lamp, _, mut session) = Lamp::paired().await;
    let (on, brightness) = (session.find(ON).await, session.find(BRIGHTNESS).await);
    let (called, release) = lamp.waits();
    session.begin_write(on, true).await;
    called.notified().await;
    // More than is taken in ahead.
    for _ in 0..200 {
        session.send("GET", &format!("/characteristics?id=1.{brightness}"), b"").await;
    }
    release.notify_one();
    assert_eq!(within(session.written()).await, 0);
    for _ in 0..200 {
        assert_eq!(within(session.answer()).await.0, 200);
    }
}

/// A write of `count` entries that switch the lamp.
fn many_writes(on: u64, count: usize) -> Vec<u8> {
    let entries = vec![json!({"aid": 1, "iid": on, "value": true}); count];
    json!({ "characteristics": entries }).to_string().into_bytes()
}

#[tokio::test]
async fn between_the_handlers_of_one_request_other_sessions_are_served() {
    const ENTRIES: usize = 1000;
    let (lamp, phone, mut busy) = Lamp::paired().await;
    let on = busy.find(ON).await;
    let mut other = phone.verify(lamp.address()).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    lamp.bulb.on.on_write_now(move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    busy.send("PUT", "/characteristics", &many_writes(on, ENTRIES)).await;
    other.read(on).await;
    assert!(calls.load(Ordering::Relaxed) < ENTRIES / 2, "{calls:?}");
    assert_eq!(busy.written().await, 0);
    assert_eq!(calls.load(Ordering::Relaxed), ENTRIES);

    // The same for what is read.
    let counter = Arc::clone(&calls);
    lamp.bulb.on.on_read(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        async { Ok(true) }
    });
    calls.store(0, Ordering::Relaxed);
    let ids = vec![format!("1.{on}"); ENTRIES].join(",");
    busy.send("GET", &format!("/characteristics?id={ids}"), b"").await;
    let brightness = other.find(BRIGHTNESS).await;
    other.read(brightness).await;
    assert!(calls.load(Ordering::Relaxed) < ENTRIES, "{calls:?}");
    assert_eq!(busy.answer().await.0, 200);
    assert_eq!(calls.load(Ordering::Relaxed), ENTRIES);
}

#[tokio::test]
async fn handlers_that_block_the_thread_have_nine_seconds_all_together() {
    const ENTRIES: usize = 20;
    let (lamp, _, mut session) = Lamp::paired().await;
    let on = session.find(ON).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    lamp.bulb.on.on_write_now(move |_, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        // It takes a second, which passes at the first look.
        let mut second = std::pin::pin!(tokio::time::advance(Duration::from_secs(1)));
        let _ = second.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        Ok(())
    });
    tokio::time::pause();
    session.send("PUT", "/characteristics", &many_writes(on, ENTRIES)).await;
    let (status, body) = session.answer().await;
    assert_eq!(status, 207);
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let obeyed = body["characteristics"].as_array().unwrap().iter().filter(|entry| entry["status"] == 0).count();
    let late = body["characteristics"].as_array().unwrap().iter().filter(|entry| entry["status"] == -70408).count();
    assert_eq!((obeyed, late), (calls.load(Ordering::Relaxed), ENTRIES - obeyed));
    assert!((8..=10).contains(&obeyed), "{obeyed}");
}

#[tokio::test]
async fn a_slow_handler_does_not_delay_another_session() {
    let (lamp, phone, mut slow) = Lamp::paired().await;
    let on = slow.find(ON).await;
    let mut quick = phone.verify(lamp.address()).await;
    let (called, release) = lamp.waits();
    slow.begin_write(on, true).await;
    called.notified().await;
    let brightness = quick.find(BRIGHTNESS).await;
    assert_eq!(quick.write(brightness, 55).await, 0);
    assert_eq!(quick.read(on).await, false);
    release.notify_one();
    assert_eq!(slow.written().await, 0);
    assert_eq!(quick.read(on).await, true);
}

#[tokio::test]
async fn a_pairing_that_is_removed_on_this_side_loses_its_sessions_and_the_next_can_pair() {
    let (lamp, phone, mut session) = Lamp::paired().await;
    let stranger = Controller::new("stranger");
    assert!(!lamp.handle.remove_pairing(stranger.identity.id()).await.unwrap());
    assert!(lamp.handle.remove_pairing(phone.identity.id()).await.unwrap());
    within(session.closed()).await;
    assert!(!lamp.handle.is_paired());
    assert_eq!(phone.refused(lamp.address()).await, Some(ErrorCode::Authentication));
    let mut next = Controller::new("next");
    next.pair(lamp.address(), &lamp.handle.setup_code()).await;
    assert_eq!(lamp.handle.pairings().len(), 1);
}

/// A store whose medium fills up when it is told to.
struct Disk {
    documents: MemoryStore,
    full: Arc<AtomicBool>,
}

impl Store for Disk {
    fn load(&self, document: &str) -> Result<Option<Loaded>, StoreError> {
        self.documents.load(document)
    }

    fn save(&self, document: &str, contents: &[u8]) -> Result<(), StoreError> {
        if self.full.load(Ordering::Relaxed) {
            let path = document.into();
            return Err(StoreError::Write { path, source: std::io::ErrorKind::StorageFull.into() });
        }
        self.documents.save(document, contents)
    }
}

#[tokio::test]
async fn a_removal_that_cannot_be_stored_changes_nothing() {
    let full = Arc::new(AtomicBool::new(false));
    let lamp = Lamp::start(Disk { documents: MemoryStore::new(), full: Arc::clone(&full) }).await;
    let mut phone = Controller::new("phone");
    let mut session = phone.pair(lamp.address(), &lamp.handle.setup_code()).await;
    let on = session.find(ON).await;
    full.store(true, Ordering::Relaxed);
    assert!(lamp.handle.remove_pairing(phone.identity.id()).await.is_err());
    assert!(lamp.handle.is_paired());
    assert_eq!(session.write(on, true).await, 0);
    full.store(false, Ordering::Relaxed);
    assert!(lamp.handle.remove_pairing(phone.identity.id()).await.unwrap());
    within(session.closed()).await;
}

#[tokio::test]
async fn what_a_stranger_asked_is_answered_before_others_have_their_turn() {
    let (lamp, phone, _session) = Lamp::paired().await;
    let mut stranger = Session::connect(lamp.address()).await;
    let (verify, m1) = PairVerify::start(&phone.identity, &phone.accessory.unwrap(), &mut UnwrapErr(SysRng));
    let (_, m3) = verify.m2(&stranger.post("/pair-verify", &m1).await).unwrap();
    stranger.send("POST", "/pair-verify", &m3).await;
    let mut changes = lamp.handle.changes();
    while lamp.handle.sessions() < 2 {
        within(changes.next()).await;
    }
    assert!(stranger.hears_at_once());
}

#[tokio::test]
async fn a_crowd_of_strangers_pushes_out_its_own_oldest_and_no_session() {
    let (lamp, phone, mut session) = Lamp::paired().await;
    let mut crowd = Vec::new();
    for _ in 0..=limits::UNVERIFIED_CONNECTIONS {
        let mut stranger = Session::connect(lamp.address()).await;
        stranger.send("GET", "/accessories", b"").await;
        assert_eq!(stranger.answer().await.0, 470);
        crowd.push(stranger);
    }
    within(crowd[0].closed()).await;
    let on = session.find(ON).await;
    assert_eq!(session.write(on, true).await, 0);
    phone.verify(lamp.address()).await;
}
