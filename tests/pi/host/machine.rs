//! An emulated Pi Zero: switching it on, cutting its power, its console, and its pins as they are seen from outside.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::monitor::Monitor;
use crate::pins::{EVENTS, Pins};

/// How long a boot or a command may take on a computer that has much else to do: with eight times more work than processors,
/// a start of the daemon was seen to take more than two minutes.
const PATIENCE: Duration = Duration::from_secs(600);

/// Where the daemon in the machine listens for controllers, and how it is reached from here.
const HOMEKIT_PORT: u16 = 51826;

/// Files of a machine that is on.
const MONITOR: &str = "monitor";
const LOG: &str = "log";
const PIPE: &str = "pins";

/// What the machine is made of.
pub(crate) struct Parts<'a> {
    /// The directory of `prepare_machine`: a kernel and its device tree.
    pub kernel: &'a Path,
    /// What `make_root` made.
    pub root: &'a Path,
    /// The memory card.
    pub card: Option<&'a Path>,
    /// Whether the kernel leaves an output driven when its owner is gone, as Raspberry Pi's own kernel does.
    pub persist: bool,
}

/// A machine that is on. Its power is cut when this is dropped.
pub(crate) struct Machine {
    qemu: Child,
    console: ChildStdin,
    lines: Receiver<String>,
    pins: Pins,
    monitor: Monitor,
    homekit: SocketAddr,
    commands: u32,
    files: TempDir,
}

impl Machine {
    /// Switches it on, and waits for its shell.
    pub(crate) fn boot(parts: &Parts<'_>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let pipe = files.path().join(PIPE);
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let mut qemu = qemu(parts, files.path()).spawn().expect("qemu-system-arm is installed");
        let console = qemu.stdin.take().unwrap();
        let output = BufReader::new(qemu.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let pins = Pins::watch(pipe);
        let mut monitor = Monitor::connect(&connect(&files.path().join(MONITOR), &mut qemu));
        let homekit = SocketAddr::from(([127, 0, 0, 1], monitor.forwarded_port(HOMEKIT_PORT)));
        let mut machine = Self { qemu, console, lines, pins, monitor, homekit, commands: 0, files };
        let shell = machine.line("its shell", |line| line.starts_with("SHELL "));
        println!("  {}", shell.replace("SHELL ", "up after "));
        machine
    }

    /// Where controllers connect.
    pub(crate) fn homekit(&self) -> SocketAddr {
        self.homekit
    }

    /// The relays' pins as they are seen from outside.
    pub(crate) fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Reads the pins' registers: they must be what was told of them. The pins must be at rest.
    pub(crate) fn check_pins(&mut self) {
        self.pins.check(&mut self.monitor);
    }

    /// Runs a command of the shell; what it printed. It must succeed.
    pub(crate) fn run(&mut self, command: &str) -> String {
        let (status, text) = self.try_run(command);
        assert_eq!(status, 0, "{command}: {text}");
        text
    }

    /// Runs a command of the shell; its exit code, and what it printed.
    pub(crate) fn try_run(&mut self, command: &str) -> (i32, String) {
        self.commands += 1;
        let end = format!("=={}==", self.commands);
        self.send(&format!("{{ {command}; }} 2>&1; echo \"{end}$?\""));
        let mut text = String::new();
        loop {
            let line = self.line(command, |_| true);
            if let Some((before, status)) = line.split_once(&end) {
                text.push_str(before);
                return (status.trim().parse().expect("an exit code"), text);
            }
            text.push_str(&line);
            text.push('\n');
        }
    }

    /// Has the shell begin a command, and waits for nothing.
    pub(crate) fn send(&mut self, command: &str) {
        writeln!(self.console, "{command}").expect("the machine is on");
    }

    /// Cuts the power: nothing in the machine hears of it.
    pub(crate) fn cut(mut self) {
        self.qemu.kill().expect("it runs");
        self.qemu.wait().expect("it is ours");
    }

    fn line(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + PATIENCE;
        let mut others = String::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if is_it(&line) => return line,
                Ok(line) => others.extend([line.as_str(), "\n"]),
                Err(_) => {
                    let log = fs::read_to_string(self.files.path().join(LOG)).unwrap_or_default();
                    panic!("waited for {what}; the console:\n{others}\nthe kernel:\n{log}");
                }
            }
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

fn qemu(parts: &Parts<'_>, files: &Path) -> Command {
    let mut command = Command::new("qemu-system-arm");
    command.args(["-M", "raspi0", "-no-reboot", "-display", "none"]);
    // Its clock goes two nanoseconds an instruction, about as the real one's, and waits for this computer where it must.
    command.args(["-icount", "shift=1,sleep=on"]);
    for event in EVENTS {
        command.args(["-trace", event]);
    }
    command.arg("-trace").arg(format!("file={}", files.join(PIPE).display()));
    // The kernel's words; and a line that can be written to.
    command.arg("-serial").arg(format!("file:{}", files.join(LOG).display())).args(["-serial", "stdio"]);
    command.arg("-monitor").arg(format!("unix:{},server,nowait", files.join(MONITOR).display()));
    command.args(["-netdev", &format!("user,id=net,hostfwd=tcp:127.0.0.1:0-:{HOMEKIT_PORT}")]);
    command.args(["-device", "usb-net,netdev=net"]);
    command.arg("-kernel").arg(parts.kernel.join("vmlinuz")).arg("-dtb").arg(parts.kernel.join("zero-w.dtb"));
    command.arg("-initrd").arg(parts.root);
    let mut line = fs::read_to_string(parts.kernel.join("command-line")).expect("prepare_machine writes it");
    line += " net=usb";
    line += if parts.persist {
        " pinctrl_bcm2835.persist_gpio_outputs=y"
    } else {
        " pinctrl_bcm2835.persist_gpio_outputs=n"
    };
    if let Some(card) = parts.card {
        command.arg("-drive").arg(format!("if=sd,format=raw,file={}", card.display()));
        line += " disk=card";
    }
    command.arg("-append").arg(line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

/// The emulator makes the socket some time after its start.
fn connect(path: &PathBuf, qemu: &mut Child) -> UnixStream {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok(stream) = UnixStream::connect(path) {
            return stream;
        }
        assert!(Instant::now() < until && qemu.try_wait().unwrap().is_none(), "the emulator does not start");
        thread::yield_now();
    }
}
