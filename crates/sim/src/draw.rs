//! Random draws keyed by their purpose.
//!
//! A draw depends only on its key (seed, instance, what, occasion), not on the order of calls or on the thread. So both
//! engines, and any division of a fleet, draw the same values. An [occasion](Occasions) is identified by the events of the trace
//! that have arrived, and not by how often the machine slept before. So two idle timeouts, or two watchers, that sleep through
//! the same gap meet the same freeze lag and the same resume: what differs between them is their own doing (common random
//! numbers).

use dormouse_text::DAY_MS;
use dormouse_trace::keyed;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use serde::{Deserialize, Serialize};

/// The purpose of a draw. The discriminant is part of the key, so its meaning must never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum What {
    /// The time from an accepted suspend to its freeze.
    FreezeLag = 1,
    /// The duration of a resume.
    Resume = 2,
    /// The duration of a start without a snapshot.
    ColdStart = 3,
    /// The time a poke takes to arrive.
    Poke = 4,
    /// The duration of a dial.
    Dial = 5,
    /// The duration of a lever call.
    LeverCall = 6,
    /// The phase of the platform timer's looks. It is drawn once, with ordinal 0.
    PlatformPhase = 7,
    /// The time a gateway's request to its own wake URL takes to arrive.
    OwnPoke = 8,
    /// Whether a message is a button or a command, whose entry is never acked.
    Button = 9,
    /// A random decision of a policy. The ordinal is that of the gap.
    Policy = 10,
    /// The first of the faults' keys. Each fault adds its index.
    Fault = 100,
}

impl What {
    /// One more than the greatest discriminant of a latency: the number of kinds whose [occasions](Occasions) must be told apart.
    pub const LATENCIES: usize = Self::OwnPoke as usize + 1;
}

/// Numbers the occasions on which `N` kinds of values are drawn.
///
/// The ordinal of an occasion consists of the number of the instance's events that have arrived and the number of draws of
/// the same kind since the last of them. So it is forgotten with the next event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasions<const N: usize> {
    /// The number of events that had arrived at the last draw.
    events: u64,
    /// The number of draws of each kind since then.
    drawn: [u16; N],
}

impl<const N: usize> Occasions<N> {
    /// Nothing was drawn yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { events: 0, drawn: [0; N] }
    }

    /// The ordinal of a draw of `kind` (below `N`) after `events` events of the instance's trace have arrived. Ordinals are
    /// unique for up to 2^16 draws of one kind between two events and up to 2^48 events; beyond that, values repeat.
    ///
    /// # Panics
    /// If `kind` is `N` or more.
    #[inline]
    pub fn next(&mut self, events: u64, kind: usize) -> u64 {
        if self.events != events {
            *self = Self { events, drawn: [0; N] };
        }
        let nth = self.drawn[kind];
        self.drawn[kind] = nth.wrapping_add(1);
        events << 16 | u64::from(nth)
    }

    /// The number of draws of each kind that later draws must be told from, if `events` events have arrived.
    #[inline]
    pub(crate) fn drawn(&self, events: u64) -> [u16; N] {
        if self.events == events { self.drawn } else { [0; N] }
    }
}

impl<const N: usize> Default for Occasions<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// The draws of one instance. Public so that another world than the simulated one (a testbed, for instance) can draw the
/// same values.
#[derive(Debug, Clone, Copy)]
pub struct Draws {
    seed: u64,
    instance: u64,
}

impl Draws {
    /// The draws of the instance with this [key](dormouse_trace::Instance::key_of).
    #[must_use]
    pub const fn new(seed: u64, instance: u64) -> Self {
        Self { seed, instance }
    }

    /// The random number generator for one draw.
    fn rng(self, what: u64, ordinal: u64) -> ChaCha8Rng {
        keyed([self.seed, self.instance, what, ordinal])
    }

    /// The latency for this purpose on the [occasion](Occasions::next) `ordinal`, in ms.
    #[must_use]
    pub fn latency(self, latency: &Latency, what: What, ordinal: u64) -> u64 {
        if let Latency::Fixed(ms) = *latency {
            return ms;
        }
        latency.sample(&mut self.rng(what as u64, ordinal))
    }

    /// A number from 0 up to but not including 1.
    #[must_use]
    pub fn share(self, what: What, ordinal: u64) -> f64 {
        self.rng(what as u64, ordinal).random()
    }

