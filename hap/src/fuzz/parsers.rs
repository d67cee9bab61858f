//! One parser at a time.

use pairing::tlv8::{Items, Writer};
use serde_json::Value as Json;

use crate::catalogue::CHARACTERISTICS;
use crate::channel::{FRAME, Opener, Sealer};
use crate::http::{Bounds, HttpError, Method, Scan};
use crate::limits;
use crate::routes::{characteristics, prepare};
use crate::value::{Metadata, Value};

/// A body that is read is what the writer makes of its items, byte for byte (HAP §3.1).
pub fn tlv8(data: &[u8]) {
    let Ok(items) = Items::parse(data) else { return };
    let mut writer = Writer::new();
    for item in items.iter() {
        let only = items.get(item.kind);
        assert!(only.is_err() || only == Ok(Some(item.value.clone())));
        writer = writer.item(item.kind, &item.value);
    }
    assert_eq!(writer.finish(), data);
}

/// Requests come out alike however their bytes are cut; the first byte says how.
pub fn http(data: &[u8]) {
    let Some((cut, text)) = data.split_first() else { return };
    let bounds = if cut & 1 == 0 { Bounds::UNVERIFIED } else { Bounds::SESSION };
    let whole = requests(text, text.len().max(1), bounds);
    let pieces = requests(text, usize::from(cut >> 1).saturating_add(1), bounds);
    assert_eq!(whole, pieces);
}

/// A request that outlives its bytes.
type Owned = (Method, String, Option<String>, Option<Vec<u8>>);

/// All requests of `text`, which arrives `step` bytes at a time, and whether the connection would be closed.
fn requests(text: &[u8], step: usize, bounds: Bounds) -> (Vec<Owned>, bool) {
    let (mut scan, mut waiting, mut requests) = (Scan::default(), Vec::new(), Vec::new());
    for piece in text.chunks(step) {
        waiting.extend_from_slice(piece);
        loop {
            let taken = match scan.request(&waiting, bounds) {
                Ok(None) => break,
                Ok(Some((request, taken))) => {
                    let body = request.body.map(<[u8]>::to_vec);
                    requests.push((request.method, request.path.to_owned(), request.query.map(str::to_owned), body));
                    taken
                }
                Err(HttpError::TooLarge(most)) => {
                    assert!(most <= limits::REQUEST_BODY);
                    return (requests, true);
                }
                Err(_) => return (requests, true),
            };
            assert!(taken > 0 && taken <= waiting.len());
            waiting.drain(..taken);
        }
    }
    (requests, false)
}

/// What is sealed opens however it is cut, and nothing else ever does (HAP §4.6).
///
/// The first byte is the length of the pieces, the next two say which byte of the wire is flipped; the rest is sealed.
pub fn frames(data: &[u8]) {
    let Some(([step, high, low], plain)) = data.split_first_chunk::<3>() else { return };
    let (key, mut wire) = ([7; 32], Vec::new());
    Sealer::new(&key).seal(plain, &mut wire).expect("fewer than 2^64 frames");
    let flipped = usize::from(u16::from_be_bytes([*high, *low]));
    let whole = match wire.get_mut(flipped) {
        Some(byte) => {
            *byte ^= 1 << (step % 8);
            // Frames before the flipped one still open.
            flipped / (FRAME + 18) * FRAME
        }
        None => plain.len(),
    };
    let (mut opener, mut sealed, mut opened) = (Opener::new(&key), Vec::new(), Vec::new());
    let mut closed = false;
    for piece in wire.chunks(usize::from(*step).saturating_mul(8).saturating_add(1)) {
        sealed.extend_from_slice(piece);
        closed = opener.open(&mut sealed, &mut opened).is_err();
        assert!(sealed.len() < FRAME + 18 + piece.len());
        if closed {
            break;
        }
    }
    assert_eq!(opened, plain[..whole.min(plain.len())]);
    assert!(!closed || flipped < wire.len());
    // As it came from a stranger who has no key.
    let (mut noise, mut nothing) = (data.to_vec(), Vec::new());
    let _ = Opener::new(&key).open(&mut noise, &mut nothing);
    assert!(nothing.is_empty());
}

/// Bodies of writes and of timed writes, queries of reads, and each value as each characteristic of the catalogue
/// would take it. The first byte chooses.
pub fn json(data: &[u8]) {
    let Some((which, text)) = data.split_first() else { return };
    match which % 4 {
        0 => {
            let entries = characteristics::put::entries(text);
            assert!(entries.is_none_or(|entries| entries <= limits::ENTRIES));
        }
        1 => {
            let _ = prepare::is_understood(text);
        }
        2 => {
            let ids = str::from_utf8(text).ok().and_then(characteristics::get::ids);
            assert!(ids.is_none_or(|ids| ids <= limits::ENTRIES));
        }
        _ => {
            if let Ok(value) = serde_json::from_slice::<Json>(text) {
                CHARACTERISTICS.iter().for_each(|definition| value_survives(&Metadata::from(*definition), &value));
            }
        }
    }
}

/// A value that is taken is written so that it is taken again.
fn value_survives(metadata: &Metadata, json: &Json) {
    let Ok(value) = metadata.parse(json) else { return };
    let mut text = Vec::new();
    metadata.write_json(&value, &mut text);
    let written: Json = match serde_json::from_slice(&text) {
        Ok(written) => written,
        // Three hundred digits are JSON all the same, and this reader gives up at the largest floats.
        Err(_) if matches!(value, Value::Float(float) if float.abs() > 1e300) => return,
        Err(error) => panic!("a value is not written as JSON: {error}"),
    };
    let again = metadata.parse(&written).expect("a value that was taken is taken again");
    match (value, again) {
        // A number with more digits than a float holds is read to the nearest but one.
        (Value::Float(one), Value::Float(other)) => assert!((one - other).abs() <= one.abs() * 1e-12),
        (one, other) => assert_eq!(one, other),
    }
}
