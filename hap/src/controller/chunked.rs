//! Bodies in chunks (RFC 9112 §7.1): some accessories send their answers like that.

use super::WireError;

/// Trailer lines after the last chunk; accessories send none.
const TRAILERS: usize = 8;

/// The body that `text` begins with, and how many bytes it takes there; `None` while it is not whole.
///
/// # Errors
///
/// [`WireError::Http`] when the chunks are not well-formed.
pub(super) fn body(text: &[u8]) -> Result<Option<(Vec<u8>, usize)>, WireError> {
    // Twice, so that nothing is copied of a body that has yet to come.
    let mut length = 0_usize;
    let Some(taken) = each(text, |chunk| length = length.saturating_add(chunk.len()))? else { return Ok(None) };
    let mut body = Vec::with_capacity(length);
    each(text, |chunk| body.extend_from_slice(chunk))?;
    Ok(Some((body, taken)))
}

/// Hands over chunk by chunk; the end of the body, once it is there.
fn each(text: &[u8], mut chunk: impl FnMut(&[u8])) -> Result<Option<usize>, WireError> {
    let mut at = 0_usize;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let size = httparse::parse_chunk_size(rest).map_err(|_| broken("a chunk without size"))?;
        let httparse::Status::Complete((head, size)) = size else { return Ok(None) };
        let begin = at.saturating_add(head);
        if size == 0 {
            return trailers(text, begin);
        }
        let end = usize::try_from(size).ok().and_then(|size| begin.checked_add(size));
        let end = end.ok_or_else(|| broken("a chunk without end"))?;
        let (Some(bytes), Some(after)) = (text.get(begin..end), text.get(end..end.saturating_add(2))) else {
            return Ok(None);
        };
        if after != b"\r\n" {
            return Err(broken("a chunk longer than it says"));
        }
        chunk(bytes);
        at = end.saturating_add(2);
    }
}

/// The end of the header lines that may follow the last chunk, and mean nothing here.
fn trailers(text: &[u8], begin: usize) -> Result<Option<usize>, WireError> {
    let mut lines = [httparse::EMPTY_HEADER; TRAILERS];
    let parsed = httparse::parse_headers(text.get(begin..).unwrap_or_default(), &mut lines);
    Ok(match parsed.map_err(|error| WireError::Http(error.to_string()))? {
        httparse::Status::Complete((length, _)) => Some(begin.saturating_add(length)),
        httparse::Status::Partial => None,
    })
}

fn broken(what: &str) -> WireError {
    WireError::Http(what.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chunks_are_joined_and_what_follows_is_left() {
        let text = b"3;name=value\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1";
        assert_eq!(body(text), Ok(Some((b"abc0123456789".to_vec(), text.len() - 8))));
        assert_eq!(body(b"0\r\n\r\n"), Ok(Some((Vec::new(), 5))));
    }

    #[test]
    fn chunks_that_lie_about_their_length_are_refused() {
        for text in ["x\r\n", "2\r\nabc\r\n0\r\n\r\n", "ffffffffffffffff\r\na", "fffffffffffffffff\r\n"] {
            assert!(matches!(body(text.as_bytes()), Err(WireError::Http(_))), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_body_comes_out_as_it_went_in_and_not_before_it_is_whole(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..10),
        ) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                text.extend([chunk.as_slice(), b"\r\n"].concat());
            }
            text.extend(b"0\r\n\r\n");
            for length in 0..text.len() {
                prop_assert_eq!(body(&text[..length]), Ok(None));
            }
            prop_assert_eq!(body(&text), Ok(Some((chunks.concat(), text.len()))));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = body(&bytes);
        }
    }
}
