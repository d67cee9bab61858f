//! A gate that runs against the simulator, through noisy wires, for days; with a chronicle of all that went in and out.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::simulator::{Design, Edge, Simulator};

/// What the simulated gate is, and how much the model knows of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) has_closed_switch: bool,
    pub(super) has_open_switch: bool,
    pub(super) has_photo_cell: bool,
    /// The wires are long and the contacts chatter.
    pub(super) is_noisy: bool,
}

/// What may happen on a day.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    Ask(Request, Requester),
    /// Somebody uses the remote.
    Remote,
    /// The way is blocked or free.
    Obstruct(bool),
    /// The gate is stuck or free.
    Jam(bool),
    Hold(Hold, bool),
    /// The program ends and begins again; whether the time since then is known.
    Restart(bool),
    /// The program is stopped for so long, as by a suspend or a jump of the clock.
    Stall(Duration),
    /// The program finds out that it stood still.
    Awake,
}

/// One input, and what came of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) now: Instant,
    pub(super) input: Input,
    /// The gate before the input.
    pub(super) before: Gate,
    pub(super) answer: Option<Result<Accepted, Refusal>>,
    pub(super) effects: Effects,
    /// The gate after it.
    pub(super) after: State,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input {
    Ask(Request, Requester),
    Sense(Sensor),
    Hold,
    Tick,
    Awake,
    /// The program begins again, on a computer that was running meanwhile or was not.
    Start(bool),
}

impl Entry {
    /// The one who is named with the pulse of this entry, and what was wanted.
    pub(super) fn cause(&self) -> Option<(Request, &Requester)> {
        self.effects.records.iter().filter(|record| record.press.is_some()).find_map(|record| match &record.event {
            Event::Asked { request, by, .. } | Event::Followed { request, by } => Some((*request, by)),
            _ => None,
        })
    }

    /// Whether the pulse of this entry set the gate off to close, as far as is known.
    pub(super) fn closes(&self) -> bool {
        self.effects.press.is_some()
            && self.after.current == DoorState::Closing
            && self.before.state().current != DoorState::Closing
    }
}

/// The simulated gate, the wires, the model, and the clock.
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) now: Instant,
    pub(super) gate: Gate,
    pub(super) simulator: Simulator,
    pub(super) chronicle: Vec<Entry>,
    wires: Vec<Wire>,
    /// The relay that is on, and until when.
    relay: Option<(Contact, Instant)>,
    /// What a restart may find on the disk, oldest first, each with the time since which it was so.
    kept: Vec<(Instant, Remembered)>,
    noise: Noise,
}

/// One sensor's wire, with what is still to come through it.
struct Wire {
    sensor: Sensor,
    debounce: Debounce,
    to_come: Vec<Edge>,
}

pub(super) const HOLD: Duration = Duration::from_millis(50);

/// For how long a change that is no press may not be on the disk yet: the half second for which `Memory` collects changes,
/// and as long for a slow memory card.
const COLLECT: Duration = Duration::from_secs(1);

impl World {
    pub(super) fn new(plan: Plan, noise: u64) -> Self {
        let now = Instant::now();
        let settings = plan.settings;
        let design = Design {
            opener: settings.opener,
            options: settings.options,
            travel: settings.travel.get(),
            starts_after: if plan.has_closed_switch { Duration::from_millis(300) } else { Duration::ZERO },
            closes_itself_after: settings.closes_itself_after.map(OpenTime::get),
        };
        let simulator = Simulator::new(design, now);
        let sensors = plan.fitted(simulator.sensors());
        let mut world = Self {
            plan,
            now,
            gate: Gate::new(settings, Remembered::default(), sensors, now),
            simulator,
            chronicle: Vec::new(),
            wires: Vec::new(),
            relay: None,
            kept: vec![(now, Remembered { age: None, ..Remembered::default() })],
            noise: Noise(noise | 1),
        };
        world.read_wires();
        world.pass(limits::PULSE_GAP);
        world
    }

    pub(super) fn live(plan: Plan, noise: u64, day: Vec<(Duration, Happening)>) -> Self {
        let mut world = Self::new(plan, noise);
        for (pause, happening) in day {
            world.pass(pause);
            world.happen(happening);
        }
        world
    }

