//! Whenever the accessory stops during its life with a controller, it comes back unpaired and ready to be paired, or
//! paired and ready to be verified; never in between (HAP §5.6, §5.8).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

#[allow(dead_code, reason = "shared with the tests of the server")]
#[path = "server/controller.rs"]
mod controller;
#[path = "../../pairing/tests/disk/mod.rs"]
mod disk;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use hap::catalogue::Switch;
use hap::controller::{ProcedureError, add_pairing, remove_pairing};
use hap::discovery::{Expected, ask};
use hap::store::FileStore;
use hap::{Accessory, Category, Handle, Information, Pairing, Permissions, Server, SetupCode, limits};
use pairing::ErrorCode;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use controller::{Controller, Session};
use disk::{Files, SimulatedDisk};

const CODE: &str = "031-45-154";
const NAME: &str = "Switch";

/// How often to ask the network: a responder probes for almost a second before it answers.
const TRIES: u32 = 10;

/// A served accessory on a disk.
struct Life {
    handle: Handle,
    running: JoinHandle<()>,
}

impl Life {
    async fn start(disk: &SimulatedDisk, directory: &TempDir, half_pairing: Option<Duration>) -> Self {
        Self::start_on(&[], disk, directory, half_pairing).await
    }

    /// Advertised on these interfaces, if there are any.
    async fn start_on(
        interfaces: &[String],
        disk: &SimulatedDisk,
        directory: &TempDir,
        half_pairing: Option<Duration>,
    ) -> Self {
        let about = Information { name: NAME, serial_number: "S-1", ..Information::default() };
        let mut accessory = Accessory::new(about, Category::Switch);
        accessory.add(Switch::new());
        let server = Server::builder(accessory)
            .store(FileStore::open_on(disk.clone(), directory.path()).unwrap())
            .bind("127.0.0.1:0".parse().unwrap())
            .advertise(!interfaces.is_empty())
            .interfaces(interfaces.to_vec())
            .setup_code(code())
            .half_pairing_recovery(half_pairing)
            .start()
            .await
            .unwrap();
        Self { handle: server.handle(), running: tokio::spawn(server.run()) }
    }

    /// Gives every task of the server its turn.
    async fn exchange(&self) {
        let mut stranger = Session::connect(self.handle.address()).await;
        stranger.send("POST", "/configured", b"").await;
        assert_eq!(stranger.answer().await.0, 204);
    }

    async fn stop(self) {
        self.handle.stop();
        self.running.await.unwrap();
    }
}

fn code() -> SetupCode {
    SetupCode::try_from(CODE).unwrap()
}

/// What the controllers do, in this order.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
enum Act {
    Pair,
    Verify,
    AddGuest,
    RemoveGuest,
    RemoveOwner,
}

/// Where in the story a moment lies.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Place {
    /// The last act whose first message was on its way.
    begun: Option<Act>,
    /// The last act whose last answer had come.
    told: Option<Act>,
}

impl Place {
    fn begun(&self, act: Act) -> bool {
        self.begun >= Some(act)
    }

    fn told(&self, act: Act) -> bool {
        self.told >= Some(act)
    }
}

/// The whole story, and after how many operations of the disk each act began and ended.
struct Story {
    directory: TempDir,
    disk: SimulatedDisk,
    owner: Controller,
    guest: Controller,
    acts: Vec<(Act, usize, usize)>,
}

impl Story {
    async fn tell() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let disk = SimulatedDisk::default();
        let life = Life::start(&disk, &directory, None).await;
        let address = life.handle.address();
        let (mut owner, mut guest) = (Controller::new("owner"), Controller::new("guest"));
        let mut acts = Vec::new();

        // A wrong code first, which is counted.
        let mut session = Session::connect(address).await;
        let wrong = SetupCode::try_from("482-93-157").unwrap();
        assert_eq!(
            owner.try_set_up(&mut session, &wrong).await,
            Err(ProcedureError::Refused(ErrorCode::Authentication))
        );

        let begun = disk.moments();
        owner.set_up(&mut session, &code()).await;
        acts.push((Act::Pair, begun, disk.moments()));
        let begun = disk.moments();
        owner.verify_on(&mut session).await.unwrap();
        acts.push((Act::Verify, begun, disk.moments()));
        guest.accessory = owner.accessory;
        let requests = [
            (Act::AddGuest, add_pairing(&as_user(&guest))),
            (Act::RemoveGuest, remove_pairing(guest.identity.id())),
            (Act::RemoveOwner, remove_pairing(owner.identity.id())),
        ];
        for (act, request) in requests {
            let begun = disk.moments();
            assert_eq!(session.post("/pairings", &request).await, [6, 1, 2]);
            acts.push((act, begun, disk.moments()));
        }
        life.stop().await;
        Self { directory, disk, owner, guest, acts }
    }

    fn place(&self, moment: usize) -> Place {
        let last =
            |is: &dyn Fn(&(Act, usize, usize)) -> bool| self.acts.iter().filter(|act| is(act)).map(|act| act.0).max();
        Place { begun: last(&|act| act.1 < moment), told: last(&|act| act.2 <= moment) }
    }
}

/// What an admin adds to let a controller in, as a user.
fn as_user(controller: &Controller) -> Pairing {
    let Controller { identity, .. } = controller;
    Pairing { id: *identity.id(), public_key: identity.public_key(), permissions: Permissions::USER }
}

/// What became of the accessory.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Outcome {
    Unpaired,
    Paired,
    PairedWithGuest,
    /// It was paired, and the recovery of half pairings let it be.
    Kept,
    /// It was paired, and is no more.
    Undone,
}

