//! Attacks on the local API: none moves the gate, none piles up, none is felt by a phone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod daemon;
mod http;
mod phone;

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

use crate::daemon::{Daemon, Home, gate, own_address, quiet};
use crate::http::{Events, ask, secret, tell};
use crate::phone::Phone;

const GATE: &str = "pulse = \"50ms\"\ntravel = \"1s\"\nclose_when_assumed = true";
const TOKEN: &str = "correct-horse-battery";

/// A daemon that wants a token.
fn guarded(home: &Home) -> Daemon<'_> {
    let (homekit, api) = (own_address(), own_address());
    let file = home.file("token");
    secret(&file, TOKEN);
    let network = format!("[homekit]\nbind = \"{homekit}\"\nadvertise = false\n");
    home.configure(&format!("{network}[api]\nlisten = \"{api}\"\ntoken_file = {file:?}\n{}", gate(GATE)));
    home.start()
}

#[test]
fn only_post_put_and_delete_change_anything() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    Phone::pair(&daemon);
    let controllers = || ask(daemon.api(), "GET", "/api/v1/controllers", &[]).json();
    let before = controllers();
    assert_eq!(before[0]["id"], Phone::ID);
    let description = ask(daemon.api(), "GET", "/openapi.json", &[]).json();
    let mut asked = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        if path == "/api/v1/events" {
            continue;
        }
        let requests = ["open", "close", "stop", "toggle"];
        for request in &requests[..if path.contains("{request}") { 4 } else { 1 }] {
            let path = path.replace("{gate}", "Gate").replace("{request}", request).replace("{happening}", "remote");
            let path = path.replace("{id}", Phone::ID);
            for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PATCH"] {
                let answer = ask(daemon.api(), method, &path, &[]);
                let is_described = methods.get(method.to_ascii_lowercase()).is_some();
                assert!(is_described || !matches!(method, "GET") || answer.status >= 400, "{method} {path}");
                asked += 1;
            }
        }
    }
    assert!(asked > 80, "the description has the paths: {asked}");
    let truth = ask(daemon.api(), "GET", "/api/v1/gates/Gate/simulation", &[]).json();
    assert_eq!(truth["really"], "closed");
    assert_eq!(controllers(), before);
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn every_answer_carries_what_keeps_a_browser_in_check() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    for (method, path, host) in [
        ("GET", "/api/v1/status", None),
        ("GET", "/nothing", None),
        ("DELETE", "/api/v1/status", None),
        ("GET", "/api/v1/history?n=x", None),
        ("POST", "/toggle-relay?delay=x", None),
        ("GET", "/api/v1/setup/qr.svg", None),
        ("GET", "/api/v1/status", Some("evil.example")),
    ] {
        let headers: Vec<_> = host.iter().map(|host| ("Host", *host)).collect();
        let answer = ask(daemon.api(), method, path, &headers);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{method} {path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {path}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{method} {path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{method} {path}");
    }
}

#[test]
fn a_page_from_elsewhere_reads_and_moves_nothing_even_with_the_token() {
    let home = Home::new("");
    let daemon = guarded(&home);
    let bearer = format!("Bearer {TOKEN}");
    let with = |extra: &[(&'static str, &'static str)]| {
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(extra);
        ask(daemon.api(), "POST", "/api/v1/gates/Gate/toggle", &headers).status
    };
    for extra in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        // Names that somebody had point here.
        ("Host", "evil.example"),
        ("Host", "127.0.0.1.evil.example"),
        ("Host", "localhost.evil.example:5000"),
    ] {
        assert_eq!(with(&[extra]), 403, "{extra:?}");
    }
    // The better of two does not count.
    assert_eq!(with(&[("Origin", "http://evil.example"), ("Origin", "http://localhost")]), 403);
    let cross = [("Authorization", bearer.as_str()), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")];
    assert_eq!(ask(daemon.api(), "GET", "/api/v1/status", &cross).status, 403);
    assert_eq!(ask(daemon.api(), "GET", "/api/v1/events", &cross).status, 403);
    // A browser from before Sec-Fetch-Site, whose page would hold the streams that the own one needs.
    for origin in ["http://evil.example", "null"] {
        let old = [("Authorization", bearer.as_str()), ("Origin", origin)];
        for path in ["/api/v1/status", "/api/v1/events", "/"] {
            assert_eq!(ask(daemon.api(), "GET", path, &old).status, 403, "{origin} {path}");
        }
    }
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn a_page_from_elsewhere_may_link_to_the_page_and_frames_nothing_and_spends_nothing() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let asked_from = |site, mode, dest, path| {
        let headers = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)];
        ask(daemon.api(), "GET", path, &headers).status
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(asked_from(site, "navigate", "document", "/"), 200, "{site}: somebody follows a link");
        assert_eq!(ask(daemon.api(), "GET", "/", &[("Sec-Fetch-Site", site)]).status, 403, "{site}");
        for (mode, dest) in [("navigate", "iframe"), ("navigate", "object"), ("no-cors", "document"), ("cors", "empty")]
        {
            assert_eq!(asked_from(site, mode, dest, "/"), 403, "{site} {mode} {dest}");
        }
        for path in
            ["/api/v1/status", "/api/v1/setup", "/api/v1/events", "/healthz", "/metrics", "/openapi.json", "/app.js"]
        {
            for dest in ["document", "iframe"] {
                assert_eq!(asked_from(site, "navigate", dest, path), 403, "{site} {dest} {path}");
            }
        }
    }
    // More than may be asked at once, and more than there may be streams.
    let framed = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n\
         Sec-Fetch-Dest: iframe\r\n\r\n",
        daemon.api()
    );
    let mut streams = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(daemon.api()).unwrap();
        stream.write_all(framed.repeat(10).as_bytes()).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        // What is refused has a rate of its own.
        assert!([b"403", b"429"].contains(&head[9..].first_chunk().unwrap()), "{}", head.escape_ascii());
        streams.push(stream);
    }
    assert_eq!(ask(daemon.api(), "POST", "/api/v1/gates/Gate/open", &[]).status, 200);
    Events::open(daemon.api(), None).expect("the own page has its stream");
}

