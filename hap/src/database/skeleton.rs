//! What `/accessories` says to everybody for as long as no constant changes: it is written once (HAP §9.1).

use super::{Database, ServiceEntry, separate};
use crate::definition::Perms;
use crate::text::push;

/// Bytes that a value and the word whether it is subscribed take at most on average.
const HOLE: usize = 32;

/// The JSON without the values that its holes are for.
#[derive(Default)]
pub(super) struct Skeleton {
    text: Vec<u8>,
    holes: Vec<Hole>,
}

/// Which values are in the text.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Values {
    /// None.
    None,
    /// Those of [constants](super::Entry::is_constant).
    Constants,
}

/// Where the value of a characteristic goes.
struct Hole {
    at: usize,
    characteristic: u32,
}

impl Skeleton {
    pub(super) fn of(database: &Database, values: Values) -> Self {
        let mut this = Self::default();
        let out = &mut this.text;
        out.extend_from_slice(b"{\"accessories\":[");
        for (nth, accessory) in database.accessories.iter().enumerate() {
            separate(nth, out);
            push(out, format_args!("{{\"aid\":{},\"services\":[", accessory.aid));
            for (nth, service) in accessory.services.iter().enumerate() {
                separate(nth, out);
                write_service(database, service, values, out, &mut this.holes);
            }
            out.extend_from_slice(b"]}");
        }
        out.extend_from_slice(b"]}");
        // It stays as long as the server.
        this.text.shrink_to_fit();
        this.holes.shrink_to_fit();
        this
    }

    /// The whole text, as if there were no holes.
    pub(super) fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// The text between the holes, each piece with the characteristic whose value follows.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (&[u8], Option<u32>)> {
        let mut from = 0;
        let holes = self.holes.iter().map(|hole| (hole.at, Some(hole.characteristic)));
        holes.chain([(self.text.len(), None)]).map(move |(at, characteristic)| {
            let piece = self.text.get(from..at).unwrap_or_default();
            from = at;
            (piece, characteristic)
        })
    }

    /// How long the whole will be, about.
    pub(super) fn expected_length(&self) -> usize {
        self.text.len().saturating_add(self.holes.len().saturating_mul(HOLE))
    }
}

fn write_service(
    database: &Database,
    service: &ServiceEntry,
    values: Values,
    out: &mut Vec<u8>,
    holes: &mut Vec<Hole>,
) {
    push(out, format_args!("{{\"iid\":{},\"type\":\"{}\",", service.iid, service.kind));
    if service.primary {
        out.extend_from_slice(b"\"primary\":true,");
    }
    if service.hidden {
        out.extend_from_slice(b"\"hidden\":true,");
    }
    if !service.linked.is_empty() {
        push(out, format_args!("\"linked\":{:?},", service.linked));
    }
    out.extend_from_slice(b"\"characteristics\":[");
    for (nth, characteristic) in service.characteristics.clone().enumerate() {
        separate(nth, out);
        if let Some(entry) = database.get(characteristic) {
            push(out, format_args!("{{\"iid\":{}", entry.iid));
            entry.write_type(out);
            entry.write_format(out);
            entry.write_perms(out);
            entry.write_limits(out);
            if values == Values::Constants && entry.is_constant() {
                entry.write_value(out);
            } else if entry.metadata.perms().contains(Perms::READ) {
                holes.push(Hole { at: out.len(), characteristic });
            }
            out.push(b'}');
        }
    }
    out.extend_from_slice(b"]}");
}
