//! `/openapi.json`: the local API as programs read it, made from the code that serves it.

use axum::body::Bytes;
use utoipa::openapi::OpenApi as Description;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::gates::Wanted;
use super::simulation::Played;
use super::wire::{PairingState, Snapshot};
use super::{Problem, legacy};

/// What every path may answer instead.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "it describes answers")]
pub(super) enum Refused {
    /// The request is wrong, not allowed, or not now.
    #[response(status = "4XX", content_type = "application/problem+json")]
    Client(Problem),
    /// It is the machine's fault.
    #[response(status = "5XX", content_type = "application/problem+json")]
    Server(Problem),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portcullis",
        description = "The local API of a HomeKit accessory server for a gate.",
        license(name = "MIT OR Apache-2.0"),
    ),
    servers((url = "/")),
    paths(legacy::toggle_relay),
    components(schemas(PairingState, Played, Snapshot, Wanted)),
    security((), ("token" = [])),
    modifiers(&Token),
)]
struct Frame;

struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut Description) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("What is in [api] token_file, where there is one."));
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}

/// The description without the paths of the router.
pub(super) fn frame() -> Description {
    Frame::openapi()
}

/// The description as JSON.
pub(super) fn text(description: &Description) -> Bytes {
    // It is made of names and texts, which JSON can hold.
    serde_json::to_vec(description).unwrap_or_default().into()
}
