//! The answer, for people and machines.

use dormouse_sim::platform::{Between, Prices};
use dormouse_sim::rows::{Class, Labels};
use serde::Serialize;

use crate::tune::basis::{Basis, Warning};
use crate::tune::interval::Interval;
use crate::tune::price::MONTH_MS;

/// Version of the fields of [`Decision`]. It changes when a field is renamed, removed or changes its meaning,
/// but not when one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// The recommended action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Leave the timeout as it is.
    Keep,
    /// Set another timeout.
    Set,
    /// None of the timeouts tried may be set.
    None,
}

/// The reason for the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Keep: no timeout tried is cheaper by more than 2 %.
    AsGoodAsAny,
    /// Keep: another timeout looks cheaper, but the data are not enough to be sure.
    CannotTell,
    /// Keep: another timeout surely saves, but less than the least saving that justifies a change.
    TooSmall,
    /// Set: the saving is sure.
    Saves,
    /// Set: the present timeout loses work.
    PresentLosesWork,
    /// Set: the present timeout is beyond a bound.
    PresentBeyondBound,
    /// None: every timeout loses work.
    AllLoseWork,
    /// None: every timeout that loses no work is beyond a bound.
    NoneWithinBounds,
}

/// An amount a month and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Amount {
    /// The value in the replay.
    pub value: f64,
    /// Lower end of the interval; absent without an interval.
    pub low: Option<f64>,
    /// Upper end of the interval; absent without an interval.
    pub high: Option<f64>,
}

impl Amount {
    /// The saving for a cost difference: its negative.
    pub(crate) fn saved(value: f64, difference: Option<Interval>) -> Self {
        // Avoid −0, which would be printed as such.
        let saved = |difference: f64| if difference == 0.0 { 0.0 } else { -difference };
        Self {
            value: saved(value),
            low: difference.map(|difference| saved(difference.high)),
            high: difference.map(|difference| saved(difference.low)),
        }
    }
}

/// Count of missed work of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// The class of missed work.
    pub class: Class,
    /// Number of cases.
    pub count: u64,
}

/// One timeout that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurvePoint {
    /// The timeout in ms.
    pub timeout_ms: u64,
    /// The avoidable cost a month: without what no timeout can save, and with waiting if it has a price.
    pub cost: f64,
    /// The saving a month compared to the present timeout.
    pub saving: Amount,
    /// Wakes per instance and day.
    pub wakes_per_day: f64,
    /// User-visible arrivals that were delayed, per instance and day.
    pub delayed_per_day: f64,
    /// Mean delay of those arrivals, in ms.
    pub delay_ms_mean: f64,
    /// The 99th percentile of all user-visible arrivals' delays, zeros included, in ms.
    pub delay_ms_p99: u64,
    /// Missed work in the whole replay, all classes.
    pub violations: u64,
    /// Missed work by class; only classes that occur.
    pub missed: Vec<Missed>,
    /// May it be set? Only if it loses no work and breaks no bound.
    pub allowed: bool,
    /// Is it allowed, and within 2 % of the cheapest allowed timeout?
    pub near: bool,
}

/// The prices of a second of waiting at which the present timeout is right: none of the timeouts tried is cheaper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Implied {
    /// The lower bound; absent if no other timeout has longer delays at a lower cost.
    pub at_least: Option<f64>,
    /// The upper bound; absent if no other timeout has shorter delays. Negative if one does and costs less as well.
    pub at_most: Option<f64>,
    /// Does such a price exist? Not if another timeout has no longer delays and costs less.
    pub possible: bool,
}

/// The prices that were used, each with its lower and upper bound; both are the same if the price is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reckoned {
    /// Price of 30 days running.
    pub running_per_month: [f64; 2],
    /// Price of 30 days suspended.
    pub suspended_per_month: [f64; 2],
    /// Price of a wake by itself.
    pub per_wake: [f64; 2],
    /// Each wake is billed for at least this long, in ms.
    pub minimum_bill_ms: u64,
    /// Price of a second of waiting.
    pub a_second_of_waiting: f64,
}

impl Reckoned {
    pub(crate) fn with(prices: &Prices, a_second_of_waiting: f64) -> Self {
        let hours = MONTH_MS / 3_600_000.0;
        let a_month = |per_hour: Between| [per_hour.low * hours, per_hour.high * hours];
        Self {
            running_per_month: a_month(prices.running_per_hour),
            suspended_per_month: a_month(prices.suspended_per_hour),
            per_wake: [prices.per_wake.low, prices.per_wake.high],
            minimum_bill_ms: prices.minimum_bill_ms,
            a_second_of_waiting,
        }
    }
}

/// The complete answer of tuning.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Name of the trace.
    pub trace: String,
    /// Name of the watcher's design.
    pub watcher: String,
    /// Name of the platform.
    pub platform: String,
    /// Seed of all draws.
    pub seed: u64,
    /// Currency of all amounts.
    pub currency: String,
    /// The prices that were used.
    pub prices: Reckoned,
    /// Number of instances replayed.
    pub instances: u64,
    /// Are amounts per instance and month, since each instance has its own clock? Otherwise they are totals of
    /// all instances.
    pub per_instance: bool,
    /// The recommended action.
    pub verdict: Verdict,
    /// The reason for it.
    pub reason: Reason,
    /// The recommended timeout in ms: the present one for `keep`, the least harmful one for `none`.
    pub timeout_ms: u64,
    /// The present timeout in ms.
    pub present_ms: u64,
    /// The best other timeout that may be set, in ms; for `set` it is `timeout_ms`.
    pub rival_ms: Option<u64>,
    /// What the rival saves a month compared to the present timeout.
    pub saving: Option<Amount>,
    /// Is the whole interval a saving?
    pub saving_is_sure: bool,
    /// The range of timeouts around it that are as good as the cheapest allowed one, in ms: the first and the
    /// last of an unbroken run of those tried.
    pub near_ms: Option<[u64; 2]>,
    /// What the present timeout implies about the price of a second of waiting.
    pub price_of_a_second: Implied,
    /// Every timeout that was tried, ascending.
    pub curve: Vec<CurvePoint>,
    /// The data and tests that the answer is based on.
    pub basis: Basis,
    /// Reasons to doubt the answer.
    pub warnings: Vec<Warning>,
}

impl Decision {
    /// Sets the labels: trace, watcher, platform and the like.
    #[must_use]
    pub fn labelled(self, labels: &Labels) -> Self {
        let Labels { trace, watcher, platform, seed } = labels.clone();
        Self { trace, watcher, platform, seed, ..self }
    }

    /// The point of a timeout in ms, if it was tried.
    #[must_use]
    pub fn at(&self, timeout_ms: u64) -> Option<&CurvePoint> {
        self.curve.iter().find(|point| point.timeout_ms == timeout_ms)
    }
}
