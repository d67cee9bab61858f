//! The setup payload as a QR code, for terminals, logs and paper (HAP §2.4).

use std::fmt::Write;
use std::io;

use fast_qr::{ECL, QRBuilder};

/// A QR code: a square of dark and light modules, without its quiet zone.
#[derive(Clone, Debug)]
pub(crate) struct Qr {
    /// Row by row; true is dark.
    rows: Vec<Vec<bool>>,
}

/// A text too long for a QR code. The program's fault: a setup payload has 20 characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("too long for a QR code")]
pub(crate) struct TooLong;

/// Where a QR code is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Medium {
    /// A terminal: black on white by explicit colours, whatever its theme.
    Terminal,
    /// A log or a pipe: blocks only. They draw what is light, since what shows them later is mostly
    /// a terminal of light text on dark ground.
    Plain,
}

impl Qr {
    /// The code for `payload`, as it is, with error correction M.
    pub(crate) fn new(payload: &str) -> Result<Self, TooLong> {
        let code = QRBuilder::new(payload).ecl(ECL::M).build().map_err(|_| TooLong)?;
        let rows =
            (0..code.size).map(|row| code[row].iter().take(code.size).map(|module| module.value()).collect()).collect();
        Ok(Self { rows })
    }

    /// Lines of half blocks, two modules above one another in a character.
    pub(crate) fn to_text(&self, medium: Medium) -> String {
        let modules = self.with_quiet_zone();
        let (start, end) = match medium {
            // The fixed colours of the 256: themes change the first sixteen only.
            Medium::Terminal => ("\u{1b}[38;5;16;48;5;231m", "\u{1b}[0m"),
            Medium::Plain => ("", ""),
        };
        let mut text = String::new();
        for pair in modules.chunks(2) {
            let (upper, lower) = match pair {
                [upper, lower] => (upper, Some(lower)),
                [upper] => (upper, None),
                _ => continue,
            };
            text.push_str(start);
            for (column, upper) in upper.iter().enumerate() {
                let lower = lower.and_then(|row| row.get(column)).is_some_and(|dark| *dark);
                let is_drawn = |dark: bool| dark == (medium == Medium::Terminal);
                text.push(match (is_drawn(*upper), is_drawn(lower)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push_str(end);
            text.push('\n');
        }
        text
    }

    /// A drawing of one unit a module, quiet zone included, that scales to any size.
    pub(crate) fn to_svg(&self) -> String {
        let modules = self.with_quiet_zone();
        let size = modules.len();
        let mut path = String::new();
        for (y, row) in modules.iter().enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|left, right| left == right) {
                if run.first() == Some(&true) {
                    // Writing to a text cannot fail.
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z", length = run.len());
                }
                x += run.len();
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" \
             shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}h-{size}z\"/>\
             <path d=\"{path}\"/></svg>\n"
        )
    }

    /// A picture of eight pixels a module, quiet zone included.
    pub(crate) fn to_png(&self) -> io::Result<Vec<u8>> {
        let rows = self.with_quiet_zone();
        let side = u32::try_from(rows.len().saturating_mul(PIXELS)).map_err(io::Error::other)?;
        let pixels = rows.iter().flat_map(|row| {
            let line = row.iter().flat_map(|dark| std::iter::repeat_n(if *dark { 0 } else { 255 }, PIXELS));
            std::iter::repeat_n(line, PIXELS).flatten()
        });
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().map_err(io::Error::from)?;
        writer.write_image_data(&pixels.collect::<Vec<u8>>()).map_err(io::Error::from)?;
        writer.finish().map_err(io::Error::from)?;
        Ok(bytes)
    }

    fn with_quiet_zone(&self) -> Vec<Vec<bool>> {
        let width = self.rows.len() + 2 * QUIET_ZONE;
        let blank = || std::iter::repeat_n(vec![false; width], QUIET_ZONE);
        let rows = self.rows.iter().map(|row| {
            let mut padded = vec![false; width];
            padded.iter_mut().skip(QUIET_ZONE).zip(row).for_each(|(to, from)| *to = *from);
            padded
        });
        blank().chain(rows).chain(blank()).collect()
    }
}

/// The light modules that a reader needs on each side (HAP §2.4).
const QUIET_ZONE: usize = 4;

/// Pixels of a module's side in a picture.
const PIXELS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = "X-HM://0042JX0W2ABCD";

    /// The modules that a text of half blocks shows, drawn ones true.
    fn drawn(text: &str) -> Vec<Vec<bool>> {
        text.lines()
            .flat_map(|line| {
                let half = |blocks: [char; 2]| line.chars().map(|it| blocks.contains(&it)).collect::<Vec<_>>();
                [half(['█', '▀']), half(['█', '▄'])]
            })
            .collect()
    }

    #[test]
    fn a_setup_payload_fits_the_second_smallest_code() {
        let qr = Qr::new(PAYLOAD).unwrap();
        assert!(qr.rows.len() <= 25);
        assert!(qr.rows.iter().all(|row| row.len() == qr.rows.len()));
    }

    #[test]
    fn the_three_corners_are_there() {
        let qr = Qr::new(PAYLOAD).unwrap();
        let size = qr.rows.len();
        for (top, left) in [(0, 0), (0, size - 7), (size - 7, 0)] {
            for at in 0..7 {
                assert!(qr.rows[top][left + at] && qr.rows[top + 6][left + at]);
                assert!(qr.rows[top + at][left] && qr.rows[top + at][left + 6]);
            }
            assert!(qr.rows[top + 3][left + 3] && !qr.rows[top + 1][left + 1]);
        }
    }

    #[test]
    fn a_terminal_gets_dark_modules_on_a_light_ground_and_four_light_ones_around() {
        let qr = Qr::new(PAYLOAD).unwrap();
        let text = qr.to_text(Medium::Terminal);
        for line in text.lines() {
            assert!(line.starts_with("\u{1b}[38;5;16;48;5;231m") && line.ends_with("\u{1b}[0m"));
        }
        let bare = text.replace("\u{1b}[38;5;16;48;5;231m", "").replace("\u{1b}[0m", "");
        let mut shown = drawn(&bare);
        let expected = qr.with_quiet_zone();
        assert_eq!(shown.split_off(expected.len()), [vec![false; expected.len()]], "the odd half line is light");
        assert_eq!(shown, expected);
        assert!(expected.iter().take(4).all(|row| row.iter().all(|dark| !dark)));
    }

    #[test]
    fn a_log_gets_the_same_code_with_its_light_modules_drawn() {
        let qr = Qr::new(PAYLOAD).unwrap();
        let text = qr.to_text(Medium::Plain);
        assert!(!text.contains('\u{1b}'));
        let mut shown: Vec<Vec<bool>> =
            drawn(&text).into_iter().map(|row| row.into_iter().map(|it| !it).collect()).collect();
        let expected = qr.with_quiet_zone();
        shown.truncate(expected.len());
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_svg_draws_exactly_the_dark_modules() {
        let qr = Qr::new(PAYLOAD).unwrap();
        let svg = qr.to_svg();
        let modules = qr.with_quiet_zone();
        let mut shown = vec![vec![false; modules.len()]; modules.len()];
        let path = svg.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
        for run in path.split('M').skip(1) {
            let numbers: Vec<usize> = run
                .split(|it: char| !it.is_ascii_digit())
                .filter(|it| !it.is_empty())
                .map(|it| it.parse().unwrap())
                .collect();
            let [x, y, length, 1, back] = numbers[..] else { panic!("{run}") };
            assert_eq!(length, back);
            shown[y][x..x + length].fill(true);
        }
        assert_eq!(shown, modules);
    }

    #[test]
    fn a_text_beyond_any_code_is_an_error() {
        assert!(Qr::new(&"x".repeat(10_000)).is_err());
    }
}
