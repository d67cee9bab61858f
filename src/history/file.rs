//! Two files of lines for each stream: the one that grows, and the full one before it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use super::limits;

/// Which files. What anybody can have written as often as he likes must not push out what moved the gate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stream {
    /// Pulses and movements.
    Moves,
    /// Requests that moved nothing.
    Requests,
}

impl Stream {
    pub(super) const ALL: [Self; 2] = [Self::Moves, Self::Requests];

    const fn newest(self) -> &'static str {
        match self {
            Self::Moves => "history.jsonl",
            Self::Requests => "history-requests.jsonl",
        }
    }

    const fn older(self) -> &'static str {
        match self {
            Self::Moves => "history.1.jsonl",
            Self::Requests => "history-requests.1.jsonl",
        }
    }
}

/// The end of a stream, for appending. One at a time may be open.
///
/// A line is in the file when [`LogFile::append`] returns, and safe from a power cut after [`LogFile::sync`]. What a
/// cut leaves of a line stays alone in its line, and does not read.
#[derive(Debug)]
pub(super) struct LogFile {
    directory: PathBuf,
    stream: Stream,
    file: File,
    length: u64,
    /// The file does not end with a line feed.
    torn: bool,
    full_at: u64,
}

impl LogFile {
    /// Opens a stream in `directory`, which exists. A new file has mode 0600.
    pub(super) fn open(directory: &Path, stream: Stream) -> io::Result<Self> {
        Self::with_size(directory, stream, limits::FILE_BYTES)
    }

    fn with_size(directory: &Path, stream: Stream, full_at: u64) -> io::Result<Self> {
        let mut file = open(&directory.join(stream.newest()))?;
        let length = file.seek(SeekFrom::End(0))?;
        let torn = length > 0 && {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            last != *b"\n"
        };
        Ok(Self { directory: directory.to_owned(), stream, file, length, torn, full_at })
    }

    /// Appends `line`, which has no line feed, in one write.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(line.len() + 2);
        if self.torn {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        if self.length > 0 && self.length.saturating_add(bytes.len() as u64) > self.full_at {
            self.turn_over()?;
            bytes = [line, b"\n"].concat();
        }
        // Half a line on a full disk must not swallow the next one.
        self.torn = true;
        self.file.write_all(&bytes)?;
        self.torn = false;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Makes everything appended so far safe from a power cut.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// The full file takes the place of the one before it, and a new one begins.
    fn turn_over(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        let newest = self.directory.join(self.stream.newest());
        fs::rename(&newest, self.directory.join(self.stream.older()))?;
        self.file = open(&newest)?;
        (self.length, self.torn) = (0, false);
        // The new name must survive too, or what is synced in it would not.
        File::open(&self.directory)?.sync_all()
    }
}

/// The lines of a stream, from the newest to the oldest, also while somebody appends. It holds one block of a file, however
/// long the stream is.
#[derive(Debug)]
pub(super) struct Backwards {
    /// The older one comes first.
    files: Vec<File>,
    /// How many of them are not read to their start; the last of these is being read.
    unread: usize,
    /// Where `block` begins in it; none before it was begun.
    at: Option<u64>,
    /// Nothing before this is read.
    floor: u64,
    block: Vec<u8>,
    /// How much of the block is not read.
    end: usize,
    /// What ends with the unread part of the block goes on behind it, for longer than any line of ours.
    is_endless: bool,
}

/// Where a line is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    file: usize,
    at: u64,
    /// Bytes, without the line feed.
    pub(super) length: usize,
}

impl Backwards {
    /// The lines of a stream in `directory`; none when there is no such stream.
    pub(super) fn open(directory: &Path, stream: Stream) -> io::Result<Self> {
        let (newest, older) = (directory.join(stream.newest()), directory.join(stream.older()));
        // When the files are turned over between the two openings, both would be the same one.
        let mut files = [open_if_present(&older)?, open_if_present(&newest)?];
        for _ in 0..TURNS {
            let again = open_if_present(&older)?;
            if identity(again.as_ref())? == identity(files[0].as_ref())? {
                break;
            }
            files = [again, open_if_present(&newest)?];
        }
        let files: Vec<_> = files.into_iter().flatten().collect();
        let unread = files.len();
        Ok(Self { files, unread, at: None, floor: 0, block: Vec::new(), end: 0, is_endless: false })
    }

    /// The next older line. Empty ones and those that are longer than any of ours are passed over.
    pub(super) fn next(&mut self) -> io::Result<Option<(Place, &[u8])>> {
        let (place, range) = loop {
            let Some(file) = self.unread.checked_sub(1) else { return Ok(None) };
            let Some(at) = self.at else {
                self.begin(file)?;
                continue;
            };
            let unread = self.block.get(..self.end).unwrap_or_default();
            let feed = unread.iter().rposition(|byte| *byte == b'\n');
            if feed.is_none() && at > self.floor {
                self.extend(file, at)?;
                continue;
            }
            let range = feed.map_or(0, |feed| feed + 1)..self.end;
            match feed {
                Some(feed) => self.end = feed,
                None => (self.unread, self.at) = (file, None),
            }
            let is_endless = std::mem::take(&mut self.is_endless);
            if !is_endless && (1..=limits::LINE_BYTES).contains(&range.len()) {
                break (Place { file, at: at + range.start as u64, length: range.len() }, range);
            }
        };
        Ok(Some((place, self.block.get(range).unwrap_or_default())))
    }

