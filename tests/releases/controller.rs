//! A controller whose pairing is kept in a file, so that it can prove later that it still is paired.

#![allow(dead_code, reason = "every test uses another part of it")]

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hap::controller::{Accessory, Client, ControllerId, Identity, PublicKey};
use hap::{DeviceId, SetupCode};
use serde_json::{Value, json};

const ID: &str = "5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405";

/// A controller that is paired with an accessory.
pub(crate) struct Controller {
    me: Identity,
    accessory: Accessory,
}

impl Controller {
    /// Pairs, and keeps the pairing in `file`.
    pub(crate) fn pair(address: SocketAddr, code: &str, file: &Path) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("random numbers");
        let me = Identity::from_seed(ControllerId::try_from(ID).expect("an id"), &seed);
        let code: SetupCode = code.parse().expect("a setup code");
        let accessory = Client::connect(address).expect("it listens").pair(&code, &me).expect("it pairs");
        let kept = json!({
            "seed": BASE64_STANDARD.encode(seed),
            "accessory": accessory.id.to_string(),
            "public_key": BASE64_STANDARD.encode(accessory.public_key.0),
        });
        fs::write(file, format!("{kept:#}\n")).expect("the pairing is kept");
        Self { me, accessory }
    }

    /// The controller that [`Controller::pair`] kept.
    pub(crate) fn load(file: &Path) -> Self {
        let kept: Value = serde_json::from_slice(&fs::read(file).expect("a pairing")).expect("it is JSON");
        let bytes = |key: &str| -> [u8; 32] {
            let text = kept[key].as_str().expect("text");
            BASE64_STANDARD.decode(text).expect("base64").try_into().expect("32 bytes")
        };
        let me = Identity::from_seed(ControllerId::try_from(ID).expect("an id"), &bytes("seed"));
        let id: DeviceId = kept["accessory"].as_str().expect("text").parse().expect("a device id");
        Self { me, accessory: Accessory { id, public_key: PublicKey(bytes("public_key")) } }
    }

    /// A session. Both ends have proved to be who they were when they paired.
    pub(crate) fn session(&self, address: SocketAddr) -> Session {
        let mut client = Client::connect(address).expect("it listens");
        client.verify(&self.me, &self.accessory).expect("the pairing holds");
        let database = client.get("/accessories").expect("it answers").text();
        Session { client, database: serde_json::from_str(&database).expect("it is JSON") }
    }
}

/// A session, and what the accessories were at its beginning.
pub(crate) struct Session {
    client: Client,
    pub(crate) database: Value,
}

impl Session {
    /// Writes the only characteristic of this type, the first one there is.
    pub(crate) fn put(&mut self, kind: &str, value: &str) -> u16 {
        let (aid, iid) = self.find(kind);
        let json = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"value\":{value}}}]}}");
        self.client.put("/characteristics", &json).expect("it answers").status
    }

    /// The aid and iid of the first characteristic of this type.
    pub(crate) fn find(&self, kind: &str) -> (u64, u64) {
        let list = |value: &Value, key: &str| value[key].as_array().expect("a list").clone();
        for accessory in list(&self.database, "accessories") {
            for service in list(&accessory, "services") {
                if let Some(found) = list(&service, "characteristics").iter().find(|it| it["type"] == kind) {
                    return (accessory["aid"].as_u64().expect("an id"), found["iid"].as_u64().expect("an id"));
                }
            }
        }
        panic!("there is no characteristic {kind}: {}", self.database);
    }
}
