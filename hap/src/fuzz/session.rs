//! A paired controller on its session.

use std::time::Duration;

use super::home::{Home, Line};

/// A session is sent anything, and answers in whole messages or closes.
///
/// Bytes that UTF-8 does not know are orders, and the rest is the text of requests: 0xFF lets what was gathered arrive,
/// 0xFE lets a second pass, 0xFD turns the light, 0xFC presses the button, 0xFB fills or empties the disk, 0xFA lets the
/// next byte be text whatever it is, 0xF9 sends noise instead of frames, 0xF8 opens a second session.
pub fn session(data: &[u8]) {
    let mut home = Home::new(true);
    let mut line = Line::session(1, &mut home);
    let mut others = Vec::new();
    let mut text = Vec::new();
    let mut bytes = data.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            0xFF => line.send(&mut home, &std::mem::take(&mut text)),
            0xFE => {
                home.pass(Duration::from_secs(1));
                line.tick(&mut home);
            }
            0xFD => {
                home.bulb.on.set(!home.bulb.on.get());
                line.drive(&mut home);
            }
            0xFC => {
                home.button.programmable_switch_event.set(crate::catalogue::ProgrammableSwitchEvent::SinglePress);
                line.drive(&mut home);
            }
            0xFB => home.disk_full = !home.disk_full,
            0xFA => text.extend(bytes.next()),
            0xF9 => line.send_wire(&mut home, &std::mem::take(&mut text)),
            0xF8 if others.len() < 2 && home.host.state.is_paired() => {
                others.push(Line::session(2 + others.len() as u64, &mut home));
            }
            text_byte => text.push(*text_byte),
        }
        if !line.is_open() {
            break;
        }
    }
    line.send(&mut home, &text);
    // Whatever it did, another session of a controller that is still paired goes on.
    for other in &mut others {
        other.tick(&mut home);
        if home.host.state.is_paired() && other.is_open() {
            other.answers.clear();
            other.send(&mut home, b"GET /accessories HTTP/1.1\r\n\r\n");
            assert_eq!(other.answers.first().map(|answer| answer.status), Some(200));
        }
    }
}
