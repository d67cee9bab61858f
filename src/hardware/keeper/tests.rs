use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::config::Config;
use crate::hardware::output;

const SHORT: PulseLength = PulseLength::millis::<50>();
const LONG: PulseLength = PulseLength::millis::<10_000>();

struct Bench {
    directory: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// Two gates and a LED on one trace.
    fn keeper(&self) -> Keeper {
        let simulated = "driver = \"simulated\"\ntrace = \"relay.jsonl\"\n";
        let gate = |name: &str| format!("[[gate]]\nname = {name:?}\n[gate.relay]\n{simulated}");
        self.start(&format!("[status_led]\n{simulated}{}{}", gate("Front"), gate("Back"))).unwrap()
    }

    fn start(&self, text: &str) -> Result<Keeper, HardwareError> {
        let config = Config::parse(text, "portcullis.toml").unwrap();
        Keeper::start(output::outputs(&config, self.directory.path()))
    }

    fn edges(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.directory.path().join("relay.jsonl")).unwrap();
        let edge = |line: &str| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {}", value["gate"].as_str().unwrap(), value["relay"].as_str().unwrap())
        };
        text.lines().map(edge).collect()
    }
}

fn relay(keeper: &Keeper, gate: &str) -> Relay {
    keeper.find(Some(gate), "relay").unwrap()
}

#[tokio::test]
async fn the_edge_is_there_when_the_call_returns_and_the_other_one_when_the_pulse_has_ended() {
    let bench = Bench::new();
    let keeper = bench.keeper();
    let end = relay(&keeper, "Front").pulse(SHORT).unwrap();
    assert_eq!(bench.edges(), ["Front on"]);
    end.ended().await;
    assert_eq!(bench.edges(), ["Front on", "Front off"]);
}

#[test]
fn starting_and_stopping_make_no_edge() {
    let bench = Bench::new();
    for _ in 0..50 {
        let keeper = bench.keeper();
        relay(&keeper, "Front").release();
    }
    assert_eq!(bench.edges(), Vec::<String>::new());
}

#[tokio::test]
async fn a_second_pulse_never_merges_with_a_running_one() {
    let bench = Bench::new();
    let keeper = bench.keeper();
    let (front, back) = (relay(&keeper, "Front"), relay(&keeper, "Back"));
    let end = front.pulse(SHORT).unwrap();
    assert!(matches!(front.pulse(SHORT), Err(RelayError::Busy)));
    back.pulse(SHORT).unwrap().ended().await;
    end.ended().await;
    assert_eq!(bench.edges(), ["Front on", "Back on", "Front off", "Back off"]);
    front.pulse(SHORT).unwrap();
}

#[tokio::test]
async fn releasing_ends_the_pulse_and_tells_who_waits_for_its_end() {
    let bench = Bench::new();
    let keeper = bench.keeper();
    let front = relay(&keeper, "Front");
    let end = front.pulse(LONG).unwrap();
    front.release();
    assert_eq!(bench.edges(), ["Front on", "Front off"]);
    end.ended().await;
    front.pulse(LONG).unwrap();
    assert_eq!(bench.edges(), ["Front on", "Front off", "Front on"]);
}

#[tokio::test]
async fn dropping_the_keeper_lets_go_of_everything() {
    let bench = Bench::new();
    let keeper = bench.keeper();
    let end = relay(&keeper, "Front").pulse(LONG).unwrap();
    keeper.find(None, "status_led").unwrap().set(true).unwrap();
    let kept = relay(&keeper, "Back");
    drop(keeper);
    assert_eq!(bench.edges(), ["Front on", "status_led on", "Front off", "status_led off"]);
    // What is left of it says so instead of pressing.
    assert!(matches!(kept.pulse(SHORT), Err(RelayError::NoKeeper)));
    drop(kept);
    end.ended().await;
}

#[test]
fn a_light_stays_on_until_it_is_switched_off() {
    let bench = Bench::new();
    let keeper = bench.keeper();
    let led = keeper.find(None, "status_led").unwrap();
    for on in [true, true, false, false] {
        led.set(on).unwrap();
    }
    assert_eq!(bench.edges(), ["status_led on", "status_led off"]);
}

