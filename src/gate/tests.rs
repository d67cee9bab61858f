use proptest::prelude::*;

use super::*;

const TRAVEL: Duration = Duration::from_secs(18);
const PULSE: Duration = Duration::from_secs(1);

fn settings(opener: Opener) -> Settings {
    Settings {
        opener,
        pulse: PulseLength::millis::<1_000>(),
        travel: Travel::millis::<18_000>(),
        closes_itself_after: None,
        close_when_assumed: true,
    }
}

fn self_closing(opener: Opener) -> Settings {
    Settings { closes_itself_after: Some(OpenTime::millis::<30_000>()), ..settings(opener) }
}

/// A gate and its clock, which moves only when the test says so.
struct Day {
    gate: Gate,
    now: Instant,
    records: Vec<Record>,
    states: Vec<State>,
}

impl Day {
    fn with(settings: Settings) -> Self {
        Self::remembering(settings, DoorState::Closed)
    }

    fn remembering(settings: Settings, remembered: DoorState) -> Self {
        let now = Instant::now();
        let gate = Gate::new(settings, remembered, now);
        Self { gate, now, records: Vec::new(), states: Vec::new() }
    }

    fn take(&mut self, effects: Effects) -> Option<Duration> {
        self.records.extend(effects.records);
        self.states.extend(effects.state);
        effects.pulse.map(PulseLength::get)
    }

    fn ask(&mut self, request: Request) -> Result<Accepted, Refusal> {
        let (answer, effects) = self.gate.request(request, Requester::LocalApi, self.now);
        let pulse = self.take(effects);
        assert_eq!(pulse.is_some(), answer == Ok(Accepted::Pulsed));
        answer
    }

    /// Lets time pass, waking the gate whenever it asked for it.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.gate.wake_at().filter(|at| *at <= end) {
            self.now = at;
            let effects = self.gate.tick(at);
            assert_eq!(self.take(effects), None, "time pulsed");
        }
        self.now = end;
    }

    fn door(&self) -> DoorState {
        self.gate.state().current
    }
}

