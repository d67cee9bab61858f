//! Whether the daemon can use its state directory.

use std::path::{Path, PathBuf};

use super::finding::Finding;

const PLACE: &str = "state directory";

/// Less room than this for others than root, and the next save may fail: several times all documents and the history.
const ROOM: u64 = 8 * 1024 * 1024;

/// What is at its path.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Nothing yet; whether this user could make it.
    Absent { can_be_made: bool },
    /// Something else.
    NotADirectory,
    /// It cannot be looked at.
    Unreadable(String),
    /// It is there.
    Directory(Directory),
}

/// A directory and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub(super) mode: u32,
    pub(super) owner: User,
    /// Files in it that belong to others than the directory.
    pub(super) strays: Vec<PathBuf>,
    pub(super) read_only: bool,
    /// Bytes that are free, if that is known.
    pub(super) free: Option<u64>,
    /// How many controllers are paired, none before the first start; or why it cannot be read.
    pub(super) paired: Result<Option<usize>, String>,
}

/// Somebody with an account here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct User {
    pub(super) id: u32,
    /// The number again where there is no name.
    pub(super) name: String,
}

/// `user`: who asks.
pub(super) fn judge(path: &Path, place: &Place, user: &User) -> Vec<Finding> {
    let shown = path.display();
    match place {
        Place::Absent { can_be_made: true } => {
            vec![Finding::note(PLACE, format!("{shown} is not there yet: the first start makes it"))]
        }
        Place::Absent { can_be_made: false } => vec![
            Finding::problem(PLACE, format!("{shown} is not there, and {} may not make it", user.name))
                .because("the daemon does not start without a place for its pairings")
                .mend(format!("sudo install -d -m 700 -o {} {shown}", user.name)),
        ],
        Place::NotADirectory => vec![
            Finding::problem(PLACE, format!("{shown} is not a directory"))
                .because("the daemon does not start without a place for its pairings")
                .mend("choose another one: state_dir in the configuration, or --state-dir"),
        ],
        Place::Unreadable(reason) => vec![
            Finding::warning(PLACE, format!("{shown} cannot be looked into by {}: {reason}", user.name))
                .because("it is for the daemon's user alone, so what is in it could not be examined")
                .mend("sudo portcullis doctor"),
        ],
        Place::Directory(directory) => examine(path, directory, user),
    }
}

