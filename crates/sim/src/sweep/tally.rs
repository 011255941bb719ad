//! What the idle timeouts of one instance have counted.

use std::ops::Range;

use crate::audit::{Cycles, Shared};
use crate::rows::{Class, Counts, Delays};
use crate::run::Counted;

/// The counts of each timeout.
///
/// A cohort's counts are those of a range of timeouts. They are kept as differences between neighbours, so adding them costs the
/// same for any number of timeouts.
pub(super) struct Tally {
    /// What each timeout has more than the one before it, as wrapping integers.
    more: Vec<[u64; Counts::INTEGERS]>,
    /// Delays above zero, each with its range of timeouts.
    delays_ms: Vec<(Range<u32>, u64)>,
    /// Delays that a cohort had too many of to keep each.
    many_delays: Vec<(Range<usize>, Delays)>,
    /// The recent sleep cycles of each timeout.
    cycles: Vec<Cycles>,
}

/// Indices into the integers of [`Counts`].
const SUSPENDED_MS: usize = 0;
const SHORT_SLEEPS: usize = 5;
const FLAPPING: usize = Counts::INTEGERS - Class::ALL.len() + Class::Flapping as usize;

impl Tally {
    /// Nothing, for `timeouts` timeouts.
    pub(super) fn new(timeouts: usize) -> Self {
        Self {
            more: vec![[0; Counts::INTEGERS]; timeouts + 1],
            delays_ms: Vec::new(),
            many_delays: Vec::new(),
            cycles: vec![Cycles::default(); timeouts],
        }
    }

    /// Adds to one integer of some timeouts, wrapping.
    fn add_to(&mut self, integer: usize, lanes: Range<usize>, added: u64) {
        let more = &mut self.more;
        more[lanes.start][integer] = more[lanes.start][integer].wrapping_add(added);
        more[lanes.end][integer] = more[lanes.end][integer].wrapping_sub(added);
    }

    fn add(&mut self, lanes: Range<usize>, integers: &[u64; Counts::INTEGERS]) {
        let (first, beyond) = (lanes.start, lanes.end);
        for (more, added) in self.more[first].iter_mut().zip(integers) {
            *more = more.wrapping_add(*added);
        }
        for (more, added) in self.more[beyond].iter_mut().zip(integers) {
            *more = more.wrapping_sub(*added);
        }
    }

    /// Takes what timeouts have counted in common.
    pub(super) fn take(&mut self, Counted { lanes, end_ms, shared }: Counted<'_>) {
        let Shared { counts, cycles, flapping_cycles, otherwise_short } = shared;
        let integers = counts.integers();
        for lanes in lanes {
            self.add(lanes.clone(), &integers);
        }
        counts.clear_integers();
        if let Some(each) = counts.delays.take_each() {
            for ms in each {
                self.delays_ms.extend(lanes.iter().map(|lanes| (lanes.start as u32..lanes.end as u32, ms)));
            }
        } else {
            let delays = std::mem::take(&mut counts.delays);
            self.many_delays.extend(lanes.iter().map(|lanes| (lanes.clone(), delays.clone())));
        }
        for (lanes, more) in otherwise_short.drain(..) {
            self.add_to(SHORT_SLEEPS, lanes, if more { 1 } else { u64::MAX });
        }
        for at_ms in cycles.drain(..) {
            for lane in lanes.iter().cloned().flatten() {
                if self.cycles[lane].end(at_ms, flapping_cycles).is_some() && at_ms < end_ms {
                    self.add_to(FLAPPING, lane..lane + 1, 1);
                }
            }
        }
    }

    /// These timeouts sleep for `ms` less than what their cohort will count, or more if negative.
    pub(super) fn sleep_less(&mut self, lanes: Range<usize>, ms: i64) {
        self.add_to(SUSPENDED_MS, lanes, ms.wrapping_neg() as u64);
    }

    /// The counts of each timeout.
    pub(super) fn counts(mut self) -> Vec<Counts> {
        let mut sum = [0_u64; Counts::INTEGERS];
        let timeouts = self.more.len() - 1;
        let mut counts: Vec<Counts> = self.more[..timeouts]
            .iter()
            .map(|more| {
                sum.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.wrapping_add(*more));
                let mut counts = Counts::from_integers(sum);
                counts.settle();
                counts
            })
            .collect();
        // Sorted once, they are sorted for each timeout.
        self.delays_ms.sort_unstable_by_key(|&(_, ms)| ms);
        for (lanes, ms) in self.delays_ms {
            for counts in &mut counts[lanes.start as usize..lanes.end as usize] {
                counts.delays.push(ms);
            }
        }
        for (lanes, delays) in self.many_delays {
            counts[lanes].iter_mut().for_each(|counts| counts.delays.merge(&delays));
        }
        counts
    }
}
