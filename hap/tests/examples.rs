//! Every example, as a real controller sees it: paired, read and driven by aiohomekit.
//!
//! `cargo test` builds the examples before it runs this; `cargo test --test examples` alone does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

#[path = "../../tests/controller/mod.rs"]
mod controller;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use controller::{At, Controller, Id};
use pairing::tlv8;
use serde_json::{Value, json};
use tempfile::TempDir;

/// An example that runs, and a controller that has paired with it.
struct Home {
    example: Child,
    input: ChildStdin,
    phone: Controller,
    accessories: Vec<Value>,
    _state: TempDir,
}

impl Home {
    fn of(example: &str) -> Self {
        let state = tempfile::tempdir().unwrap();
        let mut example = Command::new(path(example))
            .arg(state.path().join("state"))
            .arg("127.0.0.1:0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example starts");
        let mut lines = BufReader::new(example.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said = lines.next().expect("it says where it listens");
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let (address, code) =
            said.strip_prefix("listening on ").and_then(|rest| rest.split_once(", setup code ")).expect(&said);
        let address: SocketAddr = address.parse().unwrap();
        let mut phone = Controller::start();
        phone.pair("phone", At::Address(address), code).unwrap();
        let accessories = phone.accessories("phone");
        Self { input: example.stdin.take().unwrap(), example, phone, accessories, _state: state }
    }

    /// A characteristic by its type's short form; the first one there is.
    fn find(&self, short: &str) -> &Value {
        let full = format!("{short:0>8}-0000-1000-8000-0026BB765291");
        self.characteristics()
            .map(|(_, characteristic)| characteristic)
            .find(|characteristic| characteristic["type"] == full.as_str())
            .unwrap_or_else(|| panic!("no {short} in {:?}", self.accessories))
    }

    fn id(&self, short: &str) -> Id {
        let wanted = self.find(short);
        let (aid, _) =
            self.characteristics().find(|(_, characteristic)| std::ptr::eq(*characteristic, wanted)).unwrap();
        (aid, wanted["iid"].as_u64().unwrap())
    }

    fn characteristics(&self) -> impl Iterator<Item = (u64, &Value)> {
        self.accessories.iter().flat_map(|accessory| {
            let services = accessory["services"].as_array().unwrap().iter();
            let characteristics = services.flat_map(|service| service["characteristics"].as_array().unwrap());
            characteristics.map(|characteristic| (accessory["aid"].as_u64().unwrap(), characteristic))
        })
    }

    fn read(&mut self, short: &str) -> Value {
        let id = self.id(short);
        self.phone.value("phone", id).unwrap()
    }

    /// Writes, and answers with the rows of an answer that was not plain success.
    fn write(&mut self, short: &str, value: impl Into<Value>) -> Vec<Value> {
        let id = self.id(short);
        self.phone.write("phone", id, value.into())
    }

    fn subscribe(&mut self, short: &str) {
        let id = self.id(short);
        assert_eq!(self.phone.subscribe("phone", &[id]), [] as [Value; 0]);
    }

    fn wait_for(&mut self, short: &str, value: impl Into<Value>) {
        let id = self.id(short);
        self.phone.events_until("phone", id, value.into());
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = self.example.kill();
        let _ = self.example.wait();
    }
}

/// Where cargo has put the example: beside the directory of this test.
fn path(example: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(example);
    assert!(path.exists(), "{} is not built: cargo build -p portcullis-hap --examples", path.display());
    path
}

#[test]
fn every_example_is_driven_here_and_shorter_than_80_lines() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut count = 0;
    let paths = std::fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines < 80, "{name} has {lines} lines");
        assert!(include_str!("examples.rs").contains(&format!("Home::of(\"{name}\")")), "nobody drives {name}");
        count += 1;
    }
    assert!(count >= 7, "{count} examples");
}

