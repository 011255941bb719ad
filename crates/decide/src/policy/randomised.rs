//! The randomised rule that pays e/(e−1).
//!
//! *Formula*: T is drawn for each gap with density `exp(t / beta) / (beta (e − 1))` on [0, beta]. *Parameters*: none. *Source*:
//! Karlin, Manasse, McGeoch, Owicki, "Competitive randomized algorithms for non-uniform problems" (1990).
//!
//! In expectation it pays exactly e/(e−1) = 1.58198 times what a clairvoyant pays, on *every* gap, and no rule
//! without knowledge of the traffic has a better bound. This also tests all code that sums costs: the expected
//! cost divided by OPT is that number on any trace. Draws are keyed by the gap's number, so a run is a function
//! of its seed.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};
use dormouse_sim::{Draws, What};

/// The competitive ratio, e/(e−1).
pub const RATIO: f64 = 1.581_976_706_869_326_4;
const E_LESS_1: f64 = core::f64::consts::E - 1.0;

/// Draws a timeout for each gap.
#[derive(Debug, Clone, Copy)]
pub struct Randomised {
    wake_cost_ms: u64,
    draws: Draws,
    gaps: u64,
}

impl Randomised {
    /// The policy for the instance with this key.
    #[must_use]
    pub const fn new(wake_cost_ms: u64, seed: u64, instance: u64) -> Self {
        Self { wake_cost_ms, draws: Draws::new(seed, instance), gaps: 0 }
    }
}

impl Policy for Randomised {
    fn gap(&mut self, _: Gap) {
        self.gaps += 1;
    }

    fn plan(&self, _: Asked) -> Plan {
        let share = self.draws.share(What::Policy, self.gaps);
        Plan::keep_alive((quantile(share) * self.wake_cost_ms as f64 + 0.5) as u64)
    }
}

/// The quantile function of the timeout at `u`, in units of beta: `ln(1 + u (e − 1))`.
#[must_use]
pub fn quantile(u: f64) -> f64 {
    libm::log1p(u * E_LESS_1)
}

/// The expected cost of a gap, both in units of beta: `∫ f(g, T(u)) du`.
///
/// With `x = min(g, 1)`, a share `F = (e^x − 1)/(e − 1)` of all draws sleep before the gap ends. Those pay their
/// idle time, in total `(x e^x − e^x + 1)/(e − 1)`, and a wake each; the others pay the gap.
#[must_use]
pub fn expected_cost(gap: f64) -> f64 {
    let x = gap.clamp(0.0, 1.0);
    let grown = libm::exp(x);
    let sleep = (grown - 1.0) / E_LESS_1;
    let idled = (x * grown - grown + 1.0) / E_LESS_1;
    idled + sleep + (1.0 - sleep) * x
}
