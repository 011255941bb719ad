//! What is known of a trace before any policy is asked.

use dormouse_core::policy::{Asked, Ended, Gap, Policy};
use dormouse_sim::{Horizon, Span, policy_gap};
use dormouse_trace::{Instance, Trace};

use crate::cost::{cost_ms, silence_cost_ms};
use crate::fixed::Fixed;
use crate::hindsight::best_fixed;
use crate::recipe::Recipe;

/// A trace with its gaps, and what a wake is worth.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    trace: &'a Trace,
    horizon: Horizon,
    beta_ms: u64,
    seed: u64,
    spans: Vec<Span>,
    /// For each instance its gaps, and the silence up to the horizon.
    gaps: Vec<(Vec<Gap>, u64)>,
    best: Fixed,
}

impl<'a> Known<'a> {
    /// Of `trace`, where a wake is worth `beta_ms` of idle time.
    #[must_use]
    pub fn of(trace: &'a Trace, horizon: Horizon, beta_ms: u64, seed: u64) -> Self {
        let spans = horizon.spans(trace);
        let gaps: Vec<_> =
            trace.instances.iter().zip(&spans).map(|(instance, span)| gaps_of(instance, *span)).collect();
        let best = best_fixed(gaps.iter().flat_map(|(gaps, _)| gaps).map(|gap| gap.ms()), beta_ms);
        Self { trace, horizon, beta_ms, seed, spans, gaps, best }
    }

    /// The trace.
    #[must_use]
    pub const fn trace(&self) -> &'a Trace {
        self.trace
    }

    /// The part of time that is known.
    #[must_use]
    pub const fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// What a wake is worth, in ms of idle time.
    #[must_use]
    pub const fn beta_ms(&self) -> u64 {
        self.beta_ms
    }

    /// The seed of policies that draw.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The spans, one for each instance.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// For each instance its gaps, and the silence up to the horizon in ms.
    #[must_use]
    pub fn gaps(&self) -> &[(Vec<Gap>, u64)] {
        &self.gaps
    }

    /// The best fixed timeout in hindsight, one for all instances.
    #[must_use]
    pub const fn best(&self) -> Fixed {
        self.best
    }

    /// What a policy pays gap by gap in a world without latencies, in ms of idle time, with a fresh one for each instance. One
    /// that draws is played with its draws.
    #[must_use]
    pub fn cost_ms(&self, recipe: &Recipe) -> u64 {
        (0..self.gaps.len()).map(|i| self.instance_cost_ms(recipe.make(self, i).as_mut(), i)).sum()
    }

    fn instance_cost_ms(&self, policy: &mut dyn Policy, i: usize) -> u64 {
        let (gaps, silence_ms) = &self.gaps[i];
        let timer = |from: usize| gaps[from..].iter().find(|gap| gap.by == Ended::Timer);
        // The next gap that a timer ends; found anew only when the last one is over.
        let mut next_timer = timer(0);
        let mut cost = 0;
        for (n, &gap) in gaps.iter().enumerate() {
            if next_timer.is_some_and(|next| next.ended <= gap.began) {
                next_timer = timer(n);
            }
            let asked = Asked::at(gap.began).with_next_timer(next_timer.map(|next| next.ended));
            cost += cost_ms(policy.plan(asked), gap.ms(), self.beta_ms);
            policy.gap(gap);
        }
        let end = self.spans[i].end_ms.saturating_sub(*silence_ms);
        let asked = Asked::at(dormouse_core::Wall::from_ms(end));
        cost + silence_cost_ms(policy.plan(asked), *silence_ms, self.beta_ms)
    }
}

/// The gaps of an instance within its span, in order of time, and the silence up to the horizon in ms.
fn gaps_of(instance: &Instance, span: Span) -> (Vec<Gap>, u64) {
    let (ended, cut_off): (Vec<_>, Vec<_>) =
        span.idle_gaps(&instance.events).partition(|gap| gap.by.is_some());
    (ended.into_iter().filter_map(policy_gap).collect(), cut_off.first().map_or(0, |gap| gap.ms()))
}
