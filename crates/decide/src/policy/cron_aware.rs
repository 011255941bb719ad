//! Any policy, told about cron.
//!
//! *Formula*: if the next known fire comes within beta, stay for it; else do as the policy inside. That one learns only from gaps
//! that a fire did not end. *Parameters*: none of its own. *Source*: ours, after the tickless kernels: what is known need not be
//! guessed, and a guesser should not be fed with what is known.

use dormouse_core::policy::{Asked, Ended, Gap, Plan, Policy};

/// Knows the next fire.
pub struct CronAware {
    inner: Box<dyn Policy>,
    wake_cost_ms: u64,
}

impl CronAware {
    /// Around `inner`.
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
