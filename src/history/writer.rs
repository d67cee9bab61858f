//! The thread that writes, so that nobody at the gate waits for a memory card.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use log::{error, info};

use super::file::{LogFile, Stream};
use super::{HistoryError, Line, What, limits, newest};
use crate::counted::counted;

/// The way to the thread.
pub(super) struct Writer {
    lines: SyncSender<Order>,
    /// Lines that found no place in the queue.
    lost: Arc<AtomicU64>,
    watchers: Arc<Watchers>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Who hears of each line.
type Watchers = Mutex<Vec<Box<dyn Fn(&Line) + Send>>>;

enum Order {
    /// In a box: the queue has room for all of them from the start.
    Write(Box<Line>),
    /// Say when what came before is in the files.
    Settle(SyncSender<()>),
    /// Write and sync what came before, and end.
    End,
}

impl Writer {
    /// Opens the files in `directory` and starts the thread.
    pub(super) fn start(directory: &Path) -> Result<Self, HistoryError> {
        let (lines, orders) = sync_channel(limits::WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let watchers = Arc::<Watchers>::default();
        let work = Work::new(directory, Arc::clone(&lost), Arc::clone(&watchers))?;
        let thread = thread::Builder::new().name("history".to_owned()).spawn(move || work.run(&orders));
        let thread = thread.map_err(|source| HistoryError::new(directory, source))?;
        Ok(Self { lines, lost, watchers, thread: Mutex::new(Some(thread)) })
    }

    /// Hands a line over, without waiting; one that finds no place is counted, and the count is written later.
    pub(super) fn write(&self, line: Line) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
            self.lines.try_send(Order::Write(Box::new(line)))
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn watch(&self, watcher: Box<dyn Fn(&Line) + Send>) {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(watcher);
    }

    /// Waits until what was handed over before is in the files, `patience` at most.
    pub(super) fn settle(&self, patience: Duration) {
        let (settled, waits) = sync_channel(1);
        if self.lines.try_send(Order::Settle(settled)).is_ok() {
            // Who reads finds what is there, also when the disk hangs or the thread has ended.
            let _ = waits.recv_timeout(patience);
        }
    }

    /// Waits until everything is safe, and ends the thread.
    pub(super) fn end(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.lines.send(Order::End);
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end();
    }
}

/// What the thread works on.
struct Work {
    moves: LogFile,
    requests: LogFile,
    /// The number of the last line.
    last: u64,
    lost: Arc<AtomicU64>,
    watchers: Arc<Watchers>,
    /// When what is written must be made safe.
    due: Option<Instant>,
    /// Lines that could not be written since the last one that could.
    missing: u64,
    /// The last line could not be written.
    is_failing: bool,
}

impl Work {
    fn new(directory: &Path, lost: Arc<AtomicU64>, watchers: Arc<Watchers>) -> Result<Self, HistoryError> {
        let last = newest(directory, 1)?.last().map_or(0, |line| line.n);
        let open = |stream| LogFile::open(directory, stream).map_err(|source| HistoryError::new(directory, source));
        let (moves, requests) = (open(Stream::Moves)?, open(Stream::Requests)?);
        Ok(Self { moves, requests, last, lost, watchers, due: None, missing: 0, is_failing: false })
    }

    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let order = match self.due {
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => orders.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match order {
                Ok(Order::Write(line)) => self.write(*line),
                Ok(Order::Settle(settled)) => {
                    // Who asked may have gone.
                    let _ = settled.try_send(());
                }
                Err(RecvTimeoutError::Timeout) => self.sync(),
                Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => {
                    if self.due.is_some() {
                        self.sync();
                    }
                    return;
                }
            }
        }
    }

    fn write(&mut self, mut line: Line) {
        self.missing = self.missing.saturating_add(self.lost.swap(0, Ordering::Relaxed));
        let gap = (self.missing > 0).then(|| {
            let what = What::Lost { lines: self.missing };
            Line { n: self.number(), ..Line::new(line.stamp, None, what) }
        });
        line.n = self.number();
        // Whoever is told of what happens is told once, whatever the disk does.
        self.tell(&line);
        if let Err(problem) = gap.map_or(Ok(()), |gap| self.close(&gap)).and_then(|()| self.append(&line)) {
            // Once, not for each line of a full disk.
            if !self.is_failing {
                error!("the history cannot be written: {problem}; see that the disk has room and is sound");
            }
            self.is_failing = true;
            self.missing = self.missing.saturating_add(1);
        }
    }

    /// Says in the history how many lines are missing.
    fn close(&mut self, gap: &Line) -> io::Result<()> {
        self.append(gap)?;
        info!("the history is written again; {} missing", counted(self.missing, "line"));
        (self.missing, self.is_failing) = (0, false);
        self.tell(gap);
        Ok(())
    }

    fn number(&mut self) -> u64 {
        self.last = self.last.saturating_add(1);
        self.last
    }

