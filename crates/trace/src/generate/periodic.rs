//! Periodic arrivals.

use serde::Deserialize;

use super::Value;
use super::run::{Run, Stop};

/// Arrivals at `phase + k · period + J`, k = 0, 1, …, each with its own delay J from `jitter`. A late arrival
/// does not delay the following ones, and they may overtake it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Periodic {
    /// Time from one arrival to the next.
    pub period: Value,
    /// When the first arrival is due; the trace's start by default.
    #[serde(default = "super::value::zero")]
    pub phase: Value,
    /// Delay of each arrival: a distribution; zero by default.
    #[serde(default = "super::value::zero")]
    pub jitter: Value,
}

impl Periodic {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let period_ms = run.time_ms("period", &self.period)?;
        let phase_ms = run.moment_ms("phase", &self.phase)?;
        let jitter = run.times("jitter", &self.jitter)?;
        let mut due_ms = phase_ms;
        let mut k = 0.0;
        while due_ms < run.span_ms {
            let late_ms = run.sample_ms(&jitter);
            run.arrive(due_ms + late_ms)?;
            k += 1.0;
            due_ms = phase_ms + k * period_ms; // not a sum of periods, which would drift
        }
        Ok(())
    }
}
