//! `POST /resource`: pictures of cameras (HAP §11.2).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use pairing::{Change, Permissions, State};
use serde_json::{Value, json};

use super::home::{Home, LineId, Phone, request};
use super::randomness::Randomness;
use crate::accessory::{Accessory, Category, Information};
use crate::camera::{SnapshotReason, SnapshotRequest};
use crate::database::Database;
use crate::events::Hub;
use crate::ids::Ids;
use crate::limits;
use crate::status::Status;
use crate::sync::lock;

const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];
/// The camera's place behind the bridge.
const CAMERA: u64 = 2;

/// A bridge with a camera behind it, and a session of its owner.
fn camera<F>(picture: impl Fn(SnapshotRequest) -> F + Send + Sync + 'static) -> (Home, LineId)
where
    F: Future<Output = Result<Vec<u8>, Status>> + Send + 'static,
{
    let about = |name, serial_number| Information { name, serial_number, ..Information::default() };
    let bridge = Accessory::new(about("Bridge", "B-1"), Category::Bridge);
    let mut camera = Accessory::new(about("Camera", "C-1"), Category::IpCamera);
    camera.on_snapshot(picture);
    serve(&[bridge, camera])
}

fn serve(accessories: &[Accessory]) -> (Home, LineId) {
    let hub = Arc::new(Hub::default());
    let database = Database::build(accessories, &mut Ids::default(), &hub).unwrap();
    let mut home = Home::with(State::new(&mut Randomness::seeded(1)), database, hub);
    let owner = Phone::new("owner");
    home.side.store(&Change::AddPairing(owner.pairing(Permissions::ADMIN)));
    let line = home.session(&owner);
    (home, line)
}

fn wanted(aid: u64) -> Value {
    json!({"resource-type": "image", "image-width": 640, "image-height": 480, "aid": aid, "reason": 1})
}

/// What comes back: the status code, the type, and the body.
fn ask(home: &mut Home, line: LineId, body: &Value) -> (u16, String, Vec<u8>) {
    let answer = home.post(line, "/resource", body.to_string().as_bytes());
    (answer.status, answer.kind, answer.body)
}

fn refused(code: u16, status: i32) -> (u16, String, Vec<u8>) {
    (code, "application/hap+json".to_owned(), format!("{{\"status\":{status}}}").into_bytes())
}

#[test]
fn a_camera_gives_its_picture_and_is_told_what_is_wanted_and_by_whom() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let (mut home, line) = camera(move |request| {
        lock(&seen).push(request);
        async { Ok(JPEG.to_vec()) }
    });
    assert_eq!(ask(&mut home, line, &wanted(CAMERA)), (200, "image/jpeg".to_owned(), JPEG.to_vec()));
    let [request] = &lock(&asked)[..] else { panic!("asked once") };
    assert_eq!((request.aid, request.width, request.height), (CAMERA, 640, 480));
    assert_eq!(request.reason, Some(SnapshotReason::Event));
    assert_eq!(request.controller, *Phone::new("owner").id());
}

#[test]
fn a_server_without_cameras_has_no_such_path() {
    let bridge = Accessory::new(Information::default(), Category::Bridge);
    let (mut home, line) = serve(&[bridge]);
    assert_eq!(ask(&mut home, line, &wanted(1)), (404, String::new(), Vec::new()));
}

#[test]
fn an_accessory_without_a_camera_and_another_resource_do_not_exist() {
    let (mut home, line) = camera(|_| async { Ok(JPEG.to_vec()) });
    assert_eq!(ask(&mut home, line, &wanted(1)), refused(404, -70409));
    assert_eq!(ask(&mut home, line, &wanted(99)), refused(404, -70409));
    let mut other = wanted(CAMERA);
    other["resource-type"] = "video".into();
    assert_eq!(ask(&mut home, line, &other), refused(404, -70409));
}

#[test]
fn a_request_that_is_malformed_is_a_bad_request() {
    let (mut home, line) = camera(|_| async { Ok(JPEG.to_vec()) });
    for body in [json!({}), json!([]), json!({"resource-type": "image", "image-width": 0, "image-height": 1})] {
        assert_eq!(ask(&mut home, line, &body), (400, String::new(), Vec::new()), "{body}");
    }
    home.send(line, &request("POST", "/resource", None));
    assert_eq!(home.answer(line).status, 400);
}

#[test]
fn a_stranger_gets_no_picture() {
    let (mut home, _) = camera(|_| async { panic!("nobody may ask") });
    let stranger = home.connect();
    assert_eq!(ask(&mut home, stranger, &wanted(CAMERA)), refused(470, -70411));
}

#[test]
fn a_camera_that_fails_says_why_and_one_that_panics_is_unable() {
    let (mut home, line) = camera(|_| async { Err(Status::Busy) });
    assert_eq!(ask(&mut home, line, &wanted(CAMERA)), refused(500, -70403));
    let (mut home, line) = camera(|_| async { panic!("the lens is dirty") });
    assert_eq!(ask(&mut home, line, &wanted(CAMERA)), refused(500, -70402));
    assert!(home.is_open(line));
}

#[test]
fn what_is_no_jpeg_or_too_large_is_not_sent() {
    let (mut home, line) = camera(|_| async { Ok(b"\x89PNG".to_vec()) });
    assert_eq!(ask(&mut home, line, &wanted(CAMERA)), refused(500, -70402));
    let (mut home, line) = camera(|_| async {
        let mut jpeg = JPEG.to_vec();
        jpeg.resize(limits::SNAPSHOT_BYTES + 1, 0);
        Ok(jpeg)
    });
    assert_eq!(ask(&mut home, line, &wanted(CAMERA)), refused(500, -70407));
}

#[test]
fn a_camera_that_takes_longer_than_five_seconds_is_given_up_and_holds_up_nobody_else() {
    let (mut home, line) = camera(|_| std::future::pending());
    let other = home.session(&Phone::new("owner"));
    home.send(line, &request("POST", "/resource", Some(wanted(CAMERA).to_string().as_bytes())));
    assert_eq!(home.get(other, "/accessories").status, 200);
    home.pass(limits::SNAPSHOT - Duration::from_millis(1));
    home.assert_silent(line);
    home.pass(Duration::from_millis(1));
    let answer = home.answer(line);
    assert_eq!((answer.status, answer.kind, answer.body), refused(500, -70408));
}
