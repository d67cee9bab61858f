//! The server stays reachable for its controllers, whatever strangers and dead peers do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may panic"
)]

#[allow(dead_code, reason = "shared with the tests of the server")]
#[path = "server/controller.rs"]
mod controller;

use std::future::Future;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hap::catalogue::LightBulb;
use hap::store::{MemoryStore, Store};
use hap::{Accessory, Category, Handle, Information, Server, limits};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use controller::{Controller, Session};

const M1: &[u8] = &[6, 1, 1, 0, 1, 0];
const BUSY: &[u8] = &[6, 1, 2, 7, 1, 7];
const UNAVAILABLE: &[u8] = &[6, 1, 2, 7, 1, 6];

/// The type of On.
const ON: &str = "25";

/// Sessions whose memory is measured.
const SESSIONS: usize = 64;

/// What a session may cost, in KiB.
const SESSION_KIB: u64 = 64;

/// Strangers that come with half a request at once.
const JUNK: usize = 1000;

/// What a thousand connections may make of the memory for good, in KiB: less than 2 KiB each.
const LEFT_BEHIND: u64 = 2 * JUNK as u64;

/// How often they come.
const WAVES: usize = 5;

/// Tells the test binary to be a server.
const BE_A_SERVER: &str = "HAP_TEST_SERVER";

/// A bridge of many lamps that is served in this process.
struct House {
    lamps: Vec<LightBulb>,
    handle: Handle,
    running: JoinHandle<()>,
}

impl House {
    async fn start(store: impl Store + 'static, half_pairing: Option<Duration>) -> Self {
        let (builder, lamps) = bridge(150);
        let server = builder.store(store).half_pairing_recovery(half_pairing).start().await.unwrap();
        let handle = server.handle();
        Self { lamps, handle, running: tokio::spawn(server.run()) }
    }

    /// A new house, and the session of the controller that has paired with it.
    async fn paired() -> (Self, Controller, Session) {
        let house = Self::start(MemoryStore::new(), None).await;
        let mut phone = Controller::new("phone");
        let session = phone.pair(house.address(), &house.handle.setup_code()).await;
        (house, phone, session)
    }

    fn address(&self) -> SocketAddr {
        self.handle.address()
    }
}

/// A bridge of so many accessories, the bridge included.
fn bridge(accessories: usize) -> (hap::Builder, Vec<LightBulb>) {
    let about = Information { name: "House", serial_number: "H-1", ..Information::default() };
    let mut builder = Server::builder(Accessory::new(about, Category::Bridge));
    let mut lamps = Vec::new();
    for number in 1..accessories {
        let (name, serial) = (format!("Lamp {number}"), format!("L-{number}"));
        let about = Information { name: &name, serial_number: &serial, ..Information::default() };
        let mut lamp = Accessory::new(about, Category::Lighting);
        lamps.push(lamp.add(LightBulb::new().with_brightness(10)));
        builder = builder.bridge(lamp);
    }
    let anywhere = "127.0.0.1:0".parse().unwrap();
    (builder.bind(anywhere).advertise(false), lamps)
}

/// The outcome, which is there soon: what hangs fails.
async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("an outcome in time")
}

