//! What a process costs, as the kernel counts it.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Time on a processor, of all its threads.
    pub(crate) cpu: Duration,
    /// How often a thread went to sleep, which is how often one was woken.
    pub(crate) sleeps: u64,
}

impl Usage {
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(earlier.cpu), sleeps: self.sleeps.saturating_sub(earlier.sleeps) }
    }
}

/// What `pid` has used since its start.
pub(crate) fn usage(pid: u32) -> io::Result<Usage> {
    let (mut cpu, mut sleeps) = (0, 0);
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = thread?.path();
        // Nanoseconds; the clock ticks of `stat` are ten milliseconds long. A thread may end meanwhile.
        let (Ok(spent), Ok(slept)) =
            (fs::read_to_string(thread.join("schedstat")), field(&thread.join("status"), "voluntary_ctxt_switches:"))
        else {
            continue;
        };
        cpu += spent.split(' ').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default();
        sleeps += slept;
    }
    Ok(Usage { cpu: Duration::from_nanos(cpu), sleeps })
}

/// Resident memory of `pid`, in bytes.
pub(crate) fn resident(pid: u32) -> io::Result<u64> {
    Ok(field(&PathBuf::from(format!("/proc/{pid}/status")), "VmRSS:")? * 1024)
}

/// The machine in a sentence: its processors, and what else it did when this began.
pub(crate) fn machine() -> io::Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let models: Vec<_> = processors.lines().filter_map(|line| line.strip_prefix("model name")).collect();
    let model = models.first().map(|model| model.trim_start_matches([' ', '\t', ':'])).unwrap_or("of unknown make");
    let count = std::thread::available_parallelism()?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!("{count} processors, {model}; {load} programs wanted to run in the minute before."))
}

/// Which processors are used.
pub(crate) struct Placement {
    others: CpuSet,
}

impl Placement {
    /// Puts this thread on one processor, with all that it starts from now on. It is the last one: interrupts go to the first.
    pub(crate) fn on_one() -> io::Result<Self> {
        let (mut others, mut one) = (sched_getaffinity(None)?, CpuSet::new());
        let last = (0..CpuSet::MAX_CPU).rfind(|number| others.is_set(*number)).ok_or(io::ErrorKind::NotFound)?;
        one.set(last);
        others.unset(last);
        sched_setaffinity(None, &one)?;
        Ok(Self { others })
    }

    /// Moves this thread to the other processors, if there are any.
    pub(crate) fn step_aside(&self) {
        let _ = sched_setaffinity(None, &self.others);
    }
}

fn field(path: &std::path::Path, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    Ok(line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default())
}
