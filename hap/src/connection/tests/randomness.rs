//! Randomness that is the same in every run.

use std::collections::VecDeque;
use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

/// Gives the bytes of its script first, then those that follow from its seed (SplitMix64).
#[derive(Default)]
pub(super) struct Randomness {
    script: VecDeque<u8>,
    state: u64,
}

impl Randomness {
    pub(super) fn seeded(seed: u64) -> Self {
        Self { script: VecDeque::new(), state: seed }
    }

    /// What is drawn next, before anything else.
    pub(super) fn script(&mut self, bytes: &[u8]) {
        self.script.extend(bytes);
    }

    /// Brings `places` into any order.
    pub(super) fn shuffle<T>(&mut self, places: &mut [T]) {
        for last in (1..places.len()).rev() {
            let other = self.next() % (last as u64 + 1);
            places.swap(last, other as usize);
        }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl TryRng for Randomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.script.pop_front().unwrap_or_else(|| self.next() as u8);
        }
        Ok(())
    }
}

/// Good enough to test with, where nobody has a secret.
impl TryCryptoRng for Randomness {}