#[test]
fn the_lightbulb_is_switched_and_dimmed_within_its_own_limits() {
    let mut home = Home::of("lightbulb");
    assert_eq!(home.write("25", true), [] as [Value; 0]);
    assert_eq!(home.read("25"), true);
    assert_eq!(home.find("8")["minValue"], 10);
    assert_eq!(home.write("8", 50), [] as [Value; 0]);
    assert_eq!(home.read("8"), 50);
    assert_eq!(home.write("8", 5)[0]["status"], -70410);
    assert_eq!(home.write("14", true), [] as [Value; 0], "Identify");
}

#[test]
fn the_switch_goes_off_by_itself_and_tells_the_controller_that_put_it_on() {
    let mut home = Home::of("switch");
    home.subscribe("25");
    assert_eq!(home.write("25", true), [] as [Value; 0]);
    home.wait_for("25", false);
}

#[test]
fn the_thermostat_heats_and_offers_nothing_else() {
    let mut home = Home::of("thermostat");
    assert_eq!(home.find("33")["valid-values"], json!([0, 1]));
    assert_eq!(home.write("33", 2)[0]["status"], -70410);
    assert_eq!((&home.find("35")["minValue"], &home.find("35")["maxValue"]), (&json!(15), &json!(25)));
    home.subscribe("F");
    assert_eq!(home.write("35", 15), [] as [Value; 0]);
    home.wait_for("F", 0);
    assert_eq!(home.write("35", 25), [] as [Value; 0]);
    home.wait_for("F", 1);
}

#[test]
fn the_garage_door_opens_and_shows_that_it_moves_and_that_it_has_arrived() {
    let mut home = Home::of("garage_door");
    assert_eq!((home.read("E"), home.read("32")), (json!(1), json!(1)));
    home.subscribe("E");
    let target = home.id("32");
    let answer = home.phone.must("timed_write", json!({"alias": "phone", "values": [(target.0, target.1, 0)]}));
    assert_eq!(answer["code"], 204);
    home.wait_for("E", 2);
    home.wait_for("E", 0);
}

#[test]
fn every_press_of_the_button_is_an_event_at_once() {
    let mut home = Home::of("button");
    assert_eq!(home.read("73"), Value::Null);
    home.subscribe("73");
    home.input.write_all(b"\n\n2\nl\n").unwrap();
    home.wait_for("73", 0);
    home.wait_for("73", 0);
    home.wait_for("73", 1);
    home.wait_for("73", 2);
}

#[test]
fn the_bridge_shows_three_sensors_one_of_them_below_zero() {
    let mut home = Home::of("bridge");
    let names = home.characteristics().filter(|(_, it)| it["type"].as_str().unwrap().starts_with("00000023"));
    let names: Vec<_> = names.map(|(aid, name)| (aid, name["value"].as_str().unwrap())).collect();
    assert_eq!(names, [(1, "Sensors"), (2, "Garden"), (3, "Window"), (4, "Hall")]);
    assert_eq!(home.read("11"), -3.5);
    home.subscribe("6A");
    home.subscribe("22");
    home.wait_for("6A", 1);
    home.wait_for("22", false);
}

#[test]
fn the_camera_gives_its_picture_and_says_what_it_could_stream() {
    let mut home = Home::of("camera");
    let picture = home.phone.must("picture", json!({"alias": "phone", "aid": 1, "width": 320, "height": 240}));
    let jpeg = BASE64_STANDARD.decode(picture.as_str().unwrap()).unwrap();
    assert_eq!(jpeg, include_bytes!("../examples/still.jpg"));
    for short in ["114", "115", "116", "120"] {
        let tlv = BASE64_STANDARD.decode(home.find(short)["value"].as_str().unwrap()).unwrap();
        let items = tlv8::Items::parse(&tlv).unwrap();
        let nested = items.iter().next().unwrap();
        if nested.value.len() > 1 {
            assert!(tlv8::Items::parse(&nested.value).unwrap().iter().count() >= 2, "{short}");
        }
    }
    assert_eq!(home.write("118", "AAA=")[0]["status"], -70412);
}