/// Lets the server's tasks run until nothing is left for them to do at once: one exchange with a stranger at the least.
async fn settle(house: &House) {
    let mut stranger = Session::connect(house.address()).await;
    stranger.send("POST", "/configured", b"").await;
    assert_eq!(within(stranger.answer()).await.0, 204);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Lets the server's tasks run until `condition` holds.
async fn until(mut condition: impl FnMut() -> bool) {
    let patience = Instant::now();
    while !condition() {
        assert!(patience.elapsed() < Duration::from_secs(60), "it never happens");
        tokio::task::yield_now().await;
    }
}

/// Every characteristic that sends events, as the ids of a subscription.
async fn everything(session: &mut Session) -> Vec<Value> {
    session.send("GET", "/accessories", b"").await;
    let database: Value = serde_json::from_slice(&session.answer().await.1).unwrap();
    let mut ids = Vec::new();
    for accessory in database["accessories"].as_array().unwrap() {
        for service in accessory["services"].as_array().unwrap() {
            for characteristic in service["characteristics"].as_array().unwrap() {
                if characteristic["perms"].as_array().unwrap().contains(&json!("ev")) {
                    ids.push(json!({"aid": accessory["aid"], "iid": characteristic["iid"], "ev": true}));
                }
            }
        }
    }
    assert!(ids.len() >= 298, "{} characteristics", ids.len());
    ids
}

async fn subscribe(session: &mut Session, ids: &[Value]) {
    let body = json!({"characteristics": ids}).to_string();
    session.send("PUT", "/characteristics", body.as_bytes()).await;
    assert_eq!(session.answer().await.0, 204);
}

/// Switches the first lamp.
async fn switch(session: &mut Session, on: bool) {
    session.send("GET", "/accessories", b"").await;
    let database: Value = serde_json::from_slice(&session.answer().await.1).unwrap();
    let lamp = &database["accessories"][1];
    let mut all =
        lamp["services"].as_array().unwrap().iter().flat_map(|all| all["characteristics"].as_array().unwrap());
    let iid = &all.find(|characteristic| characteristic["type"] == ON).unwrap()["iid"];
    let body = json!({"characteristics": [{"aid": lamp["aid"], "iid": iid, "value": on}]}).to_string();
    session.send("PUT", "/characteristics", body.as_bytes()).await;
    assert_eq!(within(session.answer()).await.0, 204);
}

/// A peer with a small window that asks and asks and never reads, until the server can say no more to it.
async fn deaf_peer(address: SocketAddr, request: &[u8], other: &mut Session) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let stream = TcpStream::from_std(socket.into()).unwrap();
    let requests = request.repeat(100);
    let mut stuck = 0;
    // It is stuck when it takes nothing during many exchanges with somebody else.
    while stuck < 50 {
        match stream.try_write(&requests) {
            Ok(_) => stuck = 0,
            Err(error) if error.kind() == ErrorKind::WouldBlock => stuck += 1,
            Err(error) => panic!("{error}"),
        }
        other.send("POST", "/configured", b"").await;
        assert_eq!(within(other.answer()).await.0, 204);
    }
    stream
}

#[tokio::test]
async fn no_event_is_held_up_by_a_dead_neighbour() {
    let (house, phone, mut session) = House::paired().await;
    let ids = everything(&mut session).await;
    subscribe(&mut session, &ids).await;
    let mut neighbours = Vec::new();
    for _ in 0..3 {
        let mut neighbour = phone.verify(house.address()).await;
        subscribe(&mut neighbour, &ids).await;
        // It asks for more than its window and the kernel's buffers hold, and never reads a byte of it.
        for _ in 0..100 {
            neighbour.send("GET", "/accessories", b"").await;
        }
        neighbours.push(neighbour);
    }
    let lamp = &house.lamps[7].on;
    for on in [true, false, true] {
        let asked = Instant::now();
        lamp.set(on);
        let event = within(session.event()).await;
        assert_eq!(event.as_array().unwrap().len(), 1);
        assert_eq!(event[0]["value"], on);
        // One second is the interval in which changes are gathered.
        assert!(asked.elapsed() < limits::EVENT_INTERVAL + Duration::from_secs(2), "{:?}", asked.elapsed());
    }
    assert_eq!(house.handle.sessions(), 4);
}

#[tokio::test]
async fn a_stranger_that_never_reads_goes_when_its_room_is_needed() {
    let (house, phone, mut session) = House::paired().await;
    let deaf = deaf_peer(house.address(), b"GET /accessories HTTP/1.1\r\n\r\n", &mut session).await;
    let mut crowd = Vec::new();
    for _ in 0..limits::UNVERIFIED_PER_ADDRESS {
        let mut stranger = Session::connect(house.address()).await;
        stranger.send("GET", "/accessories", b"").await;
        assert_eq!(within(stranger.answer()).await.0, 470);
        crowd.push(stranger);
    }
    // What the kernel still holds for it comes first, then the end.
    let mut buffer = vec![0; 1 << 16];
    within(async {
        loop {
            deaf.readable().await.unwrap();
            match deaf.try_read(&mut buffer) {
                Ok(0) => break,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                Ok(_) => {}
            }
        }
    })
    .await;
    phone.verify(house.address()).await;
}

