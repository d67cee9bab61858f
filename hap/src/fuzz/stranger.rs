//! Connections that never verified.

use std::time::Duration;

use super::home::{Home, Line};

/// Two strangers send anything, and neither pairs nor changes a pairing.
///
/// The first byte says whether somebody owns the accessory. Then each piece begins with two bytes: who sends, and how
/// many bytes of what follows; 0xFF in the first lets time pass instead, as many seconds as the second says.
pub fn stranger(data: &[u8]) {
    let Some((owned, mut rest)) = data.split_first() else { return };
    let mut home = Home::new(owned & 1 == 1);
    let before = home.host.state.pairings.clone();
    let mut lines = [Line::new(1, home.now), Line::new(2, home.now)];
    while let Some(([who, length], behind)) = rest.split_first_chunk::<2>() {
        if *who == 0xFF {
            home.pass(Duration::from_secs((*length).into()));
            lines.iter_mut().for_each(|line| line.tick(&mut home));
            rest = behind;
            continue;
        }
        // 32 lengths of a piece, up to more than a segment.
        let length = usize::from(*length).saturating_mul(32).min(behind.len());
        let (piece, behind) = behind.split_at(length);
        lines[usize::from(who & 1)].send_wire(&mut home, piece);
        rest = behind;
    }
    assert_eq!(home.host.state.pairings, before, "a stranger changed the pairings");
    lines.iter_mut().for_each(|line| line.close(&mut home));
    assert_eq!(home.host.setup.owner(), None);
}
