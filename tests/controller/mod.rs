//! A real HomeKit controller for the end-to-end tests: aiohomekit, in a process of its own.
//!
//! `controller.py` says what it can be asked for. It needs python3 with venv and pip; the packages of
//! `requirements.txt` are installed once, into the target directory.

#![allow(dead_code, reason = "every test uses another part of it")]

mod environment;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take: a little longer than the controller itself gives a command.
const ANSWER: Duration = Duration::from_secs(70);
/// How long it may take to leave.
const EXIT: Duration = Duration::from_secs(10);
/// How much of what it complains of is kept, in bytes.
const COMPLAINTS: usize = 64 * 1024;

/// One controller: a phone, or a home hub. It holds pairings by alias.
pub(crate) struct Controller {
    process: Child,
    /// Closed to let it go.
    commands: Option<ChildStdin>,
    answers: Receiver<String>,
    complaints: Arc<Mutex<String>>,
}

/// What the controller, or the accessory, would not do.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The name of aiohomekit's exception: `AuthenticationError`, `MaxTriesError`, …
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// A characteristic's address: aid and iid.
pub(crate) type Id = (u64, u64);

/// A service that mDNS found.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) txt: BTreeMap<String, String>,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) port: u16,
}

/// Where an unpaired accessory is to be found.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At<'a> {
    /// There; mDNS is left alone, also later.
    Address(SocketAddr),
    /// Where mDNS says it is, by the device id.
    DeviceId(&'a str),
}

impl Controller {
    /// Starts a controller without pairings, and installs what it needs when this is the first time.
    pub(crate) fn start() -> Self {
        let mut process = Command::new(environment::python())
            .arg("-I")
            .arg(environment::file("controller.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the controller's python3 starts");

        let stdout = process.stdout.take().expect("it is piped");
        let (sender, answers) = sync_channel(1);
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let stderr = process.stderr.take().expect("it is piped");
        let complaints = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&complaints);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() < COMPLAINTS {
                    kept.push_str(&line);
                    kept.push('\n');
                }
            }
        });
        Self { commands: process.stdin.take(), process, answers, complaints }
    }

    /// Asks for anything that `controller.py` knows: `parameters` is an object.
    pub(crate) fn ask(&mut self, command: &str, parameters: Value) -> Result<Value, Refusal> {
        let mut line = parameters;
        line["do"] = command.into();
        let sent = self.commands.as_mut().expect("open until it is dropped").write_all(format!("{line}\n").as_bytes());
        let answer = match (sent, self.answers.recv_timeout(ANSWER)) {
            (Ok(()), Ok(answer)) => answer,
            (sent, answer) => {
                let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
                panic!("the controller did not answer {line} ({sent:?}, {answer:?}); it said:\n{complaints}")
            }
        };
        let mut answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
        match answer.get("error") {
            None => Ok(answer["ok"].take()),
            Some(error) => Err(Refusal { kind: text(&error["kind"]), message: text(&error["message"]) }),
        }
    }

    /// The same, for what must succeed.
    pub(crate) fn must(&mut self, command: &str, parameters: Value) -> Value {
        let shown = parameters.to_string();
        self.ask(command, parameters).unwrap_or_else(|refusal| panic!("{command} {shown}: {refusal}"))
    }

    /// Waits for the service with this device id, and until its TXT record has these fields.
    pub(crate) fn discover(&mut self, device_id: &str, txt: Value) -> Service {
        self.service(json!({ "id": device_id, "txt": txt }))
    }

    /// Waits for the service on this port.
    pub(crate) fn discover_on_port(&mut self, port: u16) -> Service {
        self.service(json!({ "port": port }))
    }

    /// Pair Setup; the pairing then is known as `alias`. Answers with the controller's pairing id.
    pub(crate) fn pair(&mut self, alias: &str, at: At<'_>, code: &str) -> Result<String, Refusal> {
        let mut parameters = at.parameters();
        parameters["alias"] = alias.into();
        parameters["code"] = code.into();
        Ok(text(&self.ask("pair", parameters)?["id"]))
    }

    /// Adds a pairing for a second controller, known as `guest`. Answers with its pairing id.
    pub(crate) fn invite(&mut self, alias: &str, guest: &str, admin: bool) -> String {
        let parameters = json!({ "alias": alias, "guest": guest, "admin": admin });
        text(&self.must("invite", parameters)["id"])
    }

    /// Removes the pairing with this id, or its own.
    pub(crate) fn remove(&mut self, alias: &str, id: Option<&str>) -> Result<(), Refusal> {
        self.ask("remove", json!({ "alias": alias, "id": id })).map(drop)
    }

    /// The accessory's list of pairings.
    pub(crate) fn pairings(&mut self, alias: &str) -> Result<Vec<Value>, Refusal> {
        self.ask("pairings", json!({ "alias": alias })).map(rows)
    }

    /// The attribute database.
    pub(crate) fn accessories(&mut self, alias: &str) -> Vec<Value> {
        rows(self.must("accessories", json!({ "alias": alias })))
    }

    /// The value of one characteristic.
    pub(crate) fn value(&mut self, alias: &str, id: Id) -> Result<Value, Refusal> {
        let mut answer = self.ask("read", json!({ "alias": alias, "ids": [id] }))?;
        Ok(answer[0]["value"].take())
    }

    /// Writes one characteristic, and answers with the rows of an answer that was not plain success.
    pub(crate) fn write(&mut self, alias: &str, id: Id, value: Value) -> Vec<Value> {
        let parameters = json!({ "alias": alias, "values": [(id.0, id.1, value)] });
        rows(self.must("write", parameters))
    }

    /// Asks for events, and answers with the rows that were refused.
    pub(crate) fn subscribe(&mut self, alias: &str, ids: &[Id]) -> Vec<Value> {
        rows(self.must("subscribe", json!({ "alias": alias, "ids": ids })))
    }

    /// All events up to the one with this value, it included; fails when that does not come.
    pub(crate) fn events_until(&mut self, alias: &str, id: Id, value: Value) -> Vec<Value> {
        let parameters = json!({ "alias": alias, "aid": id.0, "iid": id.1, "value": value });
        rows(self.must("events_until", parameters))
    }

    /// The events that have arrived since.
    pub(crate) fn events(&mut self, alias: &str) -> Vec<Value> {
        rows(self.must("events", json!({ "alias": alias })))
    }

    fn service(&mut self, wanted: Value) -> Service {
        let found = self.must("discover", wanted);
        let addresses = rows(found["addresses"].clone());
        Service {
            name: text(&found["name"]),
            txt: serde_json::from_value(found["txt"].clone()).expect("TXT fields are text"),
            addresses: addresses.iter().map(|address| text(address).parse().expect("an address")).collect(),
            port: serde_json::from_value(found["port"].clone()).expect("a port"),
        }
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        drop(self.commands.take());
        // Its output ends when it does.
        if self.answers.recv_timeout(EXIT) != Err(RecvTimeoutError::Disconnected) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

impl At<'_> {
    fn parameters(self) -> Value {
        match self {
            Self::Address(address) => json!({ "host": address.ip(), "port": address.port() }),
            Self::DeviceId(id) => json!({ "id": id }),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn rows(value: Value) -> Vec<Value> {
    match value {
        Value::Array(rows) => rows,
        other => panic!("not a list: {other}"),
    }
}
