//! What is measured, and how often.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hap::controller::Client;

use crate::Failure;
use crate::figures::{Figure, Row, Unit};
use crate::floors::{self, Echo};
use crate::home::{Home, Place};
use crate::process::{resident, usage};
use crate::servers::{Kind, Places, Shape};

/// Starts and pairings of each server.
const STARTS: usize = 5;
/// Everything else is measured in so many slices, in turn.
const SLICES: usize = 5;
/// Per slice.
const VERIFIES: usize = 40;
const REQUESTS: usize = 400;
const DATABASES: usize = 40;
/// How long eight connections read as fast as they can, per slice.
const FULL_SPEED: Duration = Duration::from_millis(500);
const CONNECTIONS: usize = 8;
/// Events in all, and their distance: longer than any server gathers them for.
const EVENTS: usize = 8;
const EVENT_GAP: Duration = Duration::from_millis(1_200);
/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Sessions whose memory is looked at.
const SESSIONS: [usize; 4] = [1, 8, 64, 256];
/// How long the servers are watched at rest.
const REST: Duration = Duration::from_secs(20);
/// Accessories of the large bridge, besides itself.
const BRIDGED: u16 = 149;

const TARGET_DOOR_STATE: &str = "32";
const CURRENT_DOOR_STATE: &str = "E";

/// Every row of the table.
pub(crate) fn all(places: &Places) -> Result<Vec<Row>, Failure> {
    let (mut rows, mut homes) = starts(places)?;
    rows.extend(verifies(&mut homes)?);
    rows.extend(requests(&mut homes)?);
    rows.push(full_speed(&mut homes)?);
    rows.push(events(&mut homes)?);
    rows.extend(rest(&mut homes)?);
    drop(homes);
    rows.extend(memory(places)?);
    rows.push(bridge(places)?);
    Ok(rows)
}

/// Times of each server, in the order of [`Kind::ALL`].
struct Times {
    row: Row,
    times: Vec<Vec<Duration>>,
}

impl Times {
    fn new(name: &str, unit: Unit) -> Self {
        Self { row: Row::new(name, unit), times: vec![Vec::new(); Kind::ALL.len()] }
    }

    fn push(&mut self, kind: Kind, time: Duration) {
        let at = Kind::ALL.iter().position(|it| *it == kind);
        if let Some(times) = at.and_then(|at| self.times.get_mut(at)) {
            times.push(time);
        }
    }

    fn finish(mut self, floor: &[Duration]) -> Row {
        self.row.floor = Figure::of(floor, self.row.unit);
        self.row.figures = self.times.iter().map(|times| Figure::of(times, self.row.unit)).collect();
        self.row
    }
}

fn starts(places: &Places) -> Result<(Vec<Row>, Vec<Home>), Failure> {
    let mut start = Times::new("start until it accepts", Unit::Milliseconds);
    let [mut m2, mut m4, mut m6] =
        ["Pair Setup M1→M2", "Pair Setup M3→M4", "Pair Setup M5→M6"].map(|name| Times::new(name, Unit::Milliseconds));
    let mut exponentiations = Vec::new();
    let mut homes = Vec::new();
    for _ in 0..STARTS {
        homes.clear();
        for kind in Kind::ALL {
            let (home, times) = Home::start(kind, Shape::Garage, places)?;
            start.push(kind, home.running.started_in);
            m2.push(kind, times.m2);
            m4.push(kind, times.m4);
            m6.push(kind, times.m6);
            homes.push(home);
        }
        exponentiations.push(floors::exponentiation());
    }
    let rows = vec![start.finish(&[]), m2.finish(&[]), m4.finish(&exponentiations), m6.finish(&[])];
    Ok((rows, homes))
}

fn verifies(homes: &mut [Home]) -> Result<Vec<Row>, Failure> {
    let mut whole = Times::new("Pair Verify", Unit::Milliseconds);
    let mut processor = Times::new("processor time of a Pair Verify", Unit::Milliseconds);
    let mut curves = Vec::new();
    for _ in 0..SLICES {
        for home in &mut *homes {
            let before = usage(home.running.pid())?;
            for _ in 0..VERIFIES {
                whole.push(home.kind, home.verify()?.1);
            }
            processor.push(home.kind, spent(home, before, VERIFIES)?);
        }
        curves.extend((0..VERIFIES).map(|_| floors::verify()));
    }
    Ok(vec![whole.finish(&curves), processor.finish(&curves)])
}

/// A kind of request, and a server's clients for it.
type Ask = fn(&mut Client, Place, usize) -> Result<(), Failure>;

