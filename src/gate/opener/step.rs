//! `step`: one contact, and each press sends the gate on: open, stop, close, stop.

use super::{Act, Behaviour, Next, Options, Reaction, Reverse, Start};
use crate::gate::{Contact, Motion, Refusal, Request, Target};

pub(super) struct Step;

impl Behaviour for Step {
    fn tells_directions(&self) -> bool {
        false
    }

    fn has_options(&self) -> bool {
        true
    }

    fn reacts(&self, _: Contact, motion: Motion, awake: bool, options: Options) -> Reaction {
        let wakes = options.start == Start::ExtraPulse && motion.rests() && !awake;
        if wakes {
            return Reaction::Wakes;
        }
        match motion {
            Motion::Closed => Reaction::Becomes(Motion::Opening),
            Motion::Open => Reaction::Becomes(Motion::Closing),
            Motion::Opening | Motion::Closing if options.reverse != Reverse::AtOnce => {
                Reaction::Becomes(Motion::Stopped { after: motion.heading() })
            }
            Motion::Opening => Reaction::Becomes(Motion::Closing),
            Motion::Closing => Reaction::Becomes(Motion::Opening),
            Motion::Stopped { after: Some(end) } => Reaction::Becomes(Motion::toward(end.opposite())),
            Motion::Stopped { after: None } => Reaction::Moves,
        }
    }

    fn serves(&self, request: Request, motion: Motion, awake: bool, options: Options) -> Result<Next, Refusal> {
        let (press, last) = (Next::Press(Contact::Main), Next::Last(Contact::Main));
        let reaction = self.reacts(Contact::Main, motion, awake, options);
        let target = match request {
            Request::Open => Target::Open,
            Request::Close => Target::Closed,
            Request::Toggle(_) => return Ok(if reaction == Reaction::Wakes { press } else { last }),
            Request::Stop if motion.rests() => return Ok(Next::Done),
            Request::Stop if options.reverse == Reverse::AtOnce => return Err(Refusal::CannotStop),
            Request::Stop => return Ok(last),
        };
        if motion.committed() == Some(target) {
            return Ok(Next::Done);
        }
        match reaction {
            Reaction::Wakes => Ok(press),
            Reaction::Moves => Ok(last),
            Reaction::Becomes(then) if then.heading() == Some(target) => Ok(last),
            // It stops, or it goes the wrong way for a moment; with the next presses it comes right.
            Reaction::Becomes(_) if options.reverse == Reverse::PulseTwice => Ok(press),
            Reaction::Becomes(then) if then.rests() => Ok(last),
            Reaction::Becomes(_) => Err(Refusal::OtherWay),
        }
    }

