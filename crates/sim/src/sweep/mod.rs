//! Every timeout at once: [`Engine::Sweep`](crate::Engine::Sweep).
//!
//! A curve over idle timeouts needs a result for each timeout on the same traffic, and a replay starts from the beginning
//! for each of them. But a timeout can only see the *gaps* that are at least as long as itself, and timeouts that sleep through the
//! same gap are woken by the same event. So the sweep finds the gaps once, and then goes from gap to gap with *cohorts* of
//! timeouts, each of which is one run of the simulator:
//!
//! ```text
//! traffic     ||||||||||||||      |||||||||||||||||||||||||||||                 ||||||||
//! 30 s        ------------->Zz.w..------------>Zz...........................w...------->
//!                                                                           :            one cohort again
//! 10 min      ------------------------------------------------>         Zz..w...------->
//!             served at once      served at once               played      served again
//! ```
//!
//! What is *played* (a quiesce, a freeze, a wake, a drain, an abandoned attempt, faults) is played by the simulator itself,
//! from just before the gap until the gateway is up, connected and resting again. So there is no second model of the physics
//! that could disagree with the first, and the sweep supports every design, switch, latency and fault of the simulator. Its
//! counts equal those of the replay to the last integer, including the multiset of delays and the violations by class.
//! `crates/sim/docs/kernel.md` explains how the sweep works, what it costs, and where it gains nothing.

#![expect(clippy::vec_box, reason = "cohorts move from list to list, and each is larger than a kilobyte")]

mod gaps;
mod tally;

use std::ops::Range;

use rayon::prelude::*;

use crate::oracle::oracle_suspended_ms;
use crate::rows::Counts;
use crate::run::{Cohort, Part, Stop, Target};
use crate::setup::Setup;
use gaps::{Gap, Gaps};
use tally::Tally;

/// A sweep over some timeouts in one world.
pub(crate) struct Sweep<'a> {
    /// The timeouts in ms, ascending.
    timeouts_ms: Vec<u64>,
    /// The index of each in the caller's order.
    places: Vec<usize>,
    setup: &'a Setup,
    /// The number of groups of neighbouring timeouts that are swept in parallel. More groups share less.
    groups: usize,
}

impl<'a> Sweep<'a> {
    /// `instances` is the number of instances that will be swept in parallel.
    pub(crate) fn new(timeouts_ms: &[u64], setup: &'a Setup, instances: usize) -> Self {
        let mut ascending: Vec<(u64, usize)> = timeouts_ms.iter().copied().zip(0..).collect();
        ascending.sort_unstable();
        let (timeouts_ms, places) = ascending.into_iter().unzip();
        // Two instances for each thread keep all threads busy.
        let threads = rayon::current_num_threads();
        let groups = if instances < 2 * threads { threads } else { 1 };
        Self { timeouts_ms, places, setup, groups }
    }

    /// Counts one instance at all timeouts, in the caller's order. `played` is called, from any thread, once for each timeout.
    pub(crate) fn instance(&self, part: &Part<'_>, played: &(impl Fn() + Sync)) -> Vec<Counts> {
        let Some(&shortest_ms) = self.timeouts_ms.first() else { return Vec::new() };
        let (settings, world) = (&self.setup.settings, &self.setup.world);
        let (gaps, oracle_suspended_ms) = rayon::join(
            || Gaps::of(part, settings, world, shortest_ms),
            || oracle_suspended_ms(part.events(), part.span(), world),
        );
        let share = self.timeouts_ms.len().div_ceil(self.groups);
        let counts = self.timeouts_ms.par_chunks(share).flat_map_iter(|timeouts_ms| {
            let counts = self.group(part, &gaps, timeouts_ms);
            timeouts_ms.iter().for_each(|_| played());
            counts
        });
        let mut ordered = vec![Counts::default(); self.places.len()];
        for (place, counts) in self.places.iter().zip(counts.collect::<Vec<_>>()) {
            ordered[*place] = Counts { oracle_suspended_ms, ..counts };
        }
        ordered
    }

