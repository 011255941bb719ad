//! Random draws keyed by their purpose.
//!
//! A draw depends only on its key (seed, instance, what, ordinal), not on the order of calls or on the thread. So both
//! engines, and any division of a fleet, draw the same values.

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
    /// The time from an accepted suspend to its freeze. The ordinal is that of the suspend.
    FreezeLag = 1,
    /// The duration of a resume. The ordinal is that of the wake.
    Resume = 2,
    /// The duration of a start without a snapshot. The ordinal is that of the wake.
    ColdStart = 3,
    /// The time a poke takes to arrive. The ordinal is that of the poke.
    Poke = 4,
    /// The duration of a dial. The ordinal is that of the dial.
    Dial = 5,
    /// The duration of a lever call. The ordinal is that of the call.
    LeverCall = 6,
    /// The phase of the platform timer's looks. It is drawn once.
    PlatformPhase = 7,
    /// The time a gateway's request to its own wake URL takes to arrive. The ordinal is that of the request.
    OwnPoke = 8,
    /// Whether a message is a button or a command, whose entry is never acked. The ordinal is that of the message.
    Button = 9,
    /// A random decision of a policy. The ordinal is that of the gap.
    Policy = 10,
    /// The first of the faults' keys. Each fault adds its index.
    Fault = 100,
}

/// The draws of one instance. Public so that another world than the simulated one (a testbed, for instance) can draw the
/// same values.
#[derive(Debug, Clone, Copy)]
pub struct Draws<'a> {
    seed: u64,
    instance: u64,
    ahead: Option<&'a DrawnAhead>,
}

/// Values drawn in advance. A draw depends only on its key, so replays of one instance at many timeouts would otherwise
/// draw the same values again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DrawnAhead {
    freeze_lags_ms: Vec<u64>,
    resumes_ms: Vec<u64>,
}

impl DrawnAhead {
    /// Draws the first `sleeps` freeze lags and resumes. Ordinals begin at 1.
    pub(crate) fn new(draws: Draws<'_>, freeze_lag_ms: &Latency, resume_ms: &Latency, sleeps: u64) -> Self {
        let first =
            |latency, what| (1..=sleeps).map(|ordinal| draws.latency(latency, what, ordinal)).collect();
        Self {
            freeze_lags_ms: first(freeze_lag_ms, What::FreezeLag),
            resumes_ms: first(resume_ms, What::Resume),
        }
    }

    fn get(&self, what: What, ordinal: u64) -> Option<u64> {
        let drawn = match what {
            What::FreezeLag => &self.freeze_lags_ms,
            What::Resume => &self.resumes_ms,
            _ => return None,
        };
        drawn.get(usize::try_from(ordinal).ok()?.checked_sub(1)?).copied()
    }
}

impl<'a> Draws<'a> {
    /// The draws of the instance with this [key](dormouse_trace::Instance::key_of).
    #[must_use]
    pub const fn new(seed: u64, instance: u64) -> Self {
        Self { seed, instance, ahead: None }
    }

    /// The same draws, where values in `ahead` are looked up instead of drawn again.
    pub(crate) const fn with(self, ahead: Option<&'a DrawnAhead>) -> Self {
        Self { ahead, ..self }
    }

    /// The random number generator for one draw.
    fn rng(self, what: u64, ordinal: u64) -> ChaCha8Rng {
        keyed([self.seed, self.instance, what, ordinal])
    }

    /// The `ordinal`-th latency for this purpose, in ms.
    #[must_use]
    pub fn latency(self, latency: &Latency, what: What, ordinal: u64) -> u64 {
        if let Latency::Fixed(ms) = *latency {
            return ms;
        }
        let drawn = self.ahead.and_then(|ahead| ahead.get(what, ordinal));
        drawn.unwrap_or_else(|| latency.sample(&mut self.rng(what as u64, ordinal)))
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
    fn values_drawn_ahead_are_those_that_would_be_drawn() {
        let latency = Latency::Drawn(Distributed::Uniform([0, 1_000_000]));
        let (draws, fixed) = (Draws::new(1, 2), Latency::Fixed(7));
        let ahead = DrawnAhead::new(draws, &latency, &fixed, 3);
        assert_eq!((ahead.freeze_lags_ms.len(), ahead.resumes_ms.as_slice()), (3, [7; 3].as_slice()));
        for ordinal in 0..6 {
            for what in [What::FreezeLag, What::Poke] {
                let drawn = draws.latency(&latency, what, ordinal);
                assert_eq!(draws.with(Some(&ahead)).latency(&latency, what, ordinal), drawn);
            }
        }
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
