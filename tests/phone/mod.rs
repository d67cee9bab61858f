//! The in-tree controller with a pairing, for tests of what the daemon does with its requests.

#![allow(dead_code, reason = "every test uses another part of it")]

use std::time::{Duration, Instant};

use getrandom::SysRng;
use hap::controller::{Accessory, Client, ControllerId, Identity, Message};
use rand_core::UnwrapErr;
use serde_json::{Value, json};

use crate::daemon::Daemon;

/// Longer than anything here takes, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// HAP's "busy".
const BUSY: i64 = -70403;

/// A phone that is paired with the daemon.
pub(crate) struct Phone {
    me: Identity,
    accessory: Accessory,
}

/// An open session.
pub(crate) struct Session {
    client: Client,
    pub(crate) database: Value,
    /// What events told and nobody waited for yet.
    told: Vec<(Id, Value)>,
}

/// A characteristic's address.
pub(crate) type Id = (u64, u64);

impl Phone {
    /// The id of every such phone.
    pub(crate) const ID: &str = "5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405";

    /// Pairs with the daemon.
    pub(crate) fn pair(daemon: &Daemon<'_>) -> Self {
        let me = Identity::random(ControllerId::try_from(Self::ID).unwrap(), &mut UnwrapErr(SysRng));
        let code = daemon.setup_code().parse().unwrap();
        let accessory = Client::connect(daemon.homekit()).unwrap().pair(&code, &me).unwrap();
        Self { me, accessory }
    }

    /// Opens a session and reads the database.
    pub(crate) fn connect(&self, daemon: &Daemon<'_>) -> Session {
        let mut client = Client::connect(daemon.homekit()).unwrap();
        client.verify(&self.me, &self.accessory).unwrap();
        let database = serde_json::from_str(&client.get("/accessories").unwrap().text()).unwrap();
        Session { client, database, told: Vec::new() }
    }
}

impl Session {
    /// Every service: the accessory's name, the service's type, the name it was given if any, and its characteristics
    /// by type.
    pub(crate) fn services(&self) -> Vec<Service> {
        let accessories = self.database["accessories"].as_array().unwrap();
        accessories.iter().flat_map(services_of).collect()
    }

    /// The characteristic `kind` of the service `service`, which is the only one of its type, or is called `name`.
    pub(crate) fn find(&self, service: &str, name: &str, kind: &str) -> Id {
        let mut found = self.services().into_iter().filter(|it| it.kind == service && it.name == name);
        let service = found.next().unwrap_or_else(|| panic!("no service {service} {name:?}: {}", self.database));
        let found = service.characteristics.iter().find(|(other, _)| other == kind);
        found.unwrap_or_else(|| panic!("no characteristic {kind}: {service:?}")).1
    }

    /// Writes one characteristic; the status, 0 for success.
    pub(crate) fn write(&mut self, (aid, iid): Id, value: impl Into<Value>) -> i64 {
        self.put(json!({ "aid": aid, "iid": iid, "value": value.into() }))
    }

    /// Writes one characteristic again and again while the relay still rests from a pulse or a start; tells when the
    /// write was sent that was granted.
    pub(crate) fn write_until_granted(&mut self, id: Id, value: impl Into<Value>) -> Instant {
        let (value, begun) = (value.into(), Instant::now());
        loop {
            let sent = Instant::now();
            match self.write(id, value.clone()) {
                0 => return sent,
                BUSY => assert!(begun.elapsed() < PATIENCE, "the relay never comes to rest"),
                other => panic!("refused with {other}"),
            }
        }
    }

    /// Writes one characteristic, as a home hub does it for somebody.
    pub(crate) fn write_via_hub(&mut self, (aid, iid): Id, value: impl Into<Value>) -> i64 {
        self.put(json!({ "aid": aid, "iid": iid, "value": value.into(), "remote": true }))
    }

