//! Many instances at many timeouts, on all threads.

use dormouse_core::Settings;
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
    /// All instances start awake at 0 and end after this many ms; later events are left out.
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

/// The counts of a sweep, by timeout and instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Sums over all instances, one for each timeout, in the timeouts' order.
    totals: Vec<Counts>,
}

impl Outcome {
    /// The counts for each timeout over all instances, in the order in which the timeouts were given.
    #[must_use]
    pub fn per_timeout(&self) -> &[Counts] {
        &self.totals
    }
}

/// Replays every instance of `trace` at every idle timeout (in ms, each above zero), on all of rayon's threads. The counts
/// do not depend on their number. `played` is told, from any thread, how many events were replayed since it was last called.
#[must_use]
pub fn sweep(trace: &Trace, timeouts_ms: &[u64], setup: &Setup, horizon: Horizon, played: &(dyn Fn(u64) + Sync)) -> Outcome {
    let setups: Vec<Setup> = timeouts_ms
        .iter()
        .map(|&idle_timeout_ms| Setup { settings: Settings { idle_timeout_ms, ..setup.settings }, ..setup.clone() })
        .collect();
    // The last instant is asked of the trace once, not once an instance.
    let common = Horizon::Common.span(trace, &Instance::new("", dormouse_trace::Events::new()));
    let span = |instance: &Instance| if horizon == Horizon::Common { common } else { horizon.span(trace, instance) };

    let oracle_suspended_ms = trace
        .instances
        .par_iter()
        .map(|instance| oracle_suspended_ms(&instance.events, span(instance), &setup.world))
        .sum();
    // One flat list of (instance, timeout), so that a single instance keeps all threads busy too.
    let none = || vec![Counts::default(); setups.len()];
    let mut totals = (0..trace.instances.len() * setups.len())
        .into_par_iter()
        .fold(none, |mut totals, i| {
            let (instance, timeout) = (&trace.instances[i / setups.len()], i % setups.len());
            totals[timeout].merge(&run(instance, span(instance), &setups[timeout], Ticks::ThatMatter, &mut ()));
            played(instance.events.len() as u64);
            totals
        })
        .reduce(none, |mut left, right| {
            for (mine, theirs) in left.iter_mut().zip(&right) {
                mine.merge(theirs);
            }
            left
        });
    for total in &mut totals {
        total.oracle_suspended_ms = oracle_suspended_ms;
        total.delays.sort();
    }
    Outcome { totals }
}
