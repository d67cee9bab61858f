//! The endpoints of HAP, one file each, and which request goes to which (HAP §8.2).

pub(crate) mod accessories;
pub(crate) mod characteristics;
pub(crate) mod identify;
mod object;
pub(crate) mod pair_setup;
pub(crate) mod pair_verify;
pub(crate) mod pairings;
pub(crate) mod prepare;
pub(crate) mod resource;

use std::time::Instant;

use pairing::{Computation, Durable, Reply};
use rand_core::CryptoRng;

pub(crate) use self::characteristics::{Question, Reads, TooLarge, Writes};
use crate::camera::Snapshot;
use crate::connection::{Connection, PendingSession};
use crate::host::{Host, Identify};
use crate::http::{Body, CHARACTERISTICS, Method, Request, Response, StatusCode};
use crate::status::Status;

/// What a request leads to.
pub(crate) enum Outcome {
    /// The answer is written.
    Answered,
    Answer(Response),
    /// The answer to M3: in clear, and the session begins behind it.
    Verified(Response, PendingSession),
    /// The same for the first session since Pair Setup, which is noted first (HAP §5.6).
    Confirm(Response, PendingSession),
    Identify(Identify, Response),
    Compute(Computation),
    Store(Durable),
    Write(Writes),
    Read(Reads),
    Snapshot(Snapshot),
}

/// Answers a request, or says what must happen first.
pub(crate) fn handle(
    connection: &mut Connection,
    host: &mut Host,
    request: &Request<'_>,
    now: Instant,
    rng: &mut dyn CryptoRng,
) -> Outcome {
    let secured = connection.session().is_some();
    let endpoint = match Endpoint::find(request) {
        Ok(endpoint) => endpoint,
        Err(Mismatch { protected: true, .. }) if !secured => {
            // So that a stranger cannot probe paths (HAP §8.3).
            return Outcome::Answer(Response::empty(StatusCode::ConnectionAuthorizationRequired));
        }
        Err(Mismatch { known: true, .. }) => {
            return Outcome::Answer(Response::empty(StatusCode::MethodNotAllowed));
        }
        Err(_) => return Outcome::Answer(Response::empty(StatusCode::NotFound)),
    };
    if endpoint.is_protected() && !secured {
        return Outcome::Answer(endpoint.unsecured());
    }
    match endpoint {
        Endpoint::Identify => identify::handle(host),
        Endpoint::PairSetup => pair_setup::handle(connection, host, request, now, rng),
        Endpoint::PairVerify => pair_verify::handle(connection, host, request, rng),
        Endpoint::Pairings => pairings::handle(connection, host, request),
        Endpoint::Accessories => accessories::handle(connection, host),
        Endpoint::ReadCharacteristics => characteristics::get::handle(connection, host, request),
        Endpoint::WriteCharacteristics => characteristics::put::handle(connection, host, request, now),
        Endpoint::Prepare => prepare::handle(connection, request, now),
        Endpoint::Resource => resource::handle(connection, host, request),
        // Nothing to configure without Wi-Fi setup, and no software token (HAP §8.2, §11.4).
        Endpoint::Config | Endpoint::SecureMessage => Outcome::Answer(Response::empty(StatusCode::NotFound)),
        Endpoint::Configured => Outcome::Answer(Response::empty(StatusCode::NoContent)),
    }
}

/// A path with the method it takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Endpoint {
    Identify,
    PairSetup,
    PairVerify,
    Pairings,
    Accessories,
    ReadCharacteristics,
    WriteCharacteristics,
    Prepare,
    Resource,
    SecureMessage,
    Configured,
    Config,
}

/// A request that no endpoint takes.
struct Mismatch {
    /// The path is right, the method wrong.
    known: bool,
    /// Only a session may learn which of the two it is.
    protected: bool,
}

impl Endpoint {
    fn find(request: &Request<'_>) -> Result<Self, Mismatch> {
        if request.path == CHARACTERISTICS {
            return match request.method {
                Method::Get => Ok(Self::ReadCharacteristics),
                Method::Put => Ok(Self::WriteCharacteristics),
                _ => Err(Mismatch { known: true, protected: true }),
            };
        }
        let (endpoint, method) = match request.path {
            _ if request.query.is_some() => return Err(Mismatch { known: false, protected: true }),
            "/identify" => (Self::Identify, Method::Post),
            "/pair-setup" => (Self::PairSetup, Method::Post),
            "/pair-verify" => (Self::PairVerify, Method::Post),
            "/pairings" => (Self::Pairings, Method::Post),
            "/accessories" => (Self::Accessories, Method::Get),
            "/prepare" => (Self::Prepare, Method::Put),
            "/resource" => (Self::Resource, Method::Post),
            "/secure-message" => (Self::SecureMessage, Method::Post),
            "/configured" => (Self::Configured, Method::Post),
            "/config" => (Self::Config, Method::Post),
            _ => return Err(Mismatch { known: false, protected: true }),
        };
        if request.method == method {
            Ok(endpoint)
        } else {
            Err(Mismatch { known: true, protected: endpoint.is_protected() })
        }
    }

    const fn is_protected(self) -> bool {
        !matches!(self, Self::Identify | Self::PairSetup | Self::PairVerify | Self::Configured)
    }

    /// The refusal before Pair Verify: with a HAP status on the data paths (HAP §8.3).
    fn unsecured(self) -> Response {
        let status = StatusCode::ConnectionAuthorizationRequired;
        match self {
            Self::Pairings | Self::SecureMessage | Self::Config => Response::empty(status),
            _ => Response::hap_status(status, Status::InsufficientAuthorization.code()),
        }
    }
}

/// A pairing message as HTTP.
pub(crate) fn pairing_response(reply: Reply) -> Response {
    match reply {
        Reply::Tlv(tlv) => Response { status: StatusCode::Ok, body: Body::Tlv8(tlv) },
        Reply::BadRequest => Response::empty(StatusCode::BadRequest),
    }
}

/// The answer to a request that cannot be understood.
fn bad_request() -> Outcome {
    Outcome::Answer(Response::empty(StatusCode::BadRequest))
}
