//! What a person sees at the start.

use std::io::{self, IsTerminal, Write};
#[cfg(feature = "page")]
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

#[cfg(feature = "api")]
use tokio::net::TcpListener;

#[cfg(feature = "page")]
use crate::cli::Style;
use crate::cli::pair::PairingSheet;
use crate::config::{self, Config};
use crate::homekit;
use crate::logging::is_journal;
use crate::qr::Medium;

/// Set to anything where what is printed is kept, as in a container, it keeps the setup code out of that.
const HIDE_SETUP_CODE: &str = "PORTCULLIS_HIDE_SETUP_CODE";

/// What a person sees at the start.
pub(super) struct Face<'a> {
    pub(super) config: &'a Config,
    pub(super) state_dir: &'a Path,
    #[cfg(feature = "api")]
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
        #[cfg(feature = "api")]
        if let Ok(address) = self.listener.local_addr() {
            writeln!(out, "  local API  http://{address}")?;
        }
        writeln!(out, "  state      {}", self.state_dir.display())?;
        writeln!(out)?;
        if is_journal(&out) || std::env::var_os(HIDE_SETUP_CODE).is_some_and(|value| !value.is_empty()) {
            // Whoever may read the log could pair.
            return writeln!(out, "The setup code is not for the log; this shows it: portcullis pair");
        }
        let sheet = PairingSheet::of_handle(homekit::name(self.config), self.handle);
        let medium = if out.is_terminal() { Medium::Terminal } else { Medium::Plain };
        // The payload has 20 characters, which every QR code holds.
        write!(out, "{}", sheet.to_text(medium).unwrap_or_default())?;
        #[cfg(feature = "page")]
        if let Ok(address) = self.listener.local_addr() {
            let style = Style::of(&io::stdout());
            writeln!(out, "\nSee and open the gate in a browser:  {}", style.bold(&page(address)))?;
            if let Some(path) = &self.config.api.token_file {
                writeln!(out, "It asks once for the token in {}.", path.display())?;
            }
            writeln!(out, "Or from another terminal:  {} open", program())?;
        }
        out.flush()
    }

    fn trace(&self, trace: &Path) -> PathBuf {
        self.state_dir.join(trace)
    }
}

/// The page, for a browser on this machine.
#[cfg(feature = "page")]
fn page(mut address: SocketAddr) -> String {
    // All addresses of this machine: loopback is one of them.
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    format!("http://{address}/")
}

/// How this program was called, for as long as it is not installed.
#[cfg(feature = "page")]
fn program() -> String {
    std::env::args().next().filter(|name| name.contains('/')).unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned())
}

#[cfg(all(test, feature = "page"))]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_where_a_browser_on_this_machine_finds_it() {
        for (listens, page_at) in [
            ("127.0.0.1:5000", "http://127.0.0.1:5000/"),
            ("0.0.0.0:80", "http://127.0.0.1:80/"),
            ("[::]:80", "http://[::1]:80/"),
        ] {
            assert_eq!(page(listens.parse().unwrap()), page_at);
        }
    }
}
