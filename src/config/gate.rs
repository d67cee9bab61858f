//! `[[gate]]`

use serde::{Deserialize, Serialize};

use super::name::Name;
use super::wiring::{Button, Input, Relay, Sensor};
use crate::gate::{
    AssumedAtStart, Contact, OpenTime, Opener, Options, Patience, PulseLength, PulseRate, Reverse, Settings,
    ShownWhenStopped, Start, Travel, WarningTime,
};

/// One gate.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gate {
    /// Its name in HomeKit and on the command line; unlike every other gate's.
    #[serde(default = "Name::gate")]
    pub name: Name,
    /// What it is to HomeKit.
    #[serde(default)]
    pub accessory: AccessoryKind,
    /// How the opener answers to its contacts.
    #[serde(default)]
    pub opener: Opener,
    /// How a `step` opener is sent back while the gate moves.
    pub reverse: Option<Reverse>,
    /// What sets a resting `step` opener off.
    pub start: Option<Start>,
    /// How long the button is pressed.
    #[serde(default = "default_pulse")]
    pub pulse: PulseLength,
    /// From one end to the other.
    #[serde(default = "default_travel")]
    pub travel: Travel,
    /// The opener closes the gate after it was open for this long. No pulse, only the state follows.
    pub closes_itself_after: Option<OpenTime>,
    /// Whether "close" may pulse though nothing confirms that the gate is open.
    #[serde(default)]
    pub close_when_assumed: bool,
    /// What HomeKit is shown of a gate that stopped half-way.
    #[serde(default)]
    pub shown_when_stopped: ShownWhenStopped,
    /// Where a gate that nothing senses is taken to be after a restart.
    #[serde(default)]
    pub assumed_at_start: AssumedAtStart,
    /// How often in a minute the button may be pressed.
    #[serde(default)]
    pub pulses_a_minute: PulseRate,
    /// How long to warn before a close that nobody at the gate asked for; when absent, 5 s if there is
    /// something to warn with.
    pub remote_close_warning: Option<WarningTime>,
    /// After how long a gate that rests open is closed from here. Absent: never.
    pub auto_close_after: Option<Patience>,
    /// After how long a gate that is not closed counts as left open, for the extra accessory and the webhook of that name.
    #[serde(default = "default_left_open")]
    pub left_open_after: Patience,
    /// Accessories beside the gate, each at most once.
    #[serde(default)]
    pub extras: Vec<Extra>,
    /// What presses the button; with an `open-close` opener, the one that opens.
    pub relay: Relay,
    /// What presses the button that closes.
    pub close_relay: Option<Relay>,
    /// What presses the button that stops.
    pub stop_relay: Option<Relay>,
    /// A light or a beeper that warns before the gate closes unasked by anybody at it.
    pub warning: Option<Relay>,
    /// The limit switch at the closed end.
    pub closed_switch: Option<Sensor>,
    /// The limit switch at the open end.
    pub open_switch: Option<Sensor>,
    /// The photo cell.
    pub obstruction: Option<Sensor>,
    /// The wall button.
    pub button: Option<Button>,
}

impl Gate {
    /// The gate of the default configuration: everything is fitted and nothing real moves, so it may
    /// always close.
    pub(crate) fn simulated() -> Self {
        Self {
            name: Name::gate(),
            accessory: AccessoryKind::default(),
            opener: Opener::default(),
            reverse: None,
            start: None,
            pulse: default_pulse(),
            travel: default_travel(),
            closes_itself_after: None,
            close_when_assumed: true,
            shown_when_stopped: ShownWhenStopped::default(),
            assumed_at_start: AssumedAtStart::default(),
            pulses_a_minute: PulseRate::default(),
            remote_close_warning: None,
            auto_close_after: None,
            left_open_after: default_left_open(),
            extras: Vec::new(),
            relay: Relay::Simulated { trace: None },
            close_relay: None,
            stop_relay: None,
            warning: None,
            closed_switch: Some(Sensor::simulated()),
            open_switch: Some(Sensor::simulated()),
            obstruction: Some(Sensor::simulated()),
            button: None,
        }
    }

