//! Many instances at many timeouts, on all threads.

use dormouse_rows::Counts;
use dormouse_sim::{Horizon, Part, Setup, Span, oracle_suspended_ms};
use dormouse_trace::Trace;
use rayon::prelude::*;

use crate::gaps::Gaps;
use crate::lane::Lane;

/// A sweep that is ready to be computed: every instance of a trace at every timeout. The same counts, to the last integer, as
/// [`dormouse_sim::Sweep`] replays, and the same methods.
pub struct Sweep<'a> {
    trace: &'a Trace,
    /// Ascending timeouts in ms, each with its place in the caller's order.
    lanes: Vec<(u64, usize)>,
    setup: &'a Setup,
    horizon: Horizon,
    /// Told, from any thread, how many events were dealt with since it was last called.
    played: &'a (dyn Fn(u64) + Sync),
}

impl<'a> Sweep<'a> {
    /// Every instance of `trace` at every idle timeout (in ms, each above zero).
    #[must_use]
    pub fn new(trace: &'a Trace, timeouts_ms: &[u64], setup: &'a Setup, horizon: Horizon) -> Self {
        let mut lanes: Vec<(u64, usize)> = timeouts_ms.iter().copied().zip(0..).collect();
        lanes.sort_unstable();
        Self { trace, lanes, setup, horizon, played: &|_| {} }
    }

    /// The same, telling `played` from any thread how many events were dealt with since it was last called, each of them once
    /// for each timeout.
    #[must_use]
    pub fn with_progress(self, played: &'a (dyn Fn(u64) + Sync)) -> Self {
        Self { played, ..self }
    }

    /// Computes it on all of rayon's threads: the sums over all instances, in the timeouts' order. They do not depend on the
    /// number of threads.
    #[must_use]
    pub fn totals(&self) -> Vec<Counts> {
        let none = || vec![Counts::default(); self.lanes.len()];
        let add = |mut totals: Vec<Counts>, more: Vec<Counts>| {
            totals.iter_mut().zip(&more).for_each(|(total, more)| total.merge(more));
            totals
        };
        let mut totals =
            self.parts().into_par_iter().map(|part| self.instance(&part)).fold(none, add).reduce(none, add);
        totals.par_iter_mut().for_each(|total| total.delays.sort());
        totals
    }

    /// Computes it on all of rayon's threads: for each instance, in the trace's order, its counts in the timeouts' order.
    #[must_use]
    pub fn per_instance(&self) -> Vec<Vec<Counts>> {
        let sorted = |mut counts: Vec<Counts>| {
            counts.iter_mut().for_each(|counts| counts.delays.sort());
            counts
        };
        self.parts().into_par_iter().map(|part| sorted(self.instance(&part))).collect()
    }

    /// One part for each instance.
    fn parts(&self) -> Vec<Part<'a>> {
        let instances = self.trace.instances.iter();
        match self.horizon {
            // The last end of work is asked of the trace once, not once an instance.
            Horizon::Common => {
                let span = Span { start_ms: 0, end_ms: self.trace.end_of_work_ms() };
                instances.map(|instance| Part::new(instance, span)).collect()
            }
            _ => instances
                .map(|instance| Part::new(instance, self.horizon.span(self.trace, instance)))
                .collect(),
        }
    }

    /// One instance at all timeouts, in the caller's order.
    fn instance(&self, part: &Part<'_>) -> Vec<Counts> {
        let Some(&(shortest_ms, _)) = self.lanes.first() else { return Vec::new() };
        let (settings, world) = (self.setup.settings, &self.setup.world);
        let (gaps, oracle_suspended_ms) = rayon::join(
            || Gaps::of(part, &settings, world, shortest_ms),
            || oracle_suspended_ms(part.events(), part.span(), world),
        );
        // No lane sleeps more often than the shortest one, as a rule; what is not drawn ahead is drawn when it comes.
        let ahead = part.draw_ahead(self.setup, if self.lanes.len() > 1 { gaps.all.len() as u64 } else { 0 });
        let part = &part.with(&ahead);
        let share = self.lanes.len().div_ceil(4 * rayon::current_num_threads());
        let mut counts: Vec<(usize, Counts)> = self
            .lanes
            .par_chunks(share)
            .flat_map_iter(|lanes| {
                let mut lane = Lane::new(&gaps, lanes[0].0);
                let mut setup = self.setup.clone();
                lanes.iter().map(move |&(idle_timeout_ms, place)| {
                    lane.narrow(idle_timeout_ms);
                    setup.settings = settings.with_idle_timeout_ms(idle_timeout_ms);
                    let counts = Counts { oracle_suspended_ms, ..lane.play(part, &setup) };
                    (self.played)(part.range().len() as u64);
                    (place, counts)
                })
            })
            .collect();
        counts.sort_unstable_by_key(|&(place, _)| place);
        counts.into_iter().map(|(_, counts)| counts).collect()
    }
}
