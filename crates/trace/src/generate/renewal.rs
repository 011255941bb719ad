//! A renewal process: independent gaps from a distribution.

use serde::Deserialize;

use super::Value;
use super::run::{Run, Stop};

/// Independent gaps from one distribution, the first from the trace's start: an ordinary renewal process, not
/// started in its long-run state (D. R. Cox, *Renewal Theory*, 1962). With a heavy tail (`pareto`, `lognormal`,
/// `weibull` with a shape below 1) one gap may be a large part of the span.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// Time from one arrival to the next: a distribution.
    pub gap: Value,
}

impl Renewal {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        let gap = run.times("gap", &self.gap)?;
        let mut at_ms = run.sample_ms(&gap);
        while at_ms < run.span_ms {
            run.arrive(at_ms)?;
            at_ms += run.sample_ms(&gap);
        }
        Ok(())
    }
}
