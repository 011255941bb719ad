//! Policies on one trace, in the whole world and under its auditor.

use dormouse_rows::Counts;
use dormouse_sim::{Account, Block, Job, Ledger, Setup, run_with_policy};
use dormouse_text::{DAY_MS, quantile};
use rayon::prelude::*;

use crate::known::Known;
use crate::recipe::Recipe;

/// A comparison that is ready to be played.
pub struct Compare<'a> {
    known: &'a Known<'a>,
    setup: &'a Setup,
    recipes: &'a [Recipe],
}

/// What came of one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Which.
    pub recipe: Recipe,
    /// What the auditor counted, all instances together.
    pub counts: Counts,
    /// What it paid, in ms of idle time: all time awake without work, and beta for each wake.
    pub cost_ms: i64,
    /// The same day by day; the days add up to it.
    pub daily_ms: Vec<i64>,
    /// What it would pay in a world without latencies.
    pub ideal_ms: u64,
}

impl Outcome {
    /// The nearest-rank quantile of the daily costs, in ms; 0 without days.
    #[must_use]
    pub fn daily_quantile_ms(&self, per_mille: u64) -> i64 {
        let mut daily = self.daily_ms.clone();
        daily.sort_unstable();
        quantile(&daily, per_mille).unwrap_or(0)
    }
}

impl<'a> Compare<'a> {
    /// Each of `recipes` on the trace of `known`, in the world of `setup`.
    #[must_use]
    pub const fn new(known: &'a Known<'a>, setup: &'a Setup, recipes: &'a [Recipe]) -> Self {
        Self { known, setup, recipes }
    }

    /// Plays them on all of rayon's threads; the outcomes, in the recipes' order, do not depend on the number of threads.
    #[must_use]
    pub fn outcomes(&self) -> Vec<Outcome> {
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
                    idle.suspended_ms as i64 - day.suspended_ms as i64 + (day.wakes * known.beta_ms()) as i64
                })
                .collect();
            Outcome {
                recipe: recipe.clone(),
                counts: account.counts,
                cost_ms: daily_ms.iter().sum(),
                daily_ms,
                ideal_ms: known.cost_ms(recipe),
            }
        };
        recipes.par_iter().zip(accounts).map(outcome).collect()
    }

    /// The days of machines that sleep whenever there is neither work nor client: how long that is.
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
