//! The ideal curve: the cost of every timeout at once, for a machine without ticks and latencies.
//!
//! Such a machine falls asleep the moment it has been idle for the timeout, and its wakes delay no work. Its cost is a sum
//! over its idle gaps `g` (end of work to the next arrival):
//!
//! ```text
//! C(T) = Σ f(g, T),   f(g, T) = rho · min(g, T) + W · [g > T]
//! ```
//!
//! where `rho` is the price of idle time and `W` the price of a wake. The gaps are sorted and summed up once; after that,
//! each timeout takes a binary search. Between two gap lengths the curve rises, with a slope of `rho` times the number of gaps
//! longer than `T`. At a gap length it drops by `W` for each gap of that length. So its minima are at 0, at gap lengths, or
//! beyond the longest gap ("never sleep"), and [`Ideal::best`] finds the lowest in one pass.
//!
//! [`Ideal`] keeps every gap, for all timeouts. [`IdealSums`] keeps a few sums for each of the timeouts that are asked
//! about, so it can add up a fleet that does not fit into memory.
//!
//! The ideal curve is a reference to compare the real curve with. The real one, with ticks, a freeze lag, a cooldown and a
//! fence, comes from a [`Job`](crate::Job).
//!
//! ```
//! use dormouse_sim::ideal::{Ideal, IdealPrice};
//!
//! // Five gaps of 10 s, one of 10 min, and a final silence of an hour that no arrival ends before the horizon.
//! let ideal = Ideal::new([10_000, 10_000, 600_000, 10_000, 10_000, 10_000], [3_600_000]);
//! let at = ideal.at(60_000);
//! assert_eq!((at.idle_ms, at.wakes, at.asleep_ms), (5 * 10_000 + 2 * 60_000, 1, 540_000 + 3_540_000));
//!
//! // Where a wake is worth 20 s of idle time, the short gaps are not worth sleeping in.
//! let best = ideal.best(IdealPrice { idle_ms: 1, wake: 20_000 });
//! assert_eq!((best.timeout_ms, best.wakes), (10_000, 1));
//! ```

use dormouse_trace::{IdleGap, Instance, Trace};
use rayon::prelude::*;

use crate::Horizon;

/// The prices of idling and waking, in whole units of the caller's choice, for instance billionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdealPrice {
    /// A millisecond idle and awake, on top of what a millisecond asleep costs: `rho`.
    pub idle_ms: u64,
    /// A wake, all its costs included: `W`.
    pub wake: u64,
}

/// One timeout of the ideal curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdealPoint {
    /// The timeout in ms; [`u64::MAX`] means never sleeping.
    pub timeout_ms: u64,
    /// Time idle and awake, in ms.
    pub idle_ms: u64,
    /// Time asleep, in ms.
    pub asleep_ms: u64,
    /// Sleeps that an arrival ends: gaps longer than the timeout.
    pub wakes: u64,
}

impl IdealPoint {
    /// The cost `C(T)` at these prices.
    #[must_use]
    pub fn cost(&self, price: IdealPrice) -> u128 {
        u128::from(self.idle_ms) * u128::from(price.idle_ms) + u128::from(self.wakes) * u128::from(price.wake)
    }
}

/// Gaps sorted by length, with their running sum.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sorted {
    gaps_ms: Vec<u64>,
    /// `sums_ms[i]` is the sum of the first `i` gaps.
    sums_ms: Vec<u64>,
}

impl Sorted {
    fn new(gaps_ms: impl IntoIterator<Item = u64>) -> Self {
        let mut gaps_ms: Vec<u64> = gaps_ms.into_iter().collect();
        gaps_ms.sort_unstable();
        let running = gaps_ms.iter().scan(0_u64, |sum, &gap| {
            *sum = sum.saturating_add(gap);
            Some(*sum)
        });
        let sums_ms = std::iter::once(0).chain(running).collect();
        Self { gaps_ms, sums_ms }
    }

    fn total_ms(&self) -> u64 {
        self.sums_ms[self.gaps_ms.len()]
    }