#[tokio::test]
async fn of_fifty_setup_attempts_at_once_one_runs_and_the_others_are_refused() {
    let house = House::start(MemoryStore::new(), None).await;
    let mut attempts = Vec::new();
    for _ in 0..50 {
        let mut stranger = Session::connect(house.address()).await;
        stranger.send("POST", "/pair-setup", M1).await;
        attempts.push(stranger);
    }
    let mut running = Vec::new();
    for mut attempt in attempts {
        let (status, body) = within(attempt.answer()).await;
        assert_eq!(status, 200);
        if body != BUSY {
            assert_eq!(body[..3], [6, 1, 2]);
            assert_eq!(body[3], 3, "a public key");
            running.push(attempt);
        }
    }
    assert_eq!(running.len(), 1);
    // When it leaves, the user's phone finds the way free, as soon as its end is noticed.
    drop(running);
    let mut line = Session::connect(house.address()).await;
    within(async { while line.post("/pair-setup", M1).await == BUSY {} }).await;
    Controller::new("phone").set_up(&mut line, &house.handle.setup_code()).await;
    assert!(house.handle.is_paired());
}

#[tokio::test]
async fn a_paired_accessory_refuses_setup_attempts_without_arithmetic_and_answers_its_sessions() {
    let (house, _, mut session) = House::paired().await;
    let mut attempts = Vec::new();
    for _ in 0..50 {
        let mut stranger = Session::connect(house.address()).await;
        stranger.send("POST", "/pair-setup", M1).await;
        attempts.push(stranger);
    }
    let asked = Instant::now();
    let name = session.find("23").await;
    assert_eq!(session.read(name).await, "House");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    for mut attempt in attempts {
        assert_eq!(within(attempt.answer()).await, (200, UNAVAILABLE.to_vec()));
    }
}

#[tokio::test]
async fn others_are_answered_while_a_setup_attempt_is_computed() {
    let house = House::start(MemoryStore::new(), None).await;
    let mut owner = Session::connect(house.address()).await;
    let mut other = Session::connect(house.address()).await;
    owner.send("POST", "/pair-setup", M1).await;
    // Each of these is answered before the next is sent, on the one thread that also has to hear of the owner's result.
    for _ in 0..100 {
        other.send("POST", "/identify", b"").await;
        assert_eq!(within(other.answer()).await.0, 204);
    }
    assert_eq!(within(owner.answer()).await.1[..4], [6, 1, 2, 3]);
}

#[tokio::test]
async fn half_a_pairing_is_undone_after_its_time_also_across_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let open = || hap::store::FileStore::open(directory.path()).unwrap();
    let house = House::start(open(), Some(limits::HALF_PAIRING)).await;
    let code = house.handle.setup_code();
    let mut lost = Controller::new("lost");
    drop(lost.pair_only(house.address(), &code).await);
    settle(&house).await;
    tokio::time::pause();
    tokio::time::advance(limits::HALF_PAIRING - Duration::from_secs(60)).await;
    tokio::time::resume();
    settle(&house).await;
    assert!(house.handle.is_paired());
    house.handle.stop();
    within(house.running).await.unwrap();

    let house = House::start(open(), Some(limits::HALF_PAIRING)).await;
    settle(&house).await;
    assert!(house.handle.is_paired());
    tokio::time::pause();
    tokio::time::advance(limits::HALF_PAIRING + Duration::from_secs(1)).await;
    until(|| !house.handle.is_paired()).await;
    tokio::time::resume();

    // The next one opens a session, and stays.
    let mut phone = Controller::new("phone");
    let mut session = phone.pair(house.address(), &code).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(90 * 24 * 3600)).await;
    tokio::time::resume();
    settle(&house).await;
    let name = session.find("23").await;
    assert_eq!(session.read(name).await, "House");
    assert_eq!(house.handle.pairings()[0].id, *phone.identity.id());
}

#[tokio::test]
async fn half_a_pairing_stays_when_its_recovery_is_switched_off() {
    let house = House::start(MemoryStore::new(), None).await;
    let mut lost = Controller::new("lost");
    drop(lost.pair_only(house.address(), &house.handle.setup_code()).await);
    settle(&house).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(90 * 24 * 3600)).await;
    tokio::time::resume();
    settle(&house).await;
    assert!(house.handle.is_paired());
    lost.verify(house.address()).await;
}

