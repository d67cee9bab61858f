//! What a process writes, and waiting for it.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How much is kept, in bytes: more than any test looks at. The rest is read and forgotten, so that nobody blocks.
const KEPT: usize = 1024 * 1024;

/// An output of a process, read as it comes.
#[derive(Clone)]
pub(super) struct Output {
    shared: Arc<(Mutex<Text>, Condvar)>,
}

#[derive(Default)]
struct Text {
    text: String,
    ended: bool,
}

impl Output {
    /// Reads `source` to its end, on a thread of its own.
    pub(super) fn of(mut source: impl Read + Send + 'static) -> Self {
        let output = Self { shared: Arc::default() };
        let writer = output.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut bytes = Vec::new();
            while let Ok(length @ 1..) = source.read(&mut buffer) {
                if bytes.len() < KEPT {
                    bytes.extend_from_slice(&buffer[..length]);
                    writer.lock().text = String::from_utf8_lossy(&bytes).into_owned();
                    writer.shared.1.notify_all();
                }
            }
            writer.lock().ended = true;
            writer.shared.1.notify_all();
        });
        output
    }

    /// All of it so far.
    pub(super) fn text(&self) -> String {
        self.lock().text.clone()
    }

    /// Waits until `find` finds something in the text; none when the output ends or the time is over before.
    pub(super) fn wait<T>(&self, patience: Duration, mut find: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let mut found = None;
        let goes_on = |text: &mut Text| {
            found = find(&text.text);
            found.is_none() && !text.ended
        };
        drop(self.shared.1.wait_timeout_while(self.lock(), patience, goes_on));
        found
    }

    /// Waits for its end; whether that came in time.
    pub(super) fn wait_for_end(&self, patience: Duration) -> bool {
        let waited = self.shared.1.wait_timeout_while(self.lock(), patience, |text| !text.ended);
        waited.is_ok_and(|(text, _)| text.ended)
    }

    fn lock(&self) -> MutexGuard<'_, Text> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