#[test]
fn a_request_to_open_pulses_and_the_gate_is_open_after_its_travel() {
    let mut day = Day::with(settings(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(TRAVEL - Duration::from_millis(1));
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(Duration::from_millis(1));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn target_and_current_state_change_in_one_batch() {
    let mut day = Day::with(self_closing(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(Duration::from_secs(120));
    let seen: Vec<_> = day.states.iter().map(|state| (state.current, state.target)).collect();
    assert_eq!(
        seen,
        [
            (DoorState::Opening, Target::Open),
            (DoorState::Open, Target::Open),
            (DoorState::Closing, Target::Closed),
            (DoorState::Closed, Target::Closed),
        ]
    );
}

#[test]
fn the_same_target_twice_is_one_pulse_whoever_asks() {
    let mut day = Day::with(settings(Opener::Step));
    for (second, expected) in
        [(0, Accepted::Pulsed), (1, Accepted::Already), (5, Accepted::Already), (20, Accepted::Already)]
    {
        day.pass(Duration::from_secs(second));
        let by = Requester::Controller(format!("controller {second}"));
        let (answer, effects) = day.gate.request(Request::Open, by, day.now);
        assert_eq!(answer, Ok(expected));
        assert_eq!(effects.pulse.is_some(), expected == Accepted::Pulsed);
    }
}

#[test]
fn a_closed_gate_that_is_asked_to_close_does_nothing() {
    for opener in [Opener::Step, Opener::OpenOnly, Opener::Momentary] {
        let mut day = Day::with(settings(opener));
        assert_eq!(day.ask(Request::Close), Ok(Accepted::Already));
        assert!(day.states.is_empty());
    }
}

#[test]
fn an_open_gate_is_closed_again_by_one_pulse() {
    let mut day = Day::with(settings(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(TRAVEL);
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(TRAVEL);
    assert_eq!(day.door(), DoorState::Closed);
}

#[test]
fn the_opposite_target_reverses_a_moving_gate_and_it_needs_as_long_back() {
    let mut day = Day::with(settings(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(Duration::from_secs(5));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(Duration::from_secs(2));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(Duration::from_millis(14_999));
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(Duration::from_millis(1));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn a_second_pulse_waits_for_the_end_of_the_first_and_the_gap() {
    let mut day = Day::with(settings(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(PULSE + limits::PULSE_GAP - Duration::from_nanos(1));
    assert_eq!(day.ask(Request::Close), Err(Refusal::Busy));
    assert_eq!(day.ask(Request::Toggle(None)), Err(Refusal::Busy));
    assert_eq!(day.door(), DoorState::Opening, "a refusal changes nothing");
    day.pass(Duration::from_nanos(1));
    assert_eq!(day.ask(Request::Close), Ok(Accepted::Pulsed));
}

#[test]
fn closing_on_an_assumed_state_is_refused_unless_the_owner_allows_it() {
    let careful = Settings { close_when_assumed: false, ..settings(Opener::Step) };
    let mut day = Day::with(careful);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(Duration::from_secs(5));
    assert_eq!(day.ask(Request::Close), Err(Refusal::StateAssumed));
    day.pass(TRAVEL);
    assert_eq!(day.ask(Request::Close), Err(Refusal::StateAssumed));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn a_gate_that_closes_itself_is_followed_without_a_pulse() {
    let mut day = Day::with(self_closing(Opener::OpenOnly));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(TRAVEL + Duration::from_secs(30));
    assert_eq!(day.door(), DoorState::Closing);
    day.pass(TRAVEL);
    assert_eq!(day.door(), DoorState::Closed);
    assert_eq!(day.gate.wake_at(), None);
}

#[test]
fn a_late_wake_up_leaves_the_timetable_as_it_was() {
    let mut day = Day::with(self_closing(Opener::Step));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    let start = day.now;
    let effects = day.gate.tick(start + Duration::from_secs(18 + 30 + 10));
    assert_eq!(effects.state.unwrap().current, DoorState::Closing);
    assert_eq!(effects.wake_at, Some(start + Duration::from_secs(18 + 30 + 18)));
    let told: Vec<_> = effects.records.iter().map(|record| record.at - start).collect();
    assert_eq!(told, [Duration::from_secs(18), Duration::from_secs(48)]);
}

#[test]
fn a_request_finds_the_gate_where_the_time_has_brought_it() {
    let mut day = Day::with(self_closing(Opener::OpenOnly));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    // Nobody woke it: it is closed again, and this request must not be taken for the first one's double.
    day.now += Duration::from_secs(100);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
}

#[test]
fn an_open_only_opener_reopens_a_closing_gate_and_cannot_close() {
    let mut day = Day::with(self_closing(Opener::OpenOnly));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.ask(Request::Close), Err(Refusal::CannotClose));
    day.pass(TRAVEL + Duration::from_secs(30 + 4));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(Duration::from_secs(4));
    assert_eq!(day.door(), DoorState::Open);
}

#[test]
fn a_press_while_a_self_closing_gate_is_open_begins_its_wait_anew() {
    let mut day = Day::with(self_closing(Opener::OpenOnly));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(TRAVEL + Duration::from_secs(20));
    assert_eq!(day.ask(Request::Toggle(None)), Ok(Accepted::Pulsed));
    day.pass(Duration::from_secs(29));
    assert_eq!(day.door(), DoorState::Open);
    day.pass(Duration::from_secs(1));
    assert_eq!(day.door(), DoorState::Closing);
}

#[test]
fn a_momentary_contact_reads_open_for_as_long_as_it_is_pressed() {
    let mut day = Day::with(settings(Opener::Momentary));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Already));
    assert_eq!(day.door(), DoorState::Open);
    day.pass(PULSE);
    assert_eq!(day.door(), DoorState::Closed);
    assert_eq!(day.ask(Request::Open), Err(Refusal::Busy));
    day.pass(limits::PULSE_GAP);
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
}

#[test]
fn toggle_presses_whatever_the_state_and_as_long_as_it_is_told() {
    let careful = Settings { close_when_assumed: false, ..settings(Opener::Step) };
    let mut day = Day::with(careful);
    let length = PulseLength::millis::<2_000>();
    let (answer, effects) = day.gate.request(Request::Toggle(Some(length)), Requester::LocalApi, day.now);
    assert_eq!(answer, Ok(Accepted::Pulsed));
    assert_eq!(effects.pulse, Some(length));
    assert_eq!(day.door(), DoorState::Opening);
    day.pass(length.get());
    assert_eq!(day.ask(Request::Toggle(None)), Err(Refusal::Busy), "the longer pulse has its gap too");
    day.pass(TRAVEL);
    assert_eq!(day.ask(Request::Toggle(None)), Ok(Accepted::Pulsed));
    assert_eq!(day.door(), DoorState::Closing);
}

#[test]
fn a_resting_gate_is_stopped_already_and_a_moving_one_cannot_be() {
    let mut day = Day::with(settings(Opener::Step));
    assert_eq!(day.ask(Request::Stop), Ok(Accepted::Already));
    assert_eq!(day.ask(Request::Open), Ok(Accepted::Pulsed));
    day.pass(Duration::from_secs(5));
    assert_eq!(day.ask(Request::Stop), Err(Refusal::CannotStop));
    day.pass(TRAVEL);
    assert_eq!(day.ask(Request::Stop), Ok(Accepted::Already));
}

#[test]
fn a_restarted_gate_takes_up_what_was_remembered_and_tells_nobody() {
    for door in [DoorState::Open, DoorState::Closed, DoorState::Opening, DoorState::Closing, DoorState::Stopped] {
        let mut day = Day::remembering(settings(Opener::Step), door);
        assert_eq!(day.door(), door);
        let effects = day.gate.tick(day.now);
        assert_eq!((effects.pulse, effects.state), (None, None));
        day.pass(TRAVEL);
        assert!(!day.door().is_moving());
    }
}

#[test]
fn a_gate_that_stopped_half_way_reads_open_and_takes_either_target() {
    for (request, moving) in [(Request::Open, DoorState::Opening), (Request::Close, DoorState::Closing)] {
        let mut day = Day::remembering(settings(Opener::Step), DoorState::Stopped);
        assert_eq!(day.gate.state().target, Target::Open);
        assert_eq!(day.ask(request), Ok(Accepted::Pulsed));
        assert_eq!(day.door(), moving);
        day.pass(TRAVEL - Duration::from_millis(1));
        assert_eq!(day.door(), moving);
    }
}

#[test]
fn every_request_has_one_record_that_names_who_asked_and_what_became_of_it() {
    let mut day = Day::with(settings(Opener::Step));
    for request in [Request::Open, Request::Open, Request::Close, Request::Stop] {
        let _ = day.ask(request);
    }
    let told: Vec<_> = day.records.iter().map(|record| record.event.to_string()).collect();
    assert_eq!(
        told,
        [
            "open, asked by the local API: pulse",
            "open, asked by the local API: already so, no pulse",
            "close, asked by the local API: refused, the last press of the button is still under way: ask again in a moment",
            "stop, asked by the local API: refused, this opener has no contact that stops the gate",
        ]
    );
}

#[test]
fn a_controllers_id_cannot_forge_a_log_line() {
    let by = Requester::Controller("a\nopen, asked by b: pulse".to_owned());
    assert!(!by.to_string().contains('\n'));
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let opener = prop_oneof![Just(Opener::Step), Just(Opener::OpenOnly), Just(Opener::Momentary)];
    (opener, 50..=10_000_u64, 1_000..=60_000_u64, prop::option::of(1_000..=60_000_u64), any::<bool>()).prop_map(
        |(opener, pulse, travel, open, close_when_assumed)| Settings {
            opener,
            pulse: Duration::from_millis(pulse).try_into().unwrap(),
            travel: Duration::from_millis(travel).try_into().unwrap(),
            closes_itself_after: open.map(|open| Duration::from_millis(open).try_into().unwrap()),
            close_when_assumed,
        },
    )
}

/// What may happen on a day.
#[derive(Clone, Debug)]
enum Happening {
    Ask(Request),
    Tick,
    Restart,
}

fn any_day() -> impl Strategy<Value = Vec<(Duration, Happening)>> {
    let happening = prop_oneof![
        3 => Just(Happening::Ask(Request::Open)),
        3 => Just(Happening::Ask(Request::Close)),
        1 => Just(Happening::Ask(Request::Stop)),
        2 => prop::option::of(50..=10_000_u64).prop_map(|length| Happening::Ask(Request::Toggle(
            length.map(|length| Duration::from_millis(length).try_into().unwrap())
        ))),
        3 => Just(Happening::Tick),
        1 => Just(Happening::Restart),
    ];
    let pause = prop_oneof![Just(0), 0..=2_000_u64, 0..=120_000_u64].prop_map(Duration::from_millis);
    prop::collection::vec((pause, happening), 0..60)
}

proptest! {
    #[test]
    fn only_a_request_pulses_and_no_two_pulses_meet(settings in any_settings(), day in any_day()) {
        let mut now = Instant::now();
        let mut gate = Gate::new(settings, DoorState::Closed, now);
        let mut quiet_from = now;
        for (pause, happening) in day {
            now += pause;
            match happening {
                Happening::Ask(request) => {
                    let committed = gate.clone().tick(now).state.map_or(gate.state(), |state| state).current.committed();
                    let (answer, effects) = gate.request(request, Requester::LocalApi, now);
                    prop_assert_eq!(effects.pulse.is_some(), answer == Ok(Accepted::Pulsed));
                    if let Some(length) = effects.pulse {
                        prop_assert!(now >= quiet_from, "two pulses met");
                        prop_assert!(request.target().is_none_or(|target| committed != Some(target)), "a pulse for nothing");
                        prop_assert!(request != Request::Close || settings.close_when_assumed);
                        quiet_from = now + length.get() + limits::PULSE_GAP;
                    }
                    let asked = effects.records.iter().filter(|record| matches!(record.event, Event::Asked { .. })).count();
                    prop_assert_eq!(asked, 1);
                }
                Happening::Tick => prop_assert_eq!(gate.tick(now).pulse, None),
                Happening::Restart => {
                    gate = Gate::new(settings, gate.state().current, now);
                    prop_assert_eq!(gate.clone().tick(now).pulse, None);
                    // The old program's relay is released, and the new one's begins idle.
                    quiet_from = now;
                }
            }
        }
    }

    #[test]
    fn a_granted_request_that_comes_again_at_once_does_nothing(
        settings in any_settings(), day in any_day(), delay in 0..50_u64
    ) {
        let mut now = Instant::now();
        let mut gate = Gate::new(settings, DoorState::Closed, now);
        for (pause, happening) in day {
            now += pause;
            let Happening::Ask(request @ (Request::Open | Request::Close)) = happening else { continue };
            let (answer, _) = gate.request(request, Requester::LocalApi, now);
            // No pulse and no travel is over within 50 ms, but a rest in the open position may be.
            let again = now + Duration::from_millis(delay);
            if answer.is_ok() && gate.wake_at().is_none_or(|at| at > again) {
                let by = Requester::Controller("another".to_owned());
                let (answer, effects) = gate.clone().request(request, by, again);
                prop_assert_eq!(answer, Ok(Accepted::Already));
                prop_assert_eq!((effects.pulse, effects.state), (None, None));
            }
        }
    }

    #[test]
    fn no_gate_is_left_moving_beyond_its_travel(settings in any_settings(), day in any_day()) {
        let mut now = Instant::now();
        let mut gate = Gate::new(settings, DoorState::Closed, now);
        for (pause, happening) in day {
            now += pause;
            match happening {
                Happening::Ask(request) => { let _ = gate.request(request, Requester::LocalApi, now); }
                Happening::Tick => { let _ = gate.tick(now); }
                Happening::Restart => gate = Gate::new(settings, gate.state().current, now),
            }
            let door = gate.state().current;
            if door.is_moving() {
                let due = gate.wake_at().expect("a moving gate is due");
                prop_assert!(due > now && due <= now + settings.travel.get());
                prop_assert_ne!(gate.clone().tick(due).state.map(|state| state.current), None);
            }
            prop_assert!(gate.wake_at().is_none_or(|at| at > now), "nothing is left overdue");
            prop_assert_eq!(gate.tick(now).state, None, "the time was heard once");
        }
    }
}
