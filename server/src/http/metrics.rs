//! Metrics in Prometheus' text format. One recorder per process, whoever starts first.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Bounds of the time buckets, in seconds: from our own share of a call to a slow remote server.
const SECONDS: [f64; 12] = [
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// What `/metrics` shows.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// The process's recorder; `None` when another one was installed from outside.
    pub fn install() -> Option<Self> {
        let install = || {
            let builder = PrometheusBuilder::new();
            let suffix = Matcher::Suffix("_seconds".into());
            let builder = builder.set_buckets_for_metric(suffix, &SECONDS).ok()?;
            builder.install_recorder().ok()
        };
        RECORDER.get_or_init(install).clone().map(Self)
    }

    /// The text, and the upkeep that histograms need now and then.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}
