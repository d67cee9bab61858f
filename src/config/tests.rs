use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::gate::Opener;

/// A minimal gate, to write more keys of `[[gate]]` after its first line or tables after it.
fn with_gate(keys: &str, tables: &str) -> String {
    format!("[[gate]]\n{keys}\n[gate.relay]\ndriver = \"simulated\"\n{tables}")
}

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, "portcullis.toml").map_err(|error| error.to_string())
}

fn refusal(text: &str) -> String {
    parse(text).unwrap_err()
}

#[test]
fn without_a_file_there_is_one_simulated_gate_that_may_close() {
    let config = Config::default();
    let [gate] = config.gates.as_slice() else { panic!("one gate") };
    assert_eq!(gate.name.as_str(), "Gate");
    assert_eq!(gate.relay, Relay::Simulated { trace: None });
    assert!(gate.settings().close_when_assumed);
    assert_eq!(config.homekit.bind.to_string(), "[::]:51826");
    assert_eq!(config.api.listen.to_string(), "127.0.0.1:5000");
    assert!(config.homekit.advertise);
    assert_eq!(config.warnings(), Vec::<String>::new());
}

#[test]
fn a_file_for_a_newer_program_is_refused_for_that_and_nothing_else() {
    assert_eq!(parse("version = 1\n").unwrap(), Config::default());
    let refused = refusal("state_dir = \"here\"\nversion = 2\nunheard_of = 7\n");
    assert!(refused.starts_with("portcullis.toml:2: version: 2 is for a newer portcullis"), "{refused}");
    for never in ["0", "-1", "\"1\""] {
        assert!(refusal(&format!("version = {never}\n")).starts_with("portcullis.toml:1: version: "), "{never}");
    }
}

#[test]
fn an_empty_file_says_what_no_file_says() {
    assert_eq!(parse("").unwrap(), Config::default());
    assert_eq!(parse("# nothing\n").unwrap(), Config::default());
}

#[test]
fn a_written_gate_may_not_close_on_an_assumed_state_unless_it_says_so() {
    let config = parse(&with_gate("", "")).unwrap();
    assert!(!config.gates[0].close_when_assumed);
    assert_eq!(config.warnings().len(), 1, "it will read open for ever");
    let config = parse(&with_gate("closes_itself_after = \"30s\"", "")).unwrap();
    assert_eq!(config.warnings(), Vec::<String>::new());
}

#[test]
fn the_example_file_is_true_and_complete() {
    let text = include_str!("../../deploy/portcullis.example.toml");
    let config = parse(text).unwrap();
    let gate = &config.gates[0];
    assert_eq!(gate.relay.pin(), Some(Pin::Number(17)));
    assert_eq!(gate.travel.get(), Duration::from_secs(18));
    assert_eq!(gate.settings().opener, Opener::Step);
}

#[test]
fn the_example_file_stays_true_with_every_key_switched_on() {
    // A commented key is `#key = …` or `#[table]`; prose has a blank after the sign.
    let on: String = include_str!("../../deploy/portcullis.example.toml")
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if key.starts_with(|it: char| it.is_ascii_lowercase() || it == '[') => key,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = parse(&on).unwrap();
    let gate = &config.gates[0];
    assert!(config.state_dir.is_some() && config.homekit.setup_code.is_some());
    assert!(config.homekit.interfaces.is_some() && config.api.token_file.is_some());
    assert!(gate.closes_itself_after.is_some() && !gate.extras.is_empty());
    assert_eq!(gate.sensors().count(), 3);
    assert!(config.gates.iter().any(|gate| matches!(gate.relay, Relay::Simulated { trace: Some(_) })));
}

#[test]
fn a_value_out_of_bounds_is_told_with_line_key_and_bounds() {
    assert_eq!(
        refusal("\n[[gate]]\nname = \"Gate\"\npulse = \"20s\"\n"),
        r#"portcullis.toml:4: gate.pulse: "20s" is out of bounds: 50ms to 10s"#
    );
    assert_eq!(
        refusal(&with_gate("travel = \"0s\"", "")),
        r#"portcullis.toml:2: gate.travel: "0s" is out of bounds: 1s to 10m"#
    );
    assert_eq!(
        refusal(&with_gate("closes_itself_after = \"2 minutes\"", "")),
        r#"portcullis.toml:2: gate.closes_itself_after: "2 minutes" is not a duration: write it like 250ms, 18s, 1.5s or 2m"#
    );
    assert_eq!(
        refusal(&with_gate("", "[gate.open_switch]\npin = 5\ndebounce = \"3s\"")),
        r#"portcullis.toml:7: gate.open_switch.debounce: "3s" is out of bounds: 0ms to 2s"#
    );
}

