//! The log: lines on standard error, for people, or for systemd's journal with the level of each.

use std::fmt;
use std::io::{self, Write};
use std::os::fd::AsFd;

use log::Level;
use rustix::fs::fstat;

/// From now on what is logged is written, from `info` on or as `RUST_LOG` says.
pub(crate) fn start() {
    let level = env_logger::Env::default().default_filter_or("info");
    let mut builder = env_logger::Builder::from_env(level);
    if is_journal(&io::stderr()) {
        builder.format(|out, record| write!(out, "{}", Entry { level: record.level(), text: record.args() }));
    }
    builder.init();
}

/// Says why the program ends, in one line on standard error.
pub(crate) fn last_words(error: &dyn fmt::Display) {
    let mut err = io::stderr();
    // Nothing is left to say it to if standard error is gone too.
    let _ = if is_journal(&err) {
        write!(err, "{}", Entry { level: Level::Error, text: error })
    } else {
        writeln!(err, "portcullis: {error}")
    };
}

/// Whether what is written to `out` ends in systemd's journal.
pub(crate) fn is_journal(out: &impl AsFd) -> bool {
    let Ok(stat) = fstat(out) else { return false };
    std::env::var("JOURNAL_STREAM").is_ok_and(|journal| journal == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// An entry of the journal: each of its lines begins with the level, as sd-daemon(3) has it. The journal knows the time and
/// the program.
struct Entry<'a, T: ?Sized> {
    level: Level,
    text: &'a T,
}

impl<T: fmt::Display + ?Sized> fmt::Display for Entry<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let priority = match self.level {
            Level::Error => 3,
            Level::Warn => 4,
            Level::Info => 6,
            Level::Debug | Level::Trace => 7,
        };
        self.text.to_string().lines().try_for_each(|line| writeln!(f, "<{priority}>{line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_an_entry_has_its_level() {
        let said = |level, text: &str| Entry { level, text }.to_string();
        assert_eq!(said(Level::Info, "stopping"), "<6>stopping\n");
        assert_eq!(said(Level::Warn, "one\ntwo"), "<4>one\n<4>two\n");
        assert_eq!(said(Level::Error, "<7>not its level"), "<3><7>not its level\n");
        assert_eq!(said(Level::Debug, ""), "");
    }
}