fn requests(homes: &mut [Home]) -> Result<Vec<Row>, Failure> {
    let read: Ask = |client, place, _| {
        let response = client.get(&format!("/characteristics?id={}.{}", place.aid, place.iid))?;
        expect(response.status == 200, "a read", response.status)
    };
    let write: Ask = |client, place, number| {
        let Place { aid, iid } = place;
        let value = number % 2;
        let json = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"value\":{value}}}]}}");
        let response = client.put("/characteristics", &json)?;
        expect(response.status == 204, "a write", response.status)
    };
    let timed: Ask = |client, place, number| {
        let (Place { aid, iid }, pid) = (place, number + 1);
        let prepared = client.put("/prepare", &format!("{{\"ttl\":5000,\"pid\":{pid}}}"))?;
        expect(prepared.status == 200, "a prepare", prepared.status)?;
        let value = number % 2;
        let json = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"value\":{value}}}],\"pid\":{pid}}}");
        let response = client.put("/characteristics", &json)?;
        expect(response.status == 204, "a timed write", response.status)
    };
    let database: Ask = |client, _, _| {
        let response = client.get("/accessories")?;
        expect(response.status == 200, "the database", response.status)
    };
    let mut rows = Vec::new();
    for (name, kind, count, ask) in [
        ("read", Some(CURRENT_DOOR_STATE), REQUESTS, read),
        ("write", Some(TARGET_DOOR_STATE), REQUESTS, write),
        ("timed write with its prepare", Some(TARGET_DOOR_STATE), REQUESTS / 2, timed),
        ("/accessories of a garage door", None, DATABASES, database),
    ] {
        rows.extend(request(homes, name, kind, count, ask)?);
    }
    Ok(rows)
}

fn request(homes: &mut [Home], name: &str, kind: Option<&str>, count: usize, ask: Ask) -> Result<Vec<Row>, Failure> {
    let mut whole = Times::new(name, Unit::Microseconds);
    let mut processor = Times::new(&format!("processor time of that {name}"), Unit::Microseconds);
    let mut floor = Vec::new();
    let mut echo = Echo::start(true)?;
    let mut sessions = Vec::new();
    for home in &mut *homes {
        let place = kind.map_or(Ok(Place { aid: 1, iid: 1 }), |kind| home.find(kind))?;
        sessions.push((home.session()?, place));
    }
    for slice in 0..SLICES {
        for (home, (client, place)) in homes.iter().zip(&mut sessions) {
            let before = usage(home.running.pid())?;
            for number in 0..count {
                let begun = Instant::now();
                ask(client, *place, slice * count + number)?;
                whole.push(home.kind, begun.elapsed());
            }
            processor.push(home.kind, spent(home, before, count)?);
        }
        for _ in 0..count {
            floor.push(echo.round_trip()?);
        }
    }
    let rows = vec![whole.finish(&floor), processor.finish(&[])];
    // What the database costs is in its time.
    Ok(if kind.is_some() { rows } else { rows.into_iter().take(1).collect() })
}

fn full_speed(homes: &mut [Home]) -> Result<Row, Failure> {
    let mut row = Row::new(format!("reads a second over {CONNECTIONS} connections"), Unit::PerSecond);
    let mut best = vec![0.0_f64; homes.len()];
    let mut floor = 0.0_f64;
    for _ in 0..SLICES {
        for (home, best) in homes.iter_mut().zip(&mut best) {
            let place = home.find(CURRENT_DOOR_STATE)?;
            let path = format!("/characteristics?id={}.{}", place.aid, place.iid);
            let clients = (0..CONNECTIONS).map(|_| home.session()).collect::<Result<Vec<_>, _>>()?;
            *best = best.max(per_second(clients, |client| client.get(&path).is_ok()));
        }
        let echoes = (0..CONNECTIONS).map(|_| Echo::start(true)).collect::<Result<Vec<_>, _>>()?;
        floor = floor.max(per_second(echoes, |echo| echo.round_trip().is_ok()));
    }
    row.floor = Some(Figure::once(floor));
    row.figures = best.into_iter().map(|best| (best > 0.0).then(|| Figure::once(best))).collect();
    Ok(row)
}

/// How many requests a second several clients get answered that ask again at once.
fn per_second<C: Send>(clients: Vec<C>, ask: impl Fn(&mut C) -> bool + Sync) -> f64 {
    let begun = Instant::now();
    let count = |mut client: C| {
        let mut answered = 0_usize;
        while begun.elapsed() < FULL_SPEED && ask(&mut client) {
            answered += 1;
        }
        answered
    };
    let count = &count;
    let answered: usize = thread::scope(|scope| {
        let threads: Vec<_> = clients.into_iter().map(|client| scope.spawn(move || count(client))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
    });
    f64::from(u32::try_from(answered).unwrap_or(u32::MAX)) / begun.elapsed().as_secs_f64()
}

/// From a write until the last of eight watchers has heard of it.
fn events(homes: &mut [Home]) -> Result<Row, Failure> {
    let mut times = Times::new("event to eight watchers", Unit::Milliseconds);
    let mut echo = Echo::start(true)?;
    let mut floor = Vec::new();
    for home in &mut *homes {
        let Place { aid, iid } = home.find(TARGET_DOOR_STATE)?;
        let mut writer = home.session()?;
        let mut watchers = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut watcher = home.session()?;
            let subscription = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"ev\":true}}]}}");
            let response = watcher.put("/characteristics", &subscription)?;
            expect(response.status == 204, "a subscription", response.status)?;
            watchers.push(watcher);
        }
        let (heard, hears) = mpsc::channel();
        thread::scope(|scope| -> Result<(), Failure> {
            for mut watcher in watchers {
                let heard = heard.clone();
                scope.spawn(move || {
                    for _ in 0..EVENTS {
                        let at = watcher.event(PATIENCE).ok().flatten().map(|_| Instant::now());
                        if heard.send(at).is_err() || at.is_none() {
                            return;
                        }
                    }
                });
            }
            for number in 0..EVENTS {
                thread::sleep(EVENT_GAP);
                let value = number % 2;
                let json = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"value\":{value}}}]}}");
                let begun = Instant::now();
                let response = writer.put("/characteristics", &json)?;
                expect(response.status == 204, "a write", response.status)?;
                for _ in 0..CONNECTIONS {
                    let at = hears.recv_timeout(PATIENCE)?.ok_or("an event did not come")?;
                    if let Some(last) = at.checked_duration_since(begun) {
                        push_latest(&mut times, home.kind, number, last);
                    }
                }
                floor.push(echo.round_trip()?);
            }
            Ok(())
        })?;
    }
    Ok(times.finish(&floor))
}