#[test]
fn a_number_without_a_unit_is_no_duration() {
    assert_eq!(
        refusal(&with_gate("pulse = 1", "")),
        r#"portcullis.toml:2: gate.pulse: invalid type: integer "1", expected a duration from "50ms" to "10s""#
    );
}

#[test]
fn an_unknown_key_is_told_with_the_known_ones() {
    let told = refusal("[homekit]\nadvertise = true\nadvertize = true\n");
    assert_eq!(
        told,
        "portcullis.toml:3: homekit.advertize: unknown key \"advertize\", expected one of \
         \"name\", \"bind\", \"setup_code\", \"interfaces\", \"advertise\""
    );
    assert!(refusal("gates = 1\n").starts_with("portcullis.toml:1: gates: unknown key"));
    assert!(refusal("[gate.relay]\n").contains("gate"));
    assert!(
        refusal(&with_gate("", "[gate.closed_switch]\npin = 3\npul = \"up\"\n"))
            .starts_with("portcullis.toml:7: gate.closed_switch.pul: unknown key")
    );
    assert!(
        refusal("[[gate]]\n[gate.relay]\ndriver = \"simulated\"\nwire = 1\n")
            .starts_with("portcullis.toml:4: gate.relay.wire: unknown key")
    );
}

#[test]
fn an_unknown_word_is_told_with_the_known_ones() {
    let openers: Vec<_> = Opener::ALL.iter().map(|opener| serde_json::to_string(opener).unwrap()).collect();
    assert_eq!(
        refusal(&with_gate("opener = \"stepp\"", "")),
        format!("portcullis.toml:2: gate.opener: unknown word \"stepp\", expected one of {}", openers.join(", "))
    );
    for (keys, tables) in [
        ("accessory = \"door\"", ""),
        ("extras = [\"contact\", \"bell\"]", ""),
        ("", "active = \"on\""),
        ("", "driver2 = \"x\""),
        ("", "[gate.obstruction]\npin = 4\npull = \"sideways\""),
        ("", "[gate.obstruction]\npin = 4\nactive = \"float\""),
    ] {
        assert!(refusal(&with_gate(keys, tables)).contains("unknown"), "{keys}{tables}");
    }
}

#[test]
fn the_line_of_the_right_gate_is_told() {
    let two = "[[gate]]\nname = \"One\"\n[gate.relay]\npin = 17\n\n\
               [[gate]]\nname = \"Two\"\npulse = \"1ms\"\n[gate.relay]\npin = 18\n";
    assert!(refusal(two).starts_with("portcullis.toml:8: gate.pulse: \"1ms\" is out of bounds"));
}

#[test]
fn a_pin_used_twice_is_told_with_its_other_user() {
    let text = "[[gate]]\nname = \"One\"\n[gate.relay]\npin = 17\n\n\
                [[gate]]\nname = \"Two\"\n[gate.relay]\npin = \"GPIO17\"\n";
    assert_eq!(refusal(text), "portcullis.toml:9: gate.relay.pin: 17 is used twice: the relay of \"One\" has it");
    let text = "[[gate]]\n[gate.relay]\npin = 4\n[gate.closed_switch]\npin = 5\n[gate.open_switch]\npin = 5\n";
    assert_eq!(
        refusal(text),
        "portcullis.toml:7: gate.open_switch.pin: 5 is used twice: the closed_switch of \"Gate\" has it"
    );
}

