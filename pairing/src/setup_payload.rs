//! What a QR code says, and what the TXT record says about it (HAP §1.3, §2.3).

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest, Sha512};

use crate::identity::DeviceId;
use crate::setup_code::{SetupCode, SetupId};

/// The `X-HM://` payload of a QR code or NFC tag (HAP §2.3). `Display` writes its 20 characters, setup code included.
#[derive(Clone, Copy, Debug)]
pub struct SetupPayload<'a> {
    /// The code; left out, the user must type it.
    pub code: Option<&'a SetupCode>,
    /// The id that ties the payload to one accessory's setup hash.
    pub id: Option<&'a SetupId>,
    /// The accessory's category, `ci` of the TXT record.
    pub category: u8,
    /// The accessory speaks HAP over IP.
    pub ip: bool,
    /// The accessory speaks HAP over Bluetooth LE.
    pub ble: bool,
    /// The accessory is paired already; only on a tag that can change.
    pub paired: bool,
}

impl<'a> SetupPayload<'a> {
    /// The payload of an accessory that speaks HAP over IP, to be printed.
    #[must_use]
    pub const fn new(code: &'a SetupCode, id: &'a SetupId, category: u8) -> Self {
        Self { code: Some(code), id: Some(id), category, ip: true, ble: false, paired: false }
    }

    fn number(&self) -> u64 {
        u64::from(self.category) << 31
            | u64::from(self.ble) << 29
            | u64::from(self.ip) << 28
            | u64::from(self.paired) << 27
            | u64::from(self.code.map_or(0, SetupCode::number))
    }
}

impl fmt::Display for SetupPayload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = self.number();
        let mut digits = [0_u8; 9];
        for digit in digits.iter_mut().rev() {
            let value = (number % 36) as u8;
            *digit = if value < 10 { b'0' + value } else { b'A' + (value - 10) };
            number /= 36;
        }
        // Digits and letters are UTF-8.
        let digits = std::str::from_utf8(&digits).unwrap_or_default();
        let id = self.id.map_or("0000", SetupId::as_str);
        write!(f, "X-HM://{digits}{id}")
    }
}

/// The setup hash `sh` of the TXT record: with it a controller finds the accessory whose payload it scanned (HAP §1.3).
#[must_use]
pub fn setup_hash(id: &SetupId, device: &DeviceId) -> String {
    let hash = Sha512::new().chain_update(id.as_str()).chain_update(device.to_string()).finalize();
    let (start, _) = hash.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    BASE64_STANDARD.encode(start)
}
