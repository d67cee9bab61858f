//! What is measured, and how often.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use hap::controller::{Client, Message};

use crate::Failure;
use crate::echo::{Answers, Echo};
use crate::figures::{Figure, Promise, Row, Unit};
use crate::floors;
use crate::home::{Home, Place};
use crate::listener::Listener;
use crate::process::{Placement, resident, usage};
use crate::servers::{Kind, Places, Shape};

/// Starts and pairings of each server.
const STARTS: usize = 5;
/// Everything else is measured in so many slices, in turn.
const SLICES: usize = 5;
/// Per slice.
const VERIFIES: usize = 40;
const REQUESTS: usize = 400;
const DATABASES: usize = 40;
/// Sessions opened after everything has rested for so long, as when somebody comes home: it is long enough for the caches, and
/// the processor's own sleep, to count.
const HOMECOMINGS: usize = 50;
const HOMECOMING: Duration = Duration::from_millis(20);
/// How long eight connections read as fast as they can, per slice.
const FULL_SPEED: Duration = Duration::from_millis(500);
const CONNECTIONS: usize = 8;
/// Events of each server, and how long everything rests before each and before each echo: all are measured as they are found
/// by somebody who comes home. A server's own are five rests apart, longer than any gathers them for.
const EVENTS: usize = 15;
const EVENT_GAP: Duration = Duration::from_millis(300);
/// After how long what the last requests left to do is over.
const SETTLED: Duration = Duration::from_secs(10);
/// Sessions whose memory is looked at.
const SESSIONS: [usize; 4] = [1, 8, 64, 256];
/// How long each server is watched at rest.
const REST: Duration = Duration::from_secs(60);
/// Reads with all those sessions open, per slice.
const CROWDED_READS: usize = 80;
/// Accessories of the large bridge, besides itself.
const BRIDGED: u16 = 149;

const TARGET_DOOR_STATE: &str = "32";
const CURRENT_DOOR_STATE: &str = "E";
const CHARACTERISTICS: &str = "/characteristics";
const JSON: &str = "application/hap+json";

/// Every row of the table.
pub(crate) fn all(places: &Places) -> Result<Vec<Row>, Failure> {
    // Where the scheduler puts who asks and who answers would count for more than what they do. And a Pi Zero has one.
    let placement = Placement::on_one()?;
    let (mut rows, mut homes) = starts(places)?;
    rows.extend(verifies(&mut homes)?);
    rows.push(homecomings(&mut homes)?);
    rows.extend(echoes()?);
    rows.extend(requests(&mut homes)?);
    rows.push(full_speed(&mut homes, &placement)?);
    rows.push(events(&mut homes)?);
    rows.extend(rest(&mut homes)?);
    drop(homes);
    rows.extend(crowds(places)?);
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

    fn rested(self) -> Self {
        Self { row: self.row.rested(), ..self }
    }

    fn promise(self, promise: Promise) -> Self {
        Self { row: self.row.promise(promise), ..self }
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
    let mut start = Times::new("start until it accepts", Unit::Milliseconds).promise(Promise::AtMost(10.0));
    let [mut m2, mut m4, mut m6] =
        ["Pair Setup M1→M2", "Pair Setup M3→M4", "Pair Setup M5→M6"].map(|name| Times::new(name, Unit::Milliseconds));
    let (mut processes, mut exponentiations) = (Vec::new(), Vec::new());
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
        processes.push(floors::process()?);
        exponentiations.push(floors::exponentiation());
    }
    let rows = vec![start.finish(&processes), m2.finish(&[]), m4.finish(&exponentiations), m6.finish(&[])];
    Ok((rows, homes))
}