    /// Counts one instance at some of the timeouts.
    fn group(&self, part: &Part<'_>, gaps: &Gaps, timeouts_ms: &[u64]) -> Vec<Counts> {
        let setup = |timeout_ms: u64| Setup {
            settings: self.setup.settings.with_idle_timeout_ms(timeout_ms),
            ..self.setup.clone()
        };
        let starts: Vec<(Setup, Range<usize>)> = if Cohort::can_share(self.setup) {
            vec![(setup(timeouts_ms[0]), 0..timeouts_ms.len())]
        } else {
            timeouts_ms.iter().enumerate().map(|(lane, &ms)| (setup(ms), lane..lane + 1)).collect()
        };
        let cohorts =
            starts.iter().map(|(setup, lanes)| Box::new(Cohort::new(part, setup, lanes.clone()))).collect();
        let mut pass = Pass::new(timeouts_ms, gaps, cohorts);
        gaps.all.iter().for_each(|gap| pass.gap(gap));
        pass.finish()
    }
}

/// One pass over the gaps with some timeouts.
struct Pass<'a, 's> {
    timeouts_ms: &'a [u64],
    gaps: &'a Gaps,
    cohorts: Vec<Box<Cohort<'s>>>,
    tally: Tally,
    /// The cohorts that see the present gap and have not been played through it.
    under_way: Vec<Box<Cohort<'s>>>,
    /// Those of them that rest at its beginning.
    resting: Vec<Box<Cohort<'s>>>,
    /// Memory of cohorts that were united with others.
    spare: Vec<Box<Cohort<'s>>>,
}

impl<'a, 's> Pass<'a, 's> {
    fn new(timeouts_ms: &'a [u64], gaps: &'a Gaps, cohorts: Vec<Box<Cohort<'s>>>) -> Self {
        Self {
            timeouts_ms,
            gaps,
            cohorts,
            tally: Tally::new(timeouts_ms.len()),
            under_way: Vec::new(),
            resting: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Plays all cohorts that see `gap` up to the event that ends it.
    fn gap(&mut self, gap: &Gap) {
        let timeouts_ms = self.timeouts_ms;
        self.under_way
            .extend(self.cohorts.extract_if(.., |cohort| timeouts_ms[cohort.shortest()] <= gap.reach_ms));
        if self.under_way.len() > 1 {
            self.bring_together(gap);
        }
        while let Some(cohort) = self.under_way.pop() {
            self.play(cohort, gap);
        }
    }

    /// Plays the cohorts to the beginning of the gap, and unites those that are alike there.
    fn bring_together(&mut self, gap: &Gap) {
        let target = self.target(gap, true);
        let mut under_way = std::mem::take(&mut self.under_way);
        for mut cohort in under_way.drain(..) {
            match cohort.play(target) {
                Stop::Arrived => self.cohorts.push(cohort),
                Stop::Divides { at, to_sleep } => {
                    self.divide(cohort, at, to_sleep, gap);
                }
                Stop::Rests => match self.resting.iter_mut().find(|other| other.is_like(&cohort)) {
                    Some(other) => {
                        self.tally.take(other.counted());
                        self.tally.take(cohort.counted());
                        other.unite(&cohort, self.timeouts_ms);
                        self.spare.push(cohort);
                    }
                    None => self.resting.push(cohort),
                },
            }
        }
        self.under_way = std::mem::replace(&mut self.resting, under_way);
    }

    /// Plays a cohort, and those that it divides into, up to the event that ends the gap.
    fn play(&mut self, mut cohort: Box<Cohort<'s>>, gap: &Gap) {
        match cohort.play(self.target(gap, false)) {
            Stop::Divides { at, to_sleep } => self.divide(cohort, at, to_sleep, gap),
            Stop::Arrived | Stop::Rests => self.cohorts.push(cohort),
        }
    }

    /// Divides a cohort, and plays both up to the event that ends the gap.
    fn divide(&mut self, mut cohort: Box<Cohort<'s>>, at: usize, to_sleep: bool, gap: &Gap) {
        self.tally.take(cohort.counted());
        let mut longer = cohort.divide(at, self.timeouts_ms, self.spare.pop());
        let played = self.cohorts.len();
        self.play(cohort, gap);
        if to_sleep {
            self.take_in_sleepers(&mut longer, played);
        }
        if longer.is_empty() {
            self.spare.push(longer);
        } else {
            self.play(longer, gap);
        }
    }

    /// The cohorts from the index `played` on were divided from `longer` for an attempt to sleep. Others that will fall asleep
    /// likewise need not be played: timeouts of `longer`, and of the cohorts that have not been played through this gap.
    fn take_in_sleepers(&mut self, longer: &mut Cohort<'s>, played: usize) {
        let mut attempts = self.cohorts[played..].iter_mut();
        let Some((attempt, asleep)) = attempts.find_map(|cohort| Some((cohort.attempt(longer)?, cohort)))
        else {
            return;
        };
        let (timeouts_ms, tally) = (self.timeouts_ms, &mut self.tally);
        for other in &mut self.under_way {
            tally.take(other.counted());
            asleep.take_in_sleepers(&attempt, Some(longer), other, timeouts_ms, |lanes, ms| {
                tally.sleep_less(lanes, ms);
            });
        }
        asleep.take_in_sleepers(&attempt, None, longer, timeouts_ms, |lanes, ms| tally.sleep_less(lanes, ms));
        self.spare.extend(self.under_way.extract_if(.., |cohort| cohort.is_empty()));
    }

    fn target<'t>(&self, gap: &'t Gap, at_rest: bool) -> Target<'t>
    where
        'a: 't,
    {
        Target {
            timeouts_ms: self.timeouts_ms,
            stretch: &gap.stretch,
            only_messages_from: self.gaps.only_messages_from,
            users: self.gaps.users,
            at_rest,
        }
    }

    /// Ends all cohorts.
    fn finish(mut self) -> Vec<Counts> {
        for cohort in &mut self.cohorts {
            cohort.finish();
            self.tally.take(cohort.counted());
        }
        self.tally.counts()
    }
}

#[cfg(test)]
mod tests {
    use dormouse_core::Design;
    use dormouse_trace::{Event, Instance, Kind};

