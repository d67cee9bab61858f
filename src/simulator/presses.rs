//! What the motors of real openers do when one of their contacts is closed: from their manuals, and not from the model.

use crate::gate::{Contact, Motion, Opener, Options, Reverse, Start, Target};

/// What a motor does at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Act {
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

/// The table: one line for each thing that a manual says.
pub(super) fn act(opener: Opener, options: Options, contact: Contact, motion: Motion, is_awake: bool) -> Act {
    use Motion::{Closed, Closing, Open, Opening, Stopped};
    let is_asleep = options.start == Start::ExtraPulse && !is_awake;
    let turns_round = options.reverse == Reverse::AtOnce;
    match (opener, contact, motion) {
        (Opener::Step, _, Closed | Open | Stopped { .. }) if is_asleep => Act::Wakes,
        (Opener::Step, _, Opening) if turns_round => Act::Closes,
        (Opener::Step, _, Closing) if turns_round => Act::Opens,
        (Opener::Step, _, Opening | Closing) => Act::Stops,
        (Opener::Step, _, Closed | Stopped { after: Some(Target::Closed) }) => Act::Opens,
        (Opener::Step, _, Open | Stopped { after: Some(Target::Open) }) => Act::Closes,
        // After a power cut most begin with opening.
        (Opener::Step, _, Stopped { after: None }) => Act::Opens,

        (Opener::OpenOnly, _, _) => Act::Opens,

        (Opener::OpenClose, Contact::Main, _) => Act::Opens,
        (Opener::OpenClose, Contact::Close, Closed) => Act::Nothing,
        (Opener::OpenClose, Contact::Close, _) => Act::Closes,
        (Opener::OpenClose, Contact::Stop, Opening | Closing) => Act::Stops,
        (Opener::OpenClose, Contact::Stop, _) => Act::Nothing,

        // A lock lets go while its contact is closed, and nothing travels.
        (Opener::Momentary, _, _) => Act::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Reaction;

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
        let motions = [
            Motion::Closed,
            Motion::Opening,
            Motion::Open,
            Motion::Closing,
            Motion::Stopped { after: Some(Target::Open) },
            Motion::Stopped { after: Some(Target::Closed) },
            Motion::Stopped { after: None },
        ];
        let reverses = [Reverse::Stop, Reverse::PulseTwice, Reverse::AtOnce];
        let options = reverses.into_iter().flat_map(|reverse| {
            [Start::OnePulse, Start::ExtraPulse].map(|start| Options { reverse, start, stop_contact: true })
        });
        for options in options {
            for (opener, contact) in [
                (Opener::Step, Contact::Main),
                (Opener::OpenOnly, Contact::Main),
                (Opener::OpenClose, Contact::Main),
                (Opener::OpenClose, Contact::Close),
                (Opener::OpenClose, Contact::Stop),
            ] {
                for (motion, is_awake) in motions.into_iter().flat_map(|motion| [(motion, false), (motion, true)]) {
                    let expected = opener.behaviour().reacts(contact, motion, is_awake, options);
                    let real = after(act(opener, options, contact, motion, is_awake), motion);
                    // Where only the motor knows its way, the model knows that it does not.
                    let is_told = expected == Reaction::Moves && real == Reaction::Becomes(Motion::Opening);
                    assert!(expected == real || is_told, "{opener:?} {options:?} {contact:?} {motion:?} {is_awake}");
                }
            }
            // It always reads closed, whatever it is.
            let lock = Opener::Momentary.behaviour().reacts(Contact::Main, Motion::Closed, false, options);
            assert_eq!(
                lock,
                after(act(Opener::Momentary, options, Contact::Main, Motion::Closed, false), Motion::Closed)
            );
        }
    }
}
