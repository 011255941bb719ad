//! The clairvoyant as a policy.
//!
//! *Formula*: T = 0 if the coming gap is longer than beta, else never; costs OPT = `Σ min(rho · g, W)`. *Parameters*: none.
//! *Source*: the offline optimum of ski rental.
//!
//! It knows when gaps end and nothing else: in the real world it still waits for the watcher's tick, for the freeze and for the
//! resume, and it does not wake before somebody asks. So its row in a comparison is the price of the physics, and the row of
//! the best other policy beside it the price of not knowing.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

/// Knows the gaps of its instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oracle {
    gaps: Vec<Gap>,
    beta_ms: u64,
}

impl Oracle {
    /// With the gaps of the traffic as if nothing were ever delayed, in order of time.
    #[must_use]
    pub fn new(gaps: Vec<Gap>, beta_ms: u64) -> Self {
        Self { gaps, beta_ms }
    }
}

impl Policy for Oracle {
    fn gap(&mut self, _: Gap) {}

    fn plan(&self, Asked { now, .. }: Asked) -> Plan {
        let next = self.gaps.partition_point(|gap| gap.ended <= now);
        match self.gaps.get(next) {
            Some(gap) if gap.ms() <= self.beta_ms => Plan::NEVER,
            // Behind the last gap nobody comes any more.
            _ => Plan::keep_alive(0),
        }
    }
}