    fn tell(&self, line: &Line) {
        for watcher in &*self.watchers.lock().unwrap_or_else(PoisonError::into_inner) {
            watcher(line);
        }
    }

    fn append(&mut self, line: &Line) -> io::Result<()> {
        let file = match line.what.stream() {
            Stream::Moves => &mut self.moves,
            Stream::Requests => &mut self.requests,
        };
        file.append(&serde_json::to_vec(line)?)?;
        let within = if line.what.hurries() { limits::HURRY } else { limits::LEISURE };
        let due = Instant::now() + within;
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
        Ok(())
    }

    fn sync(&mut self) {
        self.due = None;
        // Only what was written costs anything here.
        if let Err(problem) = self.moves.sync().and_then(|()| self.requests.sync()) {
            error!("the history may be lost in a power cut: {problem}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;
    use crate::history::{Stamp, newest};

    fn line(number: usize) -> Line {
        Line::new(Stamp::of(Instant::now()), None, What::Started { version: number.to_string() })
    }

    fn told(directory: &Path) -> Vec<String> {
        newest(directory, usize::MAX).unwrap().into_iter().map(|line| line.what.to_string()).collect()
    }

    fn work(directory: &TempDir) -> Work {
        Work::new(directory.path(), Arc::default(), Arc::default()).unwrap()
    }

    #[test]
    fn all_lines_are_in_the_file_once_it_is_closed() {
        let directory = tempfile::tempdir().unwrap();
        let writer = Writer::start(directory.path()).unwrap();
        for number in 0..100 {
            writer.write(line(number));
        }
        writer.end();
        assert_eq!(told(directory.path()).len(), 100);
        // After the end, and at a second end, nothing waits for ever.
        writer.write(line(100));
        writer.end();
    }

    #[test]
    fn who_waits_for_the_lines_so_far_reads_them_and_does_not_wait_for_a_thread_that_has_ended() {
        let directory = tempfile::tempdir().unwrap();
        let writer = Writer::start(directory.path()).unwrap();
        for number in 0..100 {
            writer.write(line(number));
            writer.settle(Duration::from_secs(60));
            assert_eq!(newest(directory.path(), 1).unwrap().last().unwrap().n, number as u64 + 1);
        }
        writer.end();
        writer.settle(Duration::MAX);
    }

    #[test]
    fn starting_and_stopping_write_nothing() {
        let directory = tempfile::tempdir().unwrap();
        for _ in 0..20 {
            drop(Writer::start(directory.path()).unwrap());
        }
        for file in fs::read_dir(directory.path()).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().len(), 0);
        }
    }

    #[test]
    fn lines_are_numbered_on_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        for number in 0..3 {
            let mut work = work(&directory);
            work.write(line(number));
            work.write(line(number));
        }
        let numbers: Vec<_> = newest(directory.path(), 9).unwrap().into_iter().map(|line| line.n).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn lines_that_a_full_disk_swallowed_are_counted_where_they_are_missing() {
        let (full, sound) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        symlink("/dev/full", full.path().join("history.jsonl")).unwrap();
        let mut work = work(&sound);
        let heard = Arc::<Mutex<Vec<(u64, String)>>>::default();
        let hears = Arc::clone(&heard);
        let watcher = move |line: &Line| hears.lock().unwrap().push((line.n, line.what.to_string()));
        work.watchers.lock().unwrap().push(Box::new(watcher));
        let sound_file = std::mem::replace(&mut work.moves, LogFile::open(full.path(), Stream::Moves).unwrap());
        work.lost.store(2, Ordering::Relaxed);
        for number in 0..3 {
            work.write(line(number));
        }
        work.moves = sound_file;
        work.write(line(3));
        work.write(line(4));
        // Each is heard of once, as it happens, under a number of its own.
        let mut heard = heard.lock().unwrap().clone();
        let said: Vec<_> = heard.iter().map(|(_, what)| what.as_str()).collect();
        let started = |number| format!("Portcullis {number} started");
        let lost = "5 lines are missing here".to_owned();
        assert_eq!(said, [&started(0), &started(1), &started(2), &started(3), &lost, &started(4)]);
        heard.sort_unstable();
        heard.dedup_by_key(|(number, _)| *number);
        assert_eq!(heard.len(), 6);
        assert_eq!(told(sound.path()), ["5 lines are missing here", "Portcullis 3 started", "Portcullis 4 started"]);
    }

    #[test]
    fn a_pulse_is_made_safe_soon_and_never_later_than_it_was_due() {
        let directory = tempfile::tempdir().unwrap();
        let mut work = work(&directory);
        work.write(line(0));
        let leisure = work.due.unwrap();
        assert!(leisure > Instant::now() + limits::HURRY);
        work.write(Line::new(Stamp::of(Instant::now()), None, What::Lost { lines: 1 }));
        let hurry = work.due.unwrap();
        assert!(hurry <= Instant::now() + limits::HURRY);
        work.write(line(1));
        assert_eq!(work.due, Some(hurry));
        work.sync();
        assert_eq!(work.due, None);
    }
}
