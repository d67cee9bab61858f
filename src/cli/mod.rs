//! The command line: what may be written after `portcullis`, and doing it.

mod bench_wiring;
#[cfg(feature = "api")]
mod client;
#[cfg(not(feature = "api"))]
#[path = "no_client.rs"]
mod client;
mod controllers;
mod doctor;
mod error;
mod history;
mod move_gate;
pub(crate) mod pair;
mod release;
mod reset;
mod status;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::error::CommandError;
use crate::config::{Config, state_dir};
use crate::{daemon, hardware};

/// The version, and the commit that it is built from: see `build.rs`.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("PORTCULLIS_COMMIT"), ")");

/// A HomeKit accessory server for a gate.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "portcullis",
    version = VERSION,
    about = "A HomeKit accessory server for a gate",
    after_help = EXAMPLES,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// The configuration [default: /etc/portcullis/portcullis.toml when it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The directory that keeps the pairings [default: the configuration's]
    #[arg(long, global = true, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

impl Cli {
    /// What to do: without a command, the daemon.
    pub(crate) fn command(&self) -> Command {
        self.command.clone().unwrap_or(Command::Run)
    }
}

/// Does what the command line says; a failure is one line on standard error.
pub(crate) fn run(cli: &Cli) -> ExitCode {
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has had enough, as `head` has.
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to say it to if standard error is gone too.
            let _ = writeln!(io::stderr(), "portcullis: {error}");
            error.exit_code()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<(), CommandError> {
    if cli.command() == Command::Keeper {
        start_log();
        return hardware::run_keeper().map_err(CommandError::Keeper);
    }
    let config = Config::find(cli.config.as_deref())?;
    let directory = || {
        let resolved =
            state_dir::resolve(cli.state_dir.as_deref(), config.state_dir.as_deref(), |name| std::env::var_os(name));
        Ok::<_, CommandError>(resolved?)
    };
    match cli.command() {
        Command::Run => {
            start_log();
            Ok(daemon::run(&config, &directory()?)?)
        }
        Command::Pair(pair) => pair::run(&config, &directory()?, &pair),
        Command::Status(json) => status::run(&config, json),
        Command::Open(gate) => move_gate::run(&config, "open", gate.gate.as_deref()),
        Command::Close(gate) => move_gate::run(&config, "close", gate.gate.as_deref()),
        Command::Toggle(gate) => move_gate::run(&config, "toggle", gate.gate.as_deref()),
        Command::Controllers(controllers) => controllers::run(&config, &directory()?, &controllers.action()),
        Command::History(options) => history::run(&config, &directory()?, &options),
        Command::Reset(reset) => reset::run(&directory()?, reset),
        Command::Release => release::run(&config, &directory()?),
        Command::Bench(gate) => bench_wiring::run(&config, &directory()?, gate.gate.as_deref()),
        Command::Doctor => doctor::run(&config),
        // It has no configuration: see above.
        Command::Keeper => Ok(()),
    }
}

fn start_log() {
    let level = env_logger::Env::default().default_filter_or("info");
    env_logger::Builder::from_env(level).init();
}

/// What `portcullis` can do.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon; the same as no command at all
    Run,
    /// Show the setup code, the QR code and whether a Home is paired
    Pair(Pair),
    /// Show what the gates do
    Status(Json),
    /// Open a gate
    Open(GateName),
    /// Close a gate
    Close(GateName),
    /// Press a gate's button, whatever that does now
    Toggle(GateName),
    /// Show, name or remove the controllers that may open the gates
    Controllers(Controllers),
    /// Show who moved the gates, and when
    History(History),
    /// Forget every pairing and become a new accessory
    Reset(Reset),
    /// Find what is wrong with the wiring and the configuration, and say what mends it
    Doctor,
    /// Press a gate's relays by hand and watch its sensors, to prove the wiring
    Bench(GateName),
    /// Let go of every relay; for the service manager, before a start and after a stop
    Release,
    /// Hold the relays: the daemon starts this
    #[command(hide = true)]
    Keeper,
}

/// `portcullis pair`
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub(crate) struct Pair {
    /// How to print.
    #[command(flatten)]
    pub json: Json,

    /// Write the QR code to an SVG file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Write the QR code to a PNG file
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
}

/// How to print.
#[derive(Args, Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which gate.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub(crate) struct GateName {
    /// The gate's name; needed when there are several
    #[arg(value_name = "GATE")]
    pub gate: Option<String>,
}

/// `portcullis controllers`
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct Controllers {
    #[command(subcommand)]
    action: Option<ControllersAction>,
}

impl Controllers {
    /// What to do with them: without a word, list them.
    pub(crate) fn action(&self) -> ControllersAction {
        self.action.clone().unwrap_or(ControllersAction::List(Json::default()))
    }
}