    /// Appends the line at `place`, which [`next`](Self::next) gave, to `bytes`.
    pub(super) fn copy(&self, place: Place, bytes: &mut Vec<u8>) -> io::Result<()> {
        let length = bytes.len();
        bytes.resize(length + place.length, 0);
        match (self.files.get(place.file), bytes.get_mut(length..)) {
            (Some(file), Some(line)) => file.read_exact_at(line, place.at),
            _ => Ok(()),
        }
    }

    /// Lets go of the block: nothing more is to be read but by [`copy`](Self::copy).
    pub(super) fn end(&mut self) {
        (self.unread, self.block) = (0, Vec::new());
    }

    fn begin(&mut self, file: usize) -> io::Result<()> {
        let length = self.files.get(file).map_or(Ok(0), |file| file.metadata().map(|metadata| metadata.len()))?;
        (self.at, self.end) = (Some(length), 0);
        // Larger than this is not our file; its end is as good as any part of it.
        self.floor = length.saturating_sub(2 * limits::FILE_BYTES);
        Ok(())
    }

    /// Puts what stands before the block in front of the part that is not read.
    fn extend(&mut self, file: usize, at: u64) -> io::Result<()> {
        if self.end > limits::LINE_BYTES {
            (self.end, self.is_endless) = (0, true);
        }
        let more = at.saturating_sub(self.floor).min(limits::BLOCK_BYTES);
        let before = usize::try_from(more).unwrap_or_default();
        self.block.resize(self.block.len().max(before + self.end), 0);
        self.block.copy_within(..self.end, before);
        if let (Some(file), Some(block)) = (self.files.get(file), self.block.get_mut(..before)) {
            file.read_exact_at(block, at - more)?;
        }
        (self.at, self.end) = (Some(at - more), self.end + before);
        Ok(())
    }
}