fn verifies(homes: &mut [Home]) -> Result<Vec<Row>, Failure> {
    let mut whole = Times::new("Pair Verify", Unit::Milliseconds);
    let mut processor =
        Times::new("processor time of a Pair Verify", Unit::Milliseconds).promise(Promise::OfFloor(1.6));
    let (mut curves, mut of_slices, mut echo) = (Vec::new(), Vec::new(), Echo::start(false)?);
    for _ in 0..SLICES {
        for home in &mut *homes {
            let before = usage(home.running.pid())?;
            for _ in 0..VERIFIES {
                whole.push(home.kind, home.verify()?.1);
            }
            processor.push(home.kind, spent(home, before, VERIFIES)?);
        }
        let of_slice = (0..VERIFIES).map(|_| curve_operations(&mut echo)).collect::<Result<Vec<_>, _>>()?;
        // The means of slices, as the servers have them.
        of_slices.push(of_slice.iter().sum::<Duration>() / u32::try_from(VERIFIES)?);
        curves.extend(of_slice);
    }
    Ok(vec![whole.finish(&curves), processor.finish(&of_slices)])
}

/// Pair Verify as somebody finds it who comes home.
fn homecomings(homes: &mut [Home]) -> Result<Row, Failure> {
    let name = format!("Pair Verify after {} ms at rest", HOMECOMING.as_millis());
    let mut times = Times::new(&name, Unit::Milliseconds).rested();
    let (mut curves, mut echo) = (Vec::new(), Echo::start(false)?);
    for _ in 0..HOMECOMINGS {
        for home in &mut *homes {
            thread::sleep(HOMECOMING);
            times.push(home.kind, home.verify()?.1);
        }
        thread::sleep(HOMECOMING);
        curves.push(curve_operations(&mut echo)?);
    }
    Ok(times.finish(&curves))
}

/// The curve operations of a Pair Verify. No server finds its tables in the nearest cache: something came over the network
/// before.
fn curve_operations(echo: &mut Echo) -> io::Result<Duration> {
    echo.round_trip()?;
    Ok(floors::verify())
}

/// What the network costs, and what sealing adds.
fn echoes() -> Result<Vec<Row>, Failure> {
    let (mut raw, mut sealed) = (Echo::start(false)?, Echo::start(true)?);
    let (mut of_raw, mut of_sealed) = (Vec::new(), Vec::new());
    for _ in 0..SLICES {
        for _ in 0..REQUESTS {
            of_raw.push(raw.round_trip()?);
        }
        for _ in 0..REQUESTS {
            of_sealed.push(sealed.round_trip()?);
        }
    }
    let row = |name, times: &[Duration]| Row {
        floor: Figure::of(times, Unit::Microseconds),
        ..Row::new(name, Unit::Microseconds)
    };
    Ok(vec![row("echo in clear", &of_raw), row("echo, sealed", &of_sealed)])
}

/// A kind of request, and a server's clients for it.
type Ask = fn(&mut Client, Place, usize) -> Result<(), Failure>;

fn requests(homes: &mut [Home]) -> Result<Vec<Row>, Failure> {
    let read: Ask = |client, place, _| {
        let response = client.get(&format!("/characteristics?id={}.{}", place.aid, place.iid))?;
        expect(response.status == 200, "a read", response.status)
    };
    let write: Ask = |client, place, number| {
        let response = client.put(CHARACTERISTICS, &write_of(place, number % 2))?;
        expect(response.status == 204, "a write", response.status)
    };
    let timed: Ask = |client, place, number| {
        let (Place { aid, iid }, pid) = (place, number + 1);
        let prepared = client.put("/prepare", &format!("{{\"ttl\":5000,\"pid\":{pid}}}"))?;
        expect(prepared.status == 200, "a prepare", prepared.status)?;
        let value = number % 2;
        let json = format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"value\":{value}}}],\"pid\":{pid}}}");
        let response = client.put(CHARACTERISTICS, &json)?;
        expect(response.status == 204, "a timed write", response.status)
    };
    let mut rows = Vec::new();
    let held = Some(Promise::OfFloor(1.5));
    for (name, kind, count, trips, promise, ask) in [
        ("read", CURRENT_DOOR_STATE, REQUESTS, 1, held, read),
        ("write", TARGET_DOOR_STATE, REQUESTS, 1, held, write),
        ("timed write with its prepare", TARGET_DOOR_STATE, REQUESTS / 2, 2, None, timed),
    ] {
        let mut of_request = request(homes, name, kind, (count, trips), ask)?;
        if let Some(row) = of_request.first_mut() {
            row.promise = promise;
        }
        rows.extend(of_request);
    }
    let times = Times::new("/accessories of a garage door", Unit::Microseconds);
    rows.push(databases(homes, times, DATABASES)?);
    Ok(rows)
}