fn examine(path: &Path, directory: &Directory, user: &User) -> Vec<Finding> {
    let Directory { mode, owner, strays, read_only, free, paired } = directory;
    let (shown, mode) = (path.display(), mode & 0o7777);
    let mut findings = Vec::new();
    if mode & 0o022 != 0 {
        let finding = Finding::problem(PLACE, format!("others may write into {shown} (mode {mode:04o})"));
        findings
            .push(finding.because("whoever can write there can open the gate").mend(format!("sudo chmod 700 {shown}")));
    } else if mode & 0o077 != 0 {
        let finding = Finding::warning(PLACE, format!("others may look into {shown} (mode {mode:04o})"));
        findings.push(finding.because("it holds the keys of the gate").mend(format!("sudo chmod 700 {shown}")));
    }
    if let Some(first) = strays.first() {
        let what = format!("{} does not belong to {}, as the directory does", first.display(), owner.name);
        let finding = Finding::problem(PLACE, what).because("the daemon's user cannot read or replace it");
        findings.push(finding.mend(format!("sudo chown -R {0}: {shown}", owner.name)));
    }
    if *read_only {
        let finding = Finding::problem(PLACE, format!("{shown} is on a file system that is mounted read-only"));
        findings.push(
            finding
                .because("no phone can pair, since pairings cannot be kept; a failing memory card often ends like this")
                .mend("see why: dmesg | grep -i -e ext4 -e mmc; and have a backup ready: portcullis backup FILE"),
        );
    } else if let Some(free) = free.filter(|free| *free < ROOM) {
        let finding = Finding::problem(PLACE, format!("{} KiB are free on the disk of {shown}", free / 1024));
        findings.push(
            finding
                .because("a pairing or a name may fail to be kept")
                .mend("make room: sudo apt-get clean; sudo journalctl --vacuum-size=20M"),
        );
    }
    if owner.id != user.id && user.id != 0 {
        let what = format!("{shown} belongs to {}, and this is {}", owner.name, user.name);
        findings.push(
            Finding::warning(PLACE, what)
                .because("only its owner can run the daemon on it")
                .mend("examine it as root: sudo portcullis doctor")
                .mend(format!("or, if it should be yours: sudo chown -R {}: {shown}", user.name)),
        );
    }
    findings.push(match paired {
        Ok(None) => Finding::note(PLACE, format!("{shown} is empty: the first start makes a new accessory")),
        Ok(Some(0)) => Finding::note(PLACE, "nobody is paired yet: portcullis pair shows the code"),
        Ok(Some(1)) => Finding::fine(PLACE, "one controller is paired"),
        Ok(Some(count)) => Finding::fine(PLACE, format!("{count} controllers are paired")),
        Err(reason) => Finding::problem(PLACE, reason.clone())
            .because("without it nobody knows who may open the gate, so the daemon does not start")
            .mend("restore the last backup: portcullis restore FILE")
            .mend("or begin anew, and have every Home add the gate again: portcullis reset"),
    });
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn user(id: u32, name: &str) -> User {
        User { id, name: name.to_owned() }
    }

    fn sound() -> Directory {
        Directory {
            mode: 0o40700,
            owner: user(990, "portcullis"),
            strays: Vec::new(),
            read_only: false,
            free: Some(1 << 30),
            paired: Ok(Some(2)),
        }
    }

    /// The worst of what is found by that user.
    fn found(place: Place, by: &User) -> Finding {
        let mut findings = judge(Path::new("/var/lib/portcullis"), &place, by);
        findings.sort_by_key(|finding| finding.severity);
        findings.pop().unwrap()
    }

    #[test]
    fn a_sound_directory_is_fine_for_its_owner_and_for_root() {
        for by in [user(990, "portcullis"), user(0, "root")] {
            let finding = found(Place::Directory(sound()), &by);
            assert_eq!((finding.severity, finding.what.as_str()), (Severity::Fine, "2 controllers are paired"));
        }
    }

    #[test]
    fn what_stops_the_daemon_is_a_problem_with_its_command() {
        let root = user(0, "root");
        let cases = [
            (Directory { mode: 0o40777, ..sound() }, "chmod 700 /var/lib/portcullis"),
            (Directory { strays: vec!["/var/lib/portcullis/lock".into()], ..sound() }, "chown -R portcullis: /var"),
            (Directory { read_only: true, ..sound() }, "backup"),
            (Directory { free: Some(1024), ..sound() }, "make room"),
            (Directory { paired: Err("damaged".to_owned()), ..sound() }, "portcullis restore"),
        ];
        for (directory, mend) in cases {
            let finding = found(Place::Directory(directory), &root);
            assert_eq!(finding.severity, Severity::Problem, "{finding:?}");
            assert!(finding.why.is_some() && finding.mends[0].contains(mend), "{finding:?}");
        }
        assert_eq!(found(Place::NotADirectory, &root).severity, Severity::Problem);
        let finding = found(Place::Absent { can_be_made: false }, &user(1000, "pi"));
        assert!(finding.mends[0].contains("-o pi /var/lib/portcullis"), "{finding:?}");
    }

    #[test]
    fn a_first_start_is_no_problem_and_what_could_not_be_seen_is_said() {
        let pi = user(1000, "pi");
        assert_eq!(found(Place::Absent { can_be_made: true }, &pi).severity, Severity::Note);
        assert_eq!(found(Place::Directory(Directory { mode: 0o40755, ..sound() }), &pi).severity, Severity::Warning);
        assert_eq!(found(Place::Directory(sound()), &pi).severity, Severity::Warning);
        assert_eq!(found(Place::Unreadable("Permission denied".to_owned()), &pi).severity, Severity::Warning);
    }
}
