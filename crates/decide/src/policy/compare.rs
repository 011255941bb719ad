//! Compares policies on one trace, in the full simulation with its auditor.

use dormouse_sim::rows::Counts;
use dormouse_sim::{Account, Block, Job, Ledger, Setup, run_with_policy};
use dormouse_text::{DAY_MS, quantile};
use rayon::prelude::*;

use crate::policy::recipe::Recipe;
use crate::policy::trace_gaps::TraceGaps;

/// A comparison that is ready to run.
pub struct Compare<'a> {
    known: &'a TraceGaps<'a>,
    setup: &'a Setup,
    recipes: &'a [Recipe],
}

/// The result of one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyResult {
    /// The policy.
    pub recipe: Recipe,
    /// What the auditor counted, summed over all instances.
    pub counts: Counts,
    /// Its cost in ms of idle time: all time awake without work, and beta for each wake.
    pub cost_ms: i64,
    /// The same cost per day; the days add up to it.
    pub daily_ms: Vec<i64>,
    /// Its cost in a world without latencies, in ms of idle time.
    pub ideal_ms: u64,
}

impl PolicyResult {
    /// The nearest-rank quantile of the daily costs, in ms; 0 without days.
    #[must_use]
    pub fn daily_quantile_ms(&self, per_mille: u64) -> i64 {
        let mut daily = self.daily_ms.clone();
        daily.sort_unstable();
        quantile(&daily, per_mille).unwrap_or(0)
    }
}

impl<'a> Compare<'a> {
    /// A comparison of `recipes` on the trace of `known`, in the world of `setup`.
    #[must_use]
    pub const fn new(known: &'a TraceGaps<'a>, setup: &'a Setup, recipes: &'a [Recipe]) -> Self {
        Self { known, setup, recipes }
    }

    /// Runs it on all of rayon's threads. The results are in the order of the recipes and do not depend on the
    /// number of threads.
    #[must_use]
    pub fn outcomes(&self) -> Vec<PolicyResult> {
        let Self { known, setup, recipes } = *self;
        let accounts = Job::new(known.trace(), recipes, setup).horizon(known.horizon()).totals_by(|task| {
            let mut days = Ledger::new(task.span, DAY_MS, 0);
            let mut policy = task.variant.make(known, task.index);
            let counts = run_with_policy(task.instance, task.span, setup, policy.as_mut(), &mut days);
            Account { counts, blocks: days.close() }
        });
        let idle = self.idle();
        let outcome = |(recipe, account): (&Recipe, Account)| {
            let daily_ms: Vec<i64> = idle
                .iter()
                .zip(account.blocks)
                .map(|(idle, day)| {
                    idle.suspended_ms as i64 - day.suspended_ms as i64
                        + (day.wakes * known.wake_cost_ms()) as i64
                })
                .collect();
            PolicyResult {
                recipe: recipe.clone(),
                counts: account.counts,
                cost_ms: daily_ms.iter().sum(),
                daily_ms,
                ideal_ms: known.cost_ms(recipe),
            }
        };
        recipes.par_iter().zip(accounts).map(outcome).collect()
    }

    /// Blocks, one per day, of machines that sleep whenever there is neither work nor a client: the idle time of each day.
    fn idle(&self) -> Vec<Block> {
        let mut all = Vec::new();
        for ((gaps, silence_ms), &span) in self.known.gaps().iter().zip(self.known.spans()) {
            let mut days = Ledger::new(span, DAY_MS, 0);
            for gap in gaps {
                days.slept(gap.began.as_ms(), gap.ended.as_ms());
            }
            days.slept(span.end_ms - silence_ms, span.end_ms);
            Block::add_each(&mut all, &days.close());
        }
        all
    }
}
