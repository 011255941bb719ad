//! The exponential average.
//!
//! *Formula*: the next gap is predicted as `I' = a · i + (1 − a) · I`, where `i` is the last gap and `I` the
//! prediction for it. If the prediction is longer than beta: sleep at once, else stay. *Parameters*: a = 0.5.
//! *Source*: Hwang, Wu, "A predictive system shutdown method for
//! energy saving of event-driven computation" (1997).
//!
//! *Ours*: the paper corrects a wrong "stay" by a watchdog and limits growth by a cap, with constants of its own
//! machine. Here, if the gap was predicted to be short, the machine sleeps after beta, as
//! [break-even](crate::policy::break_even) does; and one gap counts for at most a hundred betas, so that a
//! weekend is forgotten by Monday noon. The paper also wakes the machine when the gap is expected to end. This
//! policy does not: people's arrivals are too uncertain for that.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

/// The most that one gap counts for, in betas.
const CAP: u64 = 100;

/// Predicts gaps by their exponential average.
#[derive(Debug, Clone, PartialEq)]
pub struct Average {
    wake_cost_ms: u64,
    weight: f64,
    expected_ms: f64,
}

impl Average {
    /// The paper's weight of the last gap.
    pub const WEIGHT: f64 = 0.5;

    /// `weight` is that of the last gap, 0..=1. The first prediction is beta.
    #[must_use]
    pub const fn new(wake_cost_ms: u64, weight: f64) -> Self {
        Self { wake_cost_ms, weight, expected_ms: wake_cost_ms as f64 }
    }

    /// The predicted length of the next gap, in ms.
    #[must_use]
    pub const fn expected_ms(&self) -> f64 {
        self.expected_ms
    }
}

impl Policy for Average {
    fn gap(&mut self, gap: Gap) {
        let gap_ms = gap.ms().min(self.wake_cost_ms.saturating_mul(CAP)) as f64;
        self.expected_ms = self.weight * gap_ms + (1.0 - self.weight) * self.expected_ms;
    }

    fn plan(&self, _: Asked) -> Plan {
        Plan::keep_alive(if self.expected_ms > self.wake_cost_ms as f64 { 0 } else { self.wake_cost_ms })
    }
}
