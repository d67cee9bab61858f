//! Every rule of the gate, each over random days: requests, people with remotes, bounces, jams, obstructions, restarts,
//! and clocks that jump.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::world::*;
use super::*;

/// Any day of any gate.
fn any_life() -> impl Strategy<Value = World> {
    (any_plan(), any::<u64>(), a_day(any_happening())).prop_map(|(plan, noise, day)| World::live(plan, noise, day))
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:#?}", self.plan)?;
        let Some(start) = self.chronicle.first().map(|entry| entry.now) else { return Ok(()) };
        for entry in &self.chronicle {
            let Entry { now, input, answer, effects, after, .. } = entry;
            let (current, target, confidence) = (after.current, after.target, after.confidence);
            writeln!(f, "{:?} {input:?} {answer:?} -> {current} {target} {confidence:?}", *now - start)?;
            for record in &effects.records {
                writeln!(
                    f,
                    "    {:?} {} {:?}",
                    record.at.saturating_duration_since(start),
                    record.event,
                    record.press
                )?;
            }
        }
        Ok(())
    }
}

fn presses(world: &World) -> impl Iterator<Item = &Entry> {
    world.chronicle.iter().filter(|entry| entry.effects.press.is_some())
}

/// The same, of a gate that travels.
fn travelling(settings: Settings) -> Settings {
    let opener = match settings.opener {
        Opener::Momentary => Opener::Step,
        other => other,
    };
    Settings { opener, ..settings }
}

/// For how long after its request a pulse may come: the warning, and the pulses before it.
fn patience(settings: &Settings) -> Duration {
    let pulse = limits::LONGEST_PULSE + limits::PULSE_GAP + limits::FRESH;
    settings.remote_close_warning.get() + limits::FRESH + pulse * u32::from(limits::PULSES_A_REQUEST)
}

