//! How the costs grow: with accessories, characteristics, sessions, watchers and pairings.
//!
//! The names end in what grows and how much of it there is; `bench/instructions` holds the growth to its bounds.

use hap::measure::Size;

use crate::requests::Ready;
use crate::{Case, case, verify};

pub(crate) fn cases() -> Vec<Case> {
    let sizes = |name: &str, counts: &[usize], size: fn(usize) -> Size| {
        counts
            .iter()
            .flat_map(|count| {
                let (name, count) = (name.to_owned(), *count);
                let ready = move || Ready::new(size(count), 1);
                [
                    case(format!("scale read {name} {count}"), ready, |ready| ready.read(1), Ready::answer),
                    case(format!("scale write {name} {count}"), ready, |ready| ready.write(false), Ready::answer),
                    case(format!("scale accessories {name} {count}"), ready, Ready::accessories, Ready::answer),
                ]
            })
            .collect::<Vec<_>>()
    };
    // Beside the one that reads and writes, another one watches what is written.
    let sessions = [2, 4, 16, 64, 256].into_iter().flat_map(|count| {
        let ready = move || Ready::one_watches(count);
        [
            case(format!("scale read sessions {count}"), ready, |ready| ready.read(1), Ready::answer),
            case(format!("scale write sessions {count}"), ready, |ready| ready.write(false), Ready::answer),
            case(format!("scale event sessions {count}"), ready, Ready::rest, Ready::event),
        ]
    });
    let watchers = [1, 4, 16, 64, 256].into_iter().map(|count| {
        case(format!("scale event watchers {count}"), move || Ready::watched(count), Ready::rest, Ready::event)
    });
    let pairings = [1, 4, 16, 64].into_iter().flat_map(|count| {
        let ready = move || Ready::new(Size { pairings: count, ..Size::default() }, 1);
        [
            verify::among(format!("scale verify pairings {count}"), count),
            case(format!("scale list pairings {count}"), ready, Ready::list, Ready::answer),
        ]
    });
    [
        sizes("bridged", &[0, 1, 8, 40, 149], |bridged| Size { bridged, services: 1, pairings: 1 }),
        // 7 characteristics of an accessory and 3 of each service: 10 000 in all at the end.
        sizes("services", &[1, 4, 10, 20], |services| Size { bridged: 149, services, pairings: 1 }),
        sizes("pairings", &[1, 4, 16, 64], |pairings| Size { bridged: 0, services: 1, pairings }),
    ]
    .into_iter()
    .flatten()
    .chain(pairings)
    .chain(sessions)
    .chain(watchers)
    .collect()
}
