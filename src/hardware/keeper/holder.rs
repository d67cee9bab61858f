//! The outputs in the keeper's hands: what is on, and until when.

use std::time::Duration;

use super::wire::{Order, Refusal, Report, What};
use crate::hardware::clock::monotonic;
use crate::hardware::error::LineError;
use crate::hardware::limits;
use crate::hardware::line::{self, Line};
use crate::hardware::output::Output;

/// Every output of the keeper. When it is dropped, also by a panic, all of them are off.
#[derive(Debug)]
pub(super) struct Holder {
    held: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    line: Line,
    on: Option<On>,
    /// A failure is told once a pulse.
    told: bool,
}

/// Why an output is on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum On {
    /// For the pulse of this order, until this time of the monotonic clock.
    Pulse { id: u64, until: Duration },
    /// Until it is released.
    Held,
}

impl Holder {
    /// Takes the outputs, each at idle from the first moment.
    pub(super) fn take(outputs: &[Output]) -> Result<Self, (usize, LineError)> {
        let held = line::take(outputs)?.into_iter().map(|line| Held { line, on: None, told: false }).collect();
        Ok(Self { held })
    }

    /// Carries an order out that is read at `now`. The edge has happened when this says so.
    pub(super) fn obey(&mut self, order: &Order, now: Duration) -> Report {
        let Order { id, line, what, not_after } = *order;
        if what == What::Answer {
            return Report::Done { id };
        }
        let Some(held) = self.held.get_mut(usize::from(line)) else {
            return Report::Refused { id, why: Refusal::Void };
        };
        let on = match what {
            // Letting go is never too late.
            What::Release => {
                return held.release().map_or_else(|why| Report::Refused { id, why }, |()| Report::Done { id });
            }
            // What waited here while we slept is not wanted any more.
            What::Pulse(_) | What::Hold if now > not_after => return Report::Refused { id, why: Refusal::Void },
            What::Hold if held.on == Some(On::Held) => return Report::Done { id },
            What::Pulse(_) | What::Hold if held.on.is_some() => return Report::Refused { id, why: Refusal::Busy },
            What::Pulse(length) => Some(length),
            What::Hold | What::Answer => None,
        };
        if let Err(why) = held.switch(true) {
            return Report::Refused { id, why };
        }
        held.on = Some(match on {
            // From the edge on, not from when the order was read.
            Some(length) => On::Pulse { id, until: monotonic() + length.get() },
            None => On::Held,
        });
        Report::Done { id }
    }

    /// When the next pulse ends.
    pub(super) fn due(&self) -> Option<Duration> {
        self.held.iter().filter_map(Held::until).min()
    }

    /// Ends the pulses that are over at `now`.
    pub(super) fn end_due(&mut self, now: Duration) -> Vec<Report> {
        let mut ended = Vec::new();
        for held in &mut self.held {
            if let Some(On::Pulse { id, until }) = held.on
                && until <= now
            {
                match held.release() {
                    Ok(()) => ended.push(Report::Ended { id }),
                    // The daemon hears of no end, and takes the line from us if this goes on.
                    Err(_) => held.on = Some(On::Pulse { id, until: now + limits::RELEASE_AGAIN }),
                }
            }
        }
        ended
    }

    /// Lets go of everything that no pulse will end.
    pub(super) fn release_held(&mut self) {
        for held in self.held.iter_mut().filter(|held| held.on == Some(On::Held)) {
            let _ = held.release();
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        for held in &mut self.held {
            // What fails is told, and there is nobody left to try again.
            let _ = held.release();
        }
    }
}

impl Held {
    fn until(&self) -> Option<Duration> {
        match self.on? {
            On::Pulse { until, .. } => Some(until),
            On::Held => None,
        }
    }

    fn release(&mut self) -> Result<(), Refusal> {
        if self.on.is_some() {
            self.switch(false)?;
            self.on = None;
        }
        Ok(())
    }

