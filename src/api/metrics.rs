//! `/metrics`: numbers for Prometheus, in its text format 0.0.4.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use tokio::time::Instant;

use super::{Api, Problem};
use crate::health::{Health, PartHealth, Verdict};
use crate::history::{By, Decision, Line, Mover, What};

/// All that is counted. Each is counted where it happens, with one atomic addition.
pub(super) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    movements: IntCounterVec,
    pulses: IntCounterVec,
    gate_latency: Histogram,
    api_latency: Histogram,
    wrong_tokens: IntCounter,
    lost_lines: IntCounter,
    mdns_answers: IntCounter,
    sessions: IntGauge,
    pairings: IntGauge,
    streams: IntGauge,
    health: IntGaugeVec,
    uptime: IntGauge,
    resident: IntGauge,
}

impl Metrics {
    pub(super) fn new() -> prometheus::Result<Self> {
        let registry = Registry::new_custom(Some("portcullis".to_owned()), None)?;
        let add = |metric: Box<dyn prometheus::core::Collector>| registry.register(metric);
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            add(Box::new(metric.clone())).map(|()| metric)
        };
        let counter = |name: &str, help: &str| {
            let metric = IntCounter::new(name, help)?;
            add(Box::new(metric.clone())).map(|()| metric)
        };
        let gauge = |name: &str, help: &str| {
            let metric = IntGauge::new(name, help)?;
            add(Box::new(metric.clone())).map(|()| metric)
        };
        let histogram = |name: &str, help: &str| {
            let metric = Histogram::with_opts(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()))?;
            add(Box::new(metric.clone())).map(|()| metric)
        };
        let health = IntGaugeVec::new(
            Opts::new("health", "Health of a part: 0 ok, 1 warning, 2 failing, -1 not known."),
            &["part"],
        )?;
        add(Box::new(health.clone()))?;
        Ok(Self {
            requests: counters(
                "requests_total",
                "Requests for a gate, by who asked and what became of it; refused ones have decision=\"refused\".",
                &["gate", "by", "decision"],
            )?,
            movements: counters(
                "movements_total",
                "Changes of what a gate does, by what caused them and what it does then.",
                &["gate", "cause", "result"],
            )?,
            pulses: counters("pulses_total", "Presses of a gate's button.", &["gate", "contact"])?,
            gate_latency: histogram(
                "request_seconds",
                "From a request for a gate, of a controller or any other, until the relay has answered.",
            )?,
            api_latency: histogram(
                "api_seconds",
                "Time to answer on the local API, without streams and /toggle-relay.",
            )?,
            wrong_tokens: counter("wrong_tokens_total", "Requests on the local API without the right token.")?,
            lost_lines: counter("history_lines_lost_total", "Lines that the history is missing.")?,
            mdns_answers: counter("mdns_answers_total", "Answers that were sent over mDNS.")?,
            sessions: gauge("sessions", "Open sessions of controllers.")?,
            pairings: gauge("pairings", "Paired controllers.")?,
            streams: gauge("event_streams", "Open event streams.")?,
            health,
            uptime: gauge("uptime_seconds", "How long the daemon has run.")?,
            resident: gauge("resident_memory_bytes", "Memory of the daemon that is resident.")?,
            registry,
        })
    }

    /// A line of the history: who asked, and what moved.
    pub(super) fn line(&self, line: &Line) {
        let gate = line.gate.as_deref().unwrap_or_default();
        match &line.what {
            What::Request { by, decision, pulse, state, .. } => {
                self.requests.with_label_values(&[gate, asker(by), made_of(*decision)]).inc();
                if let Some(pulse) = pulse {
                    self.pulses.with_label_values(&[gate, &pulse.contact]).inc();
                    let result = state.current.to_string();
                    self.movements.with_label_values(&[gate, asker(by), &result]).inc();
                }
            }
            What::State { cause, state } => {
                let cause = match cause {
                    Mover::Pulse => "pulse",
                    Mover::Opener => "opener",
                    Mover::Outside => "outside",
                };
                self.movements.with_label_values(&[gate, cause, &state.current.to_string()]).inc();
            }
            What::Lost { lines } => self.lost_lines.inc_by(*lines),
            What::Note { .. } | What::Started { .. } => {}
        }
    }

    /// How long a request for a gate took.
    pub(super) fn request(&self, took: Duration) {
        self.gate_latency.observe(took.as_secs_f64());
    }

    /// Somebody came without the right token.
    pub(super) fn wrong_token(&self) {
        self.wrong_tokens.inc();
    }

    /// What is looked up rather than counted.
    fn look(&self, api: &Api, health: &Health) {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.sessions.set(whole(api.homekit.sessions() as u64));
        self.pairings.set(whole(api.homekit.pairings().len() as u64));
        self.streams.set(whole(api.feed.streams() as u64));
        self.uptime.set(whole(api.monitor.uptime().as_secs()));
        self.resident.set(whole(resident().unwrap_or_default()));
        for part in &health.parts {
            self.health.with_label_values(&[&part.part.to_string()]).set(in_numbers(part));
        }
        let answers = api.homekit.reach().unwrap_or_default().answers;
        self.mdns_answers.inc_by(answers.saturating_sub(self.mdns_answers.get()));
    }
}