    /// How the model of this gate behaves, as far as the gate's own keys say.
    pub(crate) fn settings(&self) -> Settings {
        let options = Options {
            reverse: self.reverse.unwrap_or_default(),
            start: self.start.unwrap_or_default(),
            stop_contact: self.stop_relay.is_some(),
        };
        Settings {
            opener: self.opener,
            options,
            pulse: self.pulse,
            travel: self.travel,
            closes_itself_after: self.closes_itself_after,
            close_when_assumed: self.close_when_assumed,
            shown_when_stopped: self.shown_when_stopped,
            assumed_at_start: self.assumed_at_start,
            pulses_a_minute: self.pulses_a_minute,
            remote_close_warning: self.remote_close_warning(),
            auto_close_after: self.auto_close_after,
            left_open_after: self.extras.contains(&Extra::LeftOpen).then_some(self.left_open_after),
        }
    }

    /// The outputs that are fitted, each with its key.
    pub(crate) fn relays(&self) -> impl Iterator<Item = (&'static str, &Relay)> {
        [
            ("relay", Some(&self.relay)),
            ("close_relay", self.close_relay.as_ref()),
            ("stop_relay", self.stop_relay.as_ref()),
            ("warning", self.warning.as_ref()),
        ]
        .into_iter()
        .filter_map(|(key, relay)| Some((key, relay?)))
    }

    /// The inputs that are fitted, each with its key: the sensors and the wall button.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = (&'static str, &Input)> {
        let button = self.button.as_ref().map(|button| ("button", &button.input));
        self.sensors().map(|(key, sensor)| (key, &sensor.input)).chain(button)
    }

    /// The sensors that are fitted, each with its key.
    pub(crate) fn sensors(&self) -> impl Iterator<Item = (&'static str, &Sensor)> {
        [("closed_switch", &self.closed_switch), ("open_switch", &self.open_switch), ("obstruction", &self.obstruction)]
            .into_iter()
            .filter_map(|(key, sensor)| Some((key, sensor.as_ref()?)))
    }

    /// Whether a limit switch tells where the gate is.
    fn is_sensed(&self) -> bool {
        self.closed_switch.is_some() || self.open_switch.is_some()
    }

    pub(super) fn warning(&self) -> Option<String> {
        let stays_open = !self.opener.behaviour().tells_directions()
            && self.closes_itself_after.is_none()
            && !self.close_when_assumed
            && !self.is_sensed();
        stays_open.then(|| {
            format!(
                "gate {:?} will read open for ever once it was opened: nothing tells when it is \
                 closed again. Set closes_itself_after if its opener does that, close_when_assumed \
                 to let HomeKit close it, or fit a closed_switch",
                self.name.as_str()
            )
        })
    }

    /// The first key that does not go with the others, and what to do about it.
    pub(super) fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        let opener = self.opener.behaviour();
        let has = |contact| opener.contacts().contains(&contact);
        let is_momentary = !opener.travels();
        let rules = [
            (
                "opener",
                opener.travels() && !opener.can_close() && self.closes_itself_after.is_none() && !self.is_sensed(),
                "\"open-only\" needs closes_itself_after or a closed_switch: without them the gate would read open for \
                 ever",
            ),
            (
                "opener",
                has(Contact::Close) && self.close_relay.is_none(),
                "\"open-close\" needs a [gate.close_relay] for the contact that closes; with one contact only, write \
                 \"step\" or \"open-only\"",
            ),
            ("close_relay", !has(Contact::Close) && self.close_relay.is_some(), CONTACT),
            ("stop_relay", !has(Contact::Stop) && self.stop_relay.is_some(), CONTACT),
            ("reverse", !opener.has_options() && self.reverse.is_some(), STEP),
            ("start", !opener.has_options() && self.start.is_some(), STEP),
            (
                "closes_itself_after",
                is_momentary && self.closes_itself_after.is_some(),
                "a \"momentary\" contact always reads closed: leave the key out",
            ),
            ("closed_switch", is_momentary && self.closed_switch.is_some(), MOMENTARY_SWITCH),
            ("open_switch", is_momentary && self.open_switch.is_some(), MOMENTARY_SWITCH),
            (
                "remote_close_warning",
                self.warning.is_none() && self.remote_close_warning.is_some_and(|time| !time.get().is_zero()),
                "nothing warns: add a [gate.warning] with a light or a beeper, or write \"0s\"",
            ),
            (
                "auto_close_after",
                self.auto_close_after.is_some() && !opener.can_close(),
                "this opener has no contact that closes: leave the key out",
            ),
            (
                "auto_close_after",
                self.auto_close_after.is_some() && self.closes_itself_after.is_some(),
                "the opener closes the gate by itself already: keep one of auto_close_after and closes_itself_after",
            ),
            (
                "auto_close_after",
                self.auto_close_after.is_some() && !self.is_sensed(),
                "it never acts on an assumed state: fit a closed_switch",
            ),
            (
                "auto_close_after",
                self.auto_close_after.is_some() && self.remote_close_warning().get().is_zero(),
                "nobody would be warned: add a [gate.warning] with a light or a beeper, and keep \
                 remote_close_warning above zero",
            ),
        ];
        let rule = rules.into_iter().find(|(_, is_broken, _)| *is_broken).map(|(key, _, mend)| (key, mend));
        rule.or_else(|| self.half_simulated())
    }

    /// The first table that is simulated on a real gate, or would press something real on a simulated one: there a trial
    /// would move what nobody looks at, and here a state that nothing senses would be believed.
    fn half_simulated(&self) -> Option<(&'static str, &'static str)> {
        let is_simulated = !self.relay.is_real();
        let mut others = self.relays().skip(1);
        let relay = others.find_map(|(key, relay)| match (is_simulated, relay.is_real()) {
            (false, false) => Some((key, SIMULATED_RELAY)),
            // A lamp may be tried with a gate that is simulated.
            (true, true) if key != "warning" => Some((key, REAL_RELAY)),
            _ => None,
        });
        let input = || {
            let mut inputs = self.inputs().filter(|(_, input)| !is_simulated && !input.is_real(&self.relay));
            inputs.next().map(|(key, _)| (key, SIMULATED_INPUT))
        };
        relay.or_else(input)
    }

    fn remote_close_warning(&self) -> WarningTime {
        let default = if self.warning.is_some() { DEFAULT_WARNING } else { WarningTime::millis::<0>() };
        self.remote_close_warning.unwrap_or(default)
    }
}

