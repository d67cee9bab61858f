//! Other processes of this machine.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// Processes whose name starts so, with their state.
pub(crate) fn children(name: &str) -> Vec<(u32, String)> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    let named = processes.filter_map(|pid| {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let state = stat(pid)?.0;
        // A process that has ended has no arguments left, only its name.
        let is_named = String::from_utf8_lossy(&arguments).starts_with(name)
            || (arguments.is_empty() && fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.starts_with(name));
        is_named.then_some((pid, state))
    });
    named.collect()
}

pub(crate) fn parent_of(pid: u32) -> Option<u32> {
    stat(pid).map(|(_, parent)| parent)
}

/// The names of a process's threads.
pub(crate) fn threads(pid: u32) -> Vec<String> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|thread| thread.unwrap().path().join("comm"));
    // One may end meanwhile.
    threads.filter_map(|name| fs::read_to_string(name).ok()).collect()
}

fn stat(pid: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}
