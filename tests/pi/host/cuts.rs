//! Power cuts: the machine goes off at a random moment of a pairing or of an upgrade, and starts again from its card.
//!
//! What the machine's kernel had not yet written to the card is lost, as it would be; what the card had taken is there.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use hap::SetupCode;
use hap::controller::{Accessory, Client};
use serde_json::Value;

use crate::daemon::Daemon;
use crate::homekit::{ID, SETUP_CODE, identity};
use crate::machine::{Machine, Parts};
use crate::random::Random;

/// All of it is on the card.
const ON_CARD: Daemon<'static> = Daemon { program: "/disk/portcullis", state: "/disk/state" };

/// What a package does: beside the program there is one, written and synced, which then takes its name; then the daemon is
/// ended and started.
const UPGRADE: &str =
    "cp /bin/portcullis /disk/new && sync && mv /disk/new /disk/portcullis && sync && kill $D; gone $D";

/// As many cuts as there are rounds, a pairing and an upgrade in turn.
pub(crate) fn run(parts: &Parts<'_>, rounds: u32, seed: u64) {
    println!("power cuts: seed {seed}, {rounds} rounds");
    let mut random = Random::new(seed);
    let card = parts.card.expect("there is a card");
    format_card(card);
    let mut machine = Machine::boot(parts);
    machine.run("cp /bin/portcullis /disk/portcullis; sync");
    ON_CARD.start(&mut machine);
    // A whole one of each tells how long they take.
    let begun = Instant::now();
    let mut paired = Some(pair(&machine).expect("nobody disturbs this one"));
    let pairing = begun.elapsed();
    let begun = Instant::now();
    machine.run(UPGRADE);
    ON_CARD.start(&mut machine);
    let upgrade = begun.elapsed();
    println!(
        "  undisturbed: a pairing in {:.1} s, an upgrade in {:.1} s",
        pairing.as_secs_f64(),
        upgrade.as_secs_f64()
    );
    verify(&machine, paired.as_ref());
    for round in 0..rounds {
        let is_pairing = round % 2 == 0;
        // Beyond the end, too.
        let moment = (if is_pairing { pairing } else { upgrade }).mul_f64(1.2 * random.fraction());
        if is_pairing {
            ON_CARD.stop(&mut machine);
            machine.run(&ON_CARD.command("reset --yes"));
            ON_CARD.start(&mut machine);
            paired = pair_until_cut(machine, moment);
        } else {
            machine.send(&format!("{UPGRADE}; {} >/dev/null 2>&1 &", ON_CARD.command("run")));
            wait(moment);
            machine.cut();
        }
        let what = if is_pairing { "a pairing" } else { "an upgrade" };
        println!("  cut {} ms into {what}", moment.as_millis());
        machine = Machine::boot(parts);
        ON_CARD.start(&mut machine);
        if !is_pairing {
            verify(&machine, paired.as_ref());
            println!("    the program and the pairing are whole");
            continue;
        }
        let listed = controllers(&mut machine);
        match (&paired, listed.as_slice()) {
            (Some(_), [id]) => {
                assert_eq!(id, ID);
                verify(&machine, paired.as_ref());
                println!("    the controller was told of its pairing, and it is there");
            }
            (Some(_), _) => panic!("a pairing that the controller was told of is lost: {listed:?}"),
            // It was made durable before the controller could hear of it. Without a session it will be undone.
            (None, [id]) => {
                assert_eq!(id, ID);
                println!("    the controller was told nothing, and the pairing is whole");
                ON_CARD.stop(&mut machine);
                machine.run(&ON_CARD.command("reset --yes"));
                ON_CARD.start(&mut machine);
                paired = Some(pair(&machine).expect("after a reset it pairs"));
            }
            (None, []) => {
                println!("    the controller was told nothing, and there is no pairing");
                paired = Some(pair(&machine).expect("it pairs, as if nothing had been"));
                verify(&machine, paired.as_ref());
            }
            (None, _) => panic!("nobody paired so many: {listed:?}"),
        }
    }
    verify(&machine, paired.as_ref());
    ON_CARD.stop(&mut machine);
    machine.run("umount /disk");
    machine.cut();
}

/// The controller's end of a pairing.
struct Paired {
    me: hap::controller::Identity,
    accessory: Accessory,
}

fn pair(machine: &Machine) -> Option<Paired> {
    pair_with(machine.homekit())
}

fn pair_with(address: std::net::SocketAddr) -> Option<Paired> {
    let me = identity();
    let code: SetupCode = SETUP_CODE.parse().unwrap();
    let accessory = Client::connect(address).and_then(|mut client| client.pair(&code, &me)).ok()?;
    Some(Paired { me, accessory })
}

/// What the controller has when the power goes at this moment of its pairing.
fn pair_until_cut(machine: Machine, moment: Duration) -> Option<Paired> {
    let address = machine.homekit();
    let controller = thread::spawn(move || pair_with(address));
    wait(moment);
    machine.cut();
    controller.join().unwrap()
}

fn verify(machine: &Machine, paired: Option<&Paired>) {
    let Paired { me, accessory } = paired.expect("it is paired");
    let mut client = Client::connect(machine.homekit()).unwrap();
    client.verify(me, accessory).expect("the pairing holds");
}

/// The ids of the controllers that the state has.
fn controllers(machine: &mut Machine) -> Vec<String> {
    let text = machine.run(&ON_CARD.command("controllers list --json"));
    let list: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    list.as_array().expect("a list").iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

fn format_card(card: &Path) {
    let file = fs::File::create(card).unwrap();
    // The emulated card has a size that is a power of two.
    file.set_len(64 << 20).unwrap();
    let made = Command::new("mke2fs").args(["-q", "-F", "-t", "ext4"]).arg(card).status().unwrap();
    assert!(made.success(), "mke2fs");
}

/// The moment is the point of the test: nothing that could be waited for.
fn wait(moment: Duration) {
    let until = Instant::now() + moment;
    while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        thread::park_timeout(left);
    }
}