/// `count` of them a slice, each of `trips` there and back.
fn request(
    homes: &mut [Home],
    name: &str,
    kind: &str,
    (count, trips): (usize, u32),
    ask: Ask,
) -> Result<Vec<Row>, Failure> {
    let mut whole = Times::new(name, Unit::Microseconds);
    let mut processor = Times::new(&format!("processor time of that {name}"), Unit::Microseconds);
    let mut floor = Vec::new();
    let mut echo = Echo::start(true)?;
    let mut sessions = Vec::new();
    for home in &mut *homes {
        let place = home.find(kind)?;
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
            floor.push((0..trips).map(|_| echo.round_trip()).sum::<Result<_, _>>()?);
        }
    }
    Ok(vec![whole.finish(&floor), processor.finish(&[])])
}

/// `/accessories`, `count` times a slice, until all of it has come. The floor is an answer as long as ours.
fn databases(homes: &[Home], mut times: Times, count: usize) -> Result<Row, Failure> {
    const PATH: &str = "/accessories";
    let (mut listeners, mut answers) = (Vec::new(), None);
    for home in homes {
        let mut listener = home.listener()?;
        let length = listener.ask("GET", PATH, None)?.1;
        if home.kind == Kind::Hap {
            answers = Some(Answers::start(length)?);
        }
        listeners.push((home.kind, listener, length));
    }
    let mut floor = Vec::new();
    for _ in 0..SLICES {
        for (kind, listener, length) in &mut listeners {
            for _ in 0..count {
                let begun = Instant::now();
                listener.send("GET", PATH, None)?;
                listener.take(*length)?;
                times.push(*kind, begun.elapsed());
                is_answered(&listener.open()?, 200, "the database")?;
            }
        }
        if let Some(answers) = &mut answers {
            for _ in 0..count {
                floor.push(answers.ask()?);
            }
        }
    }
    Ok(times.finish(&floor))
}

fn full_speed(homes: &mut [Home], placement: &Placement) -> Result<Row, Failure> {
    let mut row = Row::new(format!("reads a second over {CONNECTIONS} connections"), Unit::PerSecond);
    let mut best = vec![0.0_f64; homes.len()];
    let mut floor = 0.0_f64;
    for _ in 0..SLICES {
        for (home, best) in homes.iter_mut().zip(&mut best) {
            let place = home.find(CURRENT_DOOR_STATE)?;
            let path = format!("/characteristics?id={}.{}", place.aid, place.iid);
            let clients = (0..CONNECTIONS).map(|_| home.session()).collect::<Result<Vec<_>, _>>()?;
            *best = best.max(per_second(clients, placement, |client| client.get(&path).is_ok()));
        }
        let echoes = (0..CONNECTIONS).map(|_| Echo::start(true)).collect::<Result<Vec<_>, _>>()?;
        floor = floor.max(per_second(echoes, placement, |echo| echo.round_trip().is_ok()));
    }
    row.floor = Some(Figure::once(floor));
    row.figures = best.into_iter().map(|best| (best > 0.0).then(|| Figure::once(best))).collect();
    Ok(row)
}

