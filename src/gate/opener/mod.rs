//! The openers: what a press of each of their contacts does, and which presses serve a request.
//!
//! One file an opener, one section of `docs/openers.md` beside it, and its line in each of the two
//! lists below.

mod momentary;
mod open_close;
mod open_only;
mod step;

use serde::{Deserialize, Serialize};

use super::{Contact, Motion, Refusal, Request};

/// How an opener answers to its contacts; the word for it in the configuration.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Opener {
    /// One contact: each press sends the gate on, open, stop, close, stop.
    #[default]
    Step,
    /// One contact that opens. The opener closes the gate by itself.
    OpenOnly,
    /// One contact for each direction, and one more to stop if it has that.
    OpenClose,
    /// A lock's release: nothing travels.
    Momentary,
}

impl Opener {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::Step, Self::OpenOnly, Self::OpenClose, Self::Momentary];

    /// What this opener does.
    pub(crate) const fn behaviour(self) -> &'static dyn Behaviour {
        match self {
            Self::Step => &step::Step,
            Self::OpenOnly => &open_only::OpenOnly,
            Self::OpenClose => &open_close::OpenClose,
            Self::Momentary => &momentary::Momentary,
        }
    }
}

/// What openers of one kind differ in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Options {
    /// What a press does while the gate moves, and whether we press again.
    pub reverse: Reverse,
    /// What sets a resting gate off.
    pub start: Start,
    /// Whether a relay is wired to a contact that stops.
    pub stop_contact: bool,
}

/// How a request for the other end is served while the gate moves.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reverse {
    /// A press stops the gate, and there it stays until the next request.
    #[default]
    Stop,
    /// A press stops the gate; another one sends it back.
    PulseTwice,
    /// A press sends it back at once: this opener has no stop.
    AtOnce,
}

/// What sets a resting gate off.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Start {
    /// One press.
    #[default]
    OnePulse,
    /// Two: the first only wakes the opener.
    ExtraPulse,
}

/// What an opener makes of a press.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reaction {
    /// The gate does this now; it may be what it did before.
    Becomes(Motion),
    /// The gate moves, but what the opener remembers is not known, and so neither is the way it goes.
    Moves,
    /// It is awake: the next press counts.
    Wakes,
}

/// The next step towards what is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// The gate is there or on its way.
    Done,
    /// Press, and look again when the press is over.
    Press(Contact),
    /// Press, and that is all.
    Last(Contact),
}

/// One kind of opener.
///
/// It has no state of its own. `awake` tells whether the last press only woke the opener, and
/// `motion` is what the gate does at the time.
pub(crate) trait Behaviour {
    /// Whether a request to close presses a contact that can only close. Otherwise it needs to be known
    /// where the gate is.
    fn tells_directions(&self) -> bool;

    /// Whether anything takes time between open and closed. If not, the gate always reads closed.
    fn travels(&self) -> bool {
        true
    }

    /// What the motor does when `contact` is closed.
    fn reacts(&self, contact: Contact, motion: Motion, awake: bool, options: Options) -> Reaction;

    /// What to press for `request`, one step at a time.
    fn serves(&self, request: Request, motion: Motion, awake: bool, options: Options) -> Result<Next, Refusal>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Target;

    #[test]
    fn every_opener_has_its_section_in_the_guide() {
        let guide = include_str!("../../../docs/openers.md");
        for word in ["step", "open-only", "open-close", "momentary"] {
            #[derive(Deserialize)]
            struct Written {
                opener: Opener,
            }
            let written: Written = toml::from_str(&format!("opener = \"{word}\"")).unwrap();
            assert!(Opener::ALL.contains(&written.opener));
            assert!(guide.contains(&format!("\n## `{word}`")), "{word}");
        }
        assert_eq!(Opener::ALL.len(), 4);
    }

    /// Everything an opener may be asked about.
    fn questions() -> impl Iterator<Item = (Motion, bool, Options)> {
        let motions = [
            Motion::Closed,
            Motion::Opening,
            Motion::Open,
            Motion::Closing,
            Motion::Stopped { after: None },
            Motion::Stopped { after: Some(Target::Open) },
            Motion::Stopped { after: Some(Target::Closed) },
        ];
        let reverses = [Reverse::Stop, Reverse::PulseTwice, Reverse::AtOnce];
        motions.into_iter().flat_map(move |motion| {
            reverses.into_iter().flat_map(move |reverse| {
                [Start::OnePulse, Start::ExtraPulse].into_iter().flat_map(move |start| {
                    [false, true].into_iter().flat_map(move |stop_contact| {
                        [false, true].map(|awake| (motion, awake, Options { reverse, start, stop_contact }))
                    })
                })
            })
        })
    }

    #[test]
    fn what_is_there_or_on_its_way_is_never_pressed_for() {
        for opener in Opener::ALL {
            for (motion, _, options) in questions() {
                for request in [Request::Open, Request::Close] {
                    if opener.behaviour().travels() && motion.committed() == request.target() {
                        let step = opener.behaviour().serves(request, motion, false, options);
                        assert!(!matches!(step, Ok(Next::Press(_) | Next::Last(_))), "{opener:?} {request} {motion:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_last_press_for_an_end_never_sends_the_gate_to_the_other_end() {
        for opener in Opener::ALL {
            for (motion, awake, options) in questions() {
                for request in [Request::Open, Request::Close] {
                    if let Ok(Next::Last(contact)) = opener.behaviour().serves(request, motion, awake, options)
                        && opener.behaviour().travels()
                    {
                        let reaction = opener.behaviour().reacts(contact, motion, awake, options);
                        let Reaction::Becomes(then) = reaction else { continue };
                        assert_ne!(
                            then.heading(),
                            request.target().map(Target::opposite),
                            "{opener:?} {request} {motion:?} {options:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_request_comes_to_its_end() {
        for opener in Opener::ALL {
            for (start, _, options) in questions() {
                for request in [Request::Open, Request::Close, Request::Stop, Request::Toggle(None)] {
                    let (mut motion, mut awake) = (start, false);
                    let mut presses = 0;
                    while let Ok(step @ (Next::Press(contact) | Next::Last(contact))) =
                        opener.behaviour().serves(request, motion, awake, options)
                    {
                        presses += 1;
                        assert!(presses <= crate::gate::limits::PULSES_A_REQUEST, "{opener:?} {request} {start:?}");
                        let reaction = opener.behaviour().reacts(contact, motion, awake, options);
                        awake = reaction == Reaction::Wakes;
                        if let Reaction::Becomes(then) = reaction {
                            motion = then;
                        }
                        if matches!(step, Next::Last(_)) || reaction == Reaction::Moves {
                            break;
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_contact_that_is_not_wired_is_never_pressed() {
        for (motion, awake, options) in questions() {
            for request in [Request::Open, Request::Close, Request::Stop, Request::Toggle(None)] {
                for opener in Opener::ALL {
                    if let Ok(Next::Press(contact) | Next::Last(contact)) =
                        opener.behaviour().serves(request, motion, awake, options)
                    {
                        let wired = match contact {
                            Contact::Main => true,
                            Contact::Close => opener == Opener::OpenClose,
                            Contact::Stop => opener == Opener::OpenClose && options.stop_contact,
                        };
                        assert!(wired, "{opener:?} {request} {contact:?}");
                    }
                }
            }
        }
    }
}
