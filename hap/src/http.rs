//! HTTP as HAP speaks it: requests in, responses and events out (HAP §8).

mod head;

use std::mem::MaybeUninit;

use thiserror::Error;

use self::head::{Fields, Lines};
use crate::limits;
use crate::text::{DIGITS, Digits, push_signed};

/// A request whose head and body have arrived.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// Without the query.
    pub(crate) path: &'a str,
    /// What follows the first `?`, on [`CHARACTERISTICS`] up to a fragment; `None` without one.
    pub(crate) query: Option<&'a str>,
    /// `None` when the request announced no length: a write without one is refused (HAP §8.1).
    pub(crate) body: Option<&'a [u8]>,
}

/// The methods that HAP uses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Other,
}

/// Not a request, or one that is too large: the connection closes without an answer (HAP §8.1).
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub(crate) enum HttpError {
    #[error("not an HTTP request: {0}")]
    Syntax(httparse::Error),
    #[error("two {0} headers")]
    Repeated(&'static str),
    #[error("a Content-Length that is no number")]
    Length,
    #[error("a request larger than {0} bytes")]
    TooLarge(usize),
}

/// How large a request may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    head: usize,
    body: usize,
    all: usize,
}

impl Bounds {
    /// Before Pair Verify.
    pub(crate) const UNVERIFIED: Self =
        Self { head: limits::UNVERIFIED_REQUEST, body: limits::UNVERIFIED_REQUEST, all: limits::UNVERIFIED_REQUEST };
    /// On a session.
    pub(crate) const SESSION: Self = Self {
        head: limits::REQUEST_HEAD,
        body: limits::REQUEST_BODY,
        all: limits::REQUEST_HEAD + limits::REQUEST_BODY,
    };
}

/// How far a request has been looked at, so that one that comes byte by byte is read once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scan {
    /// Where the last look for the end of the head stopped.
    seen: usize,
    /// Where the request ends whose head is complete.
    end: usize,
    lines: Lines,
}

impl Scan {
    /// The first request in `text` with its length, or `None` while it is incomplete.
    ///
    /// What no request can begin with is refused though its head is not complete: nothing is gained by waiting for more.
    pub(crate) fn request<'a>(
        &mut self,
        text: &'a [u8],
        bounds: Bounds,
    ) -> Result<Option<(Request<'a>, usize)>, HttpError> {
        let (ahead, text) = text.split_at(blanks(text));
        if text.len() < self.end {
            return Ok(None);
        }
        let head = if self.head_is_complete(text) { self.head(text)? } else { self.lines.look(text)?.and(None) };
        let Some(Head { method, target, end: head, length }) = head else {
            let come = ahead.len().saturating_add(text.len());
            return if come > bounds.head { Err(HttpError::TooLarge(bounds.head)) } else { Ok(None) };
        };
        if head > bounds.head {
            return Err(HttpError::TooLarge(bounds.head));
        }
        let end = head.saturating_add(length.unwrap_or(0));
        if length.is_some_and(|length| length > bounds.body) || end > bounds.all {
            return Err(HttpError::TooLarge(bounds.body));
        }
        let Some(body) = text.get(head..end) else {
            self.end = end;
            return Ok(None);
        };
        let (path, query) = split_target(target);
        *self = Self::default();
        let request = Request { method: Method::from(method), path, query, body: length.map(|_| body) };
        Ok(Some((request, ahead.len().saturating_add(end))))
    }

    fn head_is_complete(&mut self, text: &[u8]) -> bool {
        let mut from = self.seen.saturating_sub(2);
        while let Some(unseen) = text.get(from..)
            && let Some(at) = unseen.iter().position(|byte| *byte == b'\n')
        {
            from = from.saturating_add(at).saturating_add(1);
            let next = text.get(from..).unwrap_or_default();
            if next.starts_with(b"\n") || next.starts_with(b"\r\n") {
                self.seen = from.saturating_sub(1);
                return true;
            }
        }
        self.seen = text.len();
        false
    }

    /// Reads a head that is complete: at one go, as nearly all can be; else line by line.
    fn head<'a>(&mut self, text: &'a [u8]) -> Result<Option<Head<'a>>, HttpError> {
        let mut headers = [const { MaybeUninit::uninit() }; limits::USUAL_HEADERS];
        let mut parsed = httparse::Request::new(&mut []);
        if let Ok(httparse::Status::Complete(end)) = parsed.parse_with_uninit_headers(text, &mut headers)
            && let Some((method, target)) = parsed.method.zip(parsed.path)
        {
            let mut fields = Fields::default();
            for header in parsed.headers.iter() {
                fields.add(header.name.as_bytes(), header.value)?;
            }
            return Ok(Some(Head { method, target, end, length: fields.length }));
        }
        let Some(end) = self.lines.look(text)? else { return Ok(None) };
        let line = text.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let (method, target) = head::request_line(line)?;
        Ok(Some(Head { method, target, end, length: self.lines.fields().length }))
    }
}