/// The accessory comes back on what is left of its disk.
async fn come_back(story: &Story, left: &Files, place: Place, set_up: bool) -> Outcome {
    let life = Life::start(&SimulatedDisk::with(left), &story.directory, None).await;
    let address = life.handle.address();
    let pairings: Vec<_> = life.handle.pairings().iter().map(|pairing| pairing.id).collect();
    let owned = pairings.contains(story.owner.identity.id());
    let visited = pairings.contains(story.guest.identity.id());
    if place.told(Act::Pair) && !place.begun(Act::RemoveOwner) {
        assert!(owned, "the owner is forgotten");
    }
    if place.told(Act::AddGuest) && !place.begun(Act::RemoveGuest) {
        assert!(visited, "the guest is forgotten");
    }
    assert!(!owned || place.begun(Act::Pair) && !place.told(Act::RemoveOwner), "who came in?");
    assert!(!visited || place.begun(Act::AddGuest) && !place.told(Act::RemoveGuest), "who is the guest?");
    if owned {
        story.owner.verify(address).await;
    }
    if visited {
        story.guest.verify(address).await;
    }
    if set_up {
        assert!(pairings.is_empty());
        Controller::new("next").pair(address, &life.handle.setup_code()).await;
    }
    life.stop().await;
    match (owned, visited) {
        (false, false) => Outcome::Unpaired,
        (true, false) => Outcome::Paired,
        (true, true) => Outcome::PairedWithGuest,
        (false, true) => panic!("a guest without an owner"),
    }
}

/// What the network is told of whether the accessory that comes back can be paired: `sf` of its TXT record.
async fn advertised(story: &Story, left: &Files) -> String {
    let lo = ["lo".to_owned()];
    let life = Life::start_on(&lo, &SimulatedDisk::with(left), &story.directory, None).await;
    let expected = Expected::new(NAME, life.handle.device_id(), life.handle.address().port());
    for _ in 0..TRIES {
        let asked = ask(&lo, Some(&expected), Duration::from_secs(1)).await;
        if let Some(flags) = asked.compare(&expected).own.first().and_then(|own| own.text("sf")) {
            let flags = flags.to_owned();
            life.stop().await;
            return flags;
        }
    }
    panic!("it is not advertised");
}

/// The accessory comes back, nobody opens a session, and the time of half a pairing passes.
async fn outlast(story: &Story, left: &Files) -> Outcome {
    let life = Life::start(&SimulatedDisk::with(left), &story.directory, Some(limits::HALF_PAIRING)).await;
    let paired = life.handle.is_paired();
    life.exchange().await;
    tokio::time::pause();
    tokio::time::advance(limits::HALF_PAIRING + Duration::from_secs(1)).await;
    tokio::time::resume();
    life.exchange().await;
    // What the recovery has begun it ends before the server stops.
    let handle = life.handle.clone();
    life.stop().await;
    match (paired, handle.is_paired()) {
        (false, _) => Outcome::Unpaired,
        (true, false) => Outcome::Undone,
        (true, true) => Outcome::Kept,
    }
}

#[tokio::test]
async fn whenever_it_stops_it_comes_back_unpaired_and_pairable_or_paired_and_verifiable() {
    let story = Story::tell().await;
    let (mut outcomes, mut seen, mut disks) = (HashSet::new(), HashSet::new(), HashMap::new());
    for moment in 1..=story.disk.moments() {
        let place = story.place(moment);
        for mut left in story.disk.afterlives(moment) {
            // What a save that was cut short leaves behind is nobody's: the store's own tests look at it.
            left.retain(|path, _| path.extension().is_none_or(|kind| kind != "partial"));
            if !seen.insert((left.clone(), place)) {
                continue;
            }
            // Pair Setup takes long, and once for each place is enough.
            let unpaired = outlast(&story, &left).await;
            let set_up = unpaired == Outcome::Unpaired && outcomes.insert((place, unpaired));
            outcomes.insert((place, unpaired));
            let outcome = come_back(&story, &left, place, set_up).await;
            outcomes.insert((place, outcome));
            disks.entry(outcome).or_insert(left);
        }
    }
    assert!(seen.len() > 20, "only {} disks", seen.len());
    // The network is told the same.
    for (outcome, flags) in [(Outcome::Unpaired, "1"), (Outcome::Paired, "0"), (Outcome::PairedWithGuest, "0")] {
        assert_eq!(advertised(&story, &disks[&outcome]).await, flags, "{outcome:?}");
    }
    let happened = |wanted: Outcome, when: &dyn Fn(&Place) -> bool| {
        outcomes.iter().any(|(place, outcome)| *outcome == wanted && when(place))
    };
    // M6 was on its way or lost: half a pairing, which does not stay.
    assert!(happened(Outcome::Undone, &|place| place.begun(Act::Pair) && !place.told(Act::Pair)));
    assert!(happened(Outcome::Undone, &|place| place.told(Act::Pair) && !place.told(Act::Verify)));
    // Once the owner has had a session its pairing does stay, also when nobody is at home for a while.
    assert!(happened(Outcome::Kept, &|place| place.told(Act::Verify)));
    assert!(!happened(Outcome::Undone, &|place| place.told(Act::Verify)));
    assert!(happened(Outcome::PairedWithGuest, &|place| place.told(Act::AddGuest)));
    assert!(happened(Outcome::Unpaired, &|place| place.told(Act::RemoveOwner)));
}
