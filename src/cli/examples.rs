//! The examples and exit codes that `--help` and the manual pages show.

pub(super) const ALL: &str = "\
Examples:
  portcullis                              run the daemon; without a configuration, one simulated gate
  portcullis --config gate.toml           run it with this configuration
  portcullis pair                         show the code that Home asks for
  portcullis status                       show the gate, who moved it last, and how the daemon is
  portcullis open                         open the only gate
  portcullis toggle \"Garage\"              press the button of one of several
  portcullis history -n 10                show the last ten things that happened
  portcullis doctor                       find what is wrong, and what mends it
  portcullis backup gate.backup           keep all that a new memory card needs

Exit codes:
  0  done; of doctor: no problem
  1  failed; of doctor: problems
  2  the command line or the configuration is wrong
  3  no daemon answers
  4  the gate refused
  5  of doctor: warnings only
";

pub(super) const RUN: &str = "\
Examples:
  portcullis run                          the same as: portcullis
  portcullis run --config gate.toml --state-dir state
";

pub(super) const PAIR: &str = "\
Examples:
  portcullis pair                         show the code and the QR code
  portcullis pair --svg qr.svg            and keep the QR code for printing
  portcullis pair --json | jq -r .setup_code
";

pub(super) const STATUS: &str = "\
Examples:
  portcullis status
  portcullis status --json | jq -r '.gates[0].current'

It exits with 3 when no daemon answers.
";

pub(super) const OPEN: &str = "\
Examples:
  portcullis open                         the only gate
  portcullis open \"Garage\"                one of several
  portcullis open --json | jq .pulsed     whether the button was pressed

It exits with 4 when the gate refuses, with 3 when no daemon answers.
";

pub(super) const CLOSE: &str = "\
Examples:
  portcullis close                        the only gate
  portcullis close \"Garage\"               one of several

It exits with 4 when the gate refuses, with 3 when no daemon answers.
";

pub(super) const TOGGLE: &str = "\
Examples:
  portcullis toggle                       press the button of the only gate
  portcullis toggle \"Garage\"              or of one of several

It exits with 4 when the gate refuses, with 3 when no daemon answers.
";

pub(super) const CONTROLLERS: &str = "\
Examples:
  portcullis controllers                  list them
  portcullis controllers name ID Mum      have the history call one by a name
  portcullis controllers remove ID        take a lost phone's right to open
";

pub(super) const CONTROLLERS_LIST: &str = "\
Examples:
  portcullis controllers list
  portcullis controllers list --json | jq -r '.[].id'
";

pub(super) const CONTROLLERS_NAME: &str = "\
Examples:
  portcullis controllers name ID Mum      call it Mum
  portcullis controllers name ID          take the name away
";

pub(super) const CONTROLLERS_REMOVE: &str = "\
Examples:
  portcullis controllers remove ID        its sessions end at once
";

pub(super) const HISTORY: &str = "\
Examples:
  portcullis history                      the last fifty things that happened
  portcullis history -n 10
  portcullis history --json | jq '.[] | select(.event == \"request\")'
";

pub(super) const DOCTOR: &str = "\
Examples:
  portcullis doctor                       what this user may see
  sudo portcullis doctor                  all of it
  portcullis doctor --json | jq '.findings[] | select(.severity == \"problem\")'

It takes and moves nothing, and runs also beside the daemon; with or without one. It takes five seconds, in which it asks
the network for the gate as a phone would. It exits with 0 when nothing is wrong, with 1 when there are problems, and with
5 when there are only warnings.
";

pub(super) const BENCH: &str = "\
Examples:
  portcullis bench                        the only gate; stop the daemon first
  portcullis bench \"Garage\"               one of several
";

pub(super) const BACKUP: &str = "\
Examples:
  portcullis backup gate.backup           also while the daemon runs
  ssh pi sudo portcullis backup - > gate.backup

Whoever has the file can pretend to be this gate. Never run two copies of one accessory at once.
";

pub(super) const RESTORE: &str = "\
Examples:
  portcullis restore gate.backup          asks before anything is replaced
  portcullis restore gate.backup --yes --write-config portcullis.toml

The file is checked before anything is replaced, and all of it is replaced or nothing. The daemon must not run. What was
there is kept beside, with .before-restore after its name.
";

pub(super) const RESET: &str = "\
Examples:
  portcullis reset                        asks first
  portcullis reset --yes
";

pub(super) const RELEASE: &str = "\
Examples:
  portcullis release                      also after the daemon was killed

It lets go of what the configuration names, and of what a daemon that was killed drove by an earlier one. Every output is
tried; what is in the way is told at the end, and then it exits with 1, or with 2 when the configuration is wrong.
";

#[cfg(feature = "manual")]
pub(super) const COMPLETIONS: &str = "\
Examples:
  portcullis completions bash > /usr/share/bash-completion/completions/portcullis
  portcullis completions zsh > /usr/share/zsh/vendor-completions/_portcullis
  portcullis completions fish > /usr/share/fish/vendor_completions.d/portcullis.fish
";

#[cfg(feature = "manual")]
pub(super) const MAN: &str = "\
Examples:
  portcullis man | man -l -               read the page
  portcullis man /usr/share/man/man1      write one page for each command
";
