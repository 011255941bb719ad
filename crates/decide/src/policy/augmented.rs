//! Ski rental with a prediction.
//!
//! *Formula*: T = lambda · beta if the gap is predicted to be at least beta, else T = beta / lambda. *Parameters*: lambda, 0.5 unless
//! said otherwise: near 0 trusts the prediction, 1 is [break-even](crate::policy::break_even). *Source*: Purohit, Svitkina, Kumar, "Improving
//! online algorithms via ML predictions" (2018), the deterministic rule.
//!
//! With a perfect prediction it pays at most `1 + lambda` times what a clairvoyant pays, with any other at most `1 + 1/lambda`.
//!
//! *Ours*: the paper leaves the predictor open. Here it is the [exponential average](crate::policy::average).

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

use crate::policy::average::Average;

/// Follows a prediction of the gap, with a bounded worst case.
#[derive(Debug, Clone, PartialEq)]
pub struct Augmented {
    wake_cost_ms: u64,
    lambda: f64,
    predictor: Average,
}

impl Augmented {
    /// With `lambda` above 0 and at most 1.
    #[must_use]
    pub const fn new(wake_cost_ms: u64, lambda: f64) -> Self {
        Self { wake_cost_ms, lambda, predictor: Average::new(wake_cost_ms, Average::WEIGHT) }
    }

    /// The timeout for a gap that is predicted to be `predicted_ms` long, in ms.
    #[must_use]
    pub fn timeout_ms(&self, predicted_ms: f64) -> u64 {
        let beta = self.wake_cost_ms as f64;
        let ms = if predicted_ms >= beta { self.lambda * beta } else { beta / self.lambda };
        ms.ceil() as u64
    }
}

impl Policy for Augmented {
    fn gap(&mut self, gap: Gap) {
        self.predictor.gap(gap);
    }

    fn plan(&self, _: Asked) -> Plan {
        Plan::keep_alive(self.timeout_ms(self.predictor.expected_ms()))
    }
}