const DEFAULT_WARNING: WarningTime = WarningTime::millis::<5_000>();
const CONTACT: &str = "only an \"open-close\" opener has this contact: leave the table out, or write that opener";
const SIMULATED_RELAY: &str = "simulated, and the gate's relay is real: nothing would be driven when the gate counts on it; \
                               write its pin, or leave the table out";
const REAL_RELAY: &str = "real, and the gate's relay is simulated: a trial would press it; write driver = \"simulated\" here, \
                          too";
const SIMULATED_INPUT: &str = "simulated, and the gate's relay is real: nothing would tell what the gate really does; write \
                               its pin, or leave the table out";
const STEP: &str = "only a \"step\" opener has this choice: leave the key out";
const MOMENTARY_SWITCH: &str = "a \"momentary\" contact always reads closed: leave the table out, or, if a gate travels \
                                behind it, write \"open-only\"";

/// What a gate is to HomeKit.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AccessoryKind {
    /// A garage door opener: a secure accessory. Siri asks for the phone to be unlocked.
    #[default]
    GarageDoor,
    /// A switch: anybody in the Home may press it, and so may any automation.
    Switch,
}

/// An opt-in accessory beside the gate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Extra {
    /// A switch that automations may use without a confirmation.
    AutomationSwitch,
    /// An occupancy sensor: the gate was left open.
    LeftOpen,
    /// A contact sensor that follows the gate.
    Contact,
    /// A switch that holds the gate open.
    HoldOpen,
    /// A switch that refuses every request.
    Lockout,
}

fn default_pulse() -> PulseLength {
    PulseLength::millis::<1_000>()
}

fn default_travel() -> Travel {
    Travel::millis::<18_000>()
}

