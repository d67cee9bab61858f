//! The servers that are measured: how each is started, and one that runs.

use std::fs;
use std::io::{self, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hap::SetupCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

use crate::Failure;

/// How long a server may take until it accepts connections.
const START: Duration = Duration::from_secs(60);

/// How often a start is looked for: often against ten milliseconds, seldom against what looking costs.
const LOOK: Duration = Duration::from_micros(100);

/// The code of those that are told one.
const CODE: &str = "031-45-154";

/// A server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The library of this tree.
    Hap,
    /// HAP-NodeJS.
    HapNodejs,
    /// Homebridge with a plugin that does nothing.
    Homebridge,
    /// HAP-python.
    HapPython,
}

/// What it serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    /// One garage door.
    Garage,
    /// A bridge of so many switches.
    Bridge(u16),
}

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// This package's directory.
    pub(crate) package: PathBuf,
    /// Our compiled programs.
    pub(crate) programs: PathBuf,
    /// Node's packages.
    pub(crate) node: PathBuf,
    /// The Python with HAP-python.
    pub(crate) python: PathBuf,
}

/// A server that runs. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) code: SetupCode,
    /// From the start of the process until it accepted a connection.
    pub(crate) started_in: Duration,
    _state: TempDir,
}

impl Kind {
    /// Ours first.
    pub(crate) const ALL: [Self; 4] = [Self::Hap, Self::HapNodejs, Self::Homebridge, Self::HapPython];

    /// What people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hap => "hap",
            Self::HapNodejs => "HAP-NodeJS",
            Self::Homebridge => "Homebridge",
            Self::HapPython => "HAP-python",
        }
    }

    /// Starts it with an empty state, and waits until it accepts a connection.
    pub(crate) fn start(self, shape: Shape, places: &Places) -> Result<Running, Failure> {
        let state = tempfile::tempdir()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut command = self.command(shape, places, state.path(), address)?;
        let is_ours = self == Self::Hap;
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command.stdout(if is_ours { Stdio::piped() } else { Stdio::null() });
        let begun = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("{}: {command:?}: {error}", self.name()))?;
        while TcpStream::connect(address).is_err() {
            if let Some(status) = child.try_wait()? {
                return Err(format!("{} ends with {status}: {command:?}", self.name()).into());
            }
            if begun.elapsed() > START {
                let _ = child.kill();
                return Err(format!("{} does not accept connections: {command:?}", self.name()).into());
            }
            std::thread::sleep(LOOK);
        }
        let started_in = begun.elapsed();
        let code = match child.stdout.take() {
            Some(output) => printed_code(BufReader::new(output))?,
            None => CODE.to_owned(),
        };
        let code = SetupCode::try_from(code.as_str())?;
        Ok(Running { child, address, code, started_in, _state: state })
    }

    fn command(self, shape: Shape, places: &Places, state: &Path, address: SocketAddr) -> io::Result<Command> {
        let port = address.port().to_string();
        let shape_argument = match shape {
            Shape::Garage => "garage".to_owned(),
            Shape::Bridge(switches) => switches.to_string(),
        };
        let peers = places.package.join("peers");
        let mut command;
        match self {
            Self::Hap => {
                match shape {
                    Shape::Garage => command = Command::new(places.programs.join("examples/garage_door")),
                    Shape::Bridge(_) => {
                        command = Command::new(places.programs.join("bench-bridge"));
                        command.arg(shape_argument);
                    }
                }
                command.arg(state).arg(address.to_string());
            }
            Self::HapNodejs => {
                command = Command::new("node");
                command.arg(peers.join("hap-nodejs/accessory.js")).arg(shape_argument).arg(state).args([&*port, CODE]);
                command.env("NODE_PATH", &places.node);
            }
            Self::Homebridge => {
                fs::write(state.join("config.json"), homebridge(shape, address.port()).to_string())?;
                command = Command::new("node");
                command.arg(places.node.join("homebridge/bin/homebridge"));
                // Else it asks npm for its folder first, and that would be measured as a part of its start.
                command.arg("--strict-plugin-resolution");
                command.arg("-U").arg(state).arg("-P").arg(peers.join("homebridge"));
            }
            Self::HapPython => {
                command = Command::new(&places.python);
                command.arg(peers.join("hap-python/accessory.py")).arg(shape_argument).arg(state).args([&*port, CODE]);
            }
        }
        Ok(command)
    }
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it where it is, or lets it go on.
    pub(crate) fn pause(&self, pauses: bool) {
        self.signal(if pauses { Signal::STOP } else { Signal::CONT });
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let _ = pid.map(|pid| kill_process(pid, signal));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Node's servers write their state when they are told to stop, and nobody needs it.
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

fn homebridge(shape: Shape, port: u16) -> serde_json::Value {
    let accessories: Vec<_> = match shape {
        Shape::Garage => vec![json!({"accessory": "BenchGarage", "name": "Garage"})],
        Shape::Bridge(switches) => (1..=switches)
            .map(|number| json!({"accessory": "BenchSwitch", "name": format!("Switch {number}")}))
            .collect(),
    };
    json!({
        "bridge": {"name": "Bridge", "username": "CC:22:3D:E3:CE:30", "port": port, "pin": CODE},
        "accessories": accessories,
        "platforms": [],
    })
}

/// Ours draws its code and says it.
fn printed_code(output: impl io::BufRead) -> Result<String, Failure> {
    for line in output.lines() {
        if let Some((_, code)) = line?.split_once("setup code ") {
            return Ok(code.trim().to_owned());
        }
    }
    Err("hap ends before it says its setup code".into())
}

/// A port that nobody has, at least now.
fn free_port() -> io::Result<u16> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