/// The watchers' times of one event come in any order; the latest counts.
fn push_latest(times: &mut Times, kind: Kind, number: usize, time: Duration) {
    let at = Kind::ALL.iter().position(|it| *it == kind);
    let Some(of_kind) = at.and_then(|at| times.times.get_mut(at)) else { return };
    match of_kind.get_mut(number) {
        Some(latest) => *latest = time.max(*latest),
        None => of_kind.push(time),
    }
}

fn rest(homes: &mut [Home]) -> Result<Vec<Row>, Failure> {
    let mut sessions = Vec::new();
    for home in &mut *homes {
        sessions.push(home.session()?);
    }
    // What the last requests left to do is over.
    thread::sleep(PATIENCE);
    let before = homes.iter().map(|home| usage(home.running.pid())).collect::<Result<Vec<_>, _>>()?;
    thread::sleep(REST);
    let mut processor = Row::new(format!("processor time in {} s at rest", REST.as_secs()), Unit::Milliseconds);
    let mut wakes = Row::new(format!("wake-ups in {} s at rest", REST.as_secs()), Unit::Count);
    for (home, before) in homes.iter().zip(before) {
        let used = usage(home.running.pid())?.since(before);
        processor.figures.push(Some(Figure::once(Unit::Milliseconds.of(used.cpu))));
        wakes.figures.push(u32::try_from(used.sleeps).ok().map(|sleeps| Figure::once(f64::from(sleeps))));
    }
    Ok(vec![processor, wakes])
}

fn memory(places: &Places) -> Result<Vec<Row>, Failure> {
    let mut rows: Vec<_> = SESSIONS
        .iter()
        .map(|sessions| {
            let sessions = if *sessions == 1 { "one session".to_owned() } else { format!("{sessions} sessions") };
            Row::new(format!("resident, paired, {sessions}"), Unit::Mebibytes)
        })
        .collect();
    for kind in Kind::ALL {
        let (mut home, _) = Home::start(kind, Shape::Garage, places)?;
        let Place { aid, iid } = home.find(CURRENT_DOOR_STATE)?;
        let subscription = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"ev\":true}}]}}");
        let mut sessions: Vec<Client> = Vec::new();
        for (row, wanted) in rows.iter_mut().zip(SESSIONS) {
            while sessions.len() < wanted {
                let Ok(mut session) = home.session() else { break };
                let _ = session.put("/characteristics", &subscription)?;
                sessions.push(session);
            }
            // One that is full may have closed others.
            let are_open = sessions.len() == wanted
                && sessions.iter_mut().all(|session| session.get(&format!("/characteristics?id={aid}.{iid}")).is_ok());
            let bytes = u32::try_from(resident(home.running.pid())? / 1024).unwrap_or(u32::MAX);
            row.figures.push(are_open.then(|| Figure::once(f64::from(bytes) / 1024.0)));
        }
    }
    Ok(rows)
}

fn bridge(places: &Places) -> Result<Row, Failure> {
    let mut times = Times::new(&format!("/accessories of a bridge of {BRIDGED}"), Unit::Milliseconds);
    let mut homes = Vec::new();
    for kind in Kind::ALL {
        let (mut home, _) = Home::start(kind, Shape::Bridge(BRIDGED), places)?;
        let client = home.session()?;
        homes.push((home, client));
    }
    for _ in 0..SLICES {
        for (home, client) in &mut homes {
            for _ in 0..DATABASES / 4 {
                let begun = Instant::now();
                let response = client.get("/accessories")?;
                times.push(home.kind, begun.elapsed());
                expect(response.status == 200, "the database", response.status)?;
            }
        }
    }
    Ok(times.finish(&[]))
}

/// Processor time of one of `count` things done since `before`.
fn spent(home: &Home, before: crate::process::Usage, count: usize) -> Result<Duration, Failure> {
    let used = usage(home.running.pid())?.since(before).cpu;
    Ok(used / u32::try_from(count)?)
}

fn expect(is_so: bool, what: &str, status: u16) -> Result<(), Failure> {
    if is_so { Ok(()) } else { Err(format!("{what} was answered with status {status}").into()) }
}
