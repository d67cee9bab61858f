//! What no server can beat on this machine but for the network, measured in the same run: the start of a process, and the
//! arithmetic alone.

use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256, U3072};
use ed25519_dalek::{Signer as _, SigningKey, Verifier as _};
use rustix::time::{ClockId, clock_gettime};
use x25519_dalek::{PublicKey, StaticSecret};

/// The start and end of a process that does nothing.
pub(crate) fn process() -> io::Result<Duration> {
    let begun = Instant::now();
    Command::new("true").status()?;
    Ok(begun.elapsed())
}

/// What SRP cannot do without: one exponent of 256 bits modulo 3072.
pub(crate) fn exponentiation() -> Duration {
    // The cost is that of any odd modulus of this length.
    let modulus = Odd::new(U3072::MAX).into_option();
    let Some(modulus) = modulus else { return Duration::ZERO };
    let base = FixedMontyForm::new(&U3072::from_u64(5), &FixedMontyParams::new_vartime(modulus));
    processor_time(|| {
        std::hint::black_box(base.pow(&U256::MAX));
    })
}

/// What the accessory must compute for a Pair Verify: an ephemeral key and its agreement, a signature of ours, and a look
/// at theirs.
pub(crate) fn verify() -> Duration {
    let (long_term, theirs) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
    let their_signature = theirs.sign(&[3; 100]);
    let their_key = PublicKey::from(&StaticSecret::from([4; 32]));
    processor_time(|| {
        let ephemeral = StaticSecret::from([5; 32]);
        std::hint::black_box(PublicKey::from(&ephemeral));
        std::hint::black_box(ephemeral.diffie_hellman(&their_key));
        std::hint::black_box(long_term.sign(&[6; 100]));
        let _ = std::hint::black_box(theirs.verifying_key().verify(&[3; 100], &their_signature));
    })
}

fn processor_time(work: impl FnOnce()) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default();
    let begun = now();
    work();
    now().saturating_sub(begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arithmetic_takes_time() {
        assert!(exponentiation() > Duration::ZERO && verify() > Duration::ZERO);
    }
}
