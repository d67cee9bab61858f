//! Where the pairings are kept.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::limits::FILE_BYTES;
use super::{Config, ConfigError, DEFAULT_FILE};

/// The state directory: the command line's, else the configuration's, else `$STATE_DIRECTORY` (the
/// service manager's), else `$XDG_STATE_HOME/portcullis`, else `~/.local/state/portcullis`.
///
/// `environment` looks a variable up.
pub(crate) fn resolve(
    named: Option<&Path>,
    configured: Option<&Path>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, NoStateDir> {
    if let Some(path) = named.or(configured) {
        return Ok(path.to_owned());
    }
    // An empty variable counts as an absent one.
    let variable = |name| environment(name).filter(|value| !value.is_empty());
    if let Some(directories) = variable("STATE_DIRECTORY") {
        // A unit with several state directories lists them with colons; ours is the first.
        let first = directories.as_bytes().split(|byte| *byte == b':').next().unwrap_or_default();
        return Ok(PathBuf::from(std::ffi::OsStr::from_bytes(first)));
    }
    // The XDG rules have a relative path ignored.
    let home_of = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(path) = home_of("XDG_STATE_HOME") {
        return Ok(path.join("portcullis"));
    }
    let home = home_of("HOME").ok_or(NoStateDir)?;
    Ok(home.join(".local/state/portcullis"))
}

/// The configuration, and the state directory that it names, also when there is a mistake in it. `named` is the file that the
/// command line names.
pub(crate) fn find(named: Option<&Path>) -> (Result<Config, ConfigError>, Option<PathBuf>) {
    let config = Config::find(named);
    let configured = match &config {
        Ok(config) => config.state_dir.clone(),
        Err(_) => in_broken_file(named.unwrap_or(Path::new(DEFAULT_FILE))),
    };
    (config, configured)
}

/// The state directory that a configuration names which cannot be read as a whole: what stands before its first table, where
/// the key is, is read line by line.
fn in_broken_file(file: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Line {
        state_dir: PathBuf,
    }
    let mut bytes = Vec::new();
    File::open(file).and_then(|file| file.take(FILE_BYTES as u64).read_to_end(&mut bytes)).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let top = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    top.filter_map(|line| toml::from_str::<Line>(line).ok()).map(|line| line.state_dir).next()
}

/// Nothing says where the state belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no state directory: give --state-dir, write state_dir in the configuration, or set HOME")]
pub(crate) struct NoStateDir;

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, &str); 3] = [("STATE_DIRECTORY", "/service"), ("XDG_STATE_HOME", "/xdg"), ("HOME", "/home")];

    fn resolved(named: Option<&str>, configured: Option<&str>, set: &[(&str, &str)]) -> Result<PathBuf, NoStateDir> {
        resolve(named.map(Path::new), configured.map(Path::new), |name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_nearest_word_on_the_state_directory_counts() {
        let [_, xdg, home] = ALL;
        let cases = [
            (resolved(Some("a"), Some("b"), &ALL), "a"),
            (resolved(None, Some("b"), &ALL), "b"),
            (resolved(None, None, &ALL), "/service"),
            (resolved(None, None, &[xdg, home]), "/xdg/portcullis"),
            (resolved(None, None, &[home]), "/home/.local/state/portcullis"),
        ];
        for (found, expected) in cases {
            assert_eq!(found, Ok(PathBuf::from(expected)));
        }
    }

    #[test]
    fn a_file_with_a_mistake_still_says_where_the_state_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("portcullis.toml");
        let found = |text: &[u8]| {
            std::fs::write(&file, text).unwrap();
            in_broken_file(&file)
        };
        let there = Some(PathBuf::from("/srv/gate"));
        assert_eq!(found(b"version = \nstate_dir = \"/srv/gate\" # on the disk\n[[gate\npin = x"), there);
        assert_eq!(found(b"\xFF\n  state_dir='/srv/gate'\n"), there);
        // Another table's, a comment, and none.
        assert_eq!(found(b"[homekit]\nstate_dir = \"/srv/gate\"\n"), None);
        assert_eq!(found(b"# state_dir = \"/srv/gate\"\n"), None);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(in_broken_file(&file), None);
    }

    #[test]
    fn the_first_of_several_service_directories_is_ours() {
        let found = resolved(None, None, &[("STATE_DIRECTORY", "/first:/second")]);
        assert_eq!(found, Ok(PathBuf::from("/first")));
    }

    #[test]
    fn an_empty_or_relative_variable_is_passed_over() {
        let found = resolved(None, None, &[("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", "xdg"), ("HOME", "/home")]);
        assert_eq!(found, Ok(PathBuf::from("/home/.local/state/portcullis")));
        assert_eq!(resolved(None, None, &[("HOME", "")]), Err(NoStateDir));
    }
}
