//! A camera that only ever shows one still picture, and refuses to stream.
//!
//!     cargo run -p portcullis-hap --example camera [STATE_DIRECTORY [ADDRESS]]
//!
//! Shortcuts: Ctrl-C ends it without a goodbye on the network; a real camera would stream over RTP.
#![expect(clippy::print_stdout, reason = "an example speaks to its user")]

use std::error::Error;

use hap::catalogue::{CameraRTPStreamManagement, Microphone};
use hap::store::FileStore;
use hap::{Accessory, Category, Information, Server, Status};

const PICTURE: &[u8] = include_bytes!("still.jpg");

/// Type-length-value: what it could stream, which a phone wants to know before it shows a picture.
const VIDEO: &[u8] = &[
    1, 27, // one codec configuration:
    1, 1, 0, // H.264,
    2, 9, 1, 1, 0, 2, 1, 0, 3, 1, 0, // baseline profile, level 3.1, packets not interleaved,
    3, 11, 1, 2, 0x80, 2, 2, 2, 0xE0, 1, 3, 1, 15, // 640 × 480 at 15 pictures a second
];
const AUDIO: &[u8] = &[1, 15, 1, 2, 3, 0, 2, 9, 1, 1, 1, 2, 1, 0, 3, 1, 1, 2, 1, 0]; // Opus, mono, 16 kHz
const NOT_ENCRYPTED: &[u8] = &[2, 1, 2];
const UNAVAILABLE: &[u8] = &[1, 1, 2];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let state = arguments.next().unwrap_or_else(|| "target/camera".to_owned());
    let address = arguments.next().unwrap_or_else(|| "[::]:51826".to_owned()).parse()?;

    let about = Information { name: "Camera", serial_number: "EX-CAMERA", ..Information::default() };
    let mut camera = Accessory::new(about, Category::IpCamera);
    camera.on_snapshot(async |wanted| {
        println!("a picture of {} × {}", wanted.width, wanted.height);
        Ok(PICTURE.to_vec())
    });
    let stream = camera.add(CameraRTPStreamManagement::new());
    stream.supported_video_stream_configuration.set(VIDEO.to_vec());
    stream.supported_audio_stream_configuration.set(AUDIO.to_vec());
    stream.supported_rtp_configuration.set(NOT_ENCRYPTED.to_vec());
    stream.streaming_status.set(UNAVAILABLE.to_vec());
    stream.setup_endpoints.on_write_now(|_, _| Err(Status::NotAllowed));
    stream.selected_rtp_stream_configuration.on_write_now(|_, _| Err(Status::NotAllowed));
    camera.add(Microphone::new());
    camera.set_primary(&stream);

    let server = Server::builder(camera).store(FileStore::open(state)?).bind(address).start().await?;
    println!("listening on {}, setup code {}", server.handle().address(), server.handle().setup_code());
    server.run().await;
    Ok(())
}