    use super::*;
    use crate::run::Span;

    const MINUTE_MS: u64 = 60_000;

    /// How many cohorts sixty timeouts of half a minute to half an hour are in, after messages with these gaps, in minutes.
    fn cohorts_after(design: Design, gaps_min: &[u64]) -> usize {
        let mut at_ms = 0;
        let events = gaps_min.iter().map(|gap_min| {
            at_ms += gap_min * MINUTE_MS;
            Event { at_ms, kind: Kind::Inbound, work_ms: 1000 }
        });
        let instance = Instance::new("a", events.collect());
        // Up to the moment before they would part again.
        let part = Part::new(&instance, Span { start_ms: 0, end_ms: at_ms + 10_000 });
        let timeouts_ms: Vec<u64> = (1..=60).map(|i| i * MINUTE_MS / 2).collect();
        let setup =
            Setup { settings: design.settings().with_idle_timeout_ms(timeouts_ms[0]), ..Setup::new(design) };
        let gaps = Gaps::of(&part, &setup.settings, &setup.world, timeouts_ms[0]);
        let mut pass = Pass::new(&timeouts_ms, &gaps, vec![Box::new(Cohort::new(&part, &setup, 0..60))]);
        gaps.all.iter().for_each(|gap| pass.gap(gap));
        pass.cohorts.len()
    }

    #[test]
    fn timeouts_part_in_a_gap_that_some_sleep_through_and_meet_again_in_a_longer_one() {
        for design in [Design::Dormouse, Design::Fenced] {
            // Timeouts up to nine and a half minutes sleep through ten minutes.
            assert_eq!(cohorts_after(design, &[10]), 2, "{design:?}");
            assert_eq!(cohorts_after(design, &[10, 20]), 2, "{design:?}");
            assert_eq!(cohorts_after(design, &[20, 10]), 3, "{design:?}");
            assert_eq!(cohorts_after(design, &[20, 10, 60]), 1, "{design:?}");
        }
    }
}