/// Removes the history in `directory`.
pub(super) fn erase(directory: &Path) -> io::Result<()> {
    for name in names() {
        match fs::remove_file(directory.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The files of the history that are in `directory`, whole, each with its name; also while somebody appends.
pub(super) fn copy(directory: &Path) -> io::Result<Vec<(&'static str, Vec<u8>)>> {
    let mut copies = Vec::new();
    for name in names() {
        if let Some(file) = open_if_present(&directory.join(name))? {
            let mut bytes = Vec::new();
            file.take(2 * limits::FILE_BYTES).read_to_end(&mut bytes)?;
            copies.push((name, bytes));
        }
    }
    Ok(copies)
}

/// Writes such a file into `directory`, which has no history yet.
pub(super) fn put(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<File> {
    if !names().any(|known| known == name) {
        return Err(io::Error::new(ErrorKind::InvalidInput, format!("{name:?} is no file of the history")));
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(directory.join(name))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
}

/// The names that its files may have.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    Stream::ALL.iter().flat_map(|stream| [stream.older(), stream.newest()])
}

/// How often a reader looks again for files that were turned over meanwhile. They hold hours of a busy gate: once is
/// enough, unless a test writes as fast as it can.
const TURNS: usize = 3;

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    // What root writes here belongs to the daemon's user, as the directory does. Nobody else may give files away.
    let owner = path.parent().map(fs::metadata).transpose()?;
    if let Some(owner) = owner.filter(|owner| file.metadata().is_ok_and(|file| file.uid() != owner.uid())) {
        let _ = fchown(&file, Some(owner.uid()), Some(owner.gid()));
    }
    Ok(file)
}

fn open_if_present(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn identity(file: Option<&File>) -> io::Result<Option<(u64, u64)>> {
    file.map(|file| file.metadata().map(|metadata| (metadata.dev(), metadata.ino()))).transpose()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All lines, oldest first; each is also read at its place.
    fn texts(directory: &Path) -> Vec<String> {
        let mut lines = Backwards::open(directory, Stream::Moves).unwrap();
        let mut found = Vec::new();
        while let Some((place, line)) = lines.next().unwrap() {
            found.push((place, String::from_utf8_lossy(line).into_owned()));
        }
        lines.end();
        let read = |place| {
            let mut bytes = Vec::new();
            lines.copy(place, &mut bytes).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        assert!(found.iter().all(|(place, line)| read(*place) == *line));
        found.into_iter().rev().map(|(_, line)| line).collect()
    }

    #[test]
    fn lines_come_back_in_their_order_also_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(texts(directory.path()), Vec::<String>::new());
        for start in 0..3 {
            let mut file = LogFile::open(directory.path(), Stream::Moves).unwrap();
            file.append(format!("{start} a").as_bytes()).unwrap();
            file.append(format!("{start} b").as_bytes()).unwrap();
            file.sync().unwrap();
        }
        assert_eq!(texts(directory.path()), ["0 a", "0 b", "1 a", "1 b", "2 a", "2 b"]);
    }

    #[test]
    fn only_the_owner_may_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let _file = LogFile::open(directory.path(), Stream::Moves).unwrap();
        assert_eq!(fs::metadata(directory.path().join(Stream::Moves.newest())).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn opening_it_again_writes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        LogFile::open(directory.path(), Stream::Moves).unwrap().append(b"line").unwrap();
        let before = fs::metadata(directory.path().join(Stream::Moves.newest())).unwrap();
        for _ in 0..100 {
            LogFile::open(directory.path(), Stream::Moves).unwrap().sync().unwrap();
        }
        let after = fs::metadata(directory.path().join(Stream::Moves.newest())).unwrap();
        assert_eq!((before.len(), before.mtime_nsec()), (after.len(), after.mtime_nsec()));
    }

    #[test]
    fn a_full_file_pushes_the_oldest_one_out() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = LogFile::with_size(directory.path(), Stream::Moves, 20).unwrap();
        for number in 0..100 {
            file.append(format!("line {number:02}").as_bytes()).unwrap();
        }
        // Two lines of eight bytes in each file.
        assert_eq!(texts(directory.path()), ["line 96", "line 97", "line 98", "line 99"]);
    }

    #[test]
    fn a_line_longer_than_a_file_is_still_written() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = LogFile::with_size(directory.path(), Stream::Moves, 4).unwrap();
        file.append(b"longer than that").unwrap();
        file.append(b"and again").unwrap();
        assert_eq!(texts(directory.path()), ["longer than that", "and again"]);
    }

    #[test]
    fn erasing_leaves_nothing_and_needs_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = LogFile::with_size(directory.path(), Stream::Moves, 4).unwrap();
        file.append(b"one").unwrap();
        file.append(b"two").unwrap();
        erase(directory.path()).unwrap();
        erase(directory.path()).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_line_without_end_costs_itself_and_no_memory() {
        let directory = tempfile::tempdir().unwrap();
        let endless = "x".repeat(300_000);
        for (text, expected) in [
            (format!("one\n{endless}\ntwo\n"), &["one", "two"][..]),
            (format!("{endless}\ntwo\n"), &["two"]),
            (format!("one\n{endless}"), &["one"]),
            (endless.clone(), &[]),
        ] {
            fs::write(directory.path().join(Stream::Moves.newest()), text).unwrap();
            assert_eq!(texts(directory.path()), expected);
        }
        let mut lines = Backwards::open(directory.path(), Stream::Moves).unwrap();
        assert_eq!(lines.next().unwrap(), None);
        assert!(lines.block.len() <= 2 * limits::BLOCK_BYTES as usize + limits::LINE_BYTES);
    }

    proptest! {
        /// Blocks end anywhere in a line.
        #[test]
        fn lines_of_any_length_come_back(lengths in prop::collection::vec(0..=limits::LINE_BYTES + 1, 0..40)) {
            let directory = tempfile::tempdir().unwrap();
            let lines: Vec<_> = lengths.iter().enumerate().map(|(at, length)| {
                char::from(b'a' + u8::try_from(at % 26).unwrap()).to_string().repeat(*length)
            }).collect();
            fs::write(directory.path().join(Stream::Moves.older()), lines[..lines.len() / 2].join("\n")).unwrap();
            fs::write(directory.path().join(Stream::Moves.newest()), lines[lines.len() / 2..].join("\n")).unwrap();
            let ours: Vec<_> = lines.into_iter().filter(|line| (1..=limits::LINE_BYTES).contains(&line.len())).collect();
            prop_assert_eq!(texts(directory.path()), ours);
        }

        /// A power cut may leave any part of what was not synced, also zeros in its place.
        #[test]
        fn whatever_a_power_cut_leaves_of_a_line_the_others_are_read(cut in 0_usize..20, zeros in 0_usize..20) {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(Stream::Moves.newest());
            let mut file = LogFile::open(directory.path(), Stream::Moves).unwrap();
            file.append(b"before").unwrap();
            file.append(b"the line that is cut").unwrap();
            drop(file);
            let mut bytes = fs::read(&path).unwrap();
            bytes.truncate(b"before\n".len() + cut);
            bytes.extend(vec![0; zeros]);
            fs::write(&path, &bytes).unwrap();
            let mut file = LogFile::open(directory.path(), Stream::Moves).unwrap();
            file.append(b"after").unwrap();
            let lines = texts(directory.path());
            prop_assert_eq!(lines.first().map(String::as_str), Some("before"));
            prop_assert_eq!(lines.last().map(String::as_str), Some("after"));
            prop_assert!(lines.len() <= 3);
        }
    }
}
