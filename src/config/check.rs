//! The rules that no single key can break alone.

use std::path::Path;

use super::error::Step;
use super::{Config, Gate, Pin, Relay, limits};

/// A rule that is broken: by which key, and what is allowed.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) path: Vec<Step>,
    pub(super) message: String,
}

/// The first broken rule in the order of the file.
pub(super) fn check(config: &Config) -> Result<(), Finding> {
    check_path(config.state_dir.as_deref(), &["state_dir"])?;
    check_interfaces(config)?;
    check_api(config)?;
    check_gates(config)?;
    check_webhooks(config)
}

fn check_path(path: Option<&Path>, key: &[&'static str]) -> Result<(), Finding> {
    if path.is_some_and(|path| path.as_os_str().is_empty()) {
        return Err(finding(0, key, "empty: write a path, or leave the key out"));
    }
    Ok(())
}

fn check_interfaces(config: &Config) -> Result<(), Finding> {
    let Some(interfaces) = &config.homekit.interfaces else {
        return Ok(());
    };
    if interfaces.is_empty() {
        return Err(finding(
            0,
            &["homekit", "interfaces"],
            "an empty list: leave the key out for all interfaces, or write advertise = false for none",
        ));
    }
    if interfaces.len() > limits::INTERFACES {
        let message = format!("{} interfaces: at most {}", interfaces.len(), limits::INTERFACES);
        return Err(finding(0, &["homekit", "interfaces"], message));
    }
    Ok(())
}

fn check_api(config: &Config) -> Result<(), Finding> {
    check_path(config.api.token_file.as_deref(), &["api", "token_file"])?;
    let names = &config.api.host_names;
    if names.len() > limits::HOST_NAMES {
        let message = format!("{} names: at most {}", names.len(), limits::HOST_NAMES);
        return Err(finding(0, &["api", "host_names"], message));
    }
    let is_name = |name: &String| {
        (1..=253).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    if let Some(name) = names.iter().find(|name| !is_name(name)) {
        let message = format!("{name:?} is not a host name: write it without port and scheme, like \"gate.lan\"");
        return Err(finding(0, &["api", "host_names"], message));
    }
    let listen = config.api.listen;
    if !listen.ip().to_canonical().is_loopback() && config.api.token_file.is_none() {
        let message = format!(
            "{listen} is reachable from the network: add token_file, or listen on loopback, 127.0.0.1 or [::1]"
        );
        return Err(finding(0, &["api", "listen"], message));
    }
    Ok(())
}

fn check_webhooks(config: &Config) -> Result<(), Finding> {
    if config.webhooks.len() > limits::WEBHOOKS {
        let message = format!("{} webhooks: at most {}", config.webhooks.len(), limits::WEBHOOKS);
        return Err(finding(0, &["webhook"], message));
    }
    for (index, webhook) in config.webhooks.iter().enumerate() {
        if !cfg!(feature = "webhooks") {
            return Err(finding(index, &["webhook"], "this program was built without webhooks"));
        }
        if webhook.secret_file.as_os_str().is_empty() {
            return Err(finding(index, &["webhook", "secret_file"], "empty: write a path"));
        }
        if webhook.events.is_empty() {
            return Err(finding(index, &["webhook", "events"], "an empty list: leave the key out for all events"));
        }
    }
    Ok(())
}

fn check_gates(config: &Config) -> Result<(), Finding> {
    if !(1..=limits::GATES).contains(&config.gates.len()) {
        let message = format!("{} gates: 1 to {}", config.gates.len(), limits::GATES);
        return Err(finding(0, &["gate"], message));
    }
    let mut pins: Vec<(Pin, String)> = Vec::new();
    if let Some(led) = &config.status_led {
        check_trace(0, &["status_led", "trace"], led)?;
        pins.extend(led.pin().map(|pin| (pin, "status_led".to_owned())));
    }
    for (index, gate) in config.gates.iter().enumerate() {
        let earlier = config.gates.iter().take(index);
        if earlier.clone().any(|other| other.name.is_same(gate.name.as_str())) {
            let message = format!("{:?} is the name of two gates: each needs its own", gate.name.as_str());
            return Err(finding(index, &["gate", "name"], message));
        }
        check_gate(index, gate)?;
        let outputs = gate.relays().filter_map(|(key, relay)| Some((key, relay.pin()?)));
        let inputs = gate.inputs().filter_map(|(key, input)| Some((key, input.line(&gate.relay)?.pin.clone())));
        for (key, pin) in outputs.chain(inputs) {
            if let Some((_, user)) = pins.iter().find(|(used, _)| *used == pin) {
                let message = format!("{pin} is used twice: {user} has it");
                return Err(finding(index, &["gate", key, "pin"], message));
            }
            pins.push((pin, format!("the {key} of {:?}", gate.name.as_str())));
        }
    }
    Ok(())
}

fn check_gate(index: usize, gate: &Gate) -> Result<(), Finding> {
    if let Some((key, mend)) = gate.contradiction() {
        return Err(finding(index, &["gate", key], mend));
    }
    let is_repeated = |(at, extra)| gate.extras.iter().take(at).any(|earlier| earlier == extra);
    if gate.extras.iter().enumerate().any(is_repeated) {
        return Err(finding(index, &["gate", "extras"], "the same extra twice: each at most once"));
    }
    for (key, input) in gate.inputs() {
        if let Some(missing) = input.missing(&gate.relay) {
            return Err(finding(index, &["gate", key], missing));
        }
    }
    let mut traces: Vec<&Path> = Vec::new();
    for (key, relay) in gate.relays() {
        check_trace(index, &["gate", key, "trace"], relay)?;
        if let Some(trace) = relay.trace() {
            if traces.contains(&trace) {
                // A line of a trace names the gate and not the output.
                let message = "another output of this gate has this trace: each needs its own";
                return Err(finding(index, &["gate", key, "trace"], message));
            }
            traces.push(trace);
        }
    }
    Ok(())
}

fn check_trace(index: usize, key: &[&'static str], relay: &Relay) -> Result<(), Finding> {
    if relay.trace().is_some_and(|trace| trace.as_os_str().is_empty()) {
        return Err(finding(index, key, "empty: write a file's name, or leave the key out"));
    }
    Ok(())
}

/// A finding about `keys`, of which the first may be a list and `index` is the place in it.
fn finding(index: usize, keys: &[&'static str], message: impl Into<String>) -> Finding {
    let path = keys.iter().map(|key| Step { key, index }).collect();
    Finding { path, message: message.into() }
}