    pub(super) fn happen(&mut self, happening: Happening) {
        let now = self.now;
        match happening {
            Happening::Ask(request, by) => {
                let before = self.gate.clone();
                let (answer, effects) = self.gate.request(request, by.clone(), now);
                self.write(Input::Ask(request, by), before, Some(answer), effects);
            }
            Happening::Remote => self.simulator.remote(now),
            Happening::Obstruct(is_obstructed) => self.simulator.obstruct(is_obstructed, now),
            Happening::Jam(is_jammed) => self.simulator.jam(is_jammed, now),
            Happening::Hold(hold, on) => {
                let before = self.gate.clone();
                let (_, effects) = self.gate.hold(hold, on, Requester::LocalApi(None), now);
                self.write(Input::Hold, before, None, effects);
            }
            Happening::Restart(knows_time) => self.restart(knows_time),
            Happening::Awake => {
                let before = self.gate.clone();
                self.gate.stood_still(now);
                self.write(Input::Awake, before, None, Effects { wake_at: self.gate.wake_at(), ..Effects::default() });
            }
            Happening::Stall(time) => {
                self.now += time;
                // The keeper is another process.
                self.let_go_of_relay(self.now);
                self.collect();
            }
        }
    }

    /// Lets time pass as it does: whatever is due is done, in its order.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let wires = self.wires.iter().filter_map(Wire::due).min();
            let relay = self.relay.map(|(_, until)| until);
            let due = [self.simulator.wake_at(), wires, relay, self.gate.wake_at()].into_iter().flatten().min();
            let Some(at) = due.filter(|at| *at <= end) else { break };
            self.now = self.now.max(at);
            self.let_go_of_relay(self.now);
            self.collect();
            self.hear();
            if self.gate.wake_at().is_some_and(|at| at <= self.now) {
                let before = self.gate.clone();
                let effects = self.gate.tick(self.now);
                self.write(Input::Tick, before, None, effects);
            }
        }
        self.now = end;
        self.collect();
    }

    /// Whoever is still in the way goes, and everything comes to rest.
    pub(super) fn calm_down(&mut self) {
        self.happen(Happening::Obstruct(false));
        self.happen(Happening::Jam(false));
        self.pass(Duration::from_secs(3_600));
    }

    fn restart(&mut self, knows_time: bool) {
        if !knows_time {
            // The computer restarts too, and that takes a while.
            self.now += Duration::from_secs(5);
        }
        self.relay = None;
        // Any of what may be on the disk by now is what is read.
        self.forget();
        let nth = usize::try_from(self.noise.next()).unwrap_or_default() % self.kept.len();
        let (since, remembered) = self.kept[nth].clone();
        self.kept = vec![(since, remembered.clone())];
        let remembered = Remembered { age: knows_time.then(|| self.now - since), ..remembered };
        let before = self.gate.clone();
        self.collect();
        self.read_wires();
        let sensors = self.plan.fitted(self.simulator.sensors());
        self.gate = Gate::new(self.plan.settings, remembered, sensors, self.now);
        let effects = Effects::default();
        self.write(Input::Start(knows_time), before, None, effects);
    }

    /// What the wires say now is believed.
    fn read_wires(&mut self) {
        let now = self.now;
        let levels = self.plan.fitted(self.simulator.sensors());
        let fitted = [
            (Sensor::ClosedSwitch, levels.closed_switch),
            (Sensor::OpenSwitch, levels.open_switch),
            (Sensor::Obstruction, levels.obstruction),
        ];
        self.wires = fitted
            .into_iter()
            .filter_map(|(sensor, level)| {
                let debounce = match sensor {
                    Sensor::Obstruction => Debounce::obstruction(HOLD, level?, now),
                    Sensor::ClosedSwitch | Sensor::OpenSwitch => Debounce::limit_switch(HOLD, level?, now),
                };
                Some(Wire { sensor, debounce, to_come: Vec::new() })
            })
            .collect();
    }

    /// Puts the simulator's edges on the wires, with their noise.
    fn collect(&mut self) {
        for edge in self.simulator.advance(self.now) {
            let Some(wire) = self.wires.iter_mut().find(|wire| wire.sensor == edge.sensor) else { continue };
            // What chattered until now does so no more.
            wire.to_come.retain(|other| other.at < edge.at);
            wire.to_come.push(edge);
            if self.plan.is_noisy {
                wire.to_come.extend(self.noise.around(edge));
            }
        }
    }

    /// The gate hears what came through the wires.
    fn hear(&mut self) {
        for index in 0..self.wires.len() {
            let wire = &mut self.wires[index];
            let mut changes = Vec::new();
            while wire.to_come.first().is_some_and(|edge| edge.at <= self.now) {
                let edge = wire.to_come.remove(0);
                changes.extend(wire.debounce.edge(edge.active, edge.at));
            }
            changes.extend(wire.debounce.tick(self.now));
            let sensor = wire.sensor;
            for change in changes {
                let before = self.gate.clone();
                let effects = self.gate.sensor(sensor, change.active, change.at, self.now);
                self.write(Input::Sense(sensor), before, None, effects);
            }
        }
    }

    /// What a press has changed is on the disk at once, anything else a while later.
    fn keep(&mut self, effects: &Effects) {
        let what = Remembered { age: None, ..self.gate.remembered() };
        let is_new = self.kept.last().is_none_or(|(_, last)| *last != what);
        if effects.press.is_some() {
            self.kept = vec![(self.now, what)];
        } else if is_new && (!effects.records.is_empty() || effects.learned.is_some()) {
            self.kept.push((self.now, what));
        }
        self.forget();
    }

    /// What was replaced for so long that it is no longer on the disk.
    fn forget(&mut self) {
        let written = self.kept.iter().rposition(|(since, _)| *since + COLLECT <= self.now).unwrap_or_default();
        self.kept.drain(..written);
    }

    fn let_go_of_relay(&mut self, now: Instant) {
        if let Some((contact, until)) = self.relay.take_if(|(_, until)| *until <= now) {
            self.simulator.contact(contact, false, until);
        }
    }

    fn write(&mut self, input: Input, before: Gate, answer: Option<Result<Accepted, Refusal>>, effects: Effects) {
        if let Some(press) = effects.press {
            self.let_go_of_relay(self.now);
            assert_eq!(self.relay, None, "two pulses met");
            self.simulator.contact(press.contact, true, self.now);
            self.relay = Some((press.contact, self.now + press.length.get()));
        }
        self.keep(&effects);
        let after = self.gate.state();
        self.chronicle.push(Entry { now: self.now, input, before, answer, effects, after });
        self.collect();
    }
}

