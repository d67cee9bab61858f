//! `POST /resource`: a picture of a camera (HAP §11.2).

use std::sync::Arc;

use serde::Deserialize;

use crate::camera::{Snapshot, SnapshotReason, SnapshotRequest};
use crate::connection::Connection;
use crate::host::Host;
use crate::http::{Request, Response, StatusCode};
use crate::routes::{Outcome, bad_request, object};
use crate::status::Status;

pub(crate) fn handle(connection: &mut Connection, host: &Host, request: &Request<'_>) -> Outcome {
    if !host.database.has_camera() {
        return Outcome::Answer(Response::empty(StatusCode::NotFound));
    }
    let Some(wanted) = request.body.and_then(Wanted::parse) else { return bad_request() };
    let Some(session) = connection.session() else { return bad_request() };
    let handler = match host.database.camera(wanted.aid) {
        Some(handler) if wanted.kind == "image" => Arc::clone(handler),
        _ => {
            let code = Status::DoesNotExist.code();
            return Outcome::Answer(Response::hap_status(StatusCode::NotFound, code));
        }
    };
    let request = SnapshotRequest {
        aid: wanted.aid,
        width: wanted.width,
        height: wanted.height,
        reason: wanted.reason(),
        controller: session.controller,
    };
    Outcome::Snapshot(Snapshot::new(handler, request))
}

/// The request's body.
#[derive(Debug, Deserialize)]
struct Wanted {
    #[serde(rename = "resource-type")]
    kind: String,
    #[serde(rename = "image-width")]
    width: u16,
    #[serde(rename = "image-height")]
    height: u16,
    /// Only bridges are sent one.
    #[serde(default = "the_accessory_itself")]
    aid: u64,
    #[serde(default)]
    reason: Option<u64>,
}

impl Wanted {
    fn parse(body: &[u8]) -> Option<Self> {
        let wanted: Self = object::read(body)?;
        (wanted.width > 0 && wanted.height > 0).then_some(wanted)
    }

    fn reason(&self) -> Option<SnapshotReason> {
        match self.reason? {
            0 => Some(SnapshotReason::Periodic),
            1 => Some(SnapshotReason::Event),
            _ => None,
        }
    }
}

const fn the_accessory_itself() -> u64 {
    1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_without_an_aid_is_for_accessory_1_and_without_a_reason_for_none() {
        let body = br#"{"resource-type":"image","image-width":640,"image-height":480,"x":[]}"#;
        let wanted = Wanted::parse(body).unwrap();
        assert_eq!((wanted.aid, wanted.width, wanted.height, wanted.reason()), (1, 640, 480, None));
        let body = br#"{"resource-type":"image","image-width":1,"image-height":2,"aid":2,"reason":1}"#;
        let wanted = Wanted::parse(body).unwrap();
        assert_eq!((wanted.aid, wanted.reason()), (2, Some(SnapshotReason::Event)));
    }

    #[test]
    fn a_picture_of_no_size_or_of_one_no_camera_has_is_refused() {
        for size in ["0", "65536", "-1", "\"640\"", "null"] {
            let body = format!(r#"{{"resource-type":"image","image-width":{size},"image-height":480}}"#);
            assert!(Wanted::parse(body.as_bytes()).is_none(), "{size}");
        }
        assert!(Wanted::parse(br#"{"resource-type":"image"}"#).is_none());
        assert!(Wanted::parse(br#"["image",640,480]"#).is_none());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Wanted::parse(&bytes);
        }
    }
}
