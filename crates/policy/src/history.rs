//! The best fixed timeout of the past, refitted daily.
//!
//! *Formula*: T = the [best fixed](crate::hindsight) timeout for all gaps so far, clamped to [lambda · beta, beta / lambda]; refitted
//! with the first gap of each day; before the first fit T = beta. *Parameters*: lambda, 0.5 unless said otherwise; what a day is (24 h from
//! the trace's start). *Source*: follow the leader, with the clamp of the robust ski-rental literature.
//!
//! Whatever the data, the clamp bounds the ratio to the clairvoyant by `1 + 1/lambda`: at T = lambda · beta the worst gap is just
//! longer than T and costs T + beta against T; at beta / lambda it costs T + beta against beta.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};
use dormouse_text::DAY_MS;

use crate::hindsight::best_fixed;

/// Refits each day.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    beta_ms: u64,
    lambda: f64,
    gaps_ms: Vec<u64>,
    timeout_ms: u64,
    /// The day of the last fit.
    day: u64,
}

impl History {
    /// With `lambda` above 0 and at most 1.
    #[must_use]
    pub const fn new(beta_ms: u64, lambda: f64) -> Self {
        Self { beta_ms, lambda, gaps_ms: Vec::new(), timeout_ms: beta_ms, day: 0 }
    }
}

impl Policy for History {
    fn gap(&mut self, gap: Gap) {
        let day = gap.ended.as_ms() / DAY_MS;
        if day > self.day && !self.gaps_ms.is_empty() {
            self.day = day;
            let best = best_fixed(self.gaps_ms.iter().copied(), self.beta_ms).0.idle_timeout_ms();
            self.timeout_ms = clamped(best, self.beta_ms, self.lambda);
        }
        self.gaps_ms.push(gap.ms());
    }

    fn plan(&self, _: Asked) -> Plan {
        Plan::keep_alive(self.timeout_ms)
    }
}

/// `timeout_ms` within [lambda · beta, beta / lambda].
pub(crate) fn clamped(timeout_ms: u64, beta_ms: u64, lambda: f64) -> u64 {
    let (low, high) = (lambda * beta_ms as f64, beta_ms as f64 / lambda);
    timeout_ms.clamp(low.ceil() as u64, (high as u64).max(low.ceil() as u64))
}
