//! The bounds of this package, each with its reason.

use std::time::Duration;

/// Pairings an accessory keeps.
///
/// HAP asks for at least 16. A home with many people and hubs reaches 10 and more, and 64 still fit in
/// 20 KiB of memory and in one List Pairings answer of less than 5 KiB.
pub const PAIRINGS: usize = 64;

/// Bytes of a controller's id (HAP §3.2). Controllers send an upper-case UUID, which is 36 bytes.
pub const CONTROLLER_ID: usize = 36;

/// Failed Pair Setup attempts after which no further one is answered (HAP §5.4).
///
/// A setup code has 10⁸ values less a few; a hundred guesses stay below one in a million.
pub const FAILED_ATTEMPTS: u8 = 100;

/// Age from which another connection may take over a running Pair Setup (HAP §5.3).
///
/// A controller that went away without closing its connection blocks the next one no longer than this.
pub const TAKE_OVER: Duration = Duration::from_secs(30);

/// Bytes of one TLV8 fragment: its length is one byte (HAP §3.1).
pub const TLV_FRAGMENT: usize = 255;

/// Bytes of a SRP public key, premaster secret and verifier: 3072 bits (HAP §4.1).
pub const SRP_GROUP: usize = 384;

/// Bytes of the Flags item of Pair Setup M1 (HAP §5.4).
pub const FLAGS: usize = 4;

/// Private SRP keys tried until the public key starts with a byte that is not zero (HAP §4.1).
///
/// Each try fails once in 256 times. Sixteen in a row fail once in 2¹²⁸ times; then a public key with a leading
/// zero goes out, which the proof check copes with.
pub(crate) const SRP_DRAWS: u8 = 16;
