//! The head of a request, line by line, so that a fault is noticed in the line that has it and not only at the end of the
//! head (HAP §8.1).

use httparse::Error as Fault;

use super::HttpError;

/// Bytes of a method that are looked at before its line is complete: more than the longest one has.
const METHOD: usize = 16;

/// How far a head has been looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    /// Bytes of lines that are complete and good.
    good: usize,
    /// Bytes that were looked at.
    seen: usize,
    fields: Fields,
}

/// The headers that matter (HAP §8.1).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields {
    /// What Content-Length says.
    pub(super) length: Option<usize>,
    is_typed: bool,
}

impl Lines {
    /// Looks at what has come of the head that `text` begins with; its length, once it is complete.
    ///
    /// No byte is looked at twice, but for those of the unfinished method.
    pub(super) fn look(&mut self, text: &[u8]) -> Result<Option<usize>, HttpError> {
        while let Some(unseen) = text.get(self.seen..)
            && let Some(at) = unseen.iter().position(|byte| *byte == b'\n')
        {
            let end = self.seen.saturating_add(at).saturating_add(1);
            let line = text.get(self.good..end).unwrap_or_default();
            if self.good == 0 {
                request_line(line)?;
            } else if matches!(line, b"\n" | b"\r\n") {
                return Ok(Some(end));
            } else {
                let (name, value) = header(line)?;
                self.fields.add(name, value)?;
            }
            (self.good, self.seen) = (end, end);
        }
        let unseen = text.get(self.seen..).unwrap_or_default();
        // Nothing in a head has them.
        if unseen.iter().any(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r')) {
            return Err(HttpError::Syntax(Fault::Token));
        }
        if self.good == 0 {
            let method = text.iter().take(METHOD).take_while(|byte| !is_blank(**byte) && **byte != b'\r');
            if !method.copied().all(is_token) {
                return Err(HttpError::Syntax(Fault::Token));
            }
        }
        self.seen = text.len();
        Ok(None)
    }

    pub(super) const fn fields(&self) -> Fields {
        self.fields
    }
}

impl Fields {
    /// Takes a header in.
    pub(super) fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), HttpError> {
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = decimal(value).ok_or(HttpError::Length)?;
            if self.length.replace(length).is_some() {
                return Err(HttpError::Repeated("Content-Length"));
            }
        } else if name.eq_ignore_ascii_case(b"content-type") && std::mem::replace(&mut self.is_typed, true) {
            return Err(HttpError::Repeated("Content-Type"));
        }
        Ok(())
    }
}

/// Method and target of a request line. Like the reference, it takes every version that is written with the characters of
/// one, and more than one blank between words.
pub(super) fn request_line(line: &[u8]) -> Result<(&str, &str), HttpError> {
    let fault = |fault| HttpError::Syntax(fault);
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)).map_err(|_| fault(Fault::Token))?;
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(fault(Fault::Token));
    };
    if !method.bytes().all(is_token) || target.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(fault(Fault::Token));
    }
    // What stands behind it is no line end.
    if !line.ends_with(version) || !version.bytes().all(|byte| b"HTP/.0123456789".contains(&byte)) {
        return Err(fault(Fault::Version));
    }
    Ok((method, target))
}

/// Name and value of a header line.
fn header(line: &[u8]) -> Result<(&[u8], &[u8]), HttpError> {
    httparse::parse_headers(line, &mut [httparse::EMPTY_HEADER]).map_err(HttpError::Syntax)?;
    let mut parts = line.splitn(2, |byte| *byte == b':');
    Ok((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
}

fn decimal(value: &[u8]) -> Option<usize> {
    let digits = value.trim_ascii();
    // `parse` would take a sign.
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether a method may have this character (RFC 9110 §5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many bytes have to come until it is refused, one by one.
    fn refused_after(text: &[u8]) -> Option<usize> {
        let mut lines = Lines::default();
        (1..=text.len()).find(|length| lines.look(&text[..*length]).is_err())
    }

    #[test]
    fn a_fault_is_noticed_in_the_line_that_has_it() {
        for (text, fault) in [
            ("nonsense\r\n", "\n"),
            ("GET\r\n", "\n"),
            ("GET /accessories\r\n", "\n"),
            ("GET /accessories FOO/1.1\r\n", "\n"),
            ("GET /accessories HTTP/1.1 \r\n", "\n"),
            ("GET /accessories HTTP/1.1 x\r\n", "\n"),
            ("GET /accessories HTTP/1.1\r\nno colon\r\n", "\n"),
            ("GET /accessories HTTP/1.1\r\n folded: x\r\n", "\n"),
            ("GET /accessories HTTP/1.1\r\nContent-Length: x\r\n", "\n"),
            ("GET /accessories HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "\n"),
            ("GET /accessories HTTP/1.1\r\nX: \u{1}", "\u{1}"),
            ("GET /\u{0}", "\u{0}"),
            ("\u{16}\u{3}\u{1}", "\u{16}"),
            ("{", "{"),
            ("\u{80}", "\u{80}"),
        ] {
            assert_eq!(refused_after(text.as_bytes()), Some(text.rfind(fault).unwrap() + 1), "{text:?}");
        }
    }

    #[test]
    fn a_request_line_may_have_any_version_and_more_blanks_than_it_needs() {
        for line in ["GET /x HTTP/2.0\r\n", "GET /x HTTP/1.1\n", "GET \t /x  HTTP/0.9\r\n", "GET /x HTTP\r\n"] {
            assert_eq!(request_line(line.as_bytes()), Ok(("GET", "/x")), "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn no_byte_is_looked_at_twice(text in "[ -~\r\n]{0,300}") {
            let mut lines = Lines::default();
            for length in 0..text.len() {
                match lines.look(&text.as_bytes()[..length]) {
                    Ok(None) => prop_assert_eq!(lines.seen, length),
                    Ok(Some(end)) => {
                        prop_assert_eq!(end, length);
                        break;
                    }
                    Err(_) => break,
                }
            }
        }
    }
}