/// How many requests a second several clients get answered that ask again at once, from other processors than the server's.
fn per_second<C: Send>(clients: Vec<C>, placement: &Placement, ask: impl Fn(&mut C) -> bool + Sync) -> f64 {
    let begun = Instant::now();
    let count = |mut client: C| {
        let mut answered = 0_usize;
        placement.step_aside();
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

/// A writer, and who watches what it writes. Their messages have always the same length.
struct Watched {
    kind: Kind,
    place: Place,
    writer: Listener,
    watchers: Vec<Listener>,
    answer: usize,
    event: usize,
}

impl Watched {
    /// With a first event, of the value 0.
    fn new(home: &mut Home) -> Result<Self, Failure> {
        let place = home.find(TARGET_DOOR_STATE)?;
        let mut writer = home.listener()?;
        let mut watchers = (0..CONNECTIONS).map(|_| home.listener()).collect::<Result<Vec<_>, _>>()?;
        for watcher in &mut watchers {
            let (response, _) = watcher.ask("PUT", CHARACTERISTICS, Some((JSON, subscription(place).as_bytes())))?;
            expect(response.status == 204, "a subscription", response.status)?;
        }
        let (_, answer) = writer.ask("PUT", CHARACTERISTICS, Some((JSON, write_of(place, 0).as_bytes())))?;
        let mut event = 0;
        for watcher in &mut watchers {
            event = watcher.message()?.1;
        }
        Ok(Self { kind: home.kind, place, writer, watchers, answer, event })
    }

    /// From a write until the last watcher has heard of it.
    fn event(&mut self, value: usize) -> Result<Duration, Failure> {
        let json = write_of(self.place, value);
        let begun = Instant::now();
        self.writer.send("PUT", CHARACTERISTICS, Some((JSON, json.as_bytes())))?;
        self.writer.take(self.answer)?;
        for watcher in &mut self.watchers {
            watcher.take(self.event)?;
        }
        let took = begun.elapsed();
        is_answered(&self.writer.open()?, 204, "a write")?;
        for watcher in &mut self.watchers {
            if !matches!(watcher.open()?, Message::Event(_)) {
                return Err("what came is no event".into());
            }
        }
        Ok(took)
    }
}

fn events(homes: &mut [Home]) -> Result<Row, Failure> {
    let mut times = Times::new("event to eight watchers", Unit::Milliseconds).rested().promise(Promise::OfFloor(3.0));
    let mut echo = Echo::start(true)?;
    let mut floor = Vec::new();
    let mut all = homes.iter_mut().map(Watched::new).collect::<Result<Vec<_>, _>>()?;
    for number in 0..EVENTS {
        for watched in &mut all {
            thread::sleep(EVENT_GAP);
            times.push(watched.kind, watched.event((number + 1) % 2)?);
        }
        thread::sleep(EVENT_GAP);
        floor.push(echo.round_trip()?);
    }
    Ok(times.finish(&floor))
}

fn write_of(Place { aid, iid }: Place, value: usize) -> String {
    format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"value\":{value}}}]}}")
}

fn subscription(Place { aid, iid }: Place) -> String {
    format!("{{\"characteristics\":[{{\"aid\":{aid},\"iid\":{iid},\"ev\":true}}]}}")
}

fn rest(homes: &mut [Home]) -> Result<Vec<Row>, Failure> {
    let mut sessions = Vec::new();
    for home in &mut *homes {
        sessions.push(home.session()?);
    }
    // One tick of the kernel's clock.
    let mut processor = Row::new(format!("processor time in {} s at rest", REST.as_secs()), Unit::Milliseconds)
        .promise(Promise::AtMost(10.0));
    let mut wakes = Row::new(format!("wake-ups in {} s at rest", REST.as_secs()), Unit::Count);
    // Each alone: what one says on the network wakes the others.
    for home in &*homes {
        for other in &*homes {
            other.running.pause(other.kind != home.kind);
        }
        thread::sleep(SETTLED);
        let before = usage(home.running.pid())?;
        thread::sleep(REST);
        let used = usage(home.running.pid())?.since(before);
        processor.figures.push(Some(Figure::once(Unit::Milliseconds.of(used.cpu))));
        wakes.figures.push(u32::try_from(used.sleeps).ok().map(|sleeps| Figure::once(f64::from(sleeps))));
    }
    Ok(vec![processor, wakes])
}

/// Memory with more and more sessions, and what a read costs with most of them.
fn crowds(places: &Places) -> Result<Vec<Row>, Failure> {
    let most = SESSIONS.into_iter().max().unwrap_or_default();
    let mut rows: Vec<_> = SESSIONS
        .iter()
        .map(|sessions| {
            let name = if *sessions == 1 { "one session".to_owned() } else { format!("{sessions} sessions") };
            let row = Row::new(format!("resident, paired, {name}"), Unit::Mebibytes);
            match sessions {
                1 => row.promise(Promise::AtMost(4.0)),
                _ if *sessions == most => row.promise(Promise::AtMost(16.0)),
                _ => row,
            }
        })
        .collect();
    let mut reads =
        Times::new(&format!("read with {most} sessions open"), Unit::Microseconds).promise(Promise::OfFloor(1.5));
    let mut floor = Vec::new();
    for kind in Kind::ALL {
        let (mut home, _) = Home::start(kind, Shape::Garage, places)?;
        let place = home.find(CURRENT_DOOR_STATE)?;
        let path = format!("/characteristics?id={}.{}", place.aid, place.iid);
        let mut sessions: Vec<Client> = Vec::new();
        for (row, wanted) in rows.iter_mut().zip(SESSIONS) {
            while sessions.len() < wanted {
                let Ok(mut session) = home.session() else { break };
                let _ = session.put(CHARACTERISTICS, &subscription(place))?;
                sessions.push(session);
            }
            // One that is full may have closed others.
            let are_open = sessions.len() == wanted && sessions.iter_mut().all(|session| session.get(&path).is_ok());
            let bytes = u32::try_from(resident(home.running.pid())? / 1024).unwrap_or(u32::MAX);
            row.figures.push(are_open.then(|| Figure::once(f64::from(bytes) / 1024.0)));
            let (Some(session), true) = (sessions.first_mut(), are_open && wanted == most) else { continue };
            let mut echo = Echo::start(true)?;
            for _ in 0..SLICES {
                for _ in 0..CROWDED_READS {
                    let begun = Instant::now();
                    session.get(&path)?;
                    reads.push(kind, begun.elapsed());
                }
                for _ in 0..CROWDED_READS {
                    floor.push(echo.round_trip()?);
                }
            }
        }
    }
    rows.push(reads.finish(&floor));
    Ok(rows)
}

fn bridge(places: &Places) -> Result<Row, Failure> {
    let times = Times::new(&format!("/accessories of a bridge of {BRIDGED}"), Unit::Milliseconds);
    let mut homes = Vec::new();
    for kind in Kind::ALL {
        homes.push(Home::start(kind, Shape::Bridge(BRIDGED), places)?.0);
    }
    databases(&homes, times, DATABASES / 4)
}

/// Processor time of one of `count` things done since `before`.
fn spent(home: &Home, before: crate::process::Usage, count: usize) -> Result<Duration, Failure> {
    let used = usage(home.running.pid())?.since(before).cpu;
    Ok(used / u32::try_from(count)?)
}

fn is_answered(message: &Message, status: u16, what: &str) -> Result<(), Failure> {
    match message {
        Message::Response(response) => expect(response.status == status, what, response.status),
        Message::Event(_) => Err(format!("{what} was answered with an event").into()),
    }
}

fn expect(is_so: bool, what: &str, status: u16) -> Result<(), Failure> {
    if is_so { Ok(()) } else { Err(format!("{what} was answered with status {status}").into()) }
}
