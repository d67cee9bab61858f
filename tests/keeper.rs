//! A relay never stays pressed, whoever is killed, stopped or starved in the middle of a pulse; and nothing but a
//! request presses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod daemon;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::event::poll;
use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};

use daemon::{Daemon, Edge, Home, gate, quiet};

/// The pulse of these tests.
const PULSE: Duration = Duration::from_millis(300);
/// How long after its planned end a pulse may be over.
const LATE: Duration = Duration::from_millis(250);
/// How long after that the daemon looks at a keeper that says nothing.
const OVERDUE: Duration = Duration::from_millis(100);
/// How long anything may take on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who gets the signal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Daemon,
    Keeper,
}

#[test]
fn a_pulse_ends_on_time_when_the_daemon_is_killed_at_any_instant_of_it() {
    for instant in instants(6) {
        let home = home();
        let daemon = home.start();
        let on = press(&home, &daemon);
        at(on.t_ns, instant);
        daemon.kill();
        let off = edge(&home, 2);
        assert_ended(&on, &off, instant);
        // The keeper leaves it at that, and so does the next daemon.
        let daemon = home.start();
        daemon.terminate();
        assert_eq!(home.edges().len(), 2);
    }
}

#[test]
fn a_pulse_gets_its_length_also_when_the_service_manager_then_tells_all_that_is_left_to_stop() {
    for instant in instants(4) {
        let home = home();
        let daemon = home.start();
        let keeper = keeper(&daemon);
        let on = press(&home, &daemon);
        at(on.t_ns, instant.mul_f32(0.5));
        daemon.kill();
        // As `KillSignal` of the unit has it. It is over already if all this took too long.
        if is_running(keeper) {
            signal(keeper, Signal::INT);
        }
        let off = edge(&home, 2);
        assert_ended(&on, &off, instant);
        assert!(Duration::from_nanos(off.t_ns - on.t_ns) >= PULSE, "it was cut short: {on:?} {off:?}");
        until("the keeper is gone", || !is_running(keeper));
        assert_eq!(home.edges().len(), 2);
    }
}

#[test]
fn told_to_stop_by_the_service_manager_both_let_go_at_once() {
    let home = long();
    let daemon = home.start();
    let keeper = keeper(&daemon);
    let on = press(&home, &daemon);
    signal(keeper, Signal::INT);
    signal(daemon.pid(), Signal::INT);
    let off = edge(&home, 2);
    assert!(off.t_ns - on.t_ns < 5_000_000_000, "it did not wait for the pulse");
    until("the keeper is gone", || !is_running(keeper));
    assert_eq!(daemon.finished().code, Some(0));
}

#[test]
fn a_pulse_ends_on_time_when_the_daemon_is_stopped_at_any_instant_of_it() {
    let home = home();
    let daemon = home.start();
    for (round, instant) in instants(6).enumerate() {
        let on = press(&home, &daemon);
        at(on.t_ns, instant);
        signal(daemon.pid(), Signal::STOP);
        let off = edge(&home, 2 * round + 2);
        assert_ended(&on, &off, instant);
        signal(daemon.pid(), Signal::CONT);
    }
    assert_eq!(home.edges().len(), 12);
}

#[test]
fn a_pulse_ends_on_time_when_the_keeper_is_killed_at_any_instant_of_it_and_the_daemon_gets_another() {
    let home = home();
    let daemon = home.start();
    for (round, instant) in instants(6).enumerate() {
        let old = keeper(&daemon);
        let on = press(&home, &daemon);
        at(on.t_ns, instant);
        signal(old, Signal::KILL);
        let off = edge(&home, 2 * round + 2);
        assert_ended(&on, &off, instant);
        assert_ne!(next_keeper(&daemon, old), old);
    }
    assert_eq!(home.edges().len(), 12, "a pulse is never resumed");
    assert!(daemon.log().contains("a new keeper holds the outputs"), "{}", daemon.log());
}