/// What can be done with the controllers.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub(crate) enum ControllersAction {
    /// List them; the same as no word at all
    List(Json),
    /// Give one a name, which the history then uses; without NAME take the name away
    Name {
        /// The controller's id, as the list shows it
        #[arg(value_name = "ID")]
        id: String,
        /// What to call it: 1 to 64 characters
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Remove one; without its last admin the accessory is unpaired
    Remove {
        /// The controller's id, as the list shows it
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// `portcullis history`
#[derive(Args, Clone, Copy, Debug, PartialEq)]
pub(crate) struct History {
    /// How to print.
    #[command(flatten)]
    pub json: Json,

    /// Show so many of the newest lines
    #[arg(short = 'n', value_name = "N", default_value_t = 50)]
    pub lines: usize,
}

/// `portcullis reset`
#[derive(Args, Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reset {
    /// Do not ask first
    #[arg(long)]
    pub yes: bool,
}

const EXAMPLES: &str = "\
Examples:
  portcullis                              run the daemon; without a configuration, one simulated gate
  portcullis --config gate.toml           run it with this configuration
  portcullis pair                         show the code that Home asks for
  portcullis pair --svg qr.svg            and keep its QR code for printing
  portcullis open                         open the only gate
  portcullis toggle \"Garage\"              press the button of one of several
  portcullis history -n 10                show the last ten things that happened
  portcullis controllers name ID Anna     have the history call a phone by a name
  portcullis controllers remove ID        take a lost phone's right to open
";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    fn command(line: &str) -> Command {
        parsed(line).unwrap().command()
    }

    #[test]
    fn the_definitions_contradict_themselves_nowhere() {
        <Cli as CommandFactory>::command().debug_assert();
    }

    #[test]
    fn without_a_command_the_daemon_runs() {
        assert_eq!(command("portcullis"), Command::Run);
        assert_eq!(command("portcullis run"), Command::Run);
    }

    #[test]
    fn the_global_options_stand_before_and_after_the_command() {
        for line in [
            "portcullis --config a.toml --state-dir b",
            "portcullis run --config a.toml --state-dir b",
            "portcullis --config a.toml pair --state-dir b",
            "portcullis controllers remove x --config a.toml --state-dir b",
        ] {
            let cli = parsed(line).unwrap();
            assert_eq!(cli.config, Some(PathBuf::from("a.toml")), "{line}");
            assert_eq!(cli.state_dir, Some(PathBuf::from("b")), "{line}");
        }
    }

    #[test]
    fn each_command_takes_its_own_words() {
        let json = Json { json: true };
        assert_eq!(command("portcullis status --json"), Command::Status(json));
        assert_eq!(
            command("portcullis pair --json --svg qr.svg"),
            Command::Pair(Pair { json, svg: Some(PathBuf::from("qr.svg")), png: None })
        );
        assert_eq!(command("portcullis open"), Command::Open(GateName { gate: None }));
        assert_eq!(command("portcullis close Garage"), Command::Close(GateName { gate: Some("Garage".to_owned()) }));
        assert_eq!(command("portcullis history -n 5 --json"), Command::History(History { json, lines: 5 }));
        assert_eq!(command("portcullis reset --yes"), Command::Reset(Reset { yes: true }));
    }

    #[test]
    fn controllers_are_listed_unless_one_is_named_or_removed() {
        let action = |line| match command(line) {
            Command::Controllers(controllers) => controllers.action(),
            other => panic!("{other:?}"),
        };
        assert_eq!(action("portcullis controllers"), ControllersAction::List(Json { json: false }));
        assert_eq!(action("portcullis controllers list --json"), ControllersAction::List(Json { json: true }));
        let (id, name) = ("7A:1B".to_owned(), Some("Anna".to_owned()));
        assert_eq!(action("portcullis controllers name 7A:1B Anna"), ControllersAction::Name { id: id.clone(), name });
        assert_eq!(action("portcullis controllers name 7A:1B"), ControllersAction::Name { id, name: None });
        assert_eq!(action("portcullis controllers remove 7A:1B"), ControllersAction::Remove { id: "7A:1B".to_owned() });
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for line in ["portcullis opne", "portcullis --jsn", "portcullis open a b", "portcullis controllers remove"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }

    #[test]
    fn the_version_names_the_commit() {
        let version = <Cli as CommandFactory>::command().render_version();
        let commit = version
            .trim_end()
            .strip_prefix(concat!("portcullis ", env!("CARGO_PKG_VERSION"), " ("))
            .and_then(|rest| rest.strip_suffix(")"));
        let commit = commit.unwrap_or_else(|| panic!("{version}"));
        let digits = commit.strip_suffix("-modified").unwrap_or(commit);
        let is_hash = digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        assert!(is_hash || digits == "unknown", "{version}");
    }

    #[test]
    fn help_shows_examples() {
        let help = <Cli as CommandFactory>::command().render_long_help().to_string();
        assert!(help.contains("Examples:"));
        for name in ["run", "pair", "status", "open", "close", "toggle", "controllers", "history", "reset"] {
            assert!(help.contains(name), "{name}");
        }
    }
}
