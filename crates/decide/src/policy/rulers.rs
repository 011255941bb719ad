//! What every comparison is measured by, gap by gap in a world without latencies.

use crate::policy::known::TraceGaps;
use crate::policy::randomised;

/// The rulers of a trace, in ms of idle time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rulers {
    /// What a clairvoyant pays: `Σ min(g, beta)`.
    pub opt_ms: u64,
    /// What the [randomised rule](crate::policy::randomised) pays in expectation: e/(e−1) · OPT, summed up gap by gap.
    pub randomised_ms: f64,
    /// What always on pays: all idle time, silences at the end included.
    pub always_on_ms: u64,
}

impl Rulers {
    /// Of all instances.
    #[must_use]
    pub fn of(known: &TraceGaps<'_>) -> Self {
        let wake_cost_ms = known.wake_cost_ms();
        let gaps = || known.gaps().iter().flat_map(|(gaps, _)| gaps).map(|gap| gap.ms());
        let beta = wake_cost_ms as f64;
        let expected = |gap: u64| match wake_cost_ms {
            0 => 0.0,
            _ => beta * randomised::expected_cost(gap as f64 / beta),
        };
        Self {
            opt_ms: gaps().map(|gap| gap.min(wake_cost_ms)).sum(),
            randomised_ms: gaps().map(expected).sum(),
            always_on_ms: gaps().sum::<u64>() + known.gaps().iter().map(|(_, rest)| rest).sum::<u64>(),
        }
    }

    /// How many times the clairvoyant's cost this is; infinite where that one pays nothing, 1 where both do.
    #[must_use]
    pub fn ratio(&self, cost_ms: f64) -> f64 {
        if cost_ms == 0.0 && self.opt_ms == 0 { 1.0 } else { cost_ms / self.opt_ms as f64 }
    }
}
