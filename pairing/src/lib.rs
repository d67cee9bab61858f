//! Trust between a HomeKit accessory and its controllers, without I/O.
//!
//! Bytes, time and randomness come in as arguments; answers, changes to store and slow arithmetic come out. There is no
//! socket, clock, thread or runtime in here, so every rule is tested in microseconds and replayed byte for byte.
//! (The one exception is [`store`], which keeps documents in a directory.)
//!
//! | part | does |
//! | --- | --- |
//! | [`PairSetup`] | a stranger who knows the setup code becomes the first controller (HAP §5) |
//! | [`PairVerify`] | a known controller opens a session and gets its [`SessionKeys`] (HAP §6) |
//! | [`pairings::handle`] | an admin adds, removes and lists pairings (HAP §7) |
//! | [`State`], [`Change`] | what must survive a restart, and every way it changes (HAP §5.8) |
//! | [`SetupCode`], [`SetupPayload`], [`setup_hash`] | what a user types or scans, and what the TXT record says of it (HAP §2) |
//! | [`tlv8`], [`crypto`], [`srp`] | what these are made of (HAP §3, §4) |
//! | [`store`] | documents written whole or not at all |
//! | `controller` | the other end of the same procedures, with the feature `controller` |
//!
//! One law: **a change is durable before anybody hears of it.** A [`Durable`] holds the change and both answers; see
//! [`State`] for the order.
//!
//! # What it is not
//!
//! It does not parse HTTP, seal frames, advertise anything, or know accessories and characteristics. It knows no
//! authentication coprocessor, no software token (transient and split Pair Setup) and no Bluetooth LE. Whether a
//! connection is secured is the caller's to know: it refuses Pair Setup on a secured connection, and pairings requests on
//! one that is not. What the caller must also bound is how many connections ask at once, since every answer here costs
//! arithmetic.
//!
//! # A whole pairing
//!
//! Both ends in one thread, from the setup code to the keys of a session:
//!
//! ```
//! # #[cfg(feature = "controller")] {
//! use std::time::Instant;
//! use pairing::{Change, ConnectionId, PairSetup, PairVerify, Reply, State, Step, VerifyStep, controller};
//!
//! /// What a server does with a step: compute elsewhere, store before answering.
//! fn answer(setup: &mut PairSetup, state: &mut State, connection: ConnectionId, mut step: Step) -> Vec<u8> {
//!     loop {
//!         match step {
//!             Step::Reply(Reply::Tlv(body)) => return body,
//!             Step::Reply(Reply::BadRequest) => panic!("400"),
//!             Step::Compute(computation) => step = setup.computed(connection, computation.run(), state),
//!             Step::Store(durable) => {
//!                 let mut changed = state.clone();
//!                 changed.apply(&durable.change);
//!                 let _document = changed.encode(); // written and synced here
//!                 *state = changed;
//!                 setup.stored(connection, true);
//!                 step = Step::Reply(durable.then);
//!             }
//!         }
//!     }
//! }
//!
//! let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
//! let mut state = State::new(&mut rng);
//! let mut setup = PairSetup::new();
//! let connection = ConnectionId(1);
//! let mut post = |state: &mut State, request: Vec<u8>| {
//!     let step = setup.handle(connection, &request, state, Instant::now(), &mut rng);
//!     answer(&mut setup, state, connection, step)
//! };
//!
//! let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
//! let id = pairing::ControllerId::try_from("5F2C9A1E-7B3D-4E60-8A4F-90C1D2E3F405")?;
//! let phone = controller::Identity::random(id, &mut rng);
//! let code = state.setup_code.clone(); // the user typed it
//! let (procedure, m1) = controller::PairSetup::start(&code, &phone, &mut rng);
//! let (procedure, m3) = procedure.m2(&post(&mut state, m1))?;
//! let (procedure, m5) = procedure.m4(&post(&mut state, m3))?;
//! let gate = procedure.m6(&post(&mut state, m5))?;
//! assert!(state.is_paired());
//!
//! let mut verify = PairVerify::new();
//! let (procedure, m1) = controller::PairVerify::start(&phone, &gate, &mut rng);
//! let VerifyStep::Reply(Reply::Tlv(m2)) = verify.handle(&m1, &state, &mut rng) else { panic!() };
//! let (procedure, m3) = procedure.m2(&m2)?;
//! let VerifyStep::Verified { reply: Reply::Tlv(m4), session } = verify.handle(&m3, &state, &mut rng) else { panic!() };
//! let keys = procedure.m4(&m4)?;
//! assert_eq!(session.controller, id);
//! assert_eq!(
//!     session.keys.accessory_to_controller.as_bytes(),
//!     keys.accessory_to_controller.as_bytes(),
//! );
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "controller")]
pub mod controller;
pub mod crypto;
pub mod identity;
pub mod limits;
pub mod pair_setup;
pub mod pair_verify;
pub mod pairings;
mod reply;
pub mod setup_code;
pub mod setup_payload;
pub mod srp;
pub mod state;
pub mod store;
pub mod tlv8;
mod verifying_key;

pub use identity::{DeviceId, DeviceIdError, Identity, PublicKey};
pub use pair_setup::{Computation, Computed, ConnectionId, PairSetup, Preparation, Step};
pub use pair_verify::{PairVerify, Session, SessionKeys, VerifyStep};
pub use pairings::{ControllerId, ControllerIdError, Pairing, Pairings, PairingsStep, Permissions};
pub use reply::{Durable, ErrorCode, Reply};
pub use setup_code::{SetupCode, SetupCodeError, SetupId, SetupIdError};
pub use setup_payload::{SetupPayload, setup_hash};
pub use state::{Change, FailedAttempts, State, StateError};
