//! The signature by which a receiver knows that it was us, and when.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::Secret;

/// The value of the signature's header: HMAC-SHA256 over the time in seconds since 1970, a full stop, and the body.
pub(super) fn signature(secret: &Secret, unix_s: u64, body: &[u8]) -> String {
    let mut text = String::from("sha256=");
    // HMAC takes a key of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.get().as_bytes()) {
        mac.update(unix_s.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
    }
    text
}
