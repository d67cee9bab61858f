//! Who may speak to the local API: not a web page from elsewhere, and from other machines only who has the token.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{self, Body};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::server::Connection;
use super::{Api, Problem, limits};

/// What the guard remembers of those who knocked.
pub(super) struct Guard {
    /// Names that are ours, in lower case.
    names: Vec<String>,
    wrong: Mutex<Wrong>,
    waiting: Semaphore,
    /// What is let in, what is turned away, and the page's own files: none of them takes from another.
    rate: Mutex<Rate>,
    refusals: Mutex<Rate>,
    page: Mutex<Rate>,
}

impl Guard {
    /// For a machine that calls itself `host_name`, and is called `others` as well.
    pub(super) fn new(host_name: &str, others: &[String]) -> Self {
        let rate = |rate| Mutex::new(Rate::new(rate, Instant::now()));
        let host = host_name.to_ascii_lowercase();
        let mut names = vec!["localhost".to_owned()];
        if !host.is_empty() {
            names.push(format!("{host}.local"));
            names.push(host);
        }
        names.extend(others.iter().map(|name| name.to_ascii_lowercase()));
        Self {
            names,
            wrong: Mutex::default(),
            waiting: Semaphore::new(limits::WRONG_WAITING),
            rate: rate(limits::RATE),
            refusals: rate(limits::RATE_OUTSIDE),
            page: rate(limits::RATE_OUTSIDE),
        }
    }

    /// The answer to a request that is not let in: `problem`, or less of it where there are too many of them.
    pub(super) fn turn_away(&self, problem: Problem) -> Response {
        if take(&self.refusals) { problem.into_response() } else { too_many().into_response() }
    }

    /// Whether `host` cannot be a name that somebody else had point here: an address is no name.
    fn is_ours(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        host.parse::<IpAddr>().is_ok() || self.names.iter().any(|name| host.eq_ignore_ascii_case(name))
    }
}

/// For all paths: was it asked for here, and not by a page from elsewhere? The answer gets the strict headers.
pub(super) async fn check(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let response = match judge(&api, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => api.guard.turn_away(problem),
    };
    strict(in_words(response).await)
}