#[test]
fn a_request_says_once_whom_it_asks() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let post = "POST /api/v1/gates/Gate/toggle HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n";
    let host = format!("Host: {}\r\n", daemon.api());
    for headers in [
        String::new(),
        format!("{host}{host}"),
        format!("{host}Host: evil.example\r\n"),
        format!("Host: evil.example\r\n{host}"),
        "Host: \r\n".to_owned(),
    ] {
        let answer = tell(daemon.api(), format!("{post}{headers}\r\n").as_bytes()).unwrap();
        assert!((400..404).contains(&answer.status), "{headers:?}: {}", answer.status);
    }
    let absolute =
        format!("POST http://evil.example/api/v1/gates/Gate/toggle HTTP/1.1\r\nConnection: close\r\n{host}\r\n");
    assert_eq!(tell(daemon.api(), absolute.as_bytes()).unwrap().status, 400);
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn what_is_too_long_is_refused() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let long = "x".repeat(5000);
    let path = format!("/api/v1/controllers/{}", Phone::ID);
    let request = format!(
        "PUT {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{long}",
        daemon.api(),
        long.len()
    );
    let answer = tell(daemon.api(), request.as_bytes()).unwrap();
    assert_eq!((answer.status, answer.header("content-type")), (413, Some("application/problem+json")));
    let many: Vec<_> = (0..100).map(|_| ("X-More", "1")).collect();
    assert_eq!(ask(daemon.api(), "GET", "/api/v1/status", &many).status, 431);
    let long = "x".repeat(20_000);
    // It hangs up while we still send, which may lose its answer.
    let head = format!("GET / HTTP/1.1\r\nHost: {}\r\nX-Long: {long}\r\n\r\n", daemon.api());
    assert!(tell(daemon.api(), head.as_bytes()).map_or(true, |answer| answer.status == 431));
    assert_eq!(ask(daemon.api(), "GET", "/api/v1/status", &[]).status, 200);
}

