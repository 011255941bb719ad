//! What many trials came to.

use dormouse_sim::Faults;
use dormouse_sim::rows::{Class, Counts};

use crate::search::{Coverage, Trial};

/// So many failures of a class are remembered.
const KEPT: usize = 64;

/// A trial that shows a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// Machine time played up to its end, all trials from the first seed on together, in ms.
    pub after_ms: u64,
}

/// How often a class was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Trials that show it.
    pub trials: u64,
    /// The first of them, at most 64.
    pub first: Vec<Failure>,
}

/// What the trials of some seeds came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchReport {
    /// Trials played.
    pub trials: u64,
    /// Machine time played, in ms.
    pub machine_ms: u64,
    /// The part of it in trials in which something may go wrong.
    pub under_faults_ms: u64,
    /// Events that arrived.
    pub events: u64,
    /// Freezes that landed.
    pub suspends: u64,
    /// Trials in which something counts as missed.
    pub failed: u64,
    /// What was reached.
    pub coverage: Coverage,
    found: [Found; Class::ALL.len()],
}

impl SearchReport {
    /// How often `class` was found.
    #[must_use]
    pub const fn found(&self, class: Class) -> &Found {
        &self.found[class as usize]
    }

    /// The classes that were found.
    pub fn classes(&self) -> impl Iterator<Item = (Class, &Found)> {
        Class::ALL.into_iter().map(|class| (class, self.found(class))).filter(|(_, found)| found.trials > 0)
    }

    /// Was anything found?
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.failed == 0
    }

    /// Adds the trial of `seed`, which came to `counts`; `missed` are the classes that count. What it reached is added by whoever
    /// observed it.
    pub(crate) fn add(&mut self, seed: u64, trial: &Trial, counts: &Counts, missed: &[Class]) {
        self.trials += 1;
        self.machine_ms += trial.horizon_ms;
        if trial.setup.world.faults != Faults::default() {
            self.under_faults_ms += trial.horizon_ms;
        }
        self.events += trial.events.len() as u64;
        self.suspends += counts.suspends;
        self.failed += u64::from(!missed.is_empty());
        for &class in missed {
            let found = &mut self.found[class as usize];
            found.trials += 1;
            if found.first.len() < KEPT {
                found.first.push(Failure { seed, after_ms: self.machine_ms });
            }
        }
    }

    /// Adds the report of the seeds that come next.
    pub fn append(&mut self, next: &Self) {
        let (before_ms, pairs) = (self.machine_ms, self.found.iter_mut().zip(&next.found));
        for (mine, theirs) in pairs {
            mine.trials += theirs.trials;
            let room = KEPT - mine.first.len();
            let later = theirs.first.iter().take(room);
            mine.first.extend(later.map(|one| Failure { after_ms: before_ms + one.after_ms, ..*one }));
        }
        self.trials += next.trials;
        self.machine_ms += next.machine_ms;
        self.under_faults_ms += next.under_faults_ms;
        self.events += next.events;
        self.suspends += next.suspends;
        self.failed += next.failed;
        self.coverage.merge(&next.coverage);
    }
}
