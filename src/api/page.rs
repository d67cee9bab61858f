//! The page: files of `src/page/`, as they are, out of the program itself.
//!
//! They hold no secret, so they are served without the token; what they show comes from the rest of the local API.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Api;

/// One file of the page.
struct File {
    path: &'static str,
    media: &'static str,
    bytes: &'static [u8],
    /// Changes with every byte of it.
    tag: u64,
}

macro_rules! page {
    ($path:literal, $media:ident, $file:literal) => {{
        const BYTES: &[u8] = include_bytes!(concat!("../page/", $file));
        const TAG: u64 = tag(BYTES);
        File { path: $path, media: $media, bytes: BYTES, tag: TAG }
    }};
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const MANIFEST: &str = "application/manifest+json";
const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";

/// All of them.
const FILES: &[File] = &[
    page!("/", HTML, "index.html"),
    page!("/app.css", CSS, "app.css"),
    page!("/app.js", JS, "app.js"),
    page!("/js/ask.js", JS, "js/ask.js"),
    page!("/js/confirm.js", JS, "js/confirm.js"),
    page!("/js/controllers.js", JS, "js/controllers.js"),
    page!("/js/dom.js", JS, "js/dom.js"),
    page!("/js/events.js", JS, "js/events.js"),
    page!("/js/gate.js", JS, "js/gate.js"),
    page!("/js/health.js", JS, "js/health.js"),
    page!("/js/history.js", JS, "js/history.js"),
    page!("/js/picture.js", JS, "js/picture.js"),
    page!("/js/setup.js", JS, "js/setup.js"),
    page!("/js/stream.js", JS, "js/stream.js"),
    page!("/js/words.js", JS, "js/words.js"),
    page!("/strings/de.json", JSON, "strings/de.json"),
    page!("/strings/en.json", JSON, "strings/en.json"),
    page!("/manifest.webmanifest", MANIFEST, "manifest.webmanifest"),
    page!("/icon.svg", SVG, "icon.svg"),
    page!("/icon-192.png", PNG, "icon-192.png"),
];

/// Nothing but our own files, nothing inline, no frames, no forms that go anywhere. The QR code is the one `data:`: it is
/// fetched with the token, which an image cannot carry.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The page's routes.
pub(super) fn router() -> Router<Arc<Api>> {
    FILES.iter().fold(Router::new(), |router, file| {
        router.route(file.path, get(move |headers: HeaderMap| async move { answer(file, &headers) }))
    })
}

fn answer(file: &'static File, request: &HeaderMap) -> Response {
    let tag = format!("\"{:016x}\"", file.tag);
    let has_it = |header: &str| header.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
    let is_known = request.get(header::IF_NONE_MATCH).and_then(|header| header.to_str().ok()).is_some_and(has_it);
    let headers = [
        (header::ETAG, tag.as_str()),
        // Asked for each time, and sent only after an update of the program.
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, file.media)], file.bytes).into_response()
}