    /// `Σ min(g, T)`, and the number of gaps longer than `T`.
    fn cut(&self, timeout_ms: u64) -> (u64, u64) {
        let not_longer = self.gaps_ms.partition_point(|&gap| gap <= timeout_ms);
        let longer = (self.gaps_ms.len() - not_longer) as u64;
        // Where no gap is longer than the timeout, this product is 0, however large the timeout is.
        (self.sums_ms[not_longer].saturating_add(longer.saturating_mul(timeout_ms)), longer)
    }
}

/// The idle gaps of a trace, prepared to evaluate any timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ideal {
    /// Gaps that an arrival ended.
    gaps: Sorted,
    /// Silences that the horizon cut off. The machine idles and sleeps in them, but nothing wakes it.
    cut_off: Sorted,
}

impl Ideal {
    /// Takes the gaps that an arrival ended and the silences that the horizon cut off, in ms and in any order. Sums saturate
    /// at 2^64 ms. O(n log n).
    #[must_use]
    pub fn new(gaps_ms: impl IntoIterator<Item = u64>, cut_off_ms: impl IntoIterator<Item = u64>) -> Self {
        Self { gaps: Sorted::new(gaps_ms), cut_off: Sorted::new(cut_off_ms) }
    }

    /// Takes the [idle gaps](crate::Span::idle_gaps) of all instances. The time before an instance's first arrival is a gap; the
    /// time after its last end of work is a silence that was cut off. Work that starts by itself ends gaps too, since in a
    /// world without latencies it starts when it is due.
    #[must_use]
    pub fn of(trace: &Trace, horizon: Horizon) -> Self {
        let (mut gaps, mut cut_off) = (Vec::new(), Vec::new());
        for (instance, span) in trace.instances.iter().zip(horizon.spans(trace)) {
            for gap in span.idle_gaps(&instance.events) {
                if gap.by.is_some() { &mut gaps } else { &mut cut_off }.push(gap.ms());
            }
        }
        Self::new(gaps, cut_off)
    }

    /// The point of the curve at this timeout. O(log n).
    #[must_use]
    pub fn at(&self, timeout_ms: u64) -> IdealPoint {
        let ((ended, wakes), (open, _)) = (self.gaps.cut(timeout_ms), self.cut_off.cut(timeout_ms));
        let (idle_ms, all) =
            (ended.saturating_add(open), self.gaps.total_ms().saturating_add(self.cut_off.total_ms()));
        IdealPoint { timeout_ms, idle_ms, asleep_ms: all - idle_ms, wakes }
    }

    /// The points at which the curve can have a minimum, in ascending order: timeout 0, each gap length, and never.
    ///
    /// They are the whole Pareto set of idle time against wakes: where no gap length lies between two timeouts, the
    /// shorter one idles less and wakes as often.
    pub fn corners(&self) -> impl Iterator<Item = IdealPoint> + '_ {
        let gaps = &self.gaps.gaps_ms;
        let lengths = gaps.chunk_by(|a, b| a == b).map(|equal| equal[0]).filter(|&gap| gap > 0);
        std::iter::once(0)
            .chain(lengths)
            .chain(std::iter::once(u64::MAX))
            .map(|timeout_ms| self.at(timeout_ms))
    }

    /// The cheapest point; of equally cheap points, the one with the shortest timeout.
    #[must_use]
    pub fn best(&self, price: IdealPrice) -> IdealPoint {
        // `min_by_key` keeps the first of equals.
        self.corners().min_by_key(|point| point.cost(price)).unwrap_or_else(|| self.at(0))
    }

    /// The clairvoyant's cost: `Σ min(rho · g, W)`. Silences that the horizon cuts off cost nothing, since no wake follows.
    #[must_use]
    pub fn clairvoyant(&self, price: IdealPrice) -> u128 {
        let gap = |&gap: &u64| (u128::from(gap) * u128::from(price.idle_ms)).min(u128::from(price.wake));
        self.gaps.gaps_ms.iter().map(gap).sum()
    }
}

