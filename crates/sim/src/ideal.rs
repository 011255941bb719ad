//! The ideal curve: every timeout at once, for a machine without a watcher's habits.
//!
//! A machine that falls asleep the moment it has been idle for the timeout, with no tick, no latency and no wake that pushes
//! work back, has a cost that is a sum over its idle gaps `g` (end of work to the next arrival):
//!
//! ```text
//! C(T) = Σ f(g, T),   f(g, T) = rho · min(g, T) + W · [g > T]
//! ```
//!
//! with `rho` the price of idle time and `W` the price of a wake. With the gaps sorted and summed up once, each timeout is a
//! binary search. Between two gaps the curve rises, with slope `rho` times the gaps longer than `T`; at a gap it drops by `W`
//! for each gap of that length. So its minima lie at 0, at gaps, or beyond the longest ("never sleep"), and [`Ideal::best`]
//! finds the least of them in one pass.
//!
//! It is a ruler beside the real curve and not the real curve: that one has ticks, a freeze lag, a cooldown and a fence, and
//! is a [`Job`](crate::Job)'s.
//!
//! ```
//! use dormouse_sim::ideal::{Ideal, Price};
//!
//! // Five gaps of 10 s, one of 10 min, and a silence of an hour up to the horizon that nobody ends.
//! let ideal = Ideal::new([10_000, 10_000, 600_000, 10_000, 10_000, 10_000], [3_600_000]);
//! let at = ideal.at(60_000);
//! assert_eq!((at.idle_ms, at.wakes, at.asleep_ms), (5 * 10_000 + 2 * 60_000, 1, 540_000 + 3_540_000));
//!
//! // Where a wake is worth 20 s of idle time, the short gaps are not worth sleeping in.
//! let best = ideal.best(Price { idle_ms: 1, wake: 20_000 });
//! assert_eq!((best.timeout_ms, best.wakes), (10_000, 1));
//! ```

use dormouse_trace::Trace;

use crate::Horizon;

/// What idling and waking cost, in whole units of the caller's choice, for instance billionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// A millisecond idle and awake, beyond what it costs asleep: `rho`.
    pub idle_ms: u64,
    /// A wake, all included: `W`.
    pub wake: u64,
}

/// One timeout of the ideal curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdealPoint {
    /// The timeout in ms; [`u64::MAX`] stands for never sleeping.
    pub timeout_ms: u64,
    /// Time idle and awake, in ms.
    pub idle_ms: u64,
    /// Time asleep, in ms.
    pub asleep_ms: u64,
    /// Sleeps that an arrival ends: gaps longer than the timeout.
    pub wakes: u64,
}

impl IdealPoint {
    /// `C(T)`.
    #[must_use]
    pub fn cost(&self, price: Price) -> u128 {
        u128::from(self.idle_ms) * u128::from(price.idle_ms) + u128::from(self.wakes) * u128::from(price.wake)
    }
}

/// Gaps in order of length, with their running sum.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sorted {
    gaps_ms: Vec<u64>,
    /// `sums_ms[i]`: the first `i` gaps together.
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

    /// `Σ min(g, T)`, and how many gaps are longer than `T`.
    fn cut(&self, timeout_ms: u64) -> (u64, u64) {
        let not_longer = self.gaps_ms.partition_point(|&gap| gap <= timeout_ms);
        let longer = (self.gaps_ms.len() - not_longer) as u64;
        // A timeout that no gap outlasts does not matter, however large it is.
        (self.sums_ms[not_longer].saturating_add(longer.saturating_mul(timeout_ms)), longer)
    }
}

/// The idle gaps of a trace, ready to answer for every timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ideal {
    /// Gaps that an arrival ended.
    gaps: Sorted,
    /// Silences that the horizon cut off: a machine idles and sleeps in them, but nothing wakes it.
    cut_off: Sorted,
}

impl Ideal {
    /// From gaps that an arrival ended, and silences that the horizon cut off, all in ms and in any order. Sums beyond 2^64 ms
    /// stay there. O(n log n).
    #[must_use]
    pub fn new(gaps_ms: impl IntoIterator<Item = u64>, cut_off_ms: impl IntoIterator<Item = u64>) -> Self {
        Self { gaps: Sorted::new(gaps_ms), cut_off: Sorted::new(cut_off_ms) }
    }

    /// From the [idle gaps](crate::Span::idle_gaps) of all instances. The time before an instance's first arrival is one, and the time
    /// after its last end of work is cut off. In a world without latencies work that starts by itself comes when it is due, so it
    /// ends gaps as well.
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

    /// What comes of this timeout. O(log n).
    #[must_use]
    pub fn at(&self, timeout_ms: u64) -> IdealPoint {
        let ((ended, wakes), (open, _)) = (self.gaps.cut(timeout_ms), self.cut_off.cut(timeout_ms));
        let (idle_ms, all) =
            (ended.saturating_add(open), self.gaps.total_ms().saturating_add(self.cut_off.total_ms()));
        IdealPoint { timeout_ms, idle_ms, asleep_ms: all - idle_ms, wakes }
    }

    /// The points at which the curve can have a minimum, in ascending order: timeout 0, each length of a gap, never.
    ///
    /// They are the whole Pareto set of idle time against wakes: of two timeouts between which no gap ends, the shorter one
    /// idles less and wakes as often.
    pub fn corners(&self) -> impl Iterator<Item = IdealPoint> + '_ {
        let gaps = &self.gaps.gaps_ms;
        let lengths = gaps.chunk_by(|a, b| a == b).map(|equal| equal[0]).filter(|&gap| gap > 0);
        std::iter::once(0)
            .chain(lengths)
            .chain(std::iter::once(u64::MAX))
            .map(|timeout_ms| self.at(timeout_ms))
    }

    /// The cheapest point; of several the one with the shortest timeout.
    #[must_use]
    pub fn best(&self, price: Price) -> IdealPoint {
        // `min_by_key` keeps the first of equals.
        self.corners().min_by_key(|point| point.cost(price)).unwrap_or_else(|| self.at(0))
    }

    /// What a clairvoyant pays: `Σ min(rho · g, W)`; silences that the horizon cuts off cost nothing, since nothing wakes.
    #[must_use]
    pub fn clairvoyant(&self, price: Price) -> u128 {
        let gap = |&gap: &u64| (u128::from(gap) * u128::from(price.idle_ms)).min(u128::from(price.wake));
        self.gaps.gaps_ms.iter().map(gap).sum()
    }
}
