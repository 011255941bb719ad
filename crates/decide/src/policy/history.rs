//! The best fixed timeout of the past, refitted daily.
//!
//! *Formula*: T = the [best fixed](crate::policy::hindsight) timeout for all gaps so far, clamped to [lambda ·
//! beta, beta / lambda]; refitted at the first gap of each day; before the first fit T = beta. *Parameters*:
//! lambda, 0.5 by default; the length of a day (24 h from the trace's start). *Source*: follow the leader, with
//! the clamp of the robust ski-rental literature.
//!
//! The clamp bounds the ratio to the clairvoyant's cost by `1 + 1/lambda`, whatever the data. At T = lambda ·
//! beta the worst gap is just longer than T and costs T + beta against T; at beta / lambda it costs T + beta
//! against beta.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};
use dormouse_text::DAY_MS;

use crate::policy::hindsight::best_fixed;

/// Refits the timeout each day.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    wake_cost_ms: u64,
    lambda: f64,
    gaps_ms: Vec<u64>,
    timeout_ms: u64,
    /// The day of the last fit.
    day: u64,
}

impl History {
    /// With `lambda` above 0 and at most 1.
    #[must_use]
    pub const fn new(wake_cost_ms: u64, lambda: f64) -> Self {
        Self { wake_cost_ms, lambda, gaps_ms: Vec::new(), timeout_ms: wake_cost_ms, day: 0 }
    }
}

impl Policy for History {
    fn gap(&mut self, gap: Gap) {
        let day = gap.ended.as_ms() / DAY_MS;
        if day > self.day && !self.gaps_ms.is_empty() {
            self.day = day;
            let best = best_fixed(self.gaps_ms.iter().copied(), self.wake_cost_ms).0.idle_timeout_ms();
            self.timeout_ms = clamped(best, self.wake_cost_ms, self.lambda);
        }
        self.gaps_ms.push(gap.ms());
    }

    fn plan(&self, _: Asked) -> Plan {
        Plan::keep_alive(self.timeout_ms)
    }
}

/// `timeout_ms` clamped to [lambda · beta, beta / lambda].
pub(crate) fn clamped(timeout_ms: u64, wake_cost_ms: u64, lambda: f64) -> u64 {
    let (low, high) = (lambda * wake_cost_ms as f64, wake_cost_ms as f64 / lambda);
    timeout_ms.clamp(low.ceil() as u64, (high as u64).max(low.ceil() as u64))
}
