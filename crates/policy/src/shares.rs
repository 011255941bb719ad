//! Experts that share their weight.
//!
//! *Formula*: experts with fixed timeouts `x_i` in [0, beta]; T = `Σ w_i x_i / Σ w_i`. After a gap each pays its regret against the
//! clairvoyant in units of W, a loss `L_i` in [0, 1]: `w_i ← w_i · exp(−eta · L_i)`. Then it gives up the share `1 − (1 − alpha)^L_i` of its weight,
//! and what all gave up is divided evenly: so an expert that was wrong for long can come back within a few gaps.
//! *Parameters*: eta = 4, alpha = 0.08. *Source*: Helmbold, Long, Sherrod, "A dynamic disk spin-down technique for mobile computing"
//! (1996); the sharing is Herbster's and Warmuth's variable share.
//!
//! *Ours*: 25 experts, evenly from 0 to beta.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

/// How many experts there are.
const EXPERTS: usize = 25;
const ETA: f64 = 4.0;
const ALPHA: f64 = 0.08;

/// Weighs experts.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    beta_ms: u64,
    weights: [f64; EXPERTS],
}

impl Shares {
    /// With all experts equal.
    #[must_use]
    pub const fn new(beta_ms: u64) -> Self {
        Self { beta_ms, weights: [1.0 / EXPERTS as f64; EXPERTS] }
    }

    /// The expert's timeout in units of beta.
    fn timeout(expert: usize) -> f64 {
        expert as f64 / (EXPERTS - 1) as f64
    }
}

impl Policy for Shares {
    fn gap(&mut self, gap: Gap) {
        let gap = gap.ms() as f64 / self.beta_ms.max(1) as f64;
        let mut pool = 0.0;
        for (expert, weight) in self.weights.iter_mut().enumerate() {
            let timeout = Self::timeout(expert);
            let pays = if gap > timeout { timeout + 1.0 } else { gap };
            let loss = pays - gap.min(1.0);
            let left = *weight * libm::exp(-ETA * loss);
            *weight = left * libm::pow(1.0 - ALPHA, loss);
            pool += left - *weight;
        }
        // In all they never weigh nothing: the best expert's loss is at most 1.
        let sum: f64 = self.weights.iter().sum::<f64>() + pool;
        for weight in &mut self.weights {
            *weight = (*weight + pool / EXPERTS as f64) / sum;
        }
    }

    fn plan(&self, _: Asked) -> Plan {
        let mean: f64 = self.weights.iter().enumerate().map(|(i, weight)| weight * Self::timeout(i)).sum();
        Plan::keep_alive((mean * self.beta_ms as f64 + 0.5) as u64)
    }
}
