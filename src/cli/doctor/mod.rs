//! `portcullis doctor`: what is wrong, why that matters, and what mends it.
//!
//! [`facts`] looks at the machine. Each other file judges one kind of facts, without looking anywhere, so that each can be
//! tested without a network, a gate or a broken memory card.

mod answers;
mod clock;
mod configuration;
mod facts;
mod finding;
mod network;
mod ports;
mod service;
mod state;
mod wifi;
mod wiring;

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use self::configuration::Source;
use self::finding::{Finding, Report, Severity};
use self::ports::Port;
use self::wiring::Pins;
use super::error::CommandError;
use super::style::Style;
use super::{Json, print_json};
use crate::config::state_dir::NoStateDir;
use crate::config::{self, Config, ConfigError, Relay};
use crate::hardware;

/// Looks, without taking or moving anything, also while the daemon runs. `named` is the file of the configuration that the
/// command line names.
pub(super) fn run(
    named: Option<&Path>,
    config: Result<Config, ConfigError>,
    state_dir: impl FnOnce(Option<&Config>) -> Result<PathBuf, NoStateDir>,
    Json { json }: Json,
) -> Result<(), CommandError> {
    let source = match named {
        Some(path) => Source::File(path.to_owned()),
        None if Path::new(config::DEFAULT_FILE).exists() => Source::File(config::DEFAULT_FILE.into()),
        None => Source::Default,
    };
    let mut findings = configuration::judge(&source, &config);
    let config = config.ok();
    findings.extend(examine(config.as_ref(), state_dir(config.as_ref())));
    let report = Report::new(findings);
    if json {
        print_json(&report)?;
    } else {
        let mut out = io::stdout().lock();
        report.print(&mut out, Style::of(&io::stdout()))?;
    }
    match report.verdict {
        Severity::Fine | Severity::Note => Ok(()),
        Severity::Warning => Err(CommandError::Warnings { count: report.count(Severity::Warning) }),
        Severity::Problem => Err(CommandError::Problems { count: report.count(Severity::Problem) }),
    }
}

/// Those on which the daemon listens.
fn ports(config: &Config) -> Vec<Port> {
    let homekit = Port { place: "HomeKit port", key: "[homekit] bind", address: config.homekit.bind };
    let api = Port { place: "local API port", key: "[api] listen", address: config.api.listen };
    [Some(homekit), cfg!(feature = "api").then_some(api)].into_iter().flatten().collect()
}

/// All but the configuration. What depends on it is left out when it cannot be used.
fn examine(config: Option<&Config>, state_dir: Result<PathBuf, NoStateDir>) -> Vec<Finding> {
    let user = facts::user();
    let mut findings = Vec::new();
    findings.extend(config.and_then(facts::token).map(|token| configuration::judge_token(&token, &user.name)));
    let (mut identity, mut is_hidden, mut pid) = (None, false, None);
    match state_dir {
        Ok(path) => {
            let path = facts::whole(&path);
            let (place, known) = facts::state(&path);
            is_hidden = matches!(place, state::Place::Unreadable(_));
            (identity, pid) = (known, facts::holder_of(&path));
            findings.extend(state::judge(&path, &place, &user));
        }
        Err(error) => findings.push(
            Finding::problem("state directory", error.to_string())
                .because("the daemon has no place for its pairings, and does not start")
                .mend("name one: portcullis doctor --state-dir DIR; for good: state_dir in the configuration"),
        ),
    }
    findings.push(clock::judge(SystemTime::now(), facts::installed(), facts::time_is_confirmed()));
    findings.extend(wifi::judge(&facts::wireless()));
    let Some(config) = config else { return findings };
    let daemon = facts::daemon(config);
    let runs = pid.is_some() || matches!(daemon, Some(service::Daemon::Answers { .. }));
    findings.extend(service::judge(daemon.as_ref(), pid));
    let sockets = facts::sockets();
    findings.extend(ports::judge(&ports(config), &sockets, &facts::holders(&sockets), pid));
    let (interfaces, routes) = facts::interfaces(config);
    findings.extend(network::judge(&interfaces, &routes));
    findings.extend(match identity {
        _ if !config.homekit.advertise => {
            vec![Finding::note("mDNS", "[homekit] advertise = false: phones do not find the gate by themselves")]
        }
        Some(identity) => {
            facts::answers(config, identity).map(|found| answers::judge(&found, runs)).unwrap_or_default()
        }
        None if is_hidden => vec![
            Finding::note("mDNS", "not asked: the identity is in the state directory, which this user cannot read")
                .mend("sudo portcullis doctor"),
        ],
        None => {
            vec![Finding::note("mDNS", "not asked: the state directory holds no accessory, as before the first start")]
        }
    });
    let uses_registers =
        config.gates.iter().flat_map(|gate| gate.relays()).any(|(_, it)| matches!(it, Relay::Rppal { .. }));
    let registers = uses_registers.then(hardware::check_registers).and_then(Result::err).map(|error| error.to_string());
    let pins = Pins { firmware: &facts::firmware(), registers: registers.as_deref(), line: &facts::line };
    findings.extend(wiring::judge(config, &pins));
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_the_local_api_has_no_port_for_it_and_asks_nobody() {
        let config = Config::parse("", "portcullis.toml").unwrap();
        assert_eq!(ports(&config).len(), if cfg!(feature = "api") { 2 } else { 1 });
        assert_eq!(facts::daemon(&config).is_some(), cfg!(feature = "api"));
    }
}