    fn switch(&mut self, on: bool) -> Result<(), Refusal> {
        match self.line.set(on) {
            Ok(()) => {
                self.told = false;
                Ok(())
            }
            Err(error) => {
                if !self.told {
                    log::error!("the keeper cannot switch an output {}: {error}", if on { "on" } else { "off" });
                    self.told = true;
                }
                Err(Refusal::Failed(error.raw_os_error().unwrap_or(0)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tempfile::TempDir;

    use super::*;
    use crate::config::Config;
    use crate::gate::PulseLength;
    use crate::hardware::output;

    struct Bench {
        directory: TempDir,
        holder: Holder,
    }

    const SHORT: PulseLength = PulseLength::millis::<50>();
    const LONG: PulseLength = PulseLength::millis::<10_000>();
    const FOR_EVER: Duration = Duration::MAX;

    impl Bench {
        /// Two gates that share a trace, and one whose trace takes no line.
        fn new() -> Self {
            let text: String = [("Front", "relay.jsonl"), ("Back", "relay.jsonl"), ("Full", "/dev/full")]
                .map(|(name, trace)| {
                    format!("[[gate]]\nname = \"{name}\"\n[gate.relay]\ndriver = \"simulated\"\ntrace = {trace:?}\n")
                })
                .concat();
            let directory = tempfile::tempdir().unwrap();
            let holder = Holder::take(&outputs(&text, directory.path())).unwrap();
            Self { directory, holder }
        }

        fn order(&mut self, id: u64, line: u8, what: What) -> Report {
            self.holder.obey(&Order { id, line, what, not_after: FOR_EVER }, monotonic())
        }

        fn edges(&self) -> Vec<String> {
            edges(self.directory.path())
        }
    }

    fn outputs(text: &str, directory: &Path) -> Vec<Output> {
        output::outputs(&Config::parse(text, "portcullis.toml").unwrap(), directory)
    }

    fn edges(directory: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(directory.join("relay.jsonl")).unwrap();
        let edge = |line: &str| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {}", value["gate"].as_str().unwrap(), value["relay"].as_str().unwrap())
        };
        text.lines().map(edge).collect()
    }

    #[test]
    fn a_pulse_ends_when_it_is_due_and_not_before() {
        let mut bench = Bench::new();
        let before = monotonic();
        assert_eq!(bench.order(7, 0, What::Pulse(SHORT)), Report::Done { id: 7 });
        assert_eq!(bench.edges(), ["Front on"]);
        let due = bench.holder.due().unwrap();
        assert!(due >= before + SHORT.get() && due <= monotonic() + SHORT.get());
        assert_eq!(bench.holder.end_due(due - Duration::from_nanos(1)), []);
        assert_eq!(bench.holder.end_due(due), [Report::Ended { id: 7 }]);
        assert_eq!(bench.edges(), ["Front on", "Front off"]);
        assert_eq!(bench.holder.due(), None);
    }

    #[test]
    fn a_second_pulse_never_merges_with_a_running_one() {
        let mut bench = Bench::new();
        bench.order(1, 0, What::Pulse(LONG));
        assert_eq!(bench.order(2, 0, What::Pulse(SHORT)), Report::Refused { id: 2, why: Refusal::Busy });
        assert_eq!(bench.order(3, 0, What::Hold), Report::Refused { id: 3, why: Refusal::Busy });
        assert_eq!(bench.order(4, 1, What::Pulse(SHORT)), Report::Done { id: 4 });
        assert_eq!(bench.edges(), ["Front on", "Back on"]);
    }

    #[test]
    fn a_released_pulse_does_not_cut_the_next_one() {
        let mut bench = Bench::new();
        bench.order(1, 0, What::Pulse(SHORT));
        let first = bench.holder.due().unwrap();
        assert_eq!(bench.order(2, 0, What::Release), Report::Done { id: 2 });
        bench.order(3, 0, What::Pulse(LONG));
        assert_eq!(bench.holder.end_due(first), []);
        assert_eq!(bench.edges(), ["Front on", "Front off", "Front on"]);
    }

    #[test]
    fn an_order_that_is_read_too_late_presses_nothing_and_may_still_let_go() {
        let mut bench = Bench::new();
        let now = monotonic();
        let old = |id, what| Order { id, line: 0, what, not_after: now };
        let late = now + Duration::from_nanos(1);
        let void = |id| Report::Refused { id, why: Refusal::Void };
        assert_eq!(bench.holder.obey(&old(1, What::Pulse(SHORT)), late), void(1));
        assert_eq!(bench.holder.obey(&old(2, What::Hold), late), void(2));
        assert_eq!(bench.edges(), Vec::<String>::new());
        assert_eq!(bench.holder.obey(&old(3, What::Pulse(SHORT)), now), Report::Done { id: 3 });
        assert_eq!(bench.holder.obey(&old(4, What::Release), late), Report::Done { id: 4 });
        assert_eq!(bench.edges(), ["Front on", "Front off"]);
    }

    #[test]
    fn what_is_held_stays_on_until_it_is_released() {
        let mut bench = Bench::new();
        bench.order(1, 1, What::Hold);
        assert_eq!(bench.order(2, 1, What::Hold), Report::Done { id: 2 });
        assert_eq!(bench.holder.due(), None);
        bench.order(3, 1, What::Release);
        bench.order(4, 1, What::Release);
        assert_eq!(bench.edges(), ["Back on", "Back off"]);
    }

    #[test]
    fn without_a_daemon_a_pulse_goes_on_and_what_is_held_ends() {
        let mut bench = Bench::new();
        bench.order(1, 0, What::Pulse(SHORT));
        bench.order(2, 1, What::Hold);
        bench.holder.release_held();
        assert_eq!(bench.edges(), ["Front on", "Back on", "Back off"]);
        assert!(bench.holder.due().is_some());
    }

    #[test]
    fn an_edge_that_fails_is_refused_and_the_output_counts_as_off() {
        let mut bench = Bench::new();
        for id in 0..2 {
            // 28 is ENOSPC.
            assert_eq!(bench.order(id, 2, What::Pulse(SHORT)), Report::Refused { id, why: Refusal::Failed(28) });
        }
        assert_eq!(bench.holder.due(), None);
    }

    #[test]
    fn an_answer_is_given_at_any_time_and_changes_nothing() {
        let mut bench = Bench::new();
        assert_eq!(bench.order(1, 0, What::Answer), Report::Done { id: 1 });
        bench.order(2, 0, What::Pulse(LONG));
        let due = bench.holder.due();
        assert_eq!(bench.order(3, 0, What::Answer), Report::Done { id: 3 });
        assert_eq!(bench.holder.due(), due);
        assert_eq!(bench.edges(), ["Front on"]);
    }

    #[test]
    fn an_output_that_does_not_exist_is_refused() {
        let mut bench = Bench::new();
        assert_eq!(bench.order(1, 3, What::Hold), Report::Refused { id: 1, why: Refusal::Void });
    }

    #[test]
    fn dropping_the_holder_switches_everything_off_even_in_a_panic() {
        let Bench { directory, mut holder } = Bench::new();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            holder.obey(&Order { id: 1, line: 0, what: What::Pulse(LONG), not_after: FOR_EVER }, monotonic());
            holder.obey(&Order { id: 2, line: 1, what: What::Hold, not_after: FOR_EVER }, monotonic());
            panic!("in the middle of a pulse");
        }));
        assert!(panicked.is_err());
        assert_eq!(edges(directory.path()), ["Front on", "Back on", "Front off", "Back off"]);
    }

    #[test]
    #[ignore = "needs a chip with a free pin, as tests/pi/run has, who watches it from outside"]
    fn a_panic_in_mid_pulse_lets_go_of_a_real_line() {
        let pin = std::env::var("PORTCULLIS_TEST_PIN").expect("PORTCULLIS_TEST_PIN is a pin that nothing hangs on");
        let directory = tempfile::tempdir().unwrap();
        let text = format!("[[gate]]\n[gate.relay]\npin = {pin}\n");
        let mut holder = Holder::take(&outputs(&text, directory.path())).unwrap();
        let word = || std::io::stdin().read_line(&mut String::new()).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            holder.obey(&Order { id: 1, line: 0, what: What::Pulse(LONG), not_after: FOR_EVER }, monotonic());
            word();
            panic!("in the middle of a pulse");
        }));
        assert!(panicked.is_err());
        // Whoever watches sees the line free, and this process still there.
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }

    #[test]
    fn outputs_that_cannot_be_taken_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let text = "[[gate]]\n[gate.relay]\ndriver = \"simulated\"\n\
                    [gate.warning]\ndriver = \"simulated\"\ntrace = \"missing/warning.jsonl\"\n";
        let (at, error) = Holder::take(&outputs(text, directory.path())).unwrap_err();
        assert_eq!(at, 1);
        assert!(error.to_string().contains("missing/warning.jsonl"));
    }
}
