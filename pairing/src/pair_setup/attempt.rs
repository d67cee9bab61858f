//! The keys of one attempt, which can be computed before anybody attempts anything.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::setup_code::SetupCode;
use crate::srp::{self, Salt, ServerKeys, Verifier};

/// The keys of one attempt. They are computed once, by whoever comes first: a preparation, or the M1 that needs them.
///
/// It is wiped with the last of those who share it.
pub(super) struct Attempt {
    code: SetupCode,
    source: VerifierSource,
    seed: Zeroizing<[u8; 32]>,
    ready: OnceLock<Ready>,
}

/// What an attempt needs until its proof is checked.
pub(super) struct Ready {
    pub(super) verifier: Arc<Verifier>,
    pub(super) keys: ServerKeys,
}

enum VerifierSource {
    Known(Arc<Verifier>),
    Salt(Salt),
}

impl Attempt {
    /// Draws a salt of 16 bytes, unless there is a verifier of the code, and 32 bytes of private key.
    pub(super) fn draw(code: SetupCode, verifier: Option<Arc<Verifier>>, rng: &mut dyn CryptoRng) -> Self {
        let source = match verifier {
            Some(verifier) => VerifierSource::Known(verifier),
            None => {
                let mut salt = Salt::default();
                rng.fill_bytes(&mut salt);
                VerifierSource::Salt(salt)
            }
        };
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self { code, source, seed, ready: OnceLock::new() }
    }

    pub(super) const fn code(&self) -> &SetupCode {
        &self.code
    }

    /// What was computed, if it was.
    pub(super) fn ready(&self) -> Option<&Ready> {
        self.ready.get()
    }

    /// The arithmetic that is still to be done, if it is.
    pub(super) fn preparation(self: &Arc<Self>) -> Option<Preparation> {
        self.ready().is_none().then(|| Preparation(Arc::clone(self)))
    }

    /// Computes it, unless somebody has. Who comes while another one is at it waits for him.
    pub(super) fn compute(&self) -> &Ready {
        self.ready.get_or_init(|| {
            let verifier = match &self.source {
                VerifierSource::Known(verifier) => Arc::clone(verifier),
                VerifierSource::Salt(salt) => Arc::new(Verifier::new(srp::USERNAME, self.code.as_str(), *salt)),
            };
            let keys = ServerKeys::draw(&verifier, &self.seed);
            Ready { verifier, keys }
        })
    }
}

/// Arithmetic for an attempt that is still to come: half a second on a 1 GHz ARMv6. It does no I/O and needs nothing from
/// outside.
///
/// To run it twice costs no more than once. An M1 that comes while it runs waits for it, so run it like a
/// [`Computation`](super::Computation), off the event loop.
#[must_use]
pub struct Preparation(Arc<Attempt>);

impl Preparation {
    /// Does the arithmetic.
    pub fn run(self) {
        self.0.compute();
    }
}

impl fmt::Debug for Preparation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preparation").finish_non_exhaustive()
    }
}