    /// Sends a PUT, and does not wait for its answer.
    pub(crate) fn send(&mut self, path: &str, json: &str) {
        let head = format!("PUT {path} HTTP/1.1\r\nHost: gate\r\nContent-Type: application/hap+json\r\n");
        self.client.send(format!("{head}Content-Length: {}\r\n\r\n{json}", json.len()).as_bytes()).unwrap();
    }

    /// The answer to the first that was sent and not answered yet.
    pub(crate) fn answer(&mut self) -> Value {
        match self.client.next(PATIENCE).unwrap() {
            Message::Response(response) => serde_json::from_str(&response.text()).unwrap(),
            Message::Event(json) => panic!("an event instead of an answer: {json:?}"),
        }
    }

    /// Subscribes to one characteristic.
    pub(crate) fn subscribe(&mut self, (aid, iid): Id) {
        assert_eq!(self.put(json!({ "aid": aid, "iid": iid, "ev": true })), 0);
    }

    /// Reads one characteristic.
    pub(crate) fn read(&mut self, (aid, iid): Id) -> Value {
        let answer = self.client.get(&format!("/characteristics?id={aid}.{iid}")).unwrap();
        serde_json::from_str::<Value>(&answer.text()).unwrap()["characteristics"][0]["value"].take()
    }

    /// Waits for an event that gives the characteristic this value. Events of others wait for whoever asks for them.
    pub(crate) fn until(&mut self, id: Id, value: impl Into<Value>) {
        let value = value.into();
        loop {
            if let Some(position) = self.told.iter().position(|told| *told == (id, value.clone())) {
                let mut at = 0;
                // What it was before is over.
                self.told.retain(|(other, _)| {
                    at += 1;
                    *other != id || at > position + 1
                });
                return;
            }
            let message = self.message().unwrap_or_else(|| panic!("no event says {value}"));
            self.told.extend(message);
        }
    }

    /// The next event: all that it tells at once.
    pub(crate) fn message(&mut self) -> Option<Vec<(Id, Value)>> {
        let mut event: Value = serde_json::from_str(&self.client.event(PATIENCE).unwrap()?).unwrap();
        let rows = event["characteristics"].as_array_mut().unwrap().iter_mut();
        Some(
            rows.map(|row| ((row["aid"].as_u64().unwrap(), row["iid"].as_u64().unwrap()), row["value"].take()))
                .collect(),
        )
    }

    fn put(&mut self, row: Value) -> i64 {
        let answer = self.client.put("/characteristics", &json!({ "characteristics": [row] }).to_string()).unwrap();
        match answer.status {
            204 => 0,
            _ => {
                serde_json::from_str::<Value>(&answer.text()).unwrap()["characteristics"][0]["status"].as_i64().unwrap()
            }
        }
    }
}

/// A service as the database shows it.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) accessory: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    /// Short types and addresses.
    pub(crate) characteristics: Vec<(String, Id)>,
}

/// Configured Name, and Name.
const CONFIGURED_NAME: &str = "E3";
const NAME: &str = "23";
const ACCESSORY_INFORMATION: &str = "3E";

fn services_of(accessory: &Value) -> Vec<Service> {
    let aid = accessory["aid"].as_u64().unwrap();
    let services = accessory["services"].as_array().unwrap();
    let value = |service: &Value, kind: &str| {
        let all = service["characteristics"].as_array().unwrap();
        let found = all.iter().find(|it| it["type"] == kind);
        found.and_then(|it| it["value"].as_str()).unwrap_or_default().to_owned()
    };
    let about = services.iter().find(|service| service["type"] == ACCESSORY_INFORMATION).unwrap();
    let services = services.iter().map(|service| Service {
        accessory: value(about, NAME),
        kind: service["type"].as_str().unwrap().to_owned(),
        name: value(service, CONFIGURED_NAME),
        characteristics: service["characteristics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it["type"].as_str().unwrap().to_owned(), (aid, it["iid"].as_u64().unwrap())))
            .collect(),
    });
    services.collect()
}
