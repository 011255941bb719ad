//! The metrics in Prometheus' text format.

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// A Prometheus exporter that opens no port. Serve what [`render`](Prometheus::render) returns where the gateway serves HTTP.
#[derive(Clone)]
pub struct Prometheus(PrometheusHandle);

impl Prometheus {
    /// Installs the exporter for the whole process.
    ///
    /// # Errors
    /// If the process has an exporter already.
    pub fn install() -> Result<Self, BuildError> {
        PrometheusBuilder::new().install_recorder().map(Self)
    }

    /// The metrics as text, for a scrape.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }
}