    /// A whole number below `bound`; 0 if `bound` is 0.
    pub(crate) fn below(self, bound: u64, what: What, ordinal: u64) -> u64 {
        if bound == 0 { 0 } else { self.rng(what as u64, ordinal).random_range(0..bound) }
    }

    /// Does a fault with this probability strike? `index` identifies the fault.
    pub(crate) fn strikes(self, probability: f64, index: u64, ordinal: u64) -> bool {
        self.chance(probability, What::Fault as u64 + index, ordinal)
    }

    /// Is this message a button?
    pub(crate) fn is_button(self, share: f64, ordinal: u64) -> bool {
        self.chance(share, What::Button as u64, ordinal)
    }

    fn chance(self, probability: f64, what: u64, ordinal: u64) -> bool {
        probability > 0.0 && self.rng(what, ordinal).random::<f64>() < probability
    }
}

/// A latency in milliseconds, fixed or drawn.
///
/// In TOML: a number (`420`), a list to draw from with equal probability (`[2250, 3830]`), or a table: `{ uniform = [360, 400] }`
/// (whole ms, both ends included), `{ lognormal = { median_ms = 400, sigma = 0.3 } }`, `{ exponential = { mean_ms = 400 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Latency {
    /// Always this value, in ms.
    Fixed(u64),
    /// One of these measured values, with equal probability.
    Empirical(Vec<u64>),
    /// A named distribution.
    Drawn(Distributed),
}

/// The distributions that a [`Latency`] can be drawn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distributed {
    /// Whole milliseconds from the first to the second, both included.
    Uniform([u64; 2]),
    /// `median_ms · exp(sigma · Z)` with standard normal Z, rounded.
    Lognormal {
        /// The median, in ms.
        median_ms: f64,
        /// The standard deviation of the logarithm.
        sigma: f64,
    },
    /// Exponential, rounded.
    Exponential {
        /// The mean, in ms.
        mean_ms: f64,
    },
}

/// The longest latency in ms, a day. Longer values that are drawn are cut to it.
const LONGEST_MS: f64 = DAY_MS as f64;

impl Latency {
    fn sample(&self, rng: &mut ChaCha8Rng) -> u64 {
        let ms = match self {
            Self::Fixed(ms) => return *ms,
            Self::Empirical(values) => return values[rng.random_range(0..values.len())],
            Self::Drawn(Distributed::Uniform([low, high])) => return rng.random_range(*low..=*high),
            Self::Drawn(Distributed::Lognormal { median_ms, sigma }) => {
                let z: f64 = StandardNormal.sample(rng);
                median_ms * libm::exp(sigma * z)
            }
            Self::Drawn(Distributed::Exponential { mean_ms }) => {
                let e: f64 = Exp1.sample(rng);
                mean_ms * e
            }
        };
        (ms.min(LONGEST_MS) + 0.5) as u64
    }

    /// The shortest value that can be drawn, in ms.
    #[must_use]
    pub fn shortest_ms(&self) -> u64 {
        match self {
            Self::Fixed(ms) => *ms,
            Self::Empirical(values) => values.iter().copied().min().unwrap_or(0),
            Self::Drawn(Distributed::Uniform([low, _])) => *low,
            Self::Drawn(_) => 0,
        }
    }

    /// The longest value that can be drawn, in ms. For an unbounded distribution, the value that all but one draw in 10^9
    /// stay below (normal quantile 6.0, exponential ln 10^9 = 20.7).
    #[must_use]
    pub fn longest_ms(&self) -> u64 {
        let ms = match self {
            Self::Fixed(ms) => return *ms,
            Self::Empirical(values) => return values.iter().copied().max().unwrap_or(0),
            Self::Drawn(Distributed::Uniform([_, high])) => return *high,
            Self::Drawn(Distributed::Lognormal { median_ms, sigma }) => median_ms * libm::exp(6.0 * sigma),
            Self::Drawn(Distributed::Exponential { mean_ms }) => 20.7 * mean_ms,
        };
        (ms.min(LONGEST_MS) + 1.0) as u64
    }

    /// The mean of the drawn values, in ms.
    #[must_use]
    pub fn mean_ms(&self) -> f64 {
        match self {
            Self::Fixed(ms) => *ms as f64,
            Self::Empirical(values) => values.iter().sum::<u64>() as f64 / values.len().max(1) as f64,
            Self::Drawn(Distributed::Uniform([low, high])) => f64::midpoint(*low as f64, *high as f64),
            Self::Drawn(Distributed::Lognormal { median_ms, sigma }) => {
                median_ms * libm::exp(sigma * sigma / 2.0)
            }
            Self::Drawn(Distributed::Exponential { mean_ms }) => *mean_ms,
        }
    }