/// The ideal curve at some timeouts: sums over gaps, in memory that does not depend on their number.
///
/// ```
/// use dormouse_sim::ideal::{Ideal, IdealSums};
/// use dormouse_sim::Horizon;
/// use dormouse_trace::generate::{Spec, generate};
///
/// let trace = generate(&Spec::preset_with("webhooks", &[("span", "2d"), ("instances", "3")])?, 1)?;
/// let horizon = Horizon::Common.resolved(trace.end_of_work_ms());
/// let (mut first, mut others) = (IdealSums::new(&[60_000, 300_000]), IdealSums::new(&[60_000, 300_000]));
/// first.add(&trace.instances[..1], horizon);
/// others.add(&trace.instances[1..], horizon);
/// first.merge(&others);
/// let all = Ideal::of(&trace, Horizon::Common);
/// assert_eq!(first.points(), [all.at(60_000), all.at(300_000)]);
/// # Ok::<(), dormouse_trace::TraceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdealSums {
    /// Ascending.
    timeouts_ms: Vec<u64>,
    /// The gaps up to the first timeout, those between it and the second, and so on; last, those longer than all.
    between: Vec<Gaps>,
}

/// Some gaps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Gaps {
    /// How many there are.
    count: u64,
    /// How many of them an arrival ended.
    ended: u64,
    /// Their length together, in ms.
    sum_ms: u64,
}

impl Gaps {
    /// Sums saturate at 2^64 ms.
    fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            ended: self.ended + other.ended,
            sum_ms: self.sum_ms.saturating_add(other.sum_ms),
        }
    }
}

impl IdealSums {
    /// Of no gap yet, at these timeouts in ms, which must be in ascending order.
    #[must_use]
    pub fn new(timeouts_ms: &[u64]) -> Self {
        Self { timeouts_ms: timeouts_ms.to_vec(), between: vec![Gaps::default(); timeouts_ms.len() + 1] }
    }

    /// Adds the gaps of these instances, on all of rayon's threads. They are those of [`Ideal::of`]. If the instances are a
    /// part of a trace, a common horizon must have been [resolved](Horizon::resolved).
    pub fn add(&mut self, instances: &[Instance], horizon: Horizon) {
        let horizon =
            horizon.resolved(instances.iter().map(|each| each.events.end_of_work_ms()).max().unwrap_or(0));
        let none = || Self::new(&self.timeouts_ms);
        let added = instances.par_iter().fold(none, |mut sums, instance| {
            horizon
                .span(&Trace::default(), instance)
                .idle_gaps(&instance.events)
                .for_each(|gap| sums.add_gap(gap));
            sums
        });
        let added = added.reduce(none, |mut sums, more| {
            sums.merge(&more);
            sums
        });
        self.merge(&added);
    }

    fn add_gap(&mut self, gap: IdleGap) {
        let place = self.timeouts_ms.partition_point(|&timeout| timeout < gap.ms());
        let gaps = &mut self.between[place];
        *gaps = gaps.and(Gaps { count: 1, ended: u64::from(gap.by.is_some()), sum_ms: gap.ms() });
    }

    /// Adds the gaps of `other`, which is about the same timeouts.
    pub fn merge(&mut self, other: &Self) {
        self.between.iter_mut().zip(&other.between).for_each(|(mine, theirs)| *mine = mine.and(*theirs));
    }

    /// The points of the curve, in the order of the timeouts.
    #[must_use]
    pub fn points(&self) -> Vec<IdealPoint> {
        let all = self.between.iter().fold(Gaps::default(), |all, gaps| all.and(*gaps));
        let mut shorter = Gaps::default();
        let points = self.timeouts_ms.iter().zip(&self.between).map(|(&timeout_ms, gaps)| {
            shorter = shorter.and(*gaps);
            let cut_ms = (all.count - shorter.count).saturating_mul(timeout_ms);
            let idle_ms = shorter.sum_ms.saturating_add(cut_ms).min(all.sum_ms);
            IdealPoint {
                timeout_ms,
                idle_ms,
                asleep_ms: all.sum_ms - idle_ms,
                wakes: all.ended - shorter.ended,
            }
        });
        points.collect()
    }
}
