//! The slow part of Pair Setup, to be run off the event loop (HAP §5.7).

use std::fmt;
use std::sync::Arc;

use super::attempt::Attempt;
use crate::srp::{self, ClientPublicKey, Proof, Proven, WrongProof};

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
    Keys(Arc<Attempt>),
    Proof { attempt: Arc<Attempt>, client: Box<ClientPublicKey>, proof: Proof },
}

pub(super) enum Outcome {
    /// They are in the attempt.
    Keys,
    Proof(Result<Box<Proven>, WrongProof>),
}

impl Work {
    fn run(self) -> Outcome {
        match self {
            Self::Keys(attempt) => {
                attempt.compute();
                Outcome::Keys
            }
            Self::Proof { attempt, client, proof } => {
                let ready = attempt.compute();
                Outcome::Proof(ready.keys.check(srp::USERNAME, &ready.verifier, &client, &proof).map(Box::new))
            }
        }
    }
}
