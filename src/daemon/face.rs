//! What a person sees at the start.

use std::io::{self, IsTerminal, Write};
#[cfg(feature = "page")]
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;

use crate::cli::pair::PairingSheet;
use crate::config::{self, Config};
use crate::homekit;
use crate::qr::Medium;

/// What a person sees at the start.
pub(super) struct Face<'a> {
    pub(super) config: &'a Config,
    pub(super) state_dir: &'a Path,
    pub(super) listener: &'a TcpListener,
    pub(super) handle: &'a hap::Handle,
}

impl Face<'_> {
    /// Prints it.
    pub(super) fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "Portcullis {}", env!("CARGO_PKG_VERSION"))?;
        for gate in &self.config.gates {
            match &gate.relay {
                config::Relay::Simulated { trace } => {
                    write!(out, "  gate {:?}: simulated, nothing real moves", gate.name.as_str())?;
                    match trace {
                        Some(trace) => writeln!(out, "; its relay's edges go to {}", self.trace(trace).display())?,
                        None => writeln!(out)?,
                    }
                }
                _ => writeln!(out, "  gate {:?}", gate.name.as_str())?,
            }
        }
        writeln!(out, "  HomeKit    {}", self.handle.address())?;
        if let Ok(address) = self.listener.local_addr() {
            writeln!(out, "  local API  http://{address}")?;
            #[cfg(feature = "page")]
            writeln!(out, "  page       http://{}/  (open it in a browser)", reachable(address))?;
        }
        writeln!(out, "  state      {}", self.state_dir.display())?;
        writeln!(out)?;
        let sheet = PairingSheet::of_handle(homekit::name(self.config), self.handle);
        let medium = if out.is_terminal() { Medium::Terminal } else { Medium::Plain };
        // The payload has 20 characters, which every QR code holds.
        write!(out, "{}", sheet.to_text(medium).unwrap_or_default())?;
        out.flush()
    }

    fn trace(&self, trace: &Path) -> PathBuf {
        self.state_dir.join(trace)
    }
}

/// An address that a browser on this computer can open: where it listens on all, that is loopback.
#[cfg(feature = "page")]
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(if listen.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    listen
}
