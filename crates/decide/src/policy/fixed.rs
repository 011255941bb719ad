//! A fixed timeout.
//!
//! *Formula*: T, in every gap. *Parameter*: T. *Source*: what every platform offers as its setting.
//!
//! In hindsight the best one is hard to beat, and a bad one is arbitrarily bad: at `T` far above `beta` it pays up to
//! `1 + T / beta` times what a clairvoyant pays, far below it `1 + beta / T` times.

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

/// The same plan in every gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed(pub Plan);

impl Fixed {
    /// Sleeps after this many ms of idleness; 0 means at the next tick.
    #[must_use]
    pub const fn at(timeout_ms: u64) -> Self {
        Self(Plan::keep_alive(timeout_ms))
    }
}

impl Policy for Fixed {
    fn gap(&mut self, _: Gap) {}

    fn plan(&self, _: Asked) -> Plan {
        self.0
    }
}
