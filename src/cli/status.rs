//! `portcullis status`

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::client::Client;
use super::error::CommandError;
use super::{Json, Style, print_json};
use crate::api::{Controller, GateState, Status};
use crate::config::Config;
use crate::counted::counted;
use crate::duration::in_words;
use crate::gate::Confidence;
use crate::health::{Health, Verdict};
use crate::history::{Line, Timestamp};

/// Lines of the history among which a gate's last movement is looked for: weeks of a quiet gate.
const LINES: &str = "500";

/// What is shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    status: Status,
    /// The daemon's verdict on itself.
    health: Health,
    /// The last movement of each gate, as far back as the history was looked through.
    last: Vec<Line>,
    /// Who may open the gates.
    paired_with: Vec<Controller>,
    /// Where the page is.
    page: String,
}

pub(super) fn run(config: &Config, Json { json }: Json) -> Result<(), CommandError> {
    let client = Client::new(config)?;
    let status: Status = client.get(&["status"])?;
    let history: Vec<Line> = client.get_with(&["history"], &[("n", LINES)])?;
    let shown = Shown {
        health: client.get(&["health"])?,
        last: status.gates.iter().filter_map(|gate| last_movement(&history, &gate.name)).cloned().collect(),
        paired_with: client.get(&["controllers"])?,
        page: client.page(),
        status,
    };
    if json {
        return print_json(&shown);
    }
    let style = Style::of(&io::stdout());
    shown.print(&mut io::stdout().lock(), style, SystemTime::now())?;
    Ok(())
}

impl Shown {
    fn print(&self, out: &mut impl Write, style: Style, now: SystemTime) -> io::Result<()> {
        let Self { status, health, last, paired_with, page } = self;
        for gate in &status.gates {
            writeln!(out, "{}", style.bold(&sentence(gate)))?;
            if let Some(since) = gate.since {
                let age = Duration::from_millis(Timestamp::of(now).unix_ms().saturating_sub(since.unix_ms()));
                writeln!(out, "  since    {} ({} ago)", since.to_the_second(), in_words(age))?;
            }
            if let Some(line) = last.iter().find(|line| line.gate.as_deref() == Some(&gate.name)) {
                writeln!(out, "  last     {}  {}", line.stamp.at.to_the_second(), line.what)?;
            }
            if let Some(reason) = &gate.press_refused {
                writeln!(out, "  a press  {} {reason}", style.doubtful("would be refused:"))?;
            }
            if gate.simulated {
                writeln!(out, "  this gate is simulated: nothing real moves")?;
            }
        }
        writeln!(out)?;
        if status.paired {
            let sessions = counted(status.sessions, "session");
            writeln!(out, "Paired with {}, {sessions} open:", counted(status.controllers, "controller"))?;
            for controller in paired_with {
                writeln!(out, "  {}", controller.name.as_ref().unwrap_or(&controller.id))?;
            }
        } else {
            writeln!(out, "Not paired: portcullis pair shows the code.")?;
        }
        print_health(out, health, style)?;
        writeln!(out, "Page: {page}")?;
        let commit = status.commit.as_ref().map(|commit| format!(" ({commit})")).unwrap_or_default();
        let uptime = in_words(Duration::from_secs(status.uptime_s));
        writeln!(out, "Portcullis {}{commit}, running for {uptime}.", status.version)
    }
}

fn print_health(out: &mut impl Write, health: &Health, style: Style) -> io::Result<()> {
    let word = match health.verdict {
        Verdict::Ok => return writeln!(out, "Health: {}", style.good("well")),
        Verdict::Warning => style.doubtful("somebody should look"),
        Verdict::Failing => style.bad("FAILING"),
    };
    writeln!(out, "Health: {word}")?;
    for part in health.parts.iter().filter(|part| part.verdict != Verdict::Ok) {
        writeln!(out, "  {}", part.what)?;
        if let Some(mend) = &part.mend {
            writeln!(out, "  mend: {mend}")?;
        }
    }
    Ok(())
}

/// The last line that tells of a movement: of a press, or of what moved without one.
fn last_movement<'a>(history: &'a [Line], gate: &str) -> Option<&'a Line> {
    history.iter().rev().filter(|line| line.gate.as_deref() == Some(gate)).find(|line| line.what.moves())
}

