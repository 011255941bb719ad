//! A governor that knows its timers.
//!
//! *Formula*: of two states, awake and asleep, the second is worth entering where at least beta is left to sleep. If the next
//! known timer comes before that: stay. Else, gaps that an arrival cut off before beta although the timer was further away (*intercepts*)
//! are weighed against those that were long enough; if the intercepts are the heavier, stay for beta, else sleep at once. Also stay
//! if most of the last 9 gaps were intercepts. Weights grow by 1024 and lose an eighth at each gap.
//! *Parameters*: the figures above. *Source*: the timer events oriented governor of Linux
//! (`drivers/cpuidle/governors/teo.c`, Wysocki 2018): cron fires are its timers, messages are what intercepts.
//!
//! *Ours*: two states in the place of a processor's many; and where the kernel keeps its tick running to ask again, this one sleeps
//! after beta.

use std::collections::VecDeque;

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

const PULSE: u32 = 1024;
const DECAY_SHIFT: u32 = 3;
const RECENT: usize = 9;

/// Weighs gaps that were cut off against gaps that were not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governor {
    beta_ms: u64,
    intercepts: u32,
    long_enough: u32,
    /// Were the last gaps intercepts?
    recent: VecDeque<bool>,
}

impl Governor {
    /// That has seen nothing.
    #[must_use]
    pub const fn new(beta_ms: u64) -> Self {
        Self { beta_ms, intercepts: 0, long_enough: 0, recent: VecDeque::new() }
    }
}

impl Policy for Governor {
    fn gap(&mut self, gap: Gap) {
        let is_short = gap.ms() <= self.beta_ms;
        // A short gap that a timer ended was no surprise, and says nothing about those that are.
        if is_short && gap.by == dormouse_core::policy::Ended::Timer {
            return;
        }
        for weight in [&mut self.intercepts, &mut self.long_enough] {
            *weight -= *weight >> DECAY_SHIFT;
        }
        *(if is_short { &mut self.intercepts } else { &mut self.long_enough }) += PULSE;
        self.recent.push_back(is_short);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    fn plan(&self, Asked { now, next_timer, .. }: Asked) -> Plan {
        if next_timer.is_some_and(|at| at.since(now) <= self.beta_ms) {
            return Plan::NEVER;
        }
        let lately = self.recent.iter().filter(|&&intercepted| intercepted).count();
        let wakes_early = self.intercepts > self.long_enough || lately > RECENT / 2;
        Plan::keep_alive(if wakes_early { self.beta_ms } else { 0 })
    }
}
