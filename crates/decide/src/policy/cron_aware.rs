//! Any policy, told about cron.
//!
//! *Formula*: if the next known fire comes within beta, stay awake for it; else follow the inner policy. The
//! inner policy learns only from gaps that did not end with a fire. *Parameters*: none of its own. *Source*:
//! ours, after the tickless kernels: known events need no prediction, and a predictor should not be trained on
//! them.

use dormouse_core::policy::{Asked, Ended, Gap, Plan, Policy};

/// Stays awake for the next known fire; otherwise follows another policy.
pub struct CronAware {
    inner: Box<dyn Policy>,
    wake_cost_ms: u64,
}

impl CronAware {
    /// Wraps `inner`.
    #[must_use]
    pub fn new(inner: Box<dyn Policy>, wake_cost_ms: u64) -> Self {
        Self { inner, wake_cost_ms }
    }
}

impl Policy for CronAware {
    fn gap(&mut self, gap: Gap) {
        if gap.by != Ended::Timer {
            self.inner.gap(gap);
        }
    }

    fn plan(&self, asked: Asked) -> Plan {
        match asked.next_timer {
            Some(at) if at.since(asked.now) <= self.wake_cost_ms => Plan::NEVER,
            _ => self.inner.plan(asked),
        }
    }
}