impl Plan {
    fn fitted(&self, sensors: Sensors) -> Sensors {
        Sensors {
            closed_switch: sensors.closed_switch.filter(|_| self.has_closed_switch),
            open_switch: sensors.open_switch.filter(|_| self.has_open_switch),
            obstruction: sensors.obstruction.filter(|_| self.has_photo_cell),
        }
    }
}

impl Wire {
    fn due(&self) -> Option<Instant> {
        let edge = self.to_come.first().map(|edge| edge.at);
        [edge, self.debounce.wake_at()].into_iter().flatten().min()
    }
}

/// A small generator of chatter: the same for the same seed.
struct Noise(u64);

impl Noise {
    /// Chatter after an edge, for up to two seconds, that comes back to the edge's level; no stretch of it is as long
    /// as an arrival.
    fn around(&mut self, edge: Edge) -> Vec<Edge> {
        let mut edges = Vec::new();
        let mut at = edge.at;
        let mut active = edge.active;
        while active != edge.active || !self.next().is_multiple_of(4) {
            at += Duration::from_millis(1 + self.next() % 40);
            active = !active;
            edges.push(Edge { active, at, ..edge });
            if at > edge.at + Duration::from_millis(1_900) && active == edge.active {
                break;
            }
        }
        edges
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

pub(super) fn any_requester() -> impl Strategy<Value = Requester> {
    prop_oneof![
        Just(Requester::Controller("A1:B2".to_owned())),
        Just(Requester::Controller("C3:D4".to_owned())),
        Just(Requester::Hub("E5:F6".to_owned())),
        Just(Requester::LocalApi(None)),
        Just(Requester::Button),
    ]
}

pub(super) fn any_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        3 => Just(Request::Open),
        3 => Just(Request::Close),
        1 => Just(Request::Stop),
        2 => prop::option::of(0..=20_000_u64).prop_map(|length| Request::Toggle(length.map(Duration::from_millis))),
    ]
}

