//! Who opened the gate, and when: one line for each pulse with its cause, one for each refusal, one for each movement.
//!
//! The lines are JSON in files of the state directory, appended as things happen; the older file goes when the newer one
//! is full. Requests that moved nothing have files of their own. Nothing is written while nothing happens.

pub(crate) mod limits;

mod file;
mod line;
mod time;
mod writer;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use self::file::{Backwards, Place, Stream};
pub(crate) use self::line::{After, By, Decision, Line, Mover, Pulse, What};
pub(crate) use self::time::{Stamp, Timestamp};
use self::writer::Writer;

/// The history of all gates, while the daemon runs.
pub(crate) struct History {
    writer: Writer,
}

impl History {
    /// Opens the history in the state directory, which exists and which no other daemon uses.
    pub(crate) fn open(directory: &Path) -> Result<Self, HistoryError> {
        Ok(Self { writer: Writer::start(directory)? })
    }

    /// Writes a line, soon, without waiting for it.
    pub(crate) fn write(&self, line: Line) {
        self.writer.write(line);
    }

    /// Waits until the lines so far are in the files, for who reads these next; not long, should the disk hang.
    pub(crate) fn settle(&self) {
        self.writer.settle(limits::SETTLES);
    }

    /// Calls `watcher` with every line from now on, in order, with its number. It is called on the thread that writes,
    /// before it is written, also when the disk is full; only how many lines are missing is told once that is written.
    pub(crate) fn watch(&self, watcher: impl Fn(&Line) + Send + 'static) {
        self.writer.watch(Box::new(watcher));
    }

    /// Waits until all lines are safe from a power cut; what comes later is not written.
    pub(crate) fn close(&self) {
        self.writer.end();
    }
}

/// The newest lines of the history in `directory`, `most` of them at most, oldest first. Lines that do not read, because
/// of a power cut or a newer program, are passed over.
pub(crate) fn newest(directory: &Path, most: usize) -> Result<Vec<Line>, HistoryError> {
    let (_, mut lines) = walk(directory, &Stream::ALL, most, |line, _, _| line)?;
    lines.reverse();
    Ok(lines)
}

/// The same, `moves` at most of those that moved a gate or are about one, and `in_vain` at most of the requests that
/// moved nothing.
pub(crate) fn newest_of_each(directory: &Path, moves: usize, in_vain: usize) -> Result<Vec<Line>, HistoryError> {
    let newest = |stream, most| walk(directory, &[stream], most, |line, _, _| line);
    let (mut lines, others) = (newest(Stream::Moves, moves)?.1, newest(Stream::Requests, in_vain)?.1);
    lines.extend(others);
    lines.sort_by_key(|line| line.n);
    Ok(lines)
}

/// The same lines as the text of a JSON array, which is read piece by piece: it is never in memory as a whole.
pub(crate) struct Text {
    streams: Vec<Backwards>,
    /// Newest first, each with its stream.
    lines: Vec<(usize, Place)>,
    has_begun: bool,
    is_over: bool,
    length: u64,
}

impl Text {
    /// Looks for the lines.
    pub(crate) fn find(directory: &Path, most: usize) -> Result<Self, HistoryError> {
        let (mut streams, lines) = walk(directory, &Stream::ALL, most, |_, stream, place| (stream, place))?;
        streams.iter_mut().for_each(Backwards::end);
        let separators = lines.len().saturating_sub(1) + "[]".len();
        let length = lines.iter().map(|(_, place)| place.length).sum::<usize>() + separators;
        Ok(Self { streams, lines, has_begun: false, is_over: false, length: length as u64 })
    }

    /// Bytes of all of it.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// The next piece; none behind the last. This waits for the disk.
    pub(crate) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.is_over {
            return Ok(None);
        }
        let mut piece = Vec::with_capacity(limits::PIECE_BYTES + limits::LINE_BYTES);
        if !self.has_begun {
            piece.push(b'[');
        }
        while piece.len() < limits::PIECE_BYTES {
            let Some((stream, place)) = self.lines.pop() else {
                piece.push(b']');
                self.is_over = true;
                break;
            };
            if std::mem::replace(&mut self.has_begun, true) {
                piece.push(b',');
            }
            if let Some(stream) = self.streams.get(stream) {
                stream.copy(place, &mut piece)?;
            }
        }
        Ok(Some(piece))
    }
}

/// The streams from their ends: `keep` of the newest lines, `most` at most, newest first.
fn walk<T>(
    directory: &Path,
    streams: &[Stream],
    most: usize,
    keep: impl Fn(Line, usize, Place) -> T,
) -> Result<(Vec<Backwards>, Vec<T>), HistoryError> {
    let failed = |source| HistoryError::new(directory, source);
    let open = |stream: &Stream| Backwards::open(directory, *stream).map_err(failed);
    let mut streams: Vec<_> = streams.iter().map(open).collect::<Result<_, _>>()?;
    let mut heads: Vec<_> = streams.iter_mut().map(next).collect::<io::Result<_>>().map_err(failed)?;
    let mut kept = Vec::new();
    while kept.len() < most {
        let numbers = heads.iter().enumerate().filter_map(|(at, head)| Some((head.as_ref()?.0.n, at)));
        let Some((_, at)) = numbers.max() else { break };
        let (Some(head), Some(stream)) = (heads.get_mut(at), streams.get_mut(at)) else { break };
        let following = next(stream).map_err(failed)?;
        if let Some((line, place)) = std::mem::replace(head, following) {
            kept.push(keep(line, at, place));
        }
    }
    Ok((streams, kept))
}

