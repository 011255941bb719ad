//! What is asked of a fleet: the same of every part of it.

use dormouse_rows::{Counts, Labels};
use dormouse_sim::{Horizon, Job};
use serde::{Deserialize, Serialize};

use crate::{Best, Content};

/// What is asked, by name and value: two answers can be put together if they answer the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What the fleet is called in rows.
    pub trace: String,
    /// The watcher's design.
    pub watcher: String,
    /// The platform.
    pub platform: String,
    /// Seed of the keyed draws.
    pub seed: u64,
    /// Idle timeouts in ms, ascending.
    pub timeouts_ms: Vec<u64>,
    /// The span that is replayed: `common`, `per-instance`, or ms from the trace's start.
    pub horizon: String,
    /// What a wake is worth in ms awake, where each instance chooses a timeout of its own.
    pub beta_ms: Option<u64>,
    /// Everything else that a count depends on, a line each: the watcher's settings and the world's parameters.
    pub parameters: Vec<String>,
}

impl Question {
    /// The question that `job` puts to the fleet of this name, whatever part of it the job is about. `watcher` names the design
    /// in rows.
    #[must_use]
    pub fn new(trace: &str, watcher: &str, job: &Job<'_>, beta_ms: Option<u64>) -> Self {
        let Job { setup, horizon, variants: timeouts_ms, .. } = *job;
        // The timeout is each row's own.
        let settings = setup.settings.with_idle_timeout_ms(0);
        let parameters = format!("{settings:#?}\n{}", setup.world);
        Self {
            trace: trace.to_owned(),
            watcher: watcher.to_owned(),
            platform: setup.world.platform.clone(),
            seed: setup.seed,
            timeouts_ms: timeouts_ms.to_vec(),
            horizon: match horizon {
                Horizon::Common => "common".to_owned(),
                Horizon::PerInstance => "per-instance".to_owned(),
                Horizon::Until(end_ms) => format!("{end_ms} ms"),
            },
            beta_ms,
            parameters: parameters.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// What its rows say about where they come from.
    #[must_use]
    pub fn labels(&self) -> Labels {
        let Self { trace, watcher, platform, seed, .. } = self.clone();
        Labels { trace, watcher, platform, seed }
    }

    /// In what `other` asks something else; `None` if it asks the same.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<String> {
        let named = [
            ("trace", self.trace.clone(), other.trace.clone()),
            ("watcher", self.watcher.clone(), other.watcher.clone()),
            ("platform", self.platform.clone(), other.platform.clone()),
            ("seed", self.seed.to_string(), other.seed.to_string()),
            ("horizon", self.horizon.clone(), other.horizon.clone()),
            ("timeouts_ms", format!("{:?}", self.timeouts_ms), format!("{:?}", other.timeouts_ms)),
            ("beta_ms", format!("{:?}", self.beta_ms), format!("{:?}", other.beta_ms)),
        ];
        let named = named.into_iter().find(|(_, mine, theirs)| mine != theirs);
        let lines = || self.parameters.iter().zip(&other.parameters).find(|(mine, theirs)| mine != theirs);
        match named {
            Some((what, mine, theirs)) => Some(format!("{what} is {mine} in one and {theirs} in the other")),
            None if self.parameters == other.parameters => None,
            None => Some(lines().map_or("other parameters".to_owned(), |(mine, theirs)| {
                format!("`{}` in one is `{}` in the other", mine.trim(), theirs.trim())
            })),
        }
    }
}

/// The counts of some instances at all timeouts: sums, which merge in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// In the timeouts' order.
    pub counts: Vec<Counts>,
    /// Each instance at its own best timeout, if that was asked.
    pub best: Option<Best>,
}

impl Answer {
    /// Of no instance yet.
    #[must_use]
    pub fn none(timeouts: usize, beta_ms: Option<u64>) -> Self {
        Self {
            counts: vec![Counts::default(); timeouts],
            best: beta_ms.map(|beta_ms| Best::new(beta_ms, timeouts)),
        }
    }

    /// Of the instances of `job`, which are whole, as part of a fleet that holds `fleet`: a common horizon is the fleet's.
    #[must_use]
    pub fn of(job: &Job<'_>, fleet: &Content, beta_ms: Option<u64>) -> Self {
        let job = job.horizon(job.horizon.resolved(fleet.end_of_work_ms));
        let Some(beta_ms) = beta_ms else { return Self { counts: job.totals(), best: None } };
        let mut answer = Self::none(job.variants.len(), Some(beta_ms));
        for instance in &job.per_instance() {
            answer.counts.iter_mut().zip(instance).for_each(|(total, counts)| total.merge(counts));
            answer.best.iter_mut().for_each(|best| best.add(instance));
        }
        answer.sort();
        answer
    }

    /// Adds all instances of `other`, which was asked the same.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, theirs)| mine.merge(theirs));
        if let (Some(mine), Some(theirs)) = (&mut self.best, &other.best) {
            mine.merge(theirs);
        }
    }

    /// Sorts the delays that are kept, so that equal answers are equal values.
    pub fn sort(&mut self) {
        self.counts.iter_mut().for_each(|counts| counts.delays.sort());
        self.best.iter_mut().for_each(|best| best.counts.delays.sort());
    }
}
