//! The daemon in the machine, started and ended from its shell.

use crate::machine::Machine;

/// How the program is called, and where its state is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Daemon<'a> {
    /// Its path in the machine.
    pub program: &'a str,
    /// The state directory.
    pub state: &'a str,
}

/// In memory, and gone with the power.
pub(crate) const IN_MEMORY: Daemon<'static> = Daemon { program: "/bin/portcullis", state: "/tmp/state" };

impl Daemon<'_> {
    /// A command of the program.
    pub(crate) fn command(&self, words: &str) -> String {
        format!("{} {words} --config /gate.toml --state-dir {}", self.program, self.state)
    }

    /// Starts it, and waits until it has printed what a person needs to pair. `$D` and `$K` are the process and its keeper
    /// then.
    pub(crate) fn start(&self, machine: &mut Machine) {
        machine.run(&format!(": >/tmp/sheet; {} >/tmp/sheet 2>>/tmp/log & D=$!", self.command("run")));
        machine.run(
            "until grep -q Payload /tmp/sheet || ! runs $D; do usleep 20000; done; \
             grep -q Payload /tmp/sheet || { cat /tmp/log; false; }",
        );
        self.find_keeper(machine);
    }

    /// Has `$K` be the keeper that is there, another one than before.
    pub(crate) fn find_keeper(&self, machine: &mut Machine) {
        // One that died stays in the list of processes until the daemon has asked for its end.
        machine.run(
            "O=$K; until K=$(grep -ls \"^PPid:.$D\\$\" /proc/[0-9]*/status | cut -d/ -f3) && [ \"$K\" ] && \
             [ \"$K\" != \"$O\" ] && runs $K; do usleep 20000; done",
        );
    }

    /// Ends it in order.
    pub(crate) fn stop(&self, machine: &mut Machine) {
        machine.run("kill -TERM $D; gone $D");
    }
}