/// What matters of a head.
struct Head<'a> {
    method: &'a str,
    target: &'a str,
    /// Where the body begins.
    end: usize,
    length: Option<usize>,
}

/// How many bytes at the start of `text` belong to no request: like the reference, it skips empty lines and blanks.
pub(crate) fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| head::is_blank(**byte) || matches!(byte, b'\r' | b'\n')).count()
}

impl From<&str> for Method {
    fn from(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            _ => Self::Other,
        }
    }
}

/// Path and query. A fragment is cut off where a query may stand, and is part of any other path: those are compared byte
/// for byte (HAP §8.1, §10.1).
fn split_target(target: &str) -> (&str, Option<&str>) {
    let whole = target.split_once('#').map_or(target, |(whole, _)| whole);
    let (path, query) = match whole.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (whole, None),
    };
    if whole.len() == target.len() || path == CHARACTERISTICS {
        return (path, query);
    }
    match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    }
}

/// The only path that takes a query (HAP §8.1).
pub(crate) const CHARACTERISTICS: &str = "/characteristics";

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) body: Body,
}

/// The status codes that HAP uses (HAP §8.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StatusCode {
    Ok,
    NoContent,
    MultiStatus,
    BadRequest,
    NotFound,
    MethodNotAllowed,
    ConnectionAuthorizationRequired,
    InternalServerError,
}

/// What an answer carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Body {
    Empty,
    Tlv8(Vec<u8>),
    /// JSON that holds a HAP status and nothing else.
    Status(i32),
    Jpeg(Vec<u8>),
}

impl Response {
    /// An answer that says it all in its status.
    pub(crate) const fn empty(status: StatusCode) -> Self {
        Self { status, body: Body::Empty }
    }

    /// An answer whose body is a single HAP status.
    pub(crate) const fn hap_status(status: StatusCode, code: i32) -> Self {
        Self { status, body: Body::Status(code) }
    }

    /// Appends the answer as it goes over the wire, before sealing.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (kind, body) = match &self.body {
            Body::Empty => return write_empty(self.status, out),
            Body::Status(code) => {
                return write_json(self.status, out, |json| {
                    json.extend_from_slice(b"{\"status\":");
                    push_signed(json, (*code).into());
                    json.push(b'}');
                });
            }
            Body::Tlv8(tlv) => ("application/pairing+tlv8", tlv),
            Body::Jpeg(jpeg) => ("image/jpeg", jpeg),
        };
        out.reserve(body.len().saturating_add(160));
        out.extend_from_slice(self.status.line().as_bytes());
        write_body(kind, out, |out| out.extend_from_slice(body));
    }
}

/// Appends an answer without a body.
pub(crate) fn write_empty(status: StatusCode, out: &mut Vec<u8>) {
    out.extend_from_slice(status.line().as_bytes());
    // 204 carries no length (HAP §8.3); any other answer must say that nothing follows.
    if status != StatusCode::NoContent {
        out.extend_from_slice(b"Content-Length: 0\r\n");
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends an answer with the JSON that `body` appends.
pub(crate) fn write_json(status: StatusCode, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(status.line().as_bytes());
    write_body(JSON, out, body);
}

/// Appends an event message with the JSON that `body` appends (HAP §8.4).
pub(crate) fn write_event(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"EVENT/1.0 200 OK\r\n");
    write_body(JSON, out, body);
}

const JSON: &str = "application/hap+json";

impl StatusCode {
    const fn line(self) -> &'static str {
        match self {
            Self::Ok => "HTTP/1.1 200 OK\r\n",
            Self::NoContent => "HTTP/1.1 204 No Content\r\n",
            Self::MultiStatus => "HTTP/1.1 207 Multi-Status\r\n",
            Self::BadRequest => "HTTP/1.1 400 Bad Request\r\n",
            Self::NotFound => "HTTP/1.1 404 Not Found\r\n",
            Self::MethodNotAllowed => "HTTP/1.1 405 Method Not Allowed\r\n",
            Self::ConnectionAuthorizationRequired => "HTTP/1.1 470 Connection Authorization Required\r\n",
            Self::InternalServerError => "HTTP/1.1 500 Internal Server Error\r\n",
        }
    }
}

