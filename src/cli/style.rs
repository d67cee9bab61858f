//! Colours, for a terminal only.

use std::io::IsTerminal;

/// Whether to colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Style {
    colours: bool,
}

impl Style {
    /// No colours.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { colours: false };

    /// Colours if `out` is a terminal that has some, and its user has not forbidden them (`NO_COLOR`).
    pub(crate) fn of(out: &impl IsTerminal) -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_dumb = variable("TERM").is_none_or(|term| term == "dumb");
        Self { colours: out.is_terminal() && !is_dumb && variable("NO_COLOR").is_none() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn doubtful(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_end_with_their_text_and_plain_has_none() {
        assert_eq!(Style { colours: true }.bad("no"), "\u{1b}[1;31mno\u{1b}[0m");
        assert_eq!(Style::PLAIN.bad("no"), "no");
        let file = tempfile::tempfile().unwrap();
        assert_eq!(Style::of(&file), Style::PLAIN);
    }
}
