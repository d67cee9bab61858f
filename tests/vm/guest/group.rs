//! The control group that the daemon and its keeper are in, as a service manager has one for its unit: how the kernel runs
//! out of memory or of processes for them.

use std::fs;

const ROOT: &str = "/sys/fs/cgroup";
const GROUP: &str = "/sys/fs/cgroup/portcullis";

/// Before this, the shell joins the group; what it then becomes is charged for all its memory.
pub(crate) const JOIN: &str = "echo 0 >/sys/fs/cgroup/portcullis/cgroup.procs";

/// Whom the kernel spares when it is out of memory, and whom it kills before anybody else.
const SPARED: i32 = -1000;
const FIRST: i32 = 1000;

pub(crate) fn make() {
    fs::write(format!("{ROOT}/cgroup.subtree_control"), "+memory +pids").unwrap();
    fs::create_dir(GROUP).unwrap();
}

/// The group has no memory left, and the kernel kills this process of it and spares that one.
pub(crate) fn kill_for_memory(victim: u32, spared: u32) {
    score(victim, FIRST);
    score(spared, SPARED);
    run_out_of_memory(1);
    score(spared, 0);
}

/// The group has no memory left, and the kernel kills all of it at once.
pub(crate) fn kill_all_for_memory(all: [u32; 2]) {
    for process in all {
        score(process, 0);
    }
    set("memory.oom.group", "1");
    run_out_of_memory(2);
    set("memory.oom.group", "0");
}

/// Nobody in the group can start a process or a thread until [`allow_threads`].
pub(crate) fn forbid_threads() {
    set("pids.max", "0");
}

pub(crate) fn allow_threads() {
    set("pids.max", "max");
}

/// What it has is over this bound at once. There is no swap, so the kernel takes memory back in one way only; the write
/// returns when nobody is left whom it may kill.
fn run_out_of_memory(victims: u32) {
    let before = killed();
    set("memory.max", "0");
    set("memory.max", "max");
    // Of a group that goes at once it counts the first one twice.
    assert!(killed() - before >= victims, "it was not for want of memory");
}

/// How many processes of the group the kernel has killed because it was out of memory.
fn killed() -> u32 {
    let events = fs::read_to_string(format!("{GROUP}/memory.events")).unwrap();
    events.lines().find_map(|line| line.strip_prefix("oom_kill ")).unwrap().parse().unwrap()
}

fn score(process: u32, score: i32) {
    fs::write(format!("/proc/{process}/oom_score_adj"), score.to_string()).unwrap();
}

fn set(key: &str, value: &str) {
    fs::write(format!("{GROUP}/{key}"), value).unwrap();
}