#[test]
fn a_pulse_ends_on_time_when_the_keeper_is_stopped_at_any_instant_of_it_and_the_daemon_gets_another() {
    let home = home();
    let daemon = home.start();
    for (round, instant) in instants(6).enumerate() {
        let old = keeper(&daemon);
        let on = press(&home, &daemon);
        at(on.t_ns, instant);
        signal(old, Signal::STOP);
        let off = edge(&home, 2 * round + 2);
        assert_ended(&on, &off, instant);
        if Duration::from_nanos(off.t_ns - on.t_ns) < PULSE + OVERDUE {
            // It was stopped when it had ended the pulse already, which is nothing that anybody notices.
            signal(old, Signal::CONT);
        } else {
            next_keeper(&daemon, old);
        }
    }
    assert_eq!(home.edges().len(), 12, "a pulse is never resumed");
}

#[test]
fn when_both_are_killed_the_release_of_the_service_manager_lets_go_and_repeats_nothing() {
    for (instant, order) in
        instants(4).zip([[Victim::Daemon, Victim::Keeper], [Victim::Keeper, Victim::Daemon]].iter().cycle())
    {
        // Long enough that it is not over by itself, however busy the machine.
        let home = long();
        let daemon = home.start();
        let keeper = keeper(&daemon);
        let on = press(&home, &daemon);
        at(on.t_ns, instant);
        // Stopped first, so that neither has time to notice the other one's end.
        for victim in order {
            stop(if *victim == Victim::Daemon { daemon.pid() } else { keeper });
        }
        signal(keeper, Signal::KILL);
        daemon.kill();
        until("the keeper is gone", || !is_running(keeper));
        assert_eq!(home.edges().len(), 1, "a line of a Raspberry Pi stays as it was");
        assert_eq!(home.run(&["release"]).code, Some(0));
        let off = edge(&home, 2);
        assert_eq!(off.relay, "off");
        assert_eq!(home.run(&["release"]).code, Some(0));
        // Without that step, the next start would have done it.
        home.start().terminate();
        assert_eq!(home.edges().len(), 2);
    }
}

#[test]
fn when_both_are_killed_and_nobody_releases_the_next_start_does() {
    let home = long();
    let daemon = home.start();
    let keeper = keeper(&daemon);
    press(&home, &daemon);
    stop(daemon.pid());
    signal(keeper, Signal::KILL);
    daemon.kill();
    until("the keeper is gone", || !is_running(keeper));
    let daemon = home.start();
    assert_eq!(home.edges().len(), 2);
    drop(daemon);
    assert_eq!(home.edges()[1].relay, "off");
}

#[test]
fn what_was_driven_is_released_whatever_the_configuration_says_since() {
    let mistake = "[[gate]]\npulse = \"10 potatoes\"\n".to_owned();
    let another = gate("name = \"Another\"").replace("relay.jsonl", "another.jsonl");
    for (text, code, words) in [(mistake, 2, "pulse"), (another, 0, "")] {
        let home = long();
        let daemon = home.start();
        press(&home, &daemon);
        kill_both(daemon);
        home.configure(&text);
        let finished = home.run(&["release"]);
        assert_eq!(finished.code, Some(code), "{}", finished.stderr);
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
        assert_eq!(edge(&home, 2).relay, "off", "{}", finished.stderr);
    }
}

#[test]
fn a_start_by_another_configuration_lets_go_of_what_the_last_one_drove() {
    let home = long();
    let daemon = home.start();
    press(&home, &daemon);
    kill_both(daemon);
    home.configure(&format!("{}{}", quiet(), gate("").replace("relay.jsonl", "another.jsonl")));
    let daemon = home.start();
    assert_eq!(edge(&home, 2).relay, "off");
    daemon.terminate();
    assert_eq!(home.edges().len(), 2);
}

