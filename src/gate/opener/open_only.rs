//! `open-only`: one contact that opens; the opener closes the gate by itself.

use super::{Act, Behaviour, Next, Options, Reaction};
use crate::gate::{Contact, Motion, Refusal, Request};

pub(super) struct OpenOnly;

impl Behaviour for OpenOnly {
    fn tells_directions(&self) -> bool {
        true
    }

    /// Also while it is open: the opener begins its wait anew.
    fn reacts(&self, _: Contact, motion: Motion, _: bool, _: Options) -> Reaction {
        Reaction::Becomes(match motion {
            Motion::Open => Motion::Open,
            _ => Motion::Opening,
        })
    }

    fn serves(&self, request: Request, motion: Motion, _: bool, _: Options) -> Result<Next, Refusal> {
        match (request, motion) {
            (Request::Open, Motion::Opening | Motion::Open) => Ok(Next::Done),
            (Request::Open | Request::Toggle(_), _) => Ok(Next::Last(Contact::Main)),
            (Request::Close, Motion::Closing | Motion::Closed) => Ok(Next::Done),
            (Request::Close, _) => Err(Refusal::CannotClose),
            (Request::Stop, motion) if motion.rests() => Ok(Next::Done),
            (Request::Stop, _) => Err(Refusal::CannotStop),
        }
    }

    fn motor(&self, _: Contact, _: Motion, _: bool, _: Options) -> Act {
        Act::Opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serves(request: Request, motion: Motion) -> Result<Next, Refusal> {
        OpenOnly.serves(request, motion, false, Options::default())
    }

    #[test]
    fn it_opens_from_wherever_it_is() {
        for motion in [Motion::Closed, Motion::Closing, Motion::Stopped { after: None }] {
            assert_eq!(serves(Request::Open, motion), Ok(Next::Last(Contact::Main)));
            let reaction = OpenOnly.reacts(Contact::Main, motion, false, Options::default());
            assert_eq!(reaction, Reaction::Becomes(Motion::Opening));
        }
    }

    #[test]
    fn it_cannot_be_closed_or_stopped() {
        assert_eq!(serves(Request::Close, Motion::Open), Err(Refusal::CannotClose));
        assert_eq!(serves(Request::Close, Motion::Closing), Ok(Next::Done));
        assert_eq!(serves(Request::Stop, Motion::Opening), Err(Refusal::CannotStop));
        assert_eq!(serves(Request::Stop, Motion::Open), Ok(Next::Done));
    }
}
