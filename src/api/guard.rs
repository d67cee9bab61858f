//! Who may speak to the local API: not a web page from elsewhere, and from other machines only who has the token.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Api, Problem};

/// Lets a request through, or refuses it in words.
pub(super) async fn check(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    match judge(&api, request.method(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn judge(api: &Api, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    let authorization = text(headers, &header::AUTHORIZATION);
    match &api.token {
        Some(token) if !authorization.is_some_and(|header| token.is_in(header)) => {
            return Err(Problem::new(401, "send the token: Authorization: Bearer …"));
        }
        Some(_) => {}
        // Under another name, this machine is asked by a page whose owner had the name point here.
        None if !host(headers).is_some_and(is_loopback) => {
            return Err(Problem::new(403, "ask for it as localhost or by its loopback address"));
        }
        None => {}
    }
    if method.is_safe() { Ok(()) } else { same_origin(headers) }
}

/// A browser says where a page came from; anything else does not, and needs not.
fn same_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let foreign = || Problem::new(403, "a web page from elsewhere must not move the gate");
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(foreign());
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let own = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
    if own.is_some() && own == text(headers, &header::HOST) { Ok(()) } else { Err(foreign()) }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The host that was asked for, without the port.
fn host(headers: &HeaderMap) -> Option<&str> {
    let authority = text(headers, &header::HOST)?;
    match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(address, _)| address),
        None => Some(authority.split_once(':').map_or(authority, |(host, _)| host)),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}
