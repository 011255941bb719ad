//! A governor that knows its timers.
//!
//! *Formula*: of two states, awake and asleep, the second is worth entering if at least beta is left to sleep.
//! If the next known timer comes before that: stay. Otherwise compare two weights: that of *intercepts*, gaps
//! that an arrival ended before beta although the timer was further away, and that of gaps that were long
//! enough. If the intercepts weigh more, stay for beta, else sleep at once. Also stay if most of the last 9 gaps
//! were intercepts. Weights grow by 1024 and decay by an eighth at each gap. *Parameters*: the constants above.
//! *Source*: the timer events oriented governor of Linux
//! (`drivers/cpuidle/governors/teo.c`, Wysocki 2018): cron fires are its timers, messages are what intercepts.
//!
//! *Ours*: two states instead of a processor's many. Where the kernel keeps its tick running to decide again,
//! this policy sleeps after beta.

use std::collections::VecDeque;

use dormouse_core::policy::{Asked, Gap, Plan, Policy};

const PULSE: u32 = 1024;
const DECAY_SHIFT: u32 = 3;
const RECENT: usize = 9;

/// Weighs intercepts against gaps that were long enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governor {
    wake_cost_ms: u64,
    intercepts: u32,
    long_enough: u32,
    /// Of each of the last gaps: was it an intercept?
    recent: VecDeque<bool>,
}

impl Governor {
    /// A governor that has seen no gap yet.
    #[must_use]
    pub const fn new(wake_cost_ms: u64) -> Self {
        Self { wake_cost_ms, intercepts: 0, long_enough: 0, recent: VecDeque::new() }
    }
}

impl Policy for Governor {
    fn gap(&mut self, gap: Gap) {
        let is_short = gap.ms() <= self.wake_cost_ms;
        // A short gap that ended with a timer was predictable, and says nothing about unpredictable ones.
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
        if next_timer.is_some_and(|at| at.since(now) <= self.wake_cost_ms) {
            return Plan::NEVER;
        }
        let lately = self.recent.iter().filter(|&&intercepted| intercepted).count();
        let wakes_early = self.intercepts > self.long_enough || lately > RECENT / 2;
        Plan::keep_alive(if wakes_early { self.wake_cost_ms } else { 0 })
    }
}
