//! A HomeKit controller that is paired with a daemon whose setup code it knows, for the tests in machines.

#![allow(dead_code, reason = "every test uses another part of it")]

use std::net::SocketAddr;

use hap::SetupCode;
use hap::controller::{Accessory, Client, ClientError, ControllerId, Identity, read_done, remove_pairing};
use serde_json::Value;

/// In every configuration of these tests.
pub(crate) const SETUP_CODE: &str = "031-45-154";

/// The controller's id.
pub(crate) const ID: &str = "5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405";

/// A controller, its pairing, and a session.
pub(crate) struct HomeKit {
    me: Identity,
    accessory: Accessory,
    client: Client,
    /// What `GET /accessories` answered when the session began.
    pub(crate) database: Value,
}

impl HomeKit {
    /// Pairs, and opens a session.
    pub(crate) fn pair(address: SocketAddr) -> Result<Self, ClientError> {
        let me = identity();
        let code: SetupCode = SETUP_CODE.parse().expect("a setup code");
        let accessory = Client::connect(address)?.pair(&code, &me)?;
        Self::paired(address, me, accessory)
    }

    /// Opens a session with what came of a pairing.
    pub(crate) fn paired(address: SocketAddr, me: Identity, accessory: Accessory) -> Result<Self, ClientError> {
        let (client, database) = session(address, &me, &accessory)?;
        Ok(Self { me, accessory, client, database })
    }

    /// Opens another session in place of the one there was.
    pub(crate) fn reconnect(&mut self, address: SocketAddr) -> Result<(), ClientError> {
        (self.client, self.database) = session(address, &self.me, &self.accessory)?;
        Ok(())
    }

    /// Opens a session beside the one there is.
    pub(crate) fn connect(&self, address: SocketAddr) -> Result<Client, ClientError> {
        Ok(session(address, &self.me, &self.accessory)?.0)
    }

    /// Takes the pairing back, as Home does when somebody removes the accessory; the session ends with it.
    pub(crate) fn unpair(&mut self) -> Result<(), ClientError> {
        let answer = self.client.pairing("/pairings", &remove_pairing(self.me.id()))?;
        read_done(&answer).expect("an admin may take its own pairing back");
        Ok(())
    }

    /// Writes a characteristic of a gate's accessory; the answer's status.
    pub(crate) fn put(&mut self, gate: &str, kind: &str, value: &str) -> Result<u16, ClientError> {
        let (aid, iid) = self.find(gate, kind);
        let json = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"value\":{value}}}]}}");
        Ok(self.client.put("/characteristics", &json)?.status)
    }

    /// The aid and iid of the characteristic of this type in the accessory of this name.
    pub(crate) fn find(&self, name: &str, kind: &str) -> (u64, u64) {
        let list = |value: &Value, key: &str| value[key].as_array().unwrap().clone();
        for accessory in list(&self.database, "accessories") {
            let characteristics: Vec<_> =
                list(&accessory, "services").iter().flat_map(|service| list(service, "characteristics")).collect();
            let is_meant = characteristics.iter().any(|it| it["type"] == "23" && it["value"] == name);
            let found = characteristics.iter().find(|it| it["type"] == kind);
            if let (true, Some(found)) = (is_meant, found) {
                return (accessory["aid"].as_u64().unwrap(), found["iid"].as_u64().unwrap());
            }
        }
        panic!("{name} has no characteristic {kind}: {}", self.database);
    }
}

/// A controller as it is before it pairs.
pub(crate) fn identity() -> Identity {
    let id = ControllerId::try_from(ID).expect("a controller's id");
    Identity::random(id, &mut rand_core::UnwrapErr(getrandom::SysRng))
}

fn session(address: SocketAddr, me: &Identity, accessory: &Accessory) -> Result<(Client, Value), ClientError> {
    let mut client = Client::connect(address)?;
    client.verify(me, accessory)?;
    let database = serde_json::from_str(&client.get("/accessories")?.text()).expect("the database is JSON");
    Ok((client, database))
}
