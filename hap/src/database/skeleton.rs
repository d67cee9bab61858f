//! What `/accessories` says to everybody: it is written once, and again when a value in it changes (HAP §9.1).

use super::{Database, Entry, ServiceEntry, separate};
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

/// Where the value of a characteristic goes.
struct Hole {
    at: usize,
    characteristic: u32,
}

impl Skeleton {
    /// With a hole for every value.
    pub(super) fn of(database: &Database) -> Self {
        let mut this = Self::default();
        let out = &mut this.text;
        out.extend_from_slice(b"{\"accessories\":[");
        for (nth, accessory) in database.accessories.iter().enumerate() {
            separate(nth, out);
            push(out, format_args!("{{\"aid\":{},\"services\":[", accessory.aid));
            for (nth, service) in accessory.services.iter().enumerate() {
                separate(nth, out);
                write_service(database, service, out, &mut this.holes);
            }
            out.extend_from_slice(b"]}");
        }
        out.extend_from_slice(b"]}");
        this
    }

    /// The same with the [values that stay](Entry::stays_in_text) in the text.
    pub(super) fn filled(&self, database: &Database) -> Self {
        let mut this = Self::default();
        for (piece, hole) in self.pieces(database) {
            this.text.extend_from_slice(piece);
            match hole {
                Some((_, entry)) if entry.stays_in_text() => entry.write_value(&mut this.text),
                Some((characteristic, _)) => this.holes.push(Hole { at: this.text.len(), characteristic }),
                None => {}
            }
        }
        // It stays as long as the server.
        this.text.shrink_to_fit();
        this.holes.shrink_to_fit();
        this
    }

    /// The whole text, as if there were no holes.
    pub(super) fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// The text between the holes, each piece with the characteristic of `database` whose value follows.
    pub(super) fn pieces<'a>(
        &'a self,
        database: &'a Database,
    ) -> impl Iterator<Item = (&'a [u8], Option<(u32, &'a Entry)>)> {
        let mut from = 0;
        let holes = self.holes.iter().map(|hole| (hole.at, Some(hole.characteristic)));
        holes.chain([(self.text.len(), None)]).map(move |(at, characteristic)| {
            let piece = self.text.get(from..at).unwrap_or_default();
            from = at;
            (piece, characteristic.and_then(|index| Some((index, database.get(index)?))))
        })
    }

    /// How long the whole will be, about.
    pub(super) fn expected_length(&self) -> usize {
        self.text.len().saturating_add(self.holes.len().saturating_mul(HOLE))
    }
}

fn write_service(database: &Database, service: &ServiceEntry, out: &mut Vec<u8>, holes: &mut Vec<Hole>) {
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
            if entry.metadata.perms().contains(Perms::READ) {
                holes.push(Hole { at: out.len(), characteristic });
            }
            out.push(b'}');
        }
    }
    out.extend_from_slice(b"]}");
}
