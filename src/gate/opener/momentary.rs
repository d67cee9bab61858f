//! `momentary`: a lock's release. Nothing travels and nothing is known: it always reads closed.

use super::{Act, Behaviour, Next, Options, Reaction};
use crate::gate::{Contact, Motion, Refusal, Request};

pub(super) struct Momentary;

impl Behaviour for Momentary {
    fn tells_directions(&self) -> bool {
        true
    }

    fn travels(&self) -> bool {
        false
    }

    fn reacts(&self, _: Contact, _: Motion, _: bool, _: Options) -> Reaction {
        Reaction::Becomes(Motion::Closed)
    }

    fn serves(&self, request: Request, _: Motion, _: bool, _: Options) -> Result<Next, Refusal> {
        match request {
            Request::Open | Request::Toggle(_) => Ok(Next::Last(Contact::Main)),
            // It closes as soon as it is let go.
            Request::Close | Request::Stop => Ok(Next::Done),
        }
    }

    /// A lock lets go while its contact is closed, and nothing travels.
    fn motor(&self, _: Contact, _: Motion, _: bool, _: Options) -> Act {
        Act::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_releases_the_lock_and_nothing_moves() {
        let step = Momentary.serves(Request::Open, Motion::Closed, false, Options::default());
        assert_eq!(step, Ok(Next::Last(Contact::Main)));
        let reaction = Momentary.reacts(Contact::Main, Motion::Closed, false, Options::default());
        assert_eq!(reaction, Reaction::Becomes(Motion::Closed));
    }

    #[test]
    fn there_is_nothing_to_close_or_to_stop() {
        for request in [Request::Close, Request::Stop] {
            assert_eq!(Momentary.serves(request, Motion::Closed, false, Options::default()), Ok(Next::Done));
        }
    }
}