#[test]
fn what_is_refused_or_needs_no_token_is_bounded_and_keeps_nobody_out() {
    let home = Home::new("");
    let daemon = guarded(&home);
    let bearer = format!("Bearer {TOKEN}");
    let own = daemon.api().to_string();
    for (path, host, usual) in [("/app.js", own.as_str(), 200), ("/api/v1/status", "evil.example", 403)] {
        // Many in one go, so that nothing but the bound slows them down.
        const AT_ONCE: usize = 50;
        let stream = TcpStream::connect(daemon.api()).unwrap();
        let requests = format!("HEAD {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").repeat(AT_ONCE);
        let mut lines = BufReader::new(stream);
        let mut statuses = Vec::new();
        while !statuses.contains(&429) {
            lines.get_mut().write_all(requests.as_bytes()).unwrap();
            for _ in 0..AT_ONCE {
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    assert_ne!(lines.read_line(&mut head).unwrap(), 0, "no head: {head}");
                }
                statuses.push(head[9..12].parse::<u16>().unwrap());
            }
            assert!(statuses.len() < 10_000, "{path} has no bound");
        }
        assert_eq!(statuses[0], usual, "{path}");
        assert_eq!(ask(daemon.api(), "GET", "/api/v1/status", &[("Authorization", &bearer)]).status, 200);
    }
}

#[test]
fn connections_that_dawdle_do_not_pile_up_and_keep_nobody_out() {
    let home = Home::new(&(quiet() + &gate(GATE)));
    let daemon = home.start();
    let before = descriptors(&daemon);
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(daemon.api()).unwrap();
        // Half a head; a peer that was sent away already does not matter.
        let _ = write!(stream, "POST /api/v1/gates/Gate/toggle HTTP/1.1\r\nHost: {}\r\nX-", daemon.api());
        slow.push(stream);
    }
    for _ in 0..10 {
        assert_eq!(ask(daemon.api(), "GET", "/api/v1/status", &[]).status, 200);
    }
    assert!(descriptors(&daemon) <= before + 70, "{} and {before} before", descriptors(&daemon));
    // The oldest were sent away without a word.
    let mut nothing = Vec::new();
    slow[0].read_to_end(&mut nothing).ok();
    assert!(nothing.is_empty());
    assert_eq!(home.edges().len(), 0);
}

#[test]
fn a_flood_of_wrong_tokens_locks_nobody_out_and_a_phone_reads_on() {
    const WRONG: usize = 1000;
    let home = Home::new("");
    let daemon = guarded(&home);
    let phone = Phone::pair(&daemon);
    let mut session = phone.connect(&daemon);
    let id = session.find("41", "", "E");
    let api = daemon.api();
    let bearer = format!("Bearer {TOKEN}");
    let (mut asked, mut read) = (0, 0);
    flood(&daemon, WRONG, |is_over| {
        while !is_over() || read < 100 {
            assert_eq!(session.read(id), 1, "the phone reads on");
            read += 1;
            if read % 10 == 0 {
                let answer = ask(api, "GET", "/api/v1/gates", &[("Authorization", &bearer)]);
                assert!(matches!(answer.status, 200 | 429), "{}", answer.status);
                asked += usize::from(answer.status == 200);
            }
        }
    });
    assert!(asked > 0, "the right token is let in");
    let counted = wrong_tokens(&daemon);
    assert!(counted >= WRONG / 2, "{counted}");
    assert!(!daemon.log().contains(TOKEN), "a token does not belong in a log");
}

/// What a phone waits for behind a wrong token is its processor time: this is the same on a busy machine.
#[test]
fn a_wrong_token_takes_no_more_of_the_processor_than_a_request_that_is_let_in() {
    const WRONG: u32 = 1000;
    // As many as may come at once, nearly.
    const RIGHT: u32 = 180;
    let home = Home::new("");
    let daemon = guarded(&home);
    let bearer = format!("Bearer {TOKEN}");
    let begun = processor(&daemon);
    for _ in 0..RIGHT {
        assert_eq!(ask(daemon.api(), "GET", "/api/v1/status", &[("Authorization", &bearer)]).status, 200);
    }
    let between = processor(&daemon);
    flood(&daemon, WRONG as usize, |_| ());
    let (right, wrong) = ((between - begun) / RIGHT, (processor(&daemon) - between) / WRONG);
    assert!(wrong < 3 * right, "{wrong:?} for a wrong token, {right:?} for a right one");
}

