//! A trace with its idle gaps and the wake cost: the input of every policy.

use dormouse_core::policy::{Asked, Ended, Gap, Policy};
use dormouse_sim::{Horizon, Span, policy_gap};
use dormouse_trace::{Instance, Trace};

use crate::policy::cost::{cost_ms, silence_cost_ms};
use crate::policy::fixed::Fixed;
use crate::policy::hindsight::best_fixed;
use crate::policy::recipe::Recipe;

/// A trace with its gaps and the wake cost.
#[derive(Debug, Clone)]
pub struct TraceGaps<'a> {
    trace: &'a Trace,
    horizon: Horizon,
    wake_cost_ms: u64,
    seed: u64,
    spans: Vec<Span>,
    /// For each instance: its gaps, and the silence from the last work to the horizon in ms.
    gaps: Vec<(Vec<Gap>, u64)>,
    best: Fixed,
}

impl<'a> TraceGaps<'a> {
    /// The gaps of `trace`, with a wake cost of `wake_cost_ms` of idle time.
    #[must_use]
    pub fn of(trace: &'a Trace, horizon: Horizon, wake_cost_ms: u64, seed: u64) -> Self {
        let spans = horizon.spans(trace);
        let gaps: Vec<_> =
            trace.instances.iter().zip(&spans).map(|(instance, span)| gaps_of(instance, *span)).collect();
        let best = best_fixed(gaps.iter().flat_map(|(gaps, _)| gaps).map(|gap| gap.ms()), wake_cost_ms);
        Self { trace, horizon, wake_cost_ms, seed, spans, gaps, best }
    }

    /// The trace.
    #[must_use]
    pub const fn trace(&self) -> &'a Trace {
        self.trace
    }

    /// The horizon up to which the gaps are known.
    #[must_use]
    pub const fn horizon(&self) -> Horizon {
        self.horizon
    }

    /// The wake cost, in ms of idle time.
    #[must_use]
    pub const fn wake_cost_ms(&self) -> u64 {
        self.wake_cost_ms
    }

    /// The seed of policies with random draws.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The replayed spans, one for each instance.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// For each instance: its gaps, and the silence up to the horizon in ms.
    #[must_use]
    pub fn gaps(&self) -> &[(Vec<Gap>, u64)] {
        &self.gaps
    }

    /// The best fixed timeout in hindsight, the same for all instances.
    #[must_use]
    pub const fn best(&self) -> Fixed {
        self.best
    }

    /// The total cost of a policy over all gaps in a world without latencies, in ms of idle time. Each instance
    /// gets a fresh policy. A randomised policy uses its keyed draws.
    #[must_use]
    pub fn cost_ms(&self, recipe: &Recipe) -> u64 {
        (0..self.gaps.len()).map(|i| self.instance_cost_ms(recipe.make(self, i).as_mut(), i)).sum()
    }

    fn instance_cost_ms(&self, policy: &mut dyn Policy, i: usize) -> u64 {
        let (gaps, silence_ms) = &self.gaps[i];
        let timer = |from: usize| gaps[from..].iter().find(|gap| gap.by == Ended::Timer);
        // The next gap that a timer ends; searched again only once it has passed.
        let mut next_timer = timer(0);
        let mut cost = 0;
        for (n, &gap) in gaps.iter().enumerate() {
            if next_timer.is_some_and(|next| next.ended <= gap.began) {
                next_timer = timer(n);
            }
            let asked = Asked::at(gap.began).with_next_timer(next_timer.map(|next| next.ended));
            cost += cost_ms(policy.plan(asked), gap.ms(), self.wake_cost_ms);
            policy.gap(gap);
        }
        let end = self.spans[i].end_ms.saturating_sub(*silence_ms);
        let asked = Asked::at(dormouse_core::Wall::from_ms(end));
        cost + silence_cost_ms(policy.plan(asked), *silence_ms, self.wake_cost_ms)
    }
}

/// The gaps of an instance within its span, in order of time, and the silence up to the horizon in ms.
fn gaps_of(instance: &Instance, span: Span) -> (Vec<Gap>, u64) {
    let (ended, cut_off): (Vec<_>, Vec<_>) =
        span.idle_gaps(&instance.events).partition(|gap| gap.by.is_some());
    (ended.into_iter().filter_map(policy_gap).collect(), cut_off.first().map_or(0, |gap| gap.ms()))
}
