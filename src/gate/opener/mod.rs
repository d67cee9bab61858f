//! The openers: what a press of each of their contacts does, and which presses serve a request.
//!
//! One file an opener, its line in the list below, and its section of `docs/openers.md`. Nothing else knows one by name.

mod momentary;
mod open_close;
mod open_only;
mod step;

use serde::{Deserialize, Serialize};

use super::{Contact, Motion, Refusal, Request};

/// Makes the type out of the list.
macro_rules! openers {
    ($($(#[$about:meta])* $name:ident in $file:ident;)*) => {
        /// How an opener answers to its contacts; the word for it in the configuration.
        #[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
        #[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum Opener {
            $($(#[$about])* $name,)*
        }

        impl Opener {
            /// All of them.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// What this opener does.
            pub(crate) const fn behaviour(self) -> &'static dyn Behaviour {
                match self {
                    $(Self::$name => &$file::$name,)*
                }
            }
        }
    };
}

openers! {
    /// One contact: each press sends the gate on, open, stop, close, stop.
    #[default]
    Step in step;
    /// One contact that opens. The opener closes the gate by itself.
    OpenOnly in open_only;
    /// One contact for each direction, and one more to stop if it has that.
    OpenClose in open_close;
    /// A lock's release: nothing travels.
    Momentary in momentary;
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

/// What a motor does at once when one of its contacts is closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    /// It goes on with what it does.
    Nothing,
    /// It lights its lamp and listens for the press that counts.
    Wakes,
    /// It opens; where it is open, it begins its wait anew.
    Opens,
    /// It closes.
    Closes,
    /// It stops where it is.
    Stops,
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

    /// The contacts that a relay may be wired to.
    fn contacts(&self) -> &'static [Contact] {
        &[Contact::Main]
    }

    /// Whether [`Reverse`] and [`Start`] make a difference.
    fn has_options(&self) -> bool {
        false
    }

    /// Whether a press closes a gate that rests open.
    fn can_close(&self) -> bool {
        let step = self.serves(Request::Close, Motion::Open, false, Options::default());
        matches!(step, Ok(Next::Press(_) | Next::Last(_)))
    }

    /// What is expected of the motor when `contact` is closed.
    fn reacts(&self, contact: Contact, motion: Motion, awake: bool, options: Options) -> Reaction;

    /// What to press for `request`, one step at a time.
    fn serves(&self, request: Request, motion: Motion, awake: bool, options: Options) -> Result<Next, Refusal>;

    /// What the motor does when `contact` is closed, by its manual and written without a look at `reacts`: the simulator's
    /// motors do it, so that a model that expects something else is found out.
    fn motor(&self, contact: Contact, motion: Motion, is_awake: bool, options: Options) -> Act;
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::gate::Target;

    #[test]
    fn every_opener_has_its_section_in_the_guide_and_its_word_in_the_example() {
        let guide = include_str!("../../../docs/openers.md");
        let example = include_str!("../../../deploy/portcullis.example.toml");
        for opener in Opener::ALL {
            let word = serde_json::to_value(opener).unwrap();
            let word = word.as_str().unwrap();
            assert!(guide.contains(&format!("\n## `{word}`")), "{word}");
            assert!(example.contains(&format!("\n# {word} ")), "{word}");
        }
    }

    #[test]
    fn nothing_beside_its_own_file_and_the_list_knows_an_opener_by_name() {
        let names: Vec<_> = Opener::ALL.iter().map(|opener| format!("Opener::{opener:?}")).collect();
        let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut files = 0;
        while let Some(directory) = directories.pop() {
            for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
                let is_a_test = path.ends_with("tests") || path.ends_with("tests.rs");
                match path.is_dir() {
                    _ if is_a_test => {}
                    true => directories.push(path),
                    false if path.extension().is_some_and(|it| it == "rs") => {
                        let text = fs::read_to_string(&path).unwrap();
                        let program = text.split_once("\nmod tests {").map_or(text.as_str(), |(program, _)| program);
                        let known = names.iter().find(|name| program.contains(name.as_str()));
                        assert_eq!(known, None, "{}", path.display());
                        files += 1;
                    }
                    false => {}
                }
            }
        }
        assert!(files > 100, "only {files} files were looked at");
    }

    /// What a gate that did `motion` does after the act.
    fn after(act: Act, motion: Motion) -> Reaction {
        Reaction::Becomes(match act {
            Act::Wakes => return Reaction::Wakes,
            Act::Nothing => motion,
            Act::Opens if motion == Motion::Open => Motion::Open,
            Act::Opens => Motion::Opening,
            Act::Closes => Motion::Closing,
            Act::Stops => Motion::Stopped { after: motion.heading() },
        })
    }

    #[test]
    fn the_model_expects_of_every_opener_what_its_motor_does() {
        for opener in Opener::ALL.iter().map(|opener| opener.behaviour()) {
            // What does not travel always reads closed.
            let may_be = |motion: Motion| opener.travels() || motion == Motion::Closed;
            for (motion, is_awake, options) in questions().filter(|(motion, ..)| may_be(*motion)) {
                for contact in opener.contacts() {
                    let expected = opener.reacts(*contact, motion, is_awake, options);
                    let real = after(opener.motor(*contact, motion, is_awake, options), motion);
                    // Where only the motor knows its way, the model knows that it does not.
                    let is_told = expected == Reaction::Moves && real == Reaction::Becomes(Motion::Opening);
                    assert!(expected == real || is_told, "{options:?} {contact:?} {motion:?} {is_awake}: {expected:?}");
                }
            }
        }
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
                        let is_fitted = contact != Contact::Stop || options.stop_contact;
                        let wired = is_fitted && opener.behaviour().contacts().contains(&contact);
                        assert!(wired, "{opener:?} {request} {contact:?}");
                    }
                }
            }
        }
    }
}
