//! Policies on one trace, in the whole world and under its auditor.

use dormouse_rows::Counts;
use dormouse_sim::{Block, Ledger, Setup, oracle_suspended_ms, run_with_policy};
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
        let instances = &self.known.trace().instances;
        let oracle_suspended_ms: u64 = instances
            .par_iter()
            .zip(self.known.spans())
            .map(|(instance, &span)| oracle_suspended_ms(&instance.events, span, &self.setup.world))
            .sum();
        let idle = self.idle();
        self.recipes
            .par_iter()
            .map(|recipe| {
                let none = || (Counts::default(), Vec::new());
                let add = |(mut counts, mut days): (_, Vec<Block>), (more, more_days): (_, Vec<Block>)| {
                    Counts::merge(&mut counts, &more);
                    Block::add_each(&mut days, &more_days);
                    (counts, days)
                };
                let played = (0..instances.len()).into_par_iter().map(|i| self.play(recipe, i));
                let (mut counts, days) = played.fold(none, add).reduce(none, add);
                counts.oracle_suspended_ms = oracle_suspended_ms;
                counts.delays.sort();
                let daily_ms: Vec<i64> = idle
                    .iter()
                    .zip(days)
                    .map(|(idle, day)| {
                        idle.suspended_ms as i64 - day.suspended_ms as i64
                            + (day.wakes * self.known.beta_ms()) as i64
                    })
                    .collect();
                let ideal_ms = self.known.cost_ms(recipe);
                Outcome { recipe: recipe.clone(), counts, cost_ms: daily_ms.iter().sum(), daily_ms, ideal_ms }
            })
            .collect()
    }

    fn play(&self, recipe: &Recipe, i: usize) -> (Counts, Vec<Block>) {
        let span = self.known.spans()[i];
        let mut days = Ledger::new(span, DAY_MS, 0);
        let mut policy = recipe.make(self.known, i);
        let instance = &self.known.trace().instances[i];
        let counts = run_with_policy(instance, span, self.setup, policy.as_mut(), &mut days);
        (counts, days.close())
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