/// A bridge in a process of its own, whose memory nobody else uses.
struct Elsewhere {
    process: Child,
    address: SocketAddr,
    code: hap::SetupCode,
}

impl Elsewhere {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_server_of_its_own", "--ignored", "--nocapture"])
            .env(BE_A_SERVER, "1")
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready =
            lines.map_while(Result::ok).find_map(|line| line.split_once("ready ").map(|(_, rest)| rest.to_owned()));
        let ready = ready.expect("a server that says where it is");
        let (address, code) = ready.split_once(' ').unwrap();
        Self { process, address: address.parse().unwrap(), code: code.parse().unwrap() }
    }

    /// Resident memory, in KiB.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
#[ignore = "the server of the tests that measure memory, in a process of its own"]
async fn a_server_of_its_own() {
    assert!(std::env::var_os(BE_A_SERVER).is_some());
    let (builder, _lamps) = bridge(150);
    let server = builder.start().await.unwrap();
    let handle = server.handle();
    println!("ready {} {}", handle.address(), handle.setup_code());
    server.run().await;
}

#[tokio::test]
async fn sixty_four_sessions_subscribed_to_everything_cost_less_than_64_kib_each() {
    let house = Elsewhere::start();
    let mut phone = Controller::new("phone");
    let mut first = phone.pair(house.address, &house.code).await;
    let ids = everything(&mut first).await;
    subscribe(&mut first, &ids).await;
    let before = house.resident();
    let mut sessions = Vec::new();
    for nth in 0..SESSIONS {
        let mut session = phone.verify(house.address).await;
        // It takes the server longest; what it leaves behind shows with a few as well.
        if nth % 8 == 0 {
            session.send("GET", "/accessories", b"").await;
            assert_eq!(session.answer().await.0, 200);
        }
        subscribe(&mut session, &ids).await;
        sessions.push(session);
    }
    // Each hears of a change, and goes on.
    switch(&mut first, true).await;
    for session in &mut sessions {
        assert_eq!(within(session.event()).await[0]["value"], json!(true));
    }
    let cost = house.resident().saturating_sub(before) / SESSIONS as u64;
    assert!(cost < SESSION_KIB, "{cost} KiB a session");
}

#[tokio::test]
async fn a_thousand_junk_connections_keep_no_controller_out_and_leave_no_memory_behind() {
    let house = Elsewhere::start();
    // The strangers' ends are in this process, which may commonly have 1024 files open.
    let files = getrlimit(Resource::Nofile);
    let wanted = files.maximum.map_or(4096, |most| most.min(4096));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..files }).unwrap();
    let mut phone = Controller::new("phone");
    let mut first = phone.pair(house.address, &house.code).await;
    switch(&mut first, true).await;
    let before = house.resident();
    let mut resident = Vec::new();
    for wave in 0..WAVES {
        let mut junk = Vec::new();
        for _ in 0..JUNK {
            let stream = TcpStream::connect(house.address).await.unwrap();
            // One that was told to go already cannot be written to, which is as well.
            let _ = stream.try_write(b"POST /pair-verify HTTP/1.1\r\nContent-Le");
            junk.push(stream);
        }
        let begun = Instant::now();
        let mut session = within(phone.verify(house.address)).await;
        switch(&mut session, wave % 2 == 0).await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        drop(junk);
        // The session from before the crowd is still there, and so is the new one.
        switch(&mut first, wave % 2 == 1).await;
        drop(session);
        resident.push(house.resident());
    }
    // What the allocator keeps depends on how many of a crowd are there at once, and may come with any wave; a kilobyte lost
    // with each connection would be twice as much.
    let lost = (JUNK * (WAVES - 1) / 2) as u64;
    assert!(resident[WAVES - 1] <= resident[0] + lost, "{resident:?} KiB after each wave");
    assert!(resident[WAVES - 1] <= before + LEFT_BEHIND, "{before} KiB before, {resident:?} KiB after each wave");
}