/// A gate's state in words.
pub(super) fn sentence(gate: &GateState) -> String {
    let known = match gate.confidence {
        Confidence::Sensed => "by its switch",
        Confidence::Assumed => "assumed",
    };
    let mut sentence = format!("{}: {}, {known}", gate.name, gate.current);
    for (is_so, words) in [
        (gate.warning, "warns that it will close"),
        (gate.obstruction, "something is in the way"),
        (gate.left_open, "left open"),
        (gate.hold_open, "held open"),
        (gate.lockout, "locked out"),
    ] {
        if is_so {
            sentence.push_str(", ");
            sentence.push_str(words);
        }
    }
    sentence.push('.');
    if let Some(fault) = &gate.fault {
        sentence.push_str(" Fault: ");
        sentence.push_str(fault);
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A gate as the local API shows it.
    fn gate() -> GateState {
        serde_json::from_value(json!({
            "name": "Gate", "current": "open", "target": "open", "confidence": "assumed",
            "since": "2026-03-01T06:30:18.000Z", "obstruction": false, "fault": null, "warning": false,
            "left_open": false, "lockout": false, "hold_open": false, "press": null,
            "press_refused": "the last press is under way", "travel_ms": 18000, "opener": "step",
            "accessory": "garage-door", "simulated": true,
        }))
        .unwrap()
    }

    fn line(n: u64, what: serde_json::Value) -> Line {
        let mut line = json!({"n": n, "at": "2026-03-01T06:30:00.000Z", "up_ms": 5, "gate": "Gate"});
        line.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        serde_json::from_value(line).unwrap()
    }

    fn history() -> Vec<Line> {
        let state = json!({"current": "open", "confidence": "assumed"});
        let by = json!({"kind": "controller", "id": "A1", "name": "Mum"});
        let pulse = json!({"contact": "main", "ms": 1000});
        vec![
            line(1, json!({"event": "state", "cause": "outside", "state": state})),
            line(
                2,
                json!({"event": "request", "request": "open", "by": by, "decision": "pulse", "pulse": pulse, "state": state}),
            ),
            line(3, json!({"event": "state", "cause": "pulse", "state": state})),
            line(4, json!({"event": "request", "request": "open", "by": by, "decision": "already", "state": state})),
        ]
    }

    fn shown(health: serde_json::Value) -> Shown {
        let status = json!({
            "version": "0.1.0", "commit": "abc", "uptime_s": 7200, "name": "Gate", "gates": [gate()], "paired": true,
            "controllers": 2, "sessions": 1,
        });
        let controllers = json!([{"id": "A1", "name": "Mum", "admin": true}, {"id": "B2", "admin": false}]);
        Shown {
            status: serde_json::from_value(status).unwrap(),
            health: serde_json::from_value(health).unwrap(),
            last: vec![last_movement(&history(), "Gate").unwrap().clone()],
            paired_with: serde_json::from_value(controllers).unwrap(),
            page: "http://127.0.0.1:5000/".to_owned(),
        }
    }

    fn printed(shown: &Shown) -> String {
        let mut out = Vec::new();
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(gate().since.unwrap().unix_ms() + 600_000);
        shown.print(&mut out, Style::PLAIN, now).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn everything_worth_knowing_is_on_one_screen() {
        let text = printed(&shown(json!({"verdict": "ok", "parts": []})));
        assert_eq!(
            text,
            "Gate: open, assumed.\n\
             \x20 since    2026-03-01 06:30:18Z (10 minutes ago)\n\
             \x20 last     2026-03-01 06:30:00Z  open by Mum: pulse of 1000 ms on the main contact; open (assumed)\n\
             \x20 a press  would be refused: the last press is under way\n\
             \x20 this gate is simulated: nothing real moves\n\
             \n\
             Paired with 2 controllers, 1 session open:\n\
             \x20 Mum\n\
             \x20 B2\n\
             Health: well\n\
             Page: http://127.0.0.1:5000/\n\
             Portcullis 0.1.0 (abc), running for 2 hours.\n"
        );
    }

    #[test]
    fn what_is_not_well_is_told_with_its_mend_and_the_rest_is_not() {
        let part = |part, verdict, what, mend: Option<&str>| json!({"part": part, "verdict": verdict, "what": what, "mend": mend});
        let parts =
            [part("keeper", "ok", "the relays are held", None), part("mdns", "failing", "no answer", Some("do this"))];
        let text = printed(&shown(json!({"verdict": "failing", "parts": parts})));
        assert!(text.contains("Health: FAILING\n  no answer\n  mend: do this\nPage:"), "{text}");
    }

    #[test]
    fn the_last_movement_is_a_press_or_one_from_outside_and_no_vain_request() {
        assert_eq!(last_movement(&history(), "Gate").unwrap().n, 2);
        assert_eq!(last_movement(&history()[..1], "Gate").unwrap().n, 1);
        assert!(last_movement(&history(), "Garage").is_none());
    }

    #[test]
    fn a_gate_is_one_sentence_that_says_how_it_is_known() {
        assert_eq!(sentence(&gate()), "Gate: open, assumed.");
        assert_eq!(sentence(&GateState { confidence: Confidence::Sensed, ..gate() }), "Gate: open, by its switch.");
    }

    #[test]
    fn what_is_unusual_about_a_gate_is_said_and_a_fault_in_its_own_words() {
        let gate = GateState { obstruction: true, lockout: true, fault: Some("a switch sticks".to_owned()), ..gate() };
        assert_eq!(
            sentence(&gate),
            "Gate: open, assumed, something is in the way, locked out. Fault: a switch sticks."
        );
    }
}