pub(super) fn any_settings() -> impl Strategy<Value = Settings> {
    let options = (
        prop::sample::select(vec![Reverse::Stop, Reverse::PulseTwice, Reverse::AtOnce]),
        prop::sample::select(vec![Start::OnePulse, Start::ExtraPulse]),
        any::<bool>(),
    );
    let times = (50..=3_000_u64, 2_000..=60_000_u64, prop::option::of(1_000..=60_000_u64));
    let closing = (prop::option::of(10_000..=300_000_u64), prop::sample::select(vec![0, 5_000, 20_000_u64]));
    let shown = prop::sample::select(vec![ShownWhenStopped::Open, ShownWhenStopped::Stopped]);
    (prop::sample::select(Opener::ALL.to_vec()), options, times, closing, any::<bool>(), 2..=120_u64, shown).prop_map(
        |(
            opener,
            (reverse, start, stop_contact),
            (pulse, travel, open),
            (auto_close, warning),
            assumed,
            rate,
            shown,
        )| {
            let behaviour = opener.behaviour();
            let has_options = behaviour.has_options();
            let millis = Duration::from_millis;
            let may_close_itself = has_options && open.is_some_and(|open| open > 30_000);
            let closes_itself = behaviour.travels() && (may_close_itself || !behaviour.can_close());
            let mut settings = Settings::plain(opener);
            settings.shown_when_stopped = shown;
            settings.options.reverse = if has_options { reverse } else { Reverse::Stop };
            settings.options.start = if has_options { start } else { Start::OnePulse };
            settings.options.stop_contact = stop_contact && behaviour.contacts().contains(&Contact::Stop);
            settings.pulse = millis(pulse).try_into().unwrap();
            settings.travel = millis(travel).try_into().unwrap();
            settings.close_when_assumed = assumed;
            settings.pulses_a_minute = PulseRate::try_from(rate).unwrap();
            settings.remote_close_warning = millis(warning).try_into().unwrap();
            settings.left_open_after = auto_close.map(|time| millis(time).try_into().unwrap());
            if closes_itself {
                settings.closes_itself_after = Some(millis(open.unwrap_or(30_000)).try_into().unwrap());
            } else if behaviour.can_close() {
                settings.auto_close_after = auto_close.map(|time| millis(time).try_into().unwrap());
            }
            settings
        },
    )
}

pub(super) fn any_plan() -> impl Strategy<Value = Plan> {
    (any_settings(), any::<(bool, bool, bool, bool)>()).prop_map(|(settings, (closed, open, cell, is_noisy))| Plan {
        settings,
        has_closed_switch: closed,
        has_open_switch: open,
        has_photo_cell: cell,
        is_noisy,
    })
}

/// Pauses of nothing, of a moment, of a travel, of an evening.
pub(super) fn any_pause() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(0), 0..=3_000_u64, 0..=120_000_u64, 0..=2_000_000_u64].prop_map(Duration::from_millis)
}

/// What may happen while nobody asks for anything.
pub(super) fn any_event() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => Just(Happening::Remote),
        2 => any::<bool>().prop_map(Happening::Obstruct),
        1 => any::<bool>().prop_map(Happening::Jam),
        1 => any::<bool>().prop_map(Happening::Restart),
        1 => (0..=7_200_000_u64).prop_map(|time| Happening::Stall(Duration::from_millis(time))),
        1 => Just(Happening::Awake),
    ]
}

pub(super) fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => (any_request(), any_requester()).prop_map(|(request, by)| Happening::Ask(request, by)),
        6 => any_event(),
        1 => (prop::sample::select(vec![Hold::Lockout, Hold::Open]), any::<bool>())
            .prop_map(|(hold, on)| Happening::Hold(hold, on)),
    ]
}

pub(super) fn a_day(happening: impl Strategy<Value = Happening>) -> impl Strategy<Value = Vec<(Duration, Happening)>> {
    prop::collection::vec((any_pause(), happening), 0..50)
}
