//! The results of many trials.

use dormouse_sim::Faults;
use dormouse_sim::rows::{Class, Counts};

use crate::search::{Coverage, Trial};

/// The most failures of a class that are kept.
const KEPT: usize = 64;

/// A trial in which a class of missed work occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Its seed.
    pub seed: u64,
    /// Machine time played until its end, in ms, summed over all trials from the first seed on.
    pub after_ms: u64,
}

/// The failures of one class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Number of trials with this class.
    pub trials: u64,
    /// The first such trials, at most 64.
    pub first: Vec<Failure>,
}

/// The results of the trials of a range of seeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchReport {
    /// Trials played.
    pub trials: u64,
    /// Machine time played, in ms.
    pub machine_ms: u64,
    /// The part of `machine_ms` in trials with faults.
    pub under_faults_ms: u64,
    /// Events that arrived.
    pub events: u64,
    /// Freezes that landed.
    pub suspends: u64,
    /// Trials with missed work that counts.
    pub failed: u64,
    /// The coverage of all trials.
    pub coverage: Coverage,
    found: [Found; Class::ALL.len()],
}

impl SearchReport {
    /// The failures of `class`.
    #[must_use]
    pub const fn found(&self, class: Class) -> &Found {
        &self.found[class as usize]
    }

    /// The classes that were found.
    pub fn classes(&self) -> impl Iterator<Item = (Class, &Found)> {
        Class::ALL.into_iter().map(|class| (class, self.found(class))).filter(|(_, found)| found.trials > 0)
    }

    /// Was any missed work found?
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.failed == 0
    }

    /// Adds the trial of `seed` with its `counts`; `missed` are the classes that count. The caller adds the coverage.
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

    /// Adds the report of the following seeds.
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