/// FNV-1a: nobody gains from two files with one tag.
const fn tag(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut rest = bytes;
    while let [byte, others @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = others;
    }
    hash
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use serde::Deserialize;

    use super::*;
    use crate::api::limits;
    use crate::gate::{Event, Fault, GivenUp, PulseLength, Refusal, Sensor, Target, Travel};
    use crate::hardware::RelayError;
    use crate::health;
    use crate::live_gate::{Denied, PressError};
    use crate::names::GivenName;

    /// Bytes of the whole page, with all languages: it comes quickly over a weak Wi-Fi.
    const WHOLE: usize = 60_000;

    fn text(path: &str) -> &'static str {
        let file = FILES.iter().find(|file| file.path == path).unwrap();
        std::str::from_utf8(file.bytes).unwrap()
    }

    /// The words of a language by their keys, and what the daemon says with its translation.
    fn strings(language: &str) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
        #[derive(Deserialize)]
        struct Strings {
            said: BTreeMap<String, String>,
            #[serde(flatten)]
            words: BTreeMap<String, String>,
        }
        let Strings { said, words } = serde_json::from_str(text(&format!("/strings/{language}.json"))).unwrap();
        (words, said)
    }

    /// The names between braces.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect()
    }

    #[test]
    fn the_whole_page_is_small() {
        let bytes: usize = FILES.iter().map(|file| file.bytes.len()).sum();
        assert!(bytes < WHOLE, "{bytes} bytes");
    }

    #[test]
    fn every_file_of_the_page_is_served() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page");
        let mut directories = vec![root.clone()];
        let mut found = BTreeSet::new();
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else {
                    found.insert(format!("/{}", path.strip_prefix(&root).unwrap().display()));
                }
            }
        }
        let served = FILES.iter().map(|file| if file.path == "/" { "/index.html" } else { file.path }.to_owned());
        assert_eq!(found, served.collect());
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere_and_nothing_inline() {
        for file in FILES.iter().filter(|file| file.media != PNG) {
            let text = text(file.path).replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http:") && !text.contains("https:"), "{}", file.path);
        }
        let html = text("/");
        assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains(" on"), "inline");
        assert_eq!(html.matches("<script").count(), html.matches("<script type=\"module\" src=").count());
    }

    #[test]
    fn every_language_has_all_words_and_the_same_places_for_values() {
        let ((english, _), (german, _)) = (strings("en"), strings("de"));
        assert_eq!(english.keys().collect::<Vec<_>>(), german.keys().collect::<Vec<_>>());
        for (key, text) in &english {
            assert!(!text.is_empty() && !german[key].is_empty(), "{key}");
            assert_eq!(places(text), places(&german[key]), "{key}");
        }
    }

    #[test]
    fn every_word_that_the_page_asks_for_is_there() {
        let (english, _) = strings("en");
        for file in FILES.iter().filter(|file| file.media == JS || file.media == HTML) {
            let text = text(file.path);
            for start in ["t(\"", "data-t=\""] {
                for key in text.split(start).skip(1).map(|rest| rest.split('"').next().unwrap()) {
                    // What else ends in a `t`, such as `getElement("…")`, has no point within.
                    assert!(
                        !key.contains('.') || key.contains(' ') || english.contains_key(key),
                        "{}: {key}",
                        file.path
                    );
                }
            }
        }
    }

    /// Problems that the page never shows: of paths it does not ask, and of requests that no browser makes.
    const UNSHOWN: &[&str] = &[
        "a gate can be asked to",
        "no gate ",
        "a body has at most",
        "say once whom you ask",
        "{host:?} is not known here",
        "ask for it as localhost",
    ];

    /// The words of the local API's problems, out of the sources of those that the page can meet: one that is new must
    /// be translated, or be known as never shown.
    fn problems() -> Vec<String> {
        let sources = ["controllers", "events", "gates", "guard"].map(|name| {
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/api/{name}.rs"))).unwrap()
        });
        let mut found = Vec::new();
        for source in &sources {
            let code = source.split("#[cfg(test)]").next().unwrap();
            // Those without a literal hand on the words of an error.
            let calls =
                code.split("Problem::new(").skip(1).filter_map(|call| call.split(')').next()?.split('"').nth(1));
            found.extend(calls.filter(|words| !UNSHOWN.iter().any(|it| words.starts_with(it))).map(str::to_owned));
        }
        found
    }

    fn failures_of_the_relay() -> impl Iterator<Item = RelayError> {
        let output = RelayError::Output(std::io::ErrorKind::PermissionDenied.into());
        [RelayError::Busy, output, RelayError::Late, RelayError::NoKeeper, RelayError::NoAnswer].into_iter()
    }

    /// What the daemon says is English: why it refuses, what it noted, what is wrong, and how it is, with the values left
    /// open.
    #[test]
    fn what_the_daemon_says_is_translated() {
        let (_, said) = strings("de");
        let refusals = [
            Refusal::Busy,
            Refusal::TooMany,
            Refusal::StateAssumed,
            Refusal::OtherWay,
            Refusal::CannotClose,
            Refusal::CannotStop,
            Refusal::Obstructed,
            Refusal::HeldOpen,
            Refusal::LockedOut,
            Refusal::WayUnknown,
            Refusal::Stale,
            Refusal::Stopping,
        ];
        let given_up = [GivenUp::Superseded, GivenUp::MovedOutside, GivenUp::Late, GivenUp::RelayFailed];
        let ends = [Target::Open, Target::Closed];
        let faults = ends.into_iter().flat_map(|end| [Fault::NotLeft(end), Fault::NotReached(end)]);
        let notes = [
            Event::Clamped { asked: Duration::from_millis(9), given: PulseLength::millis::<50>() },
            Event::Obstruction(true),
            Event::Obstruction(false),
            Event::Fault(None),
            Event::Learned(Travel::millis::<9_000>()),
            Event::AutoCloseGaveUp,
        ];
        let name = GivenName::try_from(String::new()).unwrap_err();
        let mut sentences: BTreeSet<_> = refusals.iter().map(ToString::to_string).collect();
        sentences.extend(given_up.iter().map(ToString::to_string));
        sentences.extend(ends.iter().map(ToString::to_string));
        sentences.extend(
            faults.chain([Fault::BothEnds, Fault::Unread(Sensor::ClosedSwitch)]).map(|fault| fault.to_string()),
        );
        sentences.extend(notes.iter().map(ToString::to_string));
        sentences.extend(failures_of_the_relay().map(|error| error.to_string()));
        sentences.extend(failures_of_the_relay().map(|error| Denied::Relay(PressError::Relay(error)).to_string()));
        sentences.extend(health::sentences().into_iter().map(|(_, sentence)| sentence));
        sentences.extend(["60 seconds", "5 minutes", "10 hours", "7 days"].map(str::to_owned));
        sentences.extend(problems());
        sentences.insert(name.to_string());
        for sentence in &sentences {
            let found = said.keys().filter(|form| fits(form, sentence)).count();
            assert_eq!(found, 1, "strings/de.json must have it once: {sentence}");
        }
        for (form, words) in &said {
            assert!(sentences.iter().any(|sentence| fits(form, sentence)), "nobody says it any more: {form}");
            assert_eq!(places(form), places(words), "{form}");
        }
    }

    #[test]
    fn every_part_of_the_health_has_a_name() {
        let (english, _) = strings("en");
        for (part, _) in health::sentences() {
            assert!(english.contains_key(&format!("part.{part}")), "{part}");
        }
    }

    #[test]
    fn the_page_keeps_as_many_lines_as_a_snapshot_has() {
        let bound = |name: &str| {
            let (_, rest) = text("/js/history.js").split_once(&format!("const {name} = ")).unwrap();
            rest.split(';').next().unwrap().parse().unwrap()
        };
        let (lines, in_vain): (usize, usize) = (bound("SHOWN"), bound("IN_VAIN"));
        assert_eq!((lines, in_vain), (limits::SNAPSHOT_LINES, limits::SNAPSHOT_IN_VAIN));
    }

    #[test]
    fn silence_is_taken_for_a_loss_only_after_two_beats() {
        let (_, rest) = text("/js/stream.js").split_once("const SILENCE = ").unwrap();
        let silence: u64 = rest.split(';').next().unwrap().replace('_', "").parse().unwrap();
        assert!(Duration::from_millis(silence) > 2 * limits::BEAT, "{silence} ms");
    }

    /// Whether `text` is `form` with something in its places, a number in {n}, and anything for a … at its end.
    fn fits(form: &str, text: &str) -> bool {
        match (form.split_once('{'), form.strip_suffix('…')) {
            (Some((before, rest)), _) => {
                let (place, after) = rest.split_once('}').unwrap();
                let holds = |value: &str| place != "n" || value.bytes().all(|byte| byte.is_ascii_digit());
                let ends = |text: &str| {
                    let mut cuts = (1..=text.len()).filter_map(|at| text.split_at_checked(at));
                    cuts.any(|(value, rest)| holds(value) && fits(after, rest))
                };
                text.strip_prefix(before).is_some_and(ends)
            }
            (None, Some(start)) => text.starts_with(start),
            (None, None) => form == text,
        }
    }

    #[test]
    fn a_browser_that_has_a_file_gets_no_second_one() {
        let file = &FILES[0];
        let fresh = answer(file, &HeaderMap::new());
        assert_eq!(fresh.status(), StatusCode::OK);
        let tag = fresh.headers()[header::ETAG].clone();
        for known in [tag.to_str().unwrap().to_owned(), format!("\"x\", W/{}", tag.to_str().unwrap())] {
            let again = HeaderMap::from_iter([(header::IF_NONE_MATCH, known.parse().unwrap())]);
            let answer = answer(file, &again);
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(answer.headers()[header::ETAG], tag);
            assert!(answer.headers().contains_key(header::CONTENT_SECURITY_POLICY));
        }
        let other = HeaderMap::from_iter([(header::IF_NONE_MATCH, "\"0\"".parse().unwrap())]);
        assert_eq!(answer(file, &other).status(), StatusCode::OK);
    }

    #[test]
    fn the_answers_differ_in_their_tags() {
        let tags: BTreeSet<_> = FILES.iter().map(|file| file.tag).collect();
        assert_eq!(tags.len(), FILES.len());
    }
}
