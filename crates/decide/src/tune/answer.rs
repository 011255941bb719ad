//! The answer, as people and machines read it.

use dormouse_sim::platform::{Between, Prices};
use dormouse_sim::rows::{Class, Labels};
use serde::Serialize;

use crate::tune::basis::{Basis, Warning};
use crate::tune::interval::Interval;
use crate::tune::price::MONTH_MS;

/// Version of the fields of [`Decision`]. Changes whenever one is renamed, removed or changes its meaning; a new one does not.
pub const SCHEMA_VERSION: u32 = 1;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Leave the timeout as it is.
    Keep,
    /// Set another one.
    Set,
    /// None of those tried may be set.
    None,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Keep: no timeout tried is cheaper by more than 2 %.
    AsGoodAsAny,
    /// Keep: another one looks cheaper, but the traffic cannot tell.
    CannotTell,
    /// Keep: another one surely saves, but less than a change is worth.
    TooSmall,
    /// Set: it saves, and that is sure.
    Saves,
    /// Set: work is lost at the present one.
    PresentLosesWork,
    /// Set: the present one is beyond a bound.
    PresentBeyondBound,
    /// None: work is lost at every one.
    AllLoseWork,
    /// None: those that lose no work are beyond a bound.
    NoneWithinBounds,
}

/// An amount a month and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Amount {
    /// What the replay says.
    pub value: f64,
    /// At least this; absent without an interval.
    pub low: Option<f64>,
    /// At most this; absent without an interval.
    pub high: Option<f64>,
}

impl Amount {
    /// What is saved where the difference is this.
    pub(crate) fn saved(value: f64, difference: Option<Interval>) -> Self {
        // Not −0, which would be written so.
        let saved = |difference: f64| if difference == 0.0 { 0.0 } else { -difference };
        Self {
            value: saved(value),
            low: difference.map(|difference| saved(difference.high)),
            high: difference.map(|difference| saved(difference.low)),
        }
    }
}

/// Missed work of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// Which.
    pub class: Class,
    /// How many cases.
    pub count: u64,
}

/// One timeout that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurvePoint {
    /// In ms.
    pub timeout_ms: u64,
    /// What it costs a month beyond what no timeout saves, waiting included if that has a price.
    pub cost: f64,
    /// What it saves a month against the present one.
    pub saving: Amount,
    /// Wakes per instance and day.
    pub wakes_per_day: f64,
    /// User-visible arrivals that waited, per instance and day.
    pub delayed_per_day: f64,
    /// How long those waited, on average, in ms.
    pub delay_ms_mean: f64,
    /// The 99th percentile of all user-visible arrivals' delays, zeros included, in ms.
    pub delay_ms_p99: u64,
    /// Missed work in the whole replay, all classes.
    pub violations: u64,
    /// The same by class; only those that occur.
    pub missed: Vec<Missed>,
    /// May it be set: no work lost, no bound broken?
    pub allowed: bool,
    /// Allowed, and within 2 % of the cheapest allowed one?
    pub near: bool,
}

/// What a second of somebody's waiting must be worth for the present timeout to be right: the prices at which none of those
/// tried is cheaper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Implied {
    /// At least this; absent where no shorter delay was bought.
    pub at_least: Option<f64>,
    /// At most this; absent where no other timeout would shorten delays. Below zero where one does that and costs less besides.
    pub at_most: Option<f64>,
    /// Is there any such price? Not if one of the others delays no longer and costs less.
    pub possible: bool,
}

/// The prices that it was reckoned with, each from its lower to its upper bound; both the same where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reckoned {
    /// 30 days running.
    pub running_per_month: [f64; 2],
    /// 30 days suspended.
    pub suspended_per_month: [f64; 2],
    /// A wake by itself.
    pub per_wake: [f64; 2],
    /// Whoever wakes pays for at least this long, in ms.
    pub minimum_bill_ms: u64,
    /// A second of somebody's waiting.
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

/// Everything that tuning says.
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
    /// BlockUnit of all amounts.
    pub currency: String,
    /// What it was reckoned with.
    pub prices: Reckoned,
    /// Instances replayed.
    pub instances: u64,
    /// Are amounts those of one instance a month, since each has its own clock? Otherwise they are those of all together.
    pub per_instance: bool,
    /// What to do.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The timeout to have from now on, in ms: the present one for `keep`, the least harmful one for `none`.
    pub timeout_ms: u64,
    /// The present one, in ms.
    pub present_ms: u64,
    /// The best other timeout that may be set, in ms; for `set` it is `timeout_ms`.
    pub rival_ms: Option<u64>,
    /// What that one saves a month against the present one.
    pub saving: Option<Amount>,
    /// Does the whole interval lie on the side of a saving?
    pub saving_is_sure: bool,
    /// From where to where timeouts are as good as the cheapest that may be set, in ms; of those tried, without a gap.
    pub near_ms: Option<[u64; 2]>,
    /// What the present timeout says about a second of waiting.
    pub price_of_a_second: Implied,
    /// Every timeout that was tried, ascending.
    pub curve: Vec<CurvePoint>,
    /// What it rests on.
    pub basis: Basis,
    /// What speaks against trusting it.
    pub warnings: Vec<Warning>,
}

impl Decision {
    /// Fills in where it comes from.
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