/// The next line that reads.
fn next(stream: &mut Backwards) -> io::Result<Option<(Line, Place)>> {
    while let Some((place, text)) = stream.next()? {
        if let Ok(line) = serde_json::from_slice(text) {
            return Ok(Some((line, place)));
        }
    }
    Ok(None)
}

/// Forgets the history in `directory`.
pub(crate) fn erase(directory: &Path) -> Result<(), HistoryError> {
    file::erase(directory).map_err(|source| HistoryError::new(directory, source))
}

/// The files of the history in `directory`, whole, each with its name; also while the daemon writes it.
pub(crate) fn copy(directory: &Path) -> Result<Vec<(&'static str, Vec<u8>)>, HistoryError> {
    file::copy(directory).map_err(|source| HistoryError::new(directory, source))
}

/// Writes a file that [`copy`] gave into `directory`, which has no history yet, and makes it safe from a power cut.
pub(crate) fn put(directory: &Path, name: &str, bytes: &[u8]) -> Result<File, HistoryError> {
    file::put(directory, name, bytes).map_err(|source| HistoryError::new(directory, source))
}

/// Whether a file of the history may have this name.
pub(crate) fn is_file(name: &str) -> bool {
    file::names().any(|known| known == name)
}

/// The files of the history cannot be used; the owner sees to the directory.
#[derive(Debug, thiserror::Error)]
#[error("the history in {}: {source}", directory.display())]
pub(crate) struct HistoryError {
    /// The state directory.
    directory: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

impl HistoryError {
    fn new(directory: &Path, source: io::Error) -> Self {
        Self { directory: directory.to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use super::*;

    fn refused() -> Line {
        Line::in_vain("close", Decision::Refused)
    }

    fn lost(lines: u64) -> Line {
        Line::new(Stamp::of(Instant::now()), None, What::Lost { lines })
    }

    #[test]
    fn the_newest_lines_are_given_oldest_first() {
        let directory = tempfile::tempdir().unwrap();
        let history = History::open(directory.path()).unwrap();
        for line in (1..=4).map(lost).chain([refused()]) {
            history.write(line);
        }
        history.close();
        let numbers = |most| newest(directory.path(), most).unwrap().iter().map(|line| line.n).collect::<Vec<_>>();
        assert_eq!(numbers(3), [3, 4, 5]);
        assert!(numbers(0).is_empty());
        assert_eq!(numbers(9), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn the_newest_that_moved_a_gate_and_the_newest_that_did_not_are_given_in_their_order() {
        let directory = tempfile::tempdir().unwrap();
        let history = History::open(directory.path()).unwrap();
        for line in [refused(), lost(1), refused(), lost(2), lost(3), refused()] {
            history.write(line);
        }
        history.close();
        let numbers = |moves, in_vain| {
            let lines = newest_of_each(directory.path(), moves, in_vain).unwrap();
            lines.iter().map(|line| line.n).collect::<Vec<_>>()
        };
        assert_eq!(numbers(2, 2), [3, 4, 5, 6]);
        assert_eq!(numbers(9, 1), [2, 4, 5, 6]);
        assert_eq!(numbers(0, 9), [1, 3, 6]);
    }

    #[test]
    fn requests_that_move_nothing_never_push_out_what_moved_the_gate() {
        let directory = tempfile::tempdir().unwrap();
        let history = History::open(directory.path()).unwrap();
        history.write(lost(1));
        history.close();
        let mut requests = file::LogFile::open(directory.path(), Stream::Requests).unwrap();
        let text = serde_json::to_vec(&refused()).unwrap();
        for _ in 0..3 * limits::FILE_BYTES / text.len() as u64 {
            requests.append(&text).unwrap();
        }
        let lines = newest(directory.path(), usize::MAX).unwrap();
        assert_eq!(lines.iter().filter(|line| line.what == What::Lost { lines: 1 }).count(), 1);
    }

    #[test]
    fn what_is_no_line_is_passed_over_and_does_not_count() {
        let directory = tempfile::tempdir().unwrap();
        let line = lost(1);
        let text = serde_json::to_string(&line).unwrap();
        let torn = format!("{text}\n\0\0\0\n{}\n\u{fffd}\n{text}\n{{\"at\":", &text[..20]);
        fs::write(directory.path().join("history.jsonl"), torn).unwrap();
        assert_eq!(newest(directory.path(), 2).unwrap(), [line.clone(), line]);
    }

    #[test]
    fn where_there_is_no_history_nothing_has_happened() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(newest(directory.path(), 9).unwrap(), []);
        assert_eq!(newest(&directory.path().join("missing"), 9).unwrap(), []);
    }
}
