//! The text of events: written once for all sessions that hear of the same changes (HAP §8.4).

use crate::database::Database;
use crate::events::{Due, Subscriber};
use crate::http;
use crate::limits;
use crate::text::push_ids;
use std::time::Instant;

/// The event that was written last.
#[derive(Default)]
pub(crate) struct EventText {
    due: Due,
    /// The characteristics that it tells of, each with the version of its value. Empty when it is nobody else's.
    of: Vec<(u32, u64)>,
    text: Vec<u8>,
}

impl EventText {
    /// The event that is due for a session, before sealing; `None` if none is.
    pub(crate) fn next(&mut self, database: &Database, subscriber: &Subscriber, now: Instant) -> Option<&[u8]> {
        if !subscriber.take(now, &mut self.due) {
            return None;
        }
        if !self.is_told_again(database) {
            self.write(database);
        }
        Some(&self.text)
    }

    fn is_told_again(&self, database: &Database) -> bool {
        let version = |index: u32| database.get(index).map(|entry| entry.cell.version());
        self.due.press.is_none()
            && !self.of.is_empty()
            && self.of.iter().map(|(index, _)| index).eq(&self.due.changed)
            && self.of.iter().all(|(index, told)| version(*index) == Some(*told))
    }

    fn write(&mut self, database: &Database) {
        let Self { due, of, text } = self;
        of.clear();
        text.clear();
        text.shrink_to(limits::KEPT_BUFFER);
        http::write_event(text, |json| {
            json.extend_from_slice(b"{\"characteristics\":[");
            let mut separator: &[u8] = b"";
            for index in &due.changed {
                let Some(entry) = database.get(*index) else { continue };
                json.extend_from_slice(separator);
                separator = b",";
                push_ids(json, entry.aid, entry.iid);
                json.extend_from_slice(b",\"value\":");
                // The version first: a value that is set in between is told again.
                of.push((*index, entry.cell.version()));
                entry.cell.with_value(|value| entry.metadata.write_json(value, json));
                json.push(b'}');
            }
            if let Some((index, value)) = &due.press {
                of.clear();
                if let Some(entry) = database.get(*index) {
                    json.extend_from_slice(separator);
                    push_ids(json, entry.aid, entry.iid);
                    json.extend_from_slice(b",\"value\":");
                    entry.metadata.write_json(value, json);
                    json.push(b'}');
                }
            }
            json.extend_from_slice(b"]}");
        });
    }
}
