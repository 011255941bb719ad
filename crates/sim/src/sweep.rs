//! Many instances at many timeouts, on all threads.

use dormouse_rows::Counts;
use dormouse_trace::{Instance, Trace};
use rayon::prelude::*;

use crate::oracle::oracle_suspended_ms;
use crate::params::Setup;
use crate::run::{Span, Ticks, run};

/// Which part of time is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Horizon {
    /// All instances start awake at 0 and end at the latest end of work in the trace.
    Common,
    /// Each instance starts at its own first event and ends at its own last end of work.
    PerInstance,
    /// All instances start awake at 0 and end after this many ms; events behind that are left out.
    Until(u64),
}

impl Horizon {
    /// The span of one of the trace's instances.
    #[must_use]
    pub fn span(self, trace: &Trace, instance: &Instance) -> Span {
        match self {
            Self::Common => Span { start_ms: 0, end_ms: trace.end_of_work_ms() },
            Self::PerInstance => Span {
                start_ms: instance.events.first_at_ms().unwrap_or(0),
                end_ms: instance.events.end_of_work_ms(),
            },
            Self::Until(end_ms) => Span { start_ms: 0, end_ms },
        }
    }
}

/// A sweep that is ready to be played: every instance of a trace at every timeout.
pub struct Sweep<'a> {
    trace: &'a Trace,
    /// One setup for each timeout.
    setups: Vec<Setup>,
    /// One span for each instance.
    spans: Vec<Span>,
    /// Told, from any thread, how many events were replayed since it was last called.
    played: &'a (dyn Fn(u64) + Sync),
}

impl<'a> Sweep<'a> {
    /// Every instance of `trace` at every idle timeout (in ms, each above zero).
    #[must_use]
    pub fn new(trace: &'a Trace, timeouts_ms: &[u64], setup: &Setup, horizon: Horizon) -> Self {
        let with = |&idle_timeout_ms| Setup {
            settings: setup.settings.with_idle_timeout_ms(idle_timeout_ms),
            ..setup.clone()
        };
        let spans = match horizon {
            // The last end of work is asked of the trace once, not once an instance.
            Horizon::Common => {
                vec![Span { start_ms: 0, end_ms: trace.end_of_work_ms() }; trace.instances.len()]
            }
            _ => trace.instances.iter().map(|instance| horizon.span(trace, instance)).collect(),
        };
        Self { trace, setups: timeouts_ms.iter().map(with).collect(), spans, played: &|_| {} }
    }

    /// The same, telling `played` from any thread how many events were replayed since it was last called.
    #[must_use]
    pub fn with_progress(self, played: &'a (dyn Fn(u64) + Sync)) -> Self {
        Self { played, ..self }
    }

    /// Plays it on all of rayon's threads: the sums over all instances, in the timeouts' order. They do not depend on the
    /// number of threads.
    #[must_use]
    pub fn totals(&self) -> Vec<Counts> {
        // One flat list of (instance, timeout), so that a single instance keeps all threads busy too.
        let none = || vec![Counts::default(); self.setups.len()];
        let mut totals = (0..self.trace.instances.len() * self.setups.len())
            .into_par_iter()
            .fold(none, |mut totals, i| {
                let (instance, timeout) = (i / self.setups.len(), i % self.setups.len());
                totals[timeout].merge(&self.play(instance, timeout));
                totals
            })
            .reduce(none, |mut left, right| {
                for (mine, theirs) in left.iter_mut().zip(&right) {
                    mine.merge(theirs);
                }
                left
            });
        let oracle_suspended_ms =
            (0..self.trace.instances.len()).into_par_iter().map(|i| self.oracle(i)).sum();
        for total in &mut totals {
            total.oracle_suspended_ms = oracle_suspended_ms;
            total.delays.sort();
        }
        totals
    }

    /// Plays it on all of rayon's threads: for each instance, in the trace's order, its counts in the timeouts' order.
    #[must_use]
    pub fn per_instance(&self) -> Vec<Vec<Counts>> {
        (0..self.trace.instances.len())
            .into_par_iter()
            .map(|instance| {
                let oracle_suspended_ms = self.oracle(instance);
                (0..self.setups.len())
                    .into_par_iter()
                    .map(|timeout| {
                        let mut counts = self.play(instance, timeout);
                        counts.oracle_suspended_ms = oracle_suspended_ms;
                        counts.delays.sort();
                        counts
                    })
                    .collect()
            })
            .collect()
    }

    fn play(&self, instance: usize, timeout: usize) -> Counts {
        let (setup, span) = (&self.setups[timeout], self.spans[instance]);
        let instance = &self.trace.instances[instance];
        let counts = run(instance, span, setup, Ticks::ThatMatter, &mut ());
        (self.played)(instance.events.len() as u64);
        counts
    }

    fn oracle(&self, instance: usize) -> u64 {
        let world = self.setups.first().map(|setup| &setup.world);
        world.map_or(0, |world| {
            oracle_suspended_ms(&self.trace.instances[instance].events, self.spans[instance], world)
        })
    }
}
