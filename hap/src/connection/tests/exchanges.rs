//! Recorded requests, and the answers of the reference implementation.

use std::sync::Arc;
use std::time::Duration;

use pairing::{Change, Permissions, State};
use serde_json::{Value, json};

use super::home::{Home, LineId, Phone, request};
use super::randomness::Randomness;
use crate::accessory::{Accessory, Category, Information};
use crate::catalogue::LockMechanism;
use crate::database::Database;
use crate::definition::Perms;
use crate::events::Hub;
use crate::ids::Ids;

/// The lock that was asked, under the ids that it had.
fn lock() -> Home {
    let mut accessory = Accessory::new(Information::default(), Category::Lock);
    let lock = accessory.add(LockMechanism::new());
    let timed = |perms: Perms| perms | Perms::TIMED_WRITE;
    lock.lock_target_state
        .describe(|metadata| {
            let perms = timed(metadata.perms());
            metadata.with_perms(perms)
        })
        .unwrap();
    let iids = json!({"3E": 1, "3E/14": 2, "3E/20": 3, "45": 50, "45/1D": 51, "45/1E": 52});
    let ids = json!({"accessories": {"primary": {"aid": 1, "iids": iids}}});
    let mut ids: Ids = serde_json::from_value(ids).unwrap();
    let hub = Arc::new(Hub::default());
    let database = Database::build(&[accessory], &mut ids, &hub).unwrap();
    Home::with(State::new(&mut Randomness::seeded(5)), database, hub)
}

/// Who asks, in turn: the stranger before and after the owner came, the owner, its guest.
struct Asking {
    home: Home,
    owner: Phone,
    stranger: LineId,
    session: Option<LineId>,
    guest: Option<LineId>,
}

impl Asking {
    fn line(&mut self, exchange: &Value) -> LineId {
        let name = exchange["name"].as_str().unwrap();
        if exchange["secured"] == true {
            self.own();
        }
        match exchange["secured"] == true {
            true if name.starts_with("user") => self.guest.unwrap(),
            true => self.session.unwrap(),
            false => {
                if name == "identify paired" {
                    self.own();
                }
                self.stranger
            }
        }
    }

    fn own(&mut self) {
        if self.session.is_some() {
            return;
        }
        let guest = Phone::new("guest");
        self.home.side.store(&Change::AddPairing(self.owner.pairing(Permissions::ADMIN)));
        self.home.side.store(&Change::AddPairing(guest.pairing(Permissions::USER)));
        self.session = Some(self.home.session(&self.owner));
        self.guest = Some(self.home.session(&guest));
    }
}

#[test]
fn every_recorded_request_is_answered_as_the_reference_does() {
    let recorded: Value = serde_json::from_str(include_str!("../../../tests/vectors/http_exchanges.json")).unwrap();
    let mut home = lock();
    let stranger = home.connect();
    let mut asking = Asking { home, owner: Phone::new("owner"), stranger, session: None, guest: None };
    let exchanges = recorded["exchanges"].as_array().unwrap();
    assert_eq!(exchanges.len(), 51);
    for exchange in exchanges {
        let line = asking.line(exchange);
        let home = &mut asking.home;
        let (name, note) = (exchange["name"].as_str().unwrap(), exchange["note"].as_str().unwrap_or_default());
        let body = exchange["body"].as_str();
        if note.contains("sent after a valid PUT /prepare") {
            let write: Value = serde_json::from_str(body.unwrap()).unwrap();
            let prepared = home.put(line, "/prepare", &json!({"ttl": 5000, "pid": write["pid"]}));
            assert_eq!(prepared.json(200), json!({"status": 0}));
        }
        if name == "exec late" {
            home.pass(Duration::from_millis(201));
        }
        let method = exchange["method"].as_str().unwrap();
        home.send(line, &request(method, exchange["path"].as_str().unwrap(), body.map(str::as_bytes)));
        let answer = home.answer(line);
        home.assert_silent(line);
        if note.contains("(204) is harmless") {
            assert_eq!(answer.status, 204, "{name}");
            continue;
        }
        let got = (u64::from(answer.status), answer.reason.as_str(), answer.kind.as_str());
        let expected = |field: &str| exchange[field].as_str().unwrap();
        assert_eq!(got, (exchange["status"].as_u64().unwrap(), expected("reason"), expected("content_type")), "{name}");
        let mut response = expected("response").to_owned();
        if note.contains("invalid JSON") {
            // The reference closes the object before its last members.
            response = response.replace("\"value\":0},", "\"value\":0,").replace("\"minStep\":1]}", "\"minStep\":1}]}");
            let json: Value = serde_json::from_str(&response).unwrap();
            assert_eq!(answer.json(200), json, "{name}");
            continue;
        }
        assert_eq!(String::from_utf8(answer.body).unwrap(), response, "{name}");
    }
}
