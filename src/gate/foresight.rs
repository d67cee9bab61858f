//! What a press of the gate's one button would do.

use std::time::Instant;

use super::opener::{Next, Reaction};
use super::{DoorState, Foreseen, Gate, Motion, Refusal, Request, Requester};

impl Gate {
    /// What to ask for so that the button does what it is expected to do next; nothing is asked by this.
    ///
    /// That the last press is not over for long enough is left out: it is past before anybody has read it.
    pub(crate) fn foresee(&self, now: Instant) -> Result<Foreseen, Refusal> {
        let expected = self.expected();
        match self.try_out(expected.request(), now) {
            // The name would promise what one contact cannot keep; the button can be pressed all the same.
            Err(
                Refusal::StateAssumed
                | Refusal::WayUnknown
                | Refusal::OtherWay
                | Refusal::CannotStop
                | Refusal::CannotClose,
            ) => self.try_out(Request::Toggle(None), now).map(|()| Foreseen::Press),
            outcome => outcome.map(|()| expected),
        }
    }

    fn expected(&self) -> Foreseen {
        if self.is_warning() {
            return Foreseen::Stop;
        }
        let (opener, options, motion) = (self.settings.opener.behaviour(), self.settings.options, self.place.motion());
        let contact = match opener.serves(Request::Toggle(None), motion, false, options) {
            Ok(Next::Press(contact) | Next::Last(contact)) => contact,
            Ok(Next::Done) | Err(_) => return Foreseen::Press,
        };
        let reaction = match opener.reacts(contact, motion, false, options) {
            Reaction::Wakes => opener.reacts(contact, motion, true, options),
            reaction => reaction,
        };
        match reaction {
            Reaction::Becomes(then) if then == motion => Foreseen::Press,
            Reaction::Becomes(Motion::Stopped { .. }) => Foreseen::Stop,
            Reaction::Becomes(then) => match then.door() {
                DoorState::Opening => Foreseen::Open,
                DoorState::Closing => Foreseen::Close,
                DoorState::Open | DoorState::Closed | DoorState::Stopped => Foreseen::Press,
            },
            Reaction::Moves | Reaction::Wakes => Foreseen::Press,
        }
    }

    /// Asks a copy.
    fn try_out(&self, request: Request, now: Instant) -> Result<(), Refusal> {
        let mut copy = self.clone();
        copy.rests_until = self.now;
        copy.request(request, Requester::LocalApi(None), now).0.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::gate::{Hold, Opener, Remembered, Sensor, Sensors, Settings};

    fn gate(settings: Settings, sensors: Sensors, at: Instant) -> Gate {
        Gate::new(settings, Remembered::default(), sensors, at)
    }

    fn ask(gate: &mut Gate, request: Request, at: Instant) {
        gate.request(request, Requester::LocalApi(None), at).0.unwrap();
    }

    #[test]
    fn the_button_of_a_step_opener_opens_stops_closes_and_stops() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut gate = gate(Settings::plain(Opener::Step), Sensors::default(), start);
        assert_eq!(gate.foresee(at(1)), Ok(Foreseen::Open));
        ask(&mut gate, Request::Toggle(None), at(1));
        assert_eq!(gate.foresee(at(1)), Ok(Foreseen::Stop), "though the press is still under way");
        ask(&mut gate, Request::Stop, at(5));
        assert_eq!(gate.foresee(at(8)), Ok(Foreseen::Close));
        ask(&mut gate, Request::Toggle(None), at(8));
        assert_eq!(gate.foresee(at(9)), Ok(Foreseen::Stop));
    }

    #[test]
    fn where_nothing_confirms_the_state_the_button_is_only_pressed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let settings = Settings { close_when_assumed: false, ..Settings::plain(Opener::Step) };
        let mut gate = gate(settings, Sensors::default(), start);
        ask(&mut gate, Request::Open, at(1));
        let _ = gate.tick(at(60));
        assert_eq!(gate.foresee(at(60)), Ok(Foreseen::Press));
    }

    #[test]
    fn a_lock_is_pressed_and_a_gate_that_closes_itself_is_opened() {
        let now = Instant::now();
        let foreseen = |opener| gate(Settings::plain(opener), Sensors::default(), now).foresee(now);
        assert_eq!(foreseen(Opener::Momentary), Ok(Foreseen::Press));
        assert_eq!(foreseen(Opener::OpenOnly), Ok(Foreseen::Open));
        assert_eq!(foreseen(Opener::OpenClose), Ok(Foreseen::Open));
    }

    #[test]
    fn what_forbids_a_press_is_foreseen() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let sensors = Sensors { obstruction: Some(false), ..Sensors::default() };
        let mut gate = gate(Settings::plain(Opener::Step), sensors, start);
        let _ = gate.hold(Hold::Lockout, true, Requester::LocalApi(None), at(1));
        assert_eq!(gate.foresee(at(1)), Err(Refusal::LockedOut));
        let _ = gate.hold(Hold::Lockout, false, Requester::LocalApi(None), at(2));
        ask(&mut gate, Request::Open, at(2));
        let _ = gate.tick(at(60));
        assert_eq!(gate.foresee(at(60)), Ok(Foreseen::Close));
        let _ = gate.sensor(Sensor::Obstruction, true, at(61), at(61));
        assert_eq!(gate.foresee(at(61)), Err(Refusal::Obstructed));
    }

    #[test]
    fn to_foresee_changes_nothing() {
        let now = Instant::now();
        let gate = gate(Settings::plain(Opener::Step), Sensors::default(), now);
        let before = gate.clone();
        let _ = gate.foresee(now + Duration::from_secs(1));
        assert_eq!(gate, before);
    }
}