/// The order of the answers says that nothing waits for another, however slow the machine is.
#[test]
fn a_phone_is_answered_while_the_wrong_tokens_that_came_before_it_wait() {
    const TOKENS: usize = 8;
    // A machine may be so busy that the tokens' two seconds are over before.
    const ROUNDS: usize = 5;
    let home = Home::new("");
    let daemon = guarded(&home);
    let phone = Phone::pair(&daemon);
    let mut session = phone.connect(&daemon);
    let id = session.find("41", "", "E");
    let request = wrong(&daemon);
    let send = |count: usize| -> Vec<_> {
        let send = |_| {
            let mut stream = TcpStream::connect(daemon.api()).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            stream
        };
        (0..count).map(send).collect()
    };
    // From here on each waits for as long as any.
    for mut stream in send(TOKENS) {
        stream.read_exact(&mut [0]).unwrap();
    }
    let is_first = (1..=ROUNDS).any(|round| {
        let tokens = send(TOKENS);
        while wrong_tokens(&daemon) < TOKENS * (1 + round) {}
        assert_eq!(session.read(id), 1);
        let waits = |mut stream: &TcpStream| {
            stream.set_nonblocking(true).unwrap();
            let is_silent = stream.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            stream.set_nonblocking(false).unwrap();
            is_silent
        };
        let all_wait = tokens.iter().all(waits);
        // The next round begins when none waits any more.
        for mut stream in tokens {
            let _ = stream.read_to_end(&mut Vec::new());
        }
        all_wait
    });
    assert!(is_first, "the phone had to wait for a token");
}

/// How many wrong tokens the daemon has seen.
fn wrong_tokens(daemon: &Daemon<'_>) -> usize {
    let bearer = format!("Bearer {TOKEN}");
    let metrics = ask(daemon.api(), "GET", "/metrics", &[("Authorization", &bearer)]).body;
    let counted = metrics.lines().find_map(|line| line.strip_prefix("portcullis_wrong_tokens_total "));
    counted.map_or(0, |counted| counted.parse().unwrap())
}

/// So many wrong tokens, from many at once, while `meanwhile` runs; it is told whether they have all been sent.
fn flood(daemon: &Daemon<'_>, count: usize, meanwhile: impl FnOnce(&dyn Fn() -> bool)) {
    // Sixteen wait for their answers, and the others ask on without a pause: more in a second than the requirement's minute has.
    const ATTACKERS: usize = 20;
    let (sent, refused, over) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let request = wrong(daemon);
    thread::scope(|scope| {
        for _ in 0..ATTACKERS {
            scope.spawn(|| {
                while sent.fetch_add(1, Ordering::Relaxed) < count {
                    // One that made room for another has no answer at all.
                    if tell(daemon.api(), request.as_bytes()).map_or(true, |it| matches!(it.status, 401 | 429)) {
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
                over.store(true, Ordering::Relaxed);
            });
        }
        meanwhile(&|| over.load(Ordering::Relaxed));
    });
    assert_eq!(refused.load(Ordering::Relaxed), count);
}

/// A request with a token that is nearly right.
fn wrong(daemon: &Daemon<'_>) -> String {
    format!(
        "GET /api/v1/status HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer correct-horse-batterz\r\n\r\n",
        daemon.api()
    )
}

/// The processor's time that the daemon has had.
fn processor(daemon: &Daemon<'_>) -> Duration {
    let text = fs::read_to_string(format!("/proc/{}/stat", daemon.pid())).unwrap();
    // Behind the program's name, proc_pid_stat(5) has utime and stime at 14 and 15.
    let fields: Vec<_> = text.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_secs(ticks) / u32::try_from(clock_ticks_per_second()).unwrap()
}

/// Open files and sockets of the daemon.
fn descriptors(daemon: &Daemon<'_>) -> usize {
    // What was just closed may take a moment to go.
    thread::sleep(Duration::ZERO);
    fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap().count()
}