#[test]
fn two_gates_need_two_names() {
    let text = "[[gate]]\nname = \"Gate\"\n[gate.relay]\npin = 17\n\n\
                [[gate]]\nname = \"gate\"\n[gate.relay]\npin = 18\n";
    assert_eq!(refusal(text), "portcullis.toml:7: gate.name: \"gate\" is the name of two gates: each needs its own");
    let unnamed = "[[gate]]\n[gate.relay]\npin = 17\n[[gate]]\n[gate.relay]\npin = 18\n";
    assert!(refusal(unnamed).starts_with("portcullis.toml:4: gate.name: \"Gate\" is the name of two gates"));
}

#[test]
fn a_name_that_homekit_would_refuse_is_refused_in_words() {
    assert_eq!(
        refusal(&with_gate("name = \"Gate #1\"", "")),
        "portcullis.toml:2: gate.name: \"Gate #1\" holds '#': HomeKit accepts letters, digits, spaces and apostrophes"
    );
    assert!(refusal("[homekit]\nname = \" Portcullis\"\n").contains("must start and end with a letter or a digit"));
}

#[test]
fn a_relay_needs_a_line_unless_it_is_simulated() {
    assert_eq!(refusal("[[gate]]\nname = \"Gate\"\n"), "portcullis.toml:1: gate: missing key \"relay\"");
    let told = refusal("[[gate]]\n[gate.relay]\nactive = \"low\"\n");
    assert_eq!(
        told,
        "portcullis.toml:2: gate.relay: missing key \"pin\": write the relay's BCM number, 0 to 27, \
         or driver = \"simulated\""
    );
    assert!(refusal("[[gate]]\n[gate.relay]\npin = 28\n").contains("28 is not on the header: BCM numbers are 0 to 27"));
    assert!(refusal("[[gate]]\n[gate.relay]\npin = -1\n").contains("-1 is not on the header"));
    assert!(refusal("[[gate]]\n[gate.relay]\npin = \"\"\n").contains("is no line's name"));
    assert!(refusal("[[gate]]\n[gate.relay]\npin = 1.5\n").contains("expected a BCM number"));
    assert!(
        refusal("[[gate]]\n[gate.relay]\ndriver = \"rppal\"\npin = \"relay-out\"\n").contains("knows no line names")
    );
    assert!(refusal("[[gate]]\n[gate.relay]\npin = 17\ntrace = \"t\"\n").contains("trace goes with"));
}

#[test]
fn a_lines_name_is_its_number_when_the_header_has_it() {
    let pin =
        |text: &str| parse(&format!("[[gate]]\n[gate.relay]\npin = {text}\n")).unwrap().gates[0].relay.pin().unwrap();
    assert_eq!(pin("17"), Pin::Number(17));
    assert_eq!(pin("\"GPIO17\""), Pin::Number(17));
    assert_eq!(pin("\"GPIO017\""), Pin::Name("GPIO017".to_owned()));
    assert_eq!(pin("\"GPIO42\""), Pin::Name("GPIO42".to_owned()));
    assert_eq!(pin("\"relay-out\""), Pin::Name("relay-out".to_owned()));
}

#[test]
fn an_open_only_gate_must_find_back_to_closed() {
    assert!(
        refusal(&with_gate("opener = \"open-only\"", ""))
            .starts_with("portcullis.toml:2: gate.opener: \"open-only\" needs")
    );
    assert!(parse(&with_gate("opener = \"open-only\"\ncloses_itself_after = \"30s\"", "")).is_ok());
    assert!(parse(&with_gate("opener = \"open-only\"", "[gate.closed_switch]\npin = 27\n")).is_ok());
    assert!(
        refusal(&with_gate("opener = \"momentary\"\ncloses_itself_after = \"30s\"", "")).contains("leave the key out")
    );
}

#[test]
fn the_api_outside_loopback_needs_a_token() {
    assert_eq!(
        refusal("[api]\nlisten = \"0.0.0.0:5000\"\n"),
        "portcullis.toml:2: api.listen: 0.0.0.0:5000 is reachable from the network: add token_file, \
         or listen on loopback, 127.0.0.1 or [::1]"
    );
    assert!(parse("[api]\nlisten = \"0.0.0.0:5000\"\ntoken_file = \"token\"\n").is_ok());
    for loopback in ["127.0.0.1:5000", "127.1.2.3:1", "[::1]:5000", "[::ffff:127.0.0.1]:5000"] {
        assert!(parse(&format!("[api]\nlisten = \"{loopback}\"\n")).is_ok(), "{loopback}");
    }
    assert!(refusal("[api]\nlisten = \"localhost\"\n").contains("write it like \"127.0.0.1:5000\""));
}