/// For all but the page's own files: the token, and not too many at once.
pub(super) async fn admit(
    State(api): State<Arc<Api>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request,
    next: Next,
) -> Response {
    if let Some(token) = &api.token {
        let carries = |header| token.is_in(header);
        if !single(request.headers(), &header::AUTHORIZATION).is_some_and(carries) {
            api.metrics.wrong_token();
            return refuse_token(&api.guard, &connection).await;
        }
    }
    if !take(&api.guard.rate) {
        return too_many().into_response();
    }
    match whole(request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// For the page's own files: not too many at once.
#[cfg(feature = "page")]
pub(super) async fn admit_to_page(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    if take(&api.guard.page) { next.run(request).await } else { too_many().into_response() }
}

fn take(rate: &Mutex<Rate>) -> bool {
    rate.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())
}

fn too_many() -> impl IntoResponse {
    let problem = Problem::new(429, "too many requests within a second: ask again in a moment");
    ([(header::RETRY_AFTER, "1")], problem)
}

/// The right token is never asked to wait, so that nobody can lock it out; wrong ones wait the longer the more there were.
async fn refuse_token(guard: &Guard, connection: &Connection) -> Response {
    let wait = guard.wrong.lock().unwrap_or_else(PoisonError::into_inner).count(Instant::now());
    if !wait.is_zero() {
        let Ok(_waits) = guard.waiting.try_acquire() else {
            let problem = Problem::new(429, "too many wrong tokens: wait a minute");
            return ([(header::RETRY_AFTER, "60"), (header::CONNECTION, "close")], problem).into_response();
        };
        // Who waits makes room for who has something to ask.
        let _idle = connection.idle();
        tokio::time::sleep(wait).await;
    }
    let problem = Problem::new(401, "send the token: Authorization: Bearer …");
    ([(header::WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}

/// The request with all of its body, which is short and comes soon.
async fn whole(request: Request) -> Result<Request, Problem> {
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(limits::BODY, body::to_bytes(body, limits::BODY_BYTES)).await;
    match body {
        Ok(Ok(bytes)) => Ok(Request::from_parts(head, Body::from(bytes))),
        Ok(Err(_)) => Err(Problem::new(413, format!("a body has at most {} bytes", limits::BODY_BYTES))),
        Err(_) => Err(Problem::new(408, "the body did not come in time")),
    }
}

fn judge(api: &Api, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let authority = single(headers, &header::HOST)
        .filter(|host| request.uri().authority().is_none_or(|asked| asked.as_str() == *host))
        .ok_or_else(|| Problem::new(400, "say once whom you ask: Host"))?;
    let host = host(authority).unwrap_or_default();
    match api.token {
        Some(_) if !api.guard.is_ours(host) => {
            let mend = "ask for it by its address or host name, or add the name to [api] host_names";
            return Err(Problem::new(403, format!("{host:?} is not known here: {mend}")));
        }
        Some(_) => {}
        // Under another name, this machine is asked by a page whose owner had the name point here.
        None if !is_loopback(host) => {
            return Err(Problem::new(403, "ask for it as localhost or by its loopback address"));
        }
        None => {}
    }
    came_from_here(request, authority)
}

/// A browser says where a page came from; anything else does not, and needs not.
fn came_from_here(request: &Request, authority: &str) -> Result<(), Problem> {
    let (method, path, headers) = (request.method(), request.uri().path(), request.headers());
    let foreign = || Problem::new(403, "a web page from elsewhere must not move the gate");
    let is_foreign = headers.get_all("sec-fetch-site").iter().any(|site| site != "same-origin" && site != "none");
    if is_foreign && !(path == PAGE && method.is_safe() && follows_link(headers)) {
        return Err(foreign());
    }
    // Browsers that know no Sec-Fetch-Site name a foreign page all the same where its script asks.
    let is_own = |origin: &HeaderValue| {
        let origin = origin.to_str().unwrap_or_default();
        // With TLS when something in front of us speaks it.
        let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        own == Some(authority)
    };
    if headers.get_all(header::ORIGIN).iter().all(is_own) { Ok(()) } else { Err(foreign()) }
}

/// Where the page is: a link from elsewhere may lead to it. To the rest of the local API it may not, for it has streams
/// that last and costs what the gate needs.
const PAGE: &str = "/";

/// Whether somebody follows a link that shows the answer in a window of its own. A frame would show it within the page
/// that asks, which can open as many as it likes.
fn follows_link(headers: &HeaderMap) -> bool {
    let says = |name: &'static str, what| single(headers, &HeaderName::from_static(name)) == Some(what);
    says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document")
}

/// Errors that did not come from us, in our form.
async fn in_words(response: Response) -> Response {
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    let has_form = response.headers().get(header::CONTENT_TYPE).is_some_and(|form| form != "text/plain; charset=utf-8");
    if !is_error || has_form {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let text = body::to_bytes(body, limits::BODY_BYTES).await.unwrap_or_default();
    let detail = match (head.status, String::from_utf8_lossy(&text)) {
        (StatusCode::METHOD_NOT_ALLOWED, _) => "this path knows other methods: see Allow".into(),
        (_, text) if text.is_empty() => "the request cannot be understood".into(),
        (_, text) => text,
    };
    head.headers.remove(header::CONTENT_LENGTH);
    let mut problem = Problem::new(head.status.as_u16(), detail).into_response();
    head.headers.extend(std::mem::take(problem.headers_mut()));
    Response::from_parts(head, problem.into_body())
}

/// What keeps a browser from doing more with an answer than showing it.
fn strict(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in STRICT {
        // The page has a policy and a memory of its own.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

const STRICT: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The value of a header that is there once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The host that was asked for, without the port.
fn host(authority: &str) -> Option<&str> {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(address, _)| address),
        None => Some(authority.split_once(':').map_or(authority, |(host, _)| host)),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Wrong tokens of late.
#[derive(Default)]
struct Wrong {
    count: u32,
    last: Option<Instant>,
}

impl Wrong {
    /// One more; how long its answer waits.
    fn count(&mut self, now: Instant) -> Duration {
        if self.last.is_none_or(|last| now.saturating_duration_since(last) >= limits::WRONG_WINDOW) {
            self.count = 0;
        }
        self.last = Some(now);
        self.count = self.count.saturating_add(1);
        let (first, most) = limits::WRONG_WAIT;
        match self.count.checked_sub(limits::WRONG_AT_ONCE + 1) {
            None => Duration::ZERO,
            // Beyond that it has long been the most.
            Some(doublings) => first.saturating_mul(1 << doublings.min(10)).min(most),
        }
    }
}

/// Requests that may still come.
struct Rate {
    each_second: u32,
    at_once: u32,
    left: f64,
    at: Instant,
}

impl Rate {
    fn new((each_second, at_once): (u32, u32), now: Instant) -> Self {
        Self { each_second, at_once, left: f64::from(at_once), at: now }
    }

    /// One more; whether it may be.
    fn take(&mut self, now: Instant) -> bool {
        let earned = now.saturating_duration_since(self.at).as_secs_f64() * f64::from(self.each_second);
        self.left = (self.left + earned).min(f64::from(self.at_once));
        self.at = now;
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_stands_before_the_port() {
        for (authority, expected) in [
            ("localhost:5000", Some("localhost")),
            ("gate.local", Some("gate.local")),
            ("127.0.0.1:5000", Some("127.0.0.1")),
            ("[::1]:5000", Some("::1")),
            ("[::1", None),
        ] {
            assert_eq!(host(authority), expected, "{authority}");
        }
    }

    #[test]
    fn only_our_names_and_addresses_are_ours() {
        let guard = Guard::new("Gatepi", &["gate.lan".to_owned()]);
        for host in ["localhost", "gatepi", "GatePi.local", "gatepi.local.", "GATE.LAN", "192.168.1.2", "fe80::1"] {
            assert!(guard.is_ours(host), "{host}");
        }
        for host in ["", "evil.example", "gatepi.evil.example", "localhost.evil.example", "1.2.3.4.nip.example"] {
            assert!(!guard.is_ours(host), "{host}");
        }
        assert!(!Guard::new("", &[]).is_ours(".local"));
    }

    #[test]
    fn wrong_tokens_wait_ever_longer_up_to_a_bound_and_are_forgotten() {
        let start = Instant::now();
        let mut wrong = Wrong::default();
        let waits: Vec<_> = (0..12).map(|_| wrong.count(start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000]);
        for _ in 0..1000 {
            assert_eq!(wrong.count(start), limits::WRONG_WAIT.1);
        }
        assert_eq!(wrong.count(start + limits::WRONG_WINDOW), Duration::ZERO);
    }

    #[test]
    fn many_requests_may_come_at_once_and_then_so_many_in_a_second() {
        let start = Instant::now();
        let mut rate = Rate::new(limits::RATE, start);
        let (each_second, at_once) = limits::RATE;
        let taken = |rate: &mut Rate, now| (0..10 * at_once).filter(|_| rate.take(now)).count();
        assert_eq!(taken(&mut rate, start), at_once as usize);
        assert_eq!(taken(&mut rate, start + Duration::from_secs(1)), each_second as usize);
        assert_eq!(taken(&mut rate, start + Duration::from_secs(3600)), at_once as usize);
    }
}