/// Appends the rest of a head and the body, whose length is known only behind it: what its digits leave over of their room
/// is closed up.
fn write_body(kind: &str, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    for part in ["Content-Type: ", kind, "\r\nContent-Length: "] {
        out.extend_from_slice(part.as_bytes());
    }
    let room = out.len();
    out.extend_from_slice(&[b'0'; DIGITS]);
    out.extend_from_slice(b"\r\n\r\n");
    let start = out.len();
    body(out);
    let length = Digits::new(out.len().saturating_sub(start) as u64);
    let unused = DIGITS.saturating_sub(length.as_bytes().len());
    if let Some(digits) = out.get_mut(room + unused..room + DIGITS) {
        digits.copy_from_slice(length.as_bytes());
    }
    out.drain(room..room + unused);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &[u8]) -> Result<Option<(Request<'_>, usize)>, HttpError> {
        Scan::default().request(text, Bounds::SESSION)
    }

    #[test]
    fn a_request_is_taken_when_its_last_byte_is_there_and_not_before() {
        let text =
            b"PUT /characteristics HTTP/1.1\r\nHost: Gate\\032C77C._hap._tcp.local\r\ncontent-length: 2\r\n\r\n{}GET";
        let mut scan = Scan::default();
        let end = text.len() - 3;
        for length in 0..end {
            assert_eq!(scan.request(&text[..length], Bounds::SESSION).unwrap(), None);
        }
        let (request, taken) = scan.request(text, Bounds::SESSION).unwrap().unwrap();
        assert_eq!(taken, end);
        assert_eq!(request, Request { method: Method::Put, path: "/characteristics", query: None, body: Some(b"{}") });
    }

    #[test]
    fn blank_lines_before_a_request_are_no_fault() {
        let text = b"\r\n\r\nGET /accessories HTTP/1.0\n\n";
        let (request, taken) = parse(text).unwrap().unwrap();
        assert_eq!((request.path, taken), ("/accessories", text.len()));
    }

    #[test]
    fn blanks_before_the_method_and_between_words_and_any_version_are_no_fault() {
        for text in [
            " GET /accessories HTTP/1.1\r\n\r\n",
            "\r\n \t\nGET /accessories HTTP/1.1\r\n\r\n",
            "GET   /accessories \tHTTP/1.1\r\n\r\n",
            "GET /accessories HTTP/2.0\r\nHost: a\r\n\r\n",
            "GET /accessories HTTP/0.9\n\n",
        ] {
            let (request, taken) = parse(text.as_bytes()).unwrap().unwrap();
            assert_eq!((request.method, request.path, taken), (Method::Get, "/accessories", text.len()), "{text:?}");
        }
    }

    #[test]
    fn a_head_may_have_as_many_headers_as_fit_its_bytes() {
        let headers = "X: y\r\n".repeat(10_000);
        let text = format!("PUT /prepare HTTP/1.1\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
        let (request, taken) = parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!((request.body, taken), (Some(&b"{}"[..]), text.len()));
        let text = format!("PUT /prepare HTTP/1.1\r\nContent-Length: 2\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
        assert_eq!(parse(text.as_bytes()), Err(HttpError::Repeated("Content-Length")));
    }

    #[test]
    fn a_query_ends_at_its_fragment() {
        let (request, _) = parse(b"GET /characteristics?id=1.2#x HTTP/1.1\r\n\r\n").unwrap().unwrap();
        assert_eq!((request.path, request.query), ("/characteristics", Some("id=1.2")));
    }

    #[test]
    fn a_fragment_is_cut_off_where_there_may_be_a_query_and_makes_another_path_elsewhere() {
        for (target, path, query) in [
            ("/characteristics#x", "/characteristics", None),
            ("/characteristics#x?id=1.2", "/characteristics", None),
            ("/characteristics?id=1.2#x#y?z", "/characteristics", Some("id=1.2")),
            ("/accessories#x", "/accessories#x", None),
            ("/accessories#", "/accessories#", None),
            ("/identify#x?y", "/identify#x", Some("y")),
            ("/characteristic#s?id=1.2", "/characteristic#s", Some("id=1.2")),
        ] {
            let text = format!("GET {target} HTTP/1.1\r\n\r\n");
            let (request, _) = parse(text.as_bytes()).unwrap().unwrap();
            assert_eq!((request.path, request.query), (path, query), "{target}");
        }
    }

    #[test]
    fn a_repeated_or_strange_length_is_refused() {
        for (headers, error) in [
            ("Content-Length: 1\r\nContent-Length: 1", HttpError::Repeated("Content-Length")),
            ("Content-Type: a\r\ncontent-type: b", HttpError::Repeated("Content-Type")),
            ("Content-Length: x", HttpError::Length),
            ("Content-Length: -1", HttpError::Length),
            ("Content-Length: +1", HttpError::Length),
            ("Content-Length:", HttpError::Length),
            ("Content-Length: 99999999999999999999999", HttpError::Length),
        ] {
            let text = format!("POST /pairings HTTP/1.1\r\n{headers}\r\n\r\n");
            assert_eq!(parse(text.as_bytes()), Err(error), "{headers}");
        }
    }

    #[test]
    fn a_head_or_body_over_the_bound_is_refused_before_it_has_arrived() {
        let unverified = |text: &[u8]| Scan::default().request(text, Bounds::UNVERIFIED).map(|_| ());
        let long = vec![b'a'; limits::UNVERIFIED_REQUEST + 1];
        assert_eq!(unverified(&long), Err(HttpError::TooLarge(limits::UNVERIFIED_REQUEST)));
        let body = format!("POST /pair-setup HTTP/1.1\r\nContent-Length: {}\r\n\r\n", limits::UNVERIFIED_REQUEST + 1);
        assert_eq!(unverified(body.as_bytes()), Err(HttpError::TooLarge(limits::UNVERIFIED_REQUEST)));
    }

    #[test]
    fn no_content_announces_no_length_and_a_refusal_announces_zero() {
        let text = |status| {
            let mut out = Vec::new();
            Response::empty(status).write(&mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(StatusCode::NoContent), "HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(
            text(StatusCode::ConnectionAuthorizationRequired),
            "HTTP/1.1 470 Connection Authorization Required\r\nContent-Length: 0\r\n\r\n"
        );
    }

    /// Lines that a head may have, and some that it may not.
    fn almost_a_head() -> impl Strategy<Value = String> {
        let first = prop_oneof![
            4 => "(GET|PUT| GET) +/[a-z?=.]{0,9} HTTP/[0-9]\\.[0-9]",
            1 => "[ -~\t\u{80}-\u{ff}\u{0}-\u{3}]{0,30}",
        ];
        let line = prop_oneof![
            3 => "(Host|X|Content-Type|content-length): ?[0-9]{0,3}",
            1 => "[ -~\t\u{80}-\u{ff}\u{0}-\u{3}]{0,12}:?[ -~\t\u{80}-\u{ff}\u{0}-\u{3}]{0,12}",
        ];
        let end = prop_oneof![4 => Just("\r\n"), 2 => Just("\n"), 1 => Just("\r")];
        (first, proptest::collection::vec((line, end), 0..6)).prop_map(|(first, lines)| {
            let rest: String = lines.into_iter().map(|(line, end)| format!("{line}{end}")).collect();
            format!("{first}\r\n{rest}\r\n")
        })
    }

    proptest! {
        #[test]
        fn a_head_is_judged_alike_at_one_go_and_byte_by_byte(text in almost_a_head()) {
            let text = text.as_bytes();
            let mut scan = Scan::default();
            let pieces = (1..=text.len()).map(|length| scan.request(&text[..length], Bounds::SESSION));
            let first = pieces.into_iter().find(|outcome| !matches!(outcome, Ok(None)));
            match (first, parse(text)) {
                (None, whole) => prop_assert_eq!(whole, Ok(None)),
                (Some(Err(_)), whole) => prop_assert!(whole.is_err(), "{whole:?}"),
                (first, whole) => prop_assert_eq!(first, Some(whole)),
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn a_request_parses_alike_however_its_bytes_arrive(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            cuts in proptest::collection::vec(1_usize..40, 1..10),
            blank in "(\r\n|\n| ){0,3}",
        ) {
            let mut text = format!("{blank}POST /pairings HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
            text.extend(&body);
            let mut scan = Scan::default();
            let (mut arrived, mut cuts) = (0, cuts.iter().cycle());
            loop {
                arrived = (arrived + cuts.next().unwrap()).min(text.len());
                if let Some((request, taken)) = scan.request(&text[..arrived], Bounds::SESSION).unwrap() {
                    prop_assert_eq!(request.body, Some(body.as_slice()));
                    prop_assert_eq!(taken, text.len());
                    break;
                }
                prop_assert!(arrived < text.len());
            }
        }
    }
}