fn default_left_open() -> Patience {
    Patience::millis::<600_000>()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::Config;

    const SWITCH: &str = "[gate.closed_switch]\n";
    const WARNING: &str = "[gate.warning]\ndriver = \"simulated\"\n";
    const CLOSE: &str = "[gate.close_relay]\ndriver = \"simulated\"\n";
    const STOP: &str = "[gate.stop_relay]\ndriver = \"simulated\"\n";

    /// The first gate of a file with these keys and tables.
    fn gate(keys: &str, tables: &[&str]) -> Result<Gate, String> {
        let tables = tables.concat();
        let text = format!("[[gate]]\n{keys}\n[gate.relay]\ndriver = \"simulated\"\n{tables}");
        let config = Config::parse(&text, "f").map_err(|error| error.to_string())?;
        Ok(config.gates.into_iter().next().unwrap())
    }

    fn settings(keys: &str, tables: &[&str]) -> Settings {
        gate(keys, tables).unwrap().settings()
    }

    #[test]
    fn every_opener_has_its_word_and_its_options() {
        let plain = settings("", &[]);
        assert_eq!((plain.opener, plain.options), (Opener::Step, Options::default()));
        let step = settings("reverse = \"pulse-twice\"\nstart = \"extra-pulse\"", &[]);
        let options = Options { reverse: Reverse::PulseTwice, start: Start::ExtraPulse, stop_contact: false };
        assert_eq!(step.options, options);
        let both = settings("opener = \"open-close\"", &[CLOSE, STOP]);
        assert_eq!((both.opener, both.options.stop_contact), (Opener::OpenClose, true));
        assert!(!settings("opener = \"open-close\"", &[CLOSE]).options.stop_contact);
        assert_eq!(settings("opener = \"momentary\"", &[]).opener, Opener::Momentary);
    }

    #[test]
    fn there_is_a_warning_of_five_seconds_as_soon_as_something_can_warn() {
        assert!(settings("", &[]).remote_close_warning.get().is_zero());
        assert_eq!(settings("", &[WARNING]).remote_close_warning.get(), Duration::from_secs(5));
        assert!(settings("remote_close_warning = \"0s\"", &[WARNING]).remote_close_warning.get().is_zero());
        assert!(settings("remote_close_warning = \"0s\"", &[]).remote_close_warning.get().is_zero());
    }

    #[test]
    fn left_open_counts_for_its_accessory_only() {
        assert_eq!(settings("left_open_after = \"5m\"", &[]).left_open_after, None);
        let watched = settings("left_open_after = \"5m\"\nextras = [\"left-open\"]", &[]);
        assert_eq!(watched.left_open_after.map(|after| after.get()), Some(Duration::from_secs(300)));
    }

    #[test]
    fn auto_close_is_off_unless_it_is_written() {
        assert_eq!(settings("", &[SWITCH, WARNING]).auto_close_after, None);
        let closing = settings("auto_close_after = \"5m\"", &[SWITCH, WARNING]);
        assert_eq!(closing.auto_close_after.map(|after| after.get()), Some(Duration::from_secs(300)));
    }

    #[test]
    fn keys_that_contradict_each_other_are_told_with_the_mend() {
        let open_switch = "[gate.open_switch]\n";
        let cases: [(&str, &[&str], &str); 15] = [
            ("opener = \"open-close\"", &[], "gate.opener: \"open-close\" needs a [gate.close_relay]"),
            ("", &[CLOSE], "gate.close_relay: only an \"open-close\" opener has this contact"),
            ("", &[STOP], "gate.stop_relay: only an \"open-close\" opener has this contact"),
            ("opener = \"open-only\"", &[], "gate.opener: \"open-only\" needs closes_itself_after"),
            ("opener = \"momentary\"\nreverse = \"stop\"", &[], "gate.reverse: only a \"step\" opener"),
            ("opener = \"momentary\"\nstart = \"one-pulse\"", &[], "gate.start: only a \"step\" opener"),
            ("opener = \"momentary\"", &[SWITCH], "gate.closed_switch: a \"momentary\" contact always reads closed"),
            ("opener = \"momentary\"", &[open_switch], "gate.open_switch: a \"momentary\" contact always"),
            ("remote_close_warning = \"5s\"", &[], "gate.remote_close_warning: nothing warns"),
            ("auto_close_after = \"5m\"", &[SWITCH], "gate.auto_close_after: nobody would be warned"),
            (
                "auto_close_after = \"5m\"\nremote_close_warning = \"0s\"",
                &[SWITCH, WARNING],
                "gate.auto_close_after: nobody would be warned",
            ),
            ("auto_close_after = \"5m\"", &[WARNING], "gate.auto_close_after: it never acts on an assumed state"),
            (
                "auto_close_after = \"5m\"\ncloses_itself_after = \"30s\"",
                &[SWITCH, WARNING],
                "gate.auto_close_after: the opener closes the gate by itself already",
            ),
            (
                "opener = \"open-only\"\nauto_close_after = \"5m\"",
                &[SWITCH, WARNING],
                "gate.auto_close_after: this opener has no contact that closes",
            ),
            ("pulses_a_minute = 121", &[], "gate.pulses_a_minute: 121 is out of bounds: 1 to 120"),
        ];
        for (keys, tables, told) in cases {
            let refusal = gate(keys, tables).unwrap_err();
            assert!(refusal.contains(told), "{refusal}");
        }
    }

    #[test]
    fn a_gate_is_simulated_as_a_whole_or_not_at_all() {
        let parse = |relay: &str, tables: &str| {
            let text = format!("[[gate]]\nopener = \"open-close\"\n[gate.relay]\n{relay}\n{tables}");
            Config::parse(&text, "f").map(drop).map_err(|error| error.to_string())
        };
        let (real, simulated) = ("pin = 17\n", "driver = \"simulated\"\n");
        let close = |relay: &str| format!("[gate.close_relay]\n{}", relay.replace("17", "5"));
        assert_eq!(parse(real, &close(real)), Ok(()));
        assert_eq!(parse(simulated, &close(simulated)), Ok(()));
        for (relay, tables, told) in [
            (simulated, close(real), "gate.close_relay: real, and the gate's relay is simulated"),
            (simulated, close(simulated) + "[gate.stop_relay]\npin = 6\n", "gate.stop_relay: real, and the gate's"),
            (real, close(simulated), "gate.close_relay: simulated, and the gate's relay is real"),
            (real, close(real) + WARNING, "gate.warning: simulated, and the gate's relay is real"),
            (real, close(real) + SWITCH + simulated, "gate.closed_switch: simulated, and the gate's relay is real"),
            (real, close(real) + "[gate.button]\n" + simulated, "gate.button: simulated, and the gate's relay is real"),
        ] {
            let refusal = parse(relay, &tables).unwrap_err();
            assert!(refusal.contains(told), "{refusal}");
        }
        // A lamp and a switch can be tried before the gate is there.
        let tried = close(simulated) + "[gate.warning]\npin = 6\n" + SWITCH + "driver = \"gpiochip\"\npin = 7\n";
        assert_eq!(parse(simulated, &tried), Ok(()));
    }

    #[test]
    fn words_and_lengths_that_are_not_allowed_are_told() {
        for (keys, told) in [
            ("reverse = \"twice\"", "expected one of \"stop\", \"pulse-twice\", \"at-once\""),
            ("start = \"two\"", "\"one-pulse\" or \"extra-pulse\""),
            ("shown_when_stopped = \"closed\"", "\"open\" or \"stopped\""),
            ("assumed_at_start = \"last\"", "\"remembered\", \"open\", \"closed\""),
            ("pulses_a_minute = 0", "0 is out of bounds"),
            ("left_open_after = \"9s\"", "\"9s\" is out of bounds: 10s to 1440m"),
            ("remote_close_warning = \"61s\"", "\"61s\" is out of bounds: 0ms to 1m"),
        ] {
            let refusal = gate(keys, &[]).unwrap_err();
            assert!(refusal.contains(told), "{refusal}");
        }
    }

    #[test]
    fn the_gate_of_the_default_configuration_contradicts_nothing() {
        let gate = Gate::simulated();
        assert_eq!(gate.contradiction(), None);
        assert_eq!(gate.sensors().count(), 3);
        assert!(gate.sensors().all(|(_, sensor)| sensor.input.line(&gate.relay).is_none()));
    }
}
