//! What may be written after `portcullis`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::examples;

/// The version, and the commit that it is built from: see `build.rs`.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("PORTCULLIS_COMMIT"), ")");

/// A HomeKit accessory server for a gate.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "portcullis",
    version = VERSION,
    about = "A HomeKit accessory server for a gate",
    after_help = examples::ALL,
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

/// What `portcullis` can do.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon; the same as no command at all
    #[command(after_help = examples::RUN)]
    Run,
    /// Show the setup code, the QR code and whether a Home is paired
    #[command(after_help = examples::PAIR)]
    Pair(Pair),
    /// Show what the gates do, who moved them last, and how the daemon is
    #[command(after_help = examples::STATUS)]
    Status(Json),
    /// Open a gate
    #[command(after_help = examples::OPEN)]
    Open(Move),
    /// Close a gate
    #[command(after_help = examples::CLOSE)]
    Close(Move),
    /// Press a gate's button, whatever that does now
    #[command(after_help = examples::TOGGLE)]
    Toggle(Move),
    /// Show, name or remove the controllers that may open the gates
    #[command(after_help = examples::CONTROLLERS)]
    Controllers(Controllers),
    /// Show who moved the gates, and when
    #[command(after_help = examples::HISTORY)]
    History(History),
    /// Find what is wrong with the configuration, the network and the wiring, and say what mends it
    #[command(after_help = examples::DOCTOR)]
    Doctor(Json),
    /// Press a gate's relays by hand and watch its sensors, to prove the wiring
    #[command(after_help = examples::BENCH)]
    Bench(GateName),
    /// Keep identity, pairings, names, travel and history in one file, also while the daemon runs
    #[command(after_help = examples::BACKUP)]
    Backup(Backup),
    /// Become the accessory of a backup; what was there is kept beside
    #[command(after_help = examples::RESTORE)]
    Restore(Restore),
    /// Forget every pairing and become a new accessory
    #[command(after_help = examples::RESET)]
    Reset(Reset),
    /// Let go of every relay; for the service manager, before a start and after a stop
    #[command(after_help = examples::RELEASE)]
    Release,
    /// Print the state directory: for what installs and upgrades
    #[command(hide = true)]
    StateDir,
    /// Print what lets a shell complete these commands
    #[cfg(feature = "manual")]
    #[command(after_help = examples::COMPLETIONS)]
    Completions(Completions),
    /// Write the manual pages
    #[cfg(feature = "manual")]
    #[command(after_help = examples::MAN)]
    Man(Man),
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

/// `portcullis open`, `close` and `toggle`
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub(crate) struct Move {
    /// Which gate.
    #[command(flatten)]
    pub name: GateName,

    /// How to print.
    #[command(flatten)]
    pub json: Json,
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
    #[command(after_help = examples::CONTROLLERS_LIST)]
    List(Json),
    /// Give one a name, which the history then uses; without NAME take the name away
    #[command(after_help = examples::CONTROLLERS_NAME)]
    Name {
        /// The controller's id, as the list shows it
        #[arg(value_name = "ID")]
        id: String,
        /// What to call it: 1 to 64 characters
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Remove one; without its last admin the accessory is unpaired
    #[command(after_help = examples::CONTROLLERS_REMOVE)]
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

/// `portcullis backup`
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct Backup {
    /// Where to write it; `-` is standard output. An earlier backup of that name gives way
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// How to print.
    #[command(flatten)]
    pub json: Json,
}

/// `portcullis restore`
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct Restore {
    /// The backup; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Do not ask first
    #[arg(long)]
    pub yes: bool,

    /// Write the configuration that is in the backup to FILE, which must not be there yet
    #[arg(long, value_name = "FILE")]
    pub write_config: Option<PathBuf>,

    /// How to print.
    #[command(flatten)]
    pub json: Json,
}

/// `portcullis completions`
#[cfg(feature = "manual")]
#[derive(Args, Clone, Copy, Debug, PartialEq)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `portcullis man`
#[cfg(feature = "manual")]
#[derive(Args, Clone, Debug, PartialEq)]
pub(crate) struct Man {
    /// The directory for one page a command; without it, the page of `portcullis` goes to standard output
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

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
        assert_eq!(command("portcullis open"), Command::Open(Move::default()));
        let garage = GateName { gate: Some("Garage".to_owned()) };
        assert_eq!(command("portcullis close Garage --json"), Command::Close(Move { name: garage, json }));
        let (file, write_config) = (PathBuf::from("b"), Some(PathBuf::from("c.toml")));
        let restore = Restore { file: file.clone(), yes: true, write_config, json: Json::default() };
        assert_eq!(command("portcullis restore b --yes --write-config c.toml"), Command::Restore(restore));
        assert_eq!(command("portcullis backup b --json"), Command::Backup(Backup { file, json }));
        assert_eq!(command("portcullis doctor --json"), Command::Doctor(json));
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
        let (id, name) = ("7A:1B".to_owned(), Some("Mum".to_owned()));
        assert_eq!(action("portcullis controllers name 7A:1B Mum"), ControllersAction::Name { id: id.clone(), name });
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
    fn every_command_has_examples_that_parse_and_the_first_one_lists_the_exit_codes() {
        fn check(command: &clap::Command, path: &str) {
            let help = command.clone().render_long_help().to_string();
            let (_, examples) =
                help.split_once("Examples:\n").unwrap_or_else(|| panic!("{path} has no examples: {help}"));
            let lines = examples.lines().take_while(|line| line.starts_with("  "));
            for line in lines {
                let line = line.split("  ").find(|part| !part.is_empty()).unwrap();
                // What goes before it and what a shell makes of it is not ours.
                let ours = line.split(" | ").find(|part| part.contains("portcullis")).unwrap();
                let ours = &ours[ours.find("portcullis").unwrap()..];
                let ours = ours.split([';', '>']).next().unwrap().trim();
                let words = ours.split(' ').map(|word| word.trim_matches('"'));
                assert!(Cli::try_parse_from(words).is_ok(), "{path}: {ours}");
            }
            for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
                check(inner, &format!("{path} {}", inner.get_name()));
            }
        }
        let command = <Cli as CommandFactory>::command();
        assert!(command.clone().render_long_help().to_string().contains("Exit codes:"));
        check(&command, "portcullis");
    }
}