    /// What is wrong with this latency, if anything.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Fixed(ms) => (*ms as f64 > LONGEST_MS).then_some("is longer than a day"),
            Self::Empirical(values) if values.is_empty() => Some("is an empty list"),
            Self::Empirical(values) => {
                values.iter().any(|&v| v as f64 > LONGEST_MS).then_some("is longer than a day")
            }
            Self::Drawn(Distributed::Uniform([low, high])) if low > high => {
                Some("has its ends the wrong way round")
            }
            Self::Drawn(Distributed::Uniform([_, high])) => {
                (*high as f64 > LONGEST_MS).then_some("is longer than a day")
            }
            Self::Drawn(Distributed::Lognormal { median_ms, sigma }) => {
                (!(median_ms.is_finite() && *median_ms > 0.0 && sigma.is_finite() && *sigma >= 0.0))
                    .then_some("needs a median above zero and a sigma of at least zero")
            }
            Self::Drawn(Distributed::Exponential { mean_ms }) => {
                (!(mean_ms.is_finite() && *mean_ms > 0.0)).then_some("needs a mean above zero")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(latency: &Latency, n: u64) -> f64 {
        let draws = Draws::new(7, 11);
        (0..n).map(|i| draws.latency(latency, What::Resume, i) as f64).sum::<f64>() / n as f64
    }

    #[test]
    fn a_draw_depends_on_its_key_alone() {
        let latency = Latency::Drawn(Distributed::Uniform([0, 1_000_000]));
        let a = Draws::new(1, 2);
        let first = a.latency(&latency, What::FreezeLag, 5);
        let _another = a.latency(&latency, What::FreezeLag, 6);
        assert_eq!(a.latency(&latency, What::FreezeLag, 5), first);
        for other in [
            Draws::new(2, 2).latency(&latency, What::FreezeLag, 5),
            Draws::new(1, 3).latency(&latency, What::FreezeLag, 5),
            a.latency(&latency, What::Resume, 5),
            a.latency(&latency, What::FreezeLag, 4),
        ] {
            assert_ne!(other, first);
        }
    }

    #[test]
    fn occasions_are_numbered_by_event_and_kind() {
        let mut occasions = Occasions::<2>::new();
        let mut next = |events, kind| occasions.next(events, kind);
        assert_eq!([next(0, 0), next(0, 0), next(0, 1)], [0, 1, 0]);
        assert_eq!(
            [next(7, 0), next(7, 0), next(8, 0), next(7, 0)],
            [7 << 16, 7 << 16 | 1, 8 << 16, 7 << 16]
        );
        assert_eq!((occasions.drawn(7), occasions.drawn(8)), ([1, 0], [0, 0]));
    }

    #[test]
    fn draws_are_the_same_on_every_machine() {
        let draws = Draws::new(1, 2);
        let values: Vec<u64> = [
            Latency::Drawn(Distributed::Uniform([360, 400])),
            Latency::Empirical(vec![2250, 3830, 4060, 4190]),
            Latency::Drawn(Distributed::Lognormal { median_ms: 400.0, sigma: 0.5 }),
            Latency::Drawn(Distributed::Exponential { mean_ms: 400.0 }),
        ]
        .iter()
        .map(|latency| draws.latency(latency, What::Resume, 3))
        .collect();
        assert_eq!(values, [377, 3830, 373, 108]);
    }

    #[test]
    fn means_are_the_stated_ones() {
        // 20,000 draws; bounds of four standard errors: uniform sd 11.8/141 = 0.09, exponential 400/141 = 2.9,
        // lognormal mean 400·exp(0.125) = 453.3 with sd 241.6, so 1.8.
        assert!((mean(&Latency::Drawn(Distributed::Uniform([360, 400])), 20_000) - 380.0).abs() < 0.4);
        assert!(
            (mean(&Latency::Drawn(Distributed::Exponential { mean_ms: 400.0 }), 20_000) - 400.0).abs() < 12.0
        );
        assert!(
            (mean(&Latency::Drawn(Distributed::Lognormal { median_ms: 400.0, sigma: 0.5 }), 20_000) - 453.3)
                .abs()
                < 7.0
        );
    }
}