proptest! {
    #[test]
    fn without_a_request_nothing_pulses(
        plan in any_plan(), noise in any::<u64>(), day in a_day(any_event()),
    ) {
        let plan = Plan { settings: Settings { auto_close_after: None, ..plan.settings }, ..plan };
        let mut world = World::live(plan, noise, day);
        world.calm_down();
        prop_assert_eq!(presses(&world).count(), 0);
    }

    #[test]
    fn a_day_on_which_nothing_happens_has_nothing_to_tell(plan in any_plan(), noise in any::<u64>()) {
        let mut world = World::new(plan, noise);
        world.pass(Duration::from_secs(24 * 60 * 60));
        prop_assert!(world.chronicle.iter().all(|entry| entry.effects.records.is_empty()));
    }

    #[test]
    fn every_pulse_follows_soon_from_a_request_that_was_granted(world in any_life()) {
        for (index, entry) in world.chronicle.iter().enumerate().filter(|(_, entry)| entry.effects.press.is_some()) {
            let (request, by) = entry.cause().expect("a pulse has a cause");
            let earliest = entry.now - patience(&world.plan.settings);
            let is_granted = world.chronicle[..=index].iter().filter(|entry| entry.now >= earliest).any(|entry| {
                entry.effects.records.iter().any(|record| matches!(&record.event,
                    Event::Asked { request: asked, by: asker, answer: Ok(Accepted::Pulsed | Accepted::Warned) }
                        if *asked == request && asker == by))
            });
            prop_assert!(is_granted);
            if by == &Requester::AutoClose {
                prop_assert!(world.plan.settings.auto_close_after.is_some());
            }
        }
    }

    #[test]
    fn a_pulse_is_exactly_in_one_record_and_a_request_in_exactly_one(world in any_life()) {
        for entry in &world.chronicle {
            let told: Vec<_> = entry.effects.records.iter().filter_map(|record| record.press).collect();
            prop_assert_eq!(told, entry.effects.press.into_iter().collect::<Vec<_>>());
            let asked = entry.effects.records.iter().filter(|record| {
                matches!(&record.event, Event::Asked { by, .. } if *by != Requester::AutoClose)
            });
            prop_assert_eq!(asked.count(), usize::from(entry.answer.is_some()));
        }
    }

    #[test]
    fn a_refused_request_presses_nothing_for_it_and_is_told(world in any_life()) {
        for entry in &world.chronicle {
            let Some(answer) = entry.answer else { continue };
            let Input::Ask(request, by) = &entry.input else { panic!("only requests are answered") };
            let is_told = entry.effects.records.iter().any(|record| {
                record.event == Event::Asked { request: *request, by: by.clone(), answer }
            });
            prop_assert!(is_told);
            if answer != Ok(Accepted::Pulsed) {
                // What goes on at the same moment is somebody else's.
                let is_pressed = entry.effects.records.iter().any(|record| {
                    record.press.is_some() && matches!(&record.event, Event::Asked { by: asker, .. } if asker == by)
                });
                prop_assert!(!is_pressed);
            }
        }
    }

    #[test]
    fn the_same_target_again_does_nothing_whoever_asks(
        world in any_life(), request in prop::sample::select(vec![Request::Open, Request::Close]),
        first in any_requester(), second in any_requester(), delay in 0..2_500_u64,
    ) {
        let mut world = world;
        world.happen(Happening::Ask(request, first));
        let granted = world.chronicle.last().unwrap().answer.unwrap();
        // Calling a closing off is over at once, and so is a gate that was there.
        if matches!(granted, Ok(Accepted::Pulsed | Accepted::Warned)) {
            let mut again = world;
            again.pass(Duration::from_millis(delay));
            let is_undisturbed = again.chronicle.iter().rev().take_while(|entry| entry.answer.is_none()).all(|entry| {
                !entry.effects.records.iter().any(|record| matches!(record.event,
                    Event::GaveUp { .. } | Event::Became { by: Mover::Outside | Mover::Opener, .. }))
            });
            again.happen(Happening::Ask(request, second.clone()));
            let entry = again.chronicle.last().unwrap();
            if is_undisturbed {
                prop_assert_eq!(entry.answer, Some(Ok(Accepted::Already)));
                let goes_on = entry.effects.records.iter().any(|record| {
                    record.press.is_some() && matches!(record.event, Event::Followed { .. })
                });
                prop_assert!(entry.effects.press.is_none() || goes_on);
            }
        }
    }

    #[test]
    fn the_same_target_again_does_nothing_also_over_a_crash_and_a_start(
        world in any_life(), request in prop::sample::select(vec![Request::Open, Request::Close]),
        first in any_requester(), second in any_requester(), crash in 0..500_u64, delay in 500..1_000_u64,
    ) {
        let mut world = world;
        // Nobody has just moved it: what the wires say is believed.
        world.calm_down();
        world.happen(Happening::Ask(request, first));
        let entry = world.chronicle.last().unwrap();
        let goes_there = matches!((request, entry.after.current),
            (Request::Open, DoorState::Opening) | (Request::Close, DoorState::Closing));
        if entry.effects.press.is_some() && goes_there {
            world.pass(Duration::from_millis(crash));
            world.happen(Happening::Restart(true));
            world.pass(Duration::from_millis(delay));
            let presses_before = presses(&world).count();
            world.happen(Happening::Ask(request, second));
            let answer = world.chronicle.last().unwrap().answer;
            prop_assert_eq!(presses(&world).count(), presses_before, "{:?}", answer);
        }
    }

    #[test]
    fn nothing_pulses_for_the_end_that_the_gate_is_committed_to(world in any_life()) {
        for entry in &world.chronicle {
            if let (Input::Ask(request, _), Some(Ok(Accepted::Pulsed | Accepted::Warned))) = (&entry.input, entry.answer)
                && request.target().is_some()
            {
                // Where the time has brought it by then.
                let mut before = entry.before.clone();
                let records = before.tick(entry.now).records;
                let is_committed = Some(before.state().target) == request.target()
                    && before.state().current != DoorState::Stopped;
                prop_assert!(!is_committed || !records.is_empty(), "{:?}", before.state());
            }
        }
    }

    #[test]
    fn the_opposite_target_while_it_moves_does_what_its_opener_makes_of_it(
        world in any_life(), first in any_requester(), second in any_requester(), delay in 0..20_000_u64,
    ) {
        let mut world = world;
        // Whichever way it goes then.
        world.happen(Happening::Ask(Request::Toggle(None), first));
        world.pass(Duration::from_millis(delay));
        let moving = world.gate.clone();
        let (request, there) = match moving.state().current {
            DoorState::Opening => (Request::Close, DoorState::Closing),
            DoorState::Closing => (Request::Open, DoorState::Opening),
            _ => return Ok(()),
        };
        prop_assume!(moving.pursuit.as_ref().is_none_or(|pursuit| pursuit.target().is_none()));
        world.happen(Happening::Ask(request, second));
        let entry = world.chronicle.last().unwrap();
        let Settings { opener, options, .. } = world.plan.settings;
        let then = match (opener, options.reverse) {
            (Opener::Step, Reverse::Stop | Reverse::PulseTwice) => DoorState::Stopped,
            _ => there,
        };
        match entry.answer.unwrap() {
            Ok(Accepted::Pulsed) => {
                prop_assert_eq!(entry.after.current, then);
                prop_assert!(opener != Opener::OpenOnly || request == Request::Open);
            }
            // What must be announced first, and what calls off what is announced, leave it as it goes.
            Ok(Accepted::Warned | Accepted::CalledOff) | Err(_) => {
                prop_assert_eq!(entry.effects.press, None);
                prop_assert_eq!(entry.after.current, moving.state().current);
            }
            Ok(Accepted::Already) => prop_assert!(false, "the other end is no repetition"),
        }
        // One pulse stops it, and a second one comes only where the owner wants that.
        if entry.after.current == DoorState::Stopped {
            let goes_on = world.gate.pursuit.as_ref().is_some_and(pursuit::Pursuit::goes_on);
            prop_assert_eq!(goes_on, options.reverse == Reverse::PulseTwice);
        }
    }

    #[test]
    fn a_stopped_gate_is_shown_as_the_owner_wants_and_any_other_as_it_is(world in any_life()) {
        let is_shown_open = world.plan.settings.shown_when_stopped == ShownWhenStopped::Open;
        for State { current, shown, .. } in world.chronicle.iter().map(|entry| entry.after) {
            let expected = if current == DoorState::Stopped && is_shown_open { DoorState::Open } else { current };
            prop_assert_eq!(shown, expected);
        }
    }

    #[test]
    fn one_contact_closes_only_on_what_is_sensed_unless_the_owner_allows_more(world in any_life()) {
        let settings = world.plan.settings;
        for entry in presses(&world) {
            if let Some((Request::Close, _)) = entry.cause()
                && settings.opener == Opener::Step && !settings.close_when_assumed
            {
                prop_assert!(world.plan.has_closed_switch || world.plan.has_open_switch);
                let mut before = entry.before.clone();
                before.auto_close = auto_close::AutoClose::new(None, 0);
                before.pursuit = None;
                let _ = before.tick(entry.now);
                prop_assert_eq!(before.state().confidence, Confidence::Sensed);
            }
        }
    }

    #[test]
    fn close_never_opens_a_gate_that_rests_closed(
        plan in any_plan(), noise in any::<u64>(), day in a_day(any_event()), by in any_requester(),
    ) {
        let settings = Settings {
            opener: Opener::Step, close_when_assumed: false, closes_itself_after: None, ..plan.settings
        };
        let mut world = World::live(Plan { settings, ..plan }, noise, day);
        // Long enough for what the wires say to be believed.
        let was_closed = world.simulator.motion() == Motion::Closed;
        world.pass(Duration::from_secs(5));
        let was_closed = was_closed && world.simulator.motion() == Motion::Closed;
        let already = presses(&world).count();
        world.happen(Happening::Ask(Request::Close, by));
        world.pass(Duration::from_secs(30));
        if was_closed {
            prop_assert_eq!(presses(&world).count(), already);
        }
    }

    #[test]
    fn target_and_current_are_never_told_apart(
        plan in any_plan(), noise in any::<u64>(), day in a_day(any_event()),
    ) {
        let plan = Plan { settings: Settings { auto_close_after: None, ..plan.settings }, ..plan };
        let world = World::live(plan, noise, day);
        for state in world.chronicle.iter().filter_map(|entry| entry.effects.state) {
            let expected = match state.current {
                DoorState::Closed | DoorState::Closing => Target::Closed,
                DoorState::Open | DoorState::Opening | DoorState::Stopped => Target::Open,
            };
            prop_assert_eq!(state.target, expected);
        }
    }

    #[test]
    fn a_start_tells_nothing(world in any_life(), age in prop::option::of(0..10_000_u64)) {
        let World { plan, now, gate, simulator, .. } = world;
        let remembered = Remembered { age: age.map(Duration::from_secs), ..gate.remembered() };
        let mut levels = simulator.sensors();
        levels.closed_switch = levels.closed_switch.filter(|_| plan.has_closed_switch);
        levels.open_switch = levels.open_switch.filter(|_| plan.has_open_switch);
        levels.obstruction = levels.obstruction.filter(|_| plan.has_photo_cell);
        let mut gate = Gate::new(plan.settings, remembered, levels, now);
        for (sensor, level) in [
            (Sensor::ClosedSwitch, levels.closed_switch),
            (Sensor::OpenSwitch, levels.open_switch),
            (Sensor::Obstruction, levels.obstruction),
        ] {
            let effects = gate.sensor(sensor, level.unwrap_or_default(), now, now);
            prop_assert_eq!(effects, Effects { wake_at: gate.wake_at(), ..Effects::default() });
        }
        let effects = gate.tick(now);
        prop_assert_eq!(effects, Effects { wake_at: gate.wake_at(), ..Effects::default() });
    }

    #[test]
    fn no_gate_is_left_moving_beyond_its_travel_and_margin(world in any_life()) {
        let is_moving = |state: State| matches!(state.current, DoorState::Opening | DoorState::Closing);
        // Until when it may be said to move as it does, by the travel that was known when it began.
        let mut until: Option<(DoorState, Instant)> = None;
        for entry in &world.chronicle {
            let state = entry.after;
            if !is_moving(state) {
                until = None;
                continue;
            }
            let is_begun = entry.effects.press.is_some() || matches!(entry.input, Input::Sense(_) | Input::Start(_));
            let travel = entry.before.travel();
            let due = entry.now + travel.get() + limits::margin(travel);
            until = match until {
                Some((door, until)) if door == state.current && !is_begun => Some((door, until)),
                _ => Some((state.current, due)),
            };
            prop_assert!(entry.now <= until.unwrap().1);
            // And it is woken in time to say so, whatever else happens.
            if !matches!(entry.input, Input::Start(_)) {
                prop_assert!(entry.effects.wake_at.is_some_and(|at| at <= until.unwrap().1));
            }
        }
    }

    #[test]
    fn pulses_keep_their_bounds_their_distance_and_their_rate(world in any_life()) {
        let mut quiet_from: Option<Instant> = None;
        let mut recent: Vec<Instant> = Vec::new();
        for entry in &world.chronicle {
            if let Input::Start(knows_time) = entry.input {
                // The relay is let go now at the latest, and the count begins anew.
                quiet_from = quiet_from.filter(|_| knows_time).map(|from| from.min(entry.now + limits::PULSE_GAP));
                recent.clear();
            }
            let Some(press) = entry.effects.press else { continue };
            prop_assert!((50..=10_000).contains(&press.length.get().as_millis()));
            prop_assert!(quiet_from.is_none_or(|from| entry.now >= from), "two pulses are too close");
            quiet_from = Some(entry.now + press.length.get() + limits::PULSE_GAP);
            recent.push(entry.now);
            recent.retain(|at| *at + Duration::from_secs(60) > entry.now);
            prop_assert!(recent.len() <= usize::from(world.plan.settings.pulses_a_minute.get()));
        }
    }

    #[test]
    fn a_limit_that_bites_is_told(world in any_life()) {
        for entry in &world.chronicle {
            let Input::Ask(request, _) = &entry.input else { continue };
            if let (Request::Toggle(Some(length)), Some(Ok(Accepted::Pulsed))) = (request, entry.answer) {
                let is_out = !(Duration::from_millis(50)..=Duration::from_secs(10)).contains(length);
                let is_told = entry.effects.records.iter().any(|record| matches!(record.event, Event::Clamped { .. }));
                prop_assert_eq!(is_told, is_out);
            }
        }
    }

    #[test]
    fn nothing_but_the_wall_button_closes_on_an_obstruction(world in any_life()) {
        for entry in presses(&world).filter(|entry| entry.closes()) {
            let (_, by) = entry.cause().unwrap();
            prop_assert!(!entry.after.obstruction || *by == Requester::Button);
        }
    }

    #[test]
    fn a_remote_close_was_announced_for_as_long_as_is_set(world in any_life()) {
        let warning = world.plan.settings.remote_close_warning.get();
        let mut on: Option<Instant> = None;
        let mut over: Option<(Instant, Duration)> = None;
        for entry in &world.chronicle {
            if matches!(entry.input, Input::Start(_)) {
                (on, over) = (None, None);
            }
            match entry.effects.warning {
                Some(true) => on = Some(entry.now),
                Some(false) => over = on.take().map(|on| (entry.now, entry.now - on)),
                None => {}
            }
            prop_assert_eq!(on.is_some(), entry.after.warning);
            if entry.closes() && entry.cause().is_some_and(|(_, by)| by.is_remote()) && !warning.is_zero() {
                // An opener that is woken first closes with a pulse later.
                let (ended, lasted) = over.expect("it was announced");
                prop_assert!(lasted >= warning && entry.now <= ended + patience(&world.plan.settings));
            }
        }
    }

    #[test]
    fn any_other_command_during_the_warning_calls_it_off(
        world in any_life(), pause in 0..4_000_u64, request in any_request(), by in any_requester(),
    ) {
        let mut world = world;
        world.happen(Happening::Ask(Request::Close, Requester::LocalApi(None)));
        world.pass(Duration::from_millis(pause));
        let is_warned = world.gate.state().warning;
        let is_close = matches!(&world.gate.pursuit, Some(pursuit) if pursuit.request == Request::Close);
        if is_warned && is_close && request != Request::Close {
            world.happen(Happening::Ask(request, by));
            let entry = world.chronicle.last().unwrap();
            let is_called_off = entry.effects.records.iter().any(|record| {
                matches!(record.event, Event::GaveUp { request: Request::Close, why: GivenUp::Superseded, .. })
            });
            prop_assert!(is_called_off && entry.effects.press.is_none_or(|_| entry.answer == Some(Ok(Accepted::Pulsed))));
            // Only who must go the closing way to open it again is announced anew.
            prop_assert!(!entry.after.warning || entry.answer == Some(Ok(Accepted::Warned)));
        }
    }

    #[test]
    fn auto_close_is_never_armed_on_what_is_assumed_and_gives_up_after_two_failures(world in any_life()) {
        let mut failures = 0;
        for entry in &world.chronicle {
            for record in &entry.effects.records {
                let acts = matches!(&record.event, Event::Asked { by: Requester::AutoClose, .. });
                if acts {
                    prop_assert!(world.plan.settings.auto_close_after.is_some());
                    let confidence = entry.before.state().confidence;
                    let may_have_changed = entry.effects.records.len() > 1;
                    prop_assert!(confidence == Confidence::Sensed || may_have_changed);
                    prop_assert!(failures < 2, "it had given up");
                }
                if record.event == Event::AutoCloseGaveUp {
                    failures = 2;
                }
                if matches!(record.event, Event::Became { door: DoorState::Closed, .. }) {
                    failures = 0;
                }
            }
            // A switch that says closed at a start is a closing too.
            if entry.after.current == DoorState::Closed {
                failures = 0;
            }
        }
    }

    #[test]
    fn nothing_that_is_heard_just_after_a_standstill_is_granted(world in any_life()) {
        let mut old_until: Option<Instant> = None;
        for entry in &world.chronicle {
            match entry.input {
                Input::Awake => old_until = Some(entry.now + limits::CATCHES_UP),
                Input::Start(_) => old_until = None,
                Input::Ask(..) if old_until.is_some_and(|until| entry.now <= until) => {
                    prop_assert_eq!(entry.answer, Some(Err(Refusal::Stale)));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn lockout_lets_nothing_pulse(world in any_life()) {
        for entry in presses(&world) {
            prop_assert!(!entry.after.lockout);
        }
    }

    #[test]
    fn hold_open_lets_nothing_close_but_the_wall_button(world in any_life()) {
        for entry in presses(&world).filter(|entry| entry.closes()) {
            prop_assert!(!entry.after.hold_open || entry.cause().unwrap().1 == &Requester::Button);
        }
    }

    #[test]
    fn nothing_is_left_overdue(world in any_life()) {
        for entry in world.chronicle.iter().filter(|entry| !matches!(entry.input, Input::Start(_))) {
            prop_assert!(entry.effects.wake_at.is_none_or(|at| at > entry.now), "{:?}", entry);
        }
        let mut gate = world.gate;
        let _ = gate.tick(world.now);
        let again = gate.tick(world.now);
        prop_assert_eq!((again.state, again.press, again.records.len()), (None, None, 0), "the time is heard once");
    }

    #[test]
    fn a_real_movement_is_one_change_however_noisy_the_wires_are(
        plan in any_plan(), noise in any::<u64>(), pauses in prop::collection::vec(120_000..400_000_u64, 0..12),
    ) {
        let settings = Settings {
            opener: Opener::Step, closes_itself_after: None, auto_close_after: None,
            options: Options::default(), left_open_after: None, ..plan.settings
        };
        let plan = Plan { settings, has_closed_switch: true, has_open_switch: true, is_noisy: true, has_photo_cell: false };
        let mut world = World::new(plan, noise);
        for pause in &pauses {
            world.happen(Happening::Remote);
            world.pass(Duration::from_millis(*pause));
        }
        let doors: Vec<_> = world.chronicle.iter().filter_map(|entry| Some(entry.effects.state?.current)).collect();
        let passage = [DoorState::Opening, DoorState::Open, DoorState::Closing, DoorState::Closed];
        let expected: Vec<_> = passage.into_iter().cycle().take(2 * pauses.len()).collect();
        prop_assert_eq!(doors, expected);
    }

    #[test]
    fn with_both_switches_the_model_comes_to_rest_where_the_gate_does(
        plan in any_plan(), noise in any::<u64>(), day in a_day(any_happening()),
    ) {
        let settings = Settings { auto_close_after: None, ..travelling(plan.settings) };
        let plan = Plan { settings, has_closed_switch: true, has_open_switch: true, has_photo_cell: true, ..plan };
        let mut world = World::live(plan, noise, day);
        world.calm_down();
        // Where it stands within a switch's reach, it is at that end.
        let Sensors { closed_switch, open_switch, .. } = world.simulator.sensors();
        let door = match (closed_switch, open_switch) {
            (Some(true), _) => DoorState::Closed,
            (_, Some(true)) => DoorState::Open,
            _ => DoorState::Stopped,
        };
        prop_assert_eq!(world.gate.state().current, door);
    }

    #[test]
    fn with_a_closed_switch_a_gate_at_rest_is_said_to_be_closed_exactly_if_it_is(
        plan in any_plan(), noise in any::<u64>(), day in a_day(any_happening()),
    ) {
        let settings = Settings { auto_close_after: None, ..travelling(plan.settings) };
        let plan = Plan { settings, has_closed_switch: true, has_open_switch: false, ..plan };
        let mut world = World::live(plan, noise, day);
        world.calm_down();
        let is_closed = world.simulator.sensors().closed_switch == Some(true);
        prop_assert_eq!(world.gate.state().current == DoorState::Closed, is_closed);
    }

    #[test]
    fn without_any_sensor_the_model_keeps_up_with_a_gate_that_nobody_else_moves(
        settings in any_settings(), day in prop::collection::vec((any_pause(), any_request(), any_requester()), 0..50),
    ) {
        // How long an opener that was woken stays awake is not known without a sensor.
        let options = Options { start: Start::OnePulse, ..settings.options };
        let settings = Settings { close_when_assumed: true, options, ..settings };
        let plan = Plan {
            settings, has_closed_switch: false, has_open_switch: false, has_photo_cell: false, is_noisy: false,
        };
        let mut world = World::new(plan, 1);
        for (pause, request, by) in day {
            world.pass(pause);
            world.happen(Happening::Ask(request, by));
            prop_assert_eq!(world.gate.state().current, world.simulator.motion().door());
        }
        world.calm_down();
        prop_assert_eq!(world.gate.state().current, world.simulator.motion().door());
    }

    #[test]
    fn a_granted_request_brings_an_undisturbed_gate_where_it_was_asked_to_go(
        settings in any_settings(), request in prop::sample::select(vec![Request::Open, Request::Close]),
        moves in 0..3_u64, by in any_requester(),
    ) {
        // Each request comes while the switches' reports are believed: between the ends.
        let travel = settings.travel.get().clamp(Duration::from_secs(10), Duration::from_secs(30)).try_into().unwrap();
        let pulse = settings.pulse.get().min(Duration::from_secs(1)).try_into().unwrap();
        let settings = Settings { auto_close_after: None, closes_itself_after: None, close_when_assumed: true,
            pulses_a_minute: PulseRate::MAX, travel, pulse, ..travelling(settings) };
        let plan = Plan {
            settings, has_closed_switch: true, has_open_switch: true, has_photo_cell: true, is_noisy: false,
        };
        let mut world = World::new(plan, 1);
        for nth in 0..moves {
            world.happen(Happening::Ask(Request::Toggle(None), Requester::Button));
            world.pass(Duration::from_secs(if nth == 0 { 5 } else { 2 }));
        }
        world.happen(Happening::Ask(request, by));
        let answer = world.chronicle.last().unwrap().answer.unwrap();
        world.pass(Duration::from_secs(200));
        // On a short way it may come to a switch that it was not sent to, and then nothing more is pressed.
        let is_given_up = world.chronicle.iter().any(|entry| {
            entry.effects.records.iter().any(|record| matches!(record.event, Event::GaveUp { .. }))
        });
        prop_assume!(!is_given_up);
        let door = world.simulator.motion().door();
        // One pulse stops a moving gate, and without the option that is all.
        let may_stop = settings.opener == Opener::Step && settings.options.reverse == Reverse::Stop;
        let (there, opposite) = match request {
            Request::Open => (DoorState::Open, DoorState::Closed),
            _ => (DoorState::Closed, DoorState::Open),
        };
        match answer {
            Ok(_) if may_stop => prop_assert_ne!(door, opposite),
            Ok(_) => prop_assert_eq!(door, there),
            Err(refusal) => prop_assert!(matches!(refusal,
                Refusal::OtherWay | Refusal::CannotClose | Refusal::Busy | Refusal::TooMany)),
        }
    }
}
