//! Reference costs for every comparison, computed gap by gap in a world without latencies.

use crate::policy::randomised;
use crate::policy::trace_gaps::TraceGaps;

/// The reference costs of a trace, in ms of idle time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rulers {
    /// What a clairvoyant pays: `Σ min(g, beta)`.
    pub opt_ms: u64,
    /// The expected cost of the [randomised rule](crate::policy::randomised): e/(e−1) · OPT, summed gap by gap.
    pub randomised_ms: f64,
    /// The cost of always on: all idle time, including the silences at the end.
    pub always_on_ms: u64,
}

impl Rulers {
    /// The reference costs, summed over all instances.
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

    /// This cost divided by the clairvoyant's. If the clairvoyant pays nothing: 1 if this cost is zero too, else infinite.
    #[must_use]
    pub fn ratio(&self, cost_ms: f64) -> f64 {
        if cost_ms == 0.0 && self.opt_ms == 0 { 1.0 } else { cost_ms / self.opt_ms as f64 }
    }
}
