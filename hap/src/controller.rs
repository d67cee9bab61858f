//! The controller's end of a connection: for tests, benchmarks, and programs that control accessories.
//!
//! [`Wire`] does no I/O: requests and bytes go in, bytes and messages come out. [`Client`] puts it on a blocking socket.
//!
//! ```no_run
//! use hap::SetupCode;
//! use hap::controller::{Client, ControllerId, Identity};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let me = Identity::random(ControllerId::try_from(b"5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405".as_slice())?, &mut rand());
//! let mut client = Client::connect("127.0.0.1:51826".parse()?)?;
//! let accessory = client.pair(&SetupCode::try_from("031-45-154")?, &me)?;
//! client.verify(&me, &accessory)?;
//! println!("{}", client.get("/accessories")?.text());
//! # Ok(())
//! # }
//! # fn rand() -> impl rand_core::CryptoRng { rand_core::UnwrapErr(getrandom::SysRng) }
//! ```

mod chunked;
mod client;
mod wire;

pub use pairing::controller::{
    Accessory, Error as ProcedureError, Identity, PairSetup, PairVerify, add_pairing, list_pairings, read_done,
    read_list, remove_pairing,
};
pub use pairing::{ControllerId, PublicKey};

pub use self::client::{Client, ClientError};
pub use self::wire::{Message, Response, Wire, WireError};