#[test]
fn an_output_that_cannot_be_released_keeps_no_other_on() {
    let first = gate("name = \"First\"").replace("relay.jsonl", "first.jsonl");
    let last = gate("name = \"Last\"").replace("relay.jsonl", "last.jsonl");
    let middle = gate("pulse = \"10s\"\nclose_when_assumed = true");
    let home = Home::new(&format!("{}{first}{middle}{last}", quiet()));
    let daemon = home.start();
    press(&home, &daemon);
    kill_both(daemon);
    for trace in ["first.jsonl", "last.jsonl"] {
        let trace = home.state().join(trace);
        fs::remove_file(&trace).unwrap();
        fs::create_dir(&trace).unwrap();
    }
    let finished = home.run(&["release"]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("the relay's trace cannot be written").count(), 2, "{}", finished.stderr);
    assert_eq!(edge(&home, 2).relay, "off");
}

#[test]
fn a_request_while_the_keeper_hangs_is_refused_and_is_never_carried_out_later() {
    let home = home();
    let daemon = home.start();
    let old = keeper(&daemon);
    signal(old, Signal::STOP);
    // A gate rests for a moment after the start, too.
    let (status, body) =
        until_some("an answer of the relay's", || Some(toggle(&daemon)).filter(|(status, _)| *status != 409));
    assert_eq!(status, 500, "{body}");
    assert!(body.contains("did not answer"), "{body}");
    // It would read the order now, if it were still there.
    let _ = Pid::from_raw(i32::try_from(old).unwrap()).map(|pid| kill_process(pid, Signal::CONT));
    next_keeper(&daemon, old);
    assert_eq!(home.edges().len(), 0);
    press(&home, &daemon);
    daemon.terminate();
    assert_eq!(home.edges().len(), 2);
}

#[test]
fn a_daemon_that_is_told_to_stop_while_its_keeper_hangs_lets_go_all_the_same() {
    let home = long();
    let daemon = home.start();
    let keeper = keeper(&daemon);
    let on = press(&home, &daemon);
    signal(keeper, Signal::STOP);
    assert_eq!(daemon.terminate().code, Some(0));
    let off = edge(&home, 2);
    assert!(off.t_ns - on.t_ns < 5_000_000_000, "it did not wait for the pulse");
    assert!(!is_running(keeper));
}

#[test]
fn told_to_stop_both_let_go_at_once() {
    for victim in [Victim::Daemon, Victim::Keeper] {
        let home = long();
        let daemon = home.start();
        let keeper = keeper(&daemon);
        let on = press(&home, &daemon);
        let finished = match victim {
            Victim::Daemon => Some(daemon.terminate()),
            Victim::Keeper => {
                signal(keeper, Signal::TERM);
                None
            }
        };
        let off = edge(&home, 2);
        assert!(off.t_ns - on.t_ns < 5_000_000_000, "{victim:?}: it did not wait for the pulse");
        if let Some(finished) = finished {
            assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        }
        until("the keeper is gone", || !is_running(keeper));
    }
}

