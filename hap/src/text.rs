//! Numbers as text, without the formatting machinery.

/// Digits of the largest number.
pub(crate) const DIGITS: usize = 20;

/// A number's digits.
pub(crate) struct Digits {
    digits: [u8; DIGITS],
    start: usize,
}

impl Digits {
    pub(crate) fn new(mut number: u64) -> Self {
        let mut this = Self { digits: [b'0'; DIGITS], start: DIGITS - 1 };
        for (place, digit) in this.digits.iter_mut().enumerate().rev() {
            // The remainder is one digit.
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
            this.start = place;
            if number == 0 {
                break;
            }
        }
        this
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }
}

/// Appends a number.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(Digits::new(number).as_bytes());
}

/// Appends a number that may be negative.
pub(crate) fn push_signed(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push_number(out, number.unsigned_abs());
}

/// Appends `{"aid":…,"iid":…`
pub(crate) fn push_ids(out: &mut Vec<u8>, aid: u64, iid: u64) {
    out.extend_from_slice(b"{\"aid\":");
    push_number(out, aid);
    out.extend_from_slice(b",\"iid\":");
    push_number(out, iid);
}

/// Appends formatted text.
pub(crate) fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    use std::io::Write;
    // Writing to a Vec never fails.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_written_as_they_are_formatted(unsigned: u64, signed: i64) {
            for unsigned in [unsigned, unsigned % 1000, 0, u64::MAX] {
                let mut out = Vec::new();
                push_number(&mut out, unsigned);
                prop_assert_eq!(String::from_utf8(out).unwrap(), unsigned.to_string());
            }
            for signed in [signed, signed % 1000, i64::MIN, i64::MAX] {
                let mut out = Vec::new();
                push_signed(&mut out, signed);
                prop_assert_eq!(String::from_utf8(out).unwrap(), signed.to_string());
            }
        }
    }
}