#[test]
fn a_setup_code_that_is_refused_is_not_repeated() {
    assert!(parse("[homekit]\nsetup_code = \"031-45-154\"\n").is_ok());
    for code in ["531-45-15", "111-11-111", "5314-5-154"] {
        let told = refusal(&format!("[homekit]\nsetup_code = \"{code}\"\n"));
        assert!(told.starts_with("portcullis.toml:2: homekit.setup_code: "), "{told}");
        assert!(!told.contains(code), "{told}");
    }
}

#[test]
fn an_empty_list_or_path_is_refused() {
    for (text, told) in [
        ("[homekit]\ninterfaces = []\n", "homekit.interfaces: an empty list"),
        ("[homekit]\ninterfaces = [\"\"]\n", "homekit.interfaces: \"\" is no interface's name"),
        ("state_dir = \"\"\n", "state_dir: empty"),
        ("[api]\ntoken_file = \"\"\n", "api.token_file: empty"),
        ("gate = []\n", "gate: 0 gates: 1 to 8"),
        ("[[gate]]\nextras = [\"contact\", \"contact\"]\n[gate.relay]\npin = 1\n", "gate.extras: the same extra twice"),
        ("[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"\"\n", "gate.relay.trace: empty"),
    ] {
        assert!(refusal(text).contains(told), "{}", refusal(text));
    }
}

#[test]
fn more_gates_than_the_header_can_serve_are_refused() {
    let gates: String =
        (0..9).map(|at| format!("[[gate]]\nname = \"Gate {at}\"\n[gate.relay]\npin = {at}\n")).collect();
    assert!(refusal(&gates).contains("gate: 9 gates: 1 to 8"));
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    let told = refusal("[homekit]\nname = \"Gate\n");
    assert!(told.starts_with("portcullis.toml:2: "), "{told}");
    assert!(refusal("a = 1\na = 2\n").starts_with("portcullis.toml:2: "));
}

#[test]
fn a_file_is_read_from_its_path_and_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("portcullis.toml");
    assert!(matches!(Config::load(&path), Err(ConfigError::Unreadable { .. })));
    assert!(matches!(Config::find(Some(&path)), Err(ConfigError::Unreadable { .. })));
    std::fs::write(&path, "[homekit]\nadvertise = false\n").unwrap();
    assert!(!Config::find(Some(&path)).unwrap().homekit.advertise);
    std::fs::write(&path, b"# fine\nstate_dir = \"\xff\"\n").unwrap();
    assert!(Config::load(&path).unwrap_err().to_string().ends_with("portcullis.toml:2: not UTF-8 text"));
    std::fs::write(&path, vec![b'#'; limits::FILE_BYTES + 1]).unwrap();
    assert!(matches!(Config::load(&path), Err(ConfigError::TooLarge { .. })));
}

/// Lines that a confused person might put together.
fn plausible_lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("[[gate]]".to_owned()),
        Just("[gate.relay]".to_owned()),
        Just("[homekit]".to_owned()),
        Just("[api]".to_owned()),
        Just("gate = [{ relay = { pin = 3 } }]".to_owned()),
        "(name|pulse|travel|pin|driver|active|trace|listen|bind|extras|opener|state_dir) = (\"[a-z0-9:.]{0,8}\"|[0-9]{1,3}|\\[\\]|\\{\\})",
        "\\PC{0,20}",
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(?s).{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn plausible_files_never_panic_and_are_told_a_line_they_have(text in plausible_lines()) {
        if let Err(ConfigError::Key { line, .. } | ConfigError::Syntax { line, .. }) = Config::parse(&text, "f") {
            prop_assert!((1..=text.matches('\n').count() + 1).contains(&line));
        }
    }

    #[test]
    fn a_configuration_that_parses_breaks_no_rule(text in plausible_lines()) {
        if let Ok(config) = parse(&text) {
            prop_assert!(check::check(&config).is_ok());
            prop_assert!(!config.gates.is_empty());
        }
    }
}