/// The numbers as they are now. The network is asked once a minute at most.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    responses((status = 200, content_type = "text/plain", body = String, description = "the metrics"), super::openapi::Refused),
)]
pub(super) async fn show(State(api): State<Arc<Api>>) -> Result<Response, Problem> {
    let health = api.monitor.look().await;
    api.metrics.look(&api, &health);
    let text = TextEncoder::new().encode_to_string(&api.metrics.registry.gather());
    let text = text.map_err(|error| Problem::new(500, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response())
}

/// Measures how long an answer takes.
pub(super) async fn time(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let waits = matches!(request.uri().path(), "/toggle-relay" | "/api/v1/events");
    let began = Instant::now();
    let response = next.run(request).await;
    if !waits {
        api.metrics.api_latency.observe(began.elapsed().as_secs_f64());
    }
    response
}

/// From what a request takes on a fast computer to what people take for a failure.
const SECONDS: [f64; 10] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

fn in_numbers(part: &PartHealth) -> i64 {
    match part.verdict {
        _ if !part.is_known => -1,
        Verdict::Ok => 0,
        Verdict::Warning => 1,
        Verdict::Failing => 2,
    }
}

fn asker(by: &By) -> &'static str {
    match by {
        By::Controller { .. } => "controller",
        By::Hub { .. } => "hub",
        By::LocalApi { .. } => "local-api",
        By::Button => "button",
        By::AutoClose => "auto-close",
        By::Bench => "bench",
    }
}

fn made_of(decision: Decision) -> &'static str {
    match decision {
        Decision::Pulse => "pulse",
        Decision::Already => "already",
        Decision::Warning => "warning",
        Decision::CalledOff => "called-off",
        Decision::GoesOn => "goes-on",
        Decision::GivenUp => "given-up",
        Decision::Set => "set",
        Decision::Refused => "refused",
        Decision::Failed => "failed",
    }
}

/// Bytes of this process that are in memory, as the kernel counts them.
fn resident() -> Option<u64> {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_metrics_can_be_registered_and_printed() {
        let metrics = Metrics::new().unwrap();
        metrics.request(Duration::from_millis(3));
        metrics.requests.with_label_values(&["Gate", "controller", "pulse"]).inc();
        let text = TextEncoder::new().encode_to_string(&metrics.registry.gather()).unwrap();
        assert!(text.contains("portcullis_request_seconds_bucket{le=\"0.005\"} 1\n"), "{text}");
        assert!(
            text.contains("portcullis_requests_total{by=\"controller\",decision=\"pulse\",gate=\"Gate\"} 1\n"),
            "{text}"
        );
    }

    #[test]
    fn this_process_has_memory() {
        assert!(resident().unwrap() > 1_000_000);
    }
}
