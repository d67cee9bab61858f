//! Whether there is a configuration, and whether it is right.

use std::path::{Path, PathBuf};

use super::finding::Finding;
use crate::config::{self, Config, ConfigError};

const PLACE: &str = "configuration";

/// Where the configuration comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// This file.
    File(PathBuf),
    /// No file: the default, one simulated gate.
    Default,
}

/// The token's file.
#[derive(Clone, Debug)]
pub(super) struct TokenFile {
    pub(super) path: PathBuf,
    pub(super) mode: Option<u32>,
    /// Why it is of no use, if so.
    pub(super) problem: Option<String>,
}

pub(super) fn judge(source: &Source, config: &Result<Config, ConfigError>) -> Vec<Finding> {
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            let file = match error {
                ConfigError::Unreadable { file, .. } => {
                    let finding = Finding::problem(PLACE, error.to_string()).because("the daemon does not start");
                    return vec![
                        finding.mend(format!("see who may read it: ls -l {file}; or name another one: --config FILE")),
                    ];
                }
                ConfigError::TooLarge { file, .. }
                | ConfigError::Syntax { file, .. }
                | ConfigError::Key { file, .. } => file,
            };
            let finding = Finding::problem(PLACE, error.to_string()).because("the daemon does not start");
            return vec![finding.mend(format!("edit it: sudo nano {file}"))];
        }
    };
    let read = match source {
        Source::File(path) => Finding::fine(PLACE, format!("{}: read, and within its bounds", path.display())),
        Source::Default => Finding::note(PLACE, "there is none: one simulated gate named \"Gate\", nothing real moves")
            .mend(format!("write {}: deploy/portcullis.example.toml holds every key", config::DEFAULT_FILE)),
    };
    let warnings = config.warnings().into_iter().map(|warning| Finding::note(PLACE, warning));
    [read].into_iter().chain(warnings).collect()
}

/// Of the local API's token.
pub(super) fn judge_token(token: &TokenFile, user: &str) -> Finding {
    let TokenFile { path, mode, problem } = token;
    let shown = path.display();
    if let Some(problem) = problem {
        return Finding::problem(PLACE, format!("[api] token_file: {problem}"))
            .because(format!("the daemon does not start, or {user} is not who runs it"))
            .mend(make(path));
    }
    match mode {
        Some(mode) if mode & 0o077 != 0 => {
            Finding::warning(PLACE, format!("others may read the token in {shown} (mode {:04o})", mode & 0o7777))
                .because("whoever has it can open the gate")
                .mend(format!("sudo chmod 600 {shown}"))
        }
        _ => Finding::fine(PLACE, format!("{shown} holds a token, for its owner alone")),
    }
}

fn make(path: &Path) -> String {
    let shown = path.display();
    format!(
        "make one: sudo sh -c 'umask 077; head -c 24 /dev/urandom | base64 > {shown}'; sudo chown portcullis {shown}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn judged(text: &str) -> Vec<Finding> {
        judge(&Source::File("gate.toml".into()), &Config::parse(text, "gate.toml"))
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_the_file_to_edit() {
        let found = judged("[[gate]]\nnmae = \"Gate\"\n").remove(0);
        assert_eq!(found.severity, Severity::Problem);
        assert!(found.what.contains("gate.toml:2") && found.mends[0].contains("nano gate.toml"), "{found:?}");
        let found = judge(&Source::File("no.toml".into()), &Config::load(Path::new("/nowhere/no.toml"))).remove(0);
        assert!(found.severity == Severity::Problem && found.mends[0].contains("--config"), "{found:?}");
    }

    #[test]
    fn none_at_all_is_a_simulated_gate_and_a_good_one_is_fine() {
        assert_eq!(judged("")[0].severity, Severity::Fine);
        let none = judge(&Source::Default, &Ok(Config::default())).remove(0);
        assert!(none.severity == Severity::Note && none.mends[0].contains("portcullis.toml"), "{none:?}");
    }

    #[test]
    fn a_token_that_is_missing_or_open_to_others_is_told() {
        let path = PathBuf::from("/etc/portcullis/token");
        let of = |mode, problem: Option<&str>| {
            judge_token(&TokenFile { path: path.clone(), mode, problem: problem.map(str::to_owned) }, "pi")
        };
        assert_eq!(of(Some(0o100_600), None).severity, Severity::Fine);
        assert_eq!(of(Some(0o100_644), None).mends, ["sudo chmod 600 /etc/portcullis/token"]);
        assert_eq!(of(None, Some("it cannot be read")).severity, Severity::Problem);
    }
}