#[test]
fn an_edge_that_cannot_be_made_is_refused_each_time() {
    let bench = Bench::new();
    let keeper = bench.start("[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"/dev/full\"\n").unwrap();
    for _ in 0..2 {
        assert!(matches!(relay(&keeper, "Gate").pulse(SHORT), Err(RelayError::Output(_))));
    }
}

#[tokio::test]
async fn a_keeper_that_is_gone_is_replaced_and_its_pulse_is_not_repeated() {
    let bench = Bench::new();
    let keeper = bench.keeper();
    let front = relay(&keeper, "Front");
    let end = front.pulse(LONG).unwrap();
    // As if it had been killed, except that it lets go of the line by itself.
    keeper.shared.lock().link.as_mut().unwrap().kill();
    end.ended().await;
    // Its successor is there as soon as it is asked with success.
    let end = loop {
        match front.pulse(SHORT) {
            Ok(end) => break end,
            Err(RelayError::NoKeeper | RelayError::NoAnswer) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    end.ended().await;
    assert_eq!(bench.edges(), ["Front on", "Front off", "Front on", "Front off"]);
}

#[test]
fn a_light_that_was_on_is_lit_again_by_the_next_keeper_and_a_dark_one_is_not() {
    let bench = Bench::new();
    let keeper = bench.keeper();
    let led = keeper.find(None, "status_led").unwrap();
    for (on, edges) in [(true, 3), (false, 4)] {
        led.set(on).unwrap();
        keeper.shared.lock().link.as_mut().unwrap().kill();
        let is_back = || keeper.shared.lock().link.as_ref().is_some_and(|link| link.receive().is_ok());
        while !is_back() || (on && bench.edges().len() < edges) {
            std::thread::yield_now();
        }
        assert_eq!(bench.edges().len(), edges, "{:?}", bench.edges());
    }
    assert_eq!(bench.edges(), ["status_led on", "status_led off", "status_led on", "status_led off"]);
}

#[test]
fn outputs_that_cannot_be_taken_stop_the_start_in_one_line() {
    let bench = Bench::new();
    let told = |text| bench.start(text).unwrap_err().to_string();
    let missing = "[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"missing/relay.jsonl\"\n";
    assert!(told(missing).starts_with("gate \"Gate\": relay: "), "{}", told(missing));
    if !Path::new("/dev/gpiochip0").exists() {
        assert!(told("[[gate]]\n[gate.relay]\npin = 17\n").contains("there is no GPIO here"));
        assert!(told("[[gate]]\n[gate.relay]\ndriver = \"rppal\"\npin = 17\n").contains("gpiochip\""));
    }
}

#[test]
fn releasing_without_a_keeper_ends_what_was_left_on_and_nothing_else() {
    let bench = Bench::new();
    let text = "[[gate]]\n[gate.relay]\ndriver = \"simulated\"\ntrace = \"relay.jsonl\"\n";
    let config = Config::parse(text, "portcullis.toml").unwrap();
    let outputs = output::outputs(&config, bench.directory.path());
    release(&outputs[0]).unwrap();
    assert_eq!(bench.edges(), Vec::<String>::new());
    let left = "{\"t_ns\":1,\"gate\":\"Gate\",\"relay\":\"on\"}\n";
    std::fs::write(bench.directory.path().join("relay.jsonl"), left).unwrap();
    release(&outputs[0]).unwrap();
    release(&outputs[0]).unwrap();
    assert_eq!(bench.edges(), ["Gate on", "Gate off"]);
    // What a keeper holds is not touched.
    let keeper = bench.start(text).unwrap();
    relay(&keeper, "Gate").pulse(LONG).unwrap();
    assert!(release(&outputs[0]).unwrap_err().to_string().contains("another portcullis"));
    assert_eq!(bench.edges(), ["Gate on", "Gate off", "Gate on"]);
}
