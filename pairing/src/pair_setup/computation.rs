//! The slow part of Pair Setup, to be run off the event loop (HAP §5.7).

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::setup_code::SetupCode;
use crate::srp::{self, ClientPublicKey, Proof, Proven, Salt, ServerKeys, Verifier, WrongProof};

/// Arithmetic that takes tenths of a second on a 1 GHz ARMv6. It does no I/O and needs nothing from
/// outside.
///
/// Run computations one after the other, on one thread: one procedure has at most one, but a stranger who opens and closes
/// connections can leave results behind that nobody waits for.
#[must_use]
pub struct Computation {
    pub(super) procedure: u64,
    pub(super) work: Work,
}

/// The result of a [`Computation`].
#[must_use]
pub struct Computed {
    pub(super) procedure: u64,
    pub(super) outcome: Outcome,
}

impl Computation {
    /// Does the arithmetic.
    pub fn run(self) -> Computed {
        Computed { procedure: self.procedure, outcome: self.work.run() }
    }
}

impl fmt::Debug for Computation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Computation").field("procedure", &self.procedure).finish_non_exhaustive()
    }
}

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Computed").field("procedure", &self.procedure).finish_non_exhaustive()
    }
}

pub(super) enum Work {
    Keys { code: SetupCode, source: VerifierSource, seed: Zeroizing<[u8; 32]> },
    Proof { verifier: Arc<Verifier>, keys: Box<ServerKeys>, client: Box<ClientPublicKey>, proof: Proof },
}

pub(super) enum VerifierSource {
    Known(Arc<Verifier>),
    Salt(Salt),
}

pub(super) enum Outcome {
    Keys { code: SetupCode, verifier: Arc<Verifier>, keys: Box<ServerKeys> },
    Proof(Result<Box<Proven>, WrongProof>),
}

impl Work {
    fn run(self) -> Outcome {
        match self {
            Self::Keys { code, source, seed } => {
                let verifier = match source {
                    VerifierSource::Known(verifier) => verifier,
                    VerifierSource::Salt(salt) => Arc::new(Verifier::new(srp::USERNAME, code.as_str(), salt)),
                };
                let keys = Box::new(ServerKeys::draw(&verifier, &seed));
                Outcome::Keys { code, verifier, keys }
            }
            Self::Proof { verifier, keys, client, proof } => {
                Outcome::Proof(keys.check(srp::USERNAME, &verifier, &client, &proof).map(Box::new))
            }
        }
    }
}
