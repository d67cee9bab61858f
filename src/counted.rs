//! How many there are of something, as a sentence says it.

use std::fmt::Display;

/// The number with its noun, which takes an `s` unless it is one.
pub(crate) fn counted<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let ending = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_said_of_one_thing_and_every_other_number_of_several() {
        let said: Vec<_> = (0..3_u64).map(|number| counted(number, "line")).collect();
        assert_eq!(said, ["0 lines", "1 line", "2 lines"]);
    }
}
