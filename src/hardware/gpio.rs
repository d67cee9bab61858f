//! The kernel's GPIO lines: where a pin of the configuration is, who has it, and what is in the way, in words.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gpiocdev::chip::{self, Chip};
use gpiocdev::line::Offset;

use crate::config::Pin;

/// What the kernel calls us where it says who holds a line.
pub(super) const CONSUMER: &str = "portcullis";

/// Why a line of the kernel cannot be had. The owner changes the configuration or the machine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GpioError {
    /// No GPIO at all.
    #[error(
        "there is no GPIO here (no /dev/gpiochip*): this takes a Raspberry Pi or another board that has it; \
             elsewhere write driver = \"simulated\""
    )]
    NoChips,
    /// A device that may not be opened.
    #[error("this user may not open {}: {}", path.display(), permission(path))]
    Permission {
        /// The device.
        path: PathBuf,
    },
    /// A device that cannot be opened or asked.
    #[error("{}: {what}", path.display())]
    Chip {
        /// The device.
        path: PathBuf,
        /// What the system says.
        what: String,
    },
    /// No line has this name.
    #[error("no line is called {name:?}: choose one that gpioinfo lists, or write the BCM number")]
    NoSuchName {
        /// The name.
        name: String,
    },
    /// A number on a board where it means no line.
    #[error(
        "{number} is not clear on this board, which is no Raspberry Pi and has {chips} GPIO chips: \
             write the line's name, as gpioinfo lists it"
    )]
    Unclear {
        /// The number.
        number: u8,
        /// How many chips there are.
        chips: usize,
    },
    /// A number beyond the chip's last line.
    #[error("{number} is beyond the lines of {}, which has 0 to {last}: choose one of them", chip.display())]
    Beyond {
        /// The number.
        number: u8,
        /// The device.
        chip: PathBuf,
        /// The chip's highest line.
        last: u32,
    },
    /// Somebody has the line.
    #[error("{line} is held by {}", held_by(holder))]
    Held {
        /// The line.
        line: String,
        /// As the kernel calls it; may be empty.
        holder: String,
    },
    /// The kernel does not give the line so.
    #[error("the kernel does not give {line}: {what}")]
    Refused {
        /// The line.
        line: String,
        /// What it says.
        what: String,
    },
}

impl GpioError {
    /// Whether another process of ours has the line.
    pub(crate) fn is_held_by_us(&self) -> bool {
        matches!(self, Self::Held { holder, .. } if holder == CONSUMER)
    }
}

/// A line of the kernel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Found {
    /// The device.
    pub(super) chip: PathBuf,
    /// Its number there.
    pub(super) offset: Offset,
    /// What people call it.
    pub(super) name: String,
    /// Who has it, as the kernel calls them.
    pub(super) holder: Option<String>,
}

impl Found {
    /// The line, if nobody has it.
    pub(super) fn free(self) -> Result<Self, GpioError> {
        match self.holder {
            Some(holder) => Err(GpioError::Held { line: self.name, holder }),
            None => Ok(self),
        }
    }

    /// The kernel's refusal of a request for this line, in words.
    pub(super) fn refused(&self, error: &gpiocdev::Error) -> GpioError {
        // Somebody may have been faster since it was found.
        let holder = Chip::from_path(&self.chip).ok().and_then(|chip| holder(&chip, self.offset).ok().flatten());
        match holder {
            Some(holder) => GpioError::Held { line: self.name.clone(), holder },
            None => GpioError::Refused { line: self.name.clone(), what: error.to_string() },
        }
    }
}

/// Finds the line of `pin`.
///
/// A number is a BCM number: on a Raspberry Pi it is the header's chip that has it, elsewhere the line
/// that is called `GPIO17`, or else the line of that number when there is but one chip.
pub(super) fn find(pin: &Pin) -> Result<Found, GpioError> {
    let chips = chips()?;
    match pin {
        Pin::Name(name) => by_name(&chips, name)?.ok_or_else(|| GpioError::NoSuchName { name: name.clone() }),
        Pin::Number(number) => {
            let name = format!("GPIO{number}");
            if let Some(header) = chips.iter().find(|chip| is_header(&chip.label)) {
                return header.line(Offset::from(*number), name, *number);
            }
            if let Some(found) = by_name(&chips, &name)? {
                return Ok(found);
            }
            match chips.as_slice() {
                [only] => only.line(Offset::from(*number), name, *number),
                _ => Err(GpioError::Unclear { number: *number, chips: chips.len() }),
            }
        }
    }
}

/// Whether the line of `pin` is there and free, without taking it.
pub(crate) fn check_line(pin: &Pin) -> Result<(), GpioError> {
    find(pin)?.free().map(drop)
}

/// What to do about a device that may not be opened.
pub(super) fn permission(path: impl AsRef<Path>) -> String {
    let group = fs::metadata(path).ok().filter(|metadata| metadata.mode() & 0o060 == 0o060).map(|it| it.gid());
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    match group.and_then(|gid| group_name(&groups, gid)) {
        Some(name) => format!(
            "add it to the group {name} (sudo usermod -aG {name} USER, then log in again; a service has \
             SupplementaryGroups={name})"
        ),
        None => "only root may: give it to a group with a udev rule, \
                 SUBSYSTEM==\"gpio\", GROUP=\"gpio\", MODE=\"0660\""
            .to_owned(),
    }
}

