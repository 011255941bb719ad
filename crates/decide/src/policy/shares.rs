//! Experts with shared weights.
//!
//! *Formula*: experts with fixed timeouts `x_i` in [0, beta]; T = `Σ w_i x_i / Σ w_i`. After a gap, the loss of
//! each expert is its regret against the clairvoyant in units of W, `L_i` in [0, 1]:
//! `w_i ← w_i · exp(−eta · L_i)`. Then it gives up the share `1 − (1 − alpha)^L_i` of its weight, and the total of these shares is
//! divided evenly. So an expert that was wrong for a long time can recover within a few gaps.
//! *Parameters*: eta = 4, alpha = 0.08. *Source*: Helmbold, Long, Sherrod, "A dynamic disk spin-down technique for mobile computing"
//! (1996); the sharing is Herbster's and Warmuth's variable share.
//!
//! *Ours*: 25 experts, evenly spaced from 0 to beta.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

/// Number of experts.
const EXPERTS: usize = 25;
const ETA: f64 = 4.0;
const ALPHA: f64 = 0.08;

/// A weighted average of experts.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    wake_cost_ms: u64,
    weights: [f64; EXPERTS],
}

impl Shares {
    /// All experts start with equal weights.
    #[must_use]
    pub const fn new(wake_cost_ms: u64) -> Self {
        Self { wake_cost_ms, weights: [1.0 / EXPERTS as f64; EXPERTS] }
    }

    /// The expert's timeout in units of beta.
    fn timeout(expert: usize) -> f64 {
        expert as f64 / (EXPERTS - 1) as f64
    }
}

impl Policy for Shares {
    fn gap(&mut self, gap: Gap) {
        let gap = gap.ms() as f64 / self.wake_cost_ms.max(1) as f64;
        let mut pool = 0.0;
        for (expert, weight) in self.weights.iter_mut().enumerate() {
            let timeout = Self::timeout(expert);
            let pays = if gap > timeout { timeout + 1.0 } else { gap };
            let loss = pays - gap.min(1.0);
            let left = *weight * libm::exp(-ETA * loss);
            *weight = left * libm::pow(1.0 - ALPHA, loss);
            pool += left - *weight;
        }
        // The total weight never vanishes: the best expert's loss is at most 1.
        let sum: f64 = self.weights.iter().sum::<f64>() + pool;
        for weight in &mut self.weights {
            *weight = (*weight + pool / EXPERTS as f64) / sum;
        }
    }

    fn plan(&self, _: Asked) -> Plan {
        let mean: f64 = self.weights.iter().enumerate().map(|(i, weight)| weight * Self::timeout(i)).sum();
        Plan::keep_alive((mean * self.wake_cost_ms as f64 + 0.5) as u64)
    }
}
