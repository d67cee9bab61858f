//! `open-close`: one contact for each direction, and perhaps one that stops.

use super::{Act, Behaviour, Next, Options, Reaction};
use crate::gate::{Contact, Motion, Refusal, Request, Target};

pub(super) struct OpenClose;

impl Behaviour for OpenClose {
    fn tells_directions(&self) -> bool {
        true
    }

    fn contacts(&self) -> &'static [Contact] {
        &[Contact::Main, Contact::Close, Contact::Stop]
    }

    fn reacts(&self, contact: Contact, motion: Motion, _: bool, _: Options) -> Reaction {
        Reaction::Becomes(match (contact, motion) {
            (Contact::Main, Motion::Open) => Motion::Open,
            (Contact::Main, _) => Motion::Opening,
            (Contact::Close, Motion::Closed) => Motion::Closed,
            (Contact::Close, _) => Motion::Closing,
            (Contact::Stop, Motion::Opening | Motion::Closing) => Motion::Stopped { after: motion.heading() },
            (Contact::Stop, rest) => rest,
        })
    }

    fn serves(&self, request: Request, motion: Motion, _: bool, options: Options) -> Result<Next, Refusal> {
        let committed = motion.committed();
        match request {
            Request::Open if committed == Some(Target::Open) => Ok(Next::Done),
            Request::Close if committed == Some(Target::Closed) => Ok(Next::Done),
            Request::Stop if motion.rests() => Ok(Next::Done),
            Request::Stop if !options.stop_contact => Err(Refusal::CannotStop),
            Request::Stop => Ok(Next::Last(Contact::Stop)),
            Request::Open => Ok(Next::Last(Contact::Main)),
            Request::Close => Ok(Next::Last(Contact::Close)),
            Request::Toggle(_) if committed == Some(Target::Open) => Ok(Next::Last(Contact::Close)),
            Request::Toggle(_) => Ok(Next::Last(Contact::Main)),
        }
    }

    fn motor(&self, contact: Contact, motion: Motion, _: bool, _: Options) -> Act {
        match (contact, motion) {
            (Contact::Main, _) => Act::Opens,
            (Contact::Close, Motion::Closed) => Act::Nothing,
            (Contact::Close, _) => Act::Closes,
            (Contact::Stop, Motion::Opening | Motion::Closing) => Act::Stops,
            (Contact::Stop, _) => Act::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITH_STOP: Options =
        Options { reverse: super::super::Reverse::Stop, start: super::super::Start::OnePulse, stop_contact: true };

    fn serves(request: Request, motion: Motion) -> Result<Next, Refusal> {
        OpenClose.serves(request, motion, false, WITH_STOP)
    }

    #[test]
    fn each_direction_has_its_contact() {
        for motion in [Motion::Open, Motion::Opening, Motion::Stopped { after: None }] {
            assert_eq!(serves(Request::Close, motion), Ok(Next::Last(Contact::Close)));
            let reaction = OpenClose.reacts(Contact::Close, motion, false, WITH_STOP);
            assert_eq!(reaction, Reaction::Becomes(Motion::Closing));
        }
        for motion in [Motion::Closed, Motion::Closing, Motion::Stopped { after: None }] {
            assert_eq!(serves(Request::Open, motion), Ok(Next::Last(Contact::Main)));
            let reaction = OpenClose.reacts(Contact::Main, motion, false, WITH_STOP);
            assert_eq!(reaction, Reaction::Becomes(Motion::Opening));
        }
    }

    #[test]
    fn toggle_presses_the_contact_of_the_other_direction() {
        assert_eq!(serves(Request::Toggle(None), Motion::Opening), Ok(Next::Last(Contact::Close)));
        assert_eq!(serves(Request::Toggle(None), Motion::Closing), Ok(Next::Last(Contact::Main)));
        assert_eq!(serves(Request::Toggle(None), Motion::Stopped { after: None }), Ok(Next::Last(Contact::Main)));
    }

    #[test]
    fn it_stops_where_it_is_if_it_has_a_contact_for_that() {
        assert_eq!(serves(Request::Stop, Motion::Opening), Ok(Next::Last(Contact::Stop)));
        assert_eq!(serves(Request::Stop, Motion::Open), Ok(Next::Done));
        let without = Options { stop_contact: false, ..WITH_STOP };
        assert_eq!(OpenClose.serves(Request::Stop, Motion::Opening, false, without), Err(Refusal::CannotStop));
        let reaction = OpenClose.reacts(Contact::Stop, Motion::Opening, false, WITH_STOP);
        assert_eq!(reaction, Reaction::Becomes(Motion::Stopped { after: Some(Target::Open) }));
    }
}