    fn motor(&self, _: Contact, motion: Motion, is_awake: bool, options: Options) -> Act {
        use Motion::{Closed, Closing, Open, Opening, Stopped};
        let is_asleep = options.start == Start::ExtraPulse && !is_awake;
        let turns_round = options.reverse == Reverse::AtOnce;
        match motion {
            Closed | Open | Stopped { .. } if is_asleep => Act::Wakes,
            Opening if turns_round => Act::Closes,
            Closing if turns_round => Act::Opens,
            Opening | Closing => Act::Stops,
            Closed | Stopped { after: Some(Target::Closed) } => Act::Opens,
            Open | Stopped { after: Some(Target::Open) } => Act::Closes,
            // After a power cut most begin with opening.
            Stopped { after: None } => Act::Opens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Options = Options { reverse: Reverse::Stop, start: Start::OnePulse, stop_contact: false };
    const STOPPED_OPENING: Motion = Motion::Stopped { after: Some(Target::Open) };
    const STOPPED_CLOSING: Motion = Motion::Stopped { after: Some(Target::Closed) };

    /// What the gate does after each press of the only contact.
    fn cycle(options: Options) -> Vec<Motion> {
        let mut motion = Motion::Closed;
        let mut awake = false;
        let mut seen = Vec::new();
        for _ in 0..6 {
            let reaction = Step.reacts(Contact::Main, motion, awake, options);
            awake = reaction == Reaction::Wakes;
            if let Reaction::Becomes(then) = reaction {
                motion = then;
            }
            seen.push(motion);
        }
        seen
    }

    /// What the gate does after each of our presses for `request`.
    fn run(request: Request, mut motion: Motion, options: Options) -> Vec<Motion> {
        let mut awake = false;
        let mut seen = Vec::new();
        loop {
            let next = Step.serves(request, motion, awake, options).unwrap();
            if next == Next::Done {
                return seen;
            }
            let reaction = Step.reacts(Contact::Main, motion, awake, options);
            awake = reaction == Reaction::Wakes;
            if let Reaction::Becomes(then) = reaction {
                motion = then;
            }
            seen.push(motion);
            if matches!(next, Next::Last(_)) {
                return seen;
            }
        }
    }

    #[test]
    fn each_press_sends_it_on_open_stop_close_stop() {
        use Motion::{Closing, Opening};
        assert_eq!(cycle(PLAIN), [Opening, STOPPED_OPENING, Closing, STOPPED_CLOSING, Opening, STOPPED_OPENING]);
        assert_eq!(
            cycle(Options { reverse: Reverse::AtOnce, ..PLAIN }),
            [Opening, Closing, Opening, Closing, Opening, Closing]
        );
        assert_eq!(
            cycle(Options { start: Start::ExtraPulse, ..PLAIN }),
            [Motion::Closed, Opening, STOPPED_OPENING, STOPPED_OPENING, Closing, STOPPED_CLOSING]
        );
    }

    #[test]
    fn a_request_for_the_other_end_stops_a_moving_gate() {
        assert_eq!(run(Request::Close, Motion::Opening, PLAIN), [STOPPED_OPENING]);
        assert_eq!(run(Request::Open, Motion::Closing, PLAIN), [STOPPED_CLOSING]);
    }

    #[test]
    fn pulsing_twice_sends_it_back() {
        let twice = Options { reverse: Reverse::PulseTwice, ..PLAIN };
        assert_eq!(run(Request::Close, Motion::Opening, twice), [STOPPED_OPENING, Motion::Closing]);
        assert_eq!(run(Request::Open, Motion::Closing, twice), [STOPPED_CLOSING, Motion::Opening]);
        assert_eq!(
            run(Request::Open, STOPPED_OPENING, twice),
            [Motion::Closing, STOPPED_CLOSING, Motion::Opening],
            "the only way there begins the other way"
        );
    }

    #[test]
    fn the_wrong_way_is_refused_when_one_pulse_is_all_there_is() {
        assert_eq!(Step.serves(Request::Open, STOPPED_OPENING, false, PLAIN), Err(Refusal::OtherWay));
        assert_eq!(Step.serves(Request::Close, STOPPED_CLOSING, false, PLAIN), Err(Refusal::OtherWay));
        assert_eq!(run(Request::Close, STOPPED_OPENING, PLAIN), [Motion::Closing]);
        assert_eq!(run(Request::Open, STOPPED_CLOSING, PLAIN), [Motion::Opening]);
    }

    #[test]
    fn an_extra_pulse_wakes_a_resting_opener_and_only_a_resting_one() {
        let extra = Options { start: Start::ExtraPulse, ..PLAIN };
        assert_eq!(run(Request::Open, Motion::Closed, extra), [Motion::Closed, Motion::Opening]);
        assert_eq!(run(Request::Toggle(None), Motion::Open, extra), [Motion::Open, Motion::Closing]);
        assert_eq!(run(Request::Close, Motion::Opening, extra), [STOPPED_OPENING]);
    }

    #[test]
    fn an_opener_that_reverses_at_once_cannot_be_stopped() {
        let at_once = Options { reverse: Reverse::AtOnce, ..PLAIN };
        assert_eq!(run(Request::Close, Motion::Opening, at_once), [Motion::Closing]);
        assert_eq!(Step.serves(Request::Stop, Motion::Opening, false, at_once), Err(Refusal::CannotStop));
        assert_eq!(run(Request::Stop, Motion::Opening, PLAIN), [STOPPED_OPENING]);
    }
}