#[test]
fn twenty_restarts_make_no_edge() {
    let home = home();
    for _ in 0..20 {
        let finished = home.start().terminate();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    }
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn a_crash_loop_makes_no_edge_at_whatever_instant_of_the_start_it_crashes() {
    let home = home();
    for round in 0..20 {
        let mut process = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .arg("--config")
            .arg(home.configuration())
            .arg("--state-dir")
            .arg(home.state())
            .env("RUST_LOG", "off")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // A start takes some ten milliseconds: these are spread over it and beyond.
        at(now(), Duration::from_millis(2 * round + u64::from(random()) % 3));
        process.kill().unwrap();
        process.wait().unwrap();
    }
    home.start().terminate();
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn a_keeper_that_dies_again_and_again_makes_no_edge_and_is_replaced_each_time() {
    let home = home();
    let daemon = home.start();
    let mut old = keeper(&daemon);
    for _ in 0..20 {
        signal(old, Signal::KILL);
        old = next_keeper(&daemon, old);
    }
    assert_eq!(home.edges().len(), 0);
    press(&home, &daemon);
    assert_eq!(edge(&home, 2).relay, "off");
}

#[test]
fn unpairing_by_reset_makes_no_edge() {
    let home = home();
    home.start().terminate();
    assert_eq!(home.run(&["reset", "--yes"]).code, Some(0));
    home.start().terminate();
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn a_release_does_not_touch_what_a_running_daemon_holds() {
    let home = long();
    let daemon = home.start();
    press(&home, &daemon);
    let refused = home.run(&["release"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("another portcullis"), "{}", refused.stderr);
    assert_eq!(home.edges().len(), 1);
}

#[test]
fn a_daemon_that_starts_while_the_last_ones_pulse_runs_waits_for_its_end() {
    let home = Home::new(&format!("{}{}", quiet(), gate("pulse = \"1s\"\nclose_when_assumed = true")));
    let daemon = home.start();
    let on = press(&home, &daemon);
    let daemon = daemon.restart();
    let edges = home.edges();
    assert_eq!(edges.len(), 2, "the old keeper has ended it before the new one holds the line");
    assert!(Duration::from_nanos(edges[1].t_ns - on.t_ns) >= Duration::from_secs(1));
    daemon.terminate();
    assert_eq!(home.edges().len(), 2);
}

#[test]
fn the_keeper_of_a_program_that_was_upgraded_meanwhile_is_the_same_program() {
    let home = home();
    let copy = home.file("portcullis");
    fs::copy(env!("CARGO_BIN_EXE_portcullis"), &copy).unwrap();
    let mut process = Process::start(&copy, &home);
    let mut old = until_some("a keeper", || child_of(process.0.id()));
    fs::remove_file(&copy).unwrap();
    fs::write(&copy, "#!/bin/false\n").unwrap();
    for _ in 0..3 {
        signal(old, Signal::KILL);
        old = until_some("another keeper", || child_of(process.0.id()).filter(|pid| *pid != old));
    }
    process.0.kill().unwrap();
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn the_keeper_has_one_thread_no_network_and_nobodys_files() {
    let home = home();
    let daemon = home.start();
    let keeper = keeper(&daemon);
    assert_eq!(fs::read_dir(format!("/proc/{keeper}/task")).unwrap().count(), 1);
    let internet: String = ["tcp", "tcp6", "udp", "udp6", "raw"]
        .iter()
        .filter_map(|it| fs::read_to_string(format!("/proc/net/{it}")).ok())
        .collect();
    let mut open = Vec::new();
    for entry in fs::read_dir(format!("/proc/{keeper}/fd")).unwrap() {
        let target = fs::read_link(entry.unwrap().path()).unwrap().to_string_lossy().into_owned();
        if let Some(inode) = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')) {
            let is_internet = internet.lines().any(|line| line.split_whitespace().any(|field| field == inode));
            assert!(!is_internet, "{target} is of the network");
        }
        open.push(target);
    }
    // Standard input, output and error, the trace, the way of the signals, and what this test was started with.
    let is_known = |it: &String| {
        ["socket:", "pipe:", "/dev/null"].iter().any(|known| it.starts_with(known))
            || it.ends_with("/state/relay.jsonl")
    };
    assert!(open.iter().all(is_known), "{open:?}");
    let group = fs::read_to_string(format!("/proc/{keeper}/stat")).unwrap();
    let group: u32 = group.rsplit(')').next().unwrap().split_whitespace().nth(2).unwrap().parse().unwrap();
    assert_eq!(group, keeper, "a Ctrl-C in the daemon's terminal is not for it");
}

#[test]
fn started_by_hand_the_keeper_says_that_it_is_not_for_people() {
    let home = home();
    let finished = home.run(&["keeper"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("the daemon starts"), "{}", finished.stderr);
}

/// Kills a daemon and its keeper, neither of which has time to notice.
fn kill_both(daemon: Daemon<'_>) {
    let keeper = keeper(&daemon);
    stop(daemon.pid());
    signal(keeper, Signal::KILL);
    daemon.kill();
    until("the keeper is gone", || !is_running(keeper));
}

/// A home whose pulses last for longer than the test.
fn long() -> Home {
    Home::new(&format!("{}{}", quiet(), gate("pulse = \"10s\"\nclose_when_assumed = true")))
}

fn home() -> Home {
    Home::new(&format!(
        "{}{}",
        quiet(),
        gate(&format!("pulse = \"{}ms\"\nclose_when_assumed = true", PULSE.as_millis()))
    ))
}

/// Presses the button as soon as the gate allows it again; the edge has happened.
fn press(home: &Home, daemon: &Daemon<'_>) -> Edge {
    let before = home.edges().len();
    until("the gate may be pressed", || match toggle(daemon) {
        (200, _) => true,
        // The gap after a pulse, too many questions whether it is over, or a keeper that is being replaced.
        (409 | 429 | 500 | 503, _) => false,
        (status, body) => panic!("{status}: {body}"),
    });
    let edges = home.edges();
    assert_eq!(edges.len(), before + 1);
    assert_eq!(edges[before].relay, "on");
    edges[before].clone()
}

fn toggle(daemon: &Daemon<'_>) -> (u16, String) {
    let mut stream = TcpStream::connect(daemon.api()).unwrap();
    let request = format!(
        "POST /api/v1/gates/Gate/toggle HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        daemon.api()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

/// The `number`th edge, once it has happened.
fn edge(home: &Home, number: usize) -> Edge {
    until("the edge", || home.edges().len() >= number);
    home.edges()[number - 1].clone()
}

fn assert_ended(on: &Edge, off: &Edge, instant: Duration) {
    assert_eq!(off.relay, "off");
    let length = Duration::from_nanos(off.t_ns - on.t_ns);
    assert!(length <= PULSE + LATE, "hit {instant:?} after its beginning, the pulse lasted {length:?}");
}

/// Instants of a pulse: its beginning, and others anywhere in it.
fn instants(count: usize) -> impl Iterator<Item = Duration> {
    let anywhere = || PULSE * u32::from(random()) / u32::from(u16::MAX);
    std::iter::once(Duration::ZERO).chain(std::iter::repeat_with(anywhere)).take(count)
}

fn random() -> u16 {
    let mut bytes = [0; 2];
    getrandom::fill(&mut bytes).unwrap();
    u16::from_ne_bytes(bytes)
}

/// The keeper of a daemon.
fn keeper(daemon: &Daemon<'_>) -> u32 {
    until_some("a keeper", || child_of(daemon.pid()))
}

/// The keeper that took the place of `old`.
fn next_keeper(daemon: &Daemon<'_>, old: u32) -> u32 {
    until_some("another keeper", || child_of(daemon.pid()).filter(|pid| *pid != old))
}

fn child_of(parent: u32) -> Option<u32> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    processes.into_iter().find(|pid| stat(*pid).is_some_and(|(state, of)| of == parent && state != "Z"))
}

fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != "Z")
}

/// A process's state and parent.
fn stat(pid: u32) -> Option<(String, u32)> {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    // The name before it may hold anything.
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// Stops a process and waits until each of its threads stands still: the signal reaches one after the other.
fn stop(pid: u32) {
    signal(pid, Signal::STOP);
    until("every thread stands still", || {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        threads.into_iter().all(|thread| {
            let stat = fs::read_to_string(thread.unwrap().path().join("stat")).unwrap();
            stat.rsplit(')').next().unwrap().trim_start().starts_with('T')
        })
    });
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// Waits until `after` has passed since `since`, in nanoseconds of the monotonic clock.
fn at(since: u64, after: Duration) {
    let until = Duration::from_nanos(since) + after;
    while let Some(left) = until.checked_sub(Duration::from_nanos(now())).filter(|left| !left.is_zero()) {
        poll(&mut [], Some(&left.try_into().unwrap())).unwrap();
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    until_some(what, || is_so().then_some(()));
}

fn until_some<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Duration::from_nanos(now() - begun) < PATIENCE, "waited for {what}");
        at(now(), Duration::from_millis(1));
    }
}

fn now() -> u64 {
    let time = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap();
    u64::try_from(time.as_nanos()).unwrap()
}

/// A daemon that is started by another path; killed when this is dropped.
struct Process(Child);

impl Process {
    fn start(program: &Path, home: &Home) -> Self {
        let mut command = Command::new(program);
        command.arg("--config").arg(home.configuration()).arg("--state-dir").arg(home.state());
        let mut process = Self(command.env("RUST_LOG", "off").stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("Payload")), "it does not start");
        process
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
