//! What a configuration makes of a line that another one drove.

use super::error::ReleaseError;
use super::gpio;
use super::keeper::release;
use super::output::{Driver, Output};
use super::sensor::Reader;
use crate::config::{Config, InputLine, Pin};

/// Lets go of `left`, which an earlier daemon may have left on, unless one of `outputs` drives the same line. Tells whether
/// there was something to do.
///
/// `outputs` are those of `config`. What the line is wired to now is what the present configuration says: at the idle level
/// of the earlier one, a relay that is pressed by the other level would be pressed. So it is left to whoever takes it next,
/// and a line that is an input by now is made one.
pub(crate) fn let_go(left: &Output, config: Option<&Config>, outputs: &[Output]) -> Result<bool, ReleaseError> {
    match meaning(left, config, outputs) {
        Meaning::Output => Ok(false),
        Meaning::Input(line) => match Reader::take(&line) {
            Ok(_) => Ok(true),
            Err(source) => Err(ReleaseError { output: left.to_string(), source: source.into() }),
        },
        Meaning::Nothing => release(left).map(|()| true),
    }
}

/// What a line is.
#[derive(Debug, Eq, PartialEq)]
enum Meaning {
    Output,
    Input(InputLine),
    Nothing,
}

fn meaning(left: &Output, config: Option<&Config>, outputs: &[Output]) -> Meaning {
    if outputs.iter().any(|output| is_same(left, output)) {
        return Meaning::Output;
    }
    let gates = config.iter().flat_map(|config| &config.gates);
    let inputs = gates.flat_map(|gate| gate.inputs().filter_map(|(_, input)| input.line(&gate.relay)));
    let pin = pin(left);
    let input = inputs.into_iter().find(|line| pin.as_ref().is_some_and(|pin| is_same_pin(pin, &line.pin)));
    input.map_or(Meaning::Nothing, |line| Meaning::Input(line.clone()))
}

/// Whether both are one line, whatever drives it, and whichever level is idle.
fn is_same(one: &Output, other: &Output) -> bool {
    match (&one.driver, &other.driver) {
        // Outputs that share a trace are told apart by their labels.
        (Driver::Simulated { trace: one_trace }, Driver::Simulated { trace: other_trace }) => {
            one_trace == other_trace && one.label() == other.label()
        }
        _ => pin(one).zip(pin(other)).is_some_and(|(one, other)| is_same_pin(&one, &other)),
    }
}

fn pin(output: &Output) -> Option<Pin> {
    match &output.driver {
        Driver::Gpiochip { pin, .. } => Some(pin.clone()),
        Driver::Rppal { pin, .. } => Some(Pin::Number(*pin)),
        Driver::Simulated { .. } => None,
    }
}

/// A line has a number, and may have a name beside it.
fn is_same_pin(one: &Pin, other: &Pin) -> bool {
    one == other
        || gpio::find(one)
            .ok()
            .zip(gpio::find(other).ok())
            .is_some_and(|(one, other)| (one.chip, one.offset) == (other.chip, other.offset))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::hardware::output::outputs;

    fn parse(text: &str) -> (Config, Vec<Output>) {
        let config = Config::parse(text, "portcullis.toml").unwrap();
        let outputs = outputs(&config, Path::new("/state"));
        (config, outputs)
    }

    /// What the last output of one configuration is in another.
    fn became(before: &str, now: &str) -> Meaning {
        let ((config, outputs), (_, left)) = (parse(now), parse(before));
        meaning(left.last().unwrap(), Some(&config), &outputs)
    }

    #[test]
    fn a_relay_that_is_pressed_by_the_other_level_now_is_left_to_who_takes_it() {
        let relay = |keys: &str| format!("[[gate]]\n[gate.relay]\npin = 17\n{keys}\n");
        for (before, now) in [
            ("active = \"high\"", "active = \"low\""),
            ("active = \"low\"", "active = \"float\""),
            ("driver = \"rppal\"", "active = \"low\""),
            ("active = \"low\"", "driver = \"rppal\""),
        ] {
            assert_eq!(became(&relay(before), &relay(now)), Meaning::Output, "{before} {now}");
        }
    }

    #[test]
    fn a_light_that_became_a_relay_is_left_to_who_takes_it() {
        let led = "[status_led]\npin = 24\nactive = \"low\"\n[[gate]]\n[gate.relay]\npin = 17\n";
        assert_eq!(became(led, "[[gate]]\n[gate.relay]\npin = \"GPIO24\"\n"), Meaning::Output);
        let elsewhere = "[[gate]]\n[gate.relay]\npin = 5\n[gate.warning]\npin = 24\n";
        assert_eq!(became(led, elsewhere), Meaning::Output);
    }

    #[test]
    fn an_output_that_became_an_input_is_never_driven_again() {
        let before = "[[gate]]\n[gate.relay]\npin = 17\nactive = \"low\"\n";
        let now = "[[gate]]\n[gate.relay]\npin = 5\n[gate.closed_switch]\npin = 17\npull = \"none\"\n";
        let (config, _) = parse(now);
        let gate = &config.gates[0];
        let line = gate.inputs().next().and_then(|(_, input)| input.line(&gate.relay)).unwrap();
        assert_eq!(became(before, now), Meaning::Input(line.clone()));
        let button = "[[gate]]\n[gate.relay]\npin = 5\n[gate.button]\npin = 17\n";
        assert!(matches!(became(before, button), Meaning::Input(_)));
    }

    #[test]
    fn an_output_that_the_configuration_names_no_more_is_to_be_let_go() {
        let before = "[[gate]]\n[gate.relay]\npin = 17\n";
        for now in [
            "[[gate]]\n[gate.relay]\npin = 5\n",
            // The pin of a relay that is simulated for a try is nobody's.
            "[[gate]]\n[gate.relay]\ndriver = \"simulated\"\npin = 17\n[gate.closed_switch]\npin = 17\n",
        ] {
            assert_eq!(became(before, now), Meaning::Nothing, "{now}");
        }
        let (_, left) = parse(before);
        assert_eq!(meaning(&left[0], None, &[]), Meaning::Nothing, "and also when the configuration does not read");
    }

    #[test]
    fn simulated_outputs_are_told_apart_by_their_trace_and_their_label() {
        let gate = |name: &str, trace: &str| {
            format!("[[gate]]\nname = {name:?}\n[gate.relay]\ndriver = \"simulated\"\ntrace = {trace:?}\n")
        };
        let before = gate("Front", "relay.jsonl");
        assert_eq!(became(&before, &gate("Front", "relay.jsonl")), Meaning::Output);
        assert_eq!(became(&before, &gate("Back", "relay.jsonl")), Meaning::Nothing);
        assert_eq!(became(&before, &gate("Front", "other.jsonl")), Meaning::Nothing);
    }
}