/// A chip and what it says of itself.
struct Known {
    chip: Chip,
    label: String,
    lines: u32,
}

impl Known {
    fn line(&self, offset: Offset, name: String, number: u8) -> Result<Found, GpioError> {
        if offset >= self.lines {
            let last = self.lines.saturating_sub(1);
            return Err(GpioError::Beyond { number, chip: self.chip.path().to_owned(), last });
        }
        let holder = holder(&self.chip, offset).map_err(|error| about(self.chip.path(), &error))?;
        Ok(Found { chip: self.chip.path().to_owned(), offset, name, holder })
    }
}

fn chips() -> Result<Vec<Known>, GpioError> {
    let paths = chip::chips().map_err(|error| about(Path::new("/dev"), &error))?;
    let mut known = Vec::new();
    let mut refusal = None;
    for path in paths {
        match open(&path) {
            Ok(chip) => known.push(chip),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    // A chip that is out of reach matters only when no other is within.
    match refusal {
        _ if !known.is_empty() => Ok(known),
        Some(error) => Err(error),
        None => Err(GpioError::NoChips),
    }
}

fn open(path: &Path) -> Result<Known, GpioError> {
    // The system's own words: whether it is the permission that is missing.
    File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => GpioError::Permission { path: path.to_owned() },
        _ => GpioError::Chip { path: path.to_owned(), what: error.to_string() },
    })?;
    let chip = Chip::from_path(path).map_err(|error| about(path, &error))?;
    let info = chip.info().map_err(|error| about(path, &error))?;
    Ok(Known { chip, label: info.label, lines: info.num_lines })
}

fn about(path: &Path, error: &gpiocdev::Error) -> GpioError {
    GpioError::Chip { path: path.to_owned(), what: error.to_string() }
}

fn by_name(chips: &[Known], name: &str) -> Result<Option<Found>, GpioError> {
    for known in chips {
        if let Some(info) = known.chip.find_line_info(name) {
            let holder = info.used.then_some(info.consumer);
            let chip = known.chip.path().to_owned();
            return Ok(Some(Found { chip, offset: info.offset, name: name.to_owned(), holder }));
        }
    }
    Ok(None)
}

fn holder(chip: &Chip, offset: Offset) -> Result<Option<String>, gpiocdev::Error> {
    let info = chip.line_info(offset)?;
    Ok(info.used.then_some(info.consumer))
}

/// Whether a chip of this label is a Raspberry Pi's header, whose lines are the BCM numbers.
fn is_header(label: &str) -> bool {
    label.starts_with("pinctrl-bcm2") || label == "pinctrl-rp1"
}

fn held_by(holder: &str) -> String {
    match holder {
        CONSUMER => "another portcullis: stop it first (sudo systemctl stop portcullis)".to_owned(),
        "" => "the kernel: choose another pin, or take the overlay that uses it out of config.txt".to_owned(),
        holder => format!("{holder:?}: stop that, or choose another pin"),
    }
}

/// The name of a group in the text of `/etc/group`.
fn group_name(groups: &str, gid: u32) -> Option<String> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chips_of_raspberry_pis_are_known_by_their_labels() {
        for label in ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-bcm2712", "pinctrl-rp1"] {
            assert!(is_header(label), "{label}");
        }
        for label in ["raspberrypi-exp-gpio", "gpio-brcmstb@107d508500", "INT34C5:00", "gpio-sim.0-node0", ""] {
            assert!(!is_header(label), "{label}");
        }
    }

    #[test]
    fn a_group_is_found_by_its_number() {
        let groups = "root:x:0:\ngpio:x:986:pi,gate\nbroken\nspi:x:98:\n";
        assert_eq!(group_name(groups, 986), Some("gpio".to_owned()));
        assert_eq!(group_name(groups, 98), Some("spi".to_owned()));
        assert_eq!(group_name(groups, 9), None);
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let held = |holder: &str| GpioError::Held { line: "GPIO8".to_owned(), holder: holder.to_owned() };
        assert_eq!(held("spi0 CS0").to_string(), "GPIO8 is held by \"spi0 CS0\": stop that, or choose another pin");
        assert!(held("portcullis").to_string().contains("systemctl stop portcullis"));
        assert!(held("portcullis").is_held_by_us() && !held("spi0 CS0").is_held_by_us());
        assert!(held("").to_string().contains("config.txt"));
        assert!(GpioError::NoChips.to_string().contains("driver = \"simulated\""));
        let beyond = GpioError::Beyond { number: 27, chip: "/dev/gpiochip0".into(), last: 3 };
        assert_eq!(
            beyond.to_string(),
            "27 is beyond the lines of /dev/gpiochip0, which has 0 to 3: choose one of them"
        );
        let nobody = GpioError::Permission { path: "/dev/missing".into() };
        assert!(nobody.to_string().contains("udev"));
    }
}
