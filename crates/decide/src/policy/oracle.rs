//! The clairvoyant as a policy.
//!
//! *Formula*: T = 0 if the coming gap is longer than beta, else never; costs OPT = `Σ min(rho · g, W)`. *Parameters*: none.
//! *Source*: the offline optimum of ski rental.
//!
//! It knows only when gaps end. In the full simulation it still waits for the watcher's tick, the freeze and the
//! resume, and it does not wake before an arrival. So its cost in a comparison is the cost of the latencies, and
//! the difference to the best other policy is the cost of not knowing the future.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

/// Knows the gaps of its instance in advance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oracle {
    gaps: Vec<Gap>,
    wake_cost_ms: u64,
}

impl Oracle {
    /// `gaps` are those of the traffic as if nothing were ever delayed, in order of time.
    #[must_use]
    pub fn new(gaps: Vec<Gap>, wake_cost_ms: u64) -> Self {
        Self { gaps, wake_cost_ms }
    }
}

impl Policy for Oracle {
    fn gap(&mut self, _: Gap) {}

    fn plan(&self, Asked { now, .. }: Asked) -> Plan {
        let next = self.gaps.partition_point(|gap| gap.ended <= now);
        match self.gaps.get(next) {
            Some(gap) if gap.ms() <= self.wake_cost_ms => Plan::NEVER,
            // No arrival comes after the last gap.
            _ => Plan::keep_alive(0),
        }
    }
}
