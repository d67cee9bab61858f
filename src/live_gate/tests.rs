use hap::store::MemoryStore;
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::config::Config;
use crate::gate::{Confidence, Fault, GivenUp, Remembered, Sensors, limits};
use crate::hardware::{self, Keeper};
use crate::history::{self, History};
use crate::memory::Memory;
use crate::names::{self, Names};

const HOLD: Duration = Duration::from_millis(300);
const CLOSED: Sensors = Sensors { closed_switch: Some(true), open_switch: None, obstruction: None };

/// A closed gate with a simulated relay; what it does goes with it.
struct Bench {
    gate: Arc<LiveGate>,
    standstill: Arc<Standstill>,
    _keeper: Keeper,
    directory: TempDir,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let text = "[[gate]]\npulse = \"50ms\"\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"relay.jsonl\"\n\
                    [gate.closed_switch]\n";
        let config = Config::parse(text, "portcullis.toml").unwrap();
        let keeper = Keeper::start(hardware::outputs(&config, directory.path())).unwrap();
        let main = keeper.find(Some("Gate"), "relay").unwrap();
        let outputs = Outputs { main, close: None, stop: None, warning: None, simulation: None };
        let store = Arc::new(MemoryStore::default());
        let books = Books {
            history: Arc::new(History::open(directory.path()).unwrap()),
            memory: Arc::new(Memory::load(Arc::clone(&store) as _, &["Gate"]).unwrap()),
            names: Arc::new(Names::load(store, names::CONTROLLERS).unwrap()),
        };
        let model = Gate::new(config.gates[0].settings(), Remembered::default(), CLOSED, Instant::now());
        let make = Make { opener: Opener::Step, accessory: AccessoryKind::GarageDoor, simulated: true };
        let standstill = Arc::new(Standstill::unwatched());
        let gate = LiveGate::new("Gate", make, model, outputs, books, Arc::clone(&standstill));
        Self { gate, standstill, _keeper: keeper, directory }
    }

    fn edges(&self) -> usize {
        std::fs::read_to_string(self.directory.path().join("relay.jsonl")).unwrap().lines().count()
    }

    /// The history's lines, oldest first, once they are all written.
    fn told(&self) -> Vec<String> {
        self.gate.books.history.close();
        history::newest(self.directory.path(), 9).unwrap().iter().map(|line| line.what.to_string()).collect()
    }
}

/// The wall button was pressed so long ago, and that is believed now.
fn press(bench: &Bench, ago: Duration) {
    let (_button, edges) = mpsc::channel(1);
    let sensing = Sensing::button(HOLD, hardware::Sensor { active: false, edges });
    sensing.tell(&bench.gate, Change { active: true, at: Instant::now().checked_sub(ago).unwrap() });
}

#[test]
fn a_press_of_the_wall_button_that_is_heard_long_after_moves_nothing_and_is_told() {
    let bench = Bench::new();
    press(&bench, HOLD + limits::FRESH + Duration::from_millis(1));
    assert_eq!(bench.edges(), 0);
    press(&bench, HOLD);
    assert_eq!(bench.edges(), 1);
    let told = bench.told();
    assert!(told[0].starts_with("toggle by the wall button: refused, this computer stood still"), "{told:?}");
}

#[tokio::test]
async fn a_sensor_that_fails_is_a_fault_and_not_believed_any_more() {
    let bench = Bench::new();
    assert_eq!(bench.gate.state().confidence, Confidence::Sensed);
    let (sender, edges) = mpsc::channel(1);
    let sensing = Sensing::sensor(Sensor::ClosedSwitch, HOLD, hardware::Sensor { active: true, edges });
    let mut task = tokio::spawn(sensing.run(Arc::clone(&bench.gate)));
    drop(sender);
    while bench.gate.state().fault.is_none() {
        tokio::task::yield_now().await;
    }
    let state = bench.gate.state();
    assert_eq!((state.confidence, state.fault), (Confidence::Assumed, Some(Fault::Unread(Sensor::ClosedSwitch))));
    assert!(bench.told()[0].contains("closed_switch cannot be read any more"));
    // The daemon goes on without it.
    assert!(goes_on(&mut task).await);
    task.abort();
}

/// Whether a task that has nothing to wait for does not end.
async fn goes_on(task: &mut tokio::task::JoinHandle<()>) -> bool {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    !task.is_finished()
}

#[tokio::test]
async fn who_asks_while_the_daemon_ends_is_refused_and_the_button_is_let_go() {
    let bench = Bench::new();
    bench.gate.request(Request::Toggle(Some(Duration::from_secs(10))), Requester::Button).unwrap();
    bench.gate.leave();
    assert_eq!(bench.edges(), 2, "on, and off again");
    for request in [Request::Open, Request::Close, Request::Toggle(None)] {
        let Err(denied) = bench.gate.request(request, Requester::LocalApi(None)) else {
            panic!("{request} is granted")
        };
        assert!(matches!(denied, Denied::Refused(Refusal::Stopping)), "{denied}");
        assert!(denied.is_for_now());
    }
    assert_eq!(bench.edges(), 2);
}

#[test]
fn after_a_standstill_everybody_is_refused_for_a_moment() {
    let bench = Bench::new();
    bench.standstill.found(limits::FRESH);
    for by in [Requester::Button, Requester::Hub("hub".to_owned())] {
        let Err(denied) = bench.gate.request(Request::Open, by) else { panic!("it is granted") };
        assert!(matches!(denied, Denied::Refused(Refusal::Stale)), "{denied}");
    }
    assert_eq!(bench.edges(), 0);
}

#[test]
fn every_line_of_a_request_names_the_program_that_asked() {
    let bench = Bench::new();
    let by = || Requester::LocalApi(Some("curl/8.5.0".to_owned()));
    let state = bench.gate.state();
    let names = &bench.gate.books.names;
    for event in [
        Event::Asked { request: Request::Close, by: by(), answer: Ok(Accepted::Warned) },
        Event::Followed { request: Request::Close, by: by() },
        Event::GaveUp { request: Request::Close, by: by(), why: GivenUp::RelayFailed },
    ] {
        let record = Record { at: Instant::now(), event, press: None, state };
        let line = recording::line("Gate", &record, None, names);
        assert!(line.what.to_string().contains("curl/8.5.0"), "{}", line.what);
    }
}
