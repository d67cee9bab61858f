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

use std::collections::HashMap;
use std::time::Duration;

use hap::catalogue::Switch;
use hap::store::FileStore;
use hap::{Accessory, Category, Handle, Information, Server, SetupCode, limits};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use controller::{Controller, Session};
use disk::{Files, SimulatedDisk};

const CODE: &str = "031-45-154";

/// A served accessory on a disk.
struct Life {
    handle: Handle,
    running: JoinHandle<()>,
}

impl Life {
    async fn start(disk: &SimulatedDisk, directory: &TempDir, half_pairing: Option<Duration>) -> Self {
        let about = Information { name: "Switch", serial_number: "S-1", ..Information::default() };
        let mut accessory = Accessory::new(about, Category::Switch);
        accessory.add(Switch::new());
        let server = Server::builder(accessory)
            .store(FileStore::open_on(disk.clone(), directory.path()).unwrap())
            .bind("127.0.0.1:0".parse().unwrap())
            .advertise(false)
            .setup_code(code())
            .half_pairing_recovery(half_pairing)
            .start()
            .await
            .unwrap();
        Self { handle: server.handle(), running: tokio::spawn(server.run()) }
    }

    async fn stop(self) {
        self.handle.stop();
        self.running.await.unwrap();
    }
}

fn code() -> SetupCode {
    SetupCode::try_from(CODE).unwrap()
}

/// What the controllers know at a moment of the story.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Known {
    /// The owner has not seen M6.
    Nothing,
    /// It has.
    Paired,
    /// The owner has had a session.
    Verified,
    /// The owner was told that the guest was added.
    GuestAdded,
    /// The owner was told that the guest was removed.
    GuestRemoved,
    /// The owner was told that it removed itself.
    Removed,
}

/// The whole story, and after how many operations of the disk each thing was known.
struct Story {
    disk: SimulatedDisk,
    owner: Controller,
    guest: Controller,
    known: Vec<(usize, Known)>,
}

impl Story {
    async fn tell() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let disk = SimulatedDisk::default();
        let life = Life::start(&disk, &directory, None).await;
        let (mut owner, mut guest) = (Controller::new("owner"), Controller::new("guest"));
        let mut known = vec![(disk.moments(), Known::Nothing)];
        let mut now = |what| known.push((disk.moments(), what));

        // A wrong code first, which is counted.
        owner.wrong_code(life.handle.address()).await;
        let mut session = owner.pair_only(life.handle.address(), &code()).await;
        now(Known::Paired);
        owner.verify_on(&mut session).await.unwrap();
        now(Known::Verified);
        guest.accessory = owner.accessory;
        let added = hap::controller::add_pairing(guest.identity.id(), &guest.identity.public_key(), false);
        assert_eq!(session.post("/pairings", &added).await, [6, 1, 2]);
        now(Known::GuestAdded);
        let removed = hap::controller::remove_pairing(guest.identity.id());
        assert_eq!(session.post("/pairings", &removed).await, [6, 1, 2]);
        now(Known::GuestRemoved);
        let removed = hap::controller::remove_pairing(owner.identity.id());
        assert_eq!(session.post("/pairings", &removed).await, [6, 1, 2]);
        now(Known::Removed);
        life.stop().await;
        Self { disk, owner, guest, known }
    }

    /// What is known for certain after so many operations.
    fn known(&self, moment: usize) -> Known {
        self.known.iter().take_while(|(since, _)| *since <= moment).map(|(_, known)| *known).max().unwrap_or(Known::Nothing)
    }
}

