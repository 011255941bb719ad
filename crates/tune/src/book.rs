//! Every timeout replayed in the real watcher's world, with an account of every block of time.

use dormouse_rows::Counts;
use dormouse_sim::{Block, Horizon, Ledger, Setup, Ticks, run};
use dormouse_text::DAY_MS;
use dormouse_trace::Trace;
use rayon::prelude::*;

/// What one block is: the unit that is resampled, since what happens within it hangs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 24 hours from the start of the trace, all instances together.
    Day,
    /// Seven days, of a trace that has [`ENOUGH_WEEKS`] of them.
    Week,
    /// An instance's whole life: instances with a clock of their own have no day in common.
    Instance,
}

impl Unit {
    /// One of them, in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Instance => "instance",
        }
    }
}

/// From so many weeks on, weeks are resampled, which keeps what the days of a week have in common. With fewer, the days are:
/// an interval from a handful of blocks is wider than what it is for.
pub const ENOUGH_WEEKS: usize = 26;

/// The accounts of a trace at several timeouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// The timeouts in ms, ascending.
    pub timeouts_ms: Vec<u64>,
    /// For each timeout, all counts.
    pub counts: Vec<Counts>,
    /// For each timeout, its blocks in order of time; as many for each.
    pub blocks: Vec<Vec<Block>>,
    /// What a block is.
    pub unit: Unit,
}

impl Book {
    /// Replays `trace` at every one of `timeouts_ms` (ascending, each above zero), on all of rayon's threads. Whoever wakes
    /// pays for at least `minimum_bill_ms`; `played` is told, from any thread, how many events were replayed since it was
    /// last called.
    ///
    /// Random draws are keyed, so all timeouts meet the same world, and the difference between two of them is a paired one.
    #[must_use]
    pub fn of(
        trace: &Trace,
        timeouts_ms: &[u64],
        setup: &Setup,
        horizon: Horizon,
        minimum_bill_ms: u64,
        played: &(dyn Fn(u64) + Sync),
    ) -> Self {
        let own_clocks = horizon == Horizon::PerInstance && trace.instances.len() > 1;
        let block_ms = if own_clocks { u64::MAX } else { DAY_MS };
        let end_ms = trace.end_of_work_ms();
        let count = timeouts_ms.len();
        let entry = |place: usize| {
            let (instance, timeout) = (&trace.instances[place / count], place % count);
            let span = match horizon {
                // The last end of work is asked of the trace once, not once an instance.
                Horizon::Common => dormouse_sim::Span { start_ms: 0, end_ms },
                other => other.span(trace, instance),
            };
            let mut ledger = Ledger::new(span, block_ms, minimum_bill_ms);
            let mut setup = setup.clone();
            setup.settings.idle_timeout_ms = timeouts_ms[timeout];
            let counts = run(instance, span, &setup, Ticks::ThatMatter, &mut ledger);
            played(instance.events.len() as u64);
            (timeout, counts, ledger.close())
        };
        let none = || vec![(Counts::default(), Vec::new()); count];
        let all: Vec<(Counts, Vec<Block>)> = if own_clocks {
            // A block for each instance, in the trace's order.
            let entries: Vec<_> = (0..trace.instances.len() * count).into_par_iter().map(entry).collect();
            entries.into_iter().fold(none(), |mut all, (timeout, counts, blocks)| {
                all[timeout].0.merge(&counts);
                all[timeout].1.extend(blocks);
                all
            })
        } else {
            let add =
                |all: &mut Vec<(Counts, Vec<Block>)>, timeout: usize, counts: &Counts, blocks: &[Block]| {
                    let (total, mine) = &mut all[timeout];
                    total.merge(counts);
                    Block::add_each(mine, blocks);
                };
            (0..trace.instances.len() * count)
                .into_par_iter()
                .map(entry)
                .fold(none, |mut all, (timeout, counts, blocks)| {
                    add(&mut all, timeout, &counts, &blocks);
                    all
                })
                .reduce(none, |mut left, right| {
                    for (timeout, (counts, blocks)) in right.iter().enumerate() {
                        add(&mut left, timeout, counts, blocks);
                    }
                    left
                })
        };
        let (mut counts, blocks): (Vec<Counts>, Vec<Vec<Block>>) = all.into_iter().unzip();
        counts.iter_mut().for_each(|counts| counts.delays.sort());
        let unit = if own_clocks { Unit::Instance } else { Unit::Day };
        Self { timeouts_ms: timeouts_ms.to_vec(), counts, blocks, unit }.in_weeks_if_enough()
    }

    /// How many instances a month's cost is of: all of them under a common clock, and one where each has its own.
    #[must_use]
    pub fn together(&self) -> u64 {
        match self.unit {
            Unit::Day | Unit::Week => self.counts.first().map_or(1, |counts| counts.instances.max(1)),
            Unit::Instance => 1,
        }
    }

    /// How many blocks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.first().map_or(0, Vec::len)
    }

    /// Is there no block?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Days put together into weeks, if there are [`ENOUGH_WEEKS`]. Days behind the last whole week join it.
    fn in_weeks_if_enough(mut self) -> Self {
        let weeks = self.len() / 7;
        if self.unit == Unit::Day && weeks >= ENOUGH_WEEKS {
            for blocks in &mut self.blocks {
                let mut joined = vec![Block::default(); weeks];
                for (day, block) in blocks.iter().enumerate() {
                    joined[(day / 7).min(weeks - 1)].add(block);
                }
                *blocks = joined;
            }
            self.unit = Unit::Week;
        }
        self
    }
}
