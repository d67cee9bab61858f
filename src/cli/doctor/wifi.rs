//! Whether Wi-Fi sleeps: then it loses the multicast by which phones look for the gate.

use std::fs::{self, DirEntry};
use std::path::Path;
use std::process::{Command, Stdio};

use super::finding::Finding;

const PLACE: &str = "Wi-Fi";

/// A wireless interface.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Wireless {
    pub(super) name: String,
    /// Whether it saves power, or why that is not known.
    pub(super) power_save: Result<bool, String>,
}

impl Wireless {
    /// Asks the driver, through the tool that every system with Wi-Fi has.
    pub(super) fn look(name: &str) -> Self {
        let asked = Command::new("iw").args(["dev", name, "get", "power_save"]).stdin(Stdio::null()).output();
        let power_save = match asked {
            Ok(answer) => read(&String::from_utf8_lossy(&answer.stdout))
                .ok_or_else(|| String::from_utf8_lossy(&answer.stderr).lines().next().unwrap_or_default().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err("the program iw is not installed: sudo apt-get install iw".to_owned())
            }
            Err(error) => Err(format!("iw: {error}")),
        };
        Self { name: name.to_owned(), power_save }
    }
}

/// The names of the wireless ones in `interfaces`, which is `/sys/class/net`.
pub(super) fn names(interfaces: &Path) -> Vec<String> {
    let entries = fs::read_dir(interfaces).into_iter().flatten().flatten();
    // Today's drivers have the one, older ones the other.
    let is_wireless = |entry: &DirEntry| ["phy80211", "wireless"].iter().any(|it| entry.path().join(it).exists());
    let mut names: Vec<_> =
        entries.filter(is_wireless).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

pub(super) fn judge(interfaces: &[Wireless]) -> Vec<Finding> {
    let judge = |Wireless { name, power_save }: &Wireless| match power_save {
        Ok(false) => Finding::fine(PLACE, format!("{name} does not save power")),
        Ok(true) => Finding::warning(PLACE, format!("{name} saves power: it sleeps between packets"))
            .because("multicast is lost meanwhile, so phones say \"No Response\" for seconds or do not find the gate")
            .mend(format!("now: sudo iw dev {name} set power_save off"))
            .mend(
                "for good: nmcli connection modify \"$(nmcli -g GENERAL.CONNECTION device show NAME)\" \
                 802-11-wireless.powersave 2"
                    .replace("NAME", name),
            ),
        Err(reason) => Finding::note(PLACE, format!("whether {name} saves power could not be seen: {reason}")),
    };
    interfaces.iter().map(judge).collect()
}

/// `Power save: on`
fn read(text: &str) -> Option<bool> {
    match text.trim().strip_prefix("Power save:")?.trim() {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn wireless_interfaces_are_found() {
        let system = tempfile::tempdir().unwrap();
        for directory in ["wlan1/phy80211", "wlan0/phy80211", "wlan0/wireless", "ra0/wireless", "eth0", "lo"] {
            fs::create_dir_all(system.path().join(directory)).unwrap();
        }
        assert_eq!(names(system.path()), ["ra0", "wlan0", "wlan1"]);
        assert!(names(&system.path().join("none")).is_empty());
    }

    #[test]
    fn power_save_is_a_warning_with_its_command_and_what_is_not_known_is_said() {
        let of = |power_save| judge(&[Wireless { name: "wlan0".to_owned(), power_save }]).remove(0);
        let on = of(Ok(true));
        assert_eq!(on.severity, Severity::Warning);
        assert!(on.mends[0].ends_with("sudo iw dev wlan0 set power_save off") && on.mends[1].contains("show wlan0"));
        assert_eq!(of(Ok(false)).severity, Severity::Fine);
        assert!(of(Err("iw is missing".to_owned())).what.contains("iw is missing"));
    }

    #[test]
    fn the_answer_of_iw_is_read() {
        assert_eq!(read("Power save: on\n"), Some(true));
        assert_eq!(read("Power save: off\n"), Some(false));
        assert_eq!(read("command failed: No such device (-19)"), None);
    }

    proptest! {
        #[test]
        fn whatever_iw_writes_is_read(text in "(?s).{0,300}") {
            let _ = read(&text);
        }
    }
}
