//! The exponential average.
//!
//! *Formula*: the next gap is taken to be `I' = a · i + (1 − a) · I`, with `i` the last gap and `I` what was expected of it. If that is
//! longer than beta: sleep at once, else stay. *Parameters*: a = 0.5. *Source*: Hwang, Wu, "A predictive system shutdown method for
//! energy saving of event-driven computation" (1997).
//!
//! *Ours*: the paper corrects a mistaken "stay" by a watchdog and a mistaken rise by a cap, with figures of its own machine. Here a gap
//! that was taken to be short is slept in after beta, as [break-even](crate::break_even) would; and one gap counts for at most
//! a hundred betas, so that a weekend is forgotten by Monday noon. The paper also wakes the machine when the gap is expected to end; here
//! nobody is woken for a guess about people.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

/// One gap counts for at most so many betas.
const CAP: u64 = 100;

/// Expects gaps by their exponential average.
#[derive(Debug, Clone, PartialEq)]
pub struct Average {
    beta_ms: u64,
    weight: f64,
    expected_ms: f64,
}

impl Average {
    /// The paper's weight of the last gap.
    pub const WEIGHT: f64 = 0.5;

    /// With `weight` for the last gap, 0..=1. At first a gap of beta is expected.
    #[must_use]
    pub const fn new(beta_ms: u64, weight: f64) -> Self {
        Self { beta_ms, weight, expected_ms: beta_ms as f64 }
    }

    /// How long the next gap is taken to be, in ms.
    #[must_use]
    pub const fn expected_ms(&self) -> f64 {
        self.expected_ms
    }
}

impl Policy for Average {
    fn gap(&mut self, gap: Gap) {
        let gap_ms = gap.ms().min(self.beta_ms.saturating_mul(CAP)) as f64;
        self.expected_ms = self.weight * gap_ms + (1.0 - self.weight) * self.expected_ms;
    }

    fn plan(&self, _: Asked) -> Plan {
        Plan::keep_alive(if self.expected_ms > self.beta_ms as f64 { 0 } else { self.beta_ms })
    }
}