/// The accessory comes back on what is left of its disk.
async fn come_back(story: &Story, directory: &TempDir, left: &Files, known: Known, thoroughly: bool) -> &'static str {
    let disk = SimulatedDisk::with(left);
    let life = Life::start(&disk, directory, Some(limits::HALF_PAIRING)).await;
    let address = life.handle.address();
    let ids: Vec<_> = life.handle.pairings().iter().map(|pairing| pairing.id).collect();
    let (owner, guest) = (story.owner.identity.id(), story.guest.identity.id());
    let outcome = if ids.is_empty() {
        assert!(known < Known::Paired || known >= Known::GuestRemoved, "forgotten, though {known:?}");
        if thoroughly {
            let mut next = Controller::new("next");
            next.pair(address, &life.handle.setup_code()).await;
            assert_eq!(life.handle.pairings()[0].id, *next.identity.id());
        }
        "unpaired"
    } else {
        assert!(known < Known::Removed, "still paired, though {known:?}");
        assert!(ids.contains(owner));
        assert!(known != Known::GuestAdded || ids.contains(guest) || known >= Known::GuestAdded && ids.len() == 1);
        story.owner.verify(address).await;
        if ids.contains(guest) {
            story.guest.verify(address).await;
        }
        "paired"
    };
    life.stop().await;
    outcome
}

/// Half a pairing, as a crash leaves it, is undone when its time is over, and a whole one is not.
async fn outlast(story: &Story, directory: &TempDir, left: &Files, known: Known) -> &'static str {
    let disk = SimulatedDisk::with(left);
    let life = Life::start(&disk, directory, Some(Duration::ZERO)).await;
    let paired = life.handle.is_paired();
    // An exchange, after which the recovery has had its turn; and then until it is done.
    let mut probe = Session::connect(life.handle.address()).await;
    probe.send("POST", "/configured", b"").await;
    assert_eq!(probe.answer().await.0, 204);
    let outcome = if !paired {
        "unpaired"
    } else if known >= Known::Verified {
        story.owner.verify(life.handle.address()).await;
        "kept"
    } else {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
        if life.handle.is_paired() { "kept" } else { "undone" }
    };
    life.stop().await;
    outcome
}

#[tokio::test]
async fn whenever_it_stops_it_comes_back_unpaired_and_pairable_or_paired_and_verifiable() {
    let story = Story::tell().await;
    let directory = tempfile::tempdir().unwrap();
    let mut outcomes = HashMap::new();
    let mut seen = HashMap::new();
    for moment in 1..=story.disk.moments() {
        let known = story.known(moment);
        for left in story.disk.afterlives(moment) {
            // Unfinished files are nobody's: the store's own tests look at those.
            let left: Files = left.into_iter().filter(|(path, _)| path.extension().is_none_or(|kind| kind != "partial")).collect();
            let times = seen.entry((left.clone(), known)).or_insert(0);
            *times += 1;
            if *times > 1 {
                continue;
            }
            // One Pair Setup for each time at which nobody is paired: it takes long, and is the same each time.
            let thoroughly = *outcomes.get(&(known, "unpaired")).unwrap_or(&0) == 0;
            let outcome = come_back(&story, &directory, &left, known, thoroughly).await;
            *outcomes.entry((known, outcome)).or_insert(0) += 1;
            let outcome = outlast(&story, &directory, &left, known).await;
            *outcomes.entry((known, outcome)).or_insert(0) += 1;
        }
    }
    let happened = |known, outcome| outcomes.contains_key(&(known, outcome));
    assert!(happened(Known::Nothing, "unpaired") && happened(Known::Nothing, "paired"), "{outcomes:?}");
    assert!(happened(Known::Paired, "paired") && !happened(Known::Paired, "unpaired"), "{outcomes:?}");
    // M6 was on its way or lost, and the recovery frees the accessory.
    assert!(happened(Known::Nothing, "undone") && happened(Known::Paired, "undone"), "{outcomes:?}");
    for sure in [Known::Verified, Known::GuestAdded] {
        assert!(happened(sure, "kept") && !happened(sure, "undone") && !happened(sure, "unpaired"), "{outcomes:?}");
    }
    assert!(happened(Known::Removed, "unpaired") && !happened(Known::Removed, "paired"), "{outcomes:?}");
}
