//! Requests about pairings, the controller's side (HAP §7).

use super::{Error, read};
use crate::identity::PublicKey;
use crate::pairings::{ControllerId, Pairing, Permissions, method};
use crate::reply::message;
use crate::tlv8::{Type, Writer};

/// The request that adds a pairing, or changes the permissions of one.
#[must_use]
pub fn add_pairing(pairing: &Pairing) -> Vec<u8> {
    request(method::ADD)
        .item(Type::IDENTIFIER, pairing.id.as_bytes())
        .item(Type::PUBLIC_KEY, &pairing.public_key.0)
        .byte(Type::PERMISSIONS, pairing.permissions.to_byte())
        .finish()
}

/// The request that removes a pairing.
#[must_use]
pub fn remove_pairing(id: &ControllerId) -> Vec<u8> {
    request(method::REMOVE).item(Type::IDENTIFIER, id.as_bytes()).finish()
}

/// The request for all pairings.
#[must_use]
pub fn list_pairings() -> Vec<u8> {
    request(method::LIST).finish()
}

/// Reads the answer to [`add_pairing`] or [`remove_pairing`].
///
/// # Errors
///
/// See [`Error`].
pub fn read_done(body: &[u8]) -> Result<(), Error> {
    read(body, message::M2).map(|_| ())
}

/// Reads the answer to [`list_pairings`].
///
/// # Errors
///
/// See [`Error`].
pub fn read_list(body: &[u8]) -> Result<Vec<Pairing>, Error> {
    let items = read(body, message::M2)?;
    let mut pairings = Vec::new();
    let mut entry = Entry::default();
    let mut any = false;
    for item in items.iter() {
        match item.kind {
            Type::IDENTIFIER => entry.id = ControllerId::try_from(&*item.value).ok(),
            Type::PUBLIC_KEY => entry.public_key = (&*item.value).try_into().ok().map(PublicKey),
            Type::PERMISSIONS => {
                entry.permissions = match *item.value {
                    [byte] => Permissions::from_byte(byte),
                    _ => None,
                }
            }
            Type::SEPARATOR => {
                pairings.push(std::mem::take(&mut entry).finish()?);
                continue;
            }
            _ => continue,
        }
        any = true;
    }
    if any {
        pairings.push(entry.finish()?);
    }
    Ok(pairings)
}

fn request(method: u8) -> Writer {
    Writer::new().byte(Type::STATE, message::M1).byte(Type::METHOD, method)
}

/// An entry of the list, as far as it is read.
#[derive(Default)]
struct Entry {
    id: Option<ControllerId>,
    public_key: Option<PublicKey>,
    permissions: Option<Permissions>,
}

impl Entry {
    fn finish(self) -> Result<Pairing, Error> {
        Ok(Pairing {
            id: self.id.ok_or(Error::Item(Type::IDENTIFIER.0))?,
            public_key: self.public_key.ok_or(Error::Item(Type::PUBLIC_KEY.0))?,
            permissions: self.permissions.ok_or(Error::Item(Type::PERMISSIONS.0))?,
        })
    }
}
