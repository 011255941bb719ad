//! Runs many trials on all threads.

use std::ops::Range;

use dormouse_core::Design;
use dormouse_sim::rows::{Class, Counts};
use rayon::prelude::*;

use crate::search::{Profile, SearchReport, Shrunk, Trial};

/// Number of trials that a thread takes at a time.
const BATCH: u64 = 64;

/// A search for missed work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// The watcher's design.
    pub design: Design,
    /// The profile of the worlds.
    pub profile: Profile,
}

impl Search {
    /// Plays the trials of `seeds` on all of rayon's threads. The report does not depend on the number of threads.
    #[must_use]
    pub fn run(&self, seeds: Range<u64>) -> SearchReport {
        let batches = seeds.end.saturating_sub(seeds.start).div_ceil(BATCH);
        let reports: Vec<SearchReport> = (0..batches)
            .into_par_iter()
            .map(|batch| {
                let first = seeds.start + batch * BATCH;
                self.batch(first..seeds.end.min(first + BATCH))
            })
            .collect();
        reports.iter().fold(SearchReport::default(), |mut all, next| {
            all.append(next);
            all
        })
    }

    fn batch(&self, seeds: Range<u64>) -> SearchReport {
        let mut all = SearchReport::default();
        for seed in seeds {
            let trial = Trial::draw(self.design, self.profile, seed);
            let counts = trial.play(&mut all.coverage);
            let missed: Vec<Class> = self.missed(&trial, &counts).collect();
            all.add(seed, &trial, &counts, &missed);
        }
        all
    }

    /// The classes in `counts` that count in this trial's world.
    pub(crate) fn missed<'a>(
        &self,
        trial: &'a Trial,
        counts: &'a Counts,
    ) -> impl Iterator<Item = Class> + 'a {
        let profile = self.profile;
        Class::ALL.into_iter().filter(move |&class| {
            counts.violations[class as usize] > 0 && profile.counts(class, &trial.setup)
        })
    }

    /// Shrinks the trial of `seed` as long as it still shows `class`. A trial that does not show it is returned unchanged.
    #[must_use]
    pub fn shrink(&self, seed: u64, class: Class) -> Shrunk {
        Shrunk::of(*self, Trial::draw(self.design, self.profile, seed), class)
    }
}
